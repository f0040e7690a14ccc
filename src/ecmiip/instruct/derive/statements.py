"""Statements on the law, true or changed, as examinations ask them: which of four are right?

What decides each option stands in the provisions that are shown, so that these pairs teach to
compare an option with the law word by word, option by option, and not to guess a letter.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import date

from ecmiip.instruct import choices
from ecmiip.instruct.derive.cloze import changes
from ecmiip.instruct.derive.rule import (
    Made,
    alike,
    as_choice,
    first_sentence,
    lone_sentences,
    main_direction,
    name,
)
from ecmiip.instruct.pair import Pair
from ecmiip.instruct.split import is_heldout
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision

# Statements about a law are drawn from articles that stand this near to each other.
_NEIGHBOURS = 4
_SHORTEST, _LONGEST = 16, 110
# How many of four statements are right where several may be: all four as often as examiners do.
_RIGHT = (2, 2, 3, 3, 4)


def choose_content(
    provision: Provision, siblings: Sequence[Provision], chance: random.Random
) -> Made:
    """The number of an article → what it says, among what its law says elsewhere."""
    own = first_sentence(provision)
    if own is None:
        return
    others: list[str] = []
    for sibling in chance.sample(siblings, len(siblings)):
        text = first_sentence(sibling) if sibling.number != provision.number else None
        if text and not any(alike(text, said) for said in (own, *others)):
            others.append(text)
        if len(others) == 3:
            break
    else:
        return
    stem = chance.choice(
        [
            f"{name(provision)}的内容是：",
            f"中华人民共和国{provision.law}{provision.number}的内容是："
            if "最高人民法院" not in provision.law
            else f"{name(provision)}规定的是：",
            f"下列哪一项是{name(provision)}的规定？",
        ]
    )
    question, key = as_choice(stem, [own], others, chance)
    yield question, f"{key}。依据是{name(provision)}。", key


def judge(provisions: Sequence[Provision], as_of: date) -> Iterator[Pair]:
    """Four statements on each few neighbouring articles: which are right, or which one is wrong.

    ``provisions`` must be in force on ``as_of``, in the order of their laws.
    """
    sides: dict[tuple[str, bool], list[Provision]] = {}
    for provision in provisions:
        sides.setdefault((provision.law, is_heldout(provision.address)), []).append(provision)
    for (law, _), members in sides.items():
        for place in range(0, len(members), _NEIGHBOURS):
            near = members[place : place + _NEIGHBOURS]
            chance = random.Random(f"statements {near[0].address}")
            for kind in ("one-right", "one-wrong", "several"):
                if (pair := _statements(law, near, kind, as_of, chance)) is not None:
                    yield pair


def _statements(
    law: str, near: Sequence[Provision], kind: str, as_of: date, chance: random.Random
) -> Pair | None:
    """One question of four statements on ``near``; None if they do not say enough."""
    sayings = [
        (provision, sentence, changes(sentence, chance))
        for provision in near
        for sentence in lone_sentences(provision)
        if _SHORTEST <= len(sentence) <= _LONGEST
    ]
    chance.shuffle(sayings)
    right = {"one-right": 1, "one-wrong": 3, "several": chance.choice(_RIGHT)}[kind]
    # Those that cannot be changed into something wrong are the ones to be told as they are.
    sayings.sort(key=lambda saying: bool(saying[2]))
    told, changed = sayings[:right], [s for s in sayings[right:] if s[2]][: 4 - right]
    if len(told) + len(changed) < 4:
        return None
    options = [(p, s.rstrip("。"), "") for p, s, _ in told]
    for provision, _, possible in changed:
        said, reason = chance.choice(possible)
        options.append((provision, said.rstrip("。"), reason))
    chance.shuffle(options)
    lettered = dict(zip(choices.LETTERS, options, strict=True))
    wanted = "".join(
        letter for letter, (_, _, fault) in lettered.items() if bool(fault) == (kind == "one-wrong")
    )
    stem = chance.choice(_STEMS[kind]).format(law=law)
    question = choices.put(stem, {k: said for k, (_, said, _) in lettered.items()}, len(wanted) > 1)
    faults = "".join(
        f"{letter}项错误：{fault}，见{name(provision)}。"
        for letter, (provision, _, fault) in lettered.items()
        if fault
    )
    rests = [p.address for p in near if any(p is shown for shown, _, _ in options)]
    cited = "、".join(name(p) for p in near if p.address in rests)
    return Pair(
        id=f"derived/statements-{kind}/{near[0].address}",
        task="doctrine",
        direction=main_direction(near[0]),
        as_of=as_of,
        question=question,
        answer=f"{wanted}。{faults or f'各项与{cited}一致。'}",
        provisions=tuple(rests),
        difficulty="medium",
        origin="derived",
        key=wanted,
    )


_STEMS = {
    "one-right": (
        "根据《{law}》，下列哪一说法是正确的？",
        "关于《{law}》的规定，下列选项正确的是：",
    ),
    "one-wrong": (
        "根据《{law}》，下列哪一说法是错误的？",
        "下列关于《{law}》的说法，不正确的是：",
    ),
    "several": (
        "根据《{law}》，下列哪些说法是正确的？",
        "以下关于《{law}》的说法正确的是：",
        "关于《{law}》的规定，下列选项正确的有：",
    ),
}


def evolution(db: Mipld, current: Sequence[Provision], as_of: date) -> Iterator[Pair]:
    """Four statements on what versions of a law say: those that give a text to its own version.

    Rests on MIPLD's crosswalk, two articles that continue each other at a time.
    """
    known = {provision.address: provision for provision in current}
    sides: dict[tuple[str, bool], list[tuple[Provision, Provision]]] = {}
    for old_address, new_address, _, changed in db.links():
        new, old = known.get(new_address), db.at(old_address)
        if new is None or old is None or not changed or old.law != new.law:
            continue
        before, after, held = first_sentence(old), first_sentence(new), is_heldout(new.address)
        if before and after and before != after and is_heldout(old.address) == held:
            sides.setdefault((new.law, held), []).append((old, new))
    for (law, _), members in sides.items():
        for one, other in zip(members[::2], members[1::2], strict=False):
            yield _versions(law, (*one, *other), as_of)


def _versions(law: str, texts: Sequence[Provision], as_of: date) -> Pair:
    chance = random.Random(f"evolution {texts[0].address} {texts[2].address}")
    swapped = {0: 1, 1: 0, 2: 3, 3: 2}
    wrong = set(chance.sample(range(4), 4 - chance.choice(_RIGHT)))
    order = list(range(4))
    chance.shuffle(order)
    options, faults, key = {}, "", ""
    for letter, place in zip(choices.LETTERS, order, strict=True):
        own = texts[place]
        told = texts[swapped[place]] if place in wrong else own
        options[letter] = f"《{law}》（{own.version}年）{own.number}规定：“{first_sentence(told)}”"
        if place in wrong:
            faults += f"{letter}项错误：这是{told.version}年文本{told.number}的内容。"
        else:
            key += letter
    stem = chance.choice(
        [f"以下关于《{law}》演变的说法正确的是：", f"《{law}》历次文本的下列说法，哪些正确？"]
    )
    return Pair(
        id=f"derived/evolution/{texts[0].address}/{texts[2].address}",
        task="doctrine",
        direction=main_direction(texts[1] if texts[1].directions else texts[0]),
        as_of=as_of,
        question=choices.put(stem, options, multi=True),
        answer=f"{key}。{faults or '各项都与该年文本一致。'}",
        provisions=tuple(dict.fromkeys(text.address for text in texts)),
        difficulty="hard",
        origin="derived",
        key=key,
    )
