"""JEC-QA and DISC-Law-Eval: labels, exams and their years."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.suites import SUITES, load, survey
from ecmiip.evaluation.suites.disc import sat_on

Checkout = Callable[..., Path]


def put(root: Path, label: object) -> None:
    record = {"question": "下列正确的是", "options": ["(A)甲", "(B)乙", "(C) 丙", "(D)丁"]}
    path = root / "data" / "v1" / "jec-qa-kd.jsonl"
    path.write_text(json.dumps(record | {"label": label}), encoding="utf-8")


@pytest.mark.parametrize(
    ("label", "kind", "key"),
    [
        (["B"], "single", "B"),
        (["C", "A"], "multi", "AC"),
        (["A", "C", "D", "。"], "multi", "ACD"),
        ("AD", "multi", "AD"),
    ],
)
def test_labels_are_lists_or_text(checkout: Checkout, label: object, kind: str, key: str) -> None:
    root = checkout("jecqa")
    put(root, label)
    item = load("jecqa", root)[0]
    assert (item.id, item.kind, item.key) == ("jecqa/kd/1", kind, key)
    assert item.options["C"] == "丙"


def test_an_item_without_a_label_is_left_out(checkout: Checkout) -> None:
    root = checkout("jecqa")
    put(root, [])
    assert survey(SUITES["jecqa"], root).reasons() == {"no key": 1}


def test_the_later_version_of_agieval_is_read_too(checkout: Checkout) -> None:
    root = checkout("jecqa")
    (root / "data" / "v1").rename(root / "data" / "v1_1")
    assert load("jecqa", root)


@pytest.mark.parametrize(
    ("source", "day"),
    [
        # The upstream spells it so.
        ("2018 national judical examination", date(2018, 9, 15)),
        ("2022 national judicial examination", date(2022, 9, 15)),
        ("2021 post-graduate entrance examination", date(2020, 12, 20)),
        ("2019 patent agent examination", date(2019, 11, 1)),
        ("legal knowledge", date(2022, 12, 31)),
    ],
)
def test_an_exam_follows_the_law_of_its_day(source: str, day: date) -> None:
    assert sat_on(source) == day


def test_any_exam_is_read_and_the_judicial_one_by_itself(checkout: Checkout) -> None:
    root = checkout("disc")
    assert {item.tags[0] for item in load("disc", root)} == {
        f"mcq_{form}_{exam}" for form in ("sing", "mult") for exam in ("nje", "pae")
    }
    assert {item.tags[0] for item in load("disc-nje-ip", root)} == {"mcq_sing_nje", "mcq_mult_nje"}


def test_the_column_says_whether_several_letters_may_be_right(checkout: Checkout) -> None:
    root = checkout("disc")
    path = root / "eval" / "datasets" / "objective" / "mcq_mult_nje.csv"
    text = path.read_text(encoding="utf-8").replace("ABD", "B")
    path.write_text(text, encoding="utf-8")
    kinds = {item.tags[0]: item.kind for item in load("disc-nje", root)}
    assert kinds["mcq_mult_nje"] == "multi"
    path.write_text(text.replace("True", "maybe"), encoding="utf-8")
    with pytest.raises(UserError, match="multichoice is 'maybe': it must be True or False"):
        load("disc-nje", root)


def test_several_letters_where_one_is_announced_are_left_out(checkout: Checkout) -> None:
    root = checkout("disc")
    path = root / "eval" / "datasets" / "objective" / "mcq_mult_nje.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("True", "False"), encoding="utf-8")
    assert list(survey(SUITES["disc-nje"], root).reasons()) == [
        "one right letter is announced, the key has several"
    ]


def test_a_csv_without_a_column_is_another_layout(checkout: Checkout) -> None:
    root = checkout("disc")
    path = root / "eval" / "datasets" / "objective" / "mcq_sing_nje.csv"
    path.write_text("input,output,A,B,C,D\n问,A,一,二,三,四\n", encoding="utf-8")
    with pytest.raises(UserError, match="record 1 has no source, multichoice"):
        load("disc", root)


def test_short_answers(checkout: Checkout) -> None:
    (item, *_) = load("disc-short", checkout("disc-short"))
    assert (item.id, item.kind) == ("disc-short/short/1", "open")
    assert item.answers == ("可以请求赔偿。",)
