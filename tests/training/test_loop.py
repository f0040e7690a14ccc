"""The loop: losses fall, resumption is exact, bad states are refused."""

import itertools
import json
import math
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.runs import Run
from ecmiip.training import loop
from ecmiip.training.board import Board
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


def test_a_finished_run_gives_its_result_at_once(
    tmp_path: Path,
    base: Path,
    data: Data,
    make_recipe: MakeRecipe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Run.create(tmp_path, "whole")
    first = train(make_recipe(), data, run, base)
    monkeypatch.setattr(loop, "read_base", None)
    assert train(make_recipe(), data, run, base, resume=True) == first


def test_forgetting_shows_and_a_stage_can_start_from_an_earlier_one(
    tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe
) -> None:
    recipe = make_recipe()
    law, patent, pairs = recipe.stages
    branched = recipe.model_copy(
        update={"stages": (law, patent, pairs.model_copy(update={"start": "law"}))}
    )
    result = train(branched, data, Run.create(tmp_path, "branched"), base)
    assert result.stages[2].before == pytest.approx(result.stages[0].after)
    from_base = recipe.model_copy(
        update={"stages": (law, patent.model_copy(update={"start": "base"}), pairs)}
    )
    result = train(from_base, data, Run.create(tmp_path, "from-base"), base)
    assert result.stages[1].before == pytest.approx(result.stages[0].before)


def test_early_stop(tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe) -> None:
    recipe = make_recipe()
    stage = recipe.stages[0].model_copy(
        update={"tokens": 9000, "learning_rate": 1e-9, "evaluate_every": 1, "patience": 2}
    )
    recipe = recipe.model_copy(update={"stages": (stage,)})
    [result] = train(recipe, data, Run.create(tmp_path, "early"), base).stages
    assert result.stopped_early
    assert result.steps < 20


def test_early_stop_keeps_the_best_weights(
    tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe
) -> None:
    recipe = make_recipe()
    # A rate that soon makes things worse on what is held out.
    stage = recipe.stages[0].model_copy(
        update={"tokens": 9000, "learning_rate": 0.02, "evaluate_every": 1, "patience": 3}
    )
    recipe = recipe.model_copy(update={"stages": (stage,)})
    run = Run.create(tmp_path, "best")
    [result] = train(recipe, data, run, base).stages
    seen = [row["loss"]["law"] for row in run.metrics() if isinstance(row.get("when"), int)]
    assert seen[-1] > min(seen)
    assert result.after["law"] == pytest.approx(min(seen))


def test_tensorboard(tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = Run.create(tmp_path, "board")
    train(make_recipe(), data, run, base, board=Board(run.path / "tensorboard"))
    events = EventAccumulator(str(run.path / "tensorboard")).Reload()
    losses = [
        row["loss"] for row in run.metrics() if row["event"] == "step" and row["stage"] == "law"
    ]
    assert [scalar.value for scalar in events.Scalars("law/loss")] == pytest.approx(losses)


def test_qlora(tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe) -> None:
    pytest.importorskip("bitsandbytes")
    recipe = make_recipe(trained={"method": "qlora", "rank": 4, "alpha": 8})
    run = Run.create(tmp_path, "qlora")
    for stage in train(recipe, data, run, base).stages:
        assert stage.after[stage.name] < stage.before[stage.name]
    assert (run.adapter / "adapter_model.safetensors").is_file()


def test_qlora_without_bitsandbytes_is_refused(
    tmp_path: Path,
    base: Path,
    data: Data,
    make_recipe: MakeRecipe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UserError, match="pip install bitsandbytes"):
        train(make_recipe(trained={"method": "qlora"}), data, Run.create(tmp_path, "qlora"), base)


WORKER = """
import os, signal, sys
from pathlib import Path
from ecmiip.runs import Run
from ecmiip.training.data import StageData
from ecmiip.training.loop import train
from ecmiip.training.recipe import Recipe
from ecmiip.training.steppers import Accumulating

real, steps = Accumulating.step, 0
def step(*arguments):
    global steps
    steps += 1
    if steps == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
Accumulating.step = step

recipe, files, run, base = map(Path, sys.argv[1:])
recipe = Recipe.model_validate_json(recipe.read_text())
data = {
    name: StageData(files / f"{name}.train.jsonl", files / f"{name}.heldout.jsonl")
    for name in (stage.name for stage in recipe.stages)
}
train(recipe, data, Run.open(run), base)
"""


@pytest.mark.slow
def test_sigkill_and_resume_equal_unbroken(
    tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe
) -> None:
    """As test_killed_and_resumed_equals_unbroken, with a real process and a real SIGKILL."""
    recipe = make_recipe()
    unbroken = Run.create(tmp_path, "unbroken")
    train(recipe, data, unbroken, base)
    run = Run.create(tmp_path, "killed")
    worker, file = tmp_path / "worker.py", tmp_path / "recipe.json"
    worker.write_text(WORKER)
    file.write_text(recipe.model_dump_json())
    done = subprocess.run(
        [sys.executable, worker, file, data["law"].train.parent, run.path, base],
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr[-3000:]
    train(recipe, data, run, base, resume=True)
    assert rows_without_times(run) == rows_without_times(unbroken)
    name = "adapter_model.safetensors"
    assert (run.adapter / name).read_bytes() == (unbroken.adapter / name).read_bytes()


class StepHook:
    """Runs something before the step of a given number."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, action: Callable[[], None]):
        self.steps = 0
        real = Accumulating.step

        def step(stepper: Any, *arguments: Any) -> float:
            self.steps += 1
            if self.steps == at:
                action()
            return real(stepper, *arguments)

        monkeypatch.setattr(Accumulating, "step", step)


class Killed(Exception):
    """Stands for SIGKILL: nothing catches it."""


def kill() -> None:
    raise Killed


def test_ctrl_c_keeps_the_running_step(
    tmp_path: Path,
    base: Path,
    data: Data,
    make_recipe: MakeRecipe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = make_recipe(checkpoint_every=1000)
    whole = Run.create(tmp_path, "whole")
    train(recipe, data, whole, base)
    run = Run.create(tmp_path, "interrupted")
    StepHook(monkeypatch, 3, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        train(recipe, data, run, base)
    assert sum(row["event"] == "step" for row in run.metrics()) == 3
    train(recipe, data, run, base, resume=True)
    assert rows_without_times(run) == rows_without_times(whole)


@pytest.mark.parametrize(
    ("good", "loss"),
    [(0, math.nan), (0, math.inf), (2, math.nan), (2, math.inf), (2, 1e6)],
)
def test_a_diverging_loss_stops_with_the_last_good_checkpoint(
    tmp_path: Path,
    base: Path,
    data: Data,
    make_recipe: MakeRecipe,
    monkeypatch: pytest.MonkeyPatch,
    good: int,
    loss: float,
) -> None:
    run = Run.create(tmp_path, "diverging")
    real = Accumulating.step
    steps = 0

    def step(self: Any, *arguments: Any) -> float:
        nonlocal steps
        steps += 1
        return real(self, *arguments) if steps <= good else loss

    monkeypatch.setattr(Accumulating, "step", step)
    with pytest.raises(UserError, match="lower learning_rate") as raised:
        train(make_recipe(), data, run, base)
    assert run.info()["status"] == "diverged"
    [number] = re.findall(r"checkpoint (\d+)", str(raised.value))
    assert (run.checkpoints / f"{number}.safetensors").is_file()
    assert not run.adapter.exists()


def test_an_easy_first_batch_makes_no_divergence(
    tmp_path: Path,
    base: Path,
    data: Data,
    make_recipe: MakeRecipe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Run.create(tmp_path, "noisy")
    losses = itertools.cycle([0.4, 3.0, 3.1, 3.2])
    real = Accumulating.step

    def step(self: Any, *arguments: Any) -> float:
        real(self, *arguments)
        return next(losses)

    monkeypatch.setattr(Accumulating, "step", step)
    train(make_recipe(), data, run, base)
    assert run.info()["status"] == "finished"


def test_what_does_not_belong_to_the_run_is_refused(
    tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe
) -> None:
    run = Run.create(tmp_path, "whole")
    train(make_recipe(), data, run, base)
    before = run.info()
    with pytest.raises(UserError, match="resume it, or choose another name"):
        train(make_recipe(), data, run, base)
    with pytest.raises(UserError, match="another recipe"):
        train(make_recipe(seed=4), data, run, base, resume=True)
    other = tmp_path / "other"
    shutil.copytree(base, other)
    (other / "config.json").write_text((base / "config.json").read_text() + " ")
    with pytest.raises(UserError, match="another base model"):
        train(make_recipe(), data, run, other, resume=True)
    with data["law"].train.open("a") as file:
        file.write('{"id": "late", "text": "late"}\n')
    with pytest.raises(UserError, match="other data"):
        train(make_recipe(), data, run, base, resume=True)
    assert run.info() == before


def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    tmp_path: Path,
    base: Path,
    data: Data,
    make_recipe: MakeRecipe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = Run.create(tmp_path, "whole")
    train(make_recipe(), data, whole, base)
    run = Run.create(tmp_path, "damaged")
    StepHook(monkeypatch, 8, kill)
    with pytest.raises(Killed):
        train(make_recipe(), data, run, base)
    newest = sorted(run.checkpoints.glob("*.safetensors"))[-1]
    newest.write_bytes(newest.read_bytes()[:-100])
    train(make_recipe(), data, run, base, resume=True)
    assert rows_without_times(run) == rows_without_times(whole)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "nothing to learn"),
        ('{"id": "a"}\n', ":1: needs 'text'"),
        ('{"id": "a", "text": "x", "part": 3}\n', "part 3"),
        ("{\n", "not JSON"),
    ],
)
def test_bad_data_is_refused(
    tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe, content: str, words: str
) -> None:
    data["law"].train.write_text(content)
    with pytest.raises(UserError, match=words):
        train(make_recipe(), data, Run.create(tmp_path, "bad"), base)


@pytest.mark.parametrize("messages", ["x", ["x"], [{"role": "user"}], []])
def test_a_pair_that_is_no_chat_is_refused(
    tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe, messages: Any
) -> None:
    data["pairs"].train.write_text(json.dumps({"id": "a", "messages": messages}) + "\n")
    with pytest.raises(UserError, match=r"pairs\.train\.jsonl:1: "):
        train(make_recipe(), data, Run.create(tmp_path, "bad"), base)


def test_a_pair_longer_than_a_sequence_is_refused_or_skipped(
    tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe
) -> None:
    with data["pairs"].train.open("a") as file:
        messages = [{"role": "user", "content": "x" * 200}, {"role": "assistant", "content": "y"}]
        file.write(json.dumps({"id": "long", "messages": messages}) + "\n")
    recipe = make_recipe()
    with pytest.raises(UserError, match="pair 'long' has"):
        train(recipe, data, Run.create(tmp_path, "refused"), base)
    pairs = recipe.stages[2].model_copy(update={"too_long": "skip"})
    recipe = recipe.model_copy(update={"stages": (*recipe.stages[:2], pairs)})
    result = train(recipe, data, Run.create(tmp_path, "skipped"), base)
    assert result.stages[2].skipped == 1


def test_a_stage_without_data_is_refused(
    tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe
) -> None:
    del data["patent"]
    with pytest.raises(UserError, match="'patent' has no exported data"):
        train(make_recipe(), data, Run.create(tmp_path, "bad"), base)


def test_a_base_with_sliding_windows_is_refused(
    tmp_path: Path, base: Path, data: Data, make_recipe: MakeRecipe
) -> None:
    other = tmp_path / "sliding"
    shutil.copytree(base, other)
    config = json.loads((base / "config.json").read_text())
    config |= {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1}
    config.pop("layer_types", None)
    (other / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="do not see the whole text"):
        train(make_recipe(), data, Run.create(tmp_path, "bad"), other)


def test_a_folder_without_a_model_is_refused(
    tmp_path: Path, data: Data, make_recipe: MakeRecipe
) -> None:
    with pytest.raises(UserError, match="give a base model's folder"):
        train(make_recipe(), data, Run.create(tmp_path, "bad"), tmp_path)


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
    StepHook(monkeypatch, kill_at, kill)
    with pytest.raises(Killed):
        train(recipe, data, run, base)
    result = train(recipe, data, run, base, resume=True)

    assert rows_without_times(run) == rows_without_times(unbroken)
    assert [s.after for s in result.stages] == [
        s["after"] for s in unbroken.info()["result"]["stages"]
    ]
    name = "adapter_model.safetensors"
    assert (run.adapter / name).read_bytes() == (unbroken.adapter / name).read_bytes()
