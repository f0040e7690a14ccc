"""Tasks and branches are recognised by their words; what is no IP question gets no branch."""

import tomllib
from collections import Counter

import pytest

from ecmiip.assistant.detect import detect_task, direction_of, direction_scores
from ecmiip.assistant.retrieve import find, retrieve, terms
from ecmiip.files import shipped
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
        # A matter is told: what the last sentence asks decides, and a court most of all.
        ("甲公司抄了乙公司的海报，乙公司要求赔偿，甲公司说是巧合。甲的行为如何定性？", "conduct"),
        ("甲公司抄了乙公司的海报，乙公司要求赔偿，甲公司说是巧合。怎么办？", "case"),
        ("甲公司抄了乙公司的海报，法院判其赔偿，甲公司说是巧合，要求改判。", "case"),
        ("甲公司抄了乙公司的海报，乙公司要求赔偿，甲公司说是巧合。", "conduct"),
        ("Our supplier copied our drawings and sells to a rival. What can we do?", "case"),
        # The law at large is asked about, whatever options follow.
        ("下列哪一合同应当采用书面形式？\nA. 甲公司委托乙公司开发。\nB. 口头约定。", "doctrine"),
        ("合同没写著作权归谁怎么办？", "doctrine"),
        ("帮我写个投诉信", "document"),
        ("专利申请已公开，配方写在权利要求书里，还算秘密吗？", "doctrine"),
    ],
)
def test_the_task_is_recognised(question: str, task: str) -> None:
    assert detect_task(question) == task


def test_material_is_a_matter_and_asks_for_nothing() -> None:
    facts = "甲公司发函要求起草道歉声明。"
    assert detect_task("这样做违法吗？", facts) == "conduct"
    assert detect_task("请分析上述材料。", facts) == "case"
    assert detect_task("请起草回函。", facts) == "document"


def test_most_questions_that_we_wrote_are_recognised() -> None:
    """Figures of the kind: python benchmarks/task_detection.py."""
    right, asked = Counter[str](), Counter[str]()
    for path in shipped("data/pairs").rglob("*.toml"):
        for pair in tomllib.loads(path.read_text(encoding="utf-8"))["pair"]:
            asked[pair["task"]] += 1
            right[pair["task"]] += detect_task(pair["question"]) == pair["task"]
    assert right.total() > 0.78 * asked.total()
    assert all(right[task] > 0.65 * asked[task] for task in asked)


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
