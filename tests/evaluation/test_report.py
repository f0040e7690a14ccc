"""The report: scores and tests that can be recounted, a page on which nothing hostile runs."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ecmiip.cli import app
from ecmiip.errors import UserError
from ecmiip.evaluation.published import Published
from ecmiip.evaluation.question import question_of
from ecmiip.evaluation.report import difference, summary
from ecmiip.evaluation.report.items import items_of, outcome
from ecmiip.evaluation.report.measures import Score, compare, load, overall_of
from ecmiip.evaluation.report.page import billions, write_report
from ecmiip.evaluation.report.radar import radar
from ecmiip.evaluation.report.rendering import pack, unpack
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.statistics import Share
from ecmiip.evaluation.verdict import Evaluation, Retrieved, Verdict

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202e"
CITATION = {"text": "《示例法》第一条", "status": "repealed", "quote": "none", "replaced_by": None}


@pytest.fixture
def evaluated(
    make_evaluation: Callable[..., Evaluation], make_verdict: Callable[..., Verdict]
) -> list[Evaluation]:
    """Twelve choice items and six open ones; the larger subject is right where both differ."""

    def verdicts(hits: int, recall: float, hostile: str) -> list[Verdict]:
        directions = ("patent", "trademark", "copyright")
        tasks = ("doctrine", "conduct", "case")
        made = [
            make_verdict(
                n,
                "A" if n < hits else "B",
                direction=directions[n % 3],
                task=tasks[n // 5],
                tags=("date-sensitive",) if n < 3 else (),
                raw=hostile,
                retrieved=(Retrieved("示例法@2020#1", HOSTILE),),
            )
            for n in range(15)
        ]
        made += [
            make_verdict(
                100 + n,
                kind="open",
                raw=hostile,
                citations=(CITATION,),
                tags=("abstain",) if n == 0 else (),
                scores={
                    "cited": 2.0, "good": 1.0, "fabricated": 0.0, "repealed": 1.0,
                    "superseded": 0.0, "not_yet": 0.0, "unverified": 0.0, "quoted": 0.0,
                    "quote_differs": 0.0, "gold_recall": recall, "abstained": float(n == 0),
                },
            )
            for n in range(6)
        ]  # fmt: skip
        return [*made, make_verdict(200, ""), make_verdict(201, "", error="timed out")]

    return [
        make_evaluation("small", verdicts(5, 0.0, "B"), parameters=500_000_000),
        make_evaluation("large", verdicts(14, 0.5, HOSTILE), parameters=7_000_000_000),
        make_evaluation(HOSTILE, verdicts(12, 1.0, "A"), setting=Setting(depth=3), mipld="f" * 64),
    ]


class Seen(HTMLParser):
    """The tags and the policy of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="data">([^<]*)<', page)
    assert found
    unpacked: dict[str, Any] = unpack(found[1])
    return unpacked


def test_scores_and_tests(evaluated: list[Evaluation]) -> None:
    (found,) = summary.summarise(load(evaluated))
    assert found.reference == "small · closed"
    assert [row.loaded.evaluation.subject for row in found.rows[:2]] == ["small", "large"]
    small, large, _ = found.rows
    # 15 items, one unparseable and one failed: both count as wrong, and are told apart.
    assert small.scores["single"] == Score(5 / 17, 17, Share(5, 17).interval)
    assert small.outcomes["unparseable"] == 1
    assert small.outcomes["error"] == 1
    test = large.comparisons["single"]
    assert test.difference == pytest.approx(9 / 17)
    assert test.p == pytest.approx(2 / 2**9)
    assert test.adjusted >= test.p
    assert small.comparisons == {}
    assert large.scores["gold_recall"].value == 0.5
    assert large.scores["supported"].value == 0
    assert large.scores["abstention"].value == 1
    assert large.citations["repealed"] == 6
    assert set(large.dates) == {"date-sensitive", "other"}
    assert large.dates["date-sensitive"].n == 3


