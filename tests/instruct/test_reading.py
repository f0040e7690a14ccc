"""Reading with distractors: the deciding provision is there, or the answer says it is not."""

from datetime import date

import pytest

from ecmiip.instruct.check import faults
from ecmiip.instruct.derive import reading
from ecmiip.instruct.pair import Pair
from ecmiip.instruct.sources import ip_provisions
from ecmiip.mipld.database import Mipld

DAY = date(2026, 11, 22)


@pytest.fixture
def pairs(small_mipld: Mipld, monkeypatch: pytest.MonkeyPatch) -> list[Pair]:
    monkeypatch.setattr(reading, "_SHARE", 1.0)
    return list(reading.read(small_mipld, ip_provisions(small_mipld, DAY), DAY))


def test_what_is_made_is_sound(small_mipld: Mipld, pairs: list[Pair]) -> None:
    assert pairs
    assert {pair.id: found for pair in pairs if (found := faults(pair, small_mipld))} == {}


def test_three_to_five_are_shown(pairs: list[Pair]) -> None:
    for pair in pairs:
        assert 3 <= len(pair.context) == len(set(pair.context)) <= 5


def test_what_decides_is_shown_and_named_by_its_place(pairs: list[Pair]) -> None:
    decided = [pair for pair in pairs if "/reading-none/" not in pair.id]
    assert decided
    for pair in decided:
        place = pair.context.index(pair.provisions[0]) + 1
        assert pair.answer.startswith(f"依据[{place}]，")


def test_where_nothing_decides_the_answer_cites_nothing(
    small_mipld: Mipld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_SHARE", 1.0)
    monkeypatch.setattr(reading, "_NONE", 1.0)
    pairs = list(reading.read(small_mipld, ip_provisions(small_mipld, DAY), DAY))
    assert pairs
    for pair in pairs:
        assert "/reading-none/" in pair.id
        assert not set(pair.provisions) & set(pair.context)
        assert small_mipld.cite(pair.answer, as_of=DAY) == []


def test_training_is_not_shown_what_is_held_out(
    small_mipld: Mipld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_SHARE", 1.0)
    monkeypatch.setattr(reading, "is_heldout", lambda address: "#6" in address)
    for pair in reading.read(small_mipld, ip_provisions(small_mipld, DAY), DAY):
        if "#6" not in pair.provisions[0]:
            assert not any("#6" in address for address in pair.context)
