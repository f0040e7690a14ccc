"""What changed between two versions of a law, and what that means on a given day."""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from ecmiip.instruct.derive.rule import flat, main_direction
from ecmiip.instruct.pair import Pair
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision

# Below this an article is a new one that shares words with the old.
_SAME = 0.6
# More changes than this are shown as two texts; longer texts than this are not shown whole.
_MOST_CHANGES, _LONGEST = 4, 260
_CHANGE = re.compile(r"(?:\[-(?P<old>.*?)-\])?(?:\{\+(?P<new>.*?)\+\})?")


def compare(db: Mipld, current: Sequence[Provision], as_of: date) -> Iterator[Pair]:
    """Pairs on how each of ``current`` continues a provision of the version before.

    ``current`` may hold law that is not yet in force on ``as_of``. The links are those of
    MIPLD's crosswalk; of several that lead from one old article only the best is used.
    """
    known = {provision.address: provision for provision in current}
    done: set[str] = set()
    for old_address, new_address, score, changed in db.links():
        new = known.get(new_address)
        if new is None or score < _SAME or old_address in done:
            continue
        old = db.at(old_address)
        if old is None or old.effective_to is None or old.law != new.law:
            continue
        done.add(old_address)
        yield from _pairs(old, new, changed, as_of)


def _pairs(old: Provision, new: Provision, changed: str, as_of: date) -> Iterator[Pair]:
    chance = random.Random(f"versions {old.address} {new.address}")
    before, after = _named(old), _named(new)
    both = (old.address, new.address)
    since = f"{after}自{new.effective_from}起施行"
    if old.number != new.number:
        question = chance.choice(
            [
                f"《{old.law}》{old.version}年文本的{old.number}，在{new.version}年文本中是第几条？",
                f"旧判决引用{before}，这一条对应{new.version}年文本的哪一条？",
                f"合同里写的是{before}，法律修改后应当查哪一条？",
            ]
        )
        wording = "文字有改动" if changed else "文字未变"
        answer = f"对应{new.number}，{wording}。{since}；在此之前是{before}。"
        yield _pair("moved", old, new, as_of, question, answer, both)
    if changed and (answer := _difference(old, new, changed)):
        question = chance.choice(
            [
                f"{after}与{before}相比改了什么？",
                f"《{new.law}》修改以后，{old.version}年文本的{old.number}有什么变化？",
                f"请对照新旧文本，说明{after}的改动。",
            ]
        )
        yield _pair("changed", old, new, as_of, question, answer, both)
    if new.effective_from > as_of:
        question = chance.choice(
            [
                f"现在起诉，能不能引用{after}？",
                f"今天可以依据{after}主张权利吗？",
                f"客户要在今天的函件里引用{after}，行不行？",
            ]
        )
        answer = f"不行。{since}，{as_of}尚未施行；当日有效的是{before}。"
        yield _pair("not-yet", old, new, as_of, question, answer, both)
    if changed and old.effective_to is not None and len(old.text) <= _LONGEST:
        day = _day_of(old, chance)
        number = old.number
        question = chance.choice(
            [
                f"《{old.law}》{number}是怎样规定的？",
                f"《{old.law}》{number}规定了什么？",
                f"请按当日有效的文本写出《{old.law}》{number}。",
            ]
        )
        answer = f"{day}有效的是{old.version}年文本。{before}规定：“{flat(old.text)}”"
        yield _pair("recall-then", old, new, day, question, answer, both[:1])


def _pair(
    rule: str,
    old: Provision,
    new: Provision,
    as_of: date,
    question: str,
    answer: str,
    provisions: tuple[str, ...],
) -> Pair:
    return Pair(
        id=f"derived/{rule}/{old.address}/{new.address}",
        task="doctrine",
        direction=main_direction(new if new.directions else old),
        as_of=as_of,
        question=question,
        answer=answer,
        provisions=provisions,
        difficulty="medium",
        origin="derived",
    )


def _named(provision: Provision) -> str:
    return f"《{provision.law}》（{provision.version}年）{provision.number}"


def _difference(old: Provision, new: Provision, changed: str) -> str:
    """The changes one by one if they are few, both texts if they are short, else nothing."""
    pieces = [found for piece in changed.split(" ") if (found := _CHANGE.fullmatch(piece))]
    if len(pieces) <= _MOST_CHANGES and all(map(_is_telling, pieces)):
        lines = [
            f"{number}. {_told(piece['old'], piece['new'])}"
            for number, piece in enumerate(pieces, 1)
        ]
        return "\n".join([f"由{_named(old)}到{_named(new)}，改动如下（标点除外）。", *lines])
    if max(len(old.text), len(new.text)) <= _LONGEST:
        return (
            f"旧文：{_named(old)}规定：“{flat(old.text)}”\n"
            f"新文：{_named(new)}规定：“{flat(new.text)}”"
        )
    return ""


def _is_telling(piece: re.Match[str]) -> bool:
    """Whether a change can be understood by itself: no stray character, no rewritten passage."""
    added_or_struck = (piece["old"] or "") + (piece["new"] or "")
    replaced = piece["old"] and piece["new"]
    return len(piece[0]) <= 80 and bool(replaced or len(added_or_struck) > 1)


def _told(old: str | None, new: str | None) -> str:
    if old and new:
        return f"“{old}”改为“{new}”"
    return f"删去“{old}”" if old else f"增加“{new}”"


def _day_of(old: Provision, chance: random.Random) -> date:
    """A day in the last two years of the old text."""
    assert old.effective_to is not None
    first = max(old.effective_from, old.effective_to - timedelta(days=730))
    return first + timedelta(days=chance.randrange((old.effective_to - first).days + 1))
