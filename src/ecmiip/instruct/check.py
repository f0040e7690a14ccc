"""Checks that a pair must pass before it may teach: each fault is a reason to leave it out."""

from ecmiip.instruct.pair import Pair, expand
from ecmiip.mipld.database import Mipld

_MAX_ANSWER = 1200


def faults(pair: Pair, db: Mipld) -> list[str]:
    """Why ``pair`` must be left out; empty when it may stay.

    Every citation in the answer must exist and be in force on the pair's date, what is quoted must
    be the law's own words, and a choice question must be answered with its key.
    """
    found = []
    for address in pair.provisions:
        provision = db.at(address)
        if provision is None:
            found.append(f"rests on {address}, which MIPLD does not hold")
        elif provision.effective_from > pair.as_of or (
            provision.effective_to is not None and provision.effective_to < pair.as_of
        ):
            found.append(f"rests on {address}, which was not in force on {pair.as_of}")
    if found:
        return found
    answer = expand(pair.answer, db)
    for citation in db.cite(answer, as_of=pair.as_of):
        if citation.status not in ("in_force", "unverified"):
            found.append(f"cites {citation.text}, which is {citation.status} on {pair.as_of}")
        if citation.quote == "differs":
            found.append(f"quotes {citation.text} in other words than the law's")
    if pair.key and not answer.startswith(pair.key):
        found.append(f"its answer does not start with its key {pair.key}")
    if not 1 <= len(answer) <= _MAX_ANSWER:
        found.append(f"its answer has {len(answer)} characters, not 1 to {_MAX_ANSWER}")
    return found
