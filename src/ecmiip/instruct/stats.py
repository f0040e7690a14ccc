"""What a built set holds: counts by origin, task and direction, what was dropped, and balance."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecmiip.instruct.pair import Origin
from ecmiip.mipld.document import DIRECTIONS
from ecmiip.models.prompt import TASKS

_ORIGINS: tuple[Origin, ...] = ("authored", "derived", "imported", "teacher")
# A letter that is right so much more or less often than another can be guessed.
_LETTER_SLACK = 0.05
_FEWEST_LETTERS = 200
_FEWEST_OF_A_DIRECTION = 30
# Reasons name articles and numbers; these are the kinds they are counted by.
_KINDS = (
    ("law", re.compile(r"^cites .*which is (\w+)")),
    ("quote", re.compile("other words than the law")),
    ("address", re.compile("which MIPLD does not hold|no provision at")),
    ("time", re.compile("not in force on")),
    ("ungrounded", re.compile("^cites no|without its number|for what it does not say")),
    ("changed", re.compile("which was changed")),
    ("upstream", re.compile("not the one that was answered")),
    ("direction", re.compile("no direction|no IP direction")),
    ("key", re.compile(r"\bkey\b")),
    ("text", re.compile("characters, not|language|no sound text|over and over")),
    ("split", re.compile("both sides of the split")),
    ("benchmark", re.compile("benchmark|is nearly that of")),
    ("repeat", re.compile("^nearly repeats")),
)

Row = Mapping[str, Any]


def summary(rows: Mapping[str, Sequence[Row]], benchmark_items: int) -> dict[str, Any]:
    """The counts of a set, from its rows by side (train, heldout, dropped)."""
    kept = [*rows["train"], *rows["heldout"]]
    made: dict[str, Any] = {"sides": {side: len(mine) for side, mine in rows.items()}}
    for origin in _ORIGINS:
        mine = [row for row in kept if row["origin"] == origin]
        made[origin] = {
            "total": len(mine),
            "by_task": _counted(row["task"] for row in mine),
            "by_direction": _counted(row["direction"] for row in mine),
        }
    derived = [row for row in kept if row["origin"] == "derived"]
    return made | {
        "by_rule": _counted(row["id"].split("/")[1] for row in derived),
        "by_difficulty": _counted(row["difficulty"] for row in kept),
        "by_year": _counted(row["as_of"][:4] for row in kept),
        "letters": letters(kept),
        "open_book": sum(bool(row["context"]) for row in kept),
        "english": sum(_is_english(row["question"]) for row in kept),
        "dropped": {
            origin: _counted(
                kind_of(row["reasons"][0]) for row in rows["dropped"] if row["origin"] == origin
            )
            for origin in _ORIGINS
        },
        "benchmark_items": benchmark_items,
        "unbalanced": unbalanced(kept),
    }


def kind_of(reason: str) -> str:
    """The kind that a reason to leave a pair out is counted by."""
    return next((kind for kind, pattern in _KINDS if pattern.search(reason)), "other")


def letters(rows: Iterable[Row]) -> dict[str, int]:
    """How often each letter is right, over the choices with one right letter."""
    return _counted(row["key"] for row in rows if len(row["key"]) == 1)


def unbalanced(rows: Sequence[Row]) -> list[str]:
    """What a model could exploit or would lack: lopsided letters, thin tasks and directions."""
    found = []
    counts = letters(rows)
    total = sum(counts.values())
    if total >= _FEWEST_LETTERS:
        for letter in "ABCD":
            share = counts.get(letter, 0) / total
            if abs(share - 0.25) > _LETTER_SLACK:
                found.append(f"letter {letter} is right in {share:.0%} of the choices")
    by_task = Counter(row["task"] for row in rows)
    by_direction = Counter(row["direction"] for row in rows)
    for task in TASKS:
        if by_task[task] < len(rows) / 20:
            found.append(f"task {task} has {by_task[task]} pairs")
    for direction in DIRECTIONS:
        if by_direction[direction] < _FEWEST_OF_A_DIRECTION:
            found.append(f"direction {direction} has {by_direction[direction]} pairs")
    return found


def _is_english(text: str) -> bool:
    return len(re.findall(r"[A-Za-z]", text)) > len(text) / 2


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
