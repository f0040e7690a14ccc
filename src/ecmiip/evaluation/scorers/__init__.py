"""What an answer is worth: letters, likeness to a reference, citations."""

from dataclasses import dataclass, field
from typing import Any

from ecmiip.assistant.loops import without_loops
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.scorers import citations, letters, likeness
from ecmiip.mipld.database import Mipld


@dataclass(frozen=True)
class Scored:
    """What is counted of one answer; the fields are those of a verdict."""

    letters: str = ""
    right: bool | None = None
    citations: tuple[dict[str, Any], ...] = ()
    scores: dict[str, float] = field(default_factory=dict)


def score(item: Item, raw: str, db: Mipld | None) -> Scored:
    """Score the answer ``raw`` to ``item``; without ``db`` citations are not judged.

    An open answer that goes round in circles is scored as far as it says something new.
    """
    if item.options:
        chosen = letters.read(raw, item.options)
        return Scored(letters=chosen, right=chosen == item.key)
    text = without_loops(raw)
    scores = likeness.score(text, item.answers) if item.answers else {}
    if db is None:
        return Scored(scores=scores)
    found = db.cite(text, as_of=item.as_of)
    scores |= citations.score(item, found, text, db)
    return Scored(citations=tuple(citation.to_json() for citation in found), scores=scores)
