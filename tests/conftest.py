"""What several test folders need: a private home, a package index, a MIPLD of made-up laws."""

import hashlib
import io
import json
import sqlite3
import threading
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ecmiip.mipld.build import build
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ``$ECMIIP_HOME``, with no extra sources, no hub and no index in sight."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ECMIIP_HOME", str(folder))
    monkeypatch.delenv("ECMIIP_SHARED", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    # Port 9 (discard) of this machine refuses at once: whatever asks it has no network.
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    return folder


# --- a package index ---------------------------------------------------------------------------


class FileServer:
    """A web server of in-memory files that can be told to misbehave.

    ``cuts[path]`` holds, for the next requests of ``path``, after how many bytes to hang up;
    ``statuses[path]`` an HTTP status to answer instead.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.files: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.cuts: dict[str, list[int]] = defaultdict(list)
        self.statuses: dict[str, int] = {}
        self.ranges = True
        self.pause = 0.0  # seconds between pieces of 64 KiB
        self.requests: list[tuple[str, str, str | None]] = []  # (method, path, Range)

    @property
    def index(self) -> str:
        return f"{self.url}/simple"

    def put(self, path: str, data: bytes) -> str:
        """Serve ``data`` at ``path``; return its URL."""
        self.files[path] = data
        return self.url + path

    def put_wheel(self, package: str, version: str, members: dict[str, bytes]) -> str:
        """Add a wheel to the index; return the path it is served at."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return self.put_wheel_bytes(package, version, buffer.getvalue())

    def put_wheel_bytes(self, package: str, version: str, data: bytes) -> str:
        """Add a wheel that consists of ``data``, whatever that is."""
        filename = f"{package.replace('-', '_')}-{version}-py3-none-any.whl"
        path = f"/files/{filename}"
        self.put(path, data)
        entry = {
            "filename": filename,
            "url": f"../../files/{filename}",
            "size": len(data),
            "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
        }
        self.put_page(package, {"meta": {"api-version": "1.1"}, "name": package, "files": [entry]})
        return path

    def put_page(self, package: str, page: Any) -> None:
        """Let the index say ``page`` (a value for JSON) of ``package``."""
        path = f"/simple/{package}/"
        self.put(path, json.dumps(page).encode())
        self.types[path] = "application/vnd.pypi.simple.v1+json"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: FileServer

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test output quiet."""

    def _answer(self, *, body: bool) -> None:
        site, path = self.site, self.path
        span = self.headers.get("Range")
        site.requests.append((self.command, path, span))
        data = site.files.get(path)
        status = site.statuses.get(path, 404 if data is None else 200)
        if data is None or status != 200:
            self._send(status, {}, b"")
            return
        headers = {"Content-Type": site.types.get(path, "application/octet-stream")}
        if span and site.ranges:
            start = int(span.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                self._send(416, {"Content-Range": f"bytes */{len(data)}"}, b"")
                return
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            status, data = 206, data[start:]
        self._send(status, headers, data, body=body)

    def _send(
        self, status: int, headers: dict[str, str], data: bytes, *, body: bool = True
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if not body:
            return
        cuts = self.site.cuts[self.path]
        cut = cuts.pop(0) if cuts else None
        for start in range(0, len(data[:cut]), 1 << 16):
            try:
                self.wfile.write(data[:cut][start : start + (1 << 16)])
            except OSError:  # the client was killed, as a test means it to be
                break
            time.sleep(self.site.pause)
        if cut is not None:
            self.close_connection = True


@pytest.fixture
def site() -> Iterator[FileServer]:
    """A web server on a free port of 127.0.0.1."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.site = FileServer(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    yield handler.site
    server.shutdown()
    server.server_close()


@pytest.fixture
def index(home: Path, site: FileServer, monkeypatch: pytest.MonkeyPatch) -> FileServer:
    """The web server as the package index that is asked."""
    assert not home.exists()  # and nothing cached yet
    monkeypatch.setenv("PIP_INDEX_URL", site.index)
    return site


# --- a small MIPLD -----------------------------------------------------------------------------

_CHINESE = "零一二三四五六七八九十"

# One article for each shape that the rules of ecmiip.instruct.derive look for, and plain ones.
_PATENT_LAW = (
    "为了鼓励示例创造，保护专利权人的利益，根据本国情况，制定本法。",
    "示例专利权的保护期限为十年，自示例专利申请日起计算，期满以后不再续展。",
    "有下列行为之一的，属于侵犯示例专利权：\n"
    "（一）未经许可，制造、销售示例专利产品的；\n"
    "（二）伪造示例专利证书或者专利标记的；\n"
    "（三）其他侵犯示例专利权的行为。",
    "未经登记擅自转让示例专利权的，由示例管理部门责令改正，并可以予以警告。",
    "申请示例专利的，应当提交请求书、说明书和示例图样，并缴纳规定的费用。",
    "对示例管理部门的决定不服的，可以自收到通知之日起三个月内向人民法院起诉。",
)
_TRADEMARK_LAW = (
    "为了加强示例商标管理，维护商标信誉，制定本法。",
    "示例注册商标的有效期为五年，自核准注册之日起计算，可以申请续展。",
    "将他人示例商标用作企业字号的，依照有关规定处理，并责令限期更名。",
    "本法自2010年5月1日起施行。《示例旧标志法》同时废止。",
)
_OLD_MARKS_LAW = ("示例标志由示例商标机关统一登记，未经登记不得使用。",)
# (name, adopted, effective, articles)
_LAWS = (
    ("示例专利法", "2020-03-01", "2020-06-01", _PATENT_LAW),
    # The newer text puts one article in front and takes one away.
    (
        "示例专利法",
        "2026-06-01",
        "2027-01-01",
        (_PATENT_LAW[0], "示例专利工作坚持公开原则，依照本法办理。", *_PATENT_LAW[1:4]),
    ),
    ("示例商标法", "2010-01-01", "2010-05-01", _TRADEMARK_LAW),
    ("示例旧标志法", "1990-01-01", "1990-02-01", _OLD_MARKS_LAW),
)


def _write_law_db(path: Path) -> None:
    """A data file with the tables of the one that MIPLD is built from by default."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE laws (law_id TEXT PRIMARY KEY, law_name TEXT NOT NULL, doc_type TEXT,"
            " level TEXT, issuing_body TEXT, publish_date TEXT, effective_date TEXT,"
            " version_date TEXT, status TEXT, law_department TEXT)"
        )
        connection.execute(
            "CREATE TABLE articles (id INTEGER PRIMARY KEY, law_id TEXT NOT NULL,"
            " law_name TEXT NOT NULL, law_department TEXT, level TEXT, status TEXT, chapter TEXT,"
            " section TEXT, article_no TEXT, article_no_arabic INTEGER, article_text TEXT,"
            " char_count INTEGER)"
        )
        for name, adopted, effective, articles in _LAWS:
            law = f"{name}-{adopted}"
            connection.execute(
                "INSERT INTO laws VALUES (?, ?, '法律', '法律', '某机关', ?, ?, ?, '现行有效', ?)",
                (law, name, adopted, effective, adopted, "民法商法"),
            )
            for number, text in enumerate(articles, 1):
                connection.execute(
                    "INSERT INTO articles (law_id, law_name, chapter, section, article_no,"
                    " article_no_arabic, article_text) VALUES (?, ?, ?, '', ?, ?, ?)",
                    (law, name, "第一章 总则", f"第{_CHINESE[number]}条", number, text),
                )


@pytest.fixture(scope="session")
def small_mipld_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database built from four versions of three made-up laws.

    示例专利法 has a version in force from 2020-06-01 to 2026-12-31 and one from 2027-01-01;
    示例商标法 is in force since 2010-05-01 and repealed 示例旧标志法.
    """
    folder = tmp_path_factory.mktemp("mipld")
    _write_law_db(folder / "laws.db")
    path = folder / "mipld.sqlite"
    build(path, shared=None, law_db=folder / "laws.db", progress=False)
    return path


@pytest.fixture(scope="session")
def small_mipld(small_mipld_path: Path) -> Iterator[Mipld]:
    """The small database, open."""
    with Mipld.open(small_mipld_path) as db:
        yield db


@pytest.fixture(scope="session")
def make_provision() -> Callable[..., Provision]:
    """Makes a provision of 示例法 with the given text; keyword arguments replace its fields."""

    def make(text: str, article: int = 3, **changes: Any) -> Provision:
        law = changes.get("law", "示例法")
        fields: dict[str, Any] = {
            "address": f"{law}@2020#{article}",
            "law": law,
            "version": "2020",
            "article": article,
            "suffix": None,
            "number": f"第{article}条",
            "chapter": "第一章 总则",
            "text": text,
            "effective_from": date(2020, 6, 1),
            "effective_to": None,
            "kind": "law",
            "directions": ("patent",),
            "discipline": "civil",
            "source": "synthetic",
        }
        return Provision(**fields | changes)

    return make
