"""ecmiip mipld: build the database and ask it."""

import typer

app = typer.Typer(help="The database of IP law.", no_args_is_help=True)
