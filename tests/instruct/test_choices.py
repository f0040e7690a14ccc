"""The form of a choice question, there and back."""

import pytest

from ecmiip.instruct import choices

OPTIONS = {"A": "示例甲", "B": "示例乙", "C": "示例丙", "D": "示例丁"}


def test_a_choice_is_its_stem_and_a_line_for_each_option() -> None:
    asked = choices.put(" 下列哪一项正确？ ", OPTIONS, multi=False)
    assert asked == "下列哪一项正确？\nA. 示例甲\nB. 示例乙\nC. 示例丙\nD. 示例丁"


def test_several_letters_are_announced_once() -> None:
    assert choices.put("哪些正确？", OPTIONS, multi=True).startswith("哪些正确？（多选）\n")
    assert choices.put("多选：哪些正确？", OPTIONS, multi=True).startswith("多选：哪些正确？\n")


def test_stem_and_options_are_read_back() -> None:
    asked = choices.put("甲公司起诉。\n哪一项正确？", OPTIONS, multi=False)
    assert choices.stem(asked) == "甲公司起诉。\n哪一项正确？"
    assert choices.options(asked) == OPTIONS


def test_a_question_without_options_has_none() -> None:
    assert choices.options("保护期是几年？") == {}
    assert choices.stem("保护期是几年？") == "保护期是几年？"


@pytest.mark.parametrize(
    ("stem", "odd"),
    [
        ("下列说法错误的是：", True),
        ("甲转让商标给乙，下列哪些说法是不正确的:", True),
        ("下列不属于作品的是？", True),
        ("登记有错误。应当怎样办理？", False),
        ("《商标法》规定“……错误的”，下列说法正确的是？", False),
        ("下列不构成侵权的是？", False),
    ],
)
def test_what_asks_for_the_odd_one(stem: str, odd: bool) -> None:
    assert choices.asks_for_the_odd_one(stem) is odd
