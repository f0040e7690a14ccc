"""LexEval: lines of options, keys as they are written there, the IP subset."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.suites import SUITES, load, survey
from ecmiip.evaluation.suites.lexeval import IP_TASKS

Checkout = Callable[..., Path]


def put(root: Path, task: str, *records: dict[str, object]) -> None:
    lines = [json.dumps({"instruction": "请选。\n"} | record) for record in records]
    (root / "data" / f"{task}.json").write_text("\n".join(lines), encoding="utf-8")


def of_task(items: list[Item], task: str) -> list[Item]:
    return [item for item in items if task in item.tags]


def test_options_are_lines_and_the_stem_is_what_comes_before(checkout: Checkout) -> None:
    root = checkout("lexeval")
    text = "材料一：甲。\n\nB: 不是选项的一行\n下列正确的是? \nA: 一, \n续行\nB:二；\nC：三\nD: 四"
    put(root, "1_1", {"input": text, "answer": "BD"})
    (item,) = of_task(load("lexeval", root), "1_1")
    assert item.question == "材料一：甲。\nB: 不是选项的一行\n下列正确的是?"
    assert item.options == {"A": "一, \n续行".replace(" ", ""), "B": "二", "C": "三", "D": "四"}
    assert (item.id, item.kind, item.key) == ("lexeval/1_1/1", "multi", "BD")


@pytest.mark.parametrize(
    ("answer", "kind", "key"),
    [
        ("C", "single", "C"),
        ("CA", "multi", "AC"),
        ("选项BD", "multi", "BD"),
        # One letter, but written as several are: so the published counts take it.
        ("选项B", "multi", "B"),
        ("CD（理由不足）", "multi", "CD"),
        ("bd", "multi", "BD"),
        ("B D", "multi", "BD"),
    ],
)
def test_reads_keys_as_they_are_written(
    checkout: Checkout, answer: str, kind: str, key: str
) -> None:
    root = checkout("lexeval")
    put(root, "6_3", {"input": "哪项?\nA: 一\nB: 二\nC: 三\nD: 四", "answer": answer})
    (item,) = of_task(load("lexeval", root), "6_3")
    assert (item.kind, item.key) == (kind, key)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"input": "哪项?\nA: 一\nB: 二", "answer": None}, "no key"),
        ({"input": "哪项?\nA: 一\nB: 二", "answer": "都对"}, "no key"),
        ({"input": "哪项?\nA: 一\nB: 二", "answer": "D"}, "the key names no option"),
        ({"input": "哪项?", "answer": "A"}, "fewer than two options"),
        ({"input": "哪项?\nA: 一\nB: ", "answer": "A"}, "an empty option"),
    ],
)
def test_leaves_out_what_cannot_be_scored_and_says_why(
    checkout: Checkout, record: dict[str, object], reason: str
) -> None:
    root = checkout("lexeval")
    put(root, "3_5", record, {"input": "哪项?\nA: 一\nB: 二", "answer": "A"})
    found = survey(SUITES["lexeval"], root)
    assert [(left.id, left.reason) for left in found.left_out] == [("lexeval/3_5/1", reason)]
    assert [item.id for item in of_task(list(found.items), "3_5")] == ["lexeval/3_5/2"]


def test_open_tasks_keep_the_instruction_and_the_metric(checkout: Checkout) -> None:
    (item, *_) = of_task(load("lexeval", checkout("lexeval")), "5_4")
    assert item.question.startswith("请回答。\n示例0")
    assert item.answers == ("可以起诉。",)
    assert "metric:rouge-l" in item.tags


def test_the_ip_subset_takes_its_tasks_its_words_and_four_options(checkout: Checkout) -> None:
    root = checkout("lexeval")
    four = "\nA: 一\nB: 二\nC: 三\nD: 四"
    put(
        root,
        "1_3",
        {"input": f"商标权的取得?{four}", "answer": "A"},
        {"input": f"房屋的取得?{four}", "answer": "A"},
        {"input": "商标权的取得?\nA: 一\nB: 二\nC: 三", "answer": "A"},
        {"input": f"保护什么?{four}和专利", "answer": "A"},
    )
    items = load("lexeval-ip", root)
    assert [item.id for item in of_task(items, "1_3")] == ["lexeval/1_3/1", "lexeval/1_3/4"]
    assert {item.tags[0] for item in items} == set(IP_TASKS)


def test_what_only_some_copies_have_may_be_missing(checkout: Checkout) -> None:
    root = checkout("lexeval")
    (root / "data" / "5_1.json").unlink()
    found = survey(SUITES["lexeval"], root)
    assert found.reasons() == {"5_1.json is not in this copy": 1}
    (root / "data" / "3_1.json").unlink()
    with pytest.raises(UserError, match=r"3_1\.json: no such file"):
        load("lexeval", root)
    assert load("lexeval-ip", root)


def test_another_layout_is_an_error_that_names_the_record(checkout: Checkout) -> None:
    root = checkout("lexeval")
    path = root / "data" / "1_1.json"
    path.write_text('{"instruction": "", "input": "", "answer": "A"}\n{"question": "甲"}')
    with pytest.raises(UserError, match=r"1_1\.json: record 2 has no instruction, input, answer"):
        load("lexeval", root)
    path.write_text('["A", "B"]')
    with pytest.raises(UserError, match="record 1 has no"):
        load("lexeval", root)
    path.write_text('{"instruction": ')
    with pytest.raises(UserError, match=r"1_1\.json: not JSON"):
        load("lexeval", root)
    path.write_bytes("甲".encode("gbk"))
    with pytest.raises(UserError, match=r"1_1\.json: not UTF-8"):
        load("lexeval", root)


def test_the_law_of_the_keys(checkout: Checkout) -> None:
    items = load("lexeval", checkout("lexeval"))
    assert {item.as_of for item in of_task(items, "1_2")} == {date(2023, 12, 31)}
    assert {item.as_of for item in of_task(items, "3_4")} == {date(2018, 9, 22)}
    assert all(("date-sensitive" in item.tags) == ("1_3" in item.tags) for item in items)
