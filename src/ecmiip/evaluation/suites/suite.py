"""What a suite is: where its benchmark lies, how it is read, which of its items it keeps."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Item
from ecmiip.files import shared


@dataclass(frozen=True)
class LeftOut:
    """A record of the benchmark that cannot be an item, and why."""

    id: str
    reason: str


Read = Iterator[Item | LeftOut]


@dataclass(frozen=True)
class Suite:
    """A benchmark, or the part of one that ``keep`` lets through."""

    name: str
    title: str
    source: str  # where its upstream is published
    read: Callable[[Path], Read]  # from a checkout's top folder
    default: Callable[[], Path | None]  # that folder, where it is at hand
    keep: Callable[[Item], bool] | None = None  # None: all
    files: str = "*"  # those it reads; for the sentence that says what is missing


@dataclass(frozen=True)
class Survey:
    """All that a suite found in a checkout."""

    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]

    def reasons(self) -> dict[str, int]:
        """Why records were left out, and how many each time."""
        return dict(Counter(record.reason for record in self.left_out).most_common())


def survey(suite: Suite, root: Path | None = None) -> Survey:
    """Read ``suite`` from ``root``, a checkout of its upstream (default: the one at hand).

    Raises UserError where there is none, where a file is missing or laid out otherwise.
    """
    folder = root if root is not None else suite.default()
    if folder is None or not folder.is_dir():
        where = f"{folder} is no folder" if folder else "no copy is at hand"
        raise UserError(
            f"{suite.name}: {where}: name with --root a checkout of {suite.source}, "
            f"which has {suite.files}"
        )
    items: list[Item] = []
    left_out: list[LeftOut] = []
    for found in suite.read(folder):
        if isinstance(found, LeftOut):
            left_out.append(found)
        elif suite.keep is None or suite.keep(found):
            items.append(replace(found, suite=suite.name))
    if not items:
        raise UserError(
            f"{suite.name}: {folder} has no item for it: name with --root a checkout of "
            f"{suite.source}, which has {suite.files}"
        )
    return Survey(tuple(items), tuple(left_out))


def beside(upstream: str) -> Callable[[], Path | None]:
    """Where ``upstream`` lies among the shared benchmarks."""

    def place() -> Path | None:
        folder = shared()
        return folder / "benchmarks" / upstream if folder else None

    return place
