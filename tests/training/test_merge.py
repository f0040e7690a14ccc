"""Merging: the arithmetic, and the refusal of adapters that do not belong together."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from ecmiip.errors import UserError
from ecmiip.runs import Run
from ecmiip.training.data import StageData
from ecmiip.training.loop import train
from ecmiip.training.merge import merge_into_base, merge_runs
from ecmiip.training.recipe import Recipe

Data = dict[str, StageData]
MakeRecipe = Callable[..., Recipe]


@pytest.fixture
def branches(tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe) -> list[Run]:
    """Two rsLoRA runs from the same base: one on law, one on patent."""
    recipe = make_recipe(trained={"method": "rslora", "rank": 4, "alpha": 8, "layers": 2})
    runs = []
    for number in range(2):
        stage = recipe.stages[number].model_copy(update={"replay": 0.0})
        run = Run.create(tmp_path, stage.name)
        train(recipe.model_copy(update={"stages": (stage,)}), data, run, base)
        runs.append(run)
    return runs


def change(run: Run, layer: str = "layers.2.mlp.up_proj") -> torch.Tensor:
    """What the run's adapter adds to a weight."""
    config = json.loads((run.adapter / "adapter_config.json").read_text())
    scale = config["lora_alpha"] / (config["r"] ** 0.5 if config["use_rslora"] else config["r"])
    weights = load_file(run.adapter / "adapter_model.safetensors")
    [a] = [w for name, w in weights.items() if f"{layer}.lora_A" in name]
    [b] = [w for name, w in weights.items() if f"{layer}.lora_B" in name]
    return scale * b @ a


def test_a_linear_merge_of_a_run_with_itself_is_that_run(
    tmp_path: Path, base: Path, branches: list[Run]
) -> None:
    merged = Run.create(tmp_path, "merged")
    merge_runs([branches[0], branches[0]], base, merged, how="linear")
    torch.testing.assert_close(change(merged), change(branches[0]), rtol=1e-4, atol=1e-5)


def test_a_linear_merge_is_the_best_low_rank_mean(
    tmp_path: Path, base: Path, branches: list[Run]
) -> None:
    merged = Run.create(tmp_path, "merged")
    merge_runs(branches, base, merged, how="linear", weights=[0.25, 0.75])
    mean = 0.25 * change(branches[0]) + 0.75 * change(branches[1])
    u, s, v = torch.linalg.svd(mean)
    best = u[:, :4] @ torch.diag(s[:4]) @ v[:4]
    torch.testing.assert_close(change(merged), best, rtol=1e-3, atol=1e-5)
    info = merged.info()
    assert [parent["name"] for parent in info["parent"]] == ["law", "patent"]
    assert info["merge"]["weights"] == [0.25, 0.75]


@pytest.mark.parametrize("weights", [[], [1.0, 1.0], [0.25, 0.75]])
@pytest.mark.parametrize("how", ["ties", "dare_ties"])
def test_an_averaging_merge_does_not_shrink_what_all_runs_share(
    tmp_path: Path, base: Path, branches: list[Run], how: Any, weights: list[float]
) -> None:
    merged = Run.create(tmp_path, "merged")
    twice = [branches[0], branches[0]]
    merge_runs(twice, base, merged, how=how, weights=weights, density=1.0)
    torch.testing.assert_close(change(merged), change(branches[0]), rtol=1e-4, atol=1e-5)
    assert merged.info()["merge"]["weights"] == (weights or [0.5, 0.5])


