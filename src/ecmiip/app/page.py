"""The page's own files, read once at the start: no request ever names a file."""

import mimetypes
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import FastAPI, Request, Response

# A built file has the digest of its content in its name; index.html names the current ones.
_FOREVER = "public, max-age=31536000, immutable"


def add_page(app: FastAPI) -> None:
    """Serve the built page at / and its files below /."""
    for path, source in _walk(files("ecmiip.app") / "static", ""):
        _add(app, path, source.read_bytes())


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        path = f"{prefix}/{entry.name}"
        found += _walk(entry, path) if entry.is_dir() else [(path, entry)]
    return found


def _add(app: FastAPI, path: str, body: bytes) -> None:
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    caching = _FOREVER if path.startswith("/assets/") else "no-cache"

    def answer(_: Request) -> Response:
        return Response(body, media_type=kind, headers={"cache-control": caching})

    app.add_route("/" if path == "/index.html" else path, answer, include_in_schema=False)
