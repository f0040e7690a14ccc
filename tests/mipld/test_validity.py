from dataclasses import replace
from datetime import date

import pytest

from ecmiip.mipld import validity
from ecmiip.mipld.curated import table
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Article, DateClaim, LawText

TEXT = LawText(
    name="示例法",
    kind="law",
    articles=(Article(1, None, "第一条", "", "本法自公布之日起施行。"),),
    source="a",
    path="1",
    digest="",
    promulgated_on=date(2020, 1, 1),
)


def only_version(*texts: LawText) -> validity.VersionPlan:
    plan = validity.plan(texts, ("a", "b"))
    (law,) = plan.laws
    (version,) = law.versions
    return version


def test_the_closing_article_of_a_first_text_is_its_own_word() -> None:
    assert only_version(TEXT).effective_from == date(2020, 1, 1)


def test_the_closing_article_of_an_amended_text_is_not() -> None:
    version = only_version(replace(TEXT, amended=True))
    assert version.effective_basis.startswith("unknown")
    assert version.effective_from == date(2020, 1, 1)


def test_a_date_before_adoption_is_that_of_an_earlier_version() -> None:
    first = DateClaim(date(1985, 4, 1), "effective_date", "a")
    version = only_version(replace(TEXT, amended=True, claims=(first,)))
    assert version.effective_basis.startswith("unknown")


def test_sources_that_disagree_leave_a_conflict_and_the_better_claim_stands() -> None:
    other = replace(
        TEXT,
        source="b",
        claims=(
            DateClaim(date(2020, 3, 1), "versions.json", "b"),
            DateClaim(date(2020, 2, 1), "effective_date", "b"),
        ),
    )
    plan = validity.plan((TEXT, other), ("a", "b"))
    (version,) = plan.laws[0].versions
    assert version.effective_from == date(2020, 3, 1)
    (conflict,) = plan.conflicts
    assert (conflict.what, conflict.taken) == ("effective_from", "2020-03-01")
    assert len(conflict.claims) == 4


def test_different_words_leave_a_conflict() -> None:
    other = replace(TEXT, source="b", articles=(replace(TEXT.articles[0], text="另一种文字。"),))
    (conflict,) = validity.plan((TEXT, other), ("b", "a")).conflicts
    assert (conflict.what, conflict.taken) == ("wording", "b")


def test_an_amending_decision_dates_the_version_it_makes() -> None:
    decision = replace(
        TEXT,
        name="全国人民代表大会常务委员会关于修改《中华人民共和国示例法》的决定",
        kind="decision",
        claims=(DateClaim(date(2020, 6, 1), "effective_date", "a"),),
    )
    plan = validity.plan((replace(TEXT, amended=True), decision), ("a",))
    law = next(law for law in plan.laws if law.name == "示例法")
    assert law.versions[0].effective_from == date(2020, 6, 1)


def test_a_version_lasts_until_the_day_before_its_successor(example: Mipld) -> None:
    old, new = example.versions("示例权法")
    # just-laws' effectiveTo 2027-01-01 is exclusive; ours is the last day.
    assert (old.effective_from, old.effective_to) == (date(2019, 12, 1), date(2026, 12, 31))
    assert (new.effective_from, new.effective_to) == (date(2027, 1, 1), None)
    assert old.replaced_by == "示例权法@2026"


def test_a_repeal_clause_ends_a_law_and_names_those_not_at_hand(example: Mipld) -> None:
    (old,) = example.versions("示例旧法")
    assert (old.effective_to, old.repealed) == (date(2020, 12, 31), True)
    assert example.repealed_laws["示例合同法"] == (date(2020, 12, 31), "示例法典@2020")


def test_a_repeal_without_a_day_is_in_force_on_no_day() -> None:
    version = only_version(replace(TEXT, repealed=True))
    assert version.repealed
    assert version.effective_to is None
    assert version.end_basis.startswith("unknown")


