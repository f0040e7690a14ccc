"""The built page: fresh, whole, and served from memory."""

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

STATIC = files("ecmiip.app") / "static"
WEB = Path(__file__).parents[2] / "web"


def test_the_build_is_that_of_the_sources() -> None:
    """`make web` builds anew."""
    digest = hashlib.sha256()
    sources = [path for path in WEB.rglob("*") if path.is_file()]
    names = {path.relative_to(WEB).as_posix(): path for path in sources}
    for name in sorted(names):
        if "node_modules" not in name:
            digest.update(f"{name}\n".encode() + names[name].read_bytes() + b"\n")
    assert (STATIC / "source.sha256").read_text().strip() == digest.hexdigest()


def test_every_file_the_page_names_is_served(app: FastAPI) -> None:
    client = TestClient(app, base_url="http://127.0.0.1")
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) >= 4
    for path in named:
        assert path.startswith("/"), "nothing comes from elsewhere"
        assert client.get(path).status_code == 200


def test_there_is_no_inline_code() -> None:
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=|javascript:", text)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_page_is_only_read(app: FastAPI, method: str) -> None:
    assert TestClient(app, base_url="http://127.0.0.1").request(method, "/").status_code == 405


def test_it_stays_small() -> None:
    """A lawyer's laptop on a train: the whole page is less than one photograph."""
    sizes = [file.stat().st_size for file in Path(str(STATIC)).rglob("*") if file.is_file()]
    assert sum(sizes) < 300_000
