"""What a benchmark says must not be taught; what the law says may be."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecmiip.errors import UserError
from ecmiip.instruct.decontaminate import GRAM, Decontamination, grams, read_items

STATUTE = "示例专利权的保护期限为十年，自示例专利申请日起计算，期满以后不再续展，并由示例机关公告。"
PLAIN = "我公司想知道示例专利怎样续展，应当准备哪些材料，向哪里递交？"


def test_reads_every_layout_and_leaves_instructions_out(benchmarks: Path) -> None:
    items = list(read_items(benchmarks))
    assert len(items) == 22
    assert {item.name.split(":")[0] for item in items} == {
        "one/list.json",
        "lines.jsonl",
        "table.csv",
    }
    assert all("示例公司" in item.question for item in items)
    assert any("第一天" in item.text for item in items)


def test_an_instruction_that_all_items_share_is_no_content(tmp_path: Path) -> None:
    rows = [
        f'{{"instruction": "同一句示例指令放在每一题的前面", "q": "第{n}题"}}' for n in range(30)
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(rows), encoding="utf-8")
    assert not any("示例指令" in item.text for item in read_items(tmp_path))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[{", encoding="utf-8")
    with pytest.raises(UserError, match=r"x\.json: not a benchmark file .* or move it away"):
        list(read_items(tmp_path))


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_a_line_of_json_ends_at_a_newline_only(tmp_path: Path, separator: str) -> None:
    rows = [{"q": f"第一行{separator}第{number}行"} for number in (2, 3)]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (tmp_path / "x.jsonl").write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    assert [item.question for item in read_items(tmp_path)] == [row["q"] for row in rows]


def test_a_table_keeps_line_breaks_and_long_fields(tmp_path: Path) -> None:
    fields = ["第一行\n第二行", "长" * 140_000]
    text = "q\n" + "".join(f'"{field}"\n' for field in fields)
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    assert [item.question for item in read_items(tmp_path)] == fields


def test_what_else_lies_in_a_checkout_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "package.json").write_text('{\n  "name": "示例"\n}\n', encoding="utf-8")
    assert [item.question for item in read_items(tmp_path)] == ["示例"]


def test_every_item_is_a_leak_even_with_other_punctuation(benchmarks: Path) -> None:
    items = list(read_items(benchmarks))
    found = Decontamination(items, ())
    assert found.items == len(items)
    for item in items:
        assert found.reason(item.question, "甲。")
        assert found.reason(item.question.replace("，", " , "), "甲。")
        assert found.reason(PLAIN, item.question)  # in the answer


def test_a_question_with_a_few_words_changed_is_a_leak(benchmarks: Path) -> None:
    items = list(read_items(benchmarks))
    found = Decontamination(items, ())
    changed = items[0].question.replace("网店", "商城").replace("异议", "申诉")
    assert found.reason(changed, "甲。")


def test_other_words_are_no_leak(benchmarks: Path) -> None:
    found = Decontamination(read_items(benchmarks), ())
    assert found.reason(PLAIN, STATUTE) is None


def test_statutes_may_be_quoted_though_a_benchmark_quotes_them(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(f'[{{"q": "第二条的内容？", "a": "{STATUTE}"}}]')
    quoting = f"“{STATUTE}”出自哪一条？"
    assert Decontamination(read_items(tmp_path), ()).reason(quoting, "甲。")
    exempt = Decontamination(read_items(tmp_path), [STATUTE])
    assert exempt.reason(f"请问下面这句话的出处在哪里？{quoting}", "甲。") is None


def test_without_benchmarks_nothing_leaks() -> None:
    assert Decontamination((), ()).reason(PLAIN, STATUTE) is None


@pytest.mark.parametrize("length", [0, 1, GRAM - 1])
def test_short_text_has_no_grams(length: int) -> None:
    assert len(grams("长" * length)) == 0


def test_a_gram_is_thirteen_characters_wherever_they_stand() -> None:
    text = "一二三四五六七八九十甲乙丙丁戊己庚"
    inside = grams("前面的话" + text)
    assert len(grams(text)) == len(text) - GRAM + 1
    assert np.array_equal(inside[4:], grams(text))
    assert len(np.unique(inside)) == len(inside)


def test_order_matters() -> None:
    text = "一二三四五六七八九十甲乙丙"
    assert grams(text)[0] != grams(text[::-1])[0]
