"""A seeded set of a hundred damaged pairs: the checks must see at least ninety-nine."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from ecmiip.instruct.check import faults
from ecmiip.instruct.damage import Damaged, damaged
from ecmiip.instruct.decontaminate import Decontamination, Item, read_items
from ecmiip.instruct.derive import derive
from ecmiip.instruct.pair import Pair
from ecmiip.mipld.database import Mipld

DAYS = (date(2015, 1, 1), date(2026, 11, 22), date(2027, 1, 1))
COUNT = 100


@pytest.fixture
def sound(small_mipld: Mipld) -> list[Pair]:
    pairs = [pair for day in DAYS for pair in derive(list(small_mipld.provisions(as_of=day)), day)]
    return [pair for pair in pairs if not faults(pair, small_mipld)]


@pytest.fixture
def items(benchmarks: Path) -> list[Item]:
    return list(read_items(benchmarks))


def made(sound: list[Pair], items: list[Item], db: Mipld, seed: int = 0) -> list[Damaged]:
    return damaged(sound, items, db, COUNT, seed)


def test_ninety_nine_of_a_hundred_are_caught(
    sound: list[Pair], items: list[Item], small_mipld: Mipld
) -> None:
    benchmarks = Decontamination(items, ())
    wrong = made(sound, items, small_mipld)
    assert len(wrong) == COUNT
    missed = [
        (one.kind, one.pair.answer)
        for one in wrong
        if not faults(one.pair, small_mipld)
        and not benchmarks.reason(one.pair.question, one.pair.answer)
    ]
    assert len(missed) <= 1, missed


def test_there_is_damage_of_every_kind(
    sound: list[Pair], items: list[Item], small_mipld: Mipld
) -> None:
    kinds = Counter(one.kind for one in made(sound, items, small_mipld))
    assert set(kinds) == {
        "wrong article",
        "repealed law",
        "altered number",
        "altered quote",
        "leaked item",
        "swapped letter",
    }
    assert min(kinds.values()) >= 5


def test_each_damage_changes_its_pair(
    sound: list[Pair], items: list[Item], small_mipld: Mipld
) -> None:
    by_id = {(pair.id, pair.as_of): pair for pair in sound}
    for one in made(sound, items, small_mipld):
        assert one.pair != by_id[one.pair.id, one.pair.as_of]


def test_the_seed_decides(sound: list[Pair], items: list[Item], small_mipld: Mipld) -> None:
    assert made(sound, items, small_mipld) == made(sound, items, small_mipld)
    assert made(sound, items, small_mipld) != made(sound, items, small_mipld, seed=1)


def test_what_is_sound_is_no_leak(sound: list[Pair], items: list[Item]) -> None:
    benchmarks = Decontamination(items, ())
    assert not any(benchmarks.reason(pair.question, pair.answer) for pair in sound)
