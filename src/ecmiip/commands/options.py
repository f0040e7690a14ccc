"""Options that several commands share."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ecmiip.errors import UserError

AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="YYYY-MM-DD", help="The day whose law counts (default: today)."
    ),
]
Database = Annotated[
    Path | None, typer.Option("--db", metavar="FILE", help="The database (default: the built one).")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def parse_day(text: str | None, option: str = "--as-of") -> date:
    """The date that ``text`` names; today if it is None. Raises UserError for anything else."""
    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"{option} {text}: no such day: write it as YYYY-MM-DD") from error
