"""Counts of a set, what is out of balance, and the card that tells both."""

from typing import Any

import pytest

from ecmiip.instruct.card import data_card
from ecmiip.instruct.derive import RULES
from ecmiip.instruct.stats import kind_of, summary, unbalanced
from ecmiip.mipld.document import DIRECTIONS
from ecmiip.models.prompt import TASKS


def row(**changes: Any) -> dict[str, Any]:
    fields = {
        "id": "derived/recall/示例法@2020#1/1",
        "task": "doctrine",
        "direction": "patent",
        "as_of": "2026-11-22",
        "question": "问",
        "difficulty": "basic",
        "origin": "derived",
        "key": "",
        "context": [],
    }
    return fields | changes


def test_counts_by_origin_task_and_direction() -> None:
    rows = {
        "train": [row(), row(key="A", context=["示例法@2020#1"])],
        "heldout": [row(origin="authored", id="authored/x", task="case", question="How long?")],
        "dropped": [row(reasons=["nearly repeats x"])],
    }
    made = summary(rows, 7)
    assert made["sides"] == {"train": 2, "heldout": 1, "dropped": 1}
    assert made["derived"] == {
        "total": 2,
        "by_task": {"doctrine": 2},
        "by_direction": {"patent": 2},
    }
    assert made["authored"]["by_task"] == {"case": 1}
    assert made["imported"] == {"total": 0, "by_task": {}, "by_direction": {}}
    assert made["by_rule"] == {"recall": 2}
    assert (made["open_book"], made["english"], made["benchmark_items"]) == (1, 1, 7)
    assert made["dropped"]["derived"] == {"repeat": 1}


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("cites 《示例法》第九条, which is no_such_article on 2026-11-22", "law"),
        ("quotes 《示例法》第二条 in other words than the law's", "quote"),
        ("rests on 示例法@2020#9, which MIPLD does not hold", "address"),
        ("cites no provision", "ungrounded"),
        ("cites none of the provisions it rests on", "ungrounded"),
        ("its answer does not start with its key A", "key"),
        ("42 characters in a row stand in a benchmark", "benchmark"),
        ("nearly repeats derived/x", "repeat"),
        ("its question is not the one that was answered", "upstream"),
        ("something new", "other"),
    ],
)
def test_reasons_are_counted_by_kind(reason: str, kind: str) -> None:
    assert kind_of(reason) == kind


def test_lopsided_letters_and_thin_parts_are_told() -> None:
    spread = [
        row(task=task, direction=direction, key=letter)
        for task in TASKS
        for direction in DIRECTIONS
        for letter in "ABCD" * 8
    ]
    assert unbalanced(spread) == []
    lopsided = [r | {"key": "A"} if r["key"] == "B" else r for r in spread]
    assert len(unbalanced(lopsided)) == 2  # too many A, too few B
    fewer = [r for r in spread if r["direction"] != "patent" and r["task"] != "case"]
    assert unbalanced(fewer) == ["task case has 0 pairs", "direction patent has 0 pairs"]


def test_the_card_tells_the_counts_and_is_the_same_each_time() -> None:
    rows = {
        "train": [row()] * 3,
        "heldout": [row()],
        "dropped": [row(reasons=["cites no provision"])],
    }
    stats = {"inputs": "0" * 64, "mipld": "1" * 64, "as_of": "2026-11-22"} | summary(rows, 5)
    card = data_card(stats, {"derived": 1})
    assert card == data_card(stats, {"derived": 1})
    assert card.startswith("# Data card")
    assert "| recall | 4 | article number → text |" in card
    assert "| derived | 4 | 1 | 4 | 0 | 0 | 0 |" in card
    assert "| authored | 0 | 0 | 0 | 0 | 0 | 0 |" in card
    assert "- All held-out pairs are derived: " in card
    assert "- All held-out pairs but 1 are derived: " in data_card(stats, {"authored": 1})
    assert "| patent | 专利 | 0 | 4 | 0 | 0 |" in card
    assert "| cites nothing, or cites an article for what it does not say | 0 | 1 | 0 | 0 |" in card
    assert "{{" not in card
    assert "{%" not in card


def test_the_card_describes_every_rule() -> None:
    others = ["choose-reading", "evolution", "judgment", "moved", "changed", "not-yet"]
    others += ["recall-then", *(f"reading-{number}" for number in ("one", "two", "none"))]
    others += [f"statements-{kind}" for kind in ("one-right", "one-wrong", "several")]
    names = [*(rule.name for rule in RULES), *others]
    rows = {
        "train": [row(id=f"derived/{name}/示例法@2020#1") for name in names],
        "heldout": [],
        "dropped": [],
    }
    stats = {"inputs": "0" * 64, "mipld": "1" * 64, "as_of": "2026-11-22"} | summary(rows, 5)
    card = data_card(stats, {})
    assert [name for name in names if f"| {name} | 1 |  |" in card] == []
    assert all(f"| {name} | 1 | " in card for name in names)
