"""What the citations of an open answer are counted as, on a database of made-up laws."""

from dataclasses import replace
from datetime import date

import pytest

from ecmiip.evaluation.items import Item
from ecmiip.evaluation.scorers import citations, score
from ecmiip.evaluation.verdict import CITED
from ecmiip.mipld.database import Mipld

ITEM = Item(
    id="made/1",
    suite="made",
    kind="open",
    question="保护期限是多久？",
    options={},
    key="",
    answers=(),
    task="doctrine",
    direction="patent",
    as_of=date(2026, 11, 22),
    provisions=("示例专利法@2020#2",),
)


def counts(db: Mipld, raw: str, item: Item = ITEM) -> dict[str, float]:
    scores = score(item, raw, db).scores
    assert set(CITED) <= set(scores)
    return {name: value for name, value in scores.items() if value}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            "依据《示例专利法》第二条，期限为十年。",
            {"cited": 1, "good": 1, "gold_recall": 1, "gold_part_recall": 1},
        ),
        ("依据《示例专利法》第四条。", {"cited": 1, "good": 1}),
        ("依据《示例专利法》第九条。", {"cited": 1, "fabricated": 1}),
        ("依据《从未有过法》第九条。", {"cited": 1, "unverified": 1}),
        (
            "依据《示例旧标志法》第一条和《示例专利法》第二条。",
            {"cited": 2, "good": 1, "repealed": 1, "gold_recall": 1, "gold_part_recall": 1},
        ),
        (
            "《示例专利法》第二条规定：“示例专利权的保护期限为二十年”。",
            {"cited": 1, "quoted": 1, "quote_differs": 1, "gold_recall": 1, "gold_part_recall": 1},
        ),
        ("期限为十年。", {}),
        ("", {}),
        ("所给事实不足，无法判断。", {"abstained": 1}),
    ],
)
def test_counts(small_mipld: Mipld, raw: str, expected: dict[str, float]) -> None:
    assert counts(small_mipld, raw) == expected


def test_the_day_of_the_item_decides(small_mipld: Mipld) -> None:
    before = replace(ITEM, as_of=date(2019, 1, 1))
    found = counts(small_mipld, "依据《示例专利法》第二条。", before)
    assert found["good" if "good" in found else "not_yet"] == 1
    assert "good" not in found


def test_recall_counts_each_provision(small_mipld: Mipld) -> None:
    item = replace(ITEM, provisions=("示例专利法@2020#2", "示例专利法@2020#4"))
    assert counts(small_mipld, "《示例专利法》第四条。", item)["gold_recall"] == 0.5
    # An address that this database does not hold cannot be asked for.
    strange = replace(ITEM, provisions=("从未有过法@2020#2",))
    assert "gold_recall" not in score(strange, "《示例专利法》第四条。", small_mipld).scores


def test_a_loop_is_counted_once(small_mipld: Mipld) -> None:
    raw = "依据《示例专利法》第二条，期限为十年。" * 20
    assert counts(small_mipld, raw)["cited"] == 1


@pytest.mark.parametrize(
    ("text", "abstains"),
    [
        ("现有事实尚不足，还需补充合同。", True),
        ("仅凭所给法条无法确定。", True),
        ("该问题不属于知识产权。", True),
        ("当事人无法证明损失的，法院酌定。", False),
        ("不能认定为侵权。", False),
        ("被告没有合法依据。", False),
    ],
)
def test_abstention(small_mipld: Mipld, text: str, abstains: bool) -> None:
    assert citations.score(ITEM, [], text, small_mipld)["abstained"] == abstains


@pytest.mark.parametrize(
    ("gold", "cited", "met"),
    [
        ((None, None), (None, None), True),
        ((None, None), (1, 2), True),
        ((1, None), (None, None), False),
        ((1, None), (1, None), True),
        ((1, None), (2, None), False),
        ((None, 2), (None, 2), True),
        ((None, 2), (1, 2), True),
        ((1, 2), (None, 2), True),
        ((1, 2), (2, 2), False),
        ((1, 2), (1, None), False),
    ],
)
def test_parts(
    small_mipld: Mipld,
    gold: tuple[int | None, int | None],
    cited: tuple[int | None, int | None],
    met: bool,
) -> None:
    (citation,) = small_mipld.cite("《示例专利法》第二条", as_of=ITEM.as_of)
    named = replace(citation, paragraph=cited[0], item=cited[1])
    article = (named.law, named.article, named.suffix)
    assert citations.names_part(named, article, *gold) is met
