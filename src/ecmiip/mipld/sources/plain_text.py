"""A file of any supported type as lines of text, or one clear reason why not.

Every limit guards against a file that is damaged or hostile; each names itself in the reason.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MAX_BYTES = 200 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 200
MAX_LINE = 1_000_000
MAX_PAGES = 5_000
MAX_DEPTH = 20


class Unreadable(Exception):
    """The file gives no text; the message says why and how to mend it."""


def read(path: Path) -> list[str]:
    """The lines of ``path``. Raises Unreadable."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        kinds = ", ".join(sorted(kind[1:] for kind in READERS))
        raise Unreadable(f"type {path.suffix or 'without extension'} is not supported: use {kinds}")
    lines = reader(load(path))
    if any(len(line) > MAX_LINE for line in lines):
        raise Unreadable(f"has a line of more than {MAX_LINE:,} characters: break it up")
    if not any(line.strip() for line in lines):
        raise Unreadable("holds no text: scanned pages need text recognition first")
    return lines


def load(path: Path) -> bytes:
    """The bytes of ``path``. Raises Unreadable if it is empty, too large or out of reach."""
    try:
        size = path.stat().st_size
        if size == 0:
            raise Unreadable("is empty")
        if size > MAX_BYTES:
            raise Unreadable(f"is larger than {MAX_BYTES >> 20} MiB: split it")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be opened ({error.strerror})") from error


def decode(data: bytes) -> str:
    """Text in UTF-8, UTF-16 with a mark, or GB18030. Raises Unreadable."""
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text):
            return text
    raise Unreadable("is neither UTF-8, UTF-16 nor GB18030 text: save it as UTF-8")


def _is_text(text: str) -> bool:
    """Bytes that happen to decode are not text if control or unassigned characters abound."""
    sample = text[:100_000]
    odd = sum(not c.isprintable() and c not in "\n\r\t\f\x0b\u3000\xa0\u200b\ufeff" for c in sample)
    return "\x00" not in sample and odd <= len(sample) / 200


def _plain(data: bytes) -> list[str]:
    return decode(data).splitlines()


def _html(data: bytes) -> list[str]:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(decode(data))
    tree.strip_tags(["script", "style", "head", "noscript", "template"])
    body = tree.body
    return body.text(separator="\n", strip=True).splitlines() if body else []


def _docx(data: bytes) -> list[str]:
    import docx

    _refuse_bomb(data)
    try:
        return list(_blocks(docx.Document(io.BytesIO(data)), 0))
    except Unreadable:
        raise
    except Exception as error:  # zip, XML and package faults: whatever a damaged part provokes
        why = type(error).__name__
        raise Unreadable(f"is a damaged Word file ({why}): save it again as .docx") from error


def _refuse_bomb(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unreadable(f"is not a Word file ({error}): save it again as .docx") from error
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * len(data):
        raise Unreadable(f"would unpack to {unpacked >> 20} MiB: refused as a zip bomb")


def _blocks(parent: Any, depth: int) -> Iterator[str]:
    """Paragraphs and tables in order; a cell's own tables follow its text."""
    from docx.table import Table

    if depth > MAX_DEPTH:
        raise Unreadable(f"has tables nested more than {MAX_DEPTH} deep")
    for block in parent.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                cells = list(dict.fromkeys(cell._tc for cell in row.cells))
                by_element = {cell._tc: cell for cell in row.cells}
                parts = ["\n".join(_blocks(by_element[c], depth + 1)).strip() for c in cells]
                yield " | ".join(part.replace("\n", " ") for part in parts if part)
        else:
            yield block.text


def _pdf(data: bytes) -> list[str]:
    import logging

    from pypdf import PdfReader

    # Its many warnings about damage are summed up in one reason.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("is encrypted: save it without a password")
        if len(reader.pages) > MAX_PAGES:
            raise Unreadable(f"has more than {MAX_PAGES:,} pages: split it")
        return [line for page in reader.pages for line in page.extract_text().splitlines()]
    except Unreadable:
        raise
    except Exception as error:  # pypdf lets through whatever a damaged object provokes
        raise Unreadable(f"is a damaged PDF ({type(error).__name__}): save it again") from error


READERS: dict[str, Callable[[bytes], list[str]]] = {
    ".txt": _plain,
    ".md": _plain,
    ".html": _html,
    ".htm": _html,
    ".docx": _docx,
    ".pdf": _pdf,
}