@pytest.mark.parametrize(
    ("how", "weights", "said"),
    [
        ("ties", [0.0, 0.0], "give weights of a positive sum"),
        ("dare_ties", [1.0, -2.0], "give weights of a positive sum"),
        ("ties", [math.nan, 1.0], "not a finite number"),
        ("linear", [math.inf, 1.0], "not a finite number"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(
    tmp_path: Path, base: Path, branches: list[Run], how: str, weights: list[float], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        merge_runs(branches, base, Run.create(tmp_path, "merged"), how=how, weights=weights)


@pytest.mark.parametrize("how", ["ties", "dare_linear", "dare_ties"])
def test_other_merges_differ_and_are_fixed_by_the_seed(
    tmp_path: Path, base: Path, branches: list[Run], how: Any
) -> None:
    changes = []
    for name in ("one", "two"):
        merged = Run.create(tmp_path, f"{how}-{name}")
        merge_runs(branches, base, merged, how=how, density=0.5)
        changes.append(change(merged))
    torch.testing.assert_close(changes[0], changes[1])
    assert (changes[0] - change(branches[0])).abs().max() > 1e-4


def test_merging_into_the_base_keeps_the_losses(
    tmp_path: Path, base: Path, data: Data, branches: list[Run], make_recipe: MakeRecipe
) -> None:
    merge_into_base(branches[0], base, tmp_path / "whole")
    recipe = make_recipe()
    stage = recipe.stages[0].model_copy(update={"learning_rate": 1e-9})
    recipe = recipe.model_copy(update={"stages": (stage,)})
    again = train(recipe, data, Run.create(tmp_path, "again"), tmp_path / "whole")
    after = branches[0].info()["result"]["stages"][0]["after"]["law"]
    assert again.stages[0].before["law"] == pytest.approx(after, rel=1e-4)


def test_another_base_is_refused(tmp_path: Path, base: Path, branches: list[Run]) -> None:
    other = tmp_path / "other"
    shutil.copytree(base, other)
    weights = load_file(other / "model.safetensors")
    weights["model.norm.weight"] += 1
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    merged = Run.create(tmp_path, "merged")
    with pytest.raises(UserError, match="another base"):
        merge_runs(branches, other, merged)
    with pytest.raises(UserError, match="another base"):
        merge_into_base(branches[0], other, tmp_path / "whole")
    assert not merged.adapter.exists()
    assert not (tmp_path / "whole").exists()


def test_unlike_or_unfinished_adapters_are_refused(
    tmp_path: Path, base: Path, data: Data, branches: list[Run], make_recipe: MakeRecipe
) -> None:
    recipe = make_recipe(trained={"method": "rslora", "rank": 2, "alpha": 8, "layers": 2})
    recipe = recipe.model_copy(update={"stages": recipe.stages[:1]})
    narrow = Run.create(tmp_path, "narrow")
    with pytest.raises(UserError, match="no finished adapter"):
        merge_runs([branches[0], narrow], base, Run.create(tmp_path, "m1"))
    train(recipe, data, narrow, base)
    with pytest.raises(UserError, match="differ in rank"):
        merge_runs([branches[0], narrow], base, Run.create(tmp_path, "m2"))
    with pytest.raises(UserError, match="two runs or more"):
        merge_runs(branches[:1], base, Run.create(tmp_path, "m3"))
    with pytest.raises(UserError, match="choose one of"):
        merge_runs(branches, base, Run.create(tmp_path, "m5"), how="slerp")
    with pytest.raises(UserError, match="one for each"):
        merge_runs(branches, base, Run.create(tmp_path, "m4"), weights=[1.0])


def test_fine_tuning_starts_from_a_merged_run(
    tmp_path: Path, base: Path, data: Data, branches: list[Run], make_recipe: MakeRecipe
) -> None:
    """The branched form of the curriculum: branches apart, a merge, one common stage."""
    merged = Run.create(tmp_path, "merged")
    merge_runs([branches[0], branches[0]], base, merged, how="linear")
    recipe = make_recipe(trained={"rank": 4, "alpha": 8, "layers": 2})  # scales otherwise
    recipe = recipe.model_copy(update={"stages": recipe.stages[2:]})
    run = Run.create(tmp_path, "tasks")
    result = train(recipe, {"pairs": data["pairs"]}, run, base, parent=merged)
    assert run.info()["parent"]["name"] == "merged"

    branch = Run.create(tmp_path, "tasks-from-branch")
    other = train(recipe, {"pairs": data["pairs"]}, branch, base, parent=branches[0])
    assert result.stages[0].before == pytest.approx(other.stages[0].before, rel=1e-5)

    wide = make_recipe(trained={"rank": 8, "alpha": 8, "layers": 2})
    wide = wide.model_copy(update={"stages": recipe.stages})
    with pytest.raises(UserError, match="rank, layers or targets"):
        train(wide, data, Run.create(tmp_path, "wide"), base, parent=merged)
