"""Recipes: every shipped one is valid; faults are named with file and key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ecmiip.errors import UserError
from ecmiip.training.recipe import Recipe, read_recipe

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
    assert {"demo", "release-0.5b", "release-1.5b"} <= {path.stem for path in RECIPES}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("tokens = 10", "tokens = 0"), "stages.0.tokens"),
        (("tokens = 10", "tokns = 10"), "unknown key|missing"),
        (('base = "b"', 'base = "b"\nsede = 1'), "unknown key 'sede'"),
        (("pairs = {}", ""), "needs \\[stages.pairs\\]"),
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
    ],
)
def test_faults_are_named(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    path = tmp_path / "r.toml"
    assert change[0] in GOOD
    path.write_text(GOOD.replace(*change, 1))
    with pytest.raises(UserError, match=words) as raised:
        read_recipe(path)
    assert str(path) in str(raised.value)


def test_a_recipe_survives_its_own_dump(make_recipe: Callable[..., Recipe]) -> None:
    recipe = make_recipe()
    assert Recipe.model_validate(recipe.model_dump(mode="json", exclude_none=True)) == recipe
