"""Messages to token ids with a loss mask: the only renderer, for training, evaluation and serving.

The text comes from the tokenizer's own chat template. Each turn is tokenised on its own, cut
exactly where generation starts, so the ids in front of an answer are the ids that a server feeds
to the model, and the ids that carry loss are the ids that the model must write: the answer and
the end-of-turn token. (A trainer that masks the end-of-turn token makes a model that never stops.)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from ecmiip.errors import UserError

# <|im_end|>, <｜User｜>, <s>, <end_of_turn>, <<SYS>>, [INST]: what begins or ends a turn in chat
# templates at large. Thinking and tool tags stay: an answer may hold them by right.
_CONTROL = re.compile(
    r"<(?=[|｜])|<(?=/?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn)>)|<<(?=/?SYS>>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT)\])"
)
_WIDE = str.maketrans("<[", "＜［")


class Message(TypedDict):
    """One turn of a chat, as the OpenAI chat API has it."""

    role: str
    content: str


@dataclass(frozen=True)
class Rendered:
    """Token ids, and for each of them whether it is a target of training."""

    ids: list[int]
    loss: list[bool]


def neutral(text: str) -> str:
    """``text`` with the control tokens of chat templates broken; other text stays as it is.

    Tokenizers and servers read them in content as they read a template's own, so content could
    open a turn. One opening bracket in another width is enough that none does; no length changes.
    """
    return _CONTROL.sub(lambda found: found[0].translate(_WIDE), text)


def neutralised(messages: Sequence[Message]) -> list[Message]:
    """``messages`` with :func:`neutral` content."""
    return [Message(role=m["role"], content=neutral(m["content"])) for m in messages]


def render(
    tokenizer: Any, messages: Sequence[Message], *, add_generation_prompt: bool = False
) -> Rendered:
    """Render ``messages`` through the tokenizer's chat template.

    Loss is on each assistant's content and its end-of-turn token, on nothing else: not on the
    role header, and not on the line break that the template puts after the end-of-turn token.
    Where a template rewrites earlier turns (Qwen3 drops the empty thinking block of all turns but
    the last), an earlier answer is not what the model would be asked to write, so only the last
    answer carries loss.

    Control tokens within a content are broken (:func:`neutral`): a turn ends where it ends.

    Raises UserError if there is no message, a role or content is not text, or the template fails.
    """
    _check(messages)
    messages = neutralised(messages)
    whole = _template(tokenizer, messages, add_generation_prompt)
    ids: list[int] = []
    loss: list[bool] = []
    done = ""
    for index, message in enumerate(messages):
        if message["role"] != "assistant" or index == 0:
            continue
        before = _template(tokenizer, messages[:index], True)
        after = _template(tokenizer, messages[: index + 1], False)
        if not (before.startswith(done) and after.startswith(before) and whole.startswith(after)):
            continue
        prompt = _tokenise(tokenizer, before[len(done) :])
        answer = _tokenise(tokenizer, after[len(before) :])
        carries = _end_of_turn(tokenizer, answer)
        ids += prompt + answer
        loss += [False] * len(prompt) + [place < carries for place in range(len(answer))]
        done = after
    rest = _tokenise(tokenizer, whole[len(done) :])
    return Rendered(ids + rest, loss + [False] * len(rest))


def _check(messages: Sequence[Message]) -> None:
    if not messages:
        raise UserError("a chat without messages cannot be rendered: give at least one")
    for number, message in enumerate(messages, 1):
        if not isinstance(message.get("role"), str) or not isinstance(message.get("content"), str):
            raise UserError(f"message {number} needs 'role' and 'content' as text: add them")


def _template(tokenizer: Any, messages: Sequence[Message], add_generation_prompt: bool) -> str:
    """The template's text. ``enable_thinking`` is read by Qwen3's template, ignored by others."""
    if not messages:
        return ""
    if not tokenizer.chat_template:
        raise UserError("this tokenizer has no chat template: use an instruct model as the base")
    text: str = tokenizer.apply_chat_template(
        list(messages),
        tokenize=False,
        add_generation_prompt=add_generation_prompt,
        enable_thinking=False,
    )
    return text


def _tokenise(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"] if text else []
    return ids


def _end_of_turn(tokenizer: Any, answer: Sequence[int]) -> int:
    """How many leading tokens of ``answer`` are content and end-of-turn token.

    The end-of-turn token is the last special token; what follows it (a line break) belongs to the
    template. Without a special token the whole answer counts.
    """
    special = set(tokenizer.all_special_ids)
    for place in range(len(answer) - 1, -1, -1):
        if answer[place] in special:
            return place + 1
    return len(answer)
