"""The report: whole, self-contained, and nothing in it that came from a model runs."""

from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from ecmiip.mipld.database import Mipld
from ecmiip.pipeline.report import training_curve, write_report
from ecmiip.runs import Run
from ecmiip.training.recipe import Recipe

DAY = date(2026, 11, 22)
HOSTILE = "<script>alert(1)</script> & \"'\n<img src=x onerror=alert(2)>"
STAGES = ("law", "tasks")


def make_recipe() -> Recipe:
    rate = {"tokens": 100, "learning_rate": 1e-4}
    return Recipe.model_validate(
        {
            "name": "demo",
            "base": "qwen2.5-coder-0.5b",
            "stages": [
                rate | {"name": "law", "kind": "pretrain", "corpus": [{}]},
                rate | {"name": "tasks", "kind": "finetune", "pairs": {}},
            ],
        }
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = Run.create(tmp_path, "demo-1")
    for step, loss in enumerate((3.0, 2.5, 2.0, 1.0), 1):
        stage = STAGES[step > 2]
        made.add_metrics({"event": "step", "stage": stage, "step": step, "loss": loss})
        made.add_metrics({"event": "heldout", "stage": stage, "losses": {"law": 2.0}})
    losses = [{"law": 3.0, "tasks": 2.0}, {"law": 2.5, "tasks": 1.5}]
    stages = [
        {
            "name": name,
            "before": losses[0],
            "after": losses[1],
            "steps": 2,
            "tokens": 12345,
            "tokens_per_second": 77.0,
        }
        for name in STAGES
    ]
    result = {"stages": stages, "peak_memory": 2**31}
    made.update(status="finished", commit="0123456789abcdef", result=result)
    return made


@pytest.fixture
def report(run: Run, small_mipld: Mipld) -> Callable[..., str]:
    """Writes the report and gives its page; keyword arguments replace what goes into it."""

    def share(hits: int, n: int) -> dict[str, Any]:
        return {"hits": hits, "n": n, "interval": (0.1, 0.9)}

    def row(subject: str) -> dict[str, Any]:
        return {
            "subject": subject,
            "parameters": None,
            "choice": share(3, 24),
            "gold": share(0, 0),
            "good": share(4, 5),
            "uncited": 2,
            "unreadable": 0,
            "p_choice": 0.04,
            "p_gold": 1.0,
            "seconds": 12.0,
        }

    def answer(**changes: Any) -> dict[str, Any]:
        citation = {
            "text": "《示例专利法》第二条",
            "good": True,
            "complaint": "",
            "effective_from": "2020-06-01",
        }
        bad = citation | {"good": False, "complaint": "查无此条", "effective_from": None}
        return {
            "question": "问？",
            "task": "doctrine",
            "text": "依据《示例专利法》第二条。",
            "citations": [citation, bad],
            "read": [{"address": "示例专利法@2020#2", "quote": "《示例专利法》第二条：十年。"}],
        } | changes

    def write(**changes: Any) -> str:
        given: dict[str, Any] = {
            "mipld": small_mipld.stats(),
            "pairs": {"sides": {"train": 1234, "heldout": 56}},
            "evaluation": [row("base"), row("tuned")],
            "answers": [answer(), answer(citations=[], read=[])],
            "speaker": run.name,
        }
        hostile = changes.pop("hostile", None)
        if hostile:
            given["answers"] = [
                answer(
                    question=hostile,
                    text=hostile,
                    citations=[
                        {"text": hostile, "good": False, "complaint": hostile, "effective_from": ""}
                    ],
                    read=[{"address": hostile, "quote": hostile}],
                )
            ]
            given["evaluation"] = [row(hostile)]
        given |= changes
        path = write_report(run, make_recipe(), DAY, *given.values())
        assert path == run.path / "report.html"
        return path.read_text(encoding="utf-8")

    return write


class Page(HTMLParser):
    """The tags and attributes of a page, and whether they nest."""

    VOID = ("meta", "br", "img", "line", "polyline", "input")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_says_what_was_built_and_reached(report: Callable[..., str]) -> None:
    page = report()
    for said in (
        "demo-1",
        "2026-11-22",
        "012345678",
        "1,234",
        "12,345",
        "3.000 → 2.500",
        "3/24",
        "[10 %, 90 %]",
        "2.0 GiB",
        "✓ 《示例专利法》第二条",
        "✗ 《示例专利法》第二条：查无此条",
        "无引用，请勿依赖",
    ):
        assert said in page


def test_is_one_file_that_fetches_and_runs_nothing(report: Callable[..., str]) -> None:
    page = Page(report())
    assert page.open == []
    assert not {"script", "link", "iframe", "img", "object"} & set(page.tags)
    names = {name for name, _ in page.attributes}
    assert not {"src", "href"} & names
    assert not {name for name in names if name.startswith("on")}


def test_hostile_text_is_shown_never_run(report: Callable[..., str], run: Run) -> None:
    run.update(commit="<b>")
    page = report(hostile=HOSTILE)
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 6
    assert "&lt;b&gt;" in page
    assert Page(page).open == []


def test_a_stage_that_got_worse_is_marked(report: Callable[..., str], run: Run) -> None:
    assert "own up" not in report()
    result = run.info()["result"]
    result["stages"][0]["after"]["law"] = 3.5
    run.update(result=result)
    assert "own up" in report()


def test_a_report_without_evaluation_and_answers_still_renders(report: Callable[..., str]) -> None:
    assert Page(report(evaluation=[], answers=[])).open == []


def test_a_value_that_is_missing_is_an_error_not_a_gap(report: Callable[..., str]) -> None:
    with pytest.raises(UndefinedError):
        report(evaluation=[{"subject": "base"}])


def test_a_failed_report_keeps_the_old_one(report: Callable[..., str], run: Run) -> None:
    old = report()
    with pytest.raises(UndefinedError):
        report(evaluation=[{"subject": "base"}])
    assert (run.path / "report.html").read_text(encoding="utf-8") == old


# --- the curve ---------------------------------------------------------------------------------


def test_the_curve_falls_with_the_loss(run: Run) -> None:
    curve = training_curve(run)
    assert (curve["low"], curve["high"], curve["steps"]) == (1.0, 3.0, 4)
    first, second = curve["segments"]
    assert (first["name"], second["name"]) == STAGES
    points = [
        tuple(map(float, point.split(",")))
        for segment in (first, second)
        for point in segment["points"].split()
    ]
    assert points[0] == (0.0, 0.0)
    assert points[-1] == (curve["width"], curve["height"])
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert second["start"] == points[2][0]


@pytest.mark.parametrize("losses", [[], [2.0], [2.0, 2.0]])
def test_a_curve_of_little(tmp_path: Path, losses: list[float]) -> None:
    run = Run.create(tmp_path, "small")
    for loss in losses:
        run.add_metrics({"event": "step", "stage": "law", "loss": loss})
    assert bool(training_curve(run)["segments"]) == bool(losses)


def test_a_run_without_steps_still_has_a_report(report: Callable[..., str], run: Run) -> None:
    (run.path / "metrics.jsonl").unlink()
    assert Page(report()).open == []


def test_it_tells_who_answered(report: Callable[..., str]) -> None:
    assert "the released model" not in report()
    assert "Given by small, the released model." in report(speaker="small")
