"""What a step costs: speed against the machine's own matrix rate, and memory, by length and batch.

    python benchmarks/training_cost.py --base FOLDER [--methods lora,full,lomo] [--lengths 256,512]
        [--batches 1,4] [--together 2]

Pre-training: every token is a target. A batch is so many sequences of the given length, each a
micro-batch, or ``--together`` of them in one (packed: they see nothing of each other). Each is a
process of its own, so that its peak memory is its own. The matrix rate is that of float32 products
of the model's own widest shapes, measured before and after each step with the same clock; the
larger counts. Times are the processor's, over the number of threads, so that other work on the
machine disturbs little; on a quiet machine they are the clock's. Prints a Markdown table.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

from ecmiip.training import adapters, machine
from ecmiip.training.base import read_base
from ecmiip.training.data import Piece
from ecmiip.training.fusion import fuse
from ecmiip.training.network import Network
from ecmiip.training.packing import collate
from ecmiip.training.processes import Processes
from ecmiip.training.recipe import Recipe
from ecmiip.training.shape import Shape, shape_of
from ecmiip.training.steppers import stepper_for

COLUMNS = ("method", "length", "batch", "tokens_per_second", "share", "peak_gib")
# A step of few tokens is measured twice and the better taken; a long one averages by itself.
SHORT = 4096


def clock() -> float:
    return time.process_time() / torch.get_num_threads()


def matrix_rate(shape: Shape) -> float:
    """Floating-point operations per second of the MLP's products, the best of several."""
    rows = 1024
    x, w = torch.randn(rows, shape.hidden), torch.randn(shape.inner, shape.hidden)
    out = torch.empty(rows, shape.inner)
    best = float("inf")
    for _ in range(8):
        began = clock()
        for _ in range(4):
            torch.mm(x, w.T, out=out)
        best = min(best, clock() - began)
    return 4 * 2 * rows * shape.hidden * shape.inner / best


def operations(network: Network, shape: Shape, recipe: Recipe, length: int, batch: int) -> float:
    """What the step needs: products of the linear layers, of attention (causal half), of the head.

    Layered accumulation's second forward pass is its own cost, not a need: it is not counted.
    """
    linear = shape.layer * shape.layers
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    own = 6 * trained if recipe.trained.adapter else 2 * linear
    head = shape.embedding * (4 if recipe.trained.adapter else 6)
    # Forward two products, backward four, each half as large for the causal mask.
    attention = 6 * shape.layers * shape.heads * shape.head * length
    return batch * length * (4 * linear + own + head + attention)


def measure(base: Path, method: str, length: int, batch: int, together: int) -> dict[str, Any]:
    machine.keep_freed_memory()
    recipe = Recipe.model_validate(
        {
            "name": "cost",
            "base": "cost",
            "trained": {"method": method, "layered": method in ("lomo", "adalomo")},
            "batch": {
                "sequence": length,
                "micro": together * length,
                "step": batch * length,
            },
            "heldout_tokens": length,  # none are evaluated
            "stages": [
                {"name": "s", "kind": "pretrain", "tokens": 1, "learning_rate": 1, "corpus": [{}]}
            ],
        }
    )
    shape = shape_of(str(base))
    model = read_base(base)
    adapters.prepare(model, recipe.trained)
    fuse(model)
    network = Network(model)
    stepper = stepper_for(recipe, network, network, Processes())
    numbers = torch.Generator().manual_seed(0)
    pieces = []
    for _ in range(batch):
        ids = torch.randint(0, 50_000, (length,), generator=numbers, dtype=torch.int32).numpy()
        loss = torch.ones(length, dtype=torch.bool).numpy()
        loss[0] = False
        pieces.append(Piece("made", ids, loss))
    rows = [collate(pieces[at : at + together]) for at in range(0, batch, together)]
    stepper.step(rows[:1], 1e-6)
    seconds, share = float("inf"), 0.0
    needed = operations(network, shape, recipe, length, batch)
    for _ in range(2 if length * batch <= SHORT else 1):
        rate = matrix_rate(shape)
        began = clock()
        stepper.step(rows, 1e-6)
        taken = clock() - began
        rate = max(rate, matrix_rate(shape))
        seconds, share = min(seconds, taken), max(share, needed / taken / rate)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    values = (method, length, batch, round(batch * length / seconds, 1), round(share, 3))
    return dict(zip(COLUMNS, (*values, round(peak, 2)), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", type=Path, required=True, help="safetensors folder")
    parser.add_argument("--methods", default="lora")
    parser.add_argument("--lengths", default="256,512,1024,2048")
    parser.add_argument("--batches", default="1,4,16")
    parser.add_argument("--together", type=int, default=1, help="sequences in a micro-batch")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        method, length, batch = given.one
        print(json.dumps(measure(given.base, method, int(length), int(batch), given.together)))
        return
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    for method in given.methods.split(","):
        for length in given.lengths.split(","):
            for batch in given.batches.split(","):
                if int(batch) % given.together:
                    continue
                command = [sys.executable, __file__, "--base", given.base]
                command += ["--together", str(given.together)]
                done = subprocess.run(
                    [*command, "--one", method, length, batch],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                row = json.loads(done.stdout.strip().splitlines()[-1])
                print("| " + " | ".join(str(row[column]) for column in COLUMNS) + " |", flush=True)


if __name__ == "__main__":
    main()
