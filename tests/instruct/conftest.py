"""Benchmarks of made-up items, in the layouts that real ones have, and a mock teacher."""

import csv
import json
from pathlib import Path

import pytest

INSTRUCTION = "请阅读以下选择题，只给出答案的序号，不要解释原因。"
QUESTIONS = [
    f"第{n}号示例公司把第{n}种示例标记印在包装盒背面，又在网店首页使用同样的示例标记，"
    f"被{n}名竞争者向示例管理部门举报，示例专利权人应当在哪一天以前提出异议？"
    for n in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
]


@pytest.fixture
def benchmarks(tmp_path: Path) -> Path:
    """A folder with the same questions as .json, .jsonl and .csv, a third each."""
    folder = tmp_path / "benchmarks"
    (folder / "one").mkdir(parents=True)
    rows = [
        {"instruction": INSTRUCTION, "question": question, "answer": "答案:A"}
        for question in QUESTIONS
    ]
    third = len(rows) // 3
    (folder / "one" / "list.json").write_text(
        json.dumps(rows[:third], ensure_ascii=False), encoding="utf-8"
    )
    lines = [
        {"passage": None, "question": row["question"], "options": ["(A)第一天", "(B)第二天"]}
        for row in rows[third : 2 * third]
    ]
    (folder / "lines.jsonl").write_text(
        "\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8"
    )
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["input", "output"])
        writer.writeheader()
        writer.writerows({"input": r["question"], "output": "A"} for r in rows[2 * third :])
    return folder
