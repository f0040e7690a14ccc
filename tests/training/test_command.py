"""ecmiip train, merge and export, from recipe file to run folder and on to other programs."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w
import typer
from typer.testing import CliRunner

from ecmiip import cli
from ecmiip.commands import export
from ecmiip.commands import train as commands
from ecmiip.errors import UserError
from ecmiip.models import exporting
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
    app.command()(export.export)

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
    info = Run.open(folder.parent / "second").info()
    assert info["parent"]["name"] == "tiny"
    assert [stage["name"] for stage in info["earlier"]] == ["law", "patent", "pairs"]
    assert all(stage["tokens"] > 0 and stage["after"] > 0 for stage in info["earlier"])
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


def test_a_parent_that_is_not_there_leaves_the_name_free(
    tmp_path: Path, base: Path, data: Data, run: Callable[..., str], recipe_file: Path
) -> None:
    given = ("--base", base, "--data", data["law"].train.parent)
    with pytest.raises(UserError, match="nosuch is not a run folder"):
        run("train", recipe_file, *given, "--from", tmp_path / "nosuch")
    assert not (tmp_path / "home" / "runs" / "tiny").exists()


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ""])
@pytest.mark.parametrize("resume", [(), ("--resume",)])
def test_a_run_stays_among_the_runs(
    tmp_path: Path,
    base: Path,
    run: Callable[..., str],
    recipe_file: Path,
    name: str,
    resume: tuple[str, ...],
) -> None:
    Run.create(tmp_path / "home", "x")
    with pytest.raises(UserError, match="use letters, digits"):
        run("train", recipe_file, "--base", base, "--run", name, *resume)
    assert not (tmp_path / "home" / "runs").exists()


def test_training_that_was_stopped_says_how_to_go_on(
    tmp_path: Path,
    base: Path,
    data: Data,
    recipe_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("ECMIIP_HOME", str(tmp_path / "home"))
    words = ["ecmiip", "train", recipe_file, "--base", base, "--data", data["law"].train.parent]
    monkeypatch.setattr(sys, "argv", [str(word) for word in words])
    with monkeypatch.context() as patched:
        patched.setattr("ecmiip.training.loop.train", stop)
        with pytest.raises(SystemExit) as stopped:
            cli.main()
    assert stopped.value.code == 130
    folder = tmp_path / "home" / "runs" / "tiny"
    said = capsys.readouterr().err
    assert said == f"interrupted: {folder} is kept: go on with --resume\n"
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--resume"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert Run.open(folder).info()["status"] == "finished"


def test_a_merge_of_what_never_began(tmp_path: Path, run: Callable[..., str]) -> None:
    Run.create(tmp_path, "new")
    with pytest.raises(UserError, match="new: its training has not begun"):
        run("merge", tmp_path / "new", tmp_path / "new", "--into", "both")
    assert not (tmp_path / "home" / "runs" / "both").exists()


@pytest.mark.parametrize("density", ["-1", "1.5", "much"])
def test_a_density_is_a_share(run: Callable[..., str], tmp_path: Path, density: str) -> None:
    with pytest.raises(SystemExit) as refused:
        run("merge", tmp_path, tmp_path, "--into", "both", "--density", density)
    assert refused.value.code == 2


@pytest.fixture
def trained(
    base: Path, data: Data, run: Callable[..., str], make_recipe: MakeRecipe, tmp_path: Path
) -> Callable[..., Run]:
    """Train the first stage, by ``method`` on the folder ``on``; the recipe names ``base``."""

    def trained(method: str, on: Path = base) -> Run:
        recipe = make_recipe(trained={"method": method, "layers": 2}, base=str(base))
        recipe = recipe.model_copy(update={"stages": recipe.stages[:1]})
        path = tmp_path / "one.toml"
        path.write_text(tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True)))
        printed = run("train", path, "--base", on, "--data", data["law"].train.parent)
        return Run.open(Path(printed.splitlines()[-1]))

    return trained


@pytest.fixture
def other_base(tmp_path: Path, base: Path) -> Path:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "other"
    shutil.copytree(base, folder)
    weights = load_file(folder / "model.safetensors")
    weights["model.norm.weight"] += 1
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_run_becomes_a_model_folder_with_its_tokenizer(
    tmp_path: Path, run: Callable[..., str], trained: Callable[..., Run], method: str
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    found = trained(method)
    place = tmp_path / "out" / "model"
    assert run("export", found.path, "--to", "safetensors", "-o", place) == f"{place}\n"
    AutoModelForCausalLM.from_pretrained(place)
    tokenizer = AutoTokenizer.from_pretrained(place)
    assert tokenizer.apply_chat_template([{"role": "user", "content": "问"}], tokenize=False)
    assert [file.name for file in place.parent.iterdir()] == ["model"]
    with pytest.raises(UserError, match="is there already"):
        run("export", found.path, "--to", "safetensors", "-o", place)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_an_interrupted_or_roomless_model_folder_leaves_nothing(
    tmp_path: Path,
    run: Callable[..., str],
    trained: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
) -> None:
    found = trained(method)
    words = ("export", found.path, "--to", "safetensors", "-o", tmp_path / "out" / "model")

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("ecmiip.training.base.read_tokenizer", stop)
        with pytest.raises(SystemExit) as stopped:  # as typer alone has it
            run(*words)
    assert stopped.value.code == 130
    assert not list((tmp_path / "out").iterdir())

    class Usage:
        free = 1 << 20

    monkeypatch.setattr(exporting.shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(UserError, match=r"1 MiB free: .* another place with -o"):
        run(*words)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("to", ["gguf", "ollama"])
def test_a_run_is_not_merged_into_another_base_of_that_name(
    tmp_path: Path,
    other_base: Path,
    run: Callable[..., str],
    trained: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
    to: str,
) -> None:
    found = trained("lora", other_base)
    monkeypatch.setattr(exporting, "base_gguf", lambda _: tmp_path / "base.gguf")
    with pytest.raises(UserError, match="was trained on other weights than those of"):
        run("export", found.path, "--to", to, "-o", tmp_path / "out")
    with pytest.raises(UserError, match="was trained on another base"):
        run("export", found.path, "--to", "safetensors", "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()

    # With the digest of the base it names, it goes on to read the GGUF.
    found.update(base=found.info()["base"] | {"name": str(other_base)})
    with pytest.raises(FileNotFoundError, match=r"base\.gguf"):
        run("export", found.path, "--to", to, "-o", tmp_path / "out")


def test_a_model_trained_in_full_takes_no_tokenizer_of_another_base(
    tmp_path: Path, other_base: Path, run: Callable[..., str], trained: Callable[..., Run]
) -> None:
    found = trained("full", other_base)
    with pytest.raises(UserError, match="was trained on other weights than those of"):
        run("export", found.path, "--to", "safetensors", "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_plan_loads_nothing(run: Callable[..., str]) -> None:
    recipes = Path(__file__).parents[2] / "recipes"
    printed = run("train", recipes / "qwen3-4b-full.toml", "--plan")
    assert "on each of 8 GPUs" in printed
    assert "4022 million parameters" in printed
