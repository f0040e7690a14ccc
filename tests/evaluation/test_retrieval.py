"""What is shown with an item: law of its day, found by stem and options together."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ecmiip.evaluation.items import Item
from ecmiip.evaluation.retrieval import retrieve
from ecmiip.evaluation.setting import Setting
from ecmiip.mipld.database import Mipld

ITEM = Item(
    id="made/1",
    suite="made",
    kind="single",
    question="关于示例专利权，下列哪一项正确？",
    options={"A": "保护期限为十年", "B": "期满以后可以续展"},
    key="A",
    answers=(),
    task="doctrine",
    direction="patent",
    as_of=date(2026, 11, 22),
)


def test_closed_book_shows_nothing(small_mipld: Mipld) -> None:
    assert retrieve(ITEM, small_mipld, Setting()) == ()


@pytest.mark.parametrize("way", ["search", "assistant"])
def test_the_options_help_to_find(small_mipld: Mipld, way: Any) -> None:
    (first,) = retrieve(ITEM, small_mipld, Setting(depth=1, retrieval=way))
    assert first.address == "示例专利法@2020#2"
    assert first.quote.startswith("《示例专利法》第二条：")


@pytest.mark.parametrize("way", ["search", "assistant"])
def test_only_the_law_of_the_day_is_shown(small_mipld: Mipld, way: Any) -> None:
    setting = Setting(depth=5, retrieval=way)
    now, later = (
        {shown.address for shown in retrieve(item, small_mipld, setting)}
        for item in (ITEM, replace(ITEM, as_of=date(2027, 6, 1)))
    )
    assert "示例专利法@2020#2" in now
    assert "示例专利法@2020#2" not in later
    assert len(now) <= 5
