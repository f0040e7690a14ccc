"""The item: one question of a suite, whatever benchmark it comes from.

An item holds what is asked and what is right, not how it is put to a model: that is
:mod:`ecmiip.models.prompt`'s work for every suite.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ecmiip.instruct import choices
from ecmiip.instruct.pair import Task
from ecmiip.mipld.quotation import plain

Kind = Literal["single", "multi", "open"]
Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Criterion:
    """One checkable point of a rubric."""

    text: str
    points: int


@dataclass(frozen=True)
class Item:
    """One question. ``id`` names its place in the benchmark, so a subset's items keep theirs."""

    id: str  # upstream/file/number, as in lexeval/1_2/17: the 17th line of 1_2.json
    suite: str
    kind: Kind
    question: str  # the stem; for an open item the upstream's instruction too, where it needs it
    options: Mapping[str, str]  # letter → text, in the order of the letters; {} for an open item
    key: str  # the right letters, sorted; "" for an open item
    answers: tuple[str, ...]  # reference answers of an open item; each is right by itself
    task: Task
    direction: str | None  # None where no rule of the taxonomy finds one
    as_of: date  # the day whose law the key follows
    provisions: tuple[str, ...] = ()  # addresses that the answer rests on, where they are known
    rubric: tuple[Criterion, ...] = ()
    language: Language = "zh"
    # The upstream's task, metric:…, ip or non-ip, date-sensitive, abstain, lawful, undated (of an
    # examination whose year is not known: ``as_of`` is a guess that some keys will not fit).
    tags: tuple[str, ...] = ()

    @property
    def half(self) -> Literal[0, 1]:
        """Settings may be chosen on half 0; half 1 then shows what they are worth.

        One question stands in several benchmarks: its options put it on the same half in all.
        """
        own = plain("".join(sorted(self.options.values()))) or self.id
        return 1 if hashlib.sha256(own.encode()).digest()[0] & 1 else 0

    @property
    def text(self) -> str:
        """All that is asked: the stem and the words of the options."""
        return "\n".join([self.question, *self.options.values()])


def asked(item: Item) -> str:
    """The question as it is put to a model: in the form that choice pairs teach."""
    if not item.options:
        return item.question
    return choices.put(item.question, item.options, multi=item.kind == "multi")
