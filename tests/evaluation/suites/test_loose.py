"""MoZIP, LAiW and IPBench: records whose fields are named in one of a few ways."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.suites import load

Checkout = Callable[..., Path]
WORDS = ["甲公司", "乙公司", "丙公司", "丁公司"]


@pytest.mark.parametrize(
    "fields",
    [
        {"question": "谁?", "options": WORDS, "answer": "C"},
        {"question": "谁?", "options": [f"({x}) {w}" for x, w in zip("ABCD", WORDS, strict=True)],
         "answer": "(C)"},
        {"question": "谁?", "choices": WORDS, "answer": 2},
        {"question": "谁?", "options": dict(zip("ABCD", WORDS, strict=True)), "label": "C. 丙公司"},
        {"question": "谁?", **dict(zip("ABCD", WORDS, strict=True)), "answer": "丙公司"},
        {"input": "谁?\nA. 甲公司\nB. 乙公司\nC. 丙公司\nD. 丁公司", "output": ["C"]},
    ],
)  # fmt: skip
def test_choices_however_the_fields_are_named(checkout: Checkout, fields: dict[str, Any]) -> None:
    root = checkout("mozip")
    (root / "IPQuiz" / "zh.jsonl").write_text(json.dumps(fields), encoding="utf-8")
    item = load("mozip", root)[0]
    assert item.question == "谁?"
    assert list(item.options.values()) == WORDS
    assert (item.id, item.kind, item.key) == ("mozip/IPQuiz/zh/1", "single", "C")


def test_mozip_has_three_parts_in_two_languages(checkout: Checkout) -> None:
    items = load("mozip", checkout("mozip"))
    assert Counter((item.tags[0], item.kind, item.language) for item in items) == {
        ("IPQuiz", "single", "zh"): 6,
        ("IPQA", "open", "en"): 6,
        ("PatentMatch", "single", "zh"): 6,
    }
    assert all("ip" in item.tags for item in items)


def test_laiw_labels_that_are_too_many_to_be_options_are_answered_in_words(
    checkout: Checkout,
) -> None:
    by_task = {item.tags[0]: item for item in load("laiw", checkout("laiw"))}
    assert (by_task["lqa"].kind, by_task["lqa"].key) == ("single", "C")
    assert by_task["lqa"].question.endswith("甲公司可以做什么？")
    assert (by_task["cp"].kind, by_task["cp"].answers) == ("open", ("示例罪3",))
    assert "metric:f1" in by_task["cp"].tags


def test_ipbench_reads_all_depths(checkout: Checkout) -> None:
    items = load("ipbench", checkout("ipbench"))
    assert items[0].id == "ipbench/1-1/1"
    assert items[-1].id == "ipbench/writing/4-1/6"
    assert {(item.kind, item.language) for item in items} == {("single", "zh"), ("open", "en")}


@pytest.mark.parametrize(
    ("suite", "file"),
    [("mozip", "IPQuiz/zh.jsonl"), ("laiw", "data/lqa.json"), ("ipbench", "data/1-1.json")],
)
def test_a_record_without_a_question_is_another_layout(
    checkout: Checkout, suite: str, file: str
) -> None:
    root = checkout(suite)
    (root / file).write_text('{"text": "甲"}', encoding="utf-8")
    with pytest.raises(UserError, match=r"record 1: no field .*laid out otherwise"):
        load(suite, root)
    (root / file).write_text('["甲"]', encoding="utf-8")
    with pytest.raises(UserError, match="record 1 is no table of fields"):
        load(suite, root)
