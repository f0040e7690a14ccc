"""The chat that asks an item, and the grammars that hold a choice to letters."""

import itertools
import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from ecmiip.evaluation import asking
from ecmiip.evaluation.asking import Answer, choice_grammar, choice_schema
from ecmiip.evaluation.items import Item, asked
from ecmiip.evaluation.scorers import letters
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.verdict import Retrieved
from ecmiip.models import prompt
from ecmiip.models.endpoint import Reply

OPTIONS = {"A": "甲", "B": "乙", "C": "丙", "D": "丁"}
SINGLE = Item(
    id="made/1",
    suite="made",
    kind="single",
    question="商标被使用，怎么办？",
    options=OPTIONS,
    key="B",
    answers=(),
    task="conduct",
    direction="trademark",
    as_of=date(2026, 11, 22),
)
MULTI = replace(SINGLE, id="made/2", kind="multi", key="BD")
OPEN = replace(SINGLE, id="made/3", kind="open", options={}, key="", answers=("起诉。",))


@dataclass
class Model:
    """A caller that gives the next of ``replies`` and keeps what it was asked."""

    replies: list[str]
    grammars: bool = True
    asked: list[dict[str, Any]] = field(default_factory=list)

    def chat(self, messages: Any, **held: Any) -> Reply:
        self.asked.append({"messages": messages, **held})
        return Reply(self.replies.pop(0), "stop", 10, 2, 0.5)


def ask(item: Item, setting: Setting, model: Model, **more: Any) -> Answer:
    answer = Answer()
    asking.ask(answer, item, model, setting, **more)  # type: ignore[arg-type]
    return answer


# --- what is asked -----------------------------------------------------------------------------


def test_an_item_is_put_in_the_one_form_of_prompt() -> None:
    model = Model(["B"])
    shown = (Retrieved("示例法@2020#1", "《示例法》第一条：示例。"),)
    answer = ask(SINGLE, Setting(depth=1), model, shown=shown)
    expected = prompt.ask("conduct", asked(SINGLE), SINGLE.as_of, [shown[0].quote])
    assert answer.messages == expected == model.asked[0]["messages"]
    assert answer.raw == "B"


def test_examples_go_between_the_system_message_and_the_question() -> None:
    turns = [{"role": "user", "content": "例题"}, {"role": "assistant", "content": "A。"}]
    messages = ask(SINGLE, Setting(few_shot=1), Model(["B"]), examples=turns).messages
    assert [turn["role"] for turn in messages] == ["system", "user", "assistant", "user"]
    assert messages[1:3] == turns


def test_with_reasoning_the_choice_follows_the_reasons() -> None:
    model = Model(["先看甲，再看乙。", "B"])
    answer = ask(SINGLE, Setting(reasoning=99), model)
    first, second = model.asked
    assert first["max_tokens"] == 99
    assert "grammar" not in first
    assert second["max_tokens"] == 1
    assert answer.messages == second["messages"]
    assert answer.messages[:2] == first["messages"]
    assert answer.messages[2] == {"role": "assistant", "content": "先看甲，再看乙。"}
    assert (answer.raw, answer.prompt_tokens, answer.seconds) == ("B", 20, 1.0)


def test_an_open_item_is_free_up_to_the_limit() -> None:
    model = Model(["依据第一条。"])
    ask(OPEN, Setting(max_tokens=77), model)
    assert {key: value for key, value in model.asked[0].items() if key != "messages"} == {
        "max_tokens": 77
    }


@pytest.mark.parametrize(
    ("constraint", "grammars", "held"),
    [
        ("auto", True, {"max_tokens", "grammar"}),
        ("auto", False, {"max_tokens"}),
        ("grammar", False, {"max_tokens", "grammar"}),
        ("schema", True, {"max_tokens", "schema"}),
        ("none", True, {"max_tokens"}),
    ],
)
@pytest.mark.parametrize("item", [SINGLE, MULTI], ids=["single", "multi"])
def test_what_holds_a_choice(item: Item, constraint: Any, grammars: bool, held: set[str]) -> None:
    model = Model(["B"], grammars=grammars)
    ask(item, Setting(constraint=constraint), model)
    assert set(model.asked[0]) == {"messages"} | held


# --- each option apart -------------------------------------------------------------------------


def test_each_option_apart() -> None:
    model = Model(["不", "对", "不", "对"])
    answer = ask(MULTI, Setting(several="apart"), model)
    assert letters.read(answer.raw, OPTIONS) == "BD"
    assert [request["max_tokens"] for request in model.asked] == [1] * 4
    lasts = [request["messages"][-1]["content"] for request in model.asked]
    for letter, last in zip(OPTIONS, lasts, strict=True):
        assert f"判断对错：{letter}项" in last
    shared = re.sub("A项.*", "", lasts[0], flags=re.S)
    assert all(last.startswith(shared) for last in lasts)
    assert (answer.prompt_tokens, answer.completion_tokens) == (40, 8)


def test_no_option_right_means_the_set_is_asked_for() -> None:
    model = Model(["不"] * 4 + ["BC。"])
    answer = ask(MULTI, Setting(several="apart"), model)
    assert (answer.raw, len(model.asked)) == ("BC。", 5)


def test_apart_is_for_several_right_letters_only() -> None:
    model = Model(["B"])
    assert ask(SINGLE, Setting(several="apart"), model).raw == "B"


def test_a_free_judgment_of_several_lines_stays_one_line() -> None:
    model = Model(["对。\n\n因为甲。", "不对。", "错误。", "正确。"], grammars=False)
    answer = ask(MULTI, Setting(several="apart"), model)
    assert letters.read(answer.raw, OPTIONS) == "AD"


# --- grammars ----------------------------------------------------------------------------------


def language(grammar: str) -> set[str]:
    """Every text of a grammar that has one rule of literals, ``?``, ``|`` and brackets."""
    body = grammar.removeprefix("root ::= ")
    pattern = re.compile(re.sub(r'["\s]', "", body))
    alphabet = sorted(set(re.findall(r'"(.)"', body)))
    return {
        text
        for length in range(len(alphabet) + 2)
        for text in map("".join, itertools.product(alphabet, repeat=length))
        if pattern.fullmatch(text)
    }


def test_one_letter() -> None:
    assert language(choice_grammar(OPTIONS, several=False)) == set("ABCD")


def test_letters_in_order_at_least_one() -> None:
    sets = {
        "".join(chosen) + "。"
        for size in range(1, 5)
        for chosen in itertools.combinations("ABCD", size)
    }
    assert language(choice_grammar(OPTIONS, several=True)) == sets
    assert len(sets) == 15


def test_the_schema_allows_the_options_alone() -> None:
    one = choice_schema(OPTIONS, several=False)["properties"]["answer"]
    assert one["enum"] == list("ABCD")
    several = choice_schema(OPTIONS, several=True)["properties"]["answer"]
    assert (several["items"], several["minItems"]) == (one, 1)
