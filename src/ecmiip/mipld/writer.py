"""Filling an empty database with what the sources hold."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, insert, select
from tqdm import tqdm

from ecmiip.mipld import consolidate, crosswalk, curated, schema, search, taxonomy, validity
from ecmiip.mipld.citation import key
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import CaseText, LawText, NoteText, address
from ecmiip.mipld.inputs import PREFERENCE, Input
from ecmiip.mipld.names import aliases
from ecmiip.mipld.sources import Problems, Record

_BATCH = 5_000
T = TypeVar("T")


class Writer:
    """Writes the records of all sources into an empty database."""

    def __init__(self, connection: Connection, problems: Problems, progress: bool) -> None:
        self.connection = connection
        self.problems = problems
        self.progress = progress
        self.by_source: Counter[str] = Counter()
        self.today = date.today().isoformat()
        self.documents: dict[tuple[str, str], int] = {}
        self.entries: list[search.Entry] = []

    def write(self, at_hand: list[Input]) -> dict[str, int]:
        """Read the sources and fill every table; return the counts."""
        records = list(self._read(at_hand))
        records += consolidate.derive(r for r in records if isinstance(r, LawText))
        plan = validity.plan((r for r in records if isinstance(r, LawText)), PREFERENCE)
        self._documents(records)
        versions, provisions = self._laws(plan.laws)
        self._facts_about_laws(plan)
        self.db = Mipld(Path(), self.connection)
        cases = self._cases(r for r in records if isinstance(r, CaseText))
        notes = self._notes(r for r in records if isinstance(r, NoteText))
        search.build(self.connection, self._bar(self.entries, "index"))
        return {
            "laws": len(plan.laws),
            "versions": versions,
            "provisions": provisions,
            "cases": cases,
            "notes": notes,
            "conflicts": len(plan.conflicts),
        }

    def _bar(self, things: Iterable[T], what: str) -> Iterable[T]:
        return tqdm(things, desc=what, disable=not self.progress, leave=False)

    def _read(self, at_hand: list[Input]) -> Iterator[Record]:
        for source in at_hand:
            self.connection.execute(
                insert(schema.source),
                {
                    "id": source.id,
                    "title": source.title,
                    "licence": source.licence,
                    "location": str(source.location),
                    "retrieved_on": self.today,
                },
            )
            yield from self._bar(source.read(self.problems), f"read {source.id}")

    def _documents(self, records: list[Record]) -> None:
        rows: list[dict[str, object]] = []
        for record in records:
            key = (record.source, record.path)
            title = record.name if isinstance(record, LawText) else record.title
            self.documents[key] = len(rows) + 1
            self.by_source[record.source] += 1
            rows.append(
                {
                    "id": len(rows) + 1,
                    "source": record.source,
                    "path": record.path,
                    "title": title,
                    "sha256": record.digest,
                    "retrieved_on": self.today,
                    "outcome": "read",
                    "reason": "",
                }
            )
        for source, path, reason in self.problems.found:
            rows.append(
                {
                    "id": len(rows) + 1,
                    "source": source,
                    "path": path,
                    "title": path,
                    "sha256": "",
                    "retrieved_on": self.today,
                    "outcome": "left out",
                    "reason": reason,
                }
            )
        if rows:
            self.connection.execute(insert(schema.document), rows)

    def _laws(self, laws: Sequence[validity.LawPlan]) -> tuple[int, int]:
        known = aliases(law.name for law in laws)
        version_rows: list[dict[str, object]] = []
        provision_rows: list[dict[str, object]] = []
        direction_rows: list[dict[str, object]] = []
        crosswalk_rows: list[dict[str, object]] = []
        law_rows, link_rows = [], []
        for law_id, law in enumerate(self._bar(laws, "laws"), 1):
            newest = law.versions[-1].text
            discipline, reason = taxonomy.discipline(newest)
            law_rows.append(
                {
                    "id": law_id,
                    "name": law.name,
                    "kind": newest.kind,
                    "discipline": discipline,
                    "discipline_reason": reason,
                    "issuer": newest.issuer,
                }
            )
            before: tuple[validity.VersionPlan, int] | None = None
            for version in law.versions:
                version_id = len(version_rows) + 1
                version_rows.append(_version_row(version_id, law_id, version))
                documents = {self.documents[t.source, t.path] for t in version.texts}
                link_rows += [{"version": version_id, "document": d} for d in sorted(documents)]
                first = len(provision_rows) + 1
                for article in version.text.articles:
                    provision_id = len(provision_rows) + 1
                    own = taxonomy.directions(version.text, article)
                    where = address(law.name, version.label, article.article, article.suffix)
                    provision_rows.append(
                        {
                            "id": provision_id,
                            "version": version_id,
                            "address": where,
                            "article": article.article,
                            "suffix": article.suffix,
                            "number": article.number,
                            "chapter": article.chapter,
                            "text": article.text,
                            "source": version.text.source,
                        }
                    )
                    direction_rows += _direction_rows("provision", provision_id, own)
                    self.entries.append(
                        search.Entry(
                            "provision",
                            provision_id,
                            law.name,
                            article.chapter,
                            article.text,
                            version.effective_from,
                            _last_day(version),
                            tuple(own),
                            newest.kind,
                            law_id,
                        )
                    )
                if before is not None:
                    crosswalk_rows += _links(before, (version, first))
                before = (version, first)
        law_ids = {row["name"]: row["id"] for row in law_rows}
        alias_rows = [{"name": name, "law": law_ids[law]} for name, law in sorted(known.items())]
        for table, rows in (
            (schema.law, law_rows),
            (schema.alias, alias_rows),
            (schema.version, version_rows),
            (schema.version_document, link_rows),
            (schema.provision, provision_rows),
            (schema.direction, direction_rows),
            (schema.crosswalk, crosswalk_rows),
        ):
            for start in range(0, len(rows), _BATCH):
                self.connection.execute(insert(table), rows[start : start + _BATCH])
        return len(version_rows), len(provision_rows)

    def _facts_about_laws(self, plan: validity.Plan) -> None:
        """Conflicts between sources, laws known by their repeal, and curated notices."""
        ids = {row.name: row.id for row in self.connection.execute(select(schema.law))}
        conflicts = [
            {
                "law": c.law,
                "version": c.version,
                "what": c.what,
                "claims": json.dumps(c.claims, ensure_ascii=False),
                "taken": c.taken,
            }
            for c in plan.conflicts
        ]
        gone = [
            {"name": key(g.name), "last_day": g.last_day.isoformat(), "replaced_by": g.replaced_by}
            for g in plan.gone
        ]
        notices = [
            {"law": ids[n.law], "since": n.since.isoformat(), "text": n.text}
            for n in curated.table().notice
            if n.law in ids
        ]
        for table, rows in (
            (schema.conflict, conflicts),
            (schema.repealed_law, gone),
            (schema.notice, notices),
        ):
            if rows:
                self.connection.execute(insert(table), rows)

    def _cases(self, cases: Iterable[CaseText]) -> int:
        count = 0
        for count, case in enumerate(cases, 1):
            own = taxonomy.case_directions(case)
            row = {
                "id": count,
                "title": case.title,
                "number": case.number,
                "court": case.court,
                "decided_on": case.decided_on.isoformat() if case.decided_on else None,
                "published_on": case.published_on.isoformat() if case.published_on else None,
                "cause": case.cause,
                "keywords": json.dumps(case.keywords, ensure_ascii=False),
                "facts": case.facts,
                "issues": case.issues,
                "holding": case.holding,
                "reasoning": case.reasoning,
                "result": case.result,
                "authority": case.authority,
                "document": self.documents[case.source, case.path],
            }
            self.connection.execute(insert(schema.court_case), row)
            self._belongs("court_case", count, own)
            self._case_citations(count, case)
            heading = " ".join((case.cause, *case.keywords))
            self.entries.append(
                search.Entry(
                    "court_case",
                    count,
                    case.title,
                    heading,
                    case.holding or case.facts,
                    date.min,
                    None,
                    tuple(own),
                    "",
                )
            )
        return count

    def _case_citations(self, case_id: int, case: CaseText) -> None:
        """What the case cites, judged as of the day of its decision."""
        day = case.decided_on or case.published_on or date.today()
        text = "\n".join((case.statutes, case.reasoning, case.holding))
        rows = [
            {
                "court_case": case_id,
                "position": position,
                "text": cited.text,
                "law": cited.law,
                "article": cited.article,
                "suffix": cited.suffix,
                "paragraph": cited.paragraph,
                "item": cited.item,
                "status": cited.status,
                "address": cited.address,
            }
            for position, cited in enumerate(self.db.cite(text, as_of=day), 1)
        ]
        if rows:
            self.connection.execute(insert(schema.case_citation), rows)

    def _notes(self, notes: Iterable[NoteText]) -> int:
        count = 0
        for count, note in enumerate(notes, 1):
            own = taxonomy.note_directions(note)
            self.connection.execute(
                insert(schema.note),
                {
                    "id": count,
                    "title": note.title,
                    "kind": note.kind,
                    "text": note.text,
                    "document": self.documents[note.source, note.path],
                },
            )
            self._belongs("note", count, own)
            self.entries.append(
                search.Entry(
                    "note", count, note.title, "", note.text, date.min, None, tuple(own), ""
                )
            )
        return count

    def _belongs(self, subject: str, subject_id: int, own: dict[str, str]) -> None:
        rows = _direction_rows(subject, subject_id, own)
        if rows:
            self.connection.execute(insert(schema.direction), rows)


def _version_row(version_id: int, law_id: int, version: validity.VersionPlan) -> dict[str, object]:
    return {
        "id": version_id,
        "law": law_id,
        "label": version.label,
        "promulgated_on": version.adopted_on.isoformat() if version.adopted_on else None,
        "effective_from": version.effective_from.isoformat(),
        "effective_basis": version.effective_basis,
        "effective_to": version.effective_to.isoformat() if version.effective_to else None,
        "end_basis": version.end_basis,
        "replaced_by": version.replaced_by,
        "repealed": version.repealed,
        "amended": version.amended,
    }


def _last_day(version: validity.VersionPlan) -> date | None:
    """For search: a version repealed on an unknown day is not found as of any day."""
    if version.repealed and version.effective_to is None:
        return date.min
    return version.effective_to


def _direction_rows(subject: str, subject_id: int, own: dict[str, str]) -> list[dict[str, object]]:
    return [
        {"subject": subject, "subject_id": subject_id, "direction": name, "reason": reason}
        for name, reason in own.items()
    ]


def _links(
    old: tuple[validity.VersionPlan, int], new: tuple[validity.VersionPlan, int]
) -> list[dict[str, object]]:
    links = crosswalk.align(old[0].text.articles, new[0].text.articles)
    return [
        {
            "old": old[1] + link.old,
            "new": new[1] + link.new,
            "score": link.score,
            "changed": link.changed,
        }
        for link in links
    ]
