"""The part of a suite that is asked: drawn alike for everyone, a larger one holding the smaller."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.loading import load, part
from ecmiip.mipld.database import Mipld


def test_a_part_holds_its_smaller_parts_in_the_order_of_the_suite(
    checkout: Callable[..., Path],
) -> None:
    items = load("jecqa", checkout("jecqa", 20), None)
    assert len(items) > 20
    few, more = part(items, limit=5), part(items, limit=12)
    assert len(few) == 5
    assert [item for item in more if item in few] == few
    assert [item for item in items if item in more] == more
    assert few != items[:5]
    assert part(items, limit=1000) == items


def test_the_halves_make_the_whole(checkout: Callable[..., Path]) -> None:
    made = load("jecqa", checkout("jecqa", 20), None)
    items = [replace(item, options={"A": item.id, "B": "乙"}) for item in made]
    halves = [part(items, half=half) for half in (0, 1)]
    assert sorted(item.id for half in halves for item in half) == sorted(i.id for i in items)
    assert all(halves)
    assert all(item.half == 1 for item in halves[1])
    assert all(item in halves[0] for item in part(items, half=0, limit=3))


def test_references_to_provisions_are_filled_in(
    checkout: Callable[..., Path], small_mipld: Mipld
) -> None:
    root = checkout("mipld-eval", 3)
    file = root / "mixed.toml"
    filled = file.read_text().replace("应当起诉。", "{{示例专利法@2020#2}}")
    file.write_text(filled, encoding="utf-8")
    answers = [item.answers[0] for item in load("mipld-eval", root, small_mipld)]
    assert all(answer.startswith("示例专利权的保护期限为十年") for answer in answers)
    file.write_text(filled.replace("#2}}", "#99}}"), encoding="utf-8")
    with pytest.raises(UserError, match="no provision at 示例专利法@2020#99"):
        load("mipld-eval", root, small_mipld)


def test_items_with_options_and_without(checkout: Callable[..., Path]) -> None:
    items = load("lawbench", checkout("lawbench", 3), None)
    parts = part(items, only="choices"), part(items, only="open")
    assert all(item.options for item in parts[0])
    assert not any(item.options for item in parts[1])
    assert sorted(item.id for both in parts for item in both) == sorted(i.id for i in items)
    assert parts[0]
    assert parts[1]
