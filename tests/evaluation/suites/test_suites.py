"""What holds for every suite, on small checkouts in the layout of each upstream."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Item, asked
from ecmiip.evaluation.suites import SUITES, load, survey
from ecmiip.files import shared
from ecmiip.mipld.document import DIRECTIONS

Checkout = Callable[..., Path]


@pytest.mark.parametrize("name", SUITES)
def test_reads_its_upstreams_layout(name: str, checkout: Checkout) -> None:
    items = load(name, checkout(name))
    assert {item.suite for item in items} == {name}
    assert max(Counter(item.id for item in items).values()) == 1
    for item in items:
        assert item.question == item.question.strip() != ""
        assert (item.kind == "open") == (not item.key) == (not item.options)
        assert item.kind != "single" or len(item.key) == 1
        assert set(item.key) <= set(item.options)
        assert item.key or item.answers
        assert item.direction is None or item.direction in DIRECTIONS
        assert date(2000, 1, 1) < item.as_of < date(2030, 1, 1)
        assert item.half in (0, 1)


@pytest.mark.parametrize("name", SUITES)
def test_says_what_is_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--root"):
        load(name, tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"no such file|no file|no folder|no \."):
        load(name, tmp_path)


def test_refuses_a_name_that_is_no_suites() -> None:
    with pytest.raises(UserError, match="no suite is called 'lexeval_ip': take one of lexeval,"):
        load("lexeval_ip")


def test_says_so_where_no_copy_is_at_hand(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.parent)
    with pytest.raises(UserError, match="mozip: no copy is at hand: name with --root a checkout"):
        load("mozip")


def test_an_empty_subset_is_an_error(checkout: Checkout) -> None:
    root = checkout("jecqa")
    for path in (root / "data" / "v1").iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("商标", "房屋").replace(
            "著作权", "租约"), encoding="utf-8")  # fmt: skip
    assert load("jecqa", root)
    with pytest.raises(UserError, match=r"jecqa-ip: .* has no item for it"):
        load("jecqa-ip", root)


@pytest.mark.parametrize("name", ["lexeval", "lawbench", "jecqa", "disc-nje"])
def test_a_subsets_items_keep_their_id_and_half(name: str, checkout: Checkout) -> None:
    whole = {item.id: item for item in load(name, checkout(name))}
    part = load(f"{name}-ip", checkout(name))
    for item in part:
        assert replace(item, suite=name) == whole[item.id]
        assert item.half == whole[item.id].half


def item(id: str, options: dict[str, str]) -> Item:
    return Item(
        id, id.partition("/")[0], "single" if options else "open", "问", options,
        "A" if options else "", () if options else ("答",), "doctrine", None, date(2020, 1, 1),
    )  # fmt: skip


def test_halves_are_about_equal() -> None:
    opened = [item(f"lexeval/5_4/{number}", {}).half for number in range(1000)]
    choices = [item("x/1", {"A": f"选项{n}", "B": "乙"}).half for n in range(1000)]
    assert 450 < sum(opened) < 550
    assert 450 < sum(choices) < 550


def test_a_question_of_two_benchmarks_is_on_the_same_half_in_both() -> None:
    for number in range(50):
        one = item(f"jecqa/ca/{number}", {"A": f"甲{number}有权。", "B": "乙 无权"})
        other = item(f"lawbench/3-6/{number + 7}", {"A": "乙无权", "B": f"甲{number}有权"})
        assert one.half == other.half


def test_is_asked_as_the_training_pairs_ask() -> None:
    item = Item(
        "x/1", "x", "multi", "下列哪些正确？", {"A": "甲", "B": "乙"}, "AB", (), "doctrine", None,
        date(2020, 1, 1),
    )  # fmt: skip
    assert asked(item) == "下列哪些正确？（多选）\nA. 甲\nB. 乙"
    assert asked(replace(item, kind="single", key="A")) == "下列哪些正确？\nA. 甲\nB. 乙"
    assert asked(replace(item, kind="open", options={}, key="")) == "下列哪些正确？"


# The items of the copies at hand, by kind. LexEval's IP subset is the published one.
COUNTS = {
    "lexeval-ip": {"single": 146, "multi": 85},
    "lawbench-ip": {"single": 34, "open": 170},
    "jecqa": {"single": 1012, "multi": 987},
    "jecqa-ip": {"single": 34, "multi": 44},
    "disc": {"single": 1132, "multi": 550},
    "disc-nje": {"single": 537, "multi": 463},
    "disc-nje-ip": {"single": 24, "multi": 28},
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_of_the_upstreams(name: str) -> None:
    folder = SUITES[name].default()
    if shared() is None or folder is None or not folder.is_dir():
        pytest.skip("the benchmarks are not at hand")
    found = survey(SUITES[name])
    assert Counter(item.kind for item in found.items) == COUNTS[name]
    # What cannot be an item is told, and is little.
    assert len(found.left_out) <= 0.01 * len(survey(SUITES[name.removesuffix("-ip")]).items)
