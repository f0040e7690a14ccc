"""The key of a derived choice question, judged again by the law itself.

A rule that cuts its options from provisions can be checked against them: an option is right if it
stands there word for word, or if the version that it names reads as it says.
"""

import re
from collections.abc import Mapping, Sequence

from ecmiip.instruct import choices
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision

# What asks for the meaning of a term.
_TERM = re.compile(r"所称的“([^”]+)”，是指")
# Shorter words may stand in a provision by chance.
_SHORTEST = 12


def by_law(
    question: str, options: Mapping[str, str], rests_on: Sequence[Provision], db: Mipld
) -> str | None:
    """The letters that are right by the text of the law; None if the text alone cannot tell."""
    if not options or min(map(len, options.values())) < _SHORTEST:
        return None
    law = "\n".join(_bare(provision.text) for provision in rests_on)
    asked = question.splitlines()[0]
    if defined := _TERM.search(asked):
        true = {letter: _means(defined[1], words, law) for letter, words in options.items()}
    else:
        true = {letter: _holds(words, law, rests_on, db) for letter, words in options.items()}
    if not any(true.values()):
        return None
    odd = choices.asks_for_the_odd_one(asked)
    return "".join(letter for letter, right in true.items() if right != odd)


def _means(term: str, option: str, law: str) -> bool:
    return bool(re.search(f"{re.escape(term)}”?，?是指{re.escape(_bare(option))}", law))


def _holds(option: str, law: str, rests_on: Sequence[Provision], db: Mipld) -> bool:
    if "“" not in option or "》" not in option.split("“")[0]:
        return _bare(option) in law
    # An option that gives words to a version: on a day of that version, is the quotation exact?
    for provision in rests_on:
        for citation in db.cite(option, as_of=provision.effective_from):
            if citation.address == provision.address:
                return citation.quote == "exact"
    return False


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text).rstrip("。；")
