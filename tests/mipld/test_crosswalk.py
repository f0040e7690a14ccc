from datetime import date

import pytest

from ecmiip.errors import UserError
from ecmiip.mipld import crosswalk
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Article


def articles(*texts: str) -> list[Article]:
    return [Article(n, None, str(n), "", text) for n, text in enumerate(texts, 1)]


def test_moved_split_and_new_articles() -> None:
    first, second = "示例权人可以许可他人复制示例。", "登记机关应当在三个月内审查申请。"
    old = articles(first + second, "侵犯示例权的，应当赔偿实际损失。")
    new = articles("侵犯示例权的，应当赔偿全部损失。", first, second, "国家鼓励发明。")
    links = {(link.old, link.new) for link in crosswalk.align(old, new)}
    assert links == {(0, 1), (0, 2), (1, 0)}


def test_changes_show_what_was_struck_and_added() -> None:
    assert crosswalk.changes("赔偿实际损失。", "赔偿全部损失") == "[-实际-]{+全部+}"
    assert crosswalk.changes("同样，的字。", "同样的字") == ""


def test_between_two_days(example: Mipld) -> None:
    links = crosswalk.between(example, "示例权法", date(2026, 1, 1), date(2027, 1, 1))
    rows = {(r["old"], r["new"]): r for r in (link.to_json() for link in links)}
    assert {(1, 1), (2, 4), (3, 5), (4, 3)} <= set(rows)
    assert rows[3, 5]["changed"] == "{+五+}"
    assert rows[2, 4] == {"old": 2, "new": 4, "score": 1.0, "changed": ""}


def test_one_text_on_both_days(example: Mipld) -> None:
    assert crosswalk.between(example, "示例权法", date(2027, 1, 1), date(2028, 1, 1)) == []


def test_days_and_laws_that_are_not_here(example: Mipld) -> None:
    with pytest.raises(UserError, match="no stored text was in force on 1990"):
        crosswalk.between(example, "示例权法", date(1990, 1, 1), date(2027, 1, 1))
    with pytest.raises(UserError, match="no such law"):
        crosswalk.between(example, "没有的法", date(2020, 1, 1), date(2027, 1, 1))


def test_known_points_of_the_trademark_law(core: Mipld) -> None:
    links = crosswalk.between(core, "商标法", date(2026, 11, 22), date(2027, 1, 1))
    best: dict[int, int] = {}
    for link in links:
        best.setdefault(link.old.article, link.new.article)
    assert (best[63], best[57], best[64], best[10]) == (77, 72, 78, 15)
