"""An answer whose citations fail is mended once; what still fails afterwards is marked.

A number that a revision moved is put right where the crosswalk is certain, and so is the 款 of
words that are quoted from another one than is named. For the rest the model
is told what the check found and writes anew, and the better of the two answers is kept.
"""

import re
from collections.abc import Sequence
from datetime import date

from ecmiip.assistant.marks import complaint, is_good
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision
from ecmiip.mipld.verify import Citation
from ecmiip.models.chat import Message

# A successor is certain if it continues the article almost word for word and no other comes near.
CERTAIN, RIVAL = 0.7, 0.8
_MOST_FINDINGS = 4
# The 款 at the end of a citation.
_PARAGRAPH = re.compile(r"第[^第条款项]+款$")


def renumbered(db: Mipld, text: str, citations: Sequence[Citation], as_of: date) -> str:
    """``text`` with superseded article numbers replaced by what certainly continues them, and a 款
    by the one that has the words quoted."""
    for citation in sorted(citations, key=lambda cited: cited.start, reverse=True):
        successor = _successor(db, citation, as_of)
        if citation.elsewhere and citation.item is None:
            named = _PARAGRAPH.sub(citation.elsewhere, text[citation.start : citation.end])
            text = text[: citation.start] + named + text[citation.end :]
        alone = sum(other.start == citation.start for other in citations) == 1
        if successor is None or not alone:
            continue
        written = text[citation.start : citation.end]
        new = successor.number
        if not written.startswith(("第", "、")):
            new = f"《{successor.law}》{new}"
        text = text[: citation.start] + new + text[citation.end :]
    return text


def _successor(db: Mipld, citation: Citation, as_of: date) -> Provision | None:
    """The article in force that continues a superseded one beyond doubt.

    A citation that names 款, 项 or a version, or quotes, says more than a number: it is left.
    """
    plain = citation.paragraph is None and citation.item is None and citation.quote == "none"
    if citation.status != "superseded" or not plain or citation.address is None:
        return None
    if "年" in citation.text:
        return None
    found = db.continued_by(citation.address)
    if not found or found[0][1] < CERTAIN:
        return None
    if len(found) > 1 and found[1][1] > RIVAL * found[0][1]:
        return None
    provision = db.at(found[0][0])
    return provision if provision is not None and provision.in_force(as_of) else None


def needs_rewriting(citations: Sequence[Citation], read: Sequence[Provision]) -> bool:
    """Whether the model should write anew: a citation fails, or there is none and could be."""
    return any(not is_good(cited) for cited in citations) or (bool(read) and not citations)


def rewrite_request(
    asked: Sequence[Message], raw: str, citations: Sequence[Citation]
) -> list[Message]:
    """The chat that tells the model what the check found and asks for the answer again."""
    findings = list(
        dict.fromkeys(f"{c.text}：{complaint(c)}" for c in citations if not is_good(c))
    )[:_MOST_FINDINGS]
    said = "；".join(findings) if findings else "没有引用法条"
    request = (
        f"核对结果：{said}。请重写答案：只引用上面所给法条中与问题有关的，写明法律名称和条号，"
        "删去核对不上的引用。"
    )
    return [
        *asked,
        {"role": "assistant", "content": raw},
        {"role": "user", "content": request},
    ]


def is_better(new: Sequence[Citation], old: Sequence[Citation]) -> bool:
    """Whether an answer with the citations ``new`` stands on firmer ground than one with ``old``.

    Fewer failures at the price of all that held is no gain.
    """
    bad_new, bad_old = (sum(not is_good(c) for c in cited) for cited in (new, old))
    good_new, good_old = len(new) - bad_new, len(old) - bad_old
    return (
        good_new > 0
        and (bad_new, -good_new) < (bad_old, -good_old)
        and (good_new >= min(1, good_old))
    )
