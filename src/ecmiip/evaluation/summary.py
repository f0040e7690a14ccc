"""Verdicts counted: each score of each kind of item, with its 95 % interval."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ecmiip.evaluation.items import Kind
from ecmiip.evaluation.statistics import Share, mean
from ecmiip.evaluation.verdict import LIKENESS, Verdict

# Shares of open answers, and shares of the citations in them: name → (counted, out of).
_OF_ANSWERS: dict[str, Callable[[dict[str, float]], bool]] = {
    "cites": lambda scores: scores.get("cited", 0) > 0,
    "abstained": lambda scores: scores.get("abstained", 0) > 0,
}
_OF_CITATIONS = ("good", "fabricated", "repealed", "superseded", "not_yet", "unverified")
_MEANS = (*LIKENESS, "gold_recall", "gold_part_recall")


@dataclass(frozen=True)
class Row:
    """One score of one kind of item. ``n`` items (or citations) were counted."""

    kind: Kind
    score: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Summary:
    """All scores, and what cannot be read from a score."""

    rows: tuple[Row, ...]
    items: int
    unparseable: int  # choice answers without a letter; they count as wrong
    errors: int  # items without an answer; they count as wrong
    unfinished: int  # open answers that the limit of tokens cut
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    cost: float

    def to_json(self) -> dict[str, Any]:
        """The summary as plain values."""
        return {
            **vars(self),
            "rows": [vars(row) for row in self.rows],
        }


def summarise(verdicts: Sequence[Verdict]) -> Summary:
    """Count ``verdicts``."""
    rows: list[Row] = []
    for kind in ("single", "multi"):
        chosen = [verdict for verdict in verdicts if verdict.kind == kind]
        if chosen:
            rows.append(_share(kind, "right", (bool(verdict.right) for verdict in chosen)))
    rows += _open_rows([verdict for verdict in verdicts if verdict.kind == "open"])
    return Summary(
        rows=tuple(rows),
        items=len(verdicts),
        unparseable=sum(v.kind != "open" and not v.letters and not v.error for v in verdicts),
        errors=sum(bool(verdict.error) for verdict in verdicts),
        unfinished=sum(v.kind == "open" and v.finish == "length" for v in verdicts),
        prompt_tokens=sum(verdict.prompt_tokens for verdict in verdicts),
        completion_tokens=sum(verdict.completion_tokens for verdict in verdicts),
        seconds=sum(verdict.seconds for verdict in verdicts),
        cost=sum(verdict.cost for verdict in verdicts),
    )


def _open_rows(verdicts: Sequence[Verdict]) -> list[Row]:
    if not verdicts:
        return []
    rows = []
    for name in _MEANS:
        values = [v.scores[name] for v in verdicts if name in v.scores]
        if values:
            found = mean(values)
            rows.append(Row("open", name, found.value, *found.interval, found.n))
    judged = [verdict.scores for verdict in verdicts if "cited" in verdict.scores]
    if not judged:
        return rows
    for name, holds in _OF_ANSWERS.items():
        rows.append(_share("open", name, map(holds, judged)))
    cited = int(sum(scores["cited"] for scores in judged))
    for name in _OF_CITATIONS:
        rows.append(_counted(name, int(sum(scores[name] for scores in judged)), cited))
    quoted = int(sum(scores["quoted"] for scores in judged))
    differing = int(sum(scores["quote_differs"] for scores in judged))
    rows.append(_counted("quoted_exactly", quoted - differing, quoted))
    return rows


def _share(kind: Kind, score: str, held: Iterable[bool]) -> Row:
    values = list(held)
    share = Share(sum(values), len(values))
    return Row(kind, score, share.value, *share.interval, share.n)


def _counted(score: str, hits: int, n: int) -> Row:
    share = Share(hits, n)
    return Row("open", score, share.value, *share.interval, share.n)
