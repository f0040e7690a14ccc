"""A user's own files: statutes, judgments and anything else, each recognised by what it holds."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecmiip import files
from ecmiip.mipld import statute
from ecmiip.mipld.document import LawText, NoteText, law_name
from ecmiip.mipld.sources import Problems, Record, Records, judgments, plain_text
from ecmiip.mipld.sources.markdown_law import history

SOURCE = "user"
# A passage is what one search result shows; statutes and judgments keep their own units.
PASSAGE = 800
_KINDS = (
    (r"(?:(?<!办)法|法典|决定)$", "law"),
    (r"条例$|实施细则$", "regulation"),
    (r"最高人民(?:法院|检察院).*(?:解释|规定|批复)", "interpretation"),
    (r"(?:办法|规定|规则|细则)(?:（试行）)?$", "rule"),
)


def supported(path: Path) -> bool:
    """Whether a file of that name can be read at all."""
    return path.suffix.lower() in {*plain_text.READERS, ".jsonl", ".json"}


def walk(path: Path) -> Iterator[Path]:
    """The files under ``path`` in a stable order, without hidden ones."""
    if path.is_file():
        yield path
        return
    for found in sorted(path.rglob("*")):
        if found.is_file() and not any(p.startswith(".") for p in found.relative_to(path).parts):
            yield found


def read(path: Path, problems: Problems) -> Records:
    """Yield what one file holds. A file that cannot be read is a problem, never an exception."""
    name = str(path.absolute())
    try:
        if path.suffix.lower() in {".jsonl", ".json"}:
            yield from _json(path, name, problems)
        else:
            yield from _text(plain_text.read(path), name, files.sha256(path), path.stem)
    except plain_text.Unreadable as reason:
        problems.add(SOURCE, name, str(reason))
    except (RecursionError, MemoryError) as error:
        problems.add(SOURCE, name, f"is too deeply nested or too large ({type(error).__name__})")


def _text(lines: list[str], path: str, digest: str, stem: str) -> Iterator[Record]:
    parsed = statute.parse(lines)
    kind = _statute_kind(parsed)
    if kind is not None:
        past = history(parsed.preamble, SOURCE)
        yield LawText(
            name=law_name(parsed.title),
            kind=kind,
            articles=parsed.articles,
            source=SOURCE,
            path=path,
            digest=digest,
            promulgated_on=past.adopted_on,
            claims=past.effective,
            amended=past.amended,
            revised=past.revised,
            preamble="\n".join(parsed.preamble),
        )
        return
    yield from _passages(lines, path, digest, stem)


def _statute_kind(parsed: statute.Statute) -> str | None:
    """A statute has a title that says so, and articles that count from 第一条."""
    articles = parsed.articles
    if len(articles) < 3 or articles[0].number != "第一条" or len(parsed.title) > 80:
        return None
    return next((kind for pattern, kind in _KINDS if re.search(pattern, parsed.title)), None)


def _passages(lines: list[str], path: str, digest: str, stem: str) -> Iterator[NoteText]:
    """Paragraphs gathered into passages of about PASSAGE characters, never broken inside a line
    unless the line alone is longer."""
    title = stem
    gathered: list[str] = []
    number = 0
    for line in lines:
        plain = statute.tidy(line.lstrip("#"))
        if line.startswith("#") and plain:
            if gathered:
                number += 1
                yield _note(title, gathered, path, digest, number)
                gathered = []
            title = f"{stem}: {plain}"
            continue
        for start in range(0, len(plain), PASSAGE):
            piece = plain[start : start + PASSAGE]
            if gathered and sum(map(len, gathered)) + len(piece) > PASSAGE:
                number += 1
                yield _note(title, gathered, path, digest, number)
                gathered = []
            gathered.append(piece)
    if gathered:
        yield _note(title, gathered, path, digest, number + 1)


def _note(title: str, lines: list[str], path: str, digest: str, number: int) -> NoteText:
    return NoteText(title, "document", "\n".join(lines), SOURCE, f"{path}#{number}", digest)


def _json(path: Path, name: str, problems: Problems) -> Iterator[Record]:
    """JSON lines, or one JSON list or object; a bad line is a problem and the others are kept."""
    text = plain_text.decode(plain_text.load(path))
    digest = files.sha256(path)
    read = 0
    for number, value in _values(text, path.suffix.lower(), name, problems):
        where = f"{name}:{number}"
        if judgments.is_judgment(value):
            try:
                yield judgments.parse(value, SOURCE, where)
            except ValueError as error:
                problems.add(SOURCE, where, f"{error}: correct that record")
                continue
        elif (
            isinstance(value, dict) and isinstance(value.get("text"), str) and value["text"].strip()
        ):
            title = str(value.get("title") or path.stem)
            yield NoteText(title, "document", value["text"], SOURCE, where, digest)
        else:
            problems.add(
                SOURCE, where, "is neither a judgment (案号, 事实, 理由, 主文) nor {title, text}"
            )
            continue
        read += 1
    if not read and not any(path.startswith(name) for _, path, _ in problems.found):
        problems.add(SOURCE, name, "holds no records")


def _values(text: str, suffix: str, name: str, problems: Problems) -> Iterator[tuple[int, Any]]:
    if suffix == ".json":
        try:
            whole = json.loads(text)
        except ValueError as error:
            problems.add(SOURCE, name, f"is not JSON ({error}): mend it there")
            return
        yield from enumerate(whole if isinstance(whole, list) else [whole], 1)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if len(line) > plain_text.MAX_LINE:
            problems.add(SOURCE, f"{name}:{number}", "is an enormous line: break it up")
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            problems.add(SOURCE, f"{name}:{number}", f"is not JSON ({error}): mend that line")
