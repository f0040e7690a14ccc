"""Which article of a new version continues which of the old one, by alignment of the texts.

Two articles are compared by the weighted share of character bigrams they have in common (rare
bigrams count more); the order of articles breaks ties, since revisions mostly keep it. Many-to-many
is allowed: an article may be split or merged.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecmiip.errors import UserError
from ecmiip.mipld.document import Article, Provision, Version
from ecmiip.mipld.quotation import plain

if TYPE_CHECKING:
    from ecmiip.mipld.database import Mipld

# Below this two articles merely speak of the same things.
THRESHOLD = 0.35
# A second match must be nearly as good as the best, in one direction at least.
SECOND = 0.8
# How much of the score the neighbourhood may add: it decides between near equals only.
ORDER_WEIGHT = 0.08


@dataclass(frozen=True)
class Link:
    """``new`` continues ``old`` (positions in the two lists); ``score`` is in (0, 1]."""

    old: int
    new: int
    score: float
    changed: str


@dataclass(frozen=True)
class Continuation:
    """``new`` continues ``old``; ``changed`` shows the words that differ."""

    old: Provision
    new: Provision
    score: float
    changed: str

    def to_json(self) -> dict[str, Any]:
        """{old, new, score, changed}; a suffix (之一) is given where there is one."""
        row: dict[str, Any] = {
            "old": self.old.article,
            "new": self.new.article,
            "score": self.score,
            "changed": self.changed,
        }
        if self.old.suffix or self.new.suffix:
            row |= {"old_suffix": self.old.suffix, "new_suffix": self.new.suffix}
        return row


def between(db: Mipld, law: str, first: date, second: date) -> list[Continuation]:
    """Link the version of ``law`` in force on ``first`` to that of ``second``, by old article.

    Empty if one text is in force on both days. Raises UserError if the law is not here or had no
    stored version on one of the days.
    """
    known = db.law(law)
    if known is None:
        raise UserError(f"{law}: no such law in the database: try `ecmiip mipld search {law}`")
    old, new = _version(db, known.name, first), _version(db, known.name, second)
    if old == new:
        return []
    before, after = list(db.of_version(old)), list(db.of_version(new))
    links = align([_article(p) for p in before], [_article(p) for p in after])
    return [Continuation(before[k.old], after[k.new], k.score, k.changed) for k in links]


def _version(db: Mipld, law: str, day: date) -> Version:
    found = db.version_in_force(law, day)
    if found is None:
        stored = ", ".join(f"{v.label} from {v.effective_from}" for v in db.versions(law))
        raise UserError(f"{law}: no stored text was in force on {day}: stored are {stored}")
    return found


def _article(provision: Provision) -> Article:
    return Article(
        provision.article, provision.suffix, provision.number, provision.chapter, provision.text
    )


def align(old: Sequence[Article], new: Sequence[Article]) -> list[Link]:
    """Link the articles of two versions, by old position, best first."""
    if not old or not new:
        return []
    similarity = _similarity([a.text for a in old], [a.text for a in new])
    place_old = np.linspace(0, 1, len(old))[:, None]
    place_new = np.linspace(0, 1, len(new))[None, :]
    ranked = similarity + ORDER_WEIGHT * (1 - np.abs(place_old - place_new)) * (similarity > 0)
    links = []
    best_new = ranked.argmax(axis=1)
    best_old = ranked.argmax(axis=0)
    for i in range(len(old)):
        for j in range(len(new)):
            if similarity[i, j] < THRESHOLD:
                continue
            near = (
                ranked[i, j] >= SECOND * ranked[i, best_new[i]]
                and ranked[i, j] >= SECOND * ranked[best_old[j], j]
            )
            if best_new[i] == j or best_old[j] == i or near:
                changed = changes(old[i].text, new[j].text)
                links.append(Link(i, j, round(float(similarity[i, j]), 4), changed))
    links.sort(key=lambda link: (link.old, -ranked[link.old, link.new]))
    return links


def _similarity(old: list[str], new: list[str]) -> NDArray[np.float32]:
    """Cosine of tf-idf bigram vectors, (len(old), len(new))."""
    bags = [_bigrams(text) for text in (*old, *new)]
    seen = Counter(gram for bag in bags for gram in bag)
    idf = {gram: math.log((1 + len(bags)) / (1 + count)) + 0.1 for gram, count in seen.items()}
    # Only bigrams that both versions have make a product; the others count in the length alone.
    both = {g for bag in bags[: len(old)] for g in bag} & {g for b in bags[len(old) :] for g in b}
    column = {gram: number for number, gram in enumerate(sorted(both))}
    matrix = np.zeros((len(bags), len(column)), dtype=np.float32)
    for row, bag in enumerate(bags):
        weights = {gram: math.sqrt(count) * idf[gram] for gram, count in bag.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        shared = [gram for gram in weights if gram in column]
        matrix[row, [column[gram] for gram in shared]] = [weights[g] / length for g in shared]
    return matrix[: len(old)] @ matrix[len(old) :].T


def _bigrams(text: str) -> Counter[str]:
    words = plain(text)
    return Counter(words[i : i + 2] for i in range(len(words) - 1))


def changes(old: str, new: str) -> str:
    """The differing words: [-struck-]{+added+} in the order of the text, "" if the words agree."""
    a, b = plain(old), plain(new)
    if a == b:
        return ""
    parts = []
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        struck = f"[-{a[a0:a1]}-]" if a1 > a0 else ""
        added = f"{{+{b[b0:b1]}+}}" if b1 > b0 else ""
        parts.append(struck + added)
    return " ".join(parts)
