"""Terms and sums: what is asked has the right end, and only one."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import pytest

from ecmiip.instruct import choices
from ecmiip.instruct.derive import reckoning
from ecmiip.instruct.derive.reckoning import Term, reckon_sum, reckon_term
from ecmiip.instruct.split import is_heldout
from ecmiip.mipld.document import Provision

TERMS, SUMS = reckoning._table().term, reckoning._table().sum
ADDRESSES = [*(term.provision for term in TERMS), *(entry.provision for entry in SUMS)]
DAY = re.compile(r"(\d+)年(\d+)月(\d+)日")


def made(provision: Provision, seed: int = 1) -> list[tuple[str, str, str]]:
    rules = (reckon_term, reckon_sum)
    return [found for rule in rules for found in rule(provision, [], Random(seed))]


@pytest.fixture
def law(make_provision: Callable[..., Provision]) -> Callable[[str], Provision]:
    return lambda address: make_provision("示例期限。", 1, address=address)


@pytest.mark.parametrize(
    ("ends", "length", "unit", "expected"),
    [
        ("same", 20, "year", date(2032, 2, 29)),
        ("before", 10, "year", date(2022, 2, 27)),
        ("december", 50, "year", date(2062, 12, 31)),
        ("same", 6, "month", date(2012, 8, 29)),
        ("same", 15, "day", date(2012, 3, 15)),
    ],
)
def test_the_end_of_a_term(ends: str, length: int, unit: str, expected: date) -> None:
    term = TERMS[0].model_copy(update={"ends": ends, "unit": unit})
    assert term.end(date(2012, 2, 29), length) == expected


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.right)
def test_an_entry_is_whole(term: Term) -> None:
    assert len(term.gaps) == len(term.events) - 1
    assert 0 <= term.counts < len(term.events)
    assert all(least <= most for least, most in term.gaps)
    for facts in term.facts:
        places = {int(place) for place in re.findall(r"\{(\d)\}", facts)}
        assert places == set(range(len(term.events)))


@pytest.mark.parametrize("address", sorted(set(ADDRESSES)))
def test_each_question_has_four_different_options(
    address: str, law: Callable[[str], Provision]
) -> None:
    questions = made(law(address))
    assert len(questions) == 12 * ADDRESSES.count(address)
    assert len({question for question, _, _ in questions}) == len(questions)
    for question, answer, key in questions:
        options = choices.options(question)
        assert len(set(options.values())) == 4
        assert answer.startswith(f"{key}。")
        assert re.search(rf"[到＝]{options[key]}(?:为止)?。$", answer)


def test_the_right_day_is_reckoned_from_the_event_that_counts(
    law: Callable[[str], Provision],
) -> None:
    for question, _, key in made(law("商标法@2019#39")):
        registered = [date(*map(int, found)) for found in DAY.findall(question)][2]
        ends = date(*map(int, DAY.findall(choices.options(question)[key])[0]))
        assert ends == registered.replace(year=registered.year + 10) - timedelta(days=1)


def test_what_the_gain_of_the_infringer_is(law: Callable[[str], Provision]) -> None:
    address = "反不正当竞争法@2025#22"
    for question, _, key in made(law(address)):
        sold, profit = map(int, re.findall(r"售出(\d+).+?获利(\d+)元", question)[0])
        said = choices.options(question)[key]
        amount = float(said.removesuffix("元").removesuffix("万"))
        assert amount * (10_000 if "万" in said else 1) == pytest.approx(sold * profit)


def test_other_provisions_and_versions_are_left_alone(law: Callable[[str], Provision]) -> None:
    assert made(law("专利法@2008#42")) == []
    assert made(law("示例法@2020#1")) == []


def test_the_same_provision_gives_the_same_questions(law: Callable[[str], Provision]) -> None:
    assert made(law("著作权法@2020#23")) == made(law("著作权法@2020#23"))
    assert made(law("著作权法@2020#23")) != made(law("著作权法@2020#23"), seed=2)


def test_some_entries_are_held_out() -> None:
    """So that a training run measures whether the skill carries over."""
    held = {entry.provision for entry in TERMS if is_heldout(entry.provision)}
    assert held
    assert held != {entry.provision for entry in TERMS}
