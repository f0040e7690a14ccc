"""The held-out suite: the same items for everyone, each asked once, counted as stated."""

import json
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ecmiip.evaluation import heldout
from ecmiip.evaluation.items import Item, asked
from ecmiip.evaluation.verdict import Verdict
from ecmiip.instruct.derive import derive
from ecmiip.instruct.pair import Pair
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision

DAY = date(2026, 11, 22)


def choice(number: int, key: str = "B") -> Pair:
    return Pair(
        id=f"derived/choose-article/示例专利法@2020#{number}/1",
        task="doctrine",
        direction="patent",
        as_of=DAY,
        question=f"选择题{number}\nA. 甲\nB. 乙\nC. 丙\nD. 丁",
        answer=f"{key}。",
        provisions=(f"示例专利法@2020#{number}",),
        origin="derived",
        key=key,
    )


def open_question(number: int, task: Any = "case", rule: str = "case") -> Pair:
    return Pair(
        id=f"derived/{rule}/示例专利法@2020#{number}/1",
        task=task,
        direction="patent",
        as_of=DAY,
        question=f"开放题{number}：示例专利权的保护期限是多久？",
        answer="答。",
        provisions=("示例专利法@2020#2",),
        origin="derived",
    )


@pytest.fixture
def draw(small_mipld: Mipld, items_file: Path) -> Callable[[int, int], list[Item]]:
    def draw(single: int, opens: int) -> list[Item]:
        return heldout.load_items(items_file, single, opens, small_mipld)

    return draw


def write(path: Path, pairs: list[Pair]) -> Path:
    lines = [json.dumps(pair.model_dump(mode="json"), ensure_ascii=False) for pair in pairs]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def items_file(tmp_path: Path) -> Path:
    pairs = [choice(number) for number in range(1, 31)]
    for task in ("doctrine", "conduct", "case", "document"):
        pairs += [open_question(number, task, rule=task) for number in range(1, 6)]
    pairs += [open_question(number, "doctrine", "recall") for number in range(50, 60)]
    return write(tmp_path / "heldout.jsonl", pairs)


# --- the draw ----------------------------------------------------------------------------------


def test_the_draw_is_the_same_every_time(draw: Callable[[int, int], list[Item]]) -> None:
    random.seed(1)
    first = draw(10, 8)
    random.seed(2)
    assert draw(10, 8) == first


def test_a_larger_draw_holds_the_smaller_one(draw: Callable[[int, int], list[Item]]) -> None:
    small, large = (draw(n, 2 * n) for n in (4, 8))
    assert [item for item in large if item.key][:4] == [item for item in small if item.key]
    assert [item for item in large if not item.key][:8] == [i for i in small if not i.key]


def test_the_draw_takes_the_tasks_in_turn(draw: Callable[[int, int], list[Item]]) -> None:
    items = draw(10, 8)
    assert sum(bool(item.key) for item in items) == 10
    tasks = [item.task for item in items if not item.key]
    assert tasks == ["case", "conduct", "doctrine", "document"] * 2
    assert len({item.id for item in items}) == 18


def test_no_item_is_pure_recall(draw: Callable[[int, int], list[Item]]) -> None:
    items = draw(0, 1000)
    assert len(items) == 20
    assert not [item for item in items if "/recall/" in item.id]


def test_the_draw_gives_what_there_is(small_mipld: Mipld, tmp_path: Path) -> None:
    path = write(tmp_path / "few.jsonl", [choice(1), open_question(2)])
    assert len(heldout.load_items(path, 100, 100, small_mipld)) == 2
    assert heldout.load_items(path, 0, 0, small_mipld) == []


# --- items -------------------------------------------------------------------------------------


def test_an_item_is_asked_in_the_words_that_taught(small_mipld: Mipld) -> None:
    item = heldout.item(choice(1), small_mipld)
    assert (item.kind, item.key, item.suite) == ("single", "B", "heldout")
    assert item.question == "选择题1"
    assert item.options == {"A": "甲", "B": "乙", "C": "丙", "D": "丁"}
    assert asked(item) == choice(1).question


def test_derived_pairs_come_back_as_they_were(
    small_mipld: Mipld, make_provision: Callable[..., Provision]
) -> None:
    acts = "\n".join(f"（{n}）{n}某种行为在示例情况下发生{n}的；" for n in "一二三四五六")
    listing = make_provision(f"有下列行为之一的，属于示例侵权：\n{acts}", 3)
    other = make_provision(
        "有下列情形之一的，可以撤销登记：\n"
        + "\n".join(f"（{n}）{n}全然不同且无关联事项{n}；" for n in "一二三四五六"),
        4,
    )
    pairs = [pair for pair in derive([listing, other], DAY) if pair.key]
    assert {len(pair.key) > 1 for pair in pairs} == {True, False}
    for pair in pairs:
        item = heldout.item(pair, small_mipld)
        assert asked(item) == pair.question
        assert item.kind == ("multi" if len(pair.key) > 1 else "single")


def test_an_open_item_has_its_reference_and_its_provisions(small_mipld: Mipld) -> None:
    pair = open_question(2).model_copy(update={"answer": "{{示例专利法@2020#2}}"})
    item = heldout.item(pair, small_mipld)
    assert item.kind == "open"
    assert item.options == {}
    assert item.provisions == ("示例专利法@2020#2",)
    assert "保护期限为十年" in item.answers[0]


# --- counting ----------------------------------------------------------------------------------


def verdict(**changes: Any) -> Verdict:
    fields: dict[str, Any] = {
        "id": "x",
        "suite": "heldout",
        "kind": "single" if changes.get("key") else "open",
        "task": "doctrine",
        "direction": None,
        "as_of": DAY,
        "half": 0,
        "tags": (),
        "key": "",
        "letters": "",
        "right": None,
        "prompt": (),
        "raw": "",
        "finish": "stop",
    }
    return Verdict(**fields | changes)


def test_score() -> None:
    verdicts = [
        verdict(key="A", letters="A", right=True),
        verdict(key="A", letters="B", right=False),
        verdict(key="A", letters="", right=False),
        verdict(scores={"cited": 3.0, "good": 2.0, "gold_recall": 0.5}),
        verdict(scores={"cited": 1.0, "good": 0.0, "gold_recall": 0.0}),
        verdict(scores={"cited": 0.0, "good": 0.0}),
    ]
    scores = heldout.score(verdicts)
    assert (scores.choice.hits, scores.choice.n, scores.unreadable) == (1, 3, 1)
    assert (scores.gold.hits, scores.gold.n) == (1, 3)
    assert (scores.good.hits, scores.good.n, scores.uncited) == (2, 4, 1)
    assert heldout.choice_hits(verdicts) == [True, False, False]
    assert heldout.gold_hits(verdicts) == [True, False, False]


def test_nothing_to_count() -> None:
    scores = heldout.score([])
    assert (scores.choice.n, scores.gold.n, scores.good.n) == (0, 0, 0)
    assert heldout.as_json(scores)["choice"]["interval"] == (0.0, 1.0)
