"""LawBench: options that run on in the question, open tasks with their metric."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ecmiip.evaluation.suites import load
from ecmiip.evaluation.suites.lawbench import inline_options

Checkout = Callable[..., Path]


@pytest.mark.parametrize(
    ("question", "stem", "options"),
    [
        ("哪项对?A:甲;B:乙；C: 丙;D:丁。", "哪项对?", ["甲", "乙", "丙", "丁"]),
        # A letter of a word before a colon is no mark; neither is a letter out of turn.
        ("关于FOB:是?A:甲FOB:价;B:乙;C:丙A:甲;D:丁", "关于FOB:是?",
         ["甲FOB:价", "乙", "丙A:甲", "丁"]),
        # Options that are sentences keep their full stops.
        ("句子。A:甲。B:乙。C:丙。D:丁。", "句子。", ["甲。", "乙。", "丙。", "丁。"]),
    ],
)  # fmt: skip
def test_options_run_on(question: str, stem: str, options: list[str]) -> None:
    assert inline_options(question, "ABCD") == (stem, dict(zip("ABCD", options, strict=True)))


def test_no_options_where_a_letter_lacks() -> None:
    assert inline_options("哪项?A:甲;B:乙;D:丁", "ABCD") == ("哪项?A:甲;B:乙;D:丁", {})


def test_choice_tasks(checkout: Checkout) -> None:
    items = [item for item in load("lawbench", checkout("lawbench")) if item.key]
    assert {item.tags[0] for item in items} == {"1-2", "2-8", "3-6"}
    assert {item.key for item in items} == {"C"}
    assert {len(item.options) for item in items if "2-8" in item.tags} == {5}
    assert {item.options["D"] for item in items} == {"登记著作权"}


def test_the_instruction_is_asked_but_does_not_make_a_question_one_about_ip(
    checkout: Checkout,
) -> None:
    root = checkout("lawbench")
    path = root / "data" / "zero_shot" / "2-4.json"
    path.write_text(path.read_text(encoding="utf-8").replace("商标", "房屋"), encoding="utf-8")
    items = [item for item in load("lawbench", root) if "2-4" in item.tags]
    assert items[0].question.startswith("类别包括：知识产权、其他。\n示例0")
    assert all("non-ip" in item.tags for item in items)
    assert not [item for item in load("lawbench-ip", root) if "2-4" in item.tags]
