"""The command line. Thin: the commands live in ecmiip.commands, heavy imports inside them."""

import os
import sys
from typing import NoReturn

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

# As the shell has it for what SIGINT ended; typer says it so too.
_INTERRUPTED = 130

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
        # Not standalone, or typer would draw a box around what is wrong with the usage.
        code = app(prog_name="ecmiip", standalone_mode=False)
    except UserError as error:
        _end(2, f"error: {error}")
    except typer.TyperException as error:
        # Without arguments a group has shown its help, and there is no more to say.
        said = " ".join(error.format_message().split()).rstrip(".")
        _end(error.exit_code, f"error: {said}: see {_command(error)} --help" if said else "")
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        _end(code, "interrupted: run the same command again to go on")
    sys.exit(code)


def _command(error: typer.TyperException) -> str:
    """The command that was used wrongly."""
    context = getattr(error, "ctx", None)
    return context.command_path if context is not None else "ecmiip"


def _end(code: int, said: str) -> NoReturn:
    if said:
        print(said, file=sys.stderr)
    sys.exit(code)
