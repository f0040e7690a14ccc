"""ecmiip release: a finished run as a release, its model card, and the check of its headline."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Ship a finished run, and prove what it claims.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="A released run.")]


@app.command()
def make(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A finished run: its folder or name.")],
    name: Annotated[str | None, typer.Option(help="What it is called (default: as now).")] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to (default: release/).")
    ] = None,
) -> None:
    """Copy what is needed to use and explain a run, its adapter in half precision."""
    from ecmiip.files import shipped
    from ecmiip.models.subject import find_run
    from ecmiip.pipeline import release

    found = find_run(run)
    made = release.make(found, (to or shipped("release")) / (name or found.name))
    print(made.path)


@app.command()
def record(name: Name) -> None:
    """Write down the headline scores from the evaluations at hand."""
    from ecmiip.models.subject import find_run
    from ecmiip.pipeline import release

    for one in release.record(find_run(name)):
        print(f"{one.suite} {one.setting.name} {one.kind}: {one.right} of {one.items}")


@app.command()
def card(name: Name) -> None:
    """Write the model card."""
    from ecmiip.evaluation.verdict import evaluations
    from ecmiip.files import write_text
    from ecmiip.models.subject import find_run
    from ecmiip.pipeline import release

    found = find_run(name)
    path = found.path / "README.md"
    write_text(path, release.card(found, evaluations()))
    print(path)


@app.command()
def check(
    name: Name,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a check that was interrupted.")
    ] = False,
) -> None:
    """Evaluate a release anew and compare with the headline that it ships."""
    from ecmiip.errors import UserError
    from ecmiip.models.subject import find_run
    from ecmiip.pipeline import release

    found = release.check(find_run(name), again=not resume)
    for one, recorded in found:
        print(
            f"{one.suite} {one.setting.name} {one.kind}: {one.right} of {one.items}"
            f" ({100 * one.right / one.items:.1f} %), recorded {recorded}"
        )
    if differing := release.differing(found):
        one, recorded = differing[0]
        raise UserError(
            f"{name}: {one.suite} {one.setting.name} {one.kind} gives {one.right}, the release"
            f" says {recorded}: build MIPLD from the same sources, or record the headline anew"
        )
