"""Pairs: quotes by reference, the chat that teaches them, and files with faults."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.instruct import pair as pairs
from ecmiip.instruct.pair import Pair
from ecmiip.mipld.database import Mipld

DAY = date(2026, 11, 22)
FIELDS: dict[str, Any] = {
    "id": "authored/case/patent/001",
    "task": "case",
    "direction": "patent",
    "as_of": DAY,
    "question": "期限多久？",
    "answer": "十年。",
    "provisions": ("示例专利法@2020#2",),
    "origin": "authored",
}


def make(**changes: Any) -> Pair:
    return Pair.model_validate(FIELDS | changes)


def test_a_reference_becomes_the_laws_own_words(small_mipld: Mipld) -> None:
    text = small_mipld.at("示例专利法@2020#4").text
    assert pairs.expand("规定：{{示例专利法@2020#4}}完", small_mipld) == f"规定：{text}完"
    assert pairs.expand("{{ 示例专利法@2020#4 }}", small_mipld) == text
    assert pairs.expand("没有引用 {一} 的话", small_mipld) == "没有引用 {一} 的话"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("示例专利法@2020#3(1)", "未经许可，制造、销售示例专利产品的"),
        ("示例专利法@2020#3.1(2)", "伪造示例专利证书或者专利标记的"),
        ("示例商标法@2010#2.1", "示例注册商标的有效期为五年，自核准注册之日起计算，可以申请续展。"),
    ],
)
def test_a_reference_may_name_a_paragraph_or_item(
    small_mipld: Mipld, address: str, words: str
) -> None:
    assert pairs.expand(f"“{{{{{address}}}}}”", small_mipld) == f"“{words}”"


@pytest.mark.parametrize(
    "address",
    [
        "示例专利法@2020#99",
        "示例专利法@2020#3(9)",
        "示例专利法@2020#2.5",
        "无名法@2020#1",
        "第二条",
    ],
)
def test_a_reference_to_nothing_is_told(small_mipld: Mipld, address: str) -> None:
    with pytest.raises(UserError, match=f"no provision at {re.escape(address)}"):
        pairs.expand(f"{{{{{address}}}}}", small_mipld)


def test_the_chat_is_the_prompt_that_users_get_and_the_answer(small_mipld: Mipld) -> None:
    pair = make(
        question="{{示例专利法@2020#4}}怎么办？",
        reasoning="先看第四条。",
        answer="改正。{{示例专利法@2020#4}}",
        context=("示例专利法@2020#2", "示例商标法@2010#2"),
    )
    system, user, assistant = pairs.messages(pair, small_mipld)
    law = small_mipld.at("示例专利法@2020#4").text
    assert [turn["role"] for turn in (system, user, assistant)] == ["system", "user", "assistant"]
    assert f"问题：{law}怎么办？" in user["content"]
    assert "[1] 《示例专利法》第二条：" in user["content"]
    assert "[2] 《示例商标法》第二条：" in user["content"]
    assert "日期：2026-11-22" in user["content"]
    assert assistant["content"] == f"先看第四条。\n改正。{law}"


def test_a_built_set_is_read_back(small_mipld: Mipld, tmp_path: Path) -> None:
    pair = make(context=("示例专利法@2020#2",), key="B", difficulty="hard")
    row = pairs.row(pair, small_mipld)
    assert len(row["messages"]) == 3
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    assert list(pairs.read_built(path)) == [pair]


def test_authored_pairs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "patent.toml"
    path.write_text(
        "\n".join(
            "[[pair]]\n"
            f'id = "authored/case/patent/{n}"\ntask = "case"\ndirection = "patent"\n'
            "as_of = 2026-11-22\nquestion = '''问\n题'''\nanswer = '''答'''\n"
            'provisions = ["示例专利法@2020#2"]'
            for n in range(2)
        ),
        encoding="utf-8",
    )
    first, second = pairs.read_authored(path)
    assert (first.origin, first.as_of, first.question) == ("authored", DAY, "问\n题")
    assert first.id != second.id


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"task": "poetry"}, "task"),
        ({"as_of": "2026-02-30"}, "as_of"),
        ({"colour": "red"}, "colour"),
        ({"answer": None}, "answer"),
    ],
)
def test_a_pair_with_a_fault_is_told_with_its_place(
    tmp_path: Path, changes: dict[str, Any], key: str
) -> None:
    path = tmp_path / "train.jsonl"
    rows = [make().model_dump(mode="json"), make().model_dump(mode="json") | changes]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    with pytest.raises(UserError, match=rf"train\.jsonl:2: key '{key}'") as caught:
        list(pairs.read_built(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("line", ["[1, 2]", "3", '"text"'])
def test_a_line_that_is_no_pair_is_told(tmp_path: Path, line: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(UserError, match=r"train\.jsonl:1"):
        list(pairs.read_built(path))


@pytest.mark.parametrize(
    "text",
    ["[[pair]\n", 'pair = "text"\n', "pair = [1]\n", '[pair]\nid = "x"\n'],
    ids=["broken", "text", "numbers", "table"],
)
def test_a_file_of_authored_pairs_that_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "patent.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"patent\.toml"):
        list(pairs.read_authored(path))


def test_a_missing_file_of_authored_pairs(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"patent\.toml: no such file"):
        list(pairs.read_authored(tmp_path / "patent.toml"))
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"patent\.toml: no such file"):
        list(pairs.read_authored(tmp_path / "file" / "patent.toml"))
