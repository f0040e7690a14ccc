import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmiip.mipld.citation import Names, Reference, key, parse

LAWS = ("商标法", "专利法", "专利法实施细则", "著作权法", "刑法", "民法典", "反不正当竞争法")
LONG = "最高人民法院关于适用《中华人民共和国反不正当竞争法》若干问题的解释"
NAMES = Names(
    {law: law for law in LAWS} | {"反法": "反不正当竞争法", key(LONG): LONG, "反法解释": LONG}
)


def cited(text: str, **options: object) -> list[str]:
    """The references as 商标法#57(1)(2), with @year and -suffix."""
    return [_short(r) for r in parse(text, NAMES, **options)]  # type: ignore[arg-type]


def _short(r: Reference) -> str:
    year = f"@{r.year}" if r.year else ""
    suffix = f"-{r.suffix}" if r.suffix else ""
    paragraph = f"({r.paragraph})" if r.paragraph else ""
    item = f"[{r.item}]" if r.item else ""
    return f"{r.law}{year}#{r.article}{suffix}{paragraph}{item}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("依照《中华人民共和国商标法》第五十七条第（二）项", ["商标法#57[2]"]),
        ("商标法第57条(1)项、第２项", ["商标法#57[1]", "商标法#57[2]"]),
        ("商标法57条", ["商标法#57"]),
        ("刑法第一百二十条之一第一款", ["刑法#120-1(1)"]),
        ("商标法第五十七条之规定", ["商标法#57"]),
        (
            "商标法第四条、第十三条第二款至第三款",
            ["商标法#4", "商标法#13(2)", "商标法#13(3)"],
        ),
        ("商标法第五十七条第（一）、（二）项", ["商标法#57[1]", "商标法#57[2]"]),
        ("商标法第57条第（一）至（三）项", ["商标法#57[1]", "商标法#57[2]", "商标法#57[3]"]),
        ("专利法第十一条第1、2款", ["专利法#11(1)", "专利法#11(2)"]),
        ("刑法第213至215条", ["刑法#213", "刑法#214", "刑法#215"]),
        ("刑法第二百一十三、二百一十四条", ["刑法#213", "刑法#214"]),
        ("《专利法》第 二 十 二 条 第 三 款", ["专利法#22(3)"]),
        ("专利法实施细则第6条", ["专利法实施细则#6"]),
        ("反法第九条", ["反不正当竞争法#9"]),
        (f"《{LONG.replace('《', '〈').replace('》', '〉')}》第一条", [f"{LONG}#1"]),
        (f"{LONG}第三条", [f"{LONG}#3"]),
        ("《民法典》合同编第八百四十三条", ["民法典#843"]),
        ("商标法（2019年）第六十三条", ["商标法@2019#63"]),
        ("《商标法(2013修正)》第63条", ["商标法@2013#63"]),
        ("2019年修正的《中华人民共和国商标法》第六十三条", ["商标法@2019#63"]),
        ("商标法（二〇一九年修正）第3条", ["商标法@2019#3"]),
        ("商标法第五十七条第㈡项", ["商标法#57[2]"]),
        ("《虚构保护条例》第三条", ["虚构保护条例#3"]),
        ("违反虚构保护法第三条", ["虚构保护法#3"]),
        ("合同法第五十二条", ["合同法#52"]),
        ("商标法第十条。该法第四条、同法第五条", ["商标法#10", "商标法#4", "商标法#5"]),
        ("商标法第五十七条有规定，第六十三条也有", ["商标法#57", "商标法#63"]),
        ("商标法第五十七条第二款。前款规定", ["商标法#57(2)", "商标法#57(1)"]),
        ("商标法第十条规定。本条第二款", ["商标法#10", "商标法#10(2)"]),
        ("《著作权法》（以下简称本案法律）第十条；本案法律第三条", ["著作权法#10", "著作权法#3"]),
    ],
)
def test_what_is_cited(text: str, expected: list[str]) -> None:
    assert cited(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "第五条 为了示例，制定规则。",
        "按照合同第三条履行。",
        "《示例许可协议》第二条约定如下",
        "（2019）最高法知民终2号",
        "商标法很重要。\n第五条另起一行。",
        "第五十七条第一项",
        "商标法第1.5条",
        "",
    ],
)
def test_what_is_no_citation(text: str) -> None:
    assert cited(text) == []


def test_own_law_and_own_article() -> None:
    text = "依照本法第三条处理。\n前款规定同样适用；本条第一款、前条除外。"
    assert cited(text, own_law="商标法", own_article=9) == [
        "商标法#3",
        "商标法#9(1)",
        "商标法#9(1)",
        "商标法#8",
    ]


def test_offsets_and_texts_agree() -> None:
    text = "原告依据商标法第四条、第十三条第二款至第三款起诉。"
    for reference in parse(text, NAMES):
        assert text[reference.start : reference.end] == reference.text


def test_an_absurd_range_is_not_spread_out() -> None:
    assert cited("刑法第1条至第9999条") == ["刑法#1", "刑法#9999"]


references = st.builds(
    Reference,
    law=st.sampled_from(LAWS),
    article=st.integers(1, 1_400),
    suffix=st.none() | st.integers(1, 9),
    paragraph=st.none() | st.integers(1, 12),
    item=st.none() | st.integers(1, 20),
    year=st.none() | st.integers(1950, 2049),
)


@given(references)
def test_a_written_reference_reads_back(reference: Reference) -> None:
    assert parse(reference.format(), NAMES) == [reference]


@given(st.lists(references, min_size=1, max_size=5))
def test_references_in_a_sentence_read_back_in_order(wanted: list[Reference]) -> None:
    text = "法院认为，依照" + "；依照".join(r.format() for r in wanted) + "的规定处理。"
    assert parse(text, NAMES) == wanted


@given(references)
def test_arabic_digits_say_the_same(reference: Reference) -> None:
    suffix = f"之{reference.suffix}" if reference.suffix else ""
    paragraph = f"第{reference.paragraph}款" if reference.paragraph else ""
    item = f"第({reference.item})项" if reference.item else ""
    year = f"（{reference.year}）" if reference.year else ""
    text = f"{reference.law}{year}第{reference.article}条{suffix}{paragraph}{item}"
    assert parse(text, NAMES) == [reference]
    wide = re.sub(r"[0-9]", lambda m: chr(ord(m[0]) + 0xFEE0), text)
    if not reference.year:
        assert parse(wide, NAMES) == [reference]


@given(st.text(alphabet="商标法《》第一二十条款项（）之至、，0９ 的该本前\n", max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    for reference in parse(text, NAMES):
        assert 0 <= reference.start < reference.end <= len(text)
        assert reference.article > 0
