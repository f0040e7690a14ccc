"""Recipes: every shipped one is valid; faults are named with file and key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from ecmiip.errors import UserError
from ecmiip.files import write_jsonl
from ecmiip.instruct.pair import Origin
from ecmiip.runs import Run
from ecmiip.training.data import StageData
from ecmiip.training.loop import train
from ecmiip.training.recipe import Batch, Pairs, Recipe, read_recipe

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))
GOOD = """
name = "r"
base = "b"
[[stages]]
name = "law"
kind = "pretrain"
tokens = 10
learning_rate = 1e-3
[[stages.corpus]]
[[stages]]
name = "tasks"
kind = "finetune"
tokens = 10
learning_rate = 1e-3
pairs = {}
"""


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_shipped_recipe_is_valid(path: Path) -> None:
    assert read_recipe(path).name == path.stem


def test_the_demo_and_release_recipes_are_there() -> None:
    assert {"demo", "release-0.5b", "release-1.5b", "staged-0.5b"} <= {
        path.stem for path in RECIPES
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("tokens = 10", "tokens = 0"), "stages.0.tokens"),
        (("tokens = 10", "tokns = 10"), "unknown key|missing"),
        (('base = "b"', 'base = "b"\nsede = 1'), "unknown key 'sede'"),
        (("pairs = {}", ""), "needs \\[\\[stages.pairs\\]\\]"),
        (("[[stages.corpus]]\n", ""), "needs \\[\\[stages.corpus\\]\\]"),
        (('name = "tasks"', 'name = "law"'), "'law' is taken"),
        (("pairs = {}", 'pairs = {}\nstart = "later"'), "no earlier stage"),
        (("pairs = {}", "pairs = {}\npatience = 2"), "needs evaluate_every"),
        (('base = "b"', 'base = "b"\ntrained = { method = "lorra" }'), "trained.method"),
        (('base = "b"', 'base = "b"\nbatch = { sequence = 9, micro = 8, step = 8 }'), "sequence"),
        (('base = "b"', 'base = "b"\ntrained = { method = "lomo" }'), "one micro-batch per step"),
        (
            ('base = "b"', 'base = "b"\ntrained = { layered = true, dropout = 0.1 }'),
            "dropout to 0",
        ),
        (("learning_rate = 1e-3\n[[", "learning_rate = 1e-3\nreplay = 0.1\n[["), "to replay"),
        (('base = "b"', 'base = "b"\nseed = -1'), "'seed'"),
        (('base = "b"', 'base = "b"\nseed = 9223372036854775808'), "'seed'"),
        (
            ('base = "b"', 'base = "b"\ntrained = { layers = [] }'),
            "'trained.layers': names no layer",
        ),
        (('base = "b"', 'base = "b"\nbatch = { sequence = 1, micro = 8, step = 8 }'), "sequence"),
        (
            ('base = "b"', 'base = "b"\nbatch = { micro = 1024, step = 2000 }'),
            "a multiple of micro",
        ),
        (('base = "b"', 'base = "b"\nheldout_tokens = 1023'), "at least batch.sequence"),
        (("pairs = {}", 'pairs = { tasks = ["cases"] }'), "no task 'cases': choose among doctrine"),
        (
            ("pairs = {}", 'pairs = { origins = ["autored"] }'),
            "origins.0': input should be 'authored'",
        ),
    ],
)
def test_faults_are_named(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    path = tmp_path / "r.toml"
    assert change[0] in GOOD
    path.write_text(GOOD.replace(*change, 1))
    with pytest.raises(UserError, match=words) as raised:
        read_recipe(path)
    assert str(path) in str(raised.value)


def test_the_origins_are_those_of_pairs() -> None:
    """Training may not import them."""
    for origin in get_args(Origin):
        assert Pairs(origins=(origin,)).origins == (origin,)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_checkpoints_and_patience_come_before_a_shipped_stage_ends(path: Path) -> None:
    recipe = read_recipe(path)
    steps = [stage.tokens // recipe.batch.step for stage in recipe.stages]
    assert recipe.checkpoint_every < max(steps)
    for stage, count in zip(recipe.stages, steps, strict=True):
        assert stage.evaluate_every * ((stage.patience or 0) + 1) <= count


def test_a_recipe_survives_its_own_dump(make_recipe: Callable[..., Recipe]) -> None:
    recipe = make_recipe()
    assert Recipe.model_validate(recipe.model_dump(mode="json", exclude_none=True)) == recipe


def as_choice(row: dict[str, Any]) -> dict[str, Any]:
    """A pair as a choice question: its answer is the right option."""
    question, answer = (message["content"][:4] for message in row["messages"])
    options = [answer, answer[::-1] + "。"]
    return {"id": row["id"], "prompt": question, "options": options, "right": [True, False]}


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [path for path in RECIPES if "gpus" not in path.read_text()], ids=lambda path: path.stem
)
def test_every_cpu_recipe_runs_at_toy_scale(
    tmp_path: Path, base: Path, data: dict[str, StageData], path: Path
) -> None:
    """The shipped curriculum as it is, on the tiny model: only sizes and budgets are cut."""
    recipe = read_recipe(path)
    stages = [stage.model_copy(update={"tokens": 500}) for stage in recipe.stages]
    toy = recipe.model_copy(
        update={
            "stages": tuple(stages),
            "trained": recipe.trained.model_copy(update={"layers": 2, "rank": 4}),
            "batch": Batch(sequence=96, micro=112, step=112),
            "heldout_tokens": 100,
        }
    )
    exported = {}
    for stage in toy.stages:
        like = data["law" if stage.kind == "pretrain" else "pairs"]
        sides = []
        for side, source in (("train", like.train), ("heldout", like.heldout)):
            rows = [json.loads(line) for line in source.read_text().splitlines()]
            if stage.kind == "choose":
                rows = [as_choice(row) for row in rows]
            path = tmp_path / f"{stage.name}.{side}.jsonl"
            parts = len(stage.weights)
            write_jsonl(path, (row | {"part": n % parts} for n, row in enumerate(rows)))
            sides.append(path)
        exported[stage.name] = StageData(*sides)
    result = train(toy, exported, Run.create(tmp_path, "toy"), base)
    assert [stage.name for stage in result.stages] == [stage.name for stage in recipe.stages]
