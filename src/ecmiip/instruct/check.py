"""Checks that a pair must pass before it may teach: each fault is a reason to leave it out."""

from ecmiip.instruct.pair import Pair, expand, look_up
from ecmiip.mipld.database import Mipld

_MAX_ANSWER = 1600
_OTHER_TIMES = ("superseded", "not_yet_in_force", "repealed")


def faults(pair: Pair, db: Mipld) -> list[str]:
    """Why ``pair`` must be left out; empty when it may stay.

    Every citation in the answer must exist and be in force on the pair's date, what is quoted must
    be the law's own words, and a choice question must be answered with its key.
    """
    found = []
    rests_on = [look_up(address, db) for address in pair.provisions]
    for address, provision in zip(pair.provisions, rests_on, strict=True):
        if provision is None:
            found.append(f"rests on {address}, which MIPLD does not hold")
    if found:
        return found
    if rests_on and not any(provision and provision.in_force(pair.as_of) for provision in rests_on):
        found.append(f"rests only on provisions that were not in force on {pair.as_of}")
    answer = expand(pair.answer, db)
    owned = {provision.address for provision in rests_on if provision}
    for citation in db.cite(answer, as_of=pair.as_of):
        # A pair that compares versions lists both; a citation of another time is then no slip.
        compared = citation.status in _OTHER_TIMES and citation.address in owned
        if citation.status not in ("in_force", "unverified") and not compared:
            found.append(f"cites {citation.text}, which is {citation.status} on {pair.as_of}")
        if citation.quote == "differs":
            found.append(f"quotes {citation.text} in other words than the law's")
    if pair.key and not answer.startswith(pair.key):
        found.append(f"its answer does not start with its key {pair.key}")
    if not 1 <= len(answer) <= _MAX_ANSWER:
        found.append(f"its answer has {len(answer)} characters, not 1 to {_MAX_ANSWER}")
    return found
