"""Let a model fill in a table: it chooses among the user's own sentences, by number.

A small model that is asked to say a fact again says another one. So it is asked for the number of
a sentence, and the table shows that sentence as it stands.
"""

import json
from collections.abc import Sequence
from typing import Any

from ecmiip.errors import UserError
from ecmiip.models.chat import Message
from ecmiip.models.endpoint import Endpoint


def numbered(sentences: Sequence[str]) -> str:
    """``1. …`` one sentence a line, counted from 1: 0 means none of them."""
    return "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(sentences, 1))


def fill(
    endpoint: Endpoint,
    asked: Sequence[Message],
    said: str,
    request: str,
    schema: dict[str, Any],
    max_tokens: int,
) -> Any:
    """What the model answers to ``request`` after ``asked`` and its answer ``said``, as JSON.

    The chat goes on from the answer, so that a server with a prefix cache reads the request alone.
    None where the endpoint fails or answers something else: a table without a model's word is
    still a table.
    """
    messages = [
        *asked,
        Message(role="assistant", content=said),
        Message(role="user", content=request),
    ]
    try:
        reply = endpoint.chat(messages, max_tokens=max_tokens, schema=schema)
        return json.loads(reply.text)
    except (UserError, ValueError):
        return None


def sentence(number: Any, sentences: Sequence[str]) -> str:
    """The sentence of that number, counted from 1; "" where it is none of them."""
    if not isinstance(number, int) or isinstance(number, bool):
        return ""
    return sentences[number - 1] if 1 <= number <= len(sentences) else ""
