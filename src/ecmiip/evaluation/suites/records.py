"""Records of a benchmark's files: read whole, and held against the layout they should have."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ecmiip.errors import UserError

SUFFIXES = (".json", ".jsonl", ".csv")

Record = dict[str, Any]


def read(path: Path, fields: Sequence[str] = ()) -> list[Record]:
    """The records of a JSON (a list, or one value per line) or CSV file, each with ``fields``.

    Raises UserError that names the file, the record and what it lacks.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise UserError(
            f"{path}: no such file: name with --root the top folder of a whole checkout"
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8: fetch the file again") from error
    try:
        found = _parsed(path, text)
    except (json.JSONDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not {path.suffix[1:].upper()} ({error}): fetch it again") from (
            error
        )
    for number, record in enumerate(found, 1):
        lacking = [name for name in fields if not isinstance(record, dict) or name not in record]
        if lacking:
            raise UserError(
                f"{path}: record {number} has no {', '.join(lacking)}: "
                f"this suite reads records with {', '.join(fields)}"
            )
    return found


def numbered(path: Path, prefix: str, fields: Sequence[str]) -> list[tuple[str, Record]]:
    """(id, record) of each record; the id is ``prefix``, the file's name and the number from 1."""
    rows = read(path, fields)
    return [(f"{prefix}/{path.stem}/{number}", row) for number, row in enumerate(rows, 1)]


def below(folder: Path) -> list[Path]:
    """All files under ``folder`` that :func:`read` can read, in order."""
    return sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)


def text(record: Record, name: str) -> str:
    """The text of a field, "" where it is empty."""
    value = record.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _parsed(path: Path, content: str) -> list[Any]:
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(content, newline="")))
    if content.lstrip().startswith("["):
        listed: list[Any] = json.loads(content)
        return listed
    # One value per line; JSON strings hold no line breaks, so that lines are records.
    return [json.loads(line) for line in content.split("\n") if line.strip()]
