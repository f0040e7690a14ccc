"""Which article of a new version continues which of the old one, by alignment of the texts.

Two articles are compared by the weighted share of character bigrams they have in common (rare
bigrams count more); the order of articles breaks ties, since revisions mostly keep it. Many-to-many
is allowed: an article may be split or merged.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from ecmiip.mipld.document import Article
from ecmiip.mipld.quotation import plain

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


def _similarity(old: list[str], new: list[str]) -> NDArray[np.float64]:
    """Cosine of tf-idf bigram vectors, (len(old), len(new))."""
    bags = [_bigrams(text) for text in (*old, *new)]
    seen = Counter(gram for bag in bags for gram in bag)
    column = {gram: number for number, gram in enumerate(seen)}
    matrix = np.zeros((len(bags), len(column)))
    for row, bag in enumerate(bags):
        for gram, count in bag.items():
            idf = math.log((1 + len(bags)) / (1 + seen[gram])) + 0.1
            matrix[row, column[gram]] = math.sqrt(count) * idf
    matrix /= np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
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
