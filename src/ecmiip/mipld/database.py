"""MIPLD as its readers see it: laws, provisions, cases and notes, each as of a day."""

import threading
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import URL, Connection, create_engine, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

from ecmiip import files
from ecmiip.errors import UserError
from ecmiip.mipld import citation, rows, schema, search, stats, verify
from ecmiip.mipld.document import (
    KINDS,
    Case,
    Hit,
    Law,
    Note,
    Provision,
    Version,
    parse_address,
)

FORMAT = "2"
_STANDING = tuple(kind for kind in KINDS if kind not in ("amendment", "decision"))


def default_path() -> Path:
    """Where the database lies unless a path is given: ``$ECMIIP_HOME/mipld.sqlite``."""
    return files.home() / "mipld.sqlite"


# Provisions kept in memory once read, some kilobytes each.
_MOST_READ = 20_000


class Mipld:
    """A read-only view of one built database. Use it as a context manager, from one thread or,
    with the same object, from several: access is serialised."""

    def __init__(self, path: Path, connection: Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()
        # The database is read-only, and checking text asks for the same articles over and over.
        self._articles: dict[tuple[str, str, int, int | None], Provision | None] = {}
        self._read: dict[int, Provision] = {}
        self._continued: dict[str, list[tuple[str, float, str]]] = {}

    @classmethod
    def open(cls, path: Path | None = None) -> "Mipld":
        """Open the database at ``path``. Raises UserError if it is missing or not MIPLD."""
        path = path or default_path()
        if not path.is_file():
            raise UserError(f"{path}: no database there: run `ecmiip mipld build` first")
        engine = create_engine(
            URL.create(
                "sqlite",
                database=path.absolute().as_uri(),
                query={"mode": "ro", "uri": "true"},
            ),
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
        )
        connection = engine.connect()
        try:
            properties = connection.execute(select(schema.property_)).all()
        except DatabaseError as error:
            connection.close()
            raise UserError(
                f"{path}: not a MIPLD database: name another file or run `ecmiip mipld build`"
            ) from error
        found = cls(path, connection)
        found._properties = {row.name: row.value for row in properties}
        if found._properties.get("format") != FORMAT:
            connection.close()
            raise UserError(f"{path}: made by another version of ecmiip: run `ecmiip mipld build`")
        return found

    _properties: dict[str, str]

    def __enter__(self) -> "Mipld":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        self._connection.engine.dispose()

    @property
    def fingerprint(self) -> str:
        """Hex digest of the content; equal for two builds from the same inputs."""
        return self._properties["fingerprint"]

    @property
    def input_digest(self) -> str:
        """Hex digest of the inputs and rules it was built from."""
        return self._properties["input_digest"]

    # --- provisions ---------------------------------------------------------------------------

    def provision(
        self, law: str, article: int, suffix: int | None = None, *, as_of: date
    ) -> Provision | None:
        """The article of ``law`` (any name in use) that is law on ``as_of``, if there is one."""
        name = self.names.find(law)
        if name is None:
            return None
        version = self.version_in_force(name, as_of)
        return self.numbered(version, article, suffix) if version else None

    def numbered(
        self, version: Version, article: int, suffix: int | None = None
    ) -> Provision | None:
        """That article of one version."""
        key = (version.law, version.label, article, suffix)
        if key not in self._articles:
            self._articles[key] = self._one(
                schema.law.c.name == version.law,
                schema.version.c.label == version.label,
                schema.provision.c.article == article,
                schema.provision.c.suffix.is_(None)
                if suffix is None
                else schema.provision.c.suffix == suffix,
            )
        return self._articles[key]

    def at(self, address: str) -> Provision | None:
        """The provision at ``address`` (商标法@2019#57, 刑法@2020#120-1; a 款 or 项 is ignored)."""
        parts = parse_address(address)
        if parts is None:
            return None
        law, label, article, suffix = parts
        name = self.names.find(law)
        if name is None:
            return None
        return next(
            (
                self.numbered(version, article, suffix)
                for version in self.versions(name)
                if version.label == label
            ),
            None,
        )

    def provisions(
        self,
        *,
        as_of: date | None,
        directions: Sequence[str] = (),
        disciplines: Sequence[str] = (),
        kinds: Sequence[str] = (),
        laws: Sequence[str] = (),
    ) -> Iterator[Provision]:
        """Provisions in legal order: law by law, version by version, article by article.

        ``as_of`` None gives every version. Empty filters let everything through; a law may be
        given by any name in use.
        """
        conditions: list[Any] = []
        if as_of is not None:
            conditions.append(rows.in_force(as_of))
        if directions:
            belonging = select(schema.direction.c.subject_id).where(
                schema.direction.c.subject == "provision",
                schema.direction.c.direction.in_(directions),
            )
            conditions.append(schema.provision.c.id.in_(belonging))
        if disciplines:
            conditions.append(schema.law.c.discipline.in_(disciplines))
        if kinds:
            conditions.append(schema.law.c.kind.in_(kinds))
        if laws:
            conditions.append(schema.law.c.name.in_([self.names.find(law) or law for law in laws]))
        query = rows.provisions().where(*conditions).order_by(schema.provision.c.id)
        with self._lock:
            read = self._connection.execute(query).all()
        for row in read:
            yield rows.provision(row)

    def of_version(self, version: Version) -> Iterator[Provision]:
        """The articles of one version, in order."""
        query = rows.provisions().where(
            schema.law.c.name == version.law, schema.version.c.label == version.label
        )
        with self._lock:
            read = self._connection.execute(query.order_by(schema.provision.c.id)).all()
        for row in read:
            yield rows.provision(row)

    def _one(self, *conditions: Any) -> Provision | None:
        with self._lock:
            row = self._connection.execute(rows.provisions().where(*conditions)).first()
        return rows.provision(row) if row else None

    def _by_id(self, ids: Sequence[int]) -> dict[int, Provision]:
        # An opened database does not change, and reading rows takes as long as the search itself.
        known = {i: read for i in ids if (read := self._read.get(i))}
        missing = [i for i in ids if i not in known]
        if missing:
            with self._lock:
                found = self._connection.execute(
                    rows.provisions().where(schema.provision.c.id.in_(missing))
                ).all()
            known |= {row.id: rows.provision(row) for row in found}
            if len(self._read) > _MOST_READ:
                self._read.clear()
            self._read.update(known)
        return known

    # --- laws ---------------------------------------------------------------------------------

    @cached_property
    def names(self) -> citation.Names:
        """Every name in use for the laws here."""
        query = select(schema.alias.c.name, schema.law.c.name.label("law")).join(
            schema.law, schema.law.c.id == schema.alias.c.law
        )
        with self._lock:
            known = {row[0]: row[1] for row in self._connection.execute(query)}
        return citation.Names({name: name for name in self.repealed_laws} | known)

    @cached_property
    def repealed_laws(self) -> dict[str, tuple[date, str]]:
        """Laws known only by their repeal: name → (last day in force, address of what repeals)."""
        with self._lock:
            read = self._connection.execute(select(schema.repealed_law)).all()
        return {row.name: (date.fromisoformat(row.last_day), row.replaced_by) for row in read}

    @cached_property
    def _laws(self) -> dict[str, Law]:
        with self._lock:
            return rows.laws(self._connection, self.names.known)

    def laws(self, *, directions: Sequence[str] = (), kinds: Sequence[str] = ()) -> Iterator[Law]:
        """The laws, in legal order, with their versions."""
        for law in self._laws.values():
            if directions and not set(directions) & set(law.directions):
                continue
            if kinds and law.kind not in kinds:
                continue
            yield law

    def law(self, name: str) -> Law | None:
        """The law of that name (any name in use)."""
        return self._laws.get(self.names.find(name) or name)

    def versions(self, name: str) -> tuple[Version, ...]:
        """The versions of a law, oldest first; empty if the law is not here."""
        law = self.law(name)
        return law.versions if law else ()

    def version_in_force(self, name: str, as_of: date) -> Version | None:
        """The version of a law that is law on ``as_of``."""
        for version in self.versions(name):
            ended = version.effective_to is not None and version.effective_to < as_of
            gone = version.repealed and version.effective_to is None
            if version.effective_from <= as_of and not ended and not gone:
                return version
        return None

    # --- citations and crosswalk --------------------------------------------------------------

    def cite(
        self,
        text: str,
        *,
        as_of: date,
        own_law: str | None = None,
        own_article: int | None = None,
    ) -> list[verify.Citation]:
        """Every provision cited in ``text``, in reading order, judged as of ``as_of``.

        ``own_law`` and ``own_article`` are those that ``text`` belongs to, if it is statute text
        (本法, 本条, 前款).
        """
        return verify.check(self, text, as_of=as_of, own_law=own_law, own_article=own_article)

    def continued_by(self, address: str) -> list[tuple[str, float, str]]:
        """(address, score, changed words) of what continues a provision in the next version."""
        if address not in self._continued:
            with self._lock:
                found = rows.links(self._connection, address)
            self._continued[address] = [(new, score, words) for _, new, score, words in found]
        return self._continued[address]

    def links(self) -> Iterator[tuple[str, str, float, str]]:
        """Every stored crosswalk link: (old address, new address, score, changed words)."""
        with self._lock:
            found = rows.links(self._connection)
        yield from found

    # --- what is in here ----------------------------------------------------------------------

    def stats(self) -> dict[str, Any]:
        """Counts, unknown dates, conflicts, what was left out: see :mod:`ecmiip.mipld.stats`."""
        with self._lock:
            return stats.stats(self._connection)

    def sources(self) -> list[dict[str, Any]]:
        """Each source: id, title, licence, location, retrieved_on, number of documents read."""
        with self._lock:
            return rows.sources(self._connection)

    # --- cases and notes ----------------------------------------------------------------------

    def cases(
        self, *, directions: Sequence[str] = (), ids: Sequence[int] | None = None
    ) -> Iterator[Case]:
        """Decided cases, in a stable order."""
        with self._lock:
            found = rows.cases(self._connection, ids)
        yield from (c for c in found if not directions or set(directions) & set(c.directions))

    def notes(
        self, *, directions: Sequence[str] = (), ids: Sequence[int] | None = None
    ) -> Iterator[Note]:
        """Passages of doctrine, forms and users' documents, in a stable order."""
        with self._lock:
            found = rows.notes(self._connection, ids)
        yield from (n for n in found if not directions or set(directions) & set(n.directions))

    # --- search -------------------------------------------------------------------------------

    @cached_property
    def _index(self) -> search.Index:
        return search.Index(self._connection)

    def search(
        self,
        query: str,
        *,
        as_of: date,
        directions: Sequence[str] = (),
        kinds: Sequence[str] = (),
        limit: int = 5,
        meaning: float = 0.0,
    ) -> list[Hit]:
        """Provisions in force on ``as_of`` that answer ``query``, best first.

        By words alone, or by what they mean too, as :meth:`ecmiip.mipld.search.Index.find` adds it.
        Amending texts (修正案, 修改决定) are found only if ``kinds`` asks for them: what they say
        stands in the laws they amend.
        A query that cites an article gives that article first. Any text answers, also none at all
        (with nothing).
        """
        named = self._named_in(query, as_of) if "条" in query or "#" in query else []
        named = [
            p
            for p in named
            if (not directions or set(directions) & set(p.directions))
            and (not kinds or p.kind in kinds)
        ][:limit]
        with self._lock:
            found = self._index.find(
                query,
                subject="provision",
                as_of=as_of,
                directions=directions,
                kinds=kinds or _STANDING,
                limit=limit,
                meaning=meaning,
            )
        provisions = self._by_id([i for i, _ in found])
        top = found[0][1] if found else 1.0
        hits = [Hit(p, top + len(named) - rank) for rank, p in enumerate(named)]
        taken = {p.address for p in named}
        hits += [
            Hit(provisions[i], score) for i, score in found if provisions[i].address not in taken
        ]
        return hits[:limit]

    def _named_in(self, query: str, as_of: date) -> list[Provision]:
        direct = self.at(query.strip())
        if direct is not None:
            return [direct]
        found: dict[str, Provision] = {}
        for cited in self.cite(query[:2000], as_of=as_of):
            provision = self.at(cited.address) if cited.address else None
            if provision is not None:
                found.setdefault(provision.address, provision)
        return list(found.values())

    def search_cases(
        self, query: str, *, directions: Sequence[str] = (), limit: int = 5
    ) -> list[tuple[Case, float]]:
        """Cases whose title, keywords and holding answer ``query``, best first."""
        with self._lock:
            found = self._index.find(
                query, subject="court_case", as_of=None, directions=directions, limit=limit
            )
        cases = {case.id: case for case in self.cases(ids=[i for i, _ in found])}
        return [(cases[f"case:{i}"], score) for i, score in found]

    def search_notes(
        self, query: str, *, directions: Sequence[str] = (), limit: int = 5
    ) -> list[tuple[Note, float]]:
        """Notes that answer ``query``, best first."""
        with self._lock:
            found = self._index.find(
                query, subject="note", as_of=None, directions=directions, limit=limit
            )
        notes = {note.id: note for note in self.notes(ids=[i for i, _ in found])}
        return [(notes[f"note:{i}"], score) for i, score in found]
