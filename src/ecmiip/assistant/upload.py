"""A document that a user gives: its text, or one clear sentence on why there is none."""

from dataclasses import dataclass
from pathlib import Path, PurePath

from ecmiip.errors import UserError
from ecmiip.mipld.sources import plain_text

TYPES = (".docx", ".pdf", ".txt", ".md")
MAX_BYTES = 10 * 1024 * 1024
MAX_CHARACTERS = 300_000


@dataclass(frozen=True)
class Upload:
    """The text of a document; ``name`` is its file name without folders."""

    name: str
    text: str


def read_upload(name: str, data: bytes) -> Upload:
    """The text in ``data``, which came as a file called ``name``.

    Raises UserError for another type, an empty, too large, encrypted, damaged or scanned file.
    """
    shown = PurePath(name.replace("\\", "/")).name or "upload"
    suffix = PurePath(shown).suffix.lower()
    if suffix not in TYPES:
        kinds = ", ".join(kind[1:] for kind in TYPES)
        raise UserError(f"{shown}: type {suffix or 'without extension'} is not read: use {kinds}")
    if not data:
        raise UserError(f"{shown}: is empty: give a file with text")
    if len(data) > MAX_BYTES:
        raise UserError(f"{shown}: is larger than {MAX_BYTES >> 20} MiB: split it")
    try:
        lines = plain_text.READERS[suffix](data)
    except plain_text.Unreadable as reason:
        raise UserError(f"{shown}: {reason}") from reason
    text = "\n".join(line.strip() for line in lines if line.strip())
    if not text:
        raise UserError(f"{shown}: holds no text: scanned pages need text recognition first")
    if len(text) > MAX_CHARACTERS:
        raise UserError(f"{shown}: has more than {MAX_CHARACTERS:,} characters: split it")
    return Upload(shown, text)


def read_file(path: Path) -> Upload:
    """The text of the file at ``path``; see :func:`read_upload`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path}: is larger than {MAX_BYTES >> 20} MiB: split it")
        return read_upload(path.name, path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}): check the path") from error
