"""ecmiip train and merge, from recipe file to run folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w
import typer
from typer.testing import CliRunner

from ecmiip.commands import train as commands
from ecmiip.errors import UserError
from ecmiip.runs import Run
from ecmiip.training.data import StageData
from ecmiip.training.recipe import Recipe

Data = dict[str, StageData]
MakeRecipe = Callable[..., Recipe]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command line; return what it prints. Faults come out as they are."""
    monkeypatch.setenv("ECMIIP_HOME", str(tmp_path / "home"))
    app = typer.Typer()
    app.command()(commands.train)
    app.command()(commands.merge)

    def run(*words: object) -> str:
        done = CliRunner().invoke(app, [str(word) for word in words])
        if done.exception is not None:
            raise done.exception
        return done.stdout

    return run


@pytest.fixture
def recipe_file(tmp_path: Path, make_recipe: MakeRecipe) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(tomli_w.dumps(make_recipe().model_dump(mode="json", exclude_none=True)))
    return path


def test_train_resume_start_from_and_merge(
    tmp_path: Path, base: Path, data: Data, run: Callable[..., str], recipe_file: Path
) -> None:
    given = ("--base", base, "--data", data["law"].train.parent)
    printed = run("train", recipe_file, *given).splitlines()
    folder = tmp_path / "home" / "runs" / "tiny"
    assert printed[-1] == str(folder)
    assert [line.split(":")[0] for line in printed[:-1]] == ["law", "patent", "pairs"]
    assert Run.open(folder).info()["status"] == "finished"

    assert run("train", recipe_file, *given, "--resume").splitlines() == printed
    with pytest.raises(UserError, match="resume it, or choose another name"):
        run("train", recipe_file, *given)

    run("train", recipe_file, *given, "--run", "second", "--from", folder)
    assert Run.open(folder.parent / "second").info()["parent"]["name"] == "tiny"
    run("merge", folder, folder.parent / "second", "--into", "both", "--base", base)
    assert (folder.parent / "both" / "adapter" / "adapter_model.safetensors").is_file()


def test_a_run_that_never_began_leaves_its_name_free(
    tmp_path: Path, base: Path, data: Data, run: Callable[..., str], recipe_file: Path
) -> None:
    with pytest.raises(UserError, match="no such file"):
        run("train", recipe_file, "--base", base, "--data", tmp_path)
    data["pairs"].heldout.write_text("{\n")
    with pytest.raises(UserError, match="not JSON"):
        run("train", recipe_file, "--base", base, "--data", data["law"].train.parent)
    assert not (tmp_path / "home" / "runs" / "tiny").exists()


def test_a_failed_merge_leaves_nothing(
    tmp_path: Path, base: Path, data: Data, run: Callable[..., str], recipe_file: Path
) -> None:
    given = ("--base", base, "--data", data["law"].train.parent)
    run("train", recipe_file, *given)
    folder = tmp_path / "home" / "runs" / "tiny"
    with pytest.raises(UserError, match="two runs or more"):
        run("merge", folder, "--into", "alone", "--base", base)
    assert not (folder.parent / "alone").exists()


def test_plan_loads_nothing(run: Callable[..., str]) -> None:
    recipes = Path(__file__).parents[2] / "recipes"
    printed = run("train", recipes / "qwen3-4b-full.toml", "--plan")
    assert "on each of 8 GPUs" in printed
    assert "4022 million parameters" in printed
