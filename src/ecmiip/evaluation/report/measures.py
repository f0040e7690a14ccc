"""What is counted in a verdict, and the scores of an evaluation with their 95 % intervals."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ecmiip.evaluation import judged
from ecmiip.evaluation.statistics import Share, mean, paired_p, permutation_p
from ecmiip.evaluation.verdict import Evaluation, Verdict


@dataclass(frozen=True)
class Measure:
    """One way to score an item. ``of`` gives 0 to 1, or None where the item has no such score.

    A ``counted`` measure is 0 or 1: its mean is a share.
    """

    name: str
    label: str
    chinese: str
    of: Callable[[Verdict], float | None]
    counted: bool


@dataclass(frozen=True)
class Score:
    """The mean of a measure over ``n`` items, and its 95 % interval (Wilson or bootstrap)."""

    value: float
    n: int
    interval: tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """A subject against a reference on the ``n`` items that both answered.

    ``p`` is of the exact McNemar test where the measure is counted, of the paired permutation
    test where it is not; ``adjusted`` is p after Holm's correction for all tests of a report.
    """

    difference: float
    n: int
    p: float
    adjusted: float


def _choice(kind: str) -> Callable[[Verdict], float | None]:
    return lambda verdict: float(bool(verdict.right)) if verdict.kind == kind else None


def _score(name: str) -> Callable[[Verdict], float | None]:
    return lambda verdict: verdict.scores.get(name)


def _likeness(name: str) -> Callable[[Verdict], float | None]:
    """The likeness to a reference, but not where the benchmark measures otherwise."""

    def of(verdict: Verdict) -> float | None:
        metrics = [tag for tag in verdict.tags if tag.startswith("metric:")]
        return verdict.scores.get(name) if metrics in ([], ["metric:rouge-l"]) else None

    return of


def _supported(verdict: Verdict) -> float | None:
    """Whether an answer that ought to cite law does, and all that it cites holds."""
    if "gold_recall" not in verdict.scores:
        return None
    cited = verdict.scores["cited"]
    return float(cited > 0 and verdict.scores["good"] == cited)


def _abstention(verdict: Verdict) -> float | None:
    """Whether the subject abstains where it should, and answers where it should."""
    should = "abstain" in verdict.tags
    if "abstained" not in verdict.scores or not (should or "gold_recall" in verdict.scores):
        return None
    return float(bool(verdict.scores["abstained"]) == should)


POINTS = "points"
MEASURES: tuple[Measure, ...] = (
    Measure("single", "single", "单选", _choice("single"), counted=True),
    Measure("multi", "multi (exact set)", "多选（全对）", _choice("multi"), counted=True),
    Measure(POINTS, "rubric points", "评分要点", _score(POINTS), counted=False),
    Measure("gold_recall", "right law cited", "引对法条", _score("gold_recall"), counted=False),
    Measure("supported", "all citations hold", "引用全部有效", _supported, counted=True),
    Measure("abstention", "abstains rightly", "当答则答", _abstention, counted=True),
    Measure("rouge_l", "ROUGE-L", "ROUGE-L", _likeness("rouge_l"), counted=False),
    Measure("bleu", "BLEU", "BLEU", _likeness("bleu"), counted=False),
    Measure("chrf", "chrF", "chrF", _likeness("chrf"), counted=False),
)
BY_NAME: Mapping[str, Measure] = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True)
class Loaded:
    """An evaluation with its verdicts, the judge's points among their scores where it was asked."""

    evaluation: Evaluation
    verdicts: tuple[Verdict, ...]

    @property
    def name(self) -> str:
        """Subject and setting."""
        return f"{self.evaluation.subject} · {self.evaluation.setting.name}"

    @cached_property
    def by_id(self) -> dict[str, Verdict]:
        """The verdicts by their items."""
        return {verdict.id: verdict for verdict in self.verdicts}

    @cached_property
    def drawn(self) -> frozenset[str]:
        """The kinds of which only a draw was asked for."""
        counts = Counter(verdict.kind for verdict in self.verdicts)
        return frozenset(
            kind for kind, all_ in self.evaluation.whole.items() if counts[kind] < all_
        )

    @property
    def complete(self) -> bool:
        """Whether every item that was asked for has its verdict."""
        asked = self.evaluation.asked
        return self.by_id.keys() >= set(asked) and len(self.by_id) >= self.evaluation.items


