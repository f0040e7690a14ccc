"""Choice records whose fields are named in one of a few usual ways."""

import re
from collections.abc import Sequence
from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.evaluation.suites import records
from ecmiip.evaluation.suites.making import option_lines
from ecmiip.evaluation.suites.records import Record

LETTERS = "ABCDEFGH"

QUESTION = ("question", "query", "input", "prompt")
OPTIONS = ("options", "choices")
ANSWER = ("answer", "label", "gold", "output", "correct_answer")

_MARK = re.compile(r"^\s*[(（]?([A-H])[)）.．:：、]\s*")
_KEY = re.compile(r"^\W*([A-H](?:[\s,，、;；]*[A-H])*)(?![A-Za-z])")


def value(record: Record, names: Sequence[str], where: str) -> object:
    """What the first of ``names`` that the record has holds. Raises UserError if it has none."""
    if not isinstance(record, dict):
        raise UserError(f"{where} is no table of fields: the file is laid out otherwise")
    for name in names:
        if record.get(name) is not None:
            found: object = record[name]
            return found
    raise UserError(f"{where}: no field {' or '.join(names)}: the file is laid out otherwise")


def options(record: Record, question: str) -> tuple[str, dict[str, str]]:
    """(stem, options): from a list, a table, fields A, B, …, or the lines of the question."""
    listed = next((record[name] for name in OPTIONS if record.get(name)), None)
    if isinstance(listed, dict):
        return question, {str(letter).upper(): str(text) for letter, text in listed.items()}
    if isinstance(listed, list) and not all(str(text).strip() in LETTERS for text in listed):
        texts = [_MARK.sub("", str(text)) for text in listed]
        return question, dict(zip(LETTERS, texts, strict=False))
    own = {letter: records.text(record, letter) for letter in LETTERS if record.get(letter)}
    return (question, own) if own else option_lines(question)


def letters(answer: object, of: dict[str, str]) -> str:
    """The letters that ``answer`` names: letters, a list of them, a number from 0, or the text of
    an option; "" if it names none."""
    if isinstance(answer, list):
        return "".join(letters(part, of) for part in answer)
    if isinstance(answer, int):
        return LETTERS[answer] if 0 <= answer < len(of) else ""
    said = str(answer).strip()
    for letter, text in of.items():
        if said == text.strip():
            return letter
    found = _KEY.match(said)
    return re.sub(r"[^A-H]", "", found[1]) if found else ""


def place(path: Path, folder: Path) -> str:
    """A file's place as part of an id: its folders and name, without the suffix."""
    return path.relative_to(folder).with_suffix("").as_posix()
