"""Tables rest on the user's own sentences: unknown by default, and nothing that is not there."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ecmiip.assistant import basis
from ecmiip.assistant.views import acts, case, conduct
from ecmiip.errors import UserError
from ecmiip.mipld.database import Mipld, default_path
from ecmiip.mipld.document import DIRECTIONS
from ecmiip.models.endpoint import Reply

from .test_answer import DAY

FACTS = (
    "甲公司是第25类鞋上“澜月”注册商标的权利人。乙店未经许可在鞋上使用近似标志。"
    "消费者称买错了。侵权吗？"
)
JUDGMENT = """原告：杭州澜月化妆品有限公司，住杭州。
被告：宁波某某贸易有限公司。
原告诉称，被告侵犯其商标权，请求判令赔偿50万元。
被告辩称，不构成侵权。
本案争议焦点为两个标志是否近似。
本院认为，两者读音相近，容易导致混淆，依照《示例商标法》第三条的规定，构成侵权。
判决如下：
一、被告停止销售；
二、被告赔偿8万元。"""


class Filler:
    """Answers every request with ``value`` as JSON."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.requests: list[Any] = []

    def chat(self, messages: Any, **more: Any) -> Reply:
        self.requests.append((messages, more))
        if isinstance(self.value, Exception):
            raise self.value
        text = self.value if isinstance(self.value, str) else json.dumps(self.value)
        return Reply(text, "stop", 1, 1, 0.1)


def conduct_table(db: Mipld, value: Any, facts: str = FACTS) -> Any:
    endpoint: Any = Filler(value)
    return conduct.table(
        facts, db=db, endpoint=endpoint, as_of=DAY, direction="trademark", asked=[], said="答"
    )


def rows(table: Any) -> dict[str, Any]:
    return {row["element"]: row for row in table["rows"]}


# --- acts --------------------------------------------------------------------------------------


def test_every_direction_has_an_act_and_ids_are_unique() -> None:
    table = acts.table()
    assert {act.direction for act in table} == set(DIRECTIONS)
    assert len({act.id for act in table}) == len(table)
    for act in table:
        assert len({element.id for element in act.element}) == len(act.element) >= 3
        assert all(element.basis for element in act.element)


def test_the_act_spoken_of_is_chosen() -> None:
    chosen = acts.act_of("对手造谣抹黑我们的商誉", "unfair_competition")
    assert chosen is not None
    assert chosen.id == "disparagement"
    assert acts.act_of("任何话", None) is None


def test_what_is_untold_is_asked_for() -> None:
    act = acts.act_of("商标侵权", "trademark")
    assert act is not None
    assert act.element[0] in acts.untold(act, "有人卖仿冒的鞋")
    assert act.element[0] not in acts.untold(act, "我的注册商标在第25类")


# --- conduct -----------------------------------------------------------------------------------


def test_verdicts_count_where_they_point_to_a_fact_that_speaks_of_it(small_mipld: Mipld) -> None:
    found = rows(
        conduct_table(
            small_mipld,
            {
                "right": {"sentence": 1, "met": "met"},
                "licence": {"sentence": 2, "met": "met"},
                "use": {"sentence": 3, "met": "met"},
                "goods": {"sentence": 0, "met": "met"},
                "similarity": {"sentence": 99, "met": "not_met"},
            },
        )
    )
    assert found["right"]["met"] == "met"
    assert found["right"]["fact"] == "甲公司是第25类鞋上“澜月”注册商标的权利人。"
    assert found["licence"]["met"] == "met"
    # Sentence 3 says nothing of use, 0 is no sentence, 99 does not exist.
    assert {found[name]["met"] for name in ("use", "goods", "similarity", "liability")} == {
        "unknown"
    }
    assert all(row["fact"] == "" or row["fact"] in FACTS for row in found.values())


@pytest.mark.parametrize(
    "value",
    [
        "not json",
        [],
        "null",
        {"right": "met"},
        {"right": {"sentence": "1", "met": "met"}},
        UserError("down"),
    ],
)
def test_without_the_models_word_everything_is_unknown(small_mipld: Mipld, value: Any) -> None:
    table = conduct_table(small_mipld, value)
    assert {row["met"] for row in table["rows"]} == {"unknown"}
    assert len(table["missing"]) == len(table["rows"])


def test_what_is_asked_is_no_fact(small_mipld: Mipld) -> None:
    assert all("侵权吗" not in row["fact"] for row in conduct_table(small_mipld, {})["rows"])


