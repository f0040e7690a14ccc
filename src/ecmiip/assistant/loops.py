"""Small models go round in circles: where an answer starts to, it ends."""

import re
from collections import Counter


def without_loops(text: str) -> str:
    """``text`` cut where it starts to go round in circles, as small models do.

    That is where a sentence is said again, or a clause for the third time: the law itself repeats
    clauses, from one item of a list to the next, but hardly so often.
    """
    text = _cut(text, ends="，。；\n", length=8, times=3)
    return _cut(text, ends="。；\n", length=6, times=2).strip()


def is_looping(text: str) -> bool:
    """Whether ``text`` as written so far has come to a loop, so that no more of it is wanted.

    Only what is closed counts: a sentence may still turn another way.
    """
    closed = text[: max(text.rfind(end) for end in "，。；\n") + 1].rstrip()
    return len(without_loops(closed)) < len(closed.strip())


def _cut(text: str, *, ends: str, length: int, times: int) -> str:
    """``text`` up to the unit that is said for the ``times``-th time.

    A unit is closed by one of ``ends``; one of fewer than ``length`` characters does not count.
    """
    seen: Counter[str] = Counter()
    for unit in re.finditer(f"[^{ends}]+[{ends}]*", text):
        bare = re.sub(r"^\W*(?:\d+|[一二三四五六七八九十]+)?\W*", "", unit[0]).strip(ends + " ")
        seen[bare] += 1
        if len(bare) >= length and seen[bare] == times:
            return text[: unit.start()]
    return text
