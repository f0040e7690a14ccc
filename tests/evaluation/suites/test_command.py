"""ecmiip suites: the list, one item, task files, published results."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ecmiip.commands.suites import app
from ecmiip.errors import UserError
from ecmiip.evaluation.suites import SUITES

Checkout = Callable[..., Path]


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture
def at_hand(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """JEC-QA alone among the shared benchmarks."""
    beside = tmp_path / "shared"
    (beside / "benchmarks").mkdir(parents=True)
    checkout("jecqa").rename(beside / "benchmarks" / "AGIEval")
    monkeypatch.setenv("ECMIIP_SHARED", str(beside))


@pytest.mark.usefixtures("at_hand")
def test_list_tells_what_is_here_and_what_is_not() -> None:
    rows = {row["suite"]: row for row in json.loads(run("list", "--json"))}
    assert list(rows) == list(SUITES)
    jecqa = rows["jecqa"]
    assert (jecqa["items"], jecqa["by_kind"]) == (12, {"single": 6, "multi": 6})
    assert jecqa["as_of"] == ["2017-09-16", "2017-09-16"]
    assert "LexEval is no folder" in rows["lexeval"]["missing"]
    text = run("list")
    assert "lexeval      not at hand: https://github.com/CSHaitao/LexEval" in text
    assert "jecqa               6       6       0        12  2017-09-16" in text


@pytest.mark.usefixtures("at_hand")
def test_list_tells_what_is_wrong_with_a_copy(tmp_path: Path) -> None:
    (tmp_path / "shared" / "benchmarks" / "LAiW" / "data").mkdir(parents=True)
    (tmp_path / "shared" / "benchmarks" / "LAiW" / "data" / "x.json").write_text("{}")
    assert "record 1: no field query or question" in run("list")
    assert "fault" in {row["suite"]: row for row in json.loads(run("list", "--json"))}["laiw"]


def test_show_gives_the_question_as_it_is_asked(checkout: Checkout) -> None:
    root = str(checkout("disc"))
    shown = run("show", "disc-nje", "--root", root)
    assert shown.startswith("disc/mcq_mult_nje/1 · multi · doctrine · trademark · 2019-09-15\n")
    assert "可以做什么？（多选）\nA. 申请商标注册\n" in shown
    assert "key: ABD" in shown
    item = json.loads(run("show", "disc-nje", "--item", "2", "--root", root, "--json"))
    assert (item["id"], item["as_of"]) == ("disc/mcq_mult_nje/2", "2019-09-15")
    with pytest.raises(UserError, match="--item 99: disc-nje has 12 items"):
        run("show", "disc-nje", "--item", "99", "--root", root)


@pytest.mark.usefixtures("at_hand")
def test_lm_eval_writes_what_is_at_hand(tmp_path: Path, checkout: Checkout) -> None:
    said = run("lm-eval", str(tmp_path / "all"))
    assert "ecmiip_jecqa_ip_multi\n" in said
    assert "left out: lexeval: " in said
    assert (tmp_path / "all" / "ecmiip_jecqa.yaml").exists()
    root = str(checkout("disc"))
    run("lm-eval", str(tmp_path / "one"), "--suite", "disc", "--root", root)
    assert not (tmp_path / "one" / "ecmiip_jecqa.yaml").exists()
    with pytest.raises(UserError, match="name that one with --suite"):
        run("lm-eval", str(tmp_path / "two"), "--root", root)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        run("lm-eval", str(tmp_path / "file"), "--suite", "disc", "--root", root)
    with pytest.raises(UserError, match=r"mozip: .* is no folder"):
        run("lm-eval", str(tmp_path / "three"), "--suite", "mozip")


def test_published_says_where_the_items_differ(tmp_path: Path) -> None:
    table = {
        "lexeval_ip": {
            "definition": {
                "tasks": [], "keep_if_input_matches": "", "options": "", "scoring": "",
                "items": {"single": 146, "multi": 85},
            },
            "source": "",
            "results": [{"model": "one", "single_correct": 61, "single_n": 200,
                         "multi_correct": 4, "multi_n": 85}],
        },
        "disc_law_eval_nje": {"source": "", "results": []},
    }  # fmt: skip
    path = tmp_path / "published.json"
    path.write_text(json.dumps(table), encoding="utf-8")
    single, multi = run("published", "--file", str(path)).splitlines()
    assert "61/200  30.5% [24.5%, 37.2%]  other items: the suite has 146" in single
    assert "4/85    4.7% [1.8%, 11.5%]" in multi
    rows = json.loads(run("published", "--file", str(path), "--json"))
    assert [(row["share"]["hits"], row["comparable"]) for row in rows] == [(61, False), (4, True)]
