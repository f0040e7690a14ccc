"""Verdicts counted by kind, with what a score does not tell beside it."""

from datetime import date
from typing import Any

import pytest

from ecmiip.evaluation.statistics import Share
from ecmiip.evaluation.summary import Summary, summarise
from ecmiip.evaluation.verdict import CITED, Verdict


def verdict(kind: str, **changes: Any) -> Verdict:
    fields: dict[str, Any] = {
        "id": "x",
        "suite": "made",
        "kind": kind,
        "task": "doctrine",
        "direction": None,
        "as_of": date(2026, 11, 22),
        "half": 0,
        "tags": (),
        "key": "" if kind == "open" else "A",
        "letters": "" if kind == "open" else "A",
        "right": None if kind == "open" else True,
        "prompt": (),
        "raw": "",
        "finish": "stop",
    }
    return Verdict(**fields | changes)


def counts(**given: float) -> dict[str, float]:
    return dict.fromkeys((*CITED, "abstained"), 0.0) | given


def value(summary: Summary, kind: str, score: str) -> tuple[float, int]:
    (row,) = [row for row in summary.rows if (row.kind, row.score) == (kind, score)]
    return row.value, row.n


def test_choices_by_kind() -> None:
    verdicts = [
        verdict("single"),
        verdict("single", right=False, letters=""),
        verdict("single", right=False, letters="B"),
        verdict("single", right=False, letters="", error="HTTP 400"),
        verdict("multi"),
    ]
    summary = summarise(verdicts)
    assert [(row.kind, row.score) for row in summary.rows] == [
        ("single", "right"),
        ("multi", "right"),
    ]
    assert value(summary, "single", "right") == (0.25, 4)
    assert (summary.rows[0].low, summary.rows[0].high) == Share(1, 4).interval
    # An item that failed is no answer that could not be read.
    assert (summary.items, summary.unparseable, summary.errors) == (5, 1, 1)


def test_citations_are_counted_over_all_answers() -> None:
    verdicts = [
        verdict("open", scores=counts(cited=3, good=2, fabricated=1, quoted=2, quote_differs=1)),
        verdict("open", scores=counts(cited=1, repealed=1)),
        verdict("open", scores=counts(abstained=1)),
        verdict("open", scores=counts(), finish="length"),
    ]
    summary = summarise(verdicts)
    assert value(summary, "open", "cites") == (0.5, 4)
    assert value(summary, "open", "abstained") == (0.25, 4)
    assert value(summary, "open", "good") == (0.5, 4)
    assert value(summary, "open", "fabricated") == (0.25, 4)
    assert value(summary, "open", "quoted_exactly") == (0.5, 2)
    assert summary.unfinished == 1


def test_means_are_of_the_items_that_have_the_score() -> None:
    verdicts = [
        verdict("open", scores={"rouge_l": 0.5}),
        verdict("open", scores=counts(gold_recall=1.0) | {"rouge_l": 0.0}),
    ]
    summary = summarise(verdicts)
    assert value(summary, "open", "rouge_l") == (0.25, 2)
    assert value(summary, "open", "gold_recall") == (1.0, 1)


def test_what_it_took_is_added_up() -> None:
    spent = {"prompt_tokens": 10, "completion_tokens": 2, "seconds": 0.5, "cost": 0.25}
    summary = summarise([verdict("single", **spent), verdict("open", **spent)])
    assert (summary.prompt_tokens, summary.completion_tokens) == (20, 4)
    assert (summary.seconds, summary.cost) == pytest.approx((1.0, 0.5))
    assert summary.to_json()["rows"][0]["score"] == "right"


def test_nothing_asked() -> None:
    assert summarise([]).rows == ()
