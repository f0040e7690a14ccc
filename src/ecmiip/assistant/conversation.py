"""A question that follows others: what the model is shown of them, and how much.

The messages of earlier turns are sent again exactly as they were, because llama.cpp reads again
only what comes after the first difference. What no longer fits goes from the front, half of it at
once: dropping one turn each time would mean reading everything anew each time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecmiip.assistant.untrusted import plain
from ecmiip.models.chat import Message

# In characters; a Chinese character is some two thirds of a token. The server's 4,096 tokens also
# hold what is new: three provisions, the question, and the answer.
BUDGET = 2600
# Of one earlier question, for the search that a follow-up starts.
_QUESTION = 300


@dataclass(frozen=True)
class Turn:
    """One question and its answer as the model saw and wrote them.

    ``prompt`` is the message that put the question, ``shown`` are the addresses of the provisions
    in it.
    """

    question: str
    prompt: str
    raw: str
    shown: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Turn":
        """A turn out of an answer's JSON; ``question`` and ``raw`` (or ``text``) are enough."""
        question = str(value.get("question") or "")
        return cls(
            question=question,
            prompt=str(value.get("prompt") or question),
            raw=str(value.get("written") or value.get("raw") or value.get("text") or ""),
            shown=tuple(str(address) for address in value.get("shown") or ()),
        )

    @property
    def size(self) -> int:
        """Its length in characters, which is what the budget counts."""
        return len(self.prompt) + len(self.raw)


def kept(history: Sequence[Turn]) -> list[Turn]:
    """The turns that fit, the last ones; the same as last time for as long as the next fits."""
    first = size = 0
    for number, turn in enumerate(history):
        size += turn.size
        if size > BUDGET:
            while first <= number and size > BUDGET // 2:
                size -= history[first].size
                first += 1
    return list(history[first:])


def query(question: str, history: Sequence[Turn]) -> str:
    """What a follow-up searches for: it rarely names again what it is about."""
    return f"{history[-1].question[:_QUESTION]}\n{question}" if history else question


def messages(asked: Sequence[Message], turns: Sequence[Turn]) -> list[Message]:
    """The system message and question of ``asked`` with ``turns`` between them."""
    system, question = asked
    told: list[Message] = []
    for turn in turns:
        told.append({"role": "user", "content": plain(turn.prompt)})
        told.append({"role": "assistant", "content": plain(turn.raw)})
    return [system, *told, question]
