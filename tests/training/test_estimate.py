"""Memory estimates: the parts add up, methods order as they should, and too much is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.runs import Run
from ecmiip.training import estimate as estimates
from ecmiip.training.base import read_base
from ecmiip.training.data import StageData
from ecmiip.training.estimate import Estimate, estimate
from ecmiip.training.loop import train
from ecmiip.training.recipe import Recipe, read_recipe
from ecmiip.training.shape import KNOWN, shape_of

RECIPES = Path(__file__).parents[2] / "recipes"
GIB = 2**30
MakeRecipe = Callable[..., Recipe]


def test_a_shape_counts_the_real_parameters(base: Path) -> None:
    counted = sum(p.numel() for p in read_base(base).parameters() if p.dim() == 2)
    assert shape_of(str(base)).parameters == counted


def test_adapters_are_counted_as_they_are(base: Path, make_recipe: MakeRecipe) -> None:
    from ecmiip.training import adapters

    recipe = make_recipe()
    model = adapters.prepare(read_base(base), recipe.trained)
    counted = sum(p.numel() for p in adapters.trainable(model).values())
    assert estimate(recipe, shape_of(str(base)), cuda=False).trained == counted


def test_methods_order_as_they_should(make_recipe: MakeRecipe) -> None:
    shape = KNOWN["qwen2.5-coder-0.5b"]

    def made(**trained: Any) -> Estimate:
        batch = {"sequence": 1024, "micro": 1024, "step": 4096}
        recipe = make_recipe(trained=trained, batch=batch, heldout_tokens=1024)
        return estimate(recipe, shape, cuda=False)

    def memory(**trained: Any) -> int:
        return made(**trained).memory

    full, lomo = memory(method="full"), memory(method="lomo", layered=True)
    assert memory(layers=8) < memory() < memory(method="full", layered=True) < full
    assert made(method="qlora").weights < made().weights
    assert lomo < 0.4 * full


@pytest.mark.parametrize(
    ("recipe", "room"), [("qwen3-4b-qlora", 24), ("qwen3-4b-lora", 80), ("qwen3-4b-full", 80)]
)
def test_gpu_recipes_fit_the_gpus_they_name(recipe: str, room: int) -> None:
    wanted = read_recipe(RECIPES / f"{recipe}.toml")
    made = estimate(wanted, shape_of(wanted.base), cuda=True, processes=wanted.gpus)
    assert made.memory < 0.9 * room * GIB


def test_a_base_that_does_not_fit_is_refused_before_it_is_read(
    tmp_path: Path,
    base: Path,
    data: dict[str, StageData],
    make_recipe: MakeRecipe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(estimates, "available_memory", lambda: 100 * 2**20)
    run = Run.create(tmp_path, "big")
    with pytest.raises(UserError, match=r"needs about .* GiB"):
        train(make_recipe(), data, run, base)
    assert run.info()["status"] == "new"


def test_an_unknown_base_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="neither a known name"):
        shape_of("nothing")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match="neither a known name"):
        shape_of(str(tmp_path))
