"""Which pairs are for training and which are held out: by provision, so that the two share none."""

import hashlib

from ecmiip.instruct.pair import Pair

# One provision in this many is held out. The salt was chosen among 400 so that the central
# provisions of each law (the list of infringing acts, damages, absolute grounds …) may be taught.
_ONE_IN = 10
_SALT = "split 168 "


def is_heldout(address: str) -> bool:
    """Whether the provision at ``address`` is held out: all its versions, 款 and 项 together."""
    law, _, rest = address.partition("@")
    article = rest.partition("#")[2].split("(")[0].split(".")[0]
    digest = hashlib.sha256(f"{_SALT}{law}#{article}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % _ONE_IN == 0


def split(pair: Pair) -> str:
    """``train``, ``heldout``, or ``neither`` for a pair that rests on provisions of both."""
    held = {is_heldout(address) for address in pair.provisions}
    if held == {True}:
        return "heldout"
    return "neither" if True in held else "train"
