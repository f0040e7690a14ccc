"""The one training loop: stages in order, held-out losses between them, exact resumption.

Methods differ in how model and stepper are prepared (adapters.py, steppers.py), never here.
What step n does is a function of recipe, data, base and n, and a checkpoint holds all that step n
needs; so a run that was killed and resumed gives the same numbers as one that was not.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from ecmiip.errors import UserError
from ecmiip.files import replacing
from ecmiip.runs import Run
from ecmiip.training import adapters, checkpoint, machine, processes
from ecmiip.training.base import check, read_base, read_tokenizer
from ecmiip.training.board import Board
from ecmiip.training.data import Pieces, StageData, read_pieces
from ecmiip.training.estimate import refuse_what_does_not_fit
from ecmiip.training.fusion import fuse
from ecmiip.training.interrupt import Interrupt
from ecmiip.training.network import Network, without_dropout
from ecmiip.training.packing import Group, Rows, Step, collate, plan, split
from ecmiip.training.processes import Processes
from ecmiip.training.provenance import begin
from ecmiip.training.recipe import Recipe, Stage
from ecmiip.training.results import HeldOut, StageResult, TrainResult
from ecmiip.training.schedule import factor
from ecmiip.training.steppers import Fused, Stepper, stepper_for

# A step's loss may exceed twice its stage's first by this much, in nats, not so often in a row.
DIVERGED_MARGIN = 1.0
DIVERGED_STEPS = 3
# … the highest of so many at the start, since one batch may be far easier than the next; but no
# more than that of a model that knows nothing of a vocabulary of 160 thousand.
FIRST_STEPS, CLUELESS = 5, 12.0


def train(
    recipe: Recipe,
    data: Mapping[str, StageData],
    run: Run,
    base: Path,
    *,
    resume: bool = False,
    parent: Run | None = None,
    board: Board | None = None,
) -> TrainResult:
    """Train ``recipe`` from the base model in the folder ``base``; fill the folder of ``run``.

    ``data`` has the exported files of each stage by the stage's name; every stage's held-out set
    is evaluated before and after each stage. With ``resume`` a run that was interrupted goes on
    from its last whole checkpoint, and a finished one returns its result at once. With ``parent``
    training starts from that finished run's adapter, on the same base. ``board`` gets the metrics
    as they are recorded.

    Raises UserError for bad data, a run that cannot be resumed here, a loss that diverges.
    """
    group = Processes()
    group.check(recipe)
    check(base)
    refuse_what_does_not_fit(recipe, base, processes=group.count)
    if group.main:
        begin(recipe, data, run, base, resume=resume, parent=parent)
    group.wait()
    before = run.info()
    if before["status"] == "finished":
        return TrainResult.from_json(before["result"])
    machine.keep_freed_memory()
    try:
        with Interrupt() as interrupt:
            return _Training(recipe, data, run, base, parent, group, interrupt, board).result()
    finally:
        machine.give_back_memory()


class _Training:
    """The state of a run in progress."""

    def __init__(
        self,
        recipe: Recipe,
        data: Mapping[str, StageData],
        run: Run,
        base: Path,
        parent: Run | None,
        group: Processes,
        interrupt: Interrupt,
        board: Board | None,
    ) -> None:
        self.board = board
        self.processes = group
        self.interrupt = interrupt
        self.recipe = recipe
        self.run = run
        self.data = self._read(data, base)
        torch.manual_seed(recipe.seed)
        model = read_base(
            base,
            quantised=recipe.trained.method == "qlora",
            master=recipe.sharded and not recipe.trained.adapter,
        )
        self.saved = adapters.prepare(model, recipe.trained)
        if parent is not None:
            adapters.start_from(self.saved, parent.adapter)
        fuse(model)
        self.network = Network(model)
        self.spread = group.spread(self.network, self.network.layers, sharded=recipe.sharded)
        self.weights = adapters.trainable(self.saved)
        self.stages: list[StageResult] = []
        self.number = 0  # of the last checkpoint
        self.rows = 0  # of metrics.jsonl
        self.heldout_rows = {
            name: [
                collate(row)
                for row in split(sets[1].pieces, recipe.heldout_tokens, recipe.batch.micro)
            ]
            for name, sets in self.data.items()
        }

    def result(self) -> TrainResult:
        """Train what is left and write the result."""
        plans = [self._plan(number) for number in range(len(self.recipe.stages))]
        position, state = self._restore()
        total = sum(_tokens(step) for steps in plans for step in steps)
        quiet = not self.processes.main
        with tqdm(total=total, unit="tok", desc="train", smoothing=0.05, disable=quiet) as bar:
            bar.update(sum(stage.tokens for stage in self.stages))
            for number in range(position.get("stage", 0), len(self.recipe.stages)):
                self._stage(number, plans[number], position, state, bar)
                position, state = {"heldout": position["heldout"]}, {}
        result = TrainResult(self.stages, machine.peak_memory())
        adapter = self.recipe.trained.adapter
        weights = processes.whole(self.weights if adapter else self.saved.state_dict())
        if self.processes.main:
            adapters.save(
                self.saved,
                self.run.adapter if adapter else self.run.model,
                self.recipe.base,
                weights,
            )
            self.run.update(status="finished", result=result.json())
        self.processes.wait()
        return result

    def _read(self, data: Mapping[str, StageData], base: Path) -> dict[str, tuple[Pieces, Pieces]]:
        tokenizer = read_tokenizer(base)
        sequence = self.recipe.batch.sequence
        return {
            stage.name: (
                read_pieces(data[stage.name].train, stage, tokenizer, sequence),
                read_pieces(data[stage.name].heldout, stage, tokenizer, sequence),
            )
            for stage in self.recipe.stages
        }

    def _plan(self, number: int) -> list[Step]:
        stage = self.recipe.stages[number]
        own = self.data[stage.name][0]
        weights = stage.weights
        parts = [[p for p in own.pieces if p.part == part] for part in range(len(weights))]
        for part, pieces in enumerate(parts):
            if not pieces:
                raise UserError(
                    f"stage '{stage.name}': part {part} of its corpus is empty: widen its query"
                )
        scale = (1 - stage.replay) / sum(weights)
        groups = [Group(w * scale, pieces) for w, pieces in zip(weights, parts, strict=True)]
        if stage.replay:
            earlier = self.recipe.stages[:number]
            groups += [
                Group(stage.replay / len(earlier), self.data[e.name][0].pieces) for e in earlier
            ]
        tokens = stage.tokens
        if stage.epochs is not None:
            tokens = min(tokens, math.ceil(own.tokens * stage.epochs / (1 - stage.replay)))
        return plan(groups, tokens, self.recipe.batch, self.recipe.seed * 1000 + number)

    def _stage(
        self,
        number: int,
        steps: list[Step],
        position: dict[str, Any],
        state: dict[str, Tensor],
        bar: "tqdm[Any]",
    ) -> None:
        """Train one stage from where ``position`` says. Leaves the held-out losses there."""
        stage = self.recipe.stages[number]
        stepper = stepper_for(self.recipe, self.network, self.spread, self.processes)
        if "step" in position:
            stepper.load(state)
            bar.update(position["tokens"])
        else:
            if self._start(number) or not position.get("heldout"):
                position["heldout"] = self._evaluate()
            self._record(event="heldout", stage=stage.name, when="before", loss=position["heldout"])
            position |= {"stage": number, "step": 0, "tokens": 0, "targets": 0, "seconds": 0.0}
            position |= {"first": None, "bad": 0, "before": position["heldout"], "watch": None}
            self._save(position, stepper)

        while position["step"] < len(steps) and not _exhausted(stage, position):
            self._step(stage, steps, position, stepper, bar)
            if stage.evaluate_every and position["step"] % stage.evaluate_every == 0:
                self._watch(stage, position)
            due = position["step"] % self.recipe.checkpoint_every == 0 and not position["bad"]
            asked = self.processes.sum(self.interrupt.asked) > 0  # of any process
            if due or asked:
                self._save(position, stepper)
            if asked:
                raise KeyboardInterrupt

        if isinstance(stepper, Fused):
            stepper.close()
        position["heldout"] = self._evaluate()
        self._back_to_best(stage, position)
        self._record(event="heldout", stage=stage.name, when="after", loss=position["heldout"])
        self.stages.append(
            StageResult(
                name=stage.name,
                before=position["before"],
                after=position["heldout"],
                steps=position["step"],
                tokens=position["tokens"],
                seconds=position["seconds"],
                skipped=self.data[stage.name][0].skipped,
                stopped_early=position["step"] < len(steps),
            )
        )
        self._keep(stage.name)
        self._save({"stage": number + 1, "heldout": position["heldout"]}, None)

    def _step(
        self,
        stage: Stage,
        steps: list[Step],
        position: dict[str, Any],
        stepper: Stepper,
        bar: "tqdm[Any]",
    ) -> None:
        began = time.perf_counter()
        step = steps[position["step"]]
        rate = stage.learning_rate * factor(stage.schedule, position["step"], len(steps))
        rows = [self._placed(collate(pieces)) for pieces in self.processes.mine(step)]
        loss = stepper.step(rows, rate)
        self._refuse_divergence(stage, loss, position)
        position["step"] += 1
        position["tokens"] += _tokens(step)
        position["targets"] += sum(int(piece.loss.sum()) for row in step for piece in row)
        position["seconds"] += time.perf_counter() - began
        speed = position["tokens"] / position["seconds"]
        self._record(
            event="step",
            stage=stage.name,
            step=position["step"],
            tokens=position["tokens"],
            targets=position["targets"],
            loss=loss,
            rate=rate,
            seconds=round(position["seconds"], 3),
            memory=machine.peak_memory(),
        )
        bar.set_postfix_str(
            f"{stage.name}: loss {loss:.3f}, {speed:.0f} tok/s, "
            f"{machine.peak_memory() / 2**30:.1f} GiB",
            refresh=False,
        )
        bar.update(_tokens(step))

    def _refuse_divergence(self, stage: Stage, loss: float, position: dict[str, Any]) -> None:
        if math.isfinite(loss):
            if position["step"] < FIRST_STEPS:
                position["first"] = max(min(loss, CLUELESS), position["first"] or 0.0)
            high = loss > 2 * position["first"] + DIVERGED_MARGIN
            position["bad"] = position["bad"] + 1 if high else 0
            if position["bad"] < DIVERGED_STEPS:
                return
        if self.processes.main:
            self.run.update(status="diverged")
        what = f"rose to {loss:.2f}" if math.isfinite(loss) else "is not a number"
        raise UserError(
            f"stage '{stage.name}', step {position['step'] + 1}: the loss {what}; "
            f"the last good state is checkpoint {self.number:06d} in {self.run.checkpoints}: "
            "lower learning_rate and train anew"
        )

    def _watch(self, stage: Stage, position: dict[str, Any]) -> None:
        """Evaluate on the stage's own held-out set; note the best loss and how long ago it was."""
        loss = self._mean_loss(stage.name)
        self._record(
            event="heldout",
            stage=stage.name,
            when=position["step"],
            tokens=position["tokens"],
            loss={stage.name: loss},
        )
        best, since = position["watch"] or (math.inf, 0)
        position["watch"] = (loss, 0) if loss < best else (best, since + 1)
        if stage.patience is not None and loss < best:
            self._write(self._kept(f"{stage.name}.best"))

    def _back_to_best(self, stage: Stage, position: dict[str, Any]) -> None:
        """After a stage with patience: its best weights, if the last ones are not as good."""
        if stage.patience is None or position["watch"] is None:
            return
        best = position["watch"][0]
        if best < position["heldout"][stage.name]:
            self._load_kept(f"{stage.name}.best")
            position["heldout"] = self._evaluate()

    def _evaluate(self) -> HeldOut:
        return {name: self._mean_loss(name) for name in self.heldout_rows}

    def _mean_loss(self, name: str) -> float:
        rows = self.heldout_rows[name]
        with torch.no_grad(), without_dropout(self.network):
            total = math.fsum(self.network(self._placed(row)).item() for row in rows)
        self.processes.settle(self.network)
        return total / sum(row.weight for row in rows)

    def _start(self, number: int) -> bool:
        """Put the stage's starting weights in place; whether they differ from the present ones."""
        if number == 0:
            self._keep("base")
            return True
        start = self.recipe.stages[number].start
        if start is None or start == self.recipe.stages[number - 1].name:
            return False
        self._load_kept(start)
        return True

    def _keep(self, name: str) -> None:
        """Keep the trained weights as they are now, if a later stage starts from them."""
        if name in {stage.start for stage in self.recipe.stages}:
            self._write(self._kept(name))

    def _write(self, path: Path) -> None:
        from safetensors.torch import save_file

        weights = processes.whole(self.weights)
        if self.processes.main:
            with replacing(path) as part:
                save_file({n: w.contiguous() for n, w in weights.items()}, part)
        self.processes.wait()

    def _load_kept(self, name: str) -> None:
        from safetensors.torch import load_file

        self._load(load_file(self._kept(name)))

    def _kept(self, name: str) -> Path:
        return self.run.path / "stages" / f"{name}.safetensors"

    def _load(self, weights: Mapping[str, Tensor]) -> None:
        for name, weight in self.weights.items():
            processes.fill(weight, weights[name])

    def _placed(self, rows: Rows) -> Rows:
        return rows.to(machine.device())

    def _record(self, **row: Any) -> None:
        if self.processes.main:
            self.run.add_metrics(row)
            if self.board is not None:
                self.board.add(row)
        self.rows += 1

    def _save(self, position: dict[str, Any], stepper: Stepper | None) -> None:
        self.number += 1
        tensors = {f"weights.{name}": weight.detach() for name, weight in self.weights.items()}
        if stepper is not None:
            tensors |= {f"stepper.{name}": value for name, value in stepper.state().items()}
        tensors = processes.whole(tensors)
        tensors["random"] = torch.get_rng_state()
        if not self.processes.main:
            self.processes.wait()
            return
        checkpoint.save(
            self.run.checkpoints,
            self.number,
            tensors,
            position
            | {
                "number": self.number,
                "rows": self.rows,
                "stages": [asdict(stage) for stage in self.stages],
            },
        )
        self.processes.wait()

    def _restore(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Go back to the newest whole checkpoint; its position and the stepper's state."""
        found, damaged = checkpoint.newest(self.run.checkpoints)
        for name in damaged:
            tqdm.write(f"checkpoint {name} is damaged: going back to the one before it")
        rows = 0 if found is None else found.position["rows"]
        self.processes.wait()
        if self.processes.main:
            self.run.update(status="running")
            self.run.keep_metrics(rows)
        if found is None:
            return {}, {}
        position = found.position
        self.number = position.pop("number")
        self.rows = position.pop("rows")
        self.stages = [StageResult(**stage) for stage in position.pop("stages")]
        self._load(_below(found.tensors, "weights."))
        torch.set_rng_state(found.tensors["random"])
        return position, _below(found.tensors, "stepper.")


def _exhausted(stage: Stage, position: dict[str, Any]) -> bool:
    """Whether the stage's patience is at its end."""
    watch = position["watch"]
    return watch is not None and stage.patience is not None and watch[1] >= stage.patience


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}


def _tokens(step: Step) -> int:
    return sum(len(piece) for row in step for piece in row)
