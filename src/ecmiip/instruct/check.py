"""Checks that a pair must pass before it may teach: each fault is a reason to leave it out."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from ecmiip.errors import UserError
from ecmiip.instruct import choices, keys
from ecmiip.instruct.pair import Pair, expand, look_up
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import DIRECTIONS, Provision

_MAX_QUESTION, _MAX_ANSWER = 2400, 1600
# English takes more characters to say the same.
_ENGLISH = 2.5
_OTHER_TIMES = ("superseded", "not_yet_in_force", "repealed")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")
_BROKEN = re.compile(r"[\ufffd\u3040-\u30ff\uac00-\ud7af]|\{\{|\}\}|</?[a-z]+>|锟斤拷")
# A sentence of this length, said so often, is a loop.
_SENTENCE, _TIMES = 12, 3


def faults(pair: Pair, db: Mipld) -> list[str]:
    """Why ``pair`` must be left out; empty when it may stay.

    Every citation in the answer must exist and be in force on the pair's date, what is quoted must
    be the law's own words, a choice question must be answered with its key, and question and
    answer must be sound text of one language. ``{{references}}`` are filled in first.
    """
    found = []
    if pair.direction not in DIRECTIONS:
        found.append(f"belongs to {pair.direction or 'no direction'}, which is no IP direction")
    rests_on = [look_up(address, db) for address in pair.provisions]
    for address, provision in zip(pair.provisions, rests_on, strict=True):
        if provision is None:
            found.append(f"rests on {address}, which MIPLD does not hold")
    for address in pair.context:
        if look_up(address, db) is None:
            found.append(f"shows {address}, which MIPLD does not hold")
    if found:
        return found
    known = [provision for provision in rests_on if provision]
    if known and not any(provision.in_force(pair.as_of) for provision in known):
        found.append(f"rests only on provisions that were not in force on {pair.as_of}")
    try:
        question, reasoning, answer = (
            expand(text, db) for text in (pair.question, pair.reasoning, pair.answer)
        )
    except UserError as error:
        return [*found, str(error)]
    found += _citations(pair, f"{reasoning}\n{answer}" if reasoning else answer, known, db)
    found += _choice(pair, question, answer, known, db)
    return found + _text(question, reasoning, answer)


def _citations(pair: Pair, text: str, rests_on: list[Provision], db: Mipld) -> list[str]:
    """Citations that are not law on the pair's day or are beside the point, and quotations in
    other words."""
    found = []
    owned = {provision.address for provision in rests_on}
    citations = db.cite(text, as_of=pair.as_of)
    for citation in citations:
        # A pair that compares versions lists both; a citation of another time is then no slip.
        compared = citation.status in _OTHER_TIMES and citation.address in owned
        if citation.status not in ("in_force", "unverified") and not compared:
            found.append(f"cites {citation.text}, which is {citation.status} on {pair.as_of}")
        if citation.elsewhere:
            found.append(f"quotes {citation.text} in the words of {citation.elsewhere}")
        elif citation.quote == "differs":
            found.append(f"quotes {citation.text} in other words than the law's")
    cited = {citation.address for citation in citations if citation.address}
    # What a decided case cites is of its time, and MIPLD may not hold it.
    if cited and owned and not cited & owned and not pair.cases:
        found.append("cites none of the provisions it rests on")
    return found


def _choice(
    pair: Pair, question: str, answer: str, rests_on: Sequence[Provision], db: Mipld
) -> list[str]:
    """A choice answered with other letters than its key, or a key that its basis contradicts."""
    if not pair.key:
        return []
    letters = re.match(r"[A-Z]*", answer)
    if letters is None or letters[0] != pair.key:
        return [f"its answer does not start with its key {pair.key}"]
    options = choices.options(question)
    missing = [letter for letter in pair.key if options and letter not in options]
    if missing:
        return [f"its key names {''.join(missing)}, which is no option"]
    # What was authored gives its reasons in its own words, also where it is put again.
    if pair.origin == "derived" and not pair.base.startswith("authored/"):
        right = keys.by_law(question, options, rests_on, db)
        if right is None:
            return _basis(pair, options, answer)
        if right != pair.key:
            return [f"by the law it rests on its key would be {right}, not {pair.key}"]
    return []


def _basis(pair: Pair, options: Mapping[str, str], answer: str) -> list[str]:
    """Derived answers name the right options in words, in the basis behind the letters."""
    basis = answer[len(pair.key) :]
    # “不在所列之内” names the odd one first and the others after it.
    named = [n for n, words in options.items() if basis.removeprefix("。").startswith(words)]
    if named and not set(pair.key) & set(named):
        return [f"its basis speaks of {named[0]}, not of its key {pair.key}"]
    for letter in pair.key:
        if options.get(letter, "") not in basis:
            return [f"its basis does not name the option of its key, {letter}"]
    return []


def _text(question: str, reasoning: str, answer: str) -> list[str]:
    """Faults of length, language and repetition."""
    found = []
    english = not _is_chinese(question)
    factor = _ENGLISH if english else 1
    for name, text, longest in (
        ("question", question, _MAX_QUESTION),
        ("answer", answer, _MAX_ANSWER),
    ):
        if not 1 <= len(text.strip()) <= longest * factor:
            found.append(f"its {name} has {len(text)} characters, not 1 to {longest * factor:.0f}")
    # An English answer may quote much Chinese law; a Chinese one has no reason to be English.
    if answer.strip() and not (_LATIN.search(answer) if english else _is_chinese(answer)):
        found.append("its answer is not in the language of its question")
    for text in (question, reasoning, answer):
        if broken := _BROKEN.search(text):
            found.append(f"it contains {broken[0]!r}, which is no sound text")
        if repeated := _repeated(text):
            found.append(f"it says “{repeated[:20]}…” over and over")
    return found


def _is_chinese(text: str) -> bool:
    """Whether ``text`` is Chinese in the main: an English word has some five letters."""
    return len(_CHINESE.findall(text)) * 5 >= len(_LATIN.findall(text))


def _repeated(text: str) -> str:
    """A sentence that is said three times, or twice in a row; "" if there is none."""
    said = [part.strip() for part in re.split(r"[。；！？\n]", text)]
    said = [part for part in said if len(part) >= _SENTENCE]
    often = [part for part, times in Counter(said).items() if times >= _TIMES]
    in_a_row = [one for one, next_one in pairwise(said) if one == next_one]
    return next(iter([*often, *in_a_row]), "")
