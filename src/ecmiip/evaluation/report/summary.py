"""What a report says, as plain values: scores, tests, parts, citations; for the page and JSON."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ecmiip.errors import UserError
from ecmiip.evaluation.judged import Judged, read_judged
from ecmiip.evaluation.report.items import outcome
from ecmiip.evaluation.report.measures import (
    MEASURES,
    Comparison,
    Loaded,
    Measure,
    Score,
    compare,
    groups,
    overall_of,
    score,
    scores,
)
from ecmiip.evaluation.verdict import CITED, Verdict

DATE_SENSITIVE = "date-sensitive"
# In the order of harm: what is made up, what was law once, what will be, what cannot be told.
FAULTS = ("fabricated", "repealed", "superseded", "not_yet", "quote_differs", "unverified")


@dataclass(frozen=True)
class Row:
    """One subject in one setting on one suite."""

    loaded: Loaded
    scores: Mapping[str, Score]
    outcomes: Mapping[str, int]  # right, wrong, unparseable, error, open
    comparisons: Mapping[str, Comparison]  # by measure, against the suite's reference
    overall: Score | None  # of all items in one number
    tasks: Mapping[str, Score]
    directions: Mapping[str, Score]
    dates: Mapping[str, Score]  # date-sensitive, and other
    citations: Mapping[str, int]
    judges: tuple[Judged, ...]

    @property
    def seconds(self) -> float:
        """The endpoint's time."""
        return sum(verdict.seconds for verdict in self.loaded.verdicts)

    @property
    def cost(self) -> float:
        """In the currency of the prices given."""
        return sum(verdict.cost for verdict in self.loaded.verdicts)


@dataclass(frozen=True)
class SuiteSummary:
    """All subjects on one suite; ``reference`` is whom the others are tested against."""

    suite: str
    rows: tuple[Row, ...]
    reference: str

    @property
    def tasks(self) -> set[str]:
        """The tasks that any row has a score for."""
        return {name for row in self.rows for name in row.tasks}

    @property
    def directions(self) -> set[str]:
        """The directions that any row has a score for."""
        return {name for row in self.rows for name in row.directions}

    @property
    def measures(self) -> list[Measure]:
        """The measures that any row has a score for."""
        return [
            measure for measure in MEASURES if any(measure.name in row.scores for row in self.rows)
        ]


def summarise(loaded: Sequence[Loaded], reference: str | None = None) -> list[SuiteSummary]:
    """A summary for each suite in ``loaded``, by name.

    ``reference`` is a subject, or a subject and a setting ("base · closed"); where it has several
    settings, or none is named, the first closed-book row is the reference. Raises UserError if a
    named reference was not evaluated.
    """
    suites: dict[str, list[Loaded]] = {}
    for one in loaded:
        suites.setdefault(one.evaluation.suite, []).append(one)
    if reference is not None and not any(_is(one, reference) for one in loaded):
        known = ", ".join(sorted({one.name for one in loaded}))
        raise UserError(f"no evaluation of '{reference}' is among them: take one of {known}")
    return [_summary(suite, suites[suite], reference) for suite in sorted(suites)]


def as_json(summaries: Sequence[SuiteSummary]) -> list[dict[str, Any]]:
    """The summaries as plain values."""
    return [
        {
            "suite": summary.suite,
            "reference": summary.reference,
            "rows": [_row_json(row) for row in summary.rows],
        }
        for summary in summaries
    ]


def _summary(suite: str, inside: Sequence[Loaded], reference: str | None) -> SuiteSummary:
    # Small before large, closed-book before open: so growth is read downwards.
    rows = sorted(
        inside,
        key=lambda one: (
            one.evaluation.parameters or float("inf"),
            one.evaluation.subject,
            one.evaluation.setting.depth,
            one.evaluation.setting.name,
        ),
    )
    named = [one for one in rows if reference is not None and _is(one, reference)]
    closed = [one for one in named or rows if not one.evaluation.setting.depth]
    chosen = (closed or named or rows)[0]
    tests = compare(chosen, [one for one in rows if one is not chosen])
    overall = overall_of(rows)
    return SuiteSummary(suite, tuple(_row(one, tests, overall) for one in rows), chosen.name)


def _is(one: Loaded, reference: str) -> bool:
    return reference in (one.name, one.evaluation.subject)


def _row(
    one: Loaded,
    tests: Mapping[tuple[str, str], Comparison],
    overall: Callable[[Verdict], float | None],
) -> Row:
    dated = any(DATE_SENSITIVE in verdict.tags for verdict in one.verdicts)
    citations: Counter[str] = Counter()
    for verdict in one.verdicts:
        citations.update({name: int(verdict.scores.get(name, 0)) for name in CITED})
        citations["uncited"] += verdict.kind == "open" and not verdict.scores.get("cited")
    return Row(
        loaded=one,
        scores=scores(one.verdicts),
        outcomes=Counter(outcome(verdict) for verdict in one.verdicts),
        comparisons={m: found for (name, m), found in tests.items() if name == one.name},
        overall=score(one.verdicts, overall, counted=False),
        tasks=groups(one.verdicts, lambda verdict: verdict.task, overall),
        directions=groups(one.verdicts, lambda verdict: verdict.direction, overall),
        dates=groups(
            one.verdicts,
            lambda verdict: DATE_SENSITIVE if DATE_SENSITIVE in verdict.tags else "other",
            overall,
        )
        if dated
        else {},
        citations=citations,
        judges=tuple(read_judged(one.evaluation)),
    )


def halves(one: Loaded, measure: Measure) -> tuple[Score | None, Score | None]:
    """The score on half 0, where settings may be chosen, and on half 1."""
    first, second = (
        score(
            [verdict for verdict in one.verdicts if verdict.half == half],
            measure.of,
            counted=measure.counted,
        )
        for half in (0, 1)
    )
    return first, second


def _row_json(row: Row) -> dict[str, Any]:
    evaluation = row.loaded.evaluation
    fields = asdict(evaluation)
    del fields["path"], fields["asked"]
    return fields | {
        "folder": evaluation.path.name,
        "name": row.loaded.name,
        "answered": len(row.loaded.verdicts),
        "complete": row.loaded.complete,
        "scores": _scores(row.scores),
        "overall": asdict(row.overall) if row.overall else None,
        "outcomes": dict(row.outcomes),
        "against_reference": {name: asdict(found) for name, found in row.comparisons.items()},
        "by_task": _scores(row.tasks),
        "by_direction": _scores(row.directions),
        "by_date": _scores(row.dates),
        "citations": dict(row.citations),
        "judges": [
            {
                "judge": judged.judge,
                "graded": len(judged.grades),
                "unjudged": len(judged.unjudged),
                "disagreement": judged.disagreement,
                "check": asdict(judged.check),
                "cost": judged.cost,
            }
            for judged in row.judges
        ],
        "seconds": row.seconds,
        "cost": row.cost,
    }


def _scores(found: Mapping[str, Score]) -> dict[str, Any]:
    return {name: asdict(score) for name, score in found.items()}
