"""The one form in which a question is put to a model."""

from datetime import date
from pathlib import Path

import pytest

import ecmiip
from ecmiip.models import prompt

DAY = date(2026, 11, 22)


def test_says_day_law_task_question_and_reminder_in_this_order() -> None:
    system, user = prompt.ask(
        "conduct", " 算侵权吗？\n", DAY, ["《示例法》第一条：甲", "《示例法》第二条：乙"]
    )
    assert (system["role"], user["role"]) == ("system", "user")
    assert system["content"] == prompt.SYSTEM
    assert user["content"].splitlines() == [
        "日期：2026-11-22",
        "法条：",
        "[1] 《示例法》第一条：甲",
        "[2] 《示例法》第二条：乙",
        "任务：行为性质分析",
        "问题：算侵权吗？",
        prompt.REMINDER,
    ]


def test_says_nothing_of_law_where_none_is_shown() -> None:
    assert "法条：" not in prompt.ask("doctrine", "问", DAY)[1]["content"]


def test_every_task_can_be_asked() -> None:
    for task, title in prompt.TASKS.items():
        assert f"任务：{title}" in prompt.ask(task, "问", DAY)[1]["content"]
    with pytest.raises(KeyError):
        prompt.ask("poetry", "问", DAY)


def test_a_short_quote_stays_as_it_is_on_one_line() -> None:
    assert prompt.shorten("第一款。\n  （一）甲；\n（二）乙。") == "第一款。（一）甲；（二）乙。"
    longest = "字" * prompt.MAX_QUOTE
    assert prompt.shorten(longest) == longest


@pytest.mark.parametrize("mark", ["。", "；"])
def test_a_long_quote_keeps_its_opening_and_whole_clauses(mark: str) -> None:
    whole = "《示例法》第一条：" + f"{'字' * 98}甲{mark}" * 10
    cut = prompt.shorten(whole)
    assert cut.endswith(f"甲{mark}……")
    assert len(cut) <= prompt.MAX_QUOTE + 2
    assert whole.startswith(cut.removesuffix("……"))


def test_a_long_quote_keeps_the_clause_that_is_asked_about() -> None:
    filler = "".join(f"（{n}）{'与此无关的事项' * 6}；" for n in "一二三四五六七八九")
    whole = f"《示例法》第二条：有下列情形之一的，构成侵权：{filler}（十）伪造他人印章的。"
    assert len(whole) > prompt.MAX_QUOTE
    cut = prompt.shorten(whole, "某人伪造了公司的印章，是否侵权？")
    assert cut.startswith("《示例法》第二条：有下列情形之一的，构成侵权：")
    assert cut.endswith("……（十）伪造他人印章的。")
    assert len(cut) < prompt.MAX_QUOTE + 10


def test_a_long_sentence_is_cut_within() -> None:
    assert prompt.shorten("字" * 1000) == "字" * prompt.MAX_QUOTE + "……"


def test_nothing_else_renders_a_chat() -> None:
    """One renderer: a second one would teach the model one form and ask it in another."""
    source = Path(ecmiip.__file__).parent
    users = [
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if "apply_chat_template" in path.read_text(encoding="utf-8")
    ]
    assert users == ["models/chat.py"]
