"""How much memory and work a recipe needs, before anything is loaded.

Counts what the engine keeps at its peak, in the middle of a backward pass. Checked against measured
peaks in docs/training.md.
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from ecmiip.errors import UserError
from ecmiip.training import machine
from ecmiip.training.adapters import chosen_layers
from ecmiip.training.loss import CHUNK
from ecmiip.training.recipe import Recipe
from ecmiip.training.shape import Shape, shape_of

FULL = 4  # bytes of a float32
# 4 bits a weight, and one 8-bit scale per 64 weights with a second-level scale per 256 of them.
NF4 = 0.5 + 1 / 64 + 4 / (64 * 256)
# Python, torch and transformers themselves, measured; a CUDA context takes about as much.
RUNTIME = 500 * 2**20


@dataclass(frozen=True)
class Estimate:
    """Bytes by purpose, on one process; and the work of a step in floating-point operations."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    runtime: int
    trained: int
    step_work: int

    @property
    def memory(self) -> int:
        """Bytes in all."""
        return (
            self.weights
            + self.gradients
            + self.optimizer
            + self.activations
            + self.logits
            + self.runtime
        )


def estimate(recipe: Recipe, shape: Shape, *, cuda: bool, processes: int = 1) -> Estimate:
    """Estimate for a base of this shape, per process. ``cuda``: on GPUs, in bfloat16."""
    number = 2 if cuda else FULL
    shards = processes if recipe.sharded else 1
    layers = chosen_layers(recipe.trained, shape.layers)
    trained, largest = _trained(recipe, shape, layers)
    # Adapters, and what is trained sharded, are kept in float32 also where bfloat16 computes.
    trained_number = FULL if recipe.trained.adapter or recipe.sharded else number
    method = recipe.trained.method
    stateless = method in ("lomo", "adalomo")
    at_once = largest if recipe.trained.layered or stateless else trained
    linear = shape.layers * shape.layer
    weights = (
        linear * NF4 + (shape.parameters - linear) * number
        if method == "qlora"
        else shape.parameters * (number if recipe.trained.adapter else trained_number)
    ) + (trained * FULL if recipe.trained.adapter else 0)
    # A layer at a time is gathered from the shards; what lies outside the layers stays gathered.
    gathered = shape.layer + shape.parameters - linear if shards > 1 else 0
    return Estimate(
        weights=int(weights / shards) + gathered * number,
        gradients=int(at_once * trained_number / shards),
        optimizer=0 if stateless else int(2 * trained * trained_number / shards),
        activations=_activations(recipe, shape, layers, number),
        logits=_logits(recipe, shape, number),
        runtime=RUNTIME,
        trained=trained,
        step_work=_work(recipe, shape, layers, trained),
    )


def refuse_what_does_not_fit(recipe: Recipe, base: Path, *, processes: int) -> None:
    """Raise UserError if training from the folder ``base`` needs more memory than is free."""
    cuda = machine.device().type == "cuda"
    needed = estimate(recipe, shape_of(str(base)), cuda=cuda, processes=processes).memory
    free = available_memory()
    if needed > free:
        raise UserError(
            f"recipe '{recipe.name}' needs about {needed / 2**30:.1f} GiB, and "
            f"{free / 2**30:.1f} GiB are free: train fewer layers, with a smaller "
            "batch.micro, by another method, or on a smaller base"
        )


def available_memory() -> int:
    """Bytes that a process could take now, on the device that would train."""
    if torch.cuda.is_available():
        return torch.cuda.mem_get_info()[0]
    import psutil

    free: int = psutil.virtual_memory().available
    return free


def _trained(recipe: Recipe, shape: Shape, layers: list[int]) -> tuple[int, int]:
    """Trained parameters in all, and of the largest part that is updated together."""
    settings = recipe.trained
    if settings.adapter:
        sizes = [shape.linear[target] for target in settings.targets if target in shape.linear]
        one = sum(settings.rank * (wide + narrow) for wide, narrow in sizes)
        return one * len(layers), one
    if len(layers) == shape.layers:
        return shape.parameters, max(shape.embedding, shape.layer)
    return shape.layer * len(layers), shape.layer


def _activations(recipe: Recipe, shape: Shape, layers: list[int], number: int) -> int:
    """What the trained layers keep for the backward pass, and its own working tensors."""
    attention = (2 * shape.heads + 2 * shape.key_heads) * shape.head
    per_token = 4 * shape.hidden + attention + 2 * shape.inner
    if recipe.trained.method in ("dora", "qlora"):
        # Not fused: the products within the MLP are kept, and inputs once more in float32.
        per_token += 2 * shape.inner + (FULL // number) * (4 * shape.hidden + shape.inner)
    working = 3 * shape.inner + 2 * shape.hidden
    kept = shape.layers - layers[0]
    if recipe.trained.layered:
        inputs = (kept + 1) * shape.hidden * recipe.batch.step
        return number * (inputs + recipe.batch.micro * (per_token + working))
    return number * recipe.batch.micro * (per_token * kept + working)


def _logits(recipe: Recipe, shape: Shape, number: int) -> int:
    chunk = min(CHUNK, recipe.batch.micro) * shape.vocabulary * number
    trains_output = not recipe.trained.adapter and recipe.trained.layers is None
    return chunk + (shape.embedding * number if trains_output else 0)


def _work(recipe: Recipe, shape: Shape, layers: list[int], trained: int) -> int:
    """Multiplications and additions of one step if every token is a target, attention left out."""
    tokens = recipe.batch.step
    kept = shape.layers - layers[0]
    forward = 2 * shape.layer * shape.layers
    again = 2 * shape.layer * kept if recipe.trained.layered else 0
    backward = 2 * shape.layer * kept
    own = 6 * trained if recipe.trained.adapter else 2 * trained
    return tokens * (forward + again + backward + own + 4 * shape.embedding)
