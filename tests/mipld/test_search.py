from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecmiip.mipld import search
from ecmiip.mipld.database import Mipld

NOW, LATER = date(2026, 11, 22), date(2027, 2, 1)


def addresses(db: Mipld, query: str, day: date = NOW, **options: object) -> list[str]:
    return [h.provision.address for h in db.search(query, as_of=day, **options)]  # type: ignore[arg-type]


def test_the_text_of_the_day_is_found(example: Mipld) -> None:
    assert addresses(example, "赔偿数额 实际损失")[0] == "示例权法@2019#3"
    assert addresses(example, "赔偿数额 实际损失", LATER)[0] == "示例权法@2026#5"


def test_an_article_number_goes_straight_to_the_article(example: Mipld) -> None:
    assert addresses(example, "示例权法第4条")[0] == "示例权法@2019#4"
    assert addresses(example, "示例权法@2026#2", NOW)[0] == "示例权法@2026#2"


def test_filters(example: Mipld) -> None:
    found = example.search("删除侵权示例", as_of=NOW, kinds=("interpretation",))
    assert found
    assert {h.provision.kind for h in found} == {"interpretation"}
    assert example.search("示例", as_of=NOW, directions=("patent",)) == []
    assert len(example.search("示例", as_of=NOW, limit=2)) == 2


def test_scores_fall_and_ties_are_stable(example: Mipld) -> None:
    hits = example.search("示例权人的权利", as_of=NOW, limit=10)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert hits == example.search("示例权人的权利", as_of=NOW, limit=10)


def test_cases_and_notes_are_found(example: Mipld) -> None:
    ((case, score), *_) = example.search_cases("在先使用 商标")
    assert case.authority == "guiding case"
    assert score > 0
    assert example.search_notes("不存在的词语") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(query=st.text(max_size=300))
def test_any_text_answers(example: Mipld, query: str) -> None:
    assert len(example.search(query, as_of=NOW)) <= 5


@pytest.mark.parametrize("query", ["", "   ", "🙂", "a" * 20_000, "示例" * 50_000, "'; DROP TABLE"])
def test_odd_queries_answer(example: Mipld, query: str) -> None:
    assert len(example.search(query, as_of=NOW)) <= 5


def test_everyday_words_reach_legal_terms(core: Mipld) -> None:
    laws = {h.provision.law for h in core.search("山寨", as_of=NOW)}
    assert laws & {"商标法", "反不正当竞争法"}
    assert any(h.provision.law == "著作权法" for h in core.search("版权保护期", as_of=NOW))


def test_the_synonyms_are_used_words() -> None:
    for word, terms in search.synonyms().items():
        assert terms, word
        assert set(search.weighted_terms(word).values()) <= {1.0, search.SYNONYM_WEIGHT}


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("专利权保护期多长", "专利法@2020#42"),
        ("现有技术抗辩", "专利法@2020#67"),
        ("连续三年不使用的商标可以撤销吗", "商标法@2019#49"),
        ("假冒注册商标罪判几年", "刑法@2023#213"),
        ("侵犯商业秘密罪", "刑法@2023#219"),
        ("商业诋毁 损害竞争对手的商业信誉", "反不正当竞争法@2025#12"),
        ("委托开发完成的发明创造 专利申请权归谁", "民法典@2020#859"),
    ],
)
def test_questions_of_ip_law_find_their_article(core: Mipld, query: str, address: str) -> None:
    assert address in addresses(core, query)
