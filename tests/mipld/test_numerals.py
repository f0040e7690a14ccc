import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmiip.mipld import numerals


@given(st.integers(0, 9_999))
def test_chinese_numerals_are_read_as_they_were_written(value: int) -> None:
    assert numerals.parse(numerals.chinese(value)) == value
    assert numerals.parse(str(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("一百十五", 115),
        ("一百一十五", 115),
        ("两百", 200),
        ("二〇一九", 2019),
        ("０１２", 12),
        ("㈡", 2),
        ("①", 1),
        ("（三）", 3),
        ("二 十 二", 22),
    ],
)
def test_other_spellings(text: str, value: int) -> None:
    assert numerals.parse(text) == value


@pytest.mark.parametrize("text", ["", "百", "十二十", "一千零零三", "条", "12345", "一二三四五"])
def test_what_is_no_numeral(text: str) -> None:
    assert numerals.parse(text) is None


def test_article_numbers() -> None:
    assert numerals.article_number(120, 1) == "第一百二十条之一"
    assert numerals.article_number(1260) == "第一千二百六十条"
