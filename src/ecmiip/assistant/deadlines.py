"""Deadlines and limitation periods: each computed from a day in the facts and a provision.

A rule names, for each version of the law, the article that sets the period and the words that do.
The words are looked up in the article as of the day the period starts; a rule whose words are no
longer there says so instead of passing for certain.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ecmiip.assistant.forms import periods
from ecmiip.assistant.forms.basis import Basis, expand, resolve
from ecmiip.assistant.forms.facts import day as in_words
from ecmiip.assistant.forms.rules import INTERRUPTIBLE, RULES, Period, Rule
from ecmiip.mipld.database import Mipld
from ecmiip.periods import last_day

__all__ = ["INTERRUPTIBLE", "RULES", "Deadline", "Period", "Rule", "compute"]

_UNITS = {"day": "日", "month": "个月", "year": "年"}


@dataclass(frozen=True)
class Deadline:
    """A deadline as computed; ``due`` is None where an event decides or the start is not known.

    ``nominal`` is the last day before a day of rest moved it. ``doubt`` is what is not certain.
    """

    rule: str
    title: str
    start: date | None
    start_label: str
    due: date | None
    nominal: date | None
    sense: str
    basis: tuple[Basis, ...]
    notes: tuple[str, ...]
    doubt: str

    @property
    def safe(self) -> date | None:
        """The last day that is in time even if a weekend that moves it is made a working day."""
        if self.nominal is None or self.nominal == self.due:
            return self.due
        return periods.safe(self.nominal)

    def rest(self) -> str:
        """What to say, in Chinese, of a last day that a day of rest moved; else ""."""
        if self.due is None or self.nominal is None or self.due == self.nominal:
            return ""
        said = f"{in_words(self.nominal)}为休息日，顺延"
        sure = periods.safe(self.nominal)
        if sure == self.nominal:
            said += f"；如为调休上班日则不顺延，稳妥起见不迟于{in_words(sure)}"
        elif sure != self.due:
            said += f"；{in_words(sure)}如为调休上班日则只顺延至该日，稳妥起见不迟于该日"
        return said

    def days_left(self, as_of: date) -> int | None:
        """Days from ``as_of`` to the last day; negative when it has passed."""
        return (self.due - as_of).days if self.due else None

    def status(self, as_of: date) -> str:
        """What the deadline means on ``as_of``, in Chinese."""
        left = self.days_left(as_of)
        if left is None:
            return "以事件为准" if self.start is None and not self.start_label else "起算日待补充"
        if self.sense == "earliest":
            return "已可提出" if left <= 0 else f"还须等待{left}日"
        if left < 0:
            return f"已届满{-left}日"
        return "今日届满" if left == 0 else f"尚余{left}日"

    def as_json(self, as_of: date) -> dict[str, Any]:
        """Plain values."""
        return {
            "rule": self.rule,
            "title": self.title,
            "start": self.start.isoformat() if self.start else None,
            "start_label": self.start_label,
            "due": self.due.isoformat() if self.due else None,
            "nominal": self.nominal.isoformat() if self.nominal else None,
            "safe": self.safe.isoformat() if self.safe else None,
            "rest": self.rest(),
            "sense": self.sense,
            "days_left": self.days_left(as_of),
            "status": self.status(as_of),
            "basis": [{"address": b.address, "citation": b.citation} for b in self.basis],
            "notes": list(self.notes),
            "doubt": self.doubt,
        }


def compute(rule: str, start: date | None, *, as_of: date, db: Mipld) -> Deadline:
    """The deadline that ``rule`` sets for a period from ``start`` by the law of that day."""
    known = RULES[rule]
    extra = (*known.basis, *known.counting) if known.periods and start else known.basis
    rest = [
        found
        for spec in dict.fromkeys(extra)
        if (found := resolve(expand(spec), as_of=as_of, db=db))
    ]
    if start is None or not known.periods:
        first = [
            found
            for period in known.periods
            if (found := resolve(expand(period.address), as_of=as_of, db=db))
        ]
        return Deadline(
            rule,
            known.title,
            None,
            known.start,
            None,
            None,
            known.sense,
            (*first[:1], *rest),
            known.notes,
            "",
        )
    period, found, doubts = _applicable(known, start, as_of, db)
    nominal, due = _last(known, period, start)
    if known.sense == "latest":
        later = _changed_on_the_way(known, period, start, nominal, db)
        doubts = [*doubts, later] if later else doubts
    return Deadline(
        rule,
        known.title,
        start,
        known.start,
        due,
        nominal,
        known.sense,
        (*([found] if found else []), *rest),
        known.notes,
        "；".join(doubts),
    )


def _last(rule: Rule, period: Period, start: date) -> tuple[date, date]:
    if rule.sense == "before":
        return start, start
    nominal = last_day(start, period.amount, period.unit)
    if rule.sense == "earliest":  # only once the last day is over has the period run
        return last_day(nominal, 1, "day"), last_day(nominal, 1, "day")
    return nominal, periods.moved(nominal)


def _applicable(
    rule: Rule, start: date, as_of: date, db: Mipld
) -> tuple[Period, Basis | None, list[str]]:
    """The period that the law of the first day sets, its article, and what is not certain."""
    for day in (start, as_of):
        there = [
            (period, found)
            for period in rule.periods
            if (found := resolve(expand(period.address), as_of=day, db=db))
        ]
        # A version that the rule does not name counts if it has the same words.
        for period, found in sorted(there, key=lambda pair: pair[1].followed):
            if found.followed and period.words not in found.text:
                continue
            doubts = []
            if period.words not in found.text:
                doubts.append(f"{found.citation}的文字与本规则不符，请核对条文")
            if day != start:
                doubts.append(f"库中没有{in_words(start)}施行的文本，按{in_words(as_of)}的文本计算")
            return period, found, doubts
    return rule.periods[-1], None, ["库中没有相应条文，未能核实"]


def _changed_on_the_way(rule: Rule, period: Period, start: date, nominal: date, db: Mipld) -> str:
    """What to say if the law that sets the period changes before it has run out."""
    for other in rule.periods:
        if other is period:
            continue
        found = resolve(expand(other.address), as_of=nominal, db=db)
        if found is None or found.followed or found.provision.effective_from <= start:
            continue
        if (other.amount, other.unit) == (period.amount, period.unit):
            continue
        begins = found.provision.effective_from
        by_new = last_day(start, other.amount, other.unit)
        # Until the new law begins, the old one governs in any case.
        safe = min(periods.safe(nominal), max(periods.safe(by_new), begins - timedelta(days=1)))
        return (
            f"期间届满前新法施行（{in_words(begins)}），{found.citation}规定为"
            f"{other.amount}{_UNITS[other.unit]}，该法没有过渡条款可据；本表按起算日的法律计算，"
            f"按新法则为{in_words(periods.moved(by_new))}，稳妥起见不迟于{in_words(safe)}"
        )
    return ""
