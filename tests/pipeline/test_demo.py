"""The demonstration: its steps run in order, once; what was interrupted goes on."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.instruct import split
from ecmiip.models.endpoint import Reply
from ecmiip.pipeline import demo
from ecmiip.runs import Run
from ecmiip.training import loop
from ecmiip.training.recipe import Recipe

DAY = date(2026, 11, 22)


class Model:
    """The endpoint of a base or of a tuned model: it cites, and counts what it is asked."""

    grammars = True

    def __init__(self, world: "World", *, tuned: bool) -> None:
        self.world = world
        self.tuned = tuned

    def without_adapter(self) -> "Model":
        return Model(self.world, tuned=False)

    def chat(self, messages: Any, **_: Any) -> Reply:
        if self.world.answers_left == 0:
            raise KeyboardInterrupt
        self.world.answers_left -= 1
        self.world.asked.append((self.tuned, messages[-1]["content"]))
        return Reply("依据《示例专利法》第二条。", "stop", 1, 1, 0.1)


class World:
    """What the demonstration did to the world outside."""

    def __init__(self) -> None:
        self.asked: list[tuple[bool, str]] = []
        self.served: list[str] = []
        self.trained: list[bool] = []
        self.answers_left = -1  # without end


@pytest.fixture
def world(home: Path, small_mipld_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Weights, database, training and servers replaced by quick stand-ins."""
    world = World()
    recipe = Recipe.model_validate(
        {
            "name": "demo",
            "base": "base",
            "stages": [
                {
                    "name": "law",
                    "kind": "pretrain",
                    "tokens": 10,
                    "learning_rate": 1e-4,
                    "corpus": [{}],
                }
            ],
        }
    )

    def build(path: Path, **_: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(small_mipld_path, path)

    def find(name: str) -> Path:
        if name == "unknown":
            raise UserError("no base model is called 'unknown'")
        return Path(f"{name}.gguf")

    def train(trained: Recipe, data: Any, run: Run, base: Path, *, resume: bool) -> None:
        assert trained.name == "demo"
        assert data == {}
        assert base == Path("safetensors")
        world.trained.append(resume)
        losses = {"law": 2.0}
        stage = {"name": "law", "before": losses, "after": losses, "tokens": 10}
        stage["tokens_per_second"] = 1.0
        run.add_metrics({"event": "step", "stage": "law", "loss": 2.0})
        run.update(status="finished", commit=None, result={"stages": [stage], "peak_memory": 1})

    @contextmanager
    def serving(gguf: Path, adapter: Path | None = None) -> Iterator[Model]:
        world.served.append(f"{gguf} {adapter}")
        yield Model(world, tuned=adapter is not None)

    monkeypatch.setattr(demo, "read_recipe", lambda _: recipe)
    monkeypatch.setattr(demo, "find_gguf", find)
    monkeypatch.setattr(demo, "find_safetensors", lambda _: Path("safetensors"))
    monkeypatch.setattr(demo, "build_mipld", build)
    monkeypatch.setattr(demo, "export_stages", lambda *_: {})
    monkeypatch.setattr(demo, "serving", serving)
    monkeypatch.setattr(demo, "lora_of", lambda run: run.path / "adapter.gguf")
    monkeypatch.setattr(loop, "train", train)
    monkeypatch.setattr(demo.pairs, "shipped", lambda _: home / "no pairs")
    # A law of few articles would have none held out.
    monkeypatch.setattr(split, "is_heldout", lambda address: "#5" in address)
    return world


def test_ends_with_a_report_inside_the_run(world: World, home: Path) -> None:
    path = demo.demo(DAY)
    assert path.name == "report.html"
    assert path.parent.parent == home / "runs"
    page = path.read_text(encoding="utf-8")
    for _, question in demo.QUESTIONS:
        assert question in page
    assert world.trained == [True]  # told to go on, in case it was begun before


def test_base_and_tuned_get_the_same_items_from_one_server(world: World) -> None:
    demo.demo(DAY)
    base = [asked for tuned, asked in world.asked if not tuned]
    tuned = [asked for tuned, asked in world.asked if tuned]
    assert base
    assert tuned[: len(base)] == base
    assert len(tuned) == len(base) + len(demo.QUESTIONS)


def test_the_second_run_only_shows_what_is_there(world: World) -> None:
    first = demo.demo(DAY)
    asked = len(world.asked)
    assert demo.demo(DAY) == first
    assert len(world.trained) == 1
    assert len(world.asked) == asked


def test_the_answers_are_the_released_models(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = Run.create(tmp_path / "release", "small")
    monkeypatch.setattr(demo, "released", lambda base: shipped if base == "base" else None)
    page = demo.demo(DAY).read_text(encoding="utf-8")
    assert world.served[-1] == f"base.gguf {shipped.path / 'adapter.gguf'}"
    assert "Given by small, the released model." in page


@pytest.mark.parametrize("share", [0.2, 0.8])
def test_interrupted_anywhere_it_goes_on(world: World, home: Path, share: float) -> None:
    """Nothing is asked twice, and the report is that of an unbroken run."""
    unbroken = demo.demo(DAY).read_text(encoding="utf-8")
    whole = world.asked
    shutil.rmtree(home)
    world.asked, world.answers_left = [], int(share * len(whole))
    with pytest.raises(KeyboardInterrupt):
        demo.demo(DAY)
    world.answers_left = -1
    resumed = demo.demo(DAY).read_text(encoding="utf-8")
    assert world.asked == whole
    assert resumed == unbroken


def test_an_unknown_base_to_compare_with_is_told_before_the_work(world: World) -> None:
    with pytest.raises(UserError, match="unknown"):
        demo.demo(DAY, ["unknown"])
    assert world.trained == []


def test_a_file_to_compare_with_leaves_nothing_beside_it(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    path = demo.demo(DAY, [str(folder / "own.gguf")])
    assert list(folder.iterdir()) == []
    assert len(list((path.parent / "evaluation").iterdir())) == 3
    assert world.served


def test_a_larger_base_is_evaluated_when_asked(world: World) -> None:
    page = demo.demo(DAY, ["qwen2.5-coder-1.5b"]).read_text(encoding="utf-8")
    assert "qwen2.5-coder-1.5b.gguf None" in world.served
    assert "<td>qwen2.5-coder-1.5b</td>" in page


def test_another_day_or_recipe_is_another_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [demo.demo(DAY), demo.demo(date(2027, 1, 1))]
    recipe = demo.read_recipe(Path())
    monkeypatch.setattr(demo, "read_recipe", lambda _: recipe.model_copy(update={"seed": 2}))
    paths.append(demo.demo(DAY))
    assert len(set(paths)) == 3
    assert len(world.trained) == 3
