"""What the law says on a question: the provisions to read, for the assistant and the evaluation.

MIPLD's search ranks by words. Here is added what this project knows of IP questions: the terms that
statutes use for what people say (``terms.toml``), the branch of law, and the provisions on which
the acts that IP law judges turn (``views/acts.toml``). What each brings is in EXPERIMENTS.md.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from weakref import WeakKeyDictionary

from ecmiip.assistant import basis
from ecmiip.assistant.detect import direction_of, direction_scores
from ecmiip.assistant.views.acts import table
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Hit, Provision

# How many candidates are ranked again.
POOL = 100
# Factors on a search score, chosen on one half of the authored questions: law of any IP branch, law
# of the question's own branch (by the share of the question that speaks of it), and provisions
# that the elements of an act rest on.
IP_FACTOR, DIRECTION_BONUS, CORE_BONUS = 1.4, 0.6, 0.2
# From so many Latin letters on a question is taken to be in English.
_ENGLISH = 20

_core: WeakKeyDictionary[Mipld, dict[date, frozenset[str]]] = WeakKeyDictionary()


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
    hits = db.search(asked, as_of=as_of, limit=POOL)
    scores = {direction: 1.0} if direction else direction_scores(asked, hits)
    whole = sum(scores.values()) or 1.0
    core = _core_provisions(db, as_of)
    cited = _cited(db, question, as_of)

    def rank(hit: Hit) -> tuple[bool, float, str]:
        provision = hit.provision
        score = hit.score * (IP_FACTOR if provision.directions else 1.0)
        score *= 1 + DIRECTION_BONUS * sum(
            scores.get(name, 0.0) / whole for name in provision.directions
        )
        score *= 1 + CORE_BONUS * (provision.address in core)
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


def _core_provisions(db: Mipld, as_of: date) -> frozenset[str]:
    """The addresses, as of the day, of what the elements of the acts rest on."""
    known = _core.setdefault(db, {})
    if as_of not in known:
        if len(known) > 64:
            known.clear()
        bases = {address for act in table() for element in act.element for address in element.basis}
        here = (basis.on(db, address, as_of, basis.SAME) for address in sorted(bases))
        known[as_of] = frozenset(provision.address for provision in here if provision)
    return known[as_of]
