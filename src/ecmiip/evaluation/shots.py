"""Worked examples to go before an item, drawn from the pairs that teach, never from a benchmark."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Item
from ecmiip.instruct.pair import Pair, messages, read_built
from ecmiip.instruct.split import split
from ecmiip.mipld.database import Mipld
from ecmiip.models.chat import Message

# Four of these and an item with what MIPLD finds for it fit into a context of 4096 tokens.
_LONGEST = 450


class Shots:
    """``count`` examples for each kind of item, the same for all items of that kind.

    A server reads what is the same only once, and every subject meets the same examples.
    """

    def __init__(self, pairs: Iterable[Pair], db: Mipld, count: int, *, seed: int = 0) -> None:
        """Draw from ``pairs``; a held-out one among them is passed over."""
        self._count, self._seed = count, seed
        self._drawn: dict[str, tuple[Message, ...]] = {}
        self._by_kind: dict[str, list[Pair]] = {}
        self._db = db
        for pair in pairs:
            # Recall asks for the text of a numbered article: no model of an answer.
            if split(pair) == "train" and "/recall/" not in pair.id:
                self._by_kind.setdefault(_kind_of(pair), []).append(pair)

    @classmethod
    def read(cls, train: Path, db: Mipld, count: int, *, seed: int = 0) -> "Shots":
        """Draw from a built training set."""
        return cls(read_built(train), db, count, seed=seed)

    def before(self, item: Item) -> Sequence[Message]:
        """The turns that go before ``item``. Raises UserError if there are too few examples."""
        kind = item.kind if item.options else f"open {item.task}"
        if kind not in self._drawn:
            self._drawn[kind] = self._draw(kind)
        return self._drawn[kind]

    def _draw(self, kind: str) -> tuple[Message, ...]:
        candidates = list(self._by_kind.get(kind, ()))
        random.Random(f"shots {self._seed} {kind}").shuffle(candidates)
        turns: list[Message] = []
        for pair in candidates:
            # What a pair is read with is left out: an example shows the form, not the law.
            _, question, answer = messages(pair.model_copy(update={"context": ()}), self._db)
            if len(question["content"]) + len(answer["content"]) <= _LONGEST:
                turns += [question, answer]
            if len(turns) == 2 * self._count:
                return tuple(turns)
        raise UserError(
            f"only {len(turns) // 2} short training pairs are like '{kind}' items, not "
            f"{self._count}: ask for fewer examples with --few-shot, or build more pairs"
        )


def _kind_of(pair: Pair) -> str:
    if pair.key:
        return "single" if len(pair.key) == 1 else "multi"
    return f"open {pair.task}"
