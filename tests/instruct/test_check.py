"""What a pair must not teach: wrong articles, dead law, altered words, a swapped letter."""

from datetime import date
from typing import Any

import pytest

from ecmiip.instruct.check import faults
from ecmiip.instruct.derive import derive
from ecmiip.instruct.pair import Pair
from ecmiip.mipld.database import Mipld

DAY = date(2026, 11, 22)


def make(answer: str = "依据《示例专利法》第二条，期限为十年。", **changes: Any) -> Pair:
    fields: dict[str, Any] = {
        "id": "x",
        "task": "doctrine",
        "direction": "patent",
        "as_of": DAY,
        "question": "期限多久？",
        "answer": answer,
        "provisions": ("示例专利法@2020#2",),
        "origin": "authored",
    }
    return Pair.model_validate(fields | changes)


def test_a_right_pair_has_no_faults(small_mipld: Mipld) -> None:
    assert faults(make(), small_mipld) == []


def test_what_is_derived_has_no_faults(small_mipld: Mipld) -> None:
    for day in (DAY, date(2027, 1, 1), date(2015, 1, 1)):
        provisions = list(small_mipld.provisions(as_of=day))
        pairs = list(derive(provisions, day))
        assert pairs
        assert {pair.id: found for pair in pairs if (found := faults(pair, small_mipld))} == {}


@pytest.mark.parametrize(
    "address",
    ["示例专利法@2020#99", "示例专利法@2001#2", "无名法@2020#1", "示例专利法@2020#3(9)", "第二条"],
)
def test_resting_on_what_is_not_there(small_mipld: Mipld, address: str) -> None:
    (fault,) = faults(make(provisions=("示例专利法@2020#2", address)), small_mipld)
    assert fault == f"rests on {address}, which MIPLD does not hold"


@pytest.mark.parametrize("address", ["示例专利法@2026#3", "示例旧标志法@1990#1"])
def test_resting_on_what_is_not_law_on_the_day(small_mipld: Mipld, address: str) -> None:
    (fault,) = faults(make("十年。", provisions=(address,)), small_mipld)
    assert "not in force on 2026-11-22" in fault


def test_a_comparison_may_cite_the_other_version_that_it_rests_on(small_mipld: Mipld) -> None:
    answer = "现为《示例专利法》（2020年）第二条，明年起为《示例专利法》（2026年）第三条。"
    both = ("示例专利法@2020#2", "示例专利法@2026#3")
    assert faults(make(answer, provisions=both), small_mipld) == []
    (fault,) = faults(make(answer, provisions=both[:1]), small_mipld)
    assert "not_yet_in_force" in fault
    gone = make(answer, provisions=both, as_of="2001-01-01")
    assert faults(gone, small_mipld) != []


@pytest.mark.parametrize(
    ("as_of", "lawful"),
    [("2020-05-31", False), ("2020-06-01", True), ("2026-12-31", True), ("2027-01-01", False)],
)
def test_the_first_and_the_last_day_count(small_mipld: Mipld, as_of: str, lawful: bool) -> None:
    found = faults(make("十年。", as_of=as_of), small_mipld)
    assert bool(found) != lawful


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("依据《示例专利法》第九条。", "no_such_article"),
        ("依据《示例旧标志法》第一条。", "repealed"),
        ("依据《示例专利法》（2026年）第三条。", "not_yet_in_force"),
        ("《示例专利法》第二条规定：“示例专利权的保护期限为二十年”。", "other words"),
    ],
)
def test_citing_what_is_not_law(small_mipld: Mipld, answer: str, said: str) -> None:
    assert said in faults(make(answer), small_mipld)[0]


@pytest.mark.parametrize(
    ("rule", "words", "others"),
    [
        ("recall", "十年", "二十年"),
        ("reverse", "十年", "二十年"),
        ("choose-quantity", "十年", "二十年"),
        ("case", "责令改正", "予以罚款"),
        ("document", "请求书", "委托书"),
        ("conduct", "制造、销售", "使用、进口"),
    ],
)
def test_a_quote_that_was_altered_is_caught(
    small_mipld: Mipld, rule: str, words: str, others: str
) -> None:
    provisions = list(small_mipld.provisions(as_of=DAY, laws=["示例专利法"]))
    derived = [pair for pair in derive(provisions, DAY) if f"/{rule}/" in pair.id]
    pair = next(pair for pair in derived if words in pair.answer)
    altered = pair.model_copy(update={"answer": pair.answer.replace(words, others)})
    assert any("other words" in fault for fault in faults(altered, small_mipld))


