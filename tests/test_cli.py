"""The command line: it explains itself, and bad input is one sentence and exit code 2."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from ecmiip import cli
from ecmiip.errors import UserError
from ecmiip.files import shipped


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group under ``command``, with the words that call it."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


ALL = list(commands(typer.main.get_command(cli.app)))


@pytest.fixture
def ecmiip(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command line; gives (exit code, stdout, stderr)."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ecmiip", *words])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run


def refused(result: tuple[int, str, str], said: str) -> None:
    code, out, err = result
    assert code == 2, err
    assert out == ""
    *notices, sentence = err.splitlines()
    assert sentence.startswith("error: ")
    assert said in sentence
    assert all(notice.startswith("model: ") for notice in notices), "one sentence on one line"


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_command_explains_itself(
    ecmiip: Any, path: tuple[str, ...], command: click.Command
) -> None:
    code, out, _ = ecmiip(*path, "--help")
    assert code == 0
    assert command.help
    assert "Usage: " in out
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, f"{parameter.name} is not explained"


def test_the_commands_of_the_contract_are_there() -> None:
    paths = {" ".join(path) for path, _ in ALL}
    contract = {"demo", "eval", "ask"}
    contract |= {f"instruct {name}" for name in ("build", "check", "stats")}
    contract |= {
        f"mipld {name}"
        for name in ("build", "stats", "search", "show", "cite", "crosswalk", "export", "ingest")
    }
    assert contract <= paths


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow", "2026-13-01", "", "22.11.2026"])
def test_an_impossible_date(ecmiip: Any, day: str) -> None:
    for words in (("ask", "问"), ("instruct", "stats"), ("demo",), ("mipld", "cite", "文")):
        refused(ecmiip(*words, "--as-of", day), "write it as YYYY-MM-DD")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("wrong",), "No such command 'wrong': see ecmiip --help"),
        (("mipld", "wrong"), "No such command 'wrong': see ecmiip mipld --help"),
        (("ask",), "Missing argument 'question': see ecmiip ask --help"),
        (("ask", "问", "--wrong"), "No such option: --wrong"),
        (("ask", "问", "--task", "poem"), "'poem' is not one of 'doctrine', 'conduct', 'case'"),
        (("ask", "问", "--as-of"), "'--as-of' requires an argument"),
        (("serve", "--port", "many"), "'--port'"),
        (("serve", "--port", "70000"), "'--port'"),
    ],
)
def test_wrong_usage(ecmiip: Any, words: tuple[str, ...], said: str) -> None:
    refused(ecmiip(*words), said)


def test_a_group_without_a_command_shows_its_help(ecmiip: Any) -> None:
    code, out, err = ecmiip("instruct")
    assert code == 2
    assert "Usage: ecmiip instruct" in out
    assert err == ""


@pytest.mark.parametrize("model", ["base", "http://127.0.0.1:9/v1#m"])
def test_a_missing_database(ecmiip: Any, home: Path, model: str) -> None:
    for words in (
        ("ask", "问", "--model", model),
        ("eval", "--model", model),
        ("instruct", "build"),
        ("mipld", "search", "专利"),
        ("mipld", "stats"),
    ):
        refused(ecmiip(*words), "run `ecmiip mipld build` first")
    assert not home.exists()


def test_a_file_that_is_no_database(ecmiip: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    path.write_bytes(b"something else " * 100)
    refused(ecmiip("ask", "问", "--db", str(path)), "other.sqlite: not a MIPLD database")
    assert path.read_bytes() == b"something else " * 100


@pytest.mark.usefixtures("home")
def test_an_unknown_model(ecmiip: Any, small_mipld_path: Path) -> None:
    db = str(small_mipld_path)
    refused(ecmiip("ask", "问", "--db", db, "--model", "qwen9"), "no model is called 'qwen9'")
    refused(ecmiip("ask", "问", "--db", db, "--model", "http://127.0.0.1:9/v1"), "which model?")


@pytest.mark.usefixtures("home")
def test_no_network_and_no_weights(ecmiip: Any, small_mipld_path: Path) -> None:
    refused(ecmiip("ask", "问", "--db", str(small_mipld_path)), "connect to a network")


@pytest.mark.usefixtures("home")
def test_an_empty_question(ecmiip: Any) -> None:
    refused(ecmiip("ask", "  "), "the question is empty: write one")


@pytest.mark.usefixtures("home")
def test_an_unknown_direction(ecmiip: Any) -> None:
    told = "--direction patents: no such direction: take patent, trademark, copyright, "
    refused(ecmiip("ask", "问", "--direction", "patents"), told)


@pytest.mark.usefixtures("home")
def test_a_given_direction_is_kept(
    ecmiip: Any, small_mipld_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecmiip.models import subject
    from ecmiip.models.endpoint import Reply

    class Model:
        def chat(self, *_: Any, **__: Any) -> Reply:
            return Reply("见《示例专利法》第二条。", "stop", 1, 1, 0.1)

    monkeypatch.setattr(subject, "open_subject", lambda _: nullcontext(Model()))
    words = ("ask", "示例专利权的期限？", "--db", str(small_mipld_path), "--model", "m", "--json")
    assert json.loads(ecmiip(*words)[1])["direction"] == "patent"
    given = ecmiip(*words, "--direction", "trademark")[1]
    assert json.loads(given)["direction"] == "trademark"


@pytest.mark.usefixtures("home")
def test_an_unknown_suite(ecmiip: Any) -> None:
    refused(ecmiip("eval", "--model", "base", "--suite", "bar"), "no suite is called 'bar'")


@pytest.mark.usefixtures("home")
def test_pairs_that_were_not_built(ecmiip: Any) -> None:
    refused(ecmiip("instruct", "stats"), "run `ecmiip instruct build` first")


def test_an_unknown_recipe_key(tmp_path: Path) -> None:
    from ecmiip.training.recipe import read_recipe

    path = tmp_path / "recipe.toml"
    text = (shipped("recipes") / "demo.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("rank =", "rnak ="), encoding="utf-8")
    with pytest.raises(UserError, match=r"recipe\.toml: unknown key 'trained\.rnak'"):
        read_recipe(path)


def test_pairs_are_built_counted_and_checked(
    ecmiip: Any, home: Path, small_mipld_path: Path, tmp_path: Path
) -> None:
    common = ("--as-of", "2026-11-22", "--out", str(tmp_path / "pairs"))
    db = ("--db", str(small_mipld_path))
    code, out, err = ecmiip("instruct", "build", *common, *db, "--json")
    assert code == 0, err
    built = json.loads(out)
    assert built["derived"]["total"] > 10
    code, out, _ = ecmiip("instruct", "stats", *common, "--json")
    assert json.loads(out) == built
    code, out, _ = ecmiip("instruct", "stats", *common)
    assert f"derived: {built['derived']['total']}" in out
    card = tmp_path / "card.md"
    assert ecmiip("instruct", "card", *common, "--to", str(card))[0] == 0
    assert "| origin | pairs | held out |" in card.read_text(encoding="utf-8")

    train = tmp_path / "pairs" / "train.jsonl"
    code, out, _ = ecmiip("instruct", "check", str(train), *db, "--json")
    assert (code, json.loads(out)) == (0, {})
    train.write_text(train.read_text().replace("示例专利法@2020#2", "示例专利法@2020#99"))
    code, out, _ = ecmiip("instruct", "check", str(train), *db)
    assert code == 2
    assert "示例专利法@2020#99, which MIPLD does not hold" in out
    assert not home.exists()


def test_the_program_itself_says_it_in_one_line(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from ecmiip.cli import main; main()", "ask", "问", "--as-of", "x"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr == "error: --as-of x: no such day: write it as YYYY-MM-DD\n"


def test_what_is_stopped_by_hand_says_how_to_go_on(
    ecmiip: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ecmiip.commands.instruct.parse_day", stop)
    code, _, err = ecmiip("instruct", "stats")
    assert code == 130
    assert err == "interrupted: run the same command again to go on\n"


def test_a_fault_of_ours_is_not_dressed_up(ecmiip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(ZeroDivisionError):
        ecmiip()
