"""Source records as JSON and back: how a user's documents are kept inside the database."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

from ecmiip.mipld.document import Article, CaseText, DateClaim, LawText, NoteText
from ecmiip.mipld.sources import Record

_TYPES: dict[str, type[LawText] | type[CaseText] | type[NoteText]] = {
    "law": LawText,
    "case": CaseText,
    "note": NoteText,
}
_DAYS = ("promulgated_on", "decided_on", "published_on")


def dump(records: list[Record]) -> str:
    """One JSON array; dates are ISO text."""
    names = {kind: name for name, kind in _TYPES.items()}
    rows = [{"type": names[type(record)], **asdict(record)} for record in records]
    return json.dumps(rows, ensure_ascii=False, default=date.isoformat)


def load(text: str) -> list[Record]:
    """What :func:`dump` wrote."""
    return [_record(row) for row in json.loads(text)]


def _record(row: dict[str, Any]) -> Record:
    kind = _TYPES[row.pop("type")]
    for name in _DAYS:
        if row.get(name):
            row[name] = date.fromisoformat(row[name])
    if kind is LawText:
        row["articles"] = tuple(Article(**article) for article in row["articles"])
        row["claims"] = tuple(
            DateClaim(date.fromisoformat(claim.pop("value")), **claim) for claim in row["claims"]
        )
    if kind is CaseText:
        row["keywords"] = tuple(row["keywords"])
    return kind(**row)
