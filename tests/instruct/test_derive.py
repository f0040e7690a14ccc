"""Each rule: what it makes of the shape it looks for, and where it keeps silent."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ecmiip.instruct.choices import LETTERS
from ecmiip.instruct.derive import RULES, Rule, derive
from ecmiip.instruct.pair import Pair
from ecmiip.instruct.split import is_heldout
from ecmiip.mipld.document import Provision

DAY = date(2026, 11, 22)
BY_NAME = {rule.name: rule for rule in RULES}
TERM = "示例权利的保护期限为十年，自示例申请日起计算，期满以后不再续展。"
PLAIN = "示例管理部门负责示例工作，统一受理和审查示例申请。"
LIST = (
    "有下列行为之一的，属于侵犯示例权利的行为：\n"
    "（一）未经许可，制造、销售示例产品的；\n"
    "（二）伪造示例证书；\n"
    "（三）伪造或者变造示例权利证书的；\n"
    "（四）其他侵犯示例权利的行为。"
)
CONSEQUENCE = "未经登记擅自转让示例权利的，由示例管理部门责令改正，并可以予以警告。"
DUTY = "申请示例权利的，应当提交请求书、说明书和示例图样，并缴纳规定的费用。"


@pytest.fixture
def law(make_provision: Callable[..., Provision]) -> Callable[..., list[Provision]]:
    """A law: the given texts, and as many plain articles as make it ``size`` long."""

    def law(*texts: str, size: int = 6) -> list[Provision]:
        filled = [*texts, *(f"第{n}项示例工作由示例机关负责。" for n in range(size - len(texts)))]
        return [make_provision(text, number) for number, text in enumerate(filled, 1)]

    return law


def made(rule: str, provisions: list[Provision], article: int = 1) -> list[Pair]:
    """The pairs that one rule makes of one article of ``provisions``."""
    pairs = derive(provisions, DAY, [BY_NAME[rule]])
    return [pair for pair in pairs if pair.provisions == (f"示例法@2020#{article}",)]


def options(question: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-D])\. (.+)$", question, re.M))


def test_every_task_has_a_rule() -> None:
    assert {rule.task for rule in RULES} == {"doctrine", "conduct", "case", "document"}
    assert len(BY_NAME) == len(RULES)


def test_pairs_name_what_they_rest_on(law: Any) -> None:
    pairs = list(derive(law(TERM, LIST, CONSEQUENCE, DUTY), DAY))
    assert len({pair.id for pair in pairs}) == len(pairs)
    for pair in pairs:
        _, rule, address, number = pair.id.split("/")
        assert pair.provisions == (address,)
        assert BY_NAME[rule].task == pair.task
        assert int(number) >= 1
        assert (pair.direction, pair.origin, pair.as_of) == ("patent", "derived", DAY)


def test_the_same_law_gives_the_same_pairs_whatever_stands_beside_it(
    law: Any, make_provision: Any
) -> None:
    provisions = law(TERM, LIST, CONSEQUENCE, DUTY)
    alone = list(derive(provisions, DAY))
    other = make_provision(TERM, 1, law="另一示例法", address="另一示例法@2021#1")
    beside = list(derive([other, *provisions], DAY))
    assert [pair for pair in beside if not pair.provisions[0].startswith("另一")] == alone


def test_only_the_rules_given_are_used(law: Any) -> None:
    assert list(derive(law(TERM), DAY, [])) == []

    def twice(*_: Any) -> Any:
        yield "问一", "答一", ""
        yield "问二", "答二", ""

    pairs = list(derive(law(TERM, size=1), DAY, [Rule("twice", "case", twice)]))
    assert [pair.id for pair in pairs] == [f"derived/twice/示例法@2020#1/{n}" for n in (1, 2)]


def test_recall_gives_the_whole_text_in_quotation_marks(law: Any) -> None:
    (pair,) = made("recall", law(LIST))
    assert "《示例法》第1条" in pair.question
    assert pair.answer == "《示例法》第1条规定：“" + LIST.replace("\n", "") + "”"


def test_reverse_asks_for_the_place_of_a_sentence(law: Any) -> None:
    (pair,) = made("reverse", law(TERM))
    assert f"“{TERM}”" in pair.question
    assert "《示例法》" not in pair.question
    assert "《示例法》第1条" in pair.answer


@pytest.mark.parametrize(
    "text", ["太短了。", "无句号的文本不能当作一句来问", "长" * 130 + "。", LIST]
)
@pytest.mark.parametrize("rule", ["reverse", "choose-article"])
def test_silent_without_a_sentence_of_fitting_length(law: Any, rule: str, text: str) -> None:
    assert made(rule, law(text)) == []


def test_choose_article_offers_articles_of_the_same_law_and_side(law: Any) -> None:
    terms = [f"{n}号示例权利的保护期限为十年，自示例申请日起计算。" for n in range(100)]
    provisions = law(*terms, size=100)
    sides = {p.number: is_heldout(p.address) for p in provisions}
    pairs = list(derive(provisions, DAY, [BY_NAME["choose-article"]]))
    assert len(pairs) > 20
    for pair in pairs:
        offered = options(pair.question)
        assert list(offered) == list(LETTERS)
        assert len(set(offered.values())) == 4
        (right,) = [p for p in provisions if p.address == pair.provisions[0]]
        assert offered[pair.key] == right.number
        assert {sides[number] for number in offered.values()} == {sides[right.number]}
        assert pair.answer.startswith(pair.key + "。")
        assert right.number in pair.answer


def test_choose_article_is_silent_in_a_law_that_is_too_short(law: Any) -> None:
    assert made("choose-article", law(TERM, size=3)) == []


def test_choose_quantity_leaves_the_quantity_out(law: Any) -> None:
    (pair,) = made("choose-quantity", law(TERM))
    assert "期限为____，" in pair.question
    assert "十年" not in pair.question.splitlines()[0]
    offered = options(pair.question)
    assert offered[pair.key] == "十年"
    assert all(option.endswith("年") for option in offered.values())
    assert "十年" in pair.answer


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "自收到通知之日起三个月内申请复审，逾期三个月不申请的视为撤回。",  # the same one twice
        "罚款十年。",  # too short
        "本法所称示例年度指公历年度，由示例管理部门另行公告。",  # no number
        "依照本法第十条的规定办理示例登记，并予公告和存档。",  # an article number
    ],
)
def test_choose_quantity_is_silent_without_a_quantity_that_stands_once(law: Any, text: str) -> None:
    assert made("choose-quantity", law(text)) == []


@pytest.mark.parametrize("quantity", ["三个月", "五倍", "五十万元", "十五日", "十个工作日"])
def test_choose_quantity_knows_the_units(law: Any, quantity: str) -> None:
    (pair,) = made("choose-quantity", law(f"当事人应当自收到通知之日起算{quantity}以内办理示例。"))
    assert options(pair.question)[pair.key] == quantity


def test_conduct_takes_each_act_with_its_item(law: Any) -> None:
    pairs = made("conduct", law(LIST))
    assert len(pairs) == 2  # not the act that is too short, nor the residual clause
    first, third = pairs
    assert "未经许可，制造、销售示例产品" in first.question
    assert "第（一）项" in first.answer
    assert "第（三）项" in third.answer
    for pair in pairs:
        assert "《示例法》第1条" in pair.answer
        assert "《示例法》" not in pair.question
        assert "；" not in pair.question


def test_conduct_reads_half_width_brackets(law: Any) -> None:
    text = LIST.replace("（", "(").replace("）", ")")
    assert [pair.answer for pair in made("conduct", law(text))] == [
        pair.answer for pair in made("conduct", law(LIST))
    ]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "申请示例权利应当提交下列文件：\n（一）示例权利申请请求书；\n（二）示例权利的说明书。",
        LIST.partition("\n")[2],  # a list without its head
    ],
)
def test_conduct_is_silent_where_no_acts_are_listed(law: Any, text: str) -> None:
    assert made("conduct", law(text)) == []


def test_case_asks_for_issue_rule_application_and_conclusion(law: Any) -> None:
    (pair,) = made("case", law(CONSEQUENCE))
    assert "未经登记擅自转让示例权利" in pair.question
    assert "责令改正" not in pair.question
    assert [line.partition("：")[0] for line in pair.answer.splitlines()] == [
        "争议",
        "规则",
        "适用",
        "结论",
    ]
    assert f"《示例法》第1条规定：“{CONSEQUENCE}”" in pair.answer
    assert "由示例管理部门责令改正，并可以予以警告" in pair.answer.splitlines()[-1]


@pytest.mark.parametrize("text", [PLAIN, TERM, LIST, "违者的，罚款若干并且公告。"])
def test_case_is_silent_without_condition_and_consequence(law: Any, text: str) -> None:
    assert made("case", law(text)) == []


def test_document_asks_what_a_duty_to_state_requires(law: Any) -> None:
    (pair,) = made("document", law(DUTY))
    assert "申请示例权利" in pair.question
    assert "请求书" not in pair.question
    assert f"《示例法》第1条规定：“{DUTY}”" in pair.answer


def test_document_is_silent_without_such_a_duty(law: Any) -> None:
    assert made("document", law(PLAIN)) == []


def test_basis_writes_a_legal_basis_for_some(law: Any) -> None:
    terms = [f"{n}号示例管理部门负责示例工作并受理示例申请。" for n in range(200)]
    pairs = list(derive(law(*terms, size=200), DAY, [BY_NAME["basis"]]))
    assert 20 < len(pairs) < 180
    assert all(pair.answer.startswith("法律依据：《示例法》第") for pair in pairs)


def test_words_of_the_law_are_cut_never_rewritten(law: Any) -> None:
    provisions = law(TERM, LIST, CONSEQUENCE, DUTY)
    flat = {p.address: p.text.replace("\n", "") for p in provisions}
    quotes = [
        (pair.provisions[0], quoted)
        for pair in derive(provisions, DAY)
        for quoted in re.findall("规定：“([^”]+)”", pair.answer)
    ]
    assert len(quotes) >= 8
    for address, quoted in quotes:
        for piece in quoted.split("……"):
            assert piece in flat[address]


def test_letters_are_balanced_and_options_differ(law: Any) -> None:
    terms = [f"{n}号示例权利的保护期限为十年，自示例申请日起计算。" for n in range(600)]
    pairs = [pair for pair in derive(law(*terms, size=600), DAY) if len(pair.key) == 1]
    for rule in ("choose-article", "choose-quantity"):
        mine = [pair for pair in pairs if f"/{rule}/" in pair.id]
        assert len(mine) > 200
        counts, even = Counter(pair.key for pair in mine), len(mine) / 4
        # Chi-square with 3 degrees of freedom: 16.3 is passed by chance once in a thousand.
        assert sum((counts[letter] - even) ** 2 / even for letter in LETTERS) < 16.3
        for pair in mine:
            assert len(set(options(pair.question).values())) == 4
