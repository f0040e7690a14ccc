"""An answer: the task is recognised, every citation checked, and what failed never looks good."""

import json
import re
from datetime import date
from typing import Any

import pytest

from ecmiip.assistant import answer as assistant
from ecmiip.assistant.answer import Answer, detect_task, is_good, mark, without_loops
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision
from ecmiip.mipld.verify import Citation
from ecmiip.models.endpoint import Reply

DAY = date(2026, 11, 22)
LATER = date(2027, 1, 1)
EARLY = date(1995, 1, 1)


class Model:
    """An endpoint that always writes the same."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[Any] = []

    def chat(self, messages: Any, *, max_tokens: int) -> Reply:
        self.asked.append((messages, max_tokens))
        return Reply(self.text, "stop", 1, 1, 1.25)


def ask(db: Mipld, text: str, as_of: date = DAY, question: str = "保护期限多久？") -> Answer:
    return assistant.answer(question, db=db, endpoint=Model(text), as_of=as_of)


# --- the task ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "task"),
    [
        ("发明专利权的期限是多久？", "doctrine"),
        ("什么是驰名商标？", "doctrine"),
        ("网店卖假鞋，算不算侵权？", "conduct"),
        ("前员工带走客户名单，是否构成侵犯商业秘密？", "conduct"),
        ("案情：原告甲公司起诉被告乙公司。请解析。", "case"),
        ("本案的争议焦点是什么？", "case"),
        ("请起草一份警告函。", "document"),
        ("帮我写一份起诉状，被告侵犯了我的著作权", "document"),
        ("", "doctrine"),
    ],
)
def test_the_task_is_recognised(question: str, task: str) -> None:
    assert detect_task(question) == task


def test_the_task_given_comes_before_the_words(small_mipld: Mipld) -> None:
    model = Model("答")
    given = assistant.answer(
        "请起草合同", db=small_mipld, endpoint=model, as_of=DAY, task="conduct", max_tokens=9
    )
    assert given.task == "conduct"
    messages, max_tokens = model.asked[0]
    assert "任务：行为性质分析" in messages[-1]["content"]
    assert max_tokens == 9


# --- what is read ------------------------------------------------------------------------------


def test_reads_the_law_of_the_day_and_nothing_else(small_mipld: Mipld) -> None:
    question = "示例专利权的保护期限是多久？"
    assert ask(small_mipld, "答", DAY, question).read[0].address == "示例专利法@2020#2"
    assert ask(small_mipld, "答", LATER, question).read[0].address == "示例专利法@2026#3"
    assert all(provision.in_force(EARLY) for provision in ask(small_mipld, "答", EARLY).read)


def test_what_is_read_is_what_the_model_is_shown(small_mipld: Mipld) -> None:
    model = Model("答")
    given = assistant.answer("示例专利权的期限？", db=small_mipld, endpoint=model, as_of=DAY)
    shown = model.asked[0][0][-1]["content"]
    assert 1 <= len(given.read) <= assistant.SHOWN
    for provision in given.read:
        assert f"《{provision.law}》{provision.number}" in shown


# --- checking and marking ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("依据《示例专利法》第九条。", "查无此条"),
        ("依据《无名法》第三条。", "未能核实"),
        ("依据《示例旧标志法》第一条。", "已废止"),
        ("依据《示例专利法》（2026年）第二条。", "尚未施行，2027-01-01起施行"),
        ("《示例专利法》第二条规定：“保护期限为二十年”。", "引文与原文不符"),
    ],
)
def test_what_fails_is_marked_behind_the_citation(small_mipld: Mipld, raw: str, said: str) -> None:
    given = ask(small_mipld, raw)
    (citation,) = given.citations
    assert not is_good(citation)
    assert given.verified == ()
    place = citation.end
    assert given.text.startswith(f"{raw[:place]}〔{said}")
    assert given.text.endswith(raw[place:])
    assert "✓" not in assistant.as_text(given)
    assert f"✗ {said}" in assistant.as_text(given)


def test_a_superseded_citation_says_where_it_is_now(small_mipld: Mipld) -> None:
    given = ask(small_mipld, "依据《示例专利法》（2020年）第二条。", LATER)
    assert given.citations[0].status == "superseded"
    assert "〔已被修改，非该日有效文本，现见示例专利法@2026#3〕" in given.text


@pytest.mark.parametrize(
    "raw",
    [
        "依据《示例专利法》第二条，期限为十年。",
        "《示例专利法》第二条规定：“示例专利权的保护期限为十年”。",
        "依据《示例专利法》（2020年）第二条。",
    ],
)
def test_what_holds_is_left_as_written(small_mipld: Mipld, raw: str) -> None:
    given = ask(small_mipld, raw)
    assert given.text == raw
    assert given.verified == given.citations != ()
    assert "✓ 有效  " in assistant.as_text(given)
    assert "✗" not in assistant.as_text(given)


def test_each_of_several_gets_its_own_verdict(small_mipld: Mipld) -> None:
    raw = "见《示例专利法》第二条、第九条，以及《示例商标法》第二条和《无名法》第一条。"
    given = ask(small_mipld, raw)
    assert [is_good(citation) for citation in given.citations] == [True, False, True, False]
    assert given.text == (
        "见《示例专利法》第二条、第九条〔查无此条〕，以及《示例商标法》第二条和《无名法》第一条"
        "〔未能核实〕。"
    )


def test_an_answer_without_citations_is_not_to_be_relied_on(small_mipld: Mipld) -> None:
    assert "✗ 未引用任何法条，请勿依赖" in assistant.as_text(ask(small_mipld, "期限为十年。"))


def citation(**changes: Any) -> Citation:
    fields: dict[str, Any] = {
        "text": "《示例法》第一条",
        "law": "示例法",
        "article": 1,
        "suffix": None,
        "paragraph": None,
        "item": None,
        "status": "in_force",
        "effective_from": None,
        "effective_to": None,
        "replaced_by": None,
        "quote": "none",
        "start": 0,
        "end": 8,
    }
    return Citation(**fields | changes)


@pytest.mark.parametrize(
    "status",
    ["in_force", "not_yet_in_force", "superseded", "repealed", "no_such_article", "unverified"],
)
@pytest.mark.parametrize("quote", ["none", "exact", "differs"])
def test_good_is_in_force_and_not_misquoted_and_the_rest_has_a_complaint(
    status: str, quote: str
) -> None:
    given = citation(status=status, quote=quote)
    assert is_good(given) == (status == "in_force" and quote != "differs")
    assert bool(assistant.complaint(given)) == (not is_good(given))
    assert ("〔" in mark("《示例法》第一条。", [given])) == (not is_good(given))


def test_marks_stay_with_their_citation_whatever_the_order() -> None:
    text = "《甲法》第一条和《乙法》第二条。"
    cited = [
        citation(status="unverified", start=8, end=15),
        citation(status="repealed", start=0, end=7),
    ]
    marked = "《甲法》第一条〔已废止〕和《乙法》第二条〔未能核实〕。"
    assert mark(text, cited) == mark(text, cited[::-1]) == marked
    assert re.sub("〔[^〕]*〕", "", marked) == text


# --- showing -----------------------------------------------------------------------------------


def test_as_json_is_plain_and_whole(small_mipld: Mipld) -> None:
    given = ask(small_mipld, "依据《示例专利法》第二条和第九条。")
    plain = json.loads(json.dumps(assistant.as_json(given)))
    assert plain["question"] == "保护期限多久？"
    assert (plain["task"], plain["as_of"], plain["seconds"]) == ("doctrine", "2026-11-22", 2.5)
    assert plain["raw"] == given.raw
    assert plain["text"] == given.text != given.raw
    good, bad = plain["citations"]
    assert (good["good"], good["complaint"], good["status"]) == (True, "", "in_force")
    assert (bad["good"], bad["complaint"]) == (False, "查无此条")
    assert plain["read"]
    assert all(set(read) == {"address", "quote"} for read in plain["read"])


def test_as_text_ends_with_task_day_and_warning(make_provision: Any) -> None:
    provision: Provision = make_provision("示例。")
    given = Answer("问", "case", DAY, (provision,), "答", (), 1.0)
    assert assistant.as_text(given).splitlines()[-1] == (
        f"司法案例解析 · 法律日期 2026-11-22 · {assistant.DISCLAIMER}"
    )


# --- loops -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("保护期限为十年。", "保护期限为十年。"),
        (
            "示例专利权受法律保护。期限为十年。示例专利权受法律保护。",
            "示例专利权受法律保护。期限为十年。",
        ),
        ("1. 应当提交请求书一份。\n2. 应当提交请求书一份。\n3. 其他。", "1. 应当提交请求书一份。"),
        ("（一）应当提交请求书；（二）应当提交请求书；", "（一）应当提交请求书；"),
        ("是。是。是。", "是。是。是。"),
        ("没有句号的一行", "没有句号的一行"),
        ("", ""),
    ],
)
def test_a_loop_is_cut_where_it_starts(text: str, kept: str) -> None:
    assert without_loops(text) == kept


def test_a_loop_is_cut_before_its_citations_count(small_mipld: Mipld) -> None:
    raw = "依据《示例专利法》第二条的规定。" * 5
    assert len(ask(small_mipld, raw).citations) == 1
