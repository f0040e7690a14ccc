"""The citations of an open answer: real, in force on the item's day, well quoted, to the point."""

import re
from collections.abc import Sequence

from ecmiip.assistant.marks import is_good
from ecmiip.evaluation.items import Item
from ecmiip.instruct.pair import look_up
from ecmiip.mipld import passage
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.verify import Citation

# Which score counts a status. An article that the law never had was made up.
_STATUS = {
    "no_such_article": "fabricated",
    "repealed": "repealed",
    "superseded": "superseded",
    "not_yet_in_force": "not_yet",
    "unverified": "unverified",
}
_ABSTAINS = re.compile(
    r"(?:无法|不能|难以|不足以|没有足够\w{0,4}依据|没有依据)(?:就此|据此|直接|仅凭\w{0,8})?"
    r"(?:回答|作答|确定|判断|判定|得出)"  # not 认定: 不能认定为侵权 is an answer
    r"|(?:事实|法条|信息|资料|材料)(?:尚)?(?:不足|不够|不全|有限)"  # not 证据: that is one too
    r"|(?:还|尚)(?:缺少?|需要?)(?:补充|提供|说明|查明|进一步|了解|更多)"
    r"|与(?:所给|本)?(?:法条|知识产权)\w{0,6}无关|不属于知识产权"
)

Article = tuple[str, int, int | None]


def score(item: Item, citations: Sequence[Citation], text: str, db: Mipld) -> dict[str, float]:
    """Count ``citations``, which were found in the answer ``text``.

    Gives :data:`ecmiip.evaluation.verdict.CITED`, ``gold_recall`` and ``gold_part_recall`` where
    the item's provisions are known, and ``abstained``.
    """
    scores = {"cited": float(len(citations)), "good": float(sum(map(is_good, citations)))}
    for status, name in _STATUS.items():
        scores[name] = float(sum(citation.status == status for citation in citations))
    scores["quoted"] = float(sum(citation.quote != "none" for citation in citations))
    scores["quote_differs"] = float(sum(citation.quote == "differs" for citation in citations))
    scores["abstained"] = float(bool(_ABSTAINS.search(text)))
    gold = [found for address in item.provisions if (found := _gold(address, db))]
    if gold:
        articles = {article for article, _, _ in gold}
        cited = {(c.law, c.article, c.suffix) for c in citations}
        scores["gold_recall"] = len(articles & cited) / len(articles)
        met = sum(any(names_part(citation, *part) for citation in citations) for part in gold)
        scores["gold_part_recall"] = met / len(gold)
    return scores


def _gold(address: str, db: Mipld) -> tuple[Article, int | None, int | None] | None:
    """The article, 款 and 项 at ``address``; None if MIPLD does not hold it."""
    provision, parts = look_up(address, db), passage.split_address(address)
    if provision is None or parts is None:
        return None
    return (provision.law, provision.article, provision.suffix), parts[1], parts[2]


def names_part(
    citation: Citation, article: Article, paragraph: int | None, item: int | None
) -> bool:
    """Whether ``citation`` is as precise as the part asked for.

    Where a 项 is asked for its number decides: few writers name the 款 that holds the list.
    """
    if (citation.law, citation.article, citation.suffix) != article:
        return False
    if item is not None:
        return citation.item == item and (
            paragraph is None or citation.paragraph in (None, paragraph)
        )
    return paragraph is None or citation.paragraph == paragraph
