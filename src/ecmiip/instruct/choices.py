"""The form of a choice question: one for the pairs that teach and the suites that evaluate.

The stem, then one line for each option; a question with several right letters says so. The reply
that is taught starts with the letters, in order and without marks between them.
"""

import re
from collections.abc import Mapping

LETTERS = "ABCD"

_SEVERAL = "（多选）"
_OPTION = re.compile(r"^([A-Z])[.．、:：]\s*(.+)$", re.M)

# What asks for the option that is not so. What does not 构成 or 享有 something may stand in the law
# as it is asked for, and so does not count.
_ODD_ONE = re.compile(r"错误|不正确|有误|不妥|不当的|不属于|不包括|不在|没有列举|没有体现|不符合")
_QUOTED = re.compile(r"“[^”]*”")
_SENTENCE_END = re.compile(r"[。！？；\n]")
_TRAILING = "。！？?：: （）()，,\n"


def put(stem: str, options: Mapping[str, str], multi: bool) -> str:
    """``stem`` and its ``options`` (by letter, in their order) as one question.

    With ``multi`` the stem tells that several letters may be right, unless it does so already.
    """
    asked = stem.strip()
    if multi and "多选" not in asked:
        asked += _SEVERAL
    return "\n".join([asked, *(f"{letter}. {words.strip()}" for letter, words in options.items())])


def stem(question: str) -> str:
    """What a question that was :func:`put` asks, without its options."""
    return _OPTION.sub("", question).strip()


def unmarked(stem: str) -> str:
    """``stem`` without the mark that several options may be right."""
    return stem.replace(_SEVERAL, "").removeprefix("多选：").strip()


def asks_for_the_odd_one(stem: str) -> bool:
    """Whether ``stem`` asks, at its end, for what is wrong or does not belong."""
    # A provision that is quoted may speak of errors of its own, and so may the facts.
    last = _SENTENCE_END.split(_QUOTED.sub("", stem).strip(_TRAILING))[-1]
    return bool(_ODD_ONE.search(last))


def options(question: str) -> dict[str, str]:
    """The options of a question that was :func:`put`, by letter; empty if it has none."""
    return dict(_OPTION.findall(question))
