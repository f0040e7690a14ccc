"""Two gloo processes under torchrun give the losses of one; what cannot be shared is refused."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.runs import Run
from ecmiip.training.data import StageData
from ecmiip.training.loop import train
from ecmiip.training.processes import Processes
from ecmiip.training.recipe import Recipe

Data = dict[str, StageData]
MakeRecipe = Callable[..., Recipe]

WORKER = """
import sys
from pathlib import Path
from ecmiip.runs import Run
from ecmiip.training.data import StageData
from ecmiip.training.loop import train
from ecmiip.training.recipe import Recipe

recipe, files, run, base = map(Path, sys.argv[1:])
recipe = Recipe.model_validate_json(recipe.read_text())
data = {
    name: StageData(files / f"{name}.train.jsonl", files / f"{name}.heldout.jsonl")
    for name in (stage.name for stage in recipe.stages)
}
train(recipe, data, Run.open(run), base, resume=True)
"""


def losses(run: Run) -> list[float]:
    found: list[float] = []
    for row in run.metrics():
        found += [row["loss"]] if row["event"] == "step" else list(row["loss"].values())
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trained", "sharded"),
    [
        ({"rank": 4, "alpha": 8, "layers": 2}, False),
        ({"rank": 4, "alpha": 8}, True),
        ({"method": "full"}, True),
    ],
    ids=["ddp-lora", "fsdp-lora", "fsdp-full"],
)
def test_two_processes_give_the_losses_of_one(
    tmp_path: Path,
    base: Path,
    data: Data,
    make_recipe: MakeRecipe,
    trained: dict[str, Any],
    sharded: bool,
) -> None:
    recipe = make_recipe(trained=trained)
    # A small rate: Adam's first steps turn differences of rounding into differences of sign.
    stages = [stage.model_copy(update={"learning_rate": 1e-3}) for stage in recipe.stages]
    recipe = recipe.model_copy(update={"stages": tuple(stages)})
    alone = Run.create(tmp_path, "alone")
    train(recipe, data, alone, base)

    run = Run.create(tmp_path, "two")
    worker, file = tmp_path / "worker.py", tmp_path / "recipe.json"
    worker.write_text(WORKER)
    file.write_text(json.dumps(recipe.model_dump(mode="json") | {"sharded": sharded}))
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*launch, worker, file, data["law"].train.parent, run.path, base]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert losses(run) == pytest.approx(losses(alone), rel=2e-3)
    saved = "adapter/adapter_model.safetensors" if not trained.get("method") else "model"
    assert (run.path / saved).exists()

    # As if killed in the last stage: only the checkpoint before the last one is left.
    trained_once = losses(run)
    last = max(run.checkpoints.glob("*.json"))
    last.unlink()
    run.update(status="running")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert losses(run) == pytest.approx(trained_once, rel=1e-6)


def test_what_cannot_be_shared_is_refused(
    make_recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = Processes()
    with pytest.raises(UserError, match="torchrun"):
        group.check(make_recipe(sharded=True))
    monkeypatch.setattr(group, "count", 3)
    with pytest.raises(UserError, match="cannot be shared by 3"):
        group.check(make_recipe())
    monkeypatch.setattr(group, "count", 2)
    with pytest.raises(UserError, match="one process"):
        group.check(make_recipe(trained={"method": "lomo", "layered": True}))
