"""The built set: same input, same bytes; nothing lost; the sides share no provision."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ecmiip.instruct import build as building
from ecmiip.instruct.pair import Pair, read_built
from ecmiip.instruct.split import is_heldout
from ecmiip.mipld.database import Mipld

DAY = date(2026, 11, 22)
SIDES = ("train", "heldout", "dropped")


@pytest.fixture(scope="module")
def built(small_mipld: Mipld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs") / "set"
    building.build(small_mipld, DAY, folder)
    return folder


def rows(folder: Path, side: str) -> list[dict[str, Any]]:
    lines = (folder / f"{side}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_database_and_day_give_the_same_bytes(
    built: Path, small_mipld: Mipld, tmp_path: Path
) -> None:
    building.build(small_mipld, DAY, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(built)


def test_another_day_gives_another_set(built: Path, small_mipld: Mipld, tmp_path: Path) -> None:
    building.build(small_mipld, date(2027, 1, 1), tmp_path / "later")
    later = {row["provisions"][0] for row in rows(tmp_path / "later", "train")}
    assert any(address.startswith("示例专利法@2026#") for address in later)
    assert not any(address.startswith("示例专利法@2020#") for address in later)
    assert rows(built, "train")


def test_what_is_there_is_left_as_it_is(
    built: Path, small_mipld: Mipld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "derive", lambda *_: pytest.fail("built again"))
    stats = building.build(small_mipld, DAY, built)
    assert stats == json.loads((built / "stats.json").read_text())


def test_a_set_by_older_rules_is_built_again(
    small_mipld: Mipld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    building.build(small_mipld, DAY, tmp_path)
    (tmp_path / "train.jsonl").write_text("")
    monkeypatch.setattr(building, "VERSION", building.VERSION + 1)
    building.build(small_mipld, DAY, tmp_path)
    assert rows(tmp_path, "train")


def test_an_interrupted_build_is_not_taken_for_whole(
    small_mipld: Mipld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(building, "write_json", stop)
        with pytest.raises(KeyboardInterrupt):
            building.build(small_mipld, DAY, tmp_path)
    assert not (tmp_path / "stats.json").exists()
    assert building.build(small_mipld, DAY, tmp_path)["sides"]["train"]


def test_every_pair_is_somewhere_once(built: Path) -> None:
    ids = [row["id"] for side in SIDES for row in rows(built, side)]
    assert ids
    assert len(set(ids)) == len(ids)


def test_the_sides_share_no_provision(built: Path) -> None:
    rested = {
        side: {address for pair in read_built(built / f"{side}.jsonl") for address in pair.provisions}
        for side in ("train", "heldout")
    }
    assert rested["train"]
    assert not rested["train"] & rested["heldout"]
    assert not any(map(is_heldout, rested["train"]))
    assert all(map(is_heldout, rested["heldout"]))


def test_stats_count_what_is_in_the_files(built: Path) -> None:
    stats = json.loads((built / "stats.json").read_text())
    assert stats["sides"] == {side: len(rows(built, side)) for side in SIDES}
    kept = rows(built, "train") + rows(built, "heldout")
    for origin in ("authored", "derived", "imported", "teacher"):
        mine = [row for row in kept if row["origin"] == origin]
        assert stats[origin]["total"] == len(mine)
        for counted in ("by_task", "by_direction"):
            assert sum(stats[origin][counted].values()) == len(mine)


def test_most_pairs_are_answered_from_what_is_shown(built: Path) -> None:
    kept = rows(built, "train") + rows(built, "heldout")
    for row in kept:
        if row["context"]:
            assert set(row["provisions"]) <= set(row["context"])
            assert len(row["context"]) == len(set(row["context"])) <= 3
    open_book = sum(bool(row["context"]) for row in kept)
    assert 0.5 < open_book / len(kept) < 0.95


def test_what_is_shown_does_not_always_come_first(built: Path) -> None:
    kept = [row for row in rows(built, "train") if len(row["context"]) == 3]
    places = {row["context"].index(row["provisions"][0]) for row in kept}
    assert places == {0, 1, 2}


def test_a_held_out_pair_is_shown_as_it_is_taught(built: Path) -> None:
    for row in rows(built, "train") + rows(built, "heldout"):
        assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant"]
        assert row["messages"][-1]["content"] == row["answer"]
        assert ("法条：" in row["messages"][1]["content"]) == bool(row["context"])


def test_a_pair_with_faults_is_dropped_with_its_reasons(
    small_mipld: Mipld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Pair(
        id="wrong",
        task="case",
        direction="patent",
        as_of=DAY,
        question="问",
        answer="依据《示例专利法》第九条。",
        provisions=("示例专利法@2020#2",),
        origin="derived",
    )
    monkeypatch.setattr(building, "derive", lambda *_: iter([wrong]))
    building.build(small_mipld, DAY, tmp_path)
    (row,) = rows(tmp_path, "dropped")
    assert row["id"] == "wrong"
    assert "no_such_article" in row["reasons"][0]
    assert rows(tmp_path, "train") == rows(tmp_path, "heldout") == []


def test_the_folder_of_a_day(home: Path) -> None:
    assert building.folder(DAY) == home / "pairs" / "2026-11-22"
