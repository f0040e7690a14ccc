"""A whole file of pairs: each by itself, against benchmarks, against the others; the commands."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ecmiip.commands.instruct import app
from ecmiip.errors import UserError
from ecmiip.instruct.inspection import inspect
from ecmiip.instruct.pair import Pair
from ecmiip.mipld.database import Mipld

PAIR = """
[[pair]]
id = "authored/doctrine/patent/{number}"
task = "doctrine"
direction = "patent"
as_of = 2026-11-22
question = "{question}"
answer = "依据《示例专利法》第二条，期限为十年。"
provisions = ["示例专利法@2020#2"]
"""


@pytest.fixture(autouse=True)
def nothing_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setenv("ECMIIP_SHARED", str(shared))
    assert home
    return shared


def make(**changes: Any) -> Pair:
    fields = {
        "id": "x",
        "task": "doctrine",
        "direction": "patent",
        "as_of": date(2026, 11, 22),
        "question": "示例专利权的保护期限有多长，从哪一天起算？",
        "answer": "依据《示例专利法》第二条，期限为十年。",
        "provisions": ("示例专利法@2020#2",),
        "origin": "authored",
    }
    return Pair.model_validate(fields | changes)


def test_sound_pairs_pass(small_mipld: Mipld) -> None:
    found = inspect([make()], small_mipld)
    assert (found.pairs, found.failed) == (1, {})
    assert "task case has 0 pairs" in found.unbalanced


def test_a_pair_that_says_it_again(small_mipld: Mipld) -> None:
    again = make(id="y", question="示例专利权的保护期限有多长，从哪一天起算呢？")
    assert inspect([make(), again], small_mipld).failed == {"y": ["nearly repeats x"]}


def test_an_id_that_is_taken(small_mipld: Mipld) -> None:
    found = inspect([make(), make(question="外国人怎样申请示例专利？")], small_mipld)
    assert found.failed == {"x": ["has the id of another pair"]}


def test_a_benchmark_at_hand_is_kept_out(small_mipld: Mipld, nothing_at_hand: Path) -> None:
    folder = nothing_at_hand / "benchmarks"
    folder.mkdir()
    (folder / "x.json").write_text(json.dumps([{"question": make().question}]), encoding="utf-8")
    (reasons,) = inspect([make()], small_mipld).failed.values()
    assert "benchmark" in reasons[0]


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.stdout


def test_check_tells_what_failed_and_exits_with_two(small_mipld_path: Path, tmp_path: Path) -> None:
    file = tmp_path / "pairs.toml"
    file.write_text(PAIR.format(number=1, question="示例专利保护多久？"), encoding="utf-8")
    assert "1 pairs, 0 failed" in run("check", str(file), "--db", str(small_mipld_path))
    with file.open("a", encoding="utf-8") as appended:
        wrong = PAIR.format(number=2, question="期限如何？").replace("第二条", "第九条")
        appended.write(wrong)
    told = run("check", str(file), "--db", str(small_mipld_path), "--json", code=2)
    (reasons,) = json.loads(told).values()
    assert "no_such_article" in reasons[0]


def test_build_stats_and_card(
    small_mipld_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecmiip.instruct import build as building

    authored = tmp_path / "authored"
    authored.mkdir()
    (authored / "x.toml").write_text(PAIR.format(number=1, question="示例专利保护多久？"))
    monkeypatch.setattr(building, "shipped", lambda _: authored)
    where = ["--out", str(tmp_path / "set"), "--as-of", "2026-11-22"]
    built = json.loads(run("build", *where, "--db", str(small_mipld_path), "--json"))
    assert built["authored"]["total"] == 1
    assert json.loads(run("stats", *where, "--json")) == built
    assert "authored: 1" in run("stats", *where)
    card = tmp_path / "card.md"
    run("card", *where, "--to", str(card))
    assert "| authored | 1 |" in card.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["none.toml", "none.jsonl"])
def test_a_file_of_no_pairs_is_no_sound_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("", encoding="utf-8")
    outcome = CliRunner().invoke(app, ["check", str(path)])
    assert isinstance(outcome.exception, UserError)
    assert f"{path}: no pairs in it" in str(outcome.exception)
