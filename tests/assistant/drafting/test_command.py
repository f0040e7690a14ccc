import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import docx
import pytest

from ecmiip.cli import main
from ecmiip.mipld.database import Mipld

EXAMPLES = Path(__file__).parents[3] / "examples" / "facts"
FACTS = str(EXAMPLES / "trademark-complaint.toml")


@pytest.fixture
def run(
    small_mipld_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Runs `ecmiip draft …` on the small database; gives (exit code, output, errors)."""

    def call(*arguments: str) -> tuple[int, str, str]:
        database = ["--db", str(small_mipld_path), "--as-of", "2026-11-22"]
        monkeypatch.setattr(sys, "argv", ["ecmiip", "draft", *arguments, *database])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        output, errors = capsys.readouterr()
        return code, output, errors

    return call


def test_the_forms_are_listed(run: Any) -> None:
    code, output, _ = run("--list")
    assert code == 0
    assert "民事起诉状（侵害商标权纠纷）" in output
    forms = json.loads(run("--list", "--json")[1])
    assert len(forms) >= 15
    assert all(form["elements"] for form in forms)


def test_a_draft_is_written(run: Any, tmp_path: Path) -> None:
    target = tmp_path / "a.docx"
    code, output, errors = run("trademark-complaint", FACTS, "-o", str(target))
    assert code == 0
    assert "0 missing" in output
    assert "未能核实" in errors
    assert docx.Document(str(target)).tables
    target = tmp_path / "a.md"
    assert run("trademark-complaint", FACTS, "-o", str(target))[0] == 0
    assert target.read_text(encoding="utf-8").startswith("# 民事起诉状")


def test_json_tells_all(run: Any) -> None:
    code, output, _ = run("trademark-complaint", FACTS, "--json")
    plain = json.loads(output)
    assert code == 0
    assert plain["as_of"] == "2026-11-22"
    assert plain["missing"] == []
    assert {d["rule"] for d in plain["deadlines"]} >= {"limitation_trademark", "punitive_claim"}
    assert plain["markdown"].startswith("# 民事起诉状")


def test_a_blank_file_can_be_filled_in(run: Any, tmp_path: Path) -> None:
    target = tmp_path / "facts.toml"
    assert run("trademark-opposition", "--blank", "-o", str(target))[0] == 0
    assert tomllib.loads(target.read_text(encoding="utf-8"))["form"] == "trademark-opposition"
    code, output, errors = run("trademark-opposition", str(target), "-o", str(tmp_path / "a.md"))
    assert code == 0
    assert " 0 missing" not in output
    assert "missing: opponents: 异议人" in errors
    assert "[[opponents]]" in run("trademark-opposition", "--blank")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no form given"),
        (("trademark-complaint",), "no facts given"),
        (("trademark-complaint", FACTS), "no output given"),
        (("trademark-complaint", FACTS, "-o", "a.pdf"), "must end in .docx or .md"),
        (("trademark-complaint", "none.toml", "-o", "a.md"), "none.toml: no such file"),
        (("no-such-form", FACTS, "-o", "a.md"), "no-such-form: no such form"),
        (("patent-complaint", FACTS, "-o", "a.md"), "form = 'trademark-complaint' in the facts"),
        (("trademark-complaint", "--blank", "-o", FACTS), "that file is there already"),
        (("trademark-complaint", "--blank", "-o", "a.docx"), "must end in .toml"),
    ],
)
def test_bad_input_is_told_in_one_sentence(
    run: Any, arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, errors = run(*arguments)
    assert code == 2
    assert said in errors
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", ["folder.md", "folder.docx", "file/a.md", "x" * 300 + ".docx"])
def test_a_place_that_cannot_be_written_is_named(run: Any, tmp_path: Path, end: str) -> None:
    (tmp_path / "file").touch()
    for name in ("folder.md", "folder.docx"):
        (tmp_path / name).mkdir()
    before = sorted(tmp_path.iterdir())
    code, _, errors = run("trademark-complaint", FACTS, "-o", str(tmp_path / end))
    assert code == 2
    assert "cannot be written" in errors
    assert errors.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_the_facts_are_not_written_over(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "facts.md"
    path.write_bytes(Path(FACTS).read_bytes())
    code, _, errors = run("trademark-complaint", str(path), "-o", str(path))
    assert code == 2
    assert "holds the facts" in errors
    assert path.read_bytes() == Path(FACTS).read_bytes()


@pytest.mark.parametrize(
    ("text", "said"), [("court = [", "not valid TOML"), ("courts = 'x'", "unknown key 'courts'")]
)
def test_a_bad_file_is_named(run: Any, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    code, _, errors = run("trademark-complaint", str(path), "-o", str(tmp_path / "a.md"))
    assert code == 2
    assert "bad.toml" in errors
    assert said in errors


# --- ecmiip deadline -----------------------------------------------------------------------------


@pytest.fixture
def compute(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `ecmiip deadline …`; gives (exit code, output, errors)."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ecmiip", "deadline", *arguments])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        output, errors = capsys.readouterr()
        return code, output, errors

    return call


def test_a_deadline_is_told_with_its_provision(compute: Any, real: Mipld) -> None:
    where = ("--db", str(real.path), "--as-of", "2026-11-22")
    code, output, _ = compute("trademark_opposition", "2026-11-13", *where)
    assert code == 0
    assert "提出商标异议的期限：2027年2月15日（尚余85日）" in output
    assert (
        "2027年2月13日为休息日，顺延；如为调休上班日则不顺延，稳妥起见不迟于2027年2月13日" in output
    )
    assert "商标法@2019#33" in output
    assert "不迟于2027年1月13日" in output
    plain = json.loads(compute("appeal_judgment", "2026-11-20", "--json", *where)[1])
    assert (plain["due"], plain["days_left"]) == ("2026-12-07", 15)


def test_the_rules_are_listed(compute: Any) -> None:
    assert "limitation_patent" in compute("--list")[1]
    assert json.loads(compute("--list", "--json")[1])["answer_civil"] == "提出答辩状的期限"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no rule: no such rule"),
        (("easter", "2026-01-01"), "easter: no such rule"),
        (("appeal_judgment",), "no day given"),
        (("appeal_judgment", "2026-02-30"), "no such day"),
        (("appeal_judgment", ""), "no such day"),
    ],
)
def test_a_bad_request_is_told(compute: Any, arguments: tuple[str, ...], said: str) -> None:
    code, _, errors = compute(*arguments)
    assert code == 2
    assert said in errors
