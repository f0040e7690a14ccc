"""What is in the database: counts, dates that are unknown, sources that disagree."""

import json
from typing import Any

from sqlalchemy import Connection, func, select

from ecmiip.mipld import schema


def stats(connection: Connection) -> dict[str, Any]:
    """Everything ``ecmiip mipld stats --json`` prints."""
    properties = {row.name: row.value for row in connection.execute(select(schema.property_))}
    return {
        "built_at": properties["built_at"],
        "fingerprint": properties["fingerprint"],
        "laws": _count(connection, schema.law),
        "versions": _count(connection, schema.version),
        "provisions": _count(connection, schema.provision),
        "cases": _count(connection, schema.court_case),
        "case_citations": _count(connection, schema.case_citation),
        "notes": _count(connection, schema.note),
        "crosswalk_links": _count(connection, schema.crosswalk),
        "ingested_files": _count(connection, schema.ingested),
        "laws_by_kind": _by(connection, schema.law.c.kind),
        "laws_by_discipline": _by(connection, schema.law.c.discipline),
        "provisions_by_source": _by(connection, schema.provision.c.source),
        "provisions_by_direction": _by(
            connection,
            schema.direction.c.direction,
            schema.direction.c.subject == "provision",
        ),
        "cases_by_direction": _by(
            connection,
            schema.direction.c.direction,
            schema.direction.c.subject == "court_case",
        ),
        "case_citations_by_status": _by(connection, schema.case_citation.c.status),
        "documents_by_source": _by(
            connection, schema.document.c.source, schema.document.c.outcome == "read"
        ),
        "versions_by_basis": _bases(connection),
        "unknown_first_day": _count(
            connection, schema.version, schema.version.c.effective_basis.like("unknown%")
        ),
        "unknown_last_day": _count(
            connection, schema.version, schema.version.c.end_basis.like("unknown%")
        ),
        "conflicts_by_kind": _by(connection, schema.conflict.c.what),
        "conflicts": [
            {
                "law": row.law,
                "version": row.version,
                "what": row.what,
                "claims": json.loads(row.claims),
                "taken": row.taken,
            }
            for row in connection.execute(select(schema.conflict).order_by(schema.conflict.c.id))
        ],
        "left_out": [
            {"source": row.source, "path": row.path, "reason": row.reason}
            for row in connection.execute(
                select(schema.document)
                .where(schema.document.c.outcome == "left out")
                .order_by(schema.document.c.id)
            )
        ],
        "notices": [
            {"law": row[0], "since": row[1], "text": row[2]}
            for row in connection.execute(
                select(schema.law.c.name, schema.notice.c.since, schema.notice.c.text)
                .join(schema.law, schema.law.c.id == schema.notice.c.law)
                .order_by(schema.law.c.id)
            )
        ],
    }


def _count(connection: Connection, table: Any, *conditions: Any) -> int:
    found = connection.execute(select(func.count()).select_from(table).where(*conditions))
    return int(found.scalar_one())


def _by(connection: Connection, column: Any, *conditions: Any) -> dict[str, int]:
    query = select(column, func.count()).where(*conditions).group_by(column)
    rows = connection.execute(query.order_by(func.count().desc(), column))
    return {row[0]: row[1] for row in rows}


def _bases(connection: Connection) -> dict[str, int]:
    """How many versions have their first day on which basis."""
    found: dict[str, int] = {}
    for basis, count in _by(connection, schema.version.c.effective_basis).items():
        short = basis.split(" (")[0].split(":")[0]
        found[short] = found.get(short, 0) + count
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))
