"""Files: where things live, and writes that are whole or not there at all."""

import errno
import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ecmiip.errors import UserError


def home() -> Path:
    """The folder for everything we download or make: ``$ECMIIP_HOME``, else ``~/.ecmiip``."""
    return Path(os.environ.get("ECMIIP_HOME") or Path.home() / ".ecmiip").expanduser().absolute()


def shared() -> Path | None:
    """The folder with extra sources: ``$ECMIIP_SHARED``, else ``../shared`` if it is there."""
    named = os.environ.get("ECMIIP_SHARED")
    if named:
        path = Path(named).expanduser()
        if not path.is_dir():
            raise UserError(
                f"ECMIIP_SHARED names {path}, which is not a folder: correct or unset it"
            )
        return path.absolute()
    beside = Path.cwd().parent / "shared"
    return beside if (beside / "sources").is_dir() else None


def shipped(name: str) -> Path:
    """A file or folder that comes with the project (``recipes``, ``data``).

    An installed package holds them itself; in a checkout they lie at its top.
    """
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.exists() else package.parents[1] / name


@contextmanager
def disk_full_is_the_users(path: Path) -> Iterator[None]:
    """Tell a full disk as what it is to the user: something to mend, not a fault of ours."""
    try:
        yield
    except Exception as error:
        if not _is_disk_full(error):
            raise
        raise UserError(f"disk full while writing {path}: free some space and run again") from error


def _is_disk_full(error: BaseException | None) -> bool:
    """Whether ``error`` or what caused it says so, in the words of the library that wrote."""
    if error is None:
        return False
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    # safetensors and other compiled writers have no error number, only the system's words.
    return "os error 28" in str(error) or _is_disk_full(error.__cause__)


@contextmanager
def unwritable_is_the_users(path: Path) -> Iterator[None]:
    """Turn a place that cannot be written to, met while ``path`` is opened, into a UserError."""
    try:
        yield
    except OSError as error:
        if _is_disk_full(error):
            raise
        raise UserError(
            f"{path}: cannot be written ({error.strerror}): name another place"
        ) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it onto ``path`` only if the block succeeds.

    The bytes are flushed to disk before the rename, so a crash leaves the old file or the
    new one, never a part.
    """
    with unwritable_is_the_users(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
        if path.is_dir():
            Path(name).unlink()
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    part = Path(name)
    try:
        with disk_full_is_the_users(path):
            yield part
            # mkstemp makes files private; give them the permissions that the umask would.
            umask = os.umask(0)
            os.umask(umask)
            part.chmod(0o666 & ~umask)
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.replace(path)
    finally:
        for leftover in path.parent.glob(f"{part.name}*"):  # SQLite keeps a journal beside its file
            leftover.unlink()


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON with a final newline, atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """The value of a JSON file. Raises UserError naming the file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, error) from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path}: not JSON ({error}): mend or delete it") from error


def write_jsonl(path: Path, rows: Iterable[Any]) -> int:
    """Write one JSON value per line, atomically; return how many."""
    count = 0
    with replacing(path) as part, part.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def append_jsonl(path: Path, row: Any) -> None:
    """Add one line at once, for logs that grow while work goes on."""
    with unwritable_is_the_users(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="utf-8")
    with disk_full_is_the_users(path), file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


def mend_jsonl(path: Path) -> None:
    """Cut off the part of a line that a crash left at the end of an appended file."""
    if path.exists():
        with path.open("rb+") as file:
            file.truncate(file.read().rfind(b"\n") + 1)


def read_jsonl(path: Path) -> Iterator[Any]:
    """Yield the value of each non-empty line. Raises UserError naming the file and line."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        yield json.loads(line)
                    except (json.JSONDecodeError, RecursionError) as error:
                        reason = getattr(error, "msg", error)
                        raise UserError(
                            f"{path}:{number}: not JSON ({reason}): mend that line"
                        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8: save it as UTF-8") from error


def _unreadable(path: Path, error: OSError) -> UserError:
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return UserError(f"{path}: no such file: check the path")
    return UserError(f"{path}: cannot be read ({error.strerror}): check the path and its rights")


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
