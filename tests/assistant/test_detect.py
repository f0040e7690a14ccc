"""Tasks and branches are recognised by their words; what is no IP question gets no branch."""

import pytest

from ecmiip.assistant.detect import detect_task, direction_of, direction_scores
from ecmiip.assistant.retrieve import find, retrieve, terms
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import DIRECTIONS

from .test_answer import DAY, LATER


@pytest.mark.parametrize(
    ("question", "direction"),
    [
        ("发明专利权的期限是多久？", "patent"),
        ("商标异议期有多长？", "trademark"),
        ("翻唱别人的歌曲发到网上要许可吗？", "copyright"),
        ("前员工带走客户名单", "trade_secret"),
        ("同行雇刷手虚假宣传", "unfair_competition"),
        ("农户留种自繁自用授权品种", "plant_variety"),
        ("芯片的布图设计要登记吗？", "ic_layout"),
        ("外地产的大米用了地理标志", "geographical_indication"),
        ("域名被人恶意注册了", "domain_online"),
        ("委托开发合同里专利归谁？技术成果归属", "technology_contract"),
        ("卖假冒名牌包会构成什么罪，判几年？", "ip_crime"),
        ("申请诉前行为保全要提供担保吗？", "ip_procedure"),
        ("离婚时房子怎么分？", None),
        ("", None),
    ],
)
def test_the_branch_is_recognised(question: str, direction: str | None) -> None:
    assert direction_of(direction_scores(question)) == direction


def test_every_direction_has_words() -> None:
    from ecmiip.assistant.detect import _cues

    assert set(_cues().directions) == set(DIRECTIONS)


@pytest.mark.parametrize(
    ("question", "task"),
    [
        ("请写一份警告函", "document"),
        ("请替我方改写赔偿段落。", "document"),
        ("Draft a warning letter to the seller.", "document"),
        ("原告认为被告抄袭，争议焦点是什么？", "case"),
        ("这样用他的照片违法吗？", "conduct"),
        (
            "网店老板从批发市场进了一批标有名牌商标的运动鞋，低价卖给顾客，没有任何授权文件。",
            "conduct",
        ),
        ("什么是驰名商标？", "doctrine"),
        ("Is it infringement to sell fake shoes?", "conduct"),
    ],
)
def test_the_task_is_recognised(question: str, task: str) -> None:
    assert detect_task(question) == task


def test_english_reaches_the_words_of_the_statutes() -> None:
    found = terms("What is the term of an invention patent in China?")
    assert {"专利", "发明专利", "期限"} <= set(found)
    assert terms("离婚") == []


def test_law_of_the_day_is_read(small_mipld: Mipld) -> None:
    assert retrieve(small_mipld, "示例专利权的期限？", DAY, 1)[0].address == "示例专利法@2020#2"
    assert retrieve(small_mipld, "示例专利权的期限？", LATER, 1)[0].address == "示例专利法@2026#3"


def test_what_is_cited_comes_first(small_mipld: Mipld) -> None:
    found = retrieve(small_mipld, "示例专利权期限，并看示例商标法第三条", DAY, 3)
    assert found[0].address == "示例商标法@2010#3"


def test_a_given_branch_is_kept_and_raises_its_law(small_mipld: Mipld) -> None:
    question = "示例保护期限"
    patent = find(small_mipld, question, DAY, 3, "patent")
    mark = find(small_mipld, question, DAY, 3, "trademark")
    assert (patent.direction, mark.direction) == ("patent", "trademark")
    assert patent.provisions[0].law == "示例专利法"
    assert len(patent.provisions) <= 3


@pytest.mark.parametrize("question", ["", "？？？", "zzzz qqqq", "a" * 5000])
def test_any_question_is_answered(small_mipld: Mipld, question: str) -> None:
    assert isinstance(retrieve(small_mipld, question, DAY, 3), list)
