"""From a record to an item: cleaning, the test for IP, the direction."""

from datetime import date

import pytest

from ecmiip.evaluation.items import Item
from ecmiip.evaluation.suites.making import choice, direction, is_ip, opened, option_lines
from ecmiip.evaluation.suites.suite import LeftOut

DAY = date(2020, 1, 1)


@pytest.mark.parametrize("word", ["专利", "著作权", "信息网络传播", "植物新品种", "地理标志"])
def test_ip_by_the_words_of_the_published_definition(word: str) -> None:
    assert is_ip(f"关于{word}的说法")
    assert not is_ip("关于房屋租赁的说法")


def test_english_words_count_in_english_questions_only() -> None:
    assert is_ip("Who owns the Patent?", "en")
    assert not is_ip("Patent是什么", "zh")
    assert is_ip("A question on 商标", "en")


@pytest.mark.parametrize(
    ("stem", "options", "expected"),
    [
        ("甲公司的商标被使用", (), "trademark"),
        # The narrower branch says more of a question than the broader one beside it.
        ("甲就专利权和技术转让合同起诉", (), "technology_contract"),
        ("员工带走商业秘密，是否不正当竞争？", (), "trade_secret"),
        # The stem decides; options speak only where it says nothing.
        ("商标的取得?", ("登记著作权", "申请专利"), "trademark"),
        ("下列哪项正确?", ("申请专利", "放弃专利"), "patent"),
        ("下列哪项正确?", ("房屋", "土地"), None),
    ],
)
def test_direction(stem: str, options: tuple[str, ...], expected: str | None) -> None:
    assert direction(stem, *options) == expected


def test_words_are_cleaned_and_letters_put_in_order() -> None:
    item = choice(
        "x/1",
        " 问?\n\n  续 ",
        {"B": " 乙; ", "A": "甲，"},
        "BA",
        task="case",
        as_of=DAY,
        tags=("t",),
    )
    assert isinstance(item, Item)
    assert item.question == "问?\n续"
    assert list(item.options.items()) == [("A", "甲"), ("B", "乙")]
    assert (item.key, item.kind, item.tags) == ("AB", "multi", ("t", "non-ip"))


@pytest.mark.parametrize(
    ("question", "answers", "reason"),
    [("问?", ["", " "], "no reference answer"), (" ", ["答"], "no question")],
)
def test_open_records_that_are_no_items(question: str, answers: list[str], reason: str) -> None:
    assert opened("x/1", question, answers, task="case", as_of=DAY) == LeftOut("x/1", reason)


def test_option_lines_keep_their_turn() -> None:
    stem, options = option_lines("问?\nC: 不是\nA. 甲\n(B)乙\nD: 丁\nC、丙")
    assert stem == "问?\nC: 不是\n"
    assert {letter: text.strip() for letter, text in options.items()} == {
        "A": "甲",
        "B": "乙\nD: 丁",
        "C": "丙",
    }
    assert option_lines("问?\nA. 只有一个") == ("问?\nA. 只有一个", {})
