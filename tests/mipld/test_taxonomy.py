import tomllib
from collections import Counter
from pathlib import Path

import pytest

from ecmiip.mipld import taxonomy
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import DIRECTIONS, DISCIPLINES, Article, LawText

LABELS = tomllib.loads((Path(__file__).parent / "directions.toml").read_text(encoding="utf-8"))


def law(name: str, kind: str = "law", field: str = "") -> LawText:
    return LawText(name, kind, (), "synthetic", "", "", field_of_law=field)


def article(text: str, number: int = 3, chapter: str = "") -> Article:
    return Article(number, None, f"第{number}条", chapter, text)


def test_every_assignment_has_its_reason() -> None:
    found = taxonomy.directions(law("示例专利法"), article("申请商标的，应当缴费。"))
    assert found == {"patent": "name of the law has 专利", "trademark": "text has 商标"}


def test_a_clerks_duty_of_secrecy_is_no_law_of_trade_secrets() -> None:
    duty = "统计机构对知悉的商业秘密应当保密。"
    assert taxonomy.directions(law("示例统计法"), article(duty)) == {}
    theft = "侵犯他人商业秘密的，应当赔偿。"
    assert set(taxonomy.directions(law("示例统计法"), article(theft))) == {"trade_secret"}


def test_the_amended_law_not_the_decision_names_the_direction() -> None:
    decision = law("关于修改《专利侵权解释》等十八件司法解释的决定", "decision")
    assert taxonomy.directions(decision, article("引言修改如下。")) == {}


def test_disciplines() -> None:
    court = "最高人民法院关于审理"
    assert taxonomy.discipline(law(f"{court}刑事案件的解释", "interpretation"))[0] == "criminal"
    assert taxonomy.discipline(law(f"{court}商标民事纠纷的解释", "interpretation"))[0] == "civil"
    assert taxonomy.discipline(law("示例证据规定", "interpretation"))[0] == "procedural"
    assert taxonomy.discipline(law("商标法", field="民法商法"))[0] == "civil"
    assert taxonomy.discipline(law("示例"))[0] == "other"


def test_rules_use_known_words() -> None:
    rules = taxonomy.rules()
    assert {d for rule in rules.law for d in rule.directions} <= set(DIRECTIONS)
    assert {rule.direction for rule in rules.article} <= set(DIRECTIONS)
    assert {rule.discipline for rule in rules.discipline} <= set(DISCIPLINES)


@pytest.mark.slow
def test_precision_and_recall_on_hand_labelled_provisions(full: Mipld) -> None:
    labels = LABELS["seen"] | LABELS["blind"]
    assert len(labels) >= 200
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    for address, wanted in labels.items():
        provision = full.at(address)
        assert provision is not None, address
        for direction in DIRECTIONS:
            given, due = direction in provision.directions, direction in wanted
            right[direction] += given and due
            wrong[direction] += given and not due
            missed[direction] += due and not given
    for direction in DIRECTIONS:
        precision = right[direction] / (right[direction] + wrong[direction])
        recall = right[direction] / (right[direction] + missed[direction])
        assert precision >= 0.95, (direction, precision)
        assert recall >= 0.95, (direction, recall)