# --- case --------------------------------------------------------------------------------------


def case_table(db: Mipld, value: Any, document: str = JUDGMENT) -> tuple[Any, Filler]:
    endpoint: Any = Filler(value)
    table = case.table(
        document, db=db, endpoint=endpoint, as_of=DAY, direction=None, asked=[], said="答"
    )
    return table, endpoint


def test_a_judgment_is_read_by_its_own_words(small_mipld: Mipld) -> None:
    table, endpoint = case_table(small_mipld, {})
    assert table["parties"] == [
        {"role": "原告", "name": "杭州澜月化妆品有限公司"},
        {"role": "被告", "name": "宁波某某贸易有限公司"},
    ]
    assert [point["text"] for point in table["issues"]] == ["本案争议焦点为两个标志是否近似。"]
    assert "第三条" in table["rule"][0]["text"]
    assert [point["text"] for point in table["conclusion"]][1:] == [
        "一、被告停止销售；",
        "二、被告赔偿8万元。",
    ]
    assert [c["law"] for c in table["citations"]] == ["示例商标法"]
    assert endpoint.requests == []  # nothing was left to ask the model


def test_other_texts_are_read_by_the_model_and_only_what_is_there_counts(
    small_mipld: Mipld,
) -> None:
    told = "澜月公司说对方的标志与自己的近似。对方说是否近似应看整体。双方都想知道谁会赢。"
    table, endpoint = case_table(
        small_mipld,
        {
            "issues": [2, 2, 77, "x"],
            "rule": [],
            "application": None,
            "conclusion": [3],
            "parties": [
                {"role": "原告", "name": "澜月公司"},
                {"role": "被告", "name": "没有的公司"},
                {"role": "国王", "name": "对方"},
            ],
        },
        told,
    )
    assert len(endpoint.requests) == 1
    assert [point["source"] for point in table["issues"]] == ["对方说是否近似应看整体。"]
    assert table["parties"] == [{"role": "原告", "name": "澜月公司"}]
    assert table["conclusion"] == []
    for part in case.PARTS:
        assert all(point["source"] in told for point in table[part])


@pytest.mark.parametrize("value", ["", "[]", UserError("down"), {"issues": {"a": 1}}])
def test_a_model_that_fails_leaves_a_table(small_mipld: Mipld, value: Any) -> None:
    table, _ = case_table(small_mipld, value, "没有格式的一段话。")
    assert table["kind"] == "case"
    assert table["parties"] == []


# --- the law behind the table --------------------------------------------------------------------


@pytest.fixture(scope="module")
def real_mipld() -> Iterator[Mipld]:
    """The database built from every source, where this machine has one."""
    try:
        db = Mipld.open(default_path())
    except UserError:
        pytest.skip("no MIPLD: run `ecmiip mipld build`")
    with db:
        if db.law("最高人民法院关于审理商标民事纠纷案件适用法律若干问题的解释") is None:
            pytest.skip("this MIPLD holds laws only: build it with ../shared")
        yield db


@pytest.mark.parametrize("day", ["2026-11-22", "2027-01-15", "2024-05-01"])
def test_every_basis_is_law_on_the_day(real_mipld: Mipld, day: str) -> None:
    as_of = date.fromisoformat(day)
    for act in acts.table():
        for element in act.element:
            assert all(real_mipld.at(address) for address in element.basis), element.basis
            found = [basis.on(real_mipld, each, as_of, basis.SAME) for each in element.basis]
            assert any(found), f"{act.id} {element.id} has no basis on {day}"
            assert all(provision.in_force(as_of) for provision in found if provision)


def test_the_right_to_a_mark_stays_the_right_to_a_mark(real_mipld: Mipld) -> None:
    (act,) = (one for one in acts.table() if one.id == "trademark_infringement")
    right = act.element[0].basis
    found = [basis.on(real_mipld, each, date(2027, 1, 15), basis.SAME) for each in right]
    assert [one.address for one in found if one] == ["商标法@2026#43", "商标法@2026#71"]


def test_a_rule_that_moved_is_not_followed_to_what_is_left_of_its_article(
    real_mipld: Mipld,
) -> None:
    assert basis.on(real_mipld, "商标法@2019#4", date(2027, 1, 15), basis.SAME) is None
    assert basis.on(real_mipld, "商标法@2019#57", date(2027, 1, 15), basis.SAME) is not None