def test_holm_corrects_for_all_tests(evaluated: list[Evaluation]) -> None:
    small, *others = load(evaluated)
    found = compare(small, others)
    smallest = min(found.values(), key=lambda one: one.p)
    assert smallest.adjusted == pytest.approx(smallest.p * len(found))
    in_order = sorted(found.values(), key=lambda one: one.p)
    assert [one.adjusted for one in in_order] == sorted(one.adjusted for one in in_order)


def test_another_reference(evaluated: list[Evaluation]) -> None:
    (found,) = summary.summarise(load(evaluated), "large")
    assert found.reference == "large · closed"
    with pytest.raises(UserError, match="no evaluation of 'none' is among them"):
        summary.summarise(load(evaluated), "none")


def test_the_page_stands_alone_and_runs_nothing_hostile(
    evaluated: list[Evaluation], tmp_path: Path
) -> None:
    published = [
        Published("other<b>", "made-up", kind, Share(3, 10), 10, "there")
        for kind in ("single", "multi")
    ]
    path = write_report(tmp_path / "r.html", summary.summarise(load(evaluated)), published)  # type: ignore[arg-type]
    page = path.read_text(encoding="utf-8")
    seen = Seen()
    seen.feed(page)
    assert seen.tags.count("script") == 2  # the data, and our own
    assert "img" not in seen.tags
    assert "other&lt;b&gt;" in page
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    links = [value for name, value in seen.attributes if name in ("src", "href")]
    assert all(value and value.startswith("#") for value in links)
    (policy,) = [value for _, value in seen.attributes if "script-src" in (value or "")]
    assert policy is not None
    script = page[page.rindex("<script>") + len("<script>") : page.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_the_same_evaluations_give_the_same_page(
    evaluated: list[Evaluation], tmp_path: Path
) -> None:
    pages = [
        write_report(tmp_path / name, summary.summarise(load(evaluated))).read_bytes()
        for name in ("a.html", "b.html")
    ]
    assert pages[0] == pages[1]


def test_every_item_is_on_the_page(evaluated: list[Evaluation], tmp_path: Path) -> None:
    path = write_report(tmp_path / "r.html", summary.summarise(load(evaluated)))
    data = data_of(path.read_text(encoding="utf-8"))
    assert len(data["items"]) == 23
    item = data["items"][0]
    assert item["question"].startswith("示例0：")
    assert "A. " in item["question"]
    answer = next(one for one in item["answers"] if one["raw"] == HOSTILE)
    assert data["texts"][answer["read"][0][1]] == HOSTILE
    assert [role for role, _ in answer["prompt"]] == ["system", "user"]
    # A system prompt that all share is held once.
    assert sum("知识产权法助手" in text for text in data["texts"]) == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "right"),
        ({"letters": "B"}, "wrong"),
        ({"letters": ""}, "unparseable"),
        ({"letters": "", "error": "down"}, "error"),
        ({"kind": "open"}, "open"),
    ],
)
def test_outcomes(make_verdict: Callable[..., Verdict], fields: dict[str, Any], told: str) -> None:
    assert outcome(make_verdict(1, **fields)) == told


def test_the_question_is_read_from_the_prompt(make_verdict: Callable[..., Verdict]) -> None:
    verdict = make_verdict(3)
    assert question_of(verdict).startswith("示例3：甲公司")
    assert question_of(verdict).endswith("D. 登记著作权")
    then = [
        *verdict.prompt,
        {"role": "assistant", "content": "理由"},
        {"role": "user", "content": "选"},
    ]
    assert question_of(make_verdict(3, prompt=tuple(then))) == question_of(verdict)
    assert question_of(make_verdict(3, prompt=({"role": "user", "content": "别的"},))) == "别的"
    assert question_of(make_verdict(3, prompt=())) == ""


def test_points_are_not_mixed_with_shares_of_law(
    evaluated: list[Evaluation], make_verdict: Callable[..., Verdict]
) -> None:
    small, large, _ = load(evaluated)
    scores = {"gold_recall": 0.25, "points": 0.75}
    judged = [
        replace(one, verdicts=tuple(replace(v, scores=v.scores | scores) for v in one.verdicts))
        for one in (small, large)
    ]
    verdict = make_verdict(1, kind="open", scores=scores)
    assert overall_of(judged)(verdict) == 0.75
    assert overall_of([judged[0], large])(verdict) == 0.25


