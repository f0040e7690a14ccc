import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ecmiip.cli import main


@pytest.fixture
def run(
    example_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Runs `ecmiip mipld …` on the synthetic database; gives (exit code, output, errors)."""

    def call(*arguments: str, db: bool = True) -> tuple[int, str, str]:
        options = ["--db", str(example_path)] if db else []
        monkeypatch.setattr(sys, "argv", ["ecmiip", "mipld", *arguments, *options])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        output, errors = capsys.readouterr()
        return code, output, errors

    return call


def test_cite_json(run: Any) -> None:
    code, output, _ = run("cite", "示例权法第三条、第九十九条", "--as-of", "2026-11-22", "--json")
    rows = json.loads(output)
    assert code == 0
    assert [(row["article"], row["status"]) for row in rows] == [
        (3, "in_force"),
        (99, "no_such_article"),
    ]


def test_cite_in_words(run: Any) -> None:
    _, output, _ = run("cite", "示例权法第三条规定：“全部损失”", "--as-of", "2026-11-22")
    assert "in_force (示例权法@2019#3)" in output
    assert "quotation differs" in output
    assert run("cite", "没有引用")[1] == "no citations found\n"


def test_show(run: Any) -> None:
    code, output, _ = run("show", "示例权法", "第三条", "--as-of", "2026-11-22", "--json")
    row = json.loads(output)
    assert code == 0
    assert (row["address"], row["effective_to"]) == ("示例权法@2019#3", "2026-12-31")
    assert row["continued_by"] == ["示例权法@2026#5"]
    _, output, _ = run("show", "示例权法", "第二条第（二）项", "--as-of", "2026-11-22", "--json")
    assert json.loads(output)["text"] == "（二）展览示例；"
    assert "第三条　侵犯示例权的" in run("show", "示例权法", "3", "--as-of", "2026-11-22")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "没有的法", "3"), "no such law"),
        (("show", "示例权法", "99"), "has no article 99"),
        (("show", "示例权法", "abc"), "not the number of an article"),
        (("show", "示例权法", "第二条第九项"), "has no article 第二条第九项"),
        (("cite", "x", "--as-of", "2026-02-30"), "no such day"),
        (("search", "x", "--direction", "patents"), "unknown: choose from patent"),
        (("crosswalk", "示例权法", "--from", "1900-01-01", "--to", "2027-01-01"), "no stored text"),
        (("ingest", "/nowhere"), "no such file or folder"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    run: Any, arguments: tuple[str, ...], message: str
) -> None:
    code, output, errors = run(*arguments)
    assert code == 2
    assert output == ""
    assert errors.startswith("error: ")
    assert message in errors
    assert errors.count("\n") == 1


def test_search(run: Any) -> None:
    _, output, _ = run("search", "赔偿数额", "--as-of", "2027-02-01", "--json")
    assert json.loads(output)[0]["address"] == "示例权法@2026#5"
    assert "《示例权法》第五条：" in run("search", "赔偿数额", "--as-of", "2027-02-01")[1]
    assert run("search", "🙂")[1] == "nothing found\n"
    _, output, _ = run("search", "在先使用商标", "--in", "cases", "--json")
    assert json.loads(output)[0]["source"] == "chinese-law-corpus"
    assert run("search", "示例", "--in", "notes")[1] == "nothing found\n"


def test_crosswalk(run: Any) -> None:
    days = ("--from", "2026-11-22", "--to", "2027-01-01")
    _, output, _ = run("crosswalk", "示例权法", *days, "--json")
    rows = json.loads(output)
    assert {"old": 4, "new": 3, "score": 1.0, "changed": ""} in rows
    assert "第三条 → 第五条" in run("crosswalk", "示例权法", *days)[1]


def test_stats_and_export(run: Any, tmp_path: Path) -> None:
    facts = json.loads(run("stats", "--json")[1])
    assert facts["laws"] == 5
    assert "conflicts" in run("stats")[1]
    _, output, _ = run("export", "--out", str(tmp_path / "out"), "--format", "jsonl", "--json")
    assert json.loads(output)["rows"]["provisions"] == facts["provisions"]
    assert (tmp_path / "out" / "README.md").is_file()


def test_build_and_ingest(run: Any, sources: Path, tmp_path: Path) -> None:
    db = str(tmp_path / "mipld.sqlite")
    at_hand = ("--law-db", str(sources / "laws.db"), "--shared", str(sources), "--db", db)
    code, output, _ = run("build", *at_hand, db=False)
    assert (code, "5 laws in 6 versions" in output) == (0, True)
    assert "up to date" in run("build", *at_hand, db=False)[1]
    (tmp_path / "note.txt").write_text("示例商标的使用说明", encoding="utf-8")
    # Neither --law-db nor --shared: it is built again from what it was built from.
    _, output, _ = run("ingest", str(tmp_path / "note.txt"), "--db", db, "--json", db=False)
    assert json.loads(output) == {
        "files": 1,
        "unchanged": 0,
        "laws": 0,
        "cases": 0,
        "notes": 1,
        "left_out": [],
    }
    facts = json.loads(run("stats", "--db", db, "--json", db=False)[1])
    assert (facts["laws"], facts["cases"], facts["notes"]) == (5, 2, 1)


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nsys.argv = ['ecmiip', 'mipld', '--help']\n"
        "from ecmiip.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'sqlalchemy', 'rjieba', 'daft', 'pyarrow'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
