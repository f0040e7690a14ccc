"""The built set: same input, same bytes; nothing lost; the sides share no provision."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ecmiip.instruct import build as building
from ecmiip.instruct import derive as deriving
from ecmiip.instruct import split as splitting
from ecmiip.instruct.derive import again, reading
from ecmiip.instruct.pair import read_built
from ecmiip.mipld.database import Mipld

DAY = date(2026, 11, 22)
SIDES = ("train", "heldout", "dropped")
# Written by hand: one on an item, one on nothing, one that is wrong.
AUTHORED = """
[[pair]]
id = "authored/conduct/patent/1"
task = "conduct"
direction = "patent"
as_of = 2026-11-22
question = "没有许可就制造、销售示例专利产品，如何定性？"
answer = "属于《示例专利法》第三条第（一）项的行为。"
provisions = ["示例专利法@2020#3(1)"]

[[pair]]
id = "authored/doctrine/patent/1"
task = "doctrine"
direction = "patent"
as_of = 2026-11-22
question = "今天天气怎么样？"
answer = "这不是知识产权问题。"
provisions = []

[[pair]]
id = "authored/doctrine/patent/2"
task = "doctrine"
direction = "patent"
as_of = 2026-11-22
question = "期限多久？"
answer = "依据《示例专利法》第九条。"
provisions = ["示例专利法@2020#2"]
"""


@pytest.fixture(scope="module", autouse=True)
def authored_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A few authored pairs in place of the project's own."""
    folder = tmp_path_factory.mktemp("authored")
    path = folder / "pairs.toml"
    path.write_text(AUTHORED, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(building, "shipped", lambda _: folder)
        # Neither benchmarks nor pairs of others that happen to be at hand.
        patched.setenv("ECMIIP_SHARED", str(tmp_path_factory.mktemp("shared")))
        patched.setenv("ECMIIP_HOME", str(tmp_path_factory.mktemp("home")))
        # A law of few articles would have none held out.
        for module in (splitting, building, deriving, reading, again):
            patched.setattr(module, "is_heldout", lambda address: "#5" in address)
        yield path


@pytest.fixture(scope="module")
def built(
    small_mipld: Mipld, authored_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    assert authored_file
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
    made = [row for row in rows(tmp_path / "later", "train") if "/recall/" in row["id"]]
    later = {row["provisions"][0] for row in made}
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
        side: {
            address for pair in read_built(built / f"{side}.jsonl") for address in pair.provisions
        }
        for side in ("train", "heldout")
    }
    assert rested["train"]
    assert rested["heldout"]
    assert not rested["train"] & rested["heldout"]
    assert all("#5" in address for address in rested["heldout"])


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
            # Where nothing that is shown decides, the pair names what would.
            told = "/reading-none/" in row["id"] or "未涉及本题" in row["answer"]
            assert set(row["provisions"]) <= set(row["context"]) or told
            assert len(row["context"]) == len(set(row["context"])) <= 5


def test_training_is_not_shown_what_is_held_out(built: Path) -> None:
    shown = {address for row in rows(built, "train") for address in row["context"]}
    assert shown
    assert not any("#5" in address for address in shown)


def test_some_are_closed_book(built: Path) -> None:
    kept = rows(built, "train") + rows(built, "heldout")
    open_book = sum(bool(row["context"]) for row in kept)
    assert 0.5 < open_book / len(kept) < 0.95


def test_what_is_shown_does_not_always_come_first(built: Path) -> None:
    kept = [row for row in rows(built, "train") if len(row["context"]) == 3]
    kept = [row for row in kept if row["provisions"] and "reading" not in row["id"]]
    places = {row["context"].index(row["provisions"][0]) for row in kept}
    assert places == {0, 1, 2}


def test_a_held_out_pair_is_shown_as_it_is_taught(built: Path) -> None:
    for row in rows(built, "train") + rows(built, "heldout"):
        assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant"]
        assert row["messages"][-1]["content"] == row["answer"]
        assert ("法条：" in row["messages"][1]["content"]) == bool(row["context"])


def test_a_pair_with_faults_is_dropped_with_its_reasons(built: Path) -> None:
    (row,) = [row for row in rows(built, "dropped") if row["origin"] == "authored"]
    assert row["id"] == "authored/doctrine/patent/2"
    assert "no_such_article" in row["reasons"][0]


def test_authored_pairs_come_first(built: Path) -> None:
    kept = [row["id"] for row in rows(built, "train") if row["origin"] == "authored"]
    assert kept == ["authored/conduct/patent/1", "authored/doctrine/patent/1"]
    assert [row["id"] for row in rows(built, "train")[:2]] == kept


def test_no_article_is_shown_twice(small_mipld: Mipld) -> None:
    pair = next(building.authored())
    for number in range(20):
        shown = building.with_context(pair.model_copy(update={"id": f"{number}"}), small_mipld)
        articles = [address.split("(")[0] for address in shown.context]
        assert len(set(articles)) == len(articles)


def test_a_change_of_the_authored_pairs_builds_again(
    small_mipld: Mipld, tmp_path: Path, authored_file: Path
) -> None:
    building.build(small_mipld, DAY, tmp_path)
    authored_file.write_text(AUTHORED.replace("天气", "股市"), encoding="utf-8")
    try:
        building.build(small_mipld, DAY, tmp_path)
    finally:
        authored_file.write_text(AUTHORED, encoding="utf-8")
    assert any("股市" in row["question"] for row in rows(tmp_path, "train"))


def test_the_folder_of_a_day(home: Path) -> None:
    assert building.folder(DAY) == home / "pairs" / "2026-11-22"
