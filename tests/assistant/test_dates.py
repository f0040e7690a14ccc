"""Days spoken of are found; editions of laws, document numbers and impossible days are not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmiip.assistant.dates import mentions

TODAY = date(2026, 11, 22)


def spans(text: str) -> list[tuple[str, str]]:
    return [(m.first.isoformat(), m.last.isoformat()) for m in mentions(text, TODAY)]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025年3月5日购买", "2025-03-05", "2025-03-05"),
        ("2025年3月起销售", "2025-03-01", "2025-03-31"),
        ("2024年2月", "2024-02-01", "2024-02-29"),
        ("2025年销售", "2025-01-01", "2025-12-31"),
        ("2025年底签约", "2025-10-01", "2025-12-31"),
        ("2025年上半年", "2025-01-01", "2025-06-30"),
        ("二〇二五年十月十五日", "2025-10-15", "2025-10-15"),
        ("2025 年 10 月 15 日", "2025-10-15", "2025-10-15"),
        ("2025-10-15 发货", "2025-10-15", "2025-10-15"),
        ("2025/3/5 收到", "2025-03-05", "2025-03-05"),
        ("2025.3.5 收到", "2025-03-05", "2025-03-05"),
        ("去年他们就开始卖了", "2025-01-01", "2025-12-31"),
        ("去年3月", "2025-03-01", "2025-03-31"),
        ("今年10月1日", "2026-10-01", "2026-10-01"),
        ("上个月发现", "2026-10-01", "2026-10-31"),
        ("昨天收到函", "2026-11-21", "2026-11-21"),
        ("三天前", "2026-11-19", "2026-11-19"),
        ("两个月前", "2026-09-01", "2026-09-30"),
        ("三年前签的合同", "2023-01-01", "2023-12-31"),
        ("半年前", "2026-05-01", "2026-05-31"),
        ("sold since March 2026", "2026-03-01", "2026-03-31"),
        ("on 5 March 2026", "2026-03-05", "2026-03-05"),
        ("on March 5, 2026", "2026-03-05", "2026-03-05"),
        ("in 2024 they", "2024-01-01", "2024-12-31"),
    ],
)
def test_found(text: str, first: str, last: str) -> None:
    assert spans(text) == [(first, last)]


@pytest.mark.parametrize(
    "text",
    [
        "依据《商标法》（2019年）第五十七条",
        "2019年商标法第五十七条",
        "2020年修正的专利法",
        "自2027年1月1日起施行",
        "法释〔2020〕19号",
        "2025年2月30日",
        "2025年13月",
        "共12345件",
        "版本 2025.3",
        "赔偿2000元",
        "前款规定",
        "",
    ],
)
def test_not_found(text: str) -> None:
    assert spans(text) == []


def test_several_in_order_and_places_right() -> None:
    text = "2024年5月签约，2025年10月20日泄密，去年底离职。"
    found = mentions(text, TODAY)
    assert [m.text for m in found] == ["2024年5月", "2025年10月20日", "去年底"]
    assert all(text[m.start : m.end] == m.text for m in found)


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2099, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    for text in (f"于{day.year}年{day.month}月{day.day}日", f"在 {day.isoformat()} 那天"):
        assert spans(text) == [(day.isoformat(), day.isoformat())]


@given(st.text(max_size=60), st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)))
def test_any_text_is_read_without_failing(text: str, today: date) -> None:
    for mention in mentions(text, today):
        assert mention.first <= mention.last
