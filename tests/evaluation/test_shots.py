"""Worked examples: seeded, of the kind that is asked, and never held out."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.shots import Shots
from ecmiip.instruct.pair import Pair
from ecmiip.instruct.split import is_heldout
from ecmiip.mipld.database import Mipld

DAY = date(2026, 11, 22)
ADDRESSES = [f"示例法@2020#{number}" for number in range(1, 200)]
TRAINED = [address for address in ADDRESSES if not is_heldout(address)]
HELD_OUT = [address for address in ADDRESSES if is_heldout(address)]


def pair(number: int, key: str = "B", **changes: Any) -> Pair:
    options = "\nA. 甲\nB. 乙\nC. 丙\nD. 丁" if key else ""
    fields: dict[str, Any] = {
        "id": f"derived/choose-one/{number}",
        "task": "conduct",
        "direction": "patent",
        "as_of": DAY,
        "question": f"例题{number}{options}",
        "answer": f"{key}。依据示例法。" if key else f"答{number}。",
        "provisions": (TRAINED[number],),
        "origin": "derived",
        "key": key,
    }
    return Pair.model_validate(fields | changes)


def item(kind: str, task: str = "conduct") -> Item:
    options = {} if kind == "open" else {"A": "甲", "B": "乙"}
    return Item(
        "made/1", "made", kind, "问", options, "", (), task, None, DAY  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.fixture
def shots(small_mipld: Mipld) -> Callable[..., Shots]:
    pairs = [pair(number) for number in range(20)]
    pairs += [pair(number, "AC") for number in range(20, 30)]
    pairs += [pair(number, "") for number in range(30, 40)]
    pairs += [pair(number, "", task="case") for number in range(40, 43)]
    pairs += [pair(50 + n, provisions=(address,)) for n, address in enumerate(HELD_OUT)]
    pairs += [pair(90, "", id="derived/recall/90"), pair(91, question="长" * 500)]
    return lambda count=3, seed=0: Shots(pairs, small_mipld, count, seed=seed)


def questions(shots: Shots, asked: Item) -> list[str]:
    return [turn["content"] for turn in shots.before(asked) if turn["role"] == "user"]


def test_an_example_is_a_turn_of_each(shots: Callable[..., Shots]) -> None:
    turns = shots(2).before(item("single"))
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * 2
    assert turns[1]["content"] == "B。依据示例法。"
    assert turns[0]["content"].startswith("日期：2026-11-22\n任务：行为性质分析\n问题：例题")


def test_examples_are_of_the_kind_that_is_asked(shots: Callable[..., Shots]) -> None:
    for kind, answers in (("single", "B。"), ("multi", "AC。"), ("open", "答")):
        turns = shots().before(item(kind))
        assert all(turn["content"].startswith(answers) for turn in turns[1::2])
    case = shots().before(item("open", "case"))
    assert all("司法案例解析" in turn["content"] for turn in case[::2])


def test_the_seed_decides(shots: Callable[..., Shots]) -> None:
    asked = item("single")
    assert questions(shots(), asked) == questions(shots(), asked)
    draws = {tuple(questions(shots(seed=seed), asked)) for seed in range(4)}
    assert len(draws) > 1
    assert questions(shots(5), asked)[:3] == questions(shots(3), asked)


def test_nothing_held_out_nothing_long_no_recall(shots: Callable[..., Shots]) -> None:
    every = questions(shots(19), item("single"))
    assert {question.split("例题")[1].split("\n")[0] for question in every} <= {
        str(number) for number in range(20)
    }
    assert len(questions(shots(10), item("open"))) == 10


def test_too_few_examples(shots: Callable[..., Shots]) -> None:
    with pytest.raises(UserError, match=r"only 3 short training pairs are like 'open case'"):
        shots(4).before(item("open", "case"))
