"""What is for training and what is held out: by provision and by case.

The two sides share neither, whatever pairs ask about them. Pre-training is divided by the same
rule, so that no stage teaches the text of a provision that is held out.
"""

import hashlib

from ecmiip.instruct.pair import Pair

# One provision in this many is held out. The salt was chosen among 400 so that the central
# provisions of each law (the list of infringing acts, damages, absolute grounds …) may be taught,
# and with them the authored pairs, none of which is held out.
_ONE_IN = 10
_SALT = "split 168 "


def is_heldout(address: str) -> bool:
    """Whether the provision at ``address`` is held out: all its versions, 款 and 项 together."""
    law, _, rest = address.partition("@")
    article = rest.partition("#")[2].split("(")[0].split(".")[0]
    digest = hashlib.sha256(f"{_SALT}{law}#{article}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % _ONE_IN == 0


def is_case_heldout(case: str) -> bool:
    """Whether the decided case of that number or title is held out."""
    return is_heldout(f"{case}@")


def split(pair: Pair) -> str:
    """``train``, ``heldout``, or ``neither`` for a pair that rests on provisions of both sides.

    A pair that tells a decided case goes where the case goes.
    """
    if pair.cases:
        held = {is_case_heldout(case) for case in pair.cases}
        # The case decides; provisions that it cites in passing are not what is tested.
        return "neither" if len(held) > 1 else "heldout" if True in held else "train"
    held = {is_heldout(address) for address in pair.provisions}
    if held == {True}:
        return "heldout"
    return "neither" if True in held else "train"
