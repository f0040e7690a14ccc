"""MIPLD as files for training and for ``datasets``: JSON lines, Parquet, and a data card."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from ecmiip.errors import UserError
from ecmiip.files import replacing, write_jsonl, write_text
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import DIRECTIONS, DISCIPLINES, KINDS

FORMATS = ("jsonl", "parquet")


def export(
    db: Mipld, folder: Path, *, formats: Iterable[str] = FORMATS, as_of: date | None = None
) -> dict[str, int]:
    """Write provisions, cases, notes and the crosswalk into ``folder``; return rows per table.

    ``as_of`` limits provisions to those in force on that day. Every file is written whole or not
    at all. Raises UserError if Parquet is asked for and pyarrow is not installed.
    """
    wanted = tuple(formats)
    counts: dict[str, int] = {}
    for name, rows in _tables(db, as_of).items():
        if "jsonl" in wanted:
            counts[name] = write_jsonl(folder / f"{name}.jsonl", rows)
        if "parquet" in wanted and rows:
            counts[name] = _write_parquet(folder / f"{name}.parquet", rows)
    write_text(folder / "README.md", card(db, counts, wanted, as_of))
    return counts


def _tables(db: Mipld, as_of: date | None) -> dict[str, list[dict[str, Any]]]:
    return {
        "provisions": [_plain(asdict(p)) for p in db.provisions(as_of=as_of)],
        "cases": [_plain(asdict(case)) for case in db.cases()],
        "notes": [_plain(asdict(note)) for note in db.notes()],
        "crosswalk": list(_crosswalk(db)),
    }


def _crosswalk(db: Mipld) -> Iterator[dict[str, Any]]:
    for old, new, score, changed in db.links():
        yield {"old": old, "new": new, "score": score, "changed": changed}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Dates as ISO text and tuples as lists, so that both formats say the same."""
    return {
        key: value.isoformat()
        if isinstance(value, date)
        else list(value)
        if isinstance(value, tuple)
        else value
        for key, value in row.items()
    }


def _write_parquet(path: Path, rows: list[dict[str, Any]]) -> int:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise UserError(
            "Parquet needs pyarrow: pip install 'ecmiip[corpus]', or export with --format jsonl"
        ) from error
    table = pa.Table.from_pylist(rows)
    with replacing(path) as part:
        pq.write_table(table, part, compression="zstd")
    return int(table.num_rows)


def card(db: Mipld, counts: dict[str, int], formats: tuple[str, ...], as_of: date | None) -> str:
    """The data card: what is in here, from where, under which terms, and what is missing."""
    facts = db.stats()
    extension = "parquet" if "parquet" in formats else "jsonl"
    configs = "\n".join(
        f"- config_name: {name}\n  data_files: {name}.{extension}"
        for name in counts
        if counts[name]
    )
    day = f" in force on {as_of}" if as_of else " of every stored version"
    sections = [
        f"---\nlanguage:\n- zh\ntags:\n- legal\n- intellectual-property\nconfigs:\n{configs}\n---",
        "# MIPLD: Chinese intellectual-property law, dated",
        "Provisions" + day + ", decided cases, notes, and which article continues which. Made by "
        f"`ecmiip mipld export` from a database with fingerprint `{facts['fingerprint']}`, "
        f"built {facts['built_at']}.",
        _table("Rows", counts, {}),
        _sources(db),
        _table("Laws by kind", facts["laws_by_kind"], KINDS),
        _table("Laws by discipline", facts["laws_by_discipline"], DISCIPLINES),
        _table("Provisions by direction", facts["provisions_by_direction"], DIRECTIONS),
        _table("Provisions by source of the wording", facts["provisions_by_source"], {}),
        _table("First day in force: on what basis", facts["versions_by_basis"], {}),
        _gaps(facts),
    ]
    return "\n\n".join(sections) + "\n"


def _table(title: str, counts: dict[str, int], names: Any) -> str:
    rows = "\n".join(
        f"| {key}{f' {names[key]}' if key in names else ''} | {count:,} |"
        for key, count in counts.items()
    )
    return f"## {title}\n\n| | count |\n|---|---:|\n{rows}"


def _sources(db: Mipld) -> str:
    rows = "\n".join(
        f"| {s['id']} | {s['title']} | {s['licence']} | {s['retrieved_on']} | {s['documents']:,} |"
        for s in db.sources()
    )
    head = "| source | what | terms | read on | documents |\n|---|---|---|---|---:|"
    return f"## Sources\n\n{head}\n{rows}"


def _gaps(facts: dict[str, Any]) -> str:
    lines = [
        f"- {facts['unknown_first_day']:,} versions whose first day in force no source gives: "
        'the day of adoption stands in, and `effective_basis` starts with "unknown".',
        f"- {facts['unknown_last_day']:,} versions that a source calls repealed without a day: "
        "they count as in force on no day.",
        f"- {sum(facts['conflicts_by_kind'].values()):,} disagreements between sources "
        f"({json.dumps(facts['conflicts_by_kind'])}); `ecmiip mipld stats --json` lists them.",
        f"- {len(facts['left_out']):,} documents left out, each with a reason in `stats`.",
        "- Earlier versions of most laws are not in the sources: a day before the first stored "
        "version has no text here.",
    ]
    lines += [f"- {n['law']} (since {n['since']}): {n['text']}." for n in facts["notices"]]
    return "## Gaps\n\n" + "\n".join(lines)