def overall_of(loaded: Iterable[Loaded]) -> Callable[[Verdict], float | None]:
    """One number for any item of ``loaded``: right or not; for an open answer the rubric's points
    if a judge gave them to all of ``loaded``, else the share of the right law that it cites.

    Points beside shares of law would compare what is not alike.
    """
    judged = all(
        any(POINTS in verdict.scores for verdict in one.verdicts)
        for one in loaded
        if any(verdict.kind == "open" for verdict in one.verdicts)
    )
    name = POINTS if judged else "gold_recall"

    def overall(verdict: Verdict) -> float | None:
        return verdict.scores.get(name) if verdict.kind == "open" else float(bool(verdict.right))

    return overall


def load(evaluations: Iterable[Evaluation]) -> list[Loaded]:
    """Read the verdicts of ``evaluations``."""
    return [_load(evaluation) for evaluation in evaluations]


def _load(evaluation: Evaluation) -> Loaded:
    points = judged.shares(evaluation)
    verdicts = tuple(
        replace(verdict, scores=verdict.scores | {POINTS: points[verdict.id]})
        if verdict.id in points
        else verdict
        for verdict in evaluation.verdicts()
    )
    return Loaded(evaluation, verdicts)


def score(
    verdicts: Iterable[Verdict], of: Callable[[Verdict], float | None], *, counted: bool
) -> Score | None:
    """The mean of ``of`` over ``verdicts``; None if it says nothing of any of them."""
    values = [value for verdict in verdicts if (value := of(verdict)) is not None]
    if not values:
        return None
    if counted:
        share = Share(sum(map(bool, values)), len(values))
        return Score(share.value, share.n, share.interval)
    found = mean(values)
    if min(values) == max(values):  # resampled, they would seem to be certain
        return Score(found.value, found.n, Share(sum(values), len(values)).interval)
    return Score(found.value, found.n, found.interval)


def scores(verdicts: Sequence[Verdict]) -> dict[str, Score]:
    """The score of each measure that applies to ``verdicts``, in the order of MEASURES."""
    found = {
        measure.name: score(verdicts, measure.of, counted=measure.counted) for measure in MEASURES
    }
    return {name: value for name, value in found.items() if value is not None}


def groups(
    verdicts: Sequence[Verdict],
    part: Callable[[Verdict], str | None],
    of: Callable[[Verdict], float | None],
) -> dict[str, Score]:
    """The score by ``of`` of each part of ``verdicts``."""
    parts: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if (name := part(verdict)) is not None:
            parts.setdefault(name, []).append(verdict)
    counted = all(verdict.kind != "open" for verdict in verdicts)
    found = {name: score(inside, of, counted=counted) for name, inside in parts.items()}
    return {name: value for name, value in found.items() if value is not None}


def compare(
    reference: Loaded, others: Sequence[Loaded], measures: Sequence[Measure] = MEASURES
) -> dict[tuple[str, str], Comparison]:
    """Each of ``others`` against ``reference``, by (name of the other, name of the measure)."""
    found: dict[tuple[str, str], Comparison] = {}
    for other in others:
        common = [verdict for verdict in reference.verdicts if verdict.id in other.by_id]
        for measure in measures:
            pairs = [
                (before, after)
                for verdict in common
                if (before := measure.of(verdict)) is not None
                and (after := measure.of(other.by_id[verdict.id])) is not None
            ]
            if not pairs:
                continue
            first, second = [before for before, _ in pairs], [after for _, after in pairs]
            p = (
                paired_p([value > 0 for value in first], [value > 0 for value in second])
                if measure.counted
                else permutation_p(first, second)
            )
            difference = (sum(second) - sum(first)) / len(pairs)
            found[other.name, measure.name] = Comparison(difference, len(pairs), p, p)
    adjusted = _holm([comparison.p for comparison in found.values()])
    return {
        key: replace(comparison, adjusted=p)
        for (key, comparison), p in zip(found.items(), adjusted, strict=True)
    }


def _holm(values: Sequence[float]) -> list[float]:
    """P values after Holm's (1979) step-down correction, in the order given."""
    adjusted = [0.0] * len(values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = highest
    return adjusted
