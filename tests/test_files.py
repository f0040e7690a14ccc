"""Files are whole or not there, and what is wrong with them is said in one sentence."""

import errno
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ecmiip import files
from ecmiip.errors import UserError


def test_home_is_the_named_folder_else_one_in_the_users_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ECMIIP_HOME", str(tmp_path / "here"))
    assert files.home() == tmp_path / "here"
    monkeypatch.setenv("ECMIIP_HOME", "")
    assert files.home() == Path.home() / ".ecmiip"


def test_shared_must_be_a_folder_when_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ECMIIP_SHARED", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="nowhere, which is not a folder: correct or unset it"):
        files.shared()
    monkeypatch.setenv("ECMIIP_SHARED", str(tmp_path))
    assert files.shared() == tmp_path


def test_shared_is_found_beside_the_working_folder_only_if_it_has_sources(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ECMIIP_SHARED", raising=False)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    assert files.shared() is None
    (tmp_path / "shared" / "sources").mkdir(parents=True)
    assert files.shared() == tmp_path / "shared"


def test_replacing_swaps_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    files.write_text(path, "old")
    with files.replacing(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_replacing_keeps_the_old_file_when_the_block_fails(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    files.write_text(path, "old")
    with pytest.raises(KeyboardInterrupt):
        _stop_while_writing(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def _stop_while_writing(path: Path) -> None:
    with files.replacing(path) as part:
        part.write_text("half of the n")
        raise KeyboardInterrupt


def test_written_files_have_the_permissions_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write_text(tmp_path / "file.txt", "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.txt").stat().st_mode) == 0o640


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_and_keeps_the_old_file(tmp_path: Path, code: int) -> None:
    path = tmp_path / "file.txt"
    files.write_text(path, "old")
    with pytest.raises(UserError, match=r"disk full while writing .*file\.txt: free some space"):
        _write_on_a_full_disk(path, code)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def _write_on_a_full_disk(path: Path, code: int) -> None:
    with files.replacing(path) as part:
        part.write_text("half")
        raise OSError(code, "full")


def test_other_faults_of_the_disk_are_not_the_users(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="broken"), files.replacing(tmp_path / "file.txt"):
        raise OSError(errno.EIO, "broken")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_when_a_log_grows(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").symlink_to("/dev/full")
    with pytest.raises(UserError, match="disk full"):
        files.append_jsonl(tmp_path / "log.jsonl", {})


def test_json_survives_a_round_trip_and_is_readable(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    files.write_json(path, {"law": "示例法", "n": [1, None]})
    assert files.read_json(path) == {"law": "示例法", "n": [1, None]}
    assert "示例法" in path.read_text(encoding="utf-8")
    assert path.read_text().endswith("}\n")


def test_json_lines_survive_a_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"text": "第一行\n第二行"}, [1, 2], "三"]
    assert files.write_jsonl(path, iter(rows)) == 3
    files.append_jsonl(path, {"n": 4})
    assert list(files.read_jsonl(path)) == [*rows, {"n": 4}]


def test_json_lines_are_not_half_written_when_the_rows_fail(tmp_path: Path) -> None:
    def rows() -> object:
        yield {"n": 1}
        raise RuntimeError("source broke")

    with pytest.raises(RuntimeError):
        files.write_jsonl(tmp_path / "rows.jsonl", rows())
    assert list(tmp_path.iterdir()) == []


def test_mending_cuts_the_line_that_a_crash_left(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    files.mend_jsonl(path)  # nothing to mend is no fault
    path.write_text('{"n": 1}\n{"n": 2}\n{"n": ', encoding="utf-8")
    files.mend_jsonl(path)
    files.append_jsonl(path, {"n": 3})
    assert list(files.read_jsonl(path)) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_mending_a_log_that_is_one_cut_line_empties_it(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes("{“法”".encode()[:-1])
    files.mend_jsonl(path)
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"n": 1}\n\n{"n": ]\n', r":3: not JSON .*: mend that line"),
        ('{"n": "示例"}\n'.encode("gb18030"), r": not UTF-8: save it as UTF-8"),
        (None, r": no such file: check the path"),
    ],
)
def test_bad_json_lines_are_told_with_file_and_line(
    tmp_path: Path, data: bytes | None, said: str
) -> None:
    path = tmp_path / "rows.jsonl"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UserError, match=r"rows\.jsonl" + said):
        list(files.read_jsonl(path))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "not JSON"),
        ("“".encode("gb18030"), "not JSON"),
        (None, "no such file"),
    ],
)
def test_bad_json_is_told_with_the_file(tmp_path: Path, data: bytes | None, said: str) -> None:
    path = tmp_path / "value.json"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UserError, match=rf"value\.json: {said}"):
        files.read_json(path)


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="check the path"):
        files.read_json(tmp_path)
    with pytest.raises(UserError, match="check the path"):
        list(files.read_jsonl(tmp_path))


def test_sha256_of_known_bytes(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert files.sha256(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def _fill_a_database(part: Path) -> None:
    connection = sqlite3.connect(part)
    connection.execute("PRAGMA max_page_count = 2")
    connection.execute("CREATE TABLE t (x)")
    connection.execute("INSERT INTO t VALUES (zeroblob(100000))")


def _fail_like_safetensors(part: Path) -> None:
    raise RuntimeError(f"{part}: I/O error: No space left on device (os error 28)")


def _leave_a_journal(part: Path) -> None:
    part.with_name(f"{part.name}-journal").write_bytes(b"half")
    raise sqlite3.OperationalError("ours")


@pytest.mark.parametrize("write", [_fill_a_database, _fail_like_safetensors])
def test_a_full_disk_is_told_as_one_whoever_writes(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    with (
        pytest.raises(UserError, match="disk full while writing"),
        files.replacing(tmp_path / "made") as part,
    ):
        write(part)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_fails_leaves_no_journal(tmp_path: Path) -> None:
    with (
        pytest.raises(sqlite3.OperationalError, match="ours"),
        files.replacing(tmp_path / "made") as part,
    ):
        _leave_a_journal(part)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["folder", "file/inside", "n" * 300])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    for write in (
        lambda path: files.write_text(path, "x"),
        lambda path: files.append_jsonl(path, 1),
    ):
        with pytest.raises(UserError, match="cannot be written"):
            write(tmp_path / place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "kept"


def test_nested_json_beyond_measure_is_told(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    for read in (files.read_json, lambda path: list(files.read_jsonl(path))):
        with pytest.raises(UserError, match="not JSON"):
            read(tmp_path / "deep.json")
