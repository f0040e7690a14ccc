"""Statements that are true or changed: the key is what the law says, and the check can tell."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ecmiip.instruct import keys
from ecmiip.instruct.choices import options
from ecmiip.instruct.derive import RULES, derive
from ecmiip.instruct.derive.statements import judge
from ecmiip.mipld.document import Provision

DAY = date(2026, 11, 22)
TEXTS = [
    "示例权利的保护期限为十年，自示例申请日起计算，期满以后不再续展。",
    "申请示例权利的，应当提交书面请求书、说明书和示例图样。",
    "对驳回决定不服的，可以自收到通知之日起三个月内请求复审。",
    "示例权利人不得自行处分已经质押的示例权利，另有约定的除外。",
    "侵犯示例权利的，示例管理部门应当责令停止侵权并处以罚款。",
    "示例机关应当自收到申请之日起六个月内作出是否受理的决定。",
]


class NoLaw:
    """A database that no option cites."""

    def cite(self, _text: str, **_: Any) -> list[Any]:
        return []


@pytest.fixture
def law(make_provision: Callable[..., Provision]) -> list[Provision]:
    return [make_provision(text, number) for number, text in enumerate(TEXTS, 1)]


def test_every_option_is_the_law_or_a_change_that_the_answer_names(law: list[Provision]) -> None:
    pairs = list(judge(law, DAY))
    assert {pair.id.split("/")[1] for pair in pairs} >= {"statements-one-right"}
    whole = "".join(TEXTS)
    for pair in pairs:
        odd = "one-wrong" in pair.id
        for letter, words in options(pair.question).items():
            assert (words in whole) == ((letter in pair.key) != odd), pair.question
            assert (words not in whole) == (f"{letter}项错误" in pair.answer)
        assert pair.answer.startswith(f"{pair.key}。")
        assert "（多选）" in pair.question or len(pair.key) == 1


def test_the_same_law_gives_the_same_statements(law: list[Provision]) -> None:
    assert list(judge(law, DAY)) == list(judge(law, DAY))


def test_what_an_article_says_is_found_by_its_number(law: list[Provision]) -> None:
    rule = [rule for rule in RULES if rule.name == "choose-content"]
    pairs = list(derive(law, DAY, rule))
    assert pairs
    for pair in pairs:
        number = int(pair.provisions[0].split("#")[1])
        assert options(pair.question)[pair.key] == TEXTS[number - 1]


def test_the_law_judges_the_key(law: list[Provision]) -> None:
    right, wrong = TEXTS[0].rstrip("。"), TEXTS[0].replace("十年", "五年").rstrip("。")
    db: Any = NoLaw()
    assert keys.by_law("哪一说法正确？", {"A": wrong, "B": right}, law, db) == "B"
    assert keys.by_law("哪一说法错误？", {"A": wrong, "B": right}, law, db) == "A"
    assert keys.by_law("哪一条？", {"A": "第一条", "B": "第二条"}, law, db) is None
    assert keys.by_law("哪一说法正确？", {"A": wrong, "B": wrong + "也"}, law, db) is None
