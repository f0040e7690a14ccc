"""May this model judge? Answers planted among its work must score as they deserve.

A judge that does not tell bad answers from the reference gets no say at all: what it would report
are numbers like any others, and nobody could see that they mean nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from tqdm import tqdm

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.judge import Grade, Judge
from ecmiip.evaluation.plants import plants

# The thresholds of the self-check. The reference must beat each kind of bad answer on four items
# of five and lead by this share of the points on average. A judge that guesses beats one kind of
# eight answers so often once in 28 times, and would have to beat all four. A falsified answer keeps
# its form and some of its truth, so the lead asked for is small.
WINS = 0.8
LEADS = {"empty": 0.4, "demand": 0.4, "another's": 0.3, "falsified": 0.1}
REFERENCE = 0.6
UNREADABLE = 0.1
FEWEST = 4
SAMPLE = 8


@dataclass(frozen=True)
class Trial:
    """How the reference fared against one kind of planted answer on ``n`` items."""

    kind: str
    n: int
    won: int
    lead: float  # mean difference of the shares


@dataclass(frozen=True)
class SelfCheck:
    """What a judge made of planted answers. ``faults`` is empty when it may judge."""

    items: int
    reference: float  # mean share of the reference answers
    trials: tuple[Trial, ...]
    unreadable: float  # share of replies that could not be read
    disagreement: float
    faults: tuple[str, ...]


def gradable(items: Sequence[Item]) -> list[Item]:
    """The open items that have both a rubric and a reference answer."""
    return [item for item in items if item.kind == "open" and item.rubric and item.answers]


def self_check(judge: Judge, items: Sequence[Item], *, sample: int = SAMPLE) -> SelfCheck:
    """Let ``judge`` grade references and planted bad answers of ``sample`` items, evenly drawn.

    Raises UserError if there are too few items to tell.
    """
    usable = gradable(items)
    if len(usable) < FEWEST:
        raise UserError(
            f"{len(usable)} items with a rubric and a reference answer: a judge is tested on at"
            f" least {FEWEST}: take a suite that has them (mipld-eval) or raise --limit"
        )
    step = max(1, len(usable) // sample)
    chosen = usable[::step][:sample]
    results: dict[str, list[tuple[float, float]]] = {kind: [] for kind in LEADS}
    references: list[Grade] = []
    asked = unread = 0
    for item in tqdm(chosen, desc=f"testing {judge.name}", unit="item"):
        good = judge.grade(item, item.answers[0])
        bad = [
            (plant.kind, judge.grade(item, plant.text))
            for plant in plants(item, usable, judge.name)
        ]
        asked += 1 + len(bad)
        unread += sum(grade is None for grade in (good, *(grade for _, grade in bad)))
        if good is None:
            continue
        references.append(good)
        for kind, grade in bad:
            if grade is not None:
                results[kind].append((good.share, grade.share))
    trials = tuple(
        Trial(
            kind,
            len(shares),
            sum(good > bad for good, bad in shares),
            fmean(good - bad for good, bad in shares) if shares else 0.0,
        )
        for kind, shares in results.items()
    )
    reached = fmean(grade.share for grade in references) if references else 0.0
    return SelfCheck(
        items=len(chosen),
        reference=reached,
        trials=trials,
        unreadable=unread / asked,
        disagreement=fmean(g.disagreement for g in references) if references else 0.0,
        faults=tuple(_faults(reached, trials, unread / asked)),
    )


def _faults(reference: float, trials: Sequence[Trial], unreadable: float) -> list[str]:
    """Why the judge may not judge."""
    found: list[str] = []
    if unreadable > UNREADABLE:
        found.append(f"{unreadable:.0%} of its replies cannot be read")
    if reference < REFERENCE:
        found.append(f"it gives the reference answers {reference:.0%} of the points")
    for trial in trials:
        if trial.n < FEWEST:
            found.append(f"only {trial.n} answers of kind '{trial.kind}' could be tested")
        elif trial.won < WINS * trial.n or trial.lead < LEADS[trial.kind]:
            found.append(
                f"against '{trial.kind}' answers the reference won {trial.won} of {trial.n} and led"
                f" by {trial.lead:.0%} of the points (needed: {WINS:.0%} and"
                f" {LEADS[trial.kind]:.0%})"
            )
    return found


def passing(check: SelfCheck, name: str) -> SelfCheck:
    """``check`` if the judge passed it; else UserError: such a judge's points are not reported."""
    if check.faults:
        raise UserError(
            f"{name} failed the judge's self-check: {'; '.join(check.faults)}:"
            " nothing is reported, take a stronger judge"
        )
    return check
