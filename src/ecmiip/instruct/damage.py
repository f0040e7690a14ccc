"""Damage done on purpose, to prove that the checks see it: six kinds, each with a seed.

A damage is done to pairs that can show it: a number can be altered where a number is quoted, a
letter swapped where one is the key. What the checks then miss is theirs to miss.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ecmiip.instruct.choices import LETTERS
from ecmiip.instruct.decontaminate import Item
from ecmiip.instruct.derive.rule import QUANTITY
from ecmiip.instruct.pair import Pair, expand
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.numerals import article_number

_MARKED = re.compile(r"(?<=规定)：?“([^“”]{16,})”")
_TIMES = 4


@dataclass(frozen=True)
class Damaged:
    """A pair that is wrong now, and how."""

    kind: str
    pair: Pair


def damaged(
    pairs: Sequence[Pair], items: Sequence[Item], db: Mipld, count: int, seed: int
) -> list[Damaged]:
    """``count`` damaged pairs, the kinds in turn; fewer kinds if nothing can show one.

    ``pairs`` must be sound; ``items`` are of benchmarks, and those that are about IP will do.
    """
    chance = random.Random(seed)
    order = list(pairs)
    chance.shuffle(order)
    kinds: dict[str, Callable[[Pair], Pair | None]] = {
        "wrong article": lambda pair: _wrong_article(pair, db, chance),
        "repealed law": lambda pair: _repealed(pair, db, chance),
        "altered number": lambda pair: _altered_number(pair, db, chance),
        "altered quote": lambda pair: _altered_quote(pair, db, chance),
        "leaked item": lambda pair: _leaked(pair, items, chance),
        "swapped letter": lambda pair: _swapped(pair, chance),
    }
    made: list[Damaged] = []
    for kind, damage in kinds.items():
        wanted = len(made) + (count - len(made)) // (len(kinds) - list(kinds).index(kind))
        # A small set gives some pairs more than once; chance damages them in other ways.
        for pair in order * _TIMES:
            if len(made) >= wanted:
                break
            wrong = damage(pair)
            if wrong is not None:
                made.append(Damaged(kind, wrong))
    return made


def _wrong_article(pair: Pair, db: Mipld, chance: random.Random) -> Pair | None:
    """The one article that the answer cites is another one."""
    answer = expand(pair.answer, db)
    cited = db.cite(answer, as_of=pair.as_of)
    if not cited or pair.cases or len({citation.address for citation in cited}) > 1:
        return None
    (first, *_), shift = cited, chance.choice([-2, -1, 1, 2, 3])
    if first.address is None or first.suffix or first.article + shift < 1:
        return None
    right = article_number(first.article)
    wrong = article_number(first.article + shift)
    changed = answer.replace(right, wrong)
    return pair.model_copy(update={"answer": changed}) if changed != answer else None


def _repealed(pair: Pair, db: Mipld, chance: random.Random) -> Pair | None:
    """The answer also relies on a law that is gone."""
    gone = sorted(
        name for name, (last, _) in db.repealed_laws.items() if last < pair.as_of and len(name) > 3
    )
    gone += sorted(
        law.name
        for law in db.laws()
        if law.versions[-1].repealed
        and law.versions[-1].effective_to is not None
        and law.versions[-1].effective_to < pair.as_of
    )
    if not gone:
        return None
    addition = f"另见《{chance.choice(gone)}》第一条。"
    return pair.model_copy(update={"answer": expand(pair.answer, db) + addition})


def _altered_number(pair: Pair, db: Mipld, chance: random.Random) -> Pair | None:
    """A term or amount inside a quotation is another one."""
    answer = expand(pair.answer, db)
    for quoted in _MARKED.finditer(answer):
        numbers = list(QUANTITY.finditer(answer, quoted.start(1), quoted.end(1)))
        if numbers:
            found = chance.choice(numbers)
            wrong = "八" if found["number"] != "八" else "四"
            changed = answer[: found.start()] + wrong + found["unit"] + answer[found.end() :]
            return pair.model_copy(update={"answer": changed})
    return None


def _altered_quote(pair: Pair, db: Mipld, chance: random.Random) -> Pair | None:
    """A few characters inside a quotation are gone."""
    answer = expand(pair.answer, db)
    quoted = _MARKED.search(answer)
    if quoted is None:
        return None
    # At either end the rest would still be the law's words.
    words = list(re.finditer(r"[\u4e00-\u9fff]{3}", quoted[1]))[1:-1]
    if not words:
        return None
    cut = chance.choice(words)
    start = quoted.start(1) + cut.start()
    return pair.model_copy(update={"answer": answer[:start] + answer[start + 3 :]})


def _leaked(pair: Pair, items: Sequence[Item], chance: random.Random) -> Pair | None:
    """The question is a benchmark's."""
    if not items:
        return None
    item = chance.choice(items)
    return pair.model_copy(update={"question": item.question, "key": ""})


def _swapped(pair: Pair, chance: random.Random) -> Pair | None:
    """The letter is another one: in the answer alone, or in the key too."""
    if len(pair.key) != 1:
        return None
    wrong = chance.choice([letter for letter in LETTERS if letter != pair.key])
    answer = wrong + pair.answer[1:]
    # That the key is wrong too can be told where the basis is in the law's words.
    judged = pair.origin == "derived" and not pair.base.startswith("authored/")
    both = judged and chance.random() < 0.5
    return pair.model_copy(update={"answer": answer, "key": wrong if both else pair.key})
