"""From the rows of the database to records: every SELECT that readers need, and nothing else."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from ecmiip.mipld import schema
from ecmiip.mipld.document import DIRECTIONS, Case, Law, Note, Provision, Version
from ecmiip.mipld.names import short_names


def provisions() -> Select[Any]:
    """Provisions with what :func:`provision` needs of their version, law and directions."""
    owned = (
        select(func.group_concat(schema.direction.c.direction))
        .where(
            schema.direction.c.subject == "provision",
            schema.direction.c.subject_id == schema.provision.c.id,
        )
        .scalar_subquery()
        .label("directions")
    )
    return (
        select(
            schema.provision,
            schema.version.c.label,
            schema.version.c.effective_from,
            schema.version.c.effective_to,
            schema.version.c.effective_basis,
            schema.law.c.name.label("law"),
            schema.law.c.kind,
            schema.law.c.discipline,
            owned,
        )
        .join(schema.version, schema.version.c.id == schema.provision.c.version)
        .join(schema.law, schema.law.c.id == schema.version.c.law)
    )


def in_force(as_of: date) -> Any:
    """The condition that a version is law on ``as_of``."""
    day = as_of.isoformat()
    table = schema.version.c
    not_ended = or_(
        table.effective_to >= day, and_(table.effective_to.is_(None), table.repealed.is_(False))
    )
    return and_(table.effective_from <= day, not_ended)


def provision(row: Row[Any]) -> Provision:
    """One row of :func:`provisions`."""
    return Provision(
        address=row.address,
        law=row.law,
        version=row.label,
        article=row.article,
        suffix=row.suffix,
        number=row.number,
        chapter=row.chapter,
        text=row.text,
        effective_from=date.fromisoformat(row.effective_from),
        effective_to=_day(row.effective_to),
        kind=row.kind,
        directions=_sorted_directions(row.directions),
        discipline=row.discipline,
        source=row.source,
        effective_basis=row.effective_basis,
    )


def laws(connection: Connection, known: Mapping[str, str]) -> dict[str, Law]:
    """Every law by name, in legal order; ``known`` are the names in use."""
    counts = select(schema.provision.c.version, func.count().label("articles")).group_by(
        schema.provision.c.version
    )
    counted = counts.subquery()
    query = (
        select(
            schema.law.c.name,
            schema.law.c.kind,
            schema.law.c.discipline,
            schema.version,
            counted.c.articles,
        )
        .join(schema.version, schema.version.c.law == schema.law.c.id)
        .join(counted, counted.c.version == schema.version.c.id)
        .order_by(schema.law.c.id, schema.version.c.id)
    )
    owned = (
        select(schema.version.c.law, schema.direction.c.direction)
        .select_from(schema.direction)
        .join(schema.provision, schema.provision.c.id == schema.direction.c.subject_id)
        .join(schema.version, schema.version.c.id == schema.provision.c.version)
        .where(schema.direction.c.subject == "provision")
        .distinct()
    )
    directions: dict[int, set[str]] = defaultdict(set)
    for law_id, direction in connection.execute(owned):
        directions[law_id].add(direction)
    versions: dict[str, list[Version]] = defaultdict(list)
    facts: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for row in connection.execute(query):
        belongs = tuple(d for d in DIRECTIONS if d in directions[row.law])
        facts[row.name] = (row.kind, row.discipline, belongs)
        versions[row.name].append(_version(row))
    shorts: dict[str, dict[str, str]] = defaultdict(dict)
    for alias, law in known.items():
        shorts[law][alias] = law
    notices = _notices(connection)
    return {
        name: Law(
            name=name,
            short_names=short_names(name, shorts[name]),
            kind=kind,
            discipline=discipline,
            directions=belongs,
            versions=tuple(versions[name]),
            notice=notices.get(name, ""),
        )
        for name, (kind, discipline, belongs) in facts.items()
    }


def _notices(connection: Connection) -> dict[str, str]:
    query = select(schema.law.c.name, schema.notice.c.since, schema.notice.c.text).join(
        schema.law, schema.law.c.id == schema.notice.c.law
    )
    return {row[0]: f"since {row[1]}: {row[2]}" for row in connection.execute(query)}


def links(connection: Connection, address: str | None = None) -> list[tuple[str, str, float, str]]:
    """(old address, new address, score, changed words), best first for each old article; only
    those of the old article at ``address`` if it is given."""
    old, new = schema.provision.alias("old"), schema.provision.alias("new")
    query = (
        select(old.c.address, new.c.address, schema.crosswalk.c.score, schema.crosswalk.c.changed)
        .select_from(schema.crosswalk)
        .join(old, old.c.id == schema.crosswalk.c.old)
        .join(new, new.c.id == schema.crosswalk.c.new)
        .order_by(old.c.id, schema.crosswalk.c.score.desc(), new.c.id)
    )
    if address is not None:
        query = query.where(old.c.address == address)
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


def sources(connection: Connection) -> list[dict[str, Any]]:
    """Each source with the number of documents read from it."""
    counted = (
        select(func.count())
        .where(
            schema.document.c.source == schema.source.c.id,
            schema.document.c.outcome == "read",
        )
        .scalar_subquery()
        .label("documents")
    )
    return [dict(row._mapping) for row in connection.execute(select(schema.source, counted))]


def cases(connection: Connection, ids: Sequence[int] | None = None) -> list[Case]:
    """Decided cases in a stable order, all or those of ``ids``."""
    query = (
        select(schema.court_case, schema.document.c.source)
        .join(schema.document, schema.document.c.id == schema.court_case.c.document)
        .order_by(schema.court_case.c.id)
    )
    table = schema.case_citation
    citations = (
        select(table.c.court_case, table.c.address)
        .where(table.c.address.is_not(None))
        .order_by(table.c.court_case, table.c.position)
    )
    if ids is not None:
        query = query.where(schema.court_case.c.id.in_(ids))
        citations = citations.where(table.c.court_case.in_(ids))
    belongs = _directions(connection, "court_case", ids)
    cited: dict[int, dict[str, None]] = defaultdict(dict)
    for row in connection.execute(citations):
        cited[row.court_case][row.address] = None
    return [
        Case(
            id=f"case:{row.id}",
            title=row.title,
            number=row.number,
            court=row.court,
            decided_on=_day(row.decided_on),
            published_on=_day(row.published_on),
            cause=row.cause,
            keywords=tuple(json.loads(row.keywords)),
            facts=row.facts,
            issues=row.issues,
            holding=row.holding,
            reasoning=row.reasoning,
            result=row.result,
            authority=row.authority,
            directions=belongs.get(row.id, ()),
            source=row.source,
            cited=tuple(cited[row.id]),
        )
        for row in connection.execute(query)
    ]


def notes(connection: Connection, ids: Sequence[int] | None = None) -> list[Note]:
    """Notes in a stable order, all or those of ``ids``."""
    query = (
        select(schema.note, schema.document.c.source)
        .join(schema.document, schema.document.c.id == schema.note.c.document)
        .order_by(schema.note.c.id)
    )
    if ids is not None:
        query = query.where(schema.note.c.id.in_(ids))
    belongs = _directions(connection, "note", ids)
    return [
        Note(f"note:{r.id}", r.title, r.kind, r.text, belongs.get(r.id, ()), r.source)
        for r in connection.execute(query)
    ]


def _directions(
    connection: Connection, subject: str, ids: Sequence[int] | None
) -> dict[int, tuple[str, ...]]:
    table = schema.direction
    query = select(table.c.subject_id, table.c.direction).where(table.c.subject == subject)
    if ids is not None:
        query = query.where(table.c.subject_id.in_(ids))
    found: dict[int, set[str]] = defaultdict(set)
    for row in connection.execute(query):
        found[row.subject_id].add(row.direction)
    return {i: tuple(d for d in DIRECTIONS if d in own) for i, own in found.items()}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _sorted_directions(joined: str | None) -> tuple[str, ...]:
    own = set((joined or "").split(","))
    return tuple(name for name in DIRECTIONS if name in own)


def _version(row: Row[Any]) -> Version:
    return Version(
        law=row.name,
        label=row.label,
        promulgated_on=_day(row.promulgated_on),
        effective_from=date.fromisoformat(row.effective_from),
        effective_basis=row.effective_basis,
        effective_to=_day(row.effective_to),
        end_basis=row.end_basis,
        replaced_by=row.replaced_by,
        repealed=row.repealed,
        amended=row.amended,
        articles=row.articles,
    )
