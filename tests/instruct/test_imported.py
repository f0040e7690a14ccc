"""Pairs of others: kept only if every article they cite says so today."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.instruct.check import faults
from ecmiip.instruct.imported import Answered, answers_file, digest, folder, imported
from ecmiip.instruct.pair import Pair
from ecmiip.instruct.split import split
from ecmiip.mipld.database import Mipld

BEFORE, AFTER = date(2026, 11, 22), date(2027, 1, 1)
QUESTION = "甲公司的示例专利权保护多少年？"
GOOD = "根据《示例专利法》第二条，示例专利权的保护期限为十年，自示例专利申请日起计算。"


def read(
    db: Mipld, folder: Path, answer: str, day: date = BEFORE, question: str = QUESTION
) -> list[tuple[Pair, list[str]]]:
    records = [{"input": question, "output": answer, "type": "x"}]
    (folder / "fakao_gpt4.json").write_text(json.dumps(records), encoding="utf-8")
    return list(imported(db, day, folder))


def answer(folder: Path, **changes: Any) -> Path:
    """A list that answers the first record of fakao_gpt4.json."""
    fields = {
        "file": "fakao_gpt4.json",
        "number": 1,
        "question": digest(QUESTION),
        "task": "doctrine",
        "direction": "patent",
        "answer": "十年。依据《示例专利法》第二条，自示例专利申请日起计算。",
        "provisions": ["示例专利法@2020#2"],
    } | changes
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]
    path = folder / "answers.toml"
    path.write_text("\n".join(["[[record]]", "as_of = 2026-11-22", *lines]), encoding="utf-8")
    return path


def test_our_answer_takes_the_place_of_one_that_is_not_sound(
    small_mipld: Mipld, tmp_path: Path
) -> None:
    read(small_mipld, tmp_path, "八年。")
    ((pair, reasons),) = imported(small_mipld, AFTER, tmp_path, answer(tmp_path))
    assert reasons == []
    assert (pair.id, pair.question) == ("imported/lawyer-llama/fakao_gpt4/1", QUESTION)
    assert (pair.origin, pair.as_of) == ("imported", BEFORE)
    assert pair.answer.startswith("十年。")
    assert faults(pair, small_mipld) == []


def test_an_answer_is_not_put_to_another_question(small_mipld: Mipld, tmp_path: Path) -> None:
    read(small_mipld, tmp_path, "八年。", question="甲公司的示例商标专用权保护多少年？")
    ((_, reasons),) = imported(small_mipld, BEFORE, tmp_path, answer(tmp_path))
    assert reasons == ["its question is not the one that was answered"]


def test_a_question_whose_words_are_not_of_ip_is_answered_too(
    small_mipld: Mipld, tmp_path: Path
) -> None:
    question = "这样做可以吗？"
    listed = answer(tmp_path, question=digest(question))
    assert read(small_mipld, tmp_path, "可以。", question=question) == []
    assert len(list(imported(small_mipld, BEFORE, tmp_path, listed))) == 1


def test_a_list_with_a_misspelt_key_is_refused(small_mipld: Mipld, tmp_path: Path) -> None:
    listed = answer(tmp_path, anwser="x")
    with pytest.raises(UserError, match=r"answers\.toml.*anwser"):
        list(imported(small_mipld, BEFORE, tmp_path, listed))


def test_the_answers_that_come_with_the_project_are_well_formed() -> None:
    records = tomllib.loads(answers_file().read_text(encoding="utf-8"))["record"]
    assert len(records) >= 25
    answered = [Answered.model_validate(record) for record in records]
    assert len({(record.file, record.number) for record in answered}) == len(answered)
    for record in answered:
        assert record.answer.startswith(record.key)
        assert all("@" in address and "#" in address for address in record.provisions)
        pair = Pair(
            id="x",
            question="问",
            origin="imported",
            **record.model_dump(exclude={"file", "number", "question"}),
        )
        assert split(pair) != "neither", record.number


def test_a_grounded_answer_stays(small_mipld: Mipld, tmp_path: Path) -> None:
    ((pair, reasons),) = read(small_mipld, tmp_path, GOOD)
    assert reasons == []
    assert pair.id == "imported/lawyer-llama/fakao_gpt4/1"
    assert (pair.origin, pair.licence, pair.direction) == ("imported", "Apache-2.0", "patent")
    assert pair.provisions == ("示例专利法@2020#2",)
    assert pair.answer == GOOD


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("保护期限为十年。", "cites no provision"),
        ("根据《示例专利法》第X条，保护期限为十年。", "without its number"),
        ("根据《示例专利法》第九条，保护期限为十年。", "no_such_article"),
        ("根据《示例旧标志法》第一条，示例标志由示例商标机关统一登记。", "repealed"),
        ("根据《示例专利法》第四条，植物可以在春天播种、秋天收获而且不用施肥。", "does not say"),
    ],
)
def test_what_cannot_be_verified_is_left_out(
    small_mipld: Mipld, tmp_path: Path, answer: str, said: str
) -> None:
    ((_, reasons),) = read(small_mipld, tmp_path, answer)
    assert any(said in reason for reason in reasons)


def test_a_moved_article_gets_its_new_number(small_mipld: Mipld, tmp_path: Path) -> None:
    # The sixth article is gone in the newer text, the fifth holds what was the fourth.
    answer = "根据《示例专利法》第五条，申请示例专利的，应当提交请求书、说明书和示例图样。"
    ((pair, reasons),) = read(small_mipld, tmp_path, answer, AFTER)
    assert reasons or "示例专利法@2026" in pair.provisions[0]


def test_other_law_is_passed_over(small_mipld: Mipld, tmp_path: Path) -> None:
    assert read(small_mipld, tmp_path, "依照合同处理。", question="邻居欠钱不还怎么办？") == []


@pytest.mark.parametrize(
    "record",
    [
        [
            {
                "input": "",
                "instruction": QUESTION + "\n请给出详细的推理过程之后再给出答案。\n",
                "output": GOOD,
            }
        ],
        {"query": QUESTION, "laws": [], "response": GOOD},
        {"query": QUESTION, "laws": [], "history": ["[律师] " + GOOD, "[客户] 谢谢"]},
    ],
)
def test_every_layout_is_read(small_mipld: Mipld, tmp_path: Path, record: Any) -> None:
    (tmp_path / "zixun_gpt4.json").write_text(json.dumps([record]), encoding="utf-8")
    ((pair, reasons),) = imported(small_mipld, BEFORE, tmp_path)
    assert (pair.question, pair.answer, reasons) == (QUESTION, GOOD, [])


def test_a_file_that_is_not_json(small_mipld: Mipld, tmp_path: Path) -> None:
    (tmp_path / "zixun_gpt4.json").write_text("[{", encoding="utf-8")
    with pytest.raises(UserError, match=r"zixun_gpt4\.json: not JSON"):
        list(imported(small_mipld, BEFORE, tmp_path))


def test_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECMIIP_SHARED", str(tmp_path))
    assert folder() is None
    data = tmp_path / "sources" / "lawyer-llama" / "data"
    data.mkdir(parents=True)
    assert folder() == data
