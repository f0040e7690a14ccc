"""ecmiip train: a recipe to a run."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecmiip.commands.options import AsOf, Database, parse_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmiip.training.data import StageData
    from ecmiip.training.recipe import Recipe


def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE.toml", help="What to train, and how.")],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run of this name.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only print what it would need; load nothing.")
    ] = False,
    name: Annotated[
        str | None,
        typer.Option("--run", metavar="NAME", help="Name of the run (default: recipe's)."),
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option("--base", metavar="FOLDER", help="Safetensors to train (default: recipe's)."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="FOLDER",
            help="Exported STAGE.train.jsonl and STAGE.heldout.jsonl (default: export from MIPLD).",
        ),
    ] = None,
    parent: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="Start from this finished run's adapter."),
    ] = None,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write metrics for TensorBoard too.")
    ] = False,
    as_of: AsOf = None,
    db: Database = None,
) -> None:
    """Train a recipe's stages; print the run's folder."""
    from ecmiip.errors import UserError
    from ecmiip.files import home
    from ecmiip.runs import Run, check_name
    from ecmiip.training.recipe import read_recipe

    wanted = read_recipe(recipe)
    if plan:
        _print_plan(wanted, base)
        return
    from ecmiip.models.weights import find_safetensors
    from ecmiip.training.board import Board
    from ecmiip.training.loop import train as train_recipe
    from ecmiip.training.processes import Processes

    chosen = wanted.name if name is None else name
    check_name(chosen)
    folder = base or find_safetensors(wanted.base)
    began = None if parent is None else Run.open(parent)
    path = home() / "runs" / chosen
    group = Processes()
    if group.main and not resume:
        Run.create(path.parent, path.name)
    group.wait()
    run = Run.open(path)
    try:
        if group.main:
            _data(wanted, data, run.path / "data", as_of, db)
        group.wait()
        exported = _data(wanted, data, run.path / "data", as_of, db)
        board = Board(run.path / "tensorboard") if tensorboard and group.main else None
        result = train_recipe(
            wanted, exported, run, folder, resume=resume, parent=began, board=board
        )
    except UserError:
        if group.main and not resume and run.info()["status"] == "new":
            shutil.rmtree(run.path)  # nothing was trained: leave the name free
        raise
    except KeyboardInterrupt:
        # The very same command would find the name taken, which is what cli.main would advise.
        if group.main:
            print(f"interrupted: {run.path} is kept: go on with --resume", file=sys.stderr)
        sys.exit(130)
    for stage in result.stages if group.main else ():
        before, after = stage.before[stage.name], stage.after[stage.name]
        print(
            f"{stage.name}: held-out loss {before:.3f} -> {after:.3f}, {stage.tokens} tokens, "
            f"{stage.tokens_per_second:.0f} tokens/s"
        )
    if group.main:
        print(run.path)


def merge(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Finished runs.")],
    into: Annotated[str, typer.Option("--into", metavar="NAME", help="Name of the new run.")],
    how: Annotated[
        str, typer.Option("--how", help="linear, ties, dare_linear or dare_ties.")
    ] = "ties",
    weight: Annotated[
        list[float] | None, typer.Option("--weight", help="One for each run (default: equal).")
    ] = None,
    density: Annotated[
        float,
        typer.Option("--density", min=0, max=1, help="Share of changes that TIES and DARE keep."),
    ] = 0.5,
    base: Annotated[
        Path | None,
        typer.Option("--base", metavar="FOLDER", help="Their base (default: the runs')."),
    ] = None,
) -> None:
    """Merge the adapters of several runs into a new run; print its folder."""
    from ecmiip.errors import UserError
    from ecmiip.files import home
    from ecmiip.models.weights import find_safetensors
    from ecmiip.runs import Run
    from ecmiip.training.merge import merge_runs

    parents = [Run.open(path) for path in runs]
    for parent in parents:
        if "base" not in parent.info():
            raise UserError(f"{parent.path}: its training has not begun: train it to its end first")
    folder = base or find_safetensors(parents[0].info()["base"]["name"])
    run = Run.create(home() / "runs", into)
    try:
        merge_runs(parents, folder, run, how=how, weights=weight or (), density=density)
    except BaseException:
        shutil.rmtree(run.path)
        raise
    print(run.path)


def _data(
    recipe: "Recipe", given: Path | None, made: Path, as_of: str | None, db: Path | None
) -> "Mapping[str, StageData]":
    """The files to train on: those in ``given``, those exported before, or new ones."""
    from ecmiip.training.data import StageData

    folder = given or made
    files = {
        stage.name: StageData(
            folder / f"{stage.name}.train.jsonl", folder / f"{stage.name}.heldout.jsonl"
        )
        for stage in recipe.stages
    }
    if given or all(pair.train.is_file() and pair.heldout.is_file() for pair in files.values()):
        return files
    from ecmiip.instruct import build as pairs
    from ecmiip.mipld.database import Mipld
    from ecmiip.pipeline.corpus import export_stages

    with Mipld.open(db) as mipld:
        return export_stages(
            recipe, mipld, pairs.folder(parse_day(as_of)), parse_day(as_of), folder
        )


def _print_plan(recipe: "Recipe", base: Path | None) -> None:
    from ecmiip.training.estimate import available_memory, estimate
    from ecmiip.training.shape import shape_of

    shape = shape_of(str(base) if base else recipe.base)
    cuda = recipe.gpus > 0
    made = estimate(recipe, shape, cuda=cuda, processes=max(1, recipe.gpus))
    gib = 2**30
    print(f"base        {recipe.base}: {shape.parameters / 1e6:.0f} million parameters")
    print(f"method      {recipe.trained.method}: {made.trained / 1e6:.1f} million trained")
    for part in ("weights", "gradients", "optimizer", "activations", "logits", "runtime"):
        print(f"{part:<12}{getattr(made, part) / gib:6.2f} GiB")
    where = f"on each of {recipe.gpus} GPUs" if cuda else "on a CPU"
    print(f"memory      {made.memory / gib:6.2f} GiB {where}")
    print(f"free here   {available_memory() / gib:6.2f} GiB")
    for stage in recipe.stages:
        steps = -(-stage.tokens // recipe.batch.step)
        work = steps * made.step_work / 1e12
        print(f"stage       {stage.name}: {stage.tokens} tokens, {steps} steps, {work:.1f} TFLOP")
