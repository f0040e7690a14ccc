"""What the law says on a question: the provisions to read, for the assistant and the evaluation.

MIPLD's search ranks by words and by what they mean. Here is added what this project knows of IP
questions: the terms that statutes use for what people say (``terms.toml``), and the branch of law.
What each brings is in EXPERIMENTS.md.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from ecmiip.assistant.detect import direction_of, direction_scores
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Hit, Provision

# How many candidates are ranked again.
POOL = 100
# What the meaning counts beside the words.
MEANING = 1.0
# Factors on a search score, chosen on one half of the authored questions: law of any IP branch, and
# law of the question's own branch (by the share of the question that speaks of it).
IP_FACTOR, DIRECTION_BONUS = 1.4, 0.6
# From so many Latin letters on a question is taken to be in English.
_ENGLISH = 20


@dataclass(frozen=True)
class Found:
    """Provisions, best first, and the branch of law that question and provisions speak of most."""

    provisions: list[Provision]
    direction: str | None


def retrieve(
    db: Mipld, question: str, as_of: date, limit: int, direction: str | None = None
) -> list[Provision]:
    """The ``limit`` provisions in force on ``as_of`` that answer ``question`` best, best first.

    Articles that the question cites come first. ``direction`` raises the law of one branch without
    leaving out the rest; it is recognised where it is not given.
    """
    return find(db, question, as_of, limit, direction).provisions


def find(db: Mipld, question: str, as_of: date, limit: int, direction: str | None = None) -> Found:
    """As :func:`retrieve`, with the direction recognised."""
    asked = " ".join((question, *terms(question)))
    hits = db.search(asked, as_of=as_of, limit=POOL, meaning=MEANING)
    scores = {direction: 1.0} if direction else direction_scores(asked, hits)
    whole = sum(scores.values()) or 1.0
    cited = _cited(db, question, as_of)

    def rank(hit: Hit) -> tuple[bool, float, str]:
        provision = hit.provision
        score = hit.score * (IP_FACTOR if provision.directions else 1.0)
        score *= 1 + DIRECTION_BONUS * sum(
            scores.get(name, 0.0) / whole for name in provision.directions
        )
        return provision.address not in cited, -score, provision.address

    best = sorted(hits, key=rank)[:limit]
    return Found([hit.provision for hit in best], direction or direction_of(scores))


def terms(question: str) -> list[str]:
    """The words of the statutes for what ``question`` says."""
    chinese, english = _terms()
    found = [term for word, legal in chinese.items() if word in question for term in legal]
    if sum(character.isascii() and character.isalpha() for character in question) > _ENGLISH:
        low = question.lower()
        found += [term for word, legal in english.items() if word in low for term in legal]
    return list(dict.fromkeys(found))


@cache
def _terms() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    text = (files("ecmiip.assistant") / "terms.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return tables["chinese"], tables["english"]


def _cited(db: Mipld, question: str, as_of: date) -> Sequence[str]:
    """The addresses of the articles that the question names."""
    if "条" not in question:
        return ()
    return [cited.address for cited in db.cite(question[:2000], as_of=as_of) if cited.address]