def test_one_source_alone_does_not_repeal_what_another_has_in_force() -> None:
    plan = validity.plan((replace(TEXT, repealed=True), replace(TEXT, source="b")), ("a", "b"))
    assert not plan.laws[0].versions[0].repealed
    assert plan.conflicts[0].what == "status"


def test_the_curated_table_speaks_of_days_in_order() -> None:
    for entry in table().effective:
        assert entry.adopted <= entry.first_day, entry.law
        assert entry.reason
    for end in table().ended:
        assert end.adopted is None or end.adopted <= end.last_day, end.law


@pytest.mark.parametrize(
    ("law", "adopted", "first_day"),
    [
        ("专利法", 2020, "2021-06-01"),
        ("商标法", 2019, "2019-11-01"),
        ("商标法", 2026, "2027-01-01"),
        ("著作权法", 2020, "2021-06-01"),
        ("反不正当竞争法", 2025, "2025-10-15"),
        ("民事诉讼法", 2023, "2024-01-01"),
        ("刑法", 2020, "2021-03-01"),
        ("民法典", 2020, "2021-01-01"),
        ("种子法", 2021, "2022-03-01"),
    ],
)
def test_first_days_of_the_laws_that_matter(
    core: Mipld, law: str, adopted: int, first_day: str
) -> None:
    found = {v.label: v for v in core.versions(law)}[str(adopted)]
    assert found.effective_from == date.fromisoformat(first_day)
    assert not found.effective_basis.startswith("unknown")


def test_the_trademark_law_of_each_day(core: Mipld) -> None:
    for day, version in ((date(2026, 12, 31), "2019"), (date(2027, 1, 1), "2026")):
        found = core.provision("商标法", 57, as_of=day)
        assert found is not None
        assert found.version == version


def test_amendment_xii_supersedes_articles_of_the_criminal_law(core: Mipld) -> None:
    before = core.provision("刑法", 390, as_of=date(2024, 2, 29))
    after = core.provision("刑法", 390, as_of=date(2024, 3, 1))
    assert before is not None
    assert after is not None
    assert before.text != after.text
    assert (before.effective_to, after.effective_from) == (date(2024, 2, 29), date(2024, 3, 1))
    same = [core.provision("刑法", 217, as_of=date(y, 3, 1)) for y in (2022, 2025)]
    assert same[0] is not None
    assert same[1] is not None
    assert same[0].text == same[1].text


@pytest.mark.slow
@pytest.mark.parametrize("ordinal", ["", "（二）", "（三）"])
def test_the_three_ip_crime_interpretations_ended(full: Mipld, ordinal: str) -> None:
    name = (
        "最高人民法院、最高人民检察院关于办理侵犯知识产权刑事案件具体应用法律若干问题的解释"
        + ordinal
    )
    (version,) = full.versions(name)
    assert version.effective_to == date(2025, 4, 25)
    (citation,) = full.cite(f"《{name}》第一条", as_of=date(2025, 4, 26))
    assert citation.status == "repealed"
    assert citation.replaced_by
    (before,) = full.cite(f"《{name}》第一条", as_of=date(2025, 4, 25))
    assert before.status == "in_force"


@pytest.mark.slow
def test_the_competition_law_of_2019_ended_when_that_of_2025_began(full: Mipld) -> None:
    old, new = full.versions("反法")
    assert (old.label, old.effective_to) == ("2019", date(2025, 10, 14))
    assert new.effective_from == date(2025, 10, 15)


def test_one_version_dated_twice_is_one() -> None:
    first_day = (DateClaim(date(2020, 6, 1), "the line 施行 above the text", "a"),)
    adopted = replace(TEXT, claims=first_day)
    published = replace(adopted, path="2", promulgated_on=date(2020, 5, 20))
    undated = replace(TEXT, path="3", promulgated_on=None)
    version = only_version(adopted, published, undated)
    assert len(version.texts) == 3
    assert version.label == "2020"
