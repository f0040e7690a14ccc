"""The loop: losses fall, resumption is exact, bad states are refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecmiip.runs import Run
from ecmiip.training.data import StageData
from ecmiip.training.loop import train
from ecmiip.training.recipe import Recipe
from ecmiip.training.steppers import Accumulating

Data = dict[str, StageData]
MakeRecipe = Callable[..., Recipe]


def rows_without_times(run: Run) -> list[dict[str, Any]]:
    return [
        {k: v for k, v in row.items() if k not in ("seconds", "memory")} for row in run.metrics()
    ]


def test_heldout_loss_falls_in_every_stage(
    tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe
) -> None:
    run = Run.create(tmp_path, "whole")
    result = train(make_recipe(), data, run, base)
    for stage in result.stages:
        assert set(stage.before) == {"law", "patent", "pairs"}
        assert stage.after[stage.name] < stage.before[stage.name]
        assert stage.tokens >= 900
    assert run.info()["status"] == "finished"
    assert (run.adapter / "adapter_model.safetensors").is_file()
    assert (run.adapter / "adapter_config.json").is_file()


class Killed(Exception):
    """Stands for SIGKILL: nothing catches it."""


@pytest.mark.parametrize("kill_at", [1, 5, 8, 12])
def test_killed_and_resumed_equals_unbroken(
    tmp_path: Path,
    base: Path,
    data: Data,
    make_recipe: MakeRecipe,
    monkeypatch: pytest.MonkeyPatch,
    kill_at: int,
) -> None:
    recipe = make_recipe(trained={"rank": 4, "alpha": 8, "layers": 2, "dropout": 0.1})
    unbroken = Run.create(tmp_path, "unbroken")
    train(recipe, data, unbroken, base)

    run = Run.create(tmp_path, "killed")
    steps = 0
    real = Accumulating.step

    def step(self: Any, *arguments: Any) -> float:
        nonlocal steps
        steps += 1
        if steps == kill_at:
            raise Killed
        return real(self, *arguments)

    monkeypatch.setattr(Accumulating, "step", step)
    with pytest.raises(Killed):
        train(recipe, data, run, base)
    result = train(recipe, data, run, base, resume=True)

    assert rows_without_times(run) == rows_without_times(unbroken)
    assert [s.after for s in result.stages] == [
        s["after"] for s in unbroken.info()["result"]["stages"]
    ]
    name = "adapter_model.safetensors"
    assert (run.adapter / name).read_bytes() == (unbroken.adapter / name).read_bytes()
