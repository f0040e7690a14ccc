"""Terms and sums to be reckoned: which day, how much, by the rule that a provision gives.

Examinations and clients ask for the day on which a right ends, and the model that is shown the
rule must find the event that counts and add the term. ``reckoning.toml`` names provisions with
what they fix; the days and amounts are drawn anew for each question.
"""

import random
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from ecmiip.config import Config
from ecmiip.instruct.derive.rule import Made, as_choice, name
from ecmiip.mipld.document import Provision
from ecmiip.periods import Unit, last_day

# How many questions are made of each entry, with other days and amounts.
_EACH = 12
# Wrong options are drawn from so many mistakes, the likeliest.
_LIKELIEST = 6
_UNITS: dict[Unit, str] = {"day": "日", "month": "个月", "year": "年"}
_TEN_THOUSAND = 10_000


class Term(Config):
    """A period that a provision fixes; the file's head tells what its fields mean."""

    provision: str
    right: str
    years: tuple[int, int]
    events: Annotated[tuple[str, ...], Field(min_length=1)]
    gaps: tuple[tuple[int, int], ...]
    counts: int
    length: int
    unit: Unit
    ends: Literal["same", "before", "december"]
    others: tuple[int, ...]
    facts: tuple[str, ...]
    asks: str

    def end(self, start: date, length: int) -> date:
        """The last day of a term of ``length`` that runs from ``start``."""
        end = last_day(start, length, self.unit)
        if self.ends == "december":
            return date(end.year, 12, 31)
        return end - timedelta(days=1) if self.ends == "before" else end


class Sum(Config):
    """A product of two of four amounts, by a provision; the file's head tells their names."""

    provision: str
    of: tuple[str, str]
    facts: tuple[str, ...]
    asks: str


class _Table(Config):
    term: tuple[Term, ...]
    sum: tuple[Sum, ...]


def reckon_term(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """The day on which a term ends, among those of wrong events, lengths and ways to count."""
    for term in _table().term:
        if term.provision == provision.address:
            for number in range(_EACH):
                yield _term(term, provision, term.facts[number % len(term.facts)], chance)


def reckon_sum(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """An amount of damages, among the products of what does not belong together."""
    for entry in _table().sum:
        if entry.provision == provision.address:
            for number in range(_EACH):
                yield _sum(entry, provision, entry.facts[number % len(entry.facts)], chance)


def _term(
    term: Term, provision: Provision, facts: str, chance: random.Random
) -> tuple[str, str, str]:
    days = list(_days(term, chance))
    start = days[term.counts]
    right = term.end(start, term.length)
    wrong = list(dict.fromkeys(day for day in _mistaken(term, days) if day != right))
    drawn = chance.sample(wrong[:_LIKELIEST], 3)
    stem = facts.format(*map(_written, days)) + term.asks
    question, key = as_choice(stem, [_written(right)], [_written(day) for day in drawn], chance)
    since = f"{term.events[term.counts]}（{_written(start)}）"
    answer = (
        f"{key}。依据{name(provision)}，{term.right}从{since}起算，"
        f"为{term.length}{_UNITS[term.unit]}，到{_written(right)}为止。"
    )
    return question, answer, key


def _days(term: Term, chance: random.Random) -> Iterator[date]:
    """The days of the term's events, in the order of time, all different."""
    day = date(chance.randint(*term.years), chance.randint(1, 12), chance.randint(1, 28))
    yield day
    for least, most in term.gaps:
        day += timedelta(days=chance.randint(max(30 * least, 3), 30 * most))
        yield day


def _mistaken(term: Term, days: Sequence[date]) -> Iterator[date]:
    """Days that a wrong event, a wrong length or a wrong way to count would give, likely first."""
    start = days[term.counts]
    for day in days:
        yield term.end(day, term.length)
    for length in term.others:
        yield term.end(start, length)
    if term.ends == "december":
        yield last_day(start, term.length, term.unit)
        yield date(start.year + term.length + 1, 12, 31)
    for day in days:
        for length in term.others:
            yield term.end(day, length)
    yield term.end(start, 2 * term.length)


def _sum(
    entry: Sum, provision: Provision, facts: str, chance: random.Random
) -> tuple[str, str, str]:
    """Amounts are drawn until the four products of a number and a profit differ."""
    while True:
        amounts = {
            "lost": chance.randrange(2, 60) * 100,
            "sold": chance.randrange(2, 60) * 100,
            "own": chance.randrange(1, 40) * 10,
            "theirs": chance.randrange(1, 40) * 10,
        }
        products = [
            amounts[goods] * amounts[profit]
            for goods in ("lost", "sold")
            for profit in ("own", "theirs")
        ]
        if len(set(products)) == len(products):
            break
    goods, profit = (amounts[part] for part in entry.of)
    right = goods * profit
    stem = facts.format(**amounts) + entry.asks
    wrong = [_yuan(product) for product in products if product != right]
    question, key = as_choice(stem, [_yuan(right)], wrong, chance)
    answer = f"{key}。依据{name(provision)}计算：{goods}×{profit}元＝{_yuan(right)}。"
    return question, answer, key


def _written(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _yuan(amount: int) -> str:
    """In units of ten thousand where that is shorter."""
    if amount % (_TEN_THOUSAND // 10) or amount < _TEN_THOUSAND:
        return f"{amount}元"
    return f"{amount / _TEN_THOUSAND:g}万元"


@cache
def _table() -> _Table:
    text = (files("ecmiip.instruct.derive") / "reckoning.toml").read_text(encoding="utf-8")
    return _Table.model_validate(tomllib.loads(text))
