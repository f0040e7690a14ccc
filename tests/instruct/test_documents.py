"""Contents of documents, definitions of terms: what is made of them, and silence elsewhere."""

from collections.abc import Callable
from datetime import date

import pytest

from ecmiip.instruct.choices import options
from ecmiip.instruct.derive import RULES, derive
from ecmiip.instruct.pair import Pair
from ecmiip.mipld.document import Provision

DAY = date(2026, 11, 22)
CONTENTS = (
    "示例许可合同包括下列主要内容：\n"
    "（一）示例权利的种类；\n"
    "（二）示例权利的地域和期间；\n"
    "（三）示例报酬的标准；\n"
    "（四）双方认为需要约定的其他内容。"
)
APPLICATION = (
    "请求示例登记的，应当提交申请书。申请书应当载明下列事项：\n"
    "（一）申请人的名称和地址；\n（二）示例权利的编号；\n（三）请求的理由；\n（四）其他材料。"
)
FILED = "申请示例权利的，应当提交请求书、说明书和示例图样，并缴纳规定的费用。"
ONE_OF = (
    "权利人提供下列证据之一的，由对方证明：\n"
    "（一）示例渠道的证据；\n（二）示例披露的证据；\n（三）示例使用的证据。"
)
TERMS = (
    "本法下列用语的含义：\n"
    "（一）示例甲，是指用示例方法制成的第一类示例产品；\n"
    "（二）示例乙，是指为示例目的绘制的图样以及说明；\n"
    "（三）示例丙，是指首次制作示例录制品的人或者组织；\n"
    "（四）示例丁，是指依照本法对示例享有权利的人。"
)
TAKES_IN = "示例法第一条所称“示例条件”，包括示例资金、示例设备和未公开的示例资料等。"


@pytest.fixture
def made(make_provision: Callable[..., Provision]) -> Callable[[str, str], list[Pair]]:
    def made(rule: str, text: str) -> list[Pair]:
        rules = [one for one in RULES if one.name == rule]
        return list(derive([make_provision(text, 1)], DAY, rules))

    return made


@pytest.mark.parametrize("text", [CONTENTS, APPLICATION])
def test_a_draft_lacks_one_item_that_is_named(made: Callable[..., list[Pair]], text: str) -> None:
    pairs = made("missing", text)
    assert len(pairs) == 3
    for pair in pairs:
        lacks = pair.answer.removeprefix("缺少：").partition("。")[0]
        assert lacks not in pair.question
        assert lacks in text
        assert "其他" not in pair.question + lacks
        assert pair.task == "document"


def test_what_is_filed_is_cut_at_its_joints(made: Callable[..., list[Pair]]) -> None:
    (pair,) = made("missing", FILED)
    assert "申请示例权利" in pair.question
    parts = {"请求书", "说明书", "示例图样"}
    assert {part for part in parts if part not in pair.question} == {
        pair.answer.removeprefix("缺少：").partition("。")[0]
    }


@pytest.mark.parametrize("text", [ONE_OF, TERMS, "示例管理部门负责示例工作。"])
def test_no_draft_where_nothing_is_required_together(
    made: Callable[..., list[Pair]], text: str
) -> None:
    assert made("missing", text) == []
    assert made("document", text) == []


def test_a_document_of_a_common_name_is_named_with_its_law(made: Callable[..., list[Pair]]) -> None:
    listed = [pair for pair in made("document", APPLICATION) if "申请人的名称" in pair.answer]
    (pair,) = listed
    assert "《示例法》规定的申请书" in pair.question


def test_terms_of_a_list_are_asked_both_ways(made: Callable[..., list[Pair]]) -> None:
    assert len(made("define", TERMS)) == len(made("name-term", TERMS)) == 4
    for pair in made("choose-meaning", TERMS):
        term = pair.question.partition("“")[2].partition("”")[0]
        assert f"{term}，是指{options(pair.question)[pair.key]}" in TERMS
    for pair in made("choose-term", TERMS):
        assert f"{options(pair.question)[pair.key]}，是指" in pair.answer


def test_what_a_term_takes_in_defines_it_but_does_not_name_it(
    made: Callable[..., list[Pair]],
) -> None:
    (pair,) = made("define", TAKES_IN)
    assert "“示例条件”" in pair.question
    assert made("name-term", TAKES_IN) == []
