"""Named migrations: each runs once, in order, all of them in one transaction."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, inspect, text

from ecmiip.errors import UserError
from ecmiip.mipld.schema import metadata


def _first_tables(connection: Connection) -> None:
    metadata.create_all(connection)


MIGRATIONS: tuple[tuple[str, Callable[[Connection], None]], ...] = (
    ("0001 first tables", _first_tables),
)


def applied(connection: Connection) -> list[str]:
    """Names of the migrations that ``connection``'s database has had."""
    if not inspect(connection).has_table("migration"):
        return []
    return [row.name for row in connection.execute(text("SELECT name FROM migration ORDER BY name"))]


def migrate(engine: Engine) -> list[str]:
    """Bring the database up to date; return the names of what was run.

    Raises UserError when the database was made by a newer version of this program.
    """
    ran = []
    with engine.begin() as connection:
        done = applied(connection)
        unknown = [name for name in done if name not in dict(MIGRATIONS)]
        if unknown:
            raise UserError(
                f"{engine.url.database}: made by a newer ecmiip (it has '{unknown[0]}'): upgrade ecmiip"
            )
        connection.execute(
            text("CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, applied_at TEXT)")
        )
        for name, run in MIGRATIONS:
            if name in done:
                continue
            run(connection)
            connection.execute(
                text("INSERT INTO migration VALUES (:name, :at)"),
                {"name": name, "at": datetime.now(UTC).isoformat(timespec="seconds")},
            )
            ran.append(name)
    return ran
