"""The items that are asked: a suite's, or a part of them that is the same for every subject."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from ecmiip.evaluation import suites
from ecmiip.evaluation.items import Item
from ecmiip.instruct.pair import expand
from ecmiip.mipld.database import Mipld


def load(name: str, root: Path | None, db: Mipld | None) -> list[Item]:
    """The items of the suite ``name``, references to provisions filled in from ``db``."""
    items = suites.load(name, root)
    return items if db is None else [_filled_in(item, db) for item in items]


Only = Literal["choices", "open"]


def part(
    items: Sequence[Item],
    *,
    only: Only | None = None,
    half: int | None = None,
    limit: int | None = None,
) -> list[Item]:
    """The items with options or without, of one ``half``, and of those at most ``limit``, in the
    order of the suite.

    They are drawn by a digest of their ids: a larger draw holds the smaller one.
    """
    kept = [
        item
        for item in items
        if half in (None, item.half) and only in (None, "choices" if item.options else "open")
    ]
    if limit is None or limit >= len(kept):
        return kept
    drawn = {item.id for item in sorted(kept, key=_lot)[:limit]}
    return [item for item in kept if item.id in drawn]


def _lot(item: Item) -> bytes:
    return hashlib.sha256(f"draw {item.id}".encode()).digest()


def _filled_in(item: Item, db: Mipld) -> Item:
    texts = (item.question, *item.answers)
    if not any("{{" in text for text in texts):
        return item
    question, *answers = (expand(text, db) for text in texts)
    return replace(item, question=question, answers=tuple(answers))
