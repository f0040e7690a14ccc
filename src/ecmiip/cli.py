"""The command line. Thin: each command lives in ecmiip.commands and imports what it needs when it runs."""

import sys

import typer

from ecmiip.commands import mipld
from ecmiip.errors import UserError

app = typer.Typer(
    help="A small language model for Chinese IP law: build it, prove it, use it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(mipld.app, name="mipld")


def main() -> None:
    """Run the command line. Exit codes: 0 done, 2 bad input or usage, 1 a failure of ours, 130 interrupted."""
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted: run the same command again to go on", file=sys.stderr)
        sys.exit(130)
