"""Named migrations of what a build cannot derive again: the user's own documents.

Each runs once, in order, all of them in one transaction. Every other table is derived from sources
and made anew by each build, in its present form.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, inspect, text

from ecmiip.errors import UserError


def _first_tables(connection: Connection) -> None:
    connection.execute(
        text(
            "CREATE TABLE ingested (path TEXT NOT NULL PRIMARY KEY, sha256 TEXT NOT NULL,"
            " retrieved_on TEXT NOT NULL, records TEXT NOT NULL)"
        )
    )


def _problems_of_files(connection: Connection) -> None:
    """Files that gave nothing are remembered with their reasons, so that a rebuild tells again."""
    connection.execute(text("ALTER TABLE ingested ADD COLUMN problems TEXT NOT NULL DEFAULT '[]'"))


MIGRATIONS: tuple[tuple[str, Callable[[Connection], None]], ...] = (
    ("0001 first tables", _first_tables),
    ("0002 problems of ingested files", _problems_of_files),
)


def applied(connection: Connection) -> list[str]:
    """Names of the migrations that ``connection``'s database has had."""
    if not inspect(connection).has_table("migration"):
        return []
    rows = connection.execute(text("SELECT name FROM migration ORDER BY name"))
    return [row.name for row in rows]


def migrate(engine: Engine) -> list[str]:
    """Bring the database up to date; return the names of what was run.

    Raises UserError when the database was made by a newer version of this program.
    """
    ran = []
    with engine.connect() as connection:
        # pysqlite would commit before DDL; an explicit BEGIN keeps all migrations in one step.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        done = applied(connection)
        unknown = [name for name in done if name not in dict(MIGRATIONS)]
        if unknown:
            raise UserError(
                f"{engine.url.database}: made by a newer ecmiip (it has '{unknown[0]}'): "
                "upgrade ecmiip"
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
        connection.commit()
    return ran
