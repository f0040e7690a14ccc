"""Old version against new, and what a day changes."""

from datetime import date

import pytest

from ecmiip.instruct.check import faults
from ecmiip.instruct.derive.versions import compare
from ecmiip.instruct.pair import Pair
from ecmiip.instruct.sources import ip_provisions
from ecmiip.mipld.database import Mipld

BEFORE, AFTER = date(2026, 11, 22), date(2027, 1, 1)


def made(db: Mipld, as_of: date) -> list[Pair]:
    current = [*ip_provisions(db, BEFORE), *ip_provisions(db, AFTER)]
    return list(compare(db, current, as_of))


@pytest.mark.parametrize("as_of", [BEFORE, AFTER])
def test_what_is_made_is_sound(small_mipld: Mipld, as_of: date) -> None:
    pairs = made(small_mipld, as_of)
    assert pairs
    assert {pair.id: found for pair in pairs if (found := faults(pair, small_mipld))} == {}


def test_a_moved_article_names_both_numbers(small_mipld: Mipld) -> None:
    moved = {pair.provisions: pair for pair in made(small_mipld, BEFORE) if "/moved/" in pair.id}
    pair = moved["示例专利法@2020#2", "示例专利法@2026#3"]
    assert "第二条" in pair.question
    assert "第三条" in pair.answer
    assert "2027-01-01" in pair.answer


def test_law_that_is_coming_cannot_be_relied_on_yet(small_mipld: Mipld) -> None:
    early = [pair for pair in made(small_mipld, BEFORE) if "/not-yet/" in pair.id]
    assert early
    assert all(pair.answer.startswith("不行。") for pair in early)
    assert not any("/not-yet/" in pair.id for pair in made(small_mipld, AFTER))


def test_without_the_new_version_there_is_nothing_to_compare(small_mipld: Mipld) -> None:
    assert list(compare(small_mipld, ip_provisions(small_mipld, BEFORE), BEFORE)) == []


def test_the_same_input_gives_the_same_pairs(small_mipld: Mipld) -> None:
    assert made(small_mipld, BEFORE) == made(small_mipld, BEFORE)
