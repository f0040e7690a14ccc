"""MIPLD-Eval: our own items, on provisions and cases that no training pair rests on.

Layout: ``<task>.toml`` files of ``[[item]]`` tables. A choice item has ``options`` and ``key``, an
open one a ``rubric``; both have a reference ``answer``, in which ``{{address}}`` stands for the
text of that provision, to be filled in from MIPLD.
"""

from collections import Counter
from datetime import date
from pathlib import Path

from pydantic import Field, model_validator

from ecmiip.config import Config, read_toml
from ecmiip.errors import UserError
from ecmiip.evaluation.items import Criterion, Item, Kind
from ecmiip.evaluation.suites.making import clean
from ecmiip.evaluation.suites.suite import Read
from ecmiip.instruct.pair import Task
from ecmiip.instruct.split import is_case_heldout, is_heldout
from ecmiip.mipld.document import DIRECTIONS

_LETTERS = "ABCDEFGH"


class _Point(Config):
    text: str = Field(min_length=1)
    points: int = Field(gt=0)


class _Written(Config):
    """One ``[[item]]`` table."""

    id: str = Field(pattern=r"^mipld-eval/\S+$")
    task: Task
    direction: str
    as_of: date
    question: str = Field(min_length=1)
    options: dict[str, str] = Field(default_factory=dict)
    key: str = ""
    answer: str = Field(min_length=1)
    provisions: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    rubric: tuple[_Point, ...] = ()
    tags: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _coherent(self) -> "_Written":
        """What one field asks of another; the message is for the author of the item."""
        if fault := self._fault():
            raise ValueError(f"{self.id}: {fault}")
        return self

    def _fault(self) -> str:
        letters = list(self.options)
        if self.direction not in DIRECTIONS:
            return f"no direction is called {self.direction}"
        if letters != list(_LETTERS[: len(letters)]) or len(letters) == 1:
            return "options must be A, B, C … in order, at least two"
        if self.options and (not self.key or list(self.key) != sorted(set(self.key) & {*letters})):
            return f"key '{self.key}' must be letters of the options, in order"
        if not self.options and self.key:
            return "a key needs options"
        if not self.options and not self.rubric:
            return "an open item needs a rubric"
        for address in self.provisions:
            if not is_heldout(address):
                return f"{address} is on the training side of the split"
        for case in self.cases:
            if not is_case_heldout(case):
                return f"the case {case} is on the training side of the split"
        return ""


class _File(Config):
    item: tuple[_Written, ...]


def read(root: Path) -> Read:
    """Every item of every file. Raises UserError naming file and item for one that is unfit."""
    paths = sorted(root.glob("*.toml"))
    if not paths:
        raise UserError(f"{root}: no .toml file with [[item]] tables: correct the path")
    ids: Counter[str] = Counter()
    for path in paths:
        for written in read_toml(path, _File).item:
            ids[written.id] += 1
            if ids[written.id] > 1:
                raise UserError(f"{path}: two items are called {written.id}: rename one")
            yield _item(written)


def _item(written: _Written) -> Item:
    kind: Kind = "open"
    if written.key:
        kind = "multi" if len(written.key) > 1 else "single"
    return Item(
        id=written.id,
        suite="mipld-eval",
        kind=kind,
        question=clean(written.question),
        options={letter: clean(text) for letter, text in written.options.items()},
        key=written.key,
        answers=(written.answer.strip(),),
        task=written.task,
        direction=written.direction,
        as_of=written.as_of,
        provisions=written.provisions,
        rubric=tuple(Criterion(point.text, point.points) for point in written.rubric),
        tags=(*written.tags, "ip"),
    )
