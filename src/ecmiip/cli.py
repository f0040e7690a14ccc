"""The command line. Thin: the commands live in ecmiip.commands, heavy imports inside them."""

import os
import sys

import typer

from ecmiip.commands import (
    ask,
    deadline,
    demo,
    draft,
    evaluate,
    export,
    instruct,
    mcp,
    mipld,
    release,
    results,
    serve,
    suites,
    train,
)
from ecmiip.errors import UserError

app = typer.Typer(
    help="A small language model for Chinese IP law: build it, prove it, use it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(demo.demo)
app.add_typer(mipld.app, name="mipld")
app.add_typer(instruct.app, name="instruct")
app.command()(train.train)
app.command()(train.merge)
app.command(name="eval")(evaluate.evaluate)
app.add_typer(suites.app, name="suites")
app.add_typer(results.app, name="results")
app.add_typer(release.app, name="release")
app.command()(ask.ask)
app.command()(export.export)
app.command()(draft.draft)
app.command()(deadline.deadline)
app.command()(serve.serve)
app.command()(mcp.mcp)


def main() -> None:
    """Run the command line. Exits with 0 done, 2 bad input, 1 a failure of ours, 130 stopped."""
    if not sys.stderr.isatty():
        # A log wants a line now and then, not a bar that moves.
        os.environ.setdefault("TQDM_MININTERVAL", "15")
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted: run the same command again to go on", file=sys.stderr)
        sys.exit(130)
