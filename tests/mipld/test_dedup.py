import json
import random
from pathlib import Path

import pytest

from ecmiip.errors import UserError

daft = pytest.importorskip("daft")
pq = pytest.importorskip("pyarrow.parquet")

from ecmiip.mipld.dedup import DedupConfig, _keepers, deduplicate  # noqa: E402


def judgment(seed: int) -> str:
    dice = random.Random(seed)
    return "".join(chr(dice.randrange(0x4E00, 0x5800)) for _ in range(400)) + "。"


def edited(text: str, places: int, seed: int = 0) -> str:
    dice = random.Random(seed)
    changed = list(text)
    for _ in range(places):
        changed[dice.randrange(len(changed))] = "改"
    return "".join(changed)


def write(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return str(path)


def table(folder: Path) -> list[dict[str, object]]:
    rows = pq.read_table(folder).to_pylist()
    return sorted(rows, key=lambda row: str(row["id"]))


def test_every_text_is_kept_or_dropped_with_a_reason(tmp_path: Path) -> None:
    texts = [judgment(n) for n in range(20)]
    rows: list[dict[str, object]] = [{"id": n, "text": text} for n, text in enumerate(texts)]
    rows += [
        {"id": 100, "text": edited(texts[3], 6)},
        {"id": 101, "text": edited(texts[3], 9, seed=1)},
        {"id": 102, "text": texts[5]},
        {"id": 103, "text": "太短"},
        {"id": 104, "text": "English text only, long enough to pass the filter on length, surely."},
        {"id": 105, "text": None},
    ]
    report = deduplicate(write(tmp_path / "in.jsonl", rows), tmp_path / "out")
    dropped = {
        row["id"]: (row["reason"], row["duplicate_of"]) for row in table(tmp_path / "out/dropped")
    }
    assert dropped == {
        100: ("near-duplicate", 3),
        101: ("near-duplicate", 3),
        102: ("near-duplicate", 5),
        103: ("shorter than 50 characters", None),
        104: ("not Chinese", None),
        105: ("shorter than 50 characters", None),
    }
    assert sorted(row["id"] for row in table(tmp_path / "out/kept")) == list(range(20))
    assert (report.read, report.kept) == (26, 20)
    assert report.dropped == {
        "near-duplicate": 3,
        "not Chinese": 1,
        "shorter than 50 characters": 2,
    }
    assert json.loads((tmp_path / "out/report.json").read_text())["kept"] == 20


def test_without_duplicates_and_run_twice(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [{"id": "a", "text": judgment(1)}])
    for _ in range(2):
        assert deduplicate(source, tmp_path / "out").kept == 1
    assert len(table(tmp_path / "out/kept")) == 1


def test_spaces_between_characters_are_what_makes_minhash_see_chinese(tmp_path: Path) -> None:
    """The trap: without them a Chinese text is one word, and one changed character another text."""
    text = judgment(9)
    frame = daft.from_pydict({"text": [text, edited(text, 2)]})
    blind = frame.select(daft.col("text").minhash(num_hashes=32, ngram_size=5)).to_pydict()["text"]
    assert blind[0] != blind[1]
    rows = [{"id": 1, "text": text}, {"id": 2, "text": edited(text, 2)}]
    assert deduplicate(write(tmp_path / "in.jsonl", rows), tmp_path / "out").kept == 1


def test_groups_keep_their_smallest_id() -> None:
    assert _keepers([(5, 9), (2, 5), (7, 8)]) == {5: 2, 8: 7, 9: 2}


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no column id"):
        deduplicate(write(tmp_path / "in.jsonl", [{"text": "x"}]), tmp_path / "out")
    with pytest.raises(UserError, match="no such file"):
        deduplicate(str(tmp_path / "none.parquet"), tmp_path / "out")


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="extra"):
        DedupConfig.model_validate({"hash": 3})
