"""Held out by provision: train and held-out share none, in any version, 款 or 项."""

from datetime import date
from itertools import pairwise

import pytest

from ecmiip.instruct.pair import Pair
from ecmiip.instruct.split import is_heldout, split

ADDRESSES = [f"示例法@2020#{article}" for article in range(1, 1001)]
HELD = next(address for address in ADDRESSES if is_heldout(address))
FREE = next(address for address in ADDRESSES if not is_heldout(address))


def pair(*provisions: str) -> Pair:
    return Pair(
        id="x",
        task="case",
        direction="patent",
        as_of=date(2026, 11, 22),
        question="问",
        answer="答",
        provisions=provisions,
        origin="derived",
    )


def test_about_one_in_ten_is_held_out() -> None:
    held = sum(map(is_heldout, ADDRESSES))
    assert 62 <= held <= 138  # a thousand draws of one in ten, within four standard deviations


@pytest.mark.parametrize("address", [HELD, FREE])
def test_a_provision_is_on_one_side_whole(address: str) -> None:
    law, _, article = address.partition("@2020#")
    same = [f"{law}@2026#{article}", f"{address}(2)", f"{address}.1", f"{address}.1(2)"]
    assert {is_heldout(other) for other in same} == {is_heldout(address)}


def test_laws_are_drawn_apart() -> None:
    other = [address.replace("示例法", "另一示例法") for address in ADDRESSES]
    assert [is_heldout(a) for a in ADDRESSES] != [is_heldout(a) for a in other]


def test_a_pair_goes_where_its_provisions_go() -> None:
    assert split(pair(HELD)) == "heldout"
    assert split(pair(FREE)) == "train"
    assert split(pair(FREE, FREE)) == "train"
    assert split(pair(HELD, HELD)) == "heldout"


def test_a_pair_on_both_sides_goes_nowhere() -> None:
    assert split(pair(HELD, FREE)) == split(pair(FREE, HELD)) == "neither"


def test_a_pair_that_rests_on_nothing_may_teach() -> None:
    assert split(pair()) == "train"


def test_the_sides_share_no_provision() -> None:
    sides: dict[str, set[str]] = {"train": set(), "heldout": set(), "neither": set()}
    for first, second in pairwise(ADDRESSES):
        sides[split(pair(first, second))] |= {first, second}
    assert sides["train"]
    assert sides["heldout"]
    assert not sides["train"] & sides["heldout"]