def test_radar() -> None:
    labels = {"a": "甲", "b": "乙", "c": "丙", "d": "丁", "e": "戊"}
    scores = {name: Score(0.5, 10, (0.2, 0.8)) for name in "abc"} | {
        "d": Score(1.0, 4, (0.5, 1.0))  # too few items to draw
    }
    chart = radar(labels, [("x", scores), ("y", {"a": Score(0.1, 10, (0.0, 0.4))})])
    assert [axis.name for axis in chart.axes] == ["甲", "乙", "丙"]
    assert chart.top == 0.5
    assert chart.lines[0][1].split()[0] == "0.0,-100.0"
    assert chart.lines[1][1].split()[0] == "0.0,-20.0"
    assert len(chart.rings) == 4
    assert radar({"a": "甲", "b": "乙"}, [("x", scores)]).axes == ()


def test_data_survives_packing() -> None:
    assert unpack(pack({"a": [HOSTILE, 1.5, None]})) == {"a": [HOSTILE, 1.5, None]}
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", pack(HOSTILE))


def test_sizes() -> None:
    assert [billions(n) for n in (494_032_768, 7_000_000_000, None)] == ["0.5B", "7B", "—"]


def test_the_difference_of_two_runs(evaluated: list[Evaluation], tmp_path: Path) -> None:
    small, large, _ = load(evaluated)
    found = difference.difference(small, large)
    assert (len(found.of("better")), len(found.of("worse"))) == (15, 0)
    assert found.changes[0].before == "B"
    assert found.changes[0].after == "A"
    assert difference.difference(large, small).of("worse")
    assert difference.as_json(found)["better"] == 15
    assert "+ made-up/5: B → A" in difference.as_text(found)
    path = difference.write_difference(tmp_path / "d.html", found)
    data = data_of(path.read_text(encoding="utf-8"))
    assert {item["id"] for item in data["items"]} == {change.id for change in found.changes}
    assert all(len(item["answers"]) == 2 for item in data["items"])


def test_items_can_be_chosen(evaluated: list[Evaluation]) -> None:
    data = items_of(load(evaluated), {"made-up/1"})
    assert [item["id"] for item in data["items"]] == ["made-up/1"]


def test_no_common_item(
    make_evaluation: Callable[..., Evaluation], make_verdict: Callable[..., Verdict]
) -> None:
    first, second = load(
        [make_evaluation("a", [make_verdict(1)]), make_evaluation("b", [make_verdict(2)])]
    )
    with pytest.raises(UserError, match="no item in common"):
        difference.difference(first, second)


def test_the_commands(evaluated: list[Evaluation], home: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    page = tmp_path / "r.html"
    shown = run(app, ["results", "report", "--to", str(page), "--json"])
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout) == json.loads(page.with_suffix(".json").read_text())
    folders = [str(one.path) for one in evaluated[:2]]
    shown = run(app, ["results", "diff", *folders])
    assert "better 15, worse 0" in shown.stdout
    shown = run(app, ["results", "human-form", *folders, "--to", str(tmp_path / "form")])
    assert (tmp_path / "form" / "key.json").is_file(), shown.output
    shown = run(app, ["results", "density", "--suite", "made-up", "--family", "small"])
    assert isinstance(shown.exception, UserError)
    for name, said in (("r.json", "name it .html"), ("", "cannot be written")):
        for command in ("report", "table") if not name else ("report",):
            shown = run(app, ["results", command, "--to", str(tmp_path / name)])
            assert isinstance(shown.exception, UserError)
            assert said in str(shown.exception)
    (tmp_path / "empty").mkdir()
    shown = run(app, ["results", "report", str(tmp_path / "empty")])
    assert isinstance(shown.exception, UserError)
    assert "no evaluation there" in str(shown.exception)
    assert home.is_dir()
