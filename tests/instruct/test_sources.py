"""What pairs are derived from: IP law, and what is dense in IP words elsewhere."""

from datetime import date
from typing import Any

import pytest

from ecmiip.instruct import sources
from ecmiip.instruct.sources import coming_days, effective_on, ip_provisions
from ecmiip.mipld.database import Mipld

DAY = date(2026, 11, 22)


def test_an_ip_law_is_taken_whole(small_mipld: Mipld) -> None:
    numbers = [p.article for p in ip_provisions(small_mipld, DAY) if p.law == "示例专利法"]
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_only_what_is_in_force(small_mipld: Mipld) -> None:
    assert all(p.in_force(DAY) for p in ip_provisions(small_mipld, DAY))
    labels = {p.version for p in ip_provisions(small_mipld, date(2027, 1, 1))}
    assert "2026" in labels


def test_law_that_comes_within_a_year(small_mipld: Mipld) -> None:
    assert coming_days(small_mipld, DAY) == [date(2027, 1, 1)]
    assert coming_days(small_mipld, date(2025, 6, 1)) == []
    assert coming_days(small_mipld, date(2027, 1, 1)) == []
    day = date(2027, 1, 1)
    assert {p.law for p in effective_on(ip_provisions(small_mipld, day), day)} == {"示例专利法"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("未经许可使用他人注册商标，或者侵犯他人专利权的，示例平台应当采取必要措施。", True),
        ("示例机关工作人员对履行职责中知悉的国家秘密、商业秘密和个人隐私应当依法保密。", False),
        ("示例单位应当保守在监督检查中知悉的商业秘密。", False),
        ("示例平台建立规则，" * 12 + "并保护知识产权。", False),
    ],
)
def test_articles_of_other_laws_must_be_about_ip(
    text: str, kept: bool, make_provision: Any
) -> None:
    assert sources._is_dense(make_provision(text)) == kept
