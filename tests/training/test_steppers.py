"""Every order and update: the same gradients, exact resumption, and the committed trajectories."""

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ecmiip.training import adapters
from ecmiip.training.base import read_base
from ecmiip.training.data import Piece
from ecmiip.training.fusion import fuse
from ecmiip.training.network import Network
from ecmiip.training.packing import Rows, collate
from ecmiip.training.processes import Processes
from ecmiip.training.recipe import Recipe, Trained
from ecmiip.training.steppers import Stepper, stepper_for

MakeRecipe = Callable[..., Recipe]

METHODS: dict[str, dict[str, Any]] = {
    "lora": {"method": "lora", "layers": 2},
    "lora-all-layers": {"method": "lora"},
    "rslora": {"method": "rslora"},
    "dora": {"method": "dora"},
    "lora-layered": {"method": "lora", "layered": True},
    "full": {"method": "full"},
    "full-layered": {"method": "full", "layered": True},
    "full-upper": {"method": "full", "layers": 1},
    "lomo": {"method": "lomo"},
    "lomo-layered": {"method": "lomo", "layered": True},
    "adalomo": {"method": "adalomo"},
    "adalomo-layered": {"method": "adalomo", "layered": True},
}
RATES = {"lomo": 0.3, "adalomo": 0.05, "full": 0.003, "rslora": 0.008}


def pieces(seed: int, lengths: tuple[int, ...]) -> Rows:
    random = np.random.default_rng(seed)
    made = []
    for length in lengths:
        loss = random.random(length) < 0.7
        loss[0], loss[-1] = False, True
        made.append(Piece("made", random.integers(0, 256, length).astype(np.int32), loss))
    return collate(made)


ROWS = [pieces(0, (17, 5, 30)), pieces(1, (40,)), pieces(2, (8, 8, 8))]


def prepared(base: Path, make_recipe: MakeRecipe, **trained: Any) -> tuple[Network, Stepper, Any]:
    """Network, stepper and model to save; rank and alpha as in the tiny recipe; no clipping."""
    settings = Trained.model_validate({"rank": 4, "alpha": 8} | trained)
    recipe = make_recipe(
        trained=settings.model_dump(),
        optimizer={"clip": 0.0},
        batch={"sequence": 96, "micro": 112, "step": 112},
    )
    torch.manual_seed(recipe.seed)
    model = read_base(base)
    saved = adapters.prepare(model, settings)
    for name, weight in adapters.trainable(saved).items():
        if "lora_B" in name:  # zero at the start, which would hide faults in A's gradient
            torch.nn.init.normal_(weight, std=0.05)
    fuse(model)
    network = Network(model)
    return network, stepper_for(recipe, network, network, Processes()), saved


def rows_for(trained: dict[str, Any]) -> list[Rows]:
    """LOMO without layers takes one micro-batch per step."""
    fused = trained["method"] in ("lomo", "adalomo") and not trained.get("layered")
    return ROWS[:1] if fused else ROWS


@pytest.mark.parametrize("method", ["lora", "full"])
def test_layered_gradients_equal_plain_ones(
    base: Path, make_recipe: MakeRecipe, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, torch.Tensor]] = []
    for layered in (False, True):
        network, stepper, saved = prepared(base, make_recipe, method=method, layered=layered)
        updates = stepper._updates if layered else [stepper._update]  # type: ignore[attr-defined]
        for update in updates:  # keep the gradients, change nothing
            monkeypatch.setattr(update, "apply", lambda _: None)
        stepper.step(ROWS, 0.1)
        seen.append({n: p.grad.clone() for n, p in adapters.trainable(saved).items()})
        del network
    plain, layer_by_layer = seen
    assert plain.keys() == layer_by_layer.keys()
    for name, gradient in plain.items():
        torch.testing.assert_close(layer_by_layer[name], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("first", "second"), [("full", "full-layered"), ("lora", "lora")])
def test_layered_trains_as_plain_does(
    base: Path, make_recipe: MakeRecipe, first: str, second: str
) -> None:
    losses = []
    for trained in (METHODS[first], METHODS[second] | {"layered": True}):
        _, stepper, _ = prepared(base, make_recipe, **trained)
        losses.append([stepper.step(ROWS, 0.003) for _ in range(5)])
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


@pytest.mark.parametrize("name", METHODS)
def test_a_step_on_the_same_rows_lowers_the_loss(
    base: Path, make_recipe: MakeRecipe, name: str
) -> None:
    trained = METHODS[name]
    _, stepper, _ = prepared(base, make_recipe, **trained)
    rows, rate = rows_for(trained), RATES.get(trained["method"], 0.02)
    losses = [stepper.step(rows, rate) for _ in range(8)]
    assert losses[-1] < losses[0] - 0.1


@pytest.mark.parametrize("name", METHODS)
def test_state_and_weights_are_all_that_the_next_step_needs(
    base: Path, make_recipe: MakeRecipe, name: str
) -> None:
    trained = METHODS[name]
    rows, rate = rows_for(trained), RATES.get(trained["method"], 0.02)
    _, stepper, saved = prepared(base, make_recipe, **trained)
    for _ in range(3):
        stepper.step(rows, rate)
    state = {key: value.clone() for key, value in stepper.state().items()}
    weights = {n: w.detach().clone() for n, w in adapters.trainable(saved).items()}
    expected = [stepper.step(rows, rate) for _ in range(3)]

    _, other, fresh = prepared(base, make_recipe, **trained)
    with torch.no_grad():
        for n, weight in adapters.trainable(fresh).items():
            weight.copy_(weights[n])
    other.load(copy.deepcopy(state))
    assert [other.step(rows, rate) for _ in range(3)] == expected


def trajectory(base: Path, make_recipe: MakeRecipe, trained: dict[str, Any]) -> list[float]:
    _, stepper, _ = prepared(base, make_recipe, **trained)
    rows, rate = rows_for(trained), RATES.get(trained["method"], 0.02)
    return [round(stepper.step(rows, rate), 4) for _ in range(6)]


@pytest.mark.parametrize("name", METHODS)
def test_losses_stay_as_committed(base: Path, make_recipe: MakeRecipe, name: str) -> None:
    """A refactor that changes what a method computes shows here (CPU, float32, fixed seed).

    After an intended change run this test with ECMIIP_RENEW=1 and commit the new file.
    """
    file = Path(__file__).parent / "trajectories.json"
    committed = json.loads(file.read_text()) if file.is_file() else {}
    losses = trajectory(base, make_recipe, METHODS[name])
    if os.environ.get("ECMIIP_RENEW"):
        lines = [
            f'"{key}": {json.dumps(value)}' for key, value in (committed | {name: losses}).items()
        ]
        file.write_text("{\n  " + ",\n  ".join(lines) + "\n}\n")
        return
    assert losses == pytest.approx(committed[name], abs=2e-3)
