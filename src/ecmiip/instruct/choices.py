"""The form of a choice question: one for the pairs that teach and the suites that evaluate.

The stem, then one line for each option; a question with several right letters says so. The reply
that is taught starts with the letters, in order and without marks between them.
"""

import re
from collections.abc import Mapping

LETTERS = "ABCD"

_SEVERAL = "（多选）"
_OPTION = re.compile(r"^([A-Z])[.．、:：]\s*(.+)$", re.M)


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


def options(question: str) -> dict[str, str]:
    """The options of a question that was :func:`put`, by letter; empty if it has none."""
    return dict(_OPTION.findall(question))