def test_a_swapped_letter_is_caught(small_mipld: Mipld) -> None:
    right = make("B。依据《示例专利法》第二条。", key="B")
    assert faults(right, small_mipld) == []
    (fault,) = faults(right.model_copy(update={"key": "C"}), small_mipld)
    assert fault == "its answer does not start with its key C"


@pytest.mark.parametrize("length", [0, 10_000])
def test_an_answer_that_is_empty_or_endless(small_mipld: Mipld, length: int) -> None:
    (fault,) = faults(make("长" * length), small_mipld)
    assert f"its answer has {length} characters" in fault


def test_references_are_filled_in_before_the_check(small_mipld: Mipld) -> None:
    answer = "《示例专利法》第二条规定：“{{示例专利法@2020#2}}”"
    assert faults(make(answer), small_mipld) == []
    wrong = answer.replace("#2}}", "#4}}")
    assert faults(make(wrong), small_mipld) != []


def test_a_reference_to_nothing_is_a_fault_and_stops_nothing(small_mipld: Mipld) -> None:
    (fault,) = faults(make("{{示例专利法@2020#99}}"), small_mipld)
    assert "示例专利法@2020#99" in fault


def test_every_fault_is_found_at_once(small_mipld: Mipld) -> None:
    answer = "依据《示例专利法》第九条和《示例旧标志法》第一条。"
    assert len(faults(make(answer, key="A"), small_mipld)) == 4


def test_citing_other_articles_than_those_it_rests_on(small_mipld: Mipld) -> None:
    (fault,) = faults(make("依据《示例专利法》第四条。"), small_mipld)
    assert fault == "cites none of the provisions it rests on"


def test_reasoning_is_checked_too(small_mipld: Mipld) -> None:
    (fault,) = faults(make(reasoning="先看《示例专利法》第九条。"), small_mipld)
    assert "no_such_article" in fault


QUESTION = "保护期限多久？\nA. 十年\nB. 五年\nC. 三年\nD. 一年"


def test_a_key_that_the_basis_of_a_derived_pair_contradicts(small_mipld: Mipld) -> None:
    basis = "。《示例专利法》第二条规定：“示例专利权的保护期限为十年”"
    right = make("A" + basis, key="A", question=QUESTION, origin="derived")
    assert faults(right, small_mipld) == []
    wrong = right.model_copy(update={"answer": "B" + basis, "key": "B"})
    assert faults(wrong, small_mipld) == ["its basis does not name the option of its key, B"]
    more = right.model_copy(update={"answer": "AC" + basis})
    assert faults(more, small_mipld) == ["its answer does not start with its key A"]


def test_a_key_that_is_no_option(small_mipld: Mipld) -> None:
    (fault,) = faults(
        make("AE。依据《示例专利法》第二条。", key="AE", question=QUESTION), small_mipld
    )
    assert fault == "its key names E, which is no option"


@pytest.mark.parametrize(
    ("question", "answer", "said"),
    [
        ("期限多久？", "It is ten years from the day of filing.", "language"),
        ("How long does the right last?", "十年。", "language"),
        ("期限多久？", "期限为十年\ufffd。", "no sound text"),
        (
            "期限多久？",
            "自申请日起计算的期限是十年整。自申请日起计算的期限是十年整。",
            "over and over",
        ),
        ("问" * 3000, "十年。", "its question has 3000 characters"),
    ],
)
def test_text_that_is_not_sound(small_mipld: Mipld, question: str, answer: str, said: str) -> None:
    (fault,) = faults(make(answer, question=question), small_mipld)
    assert said in fault


def test_english_may_quote_chinese_law(small_mipld: Mipld) -> None:
    answer = "Ten years: 《示例专利法》第二条规定：“{{示例专利法@2020#2}}”"
    assert faults(make(answer, question="How long does it last?"), small_mipld) == []


@pytest.mark.parametrize("direction", ["", "tax"])
def test_a_direction_that_is_none(small_mipld: Mipld, direction: str) -> None:
    (fault,) = faults(make(direction=direction), small_mipld)
    assert "no IP direction" in fault


def test_showing_what_is_not_there(small_mipld: Mipld) -> None:
    (fault,) = faults(make(context=("示例专利法@2020#99",)), small_mipld)
    assert fault == "shows 示例专利法@2020#99, which MIPLD does not hold"
