"""Reading with distractors: which of the retrieved provisions decides, or that none does.

A model that is shown provisions must use the one that decides and leave the others alone. Each
question is put with three to five provisions, found by the search that users' questions go
through, of which two, one or none decide it; where none does, the honest answer says so.
"""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import date

from ecmiip.instruct.derive.rule import (
    bigrams,
    first_sentence,
    is_specific,
    listings,
    lone_sentences,
    main_direction,
    name,
)
from ecmiip.instruct.derive.shapes import CONDITION, DEFINED, subject_of
from ecmiip.instruct.pair import Pair, Task
from ecmiip.instruct.split import is_heldout
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision

Asked = tuple[str, Task, str]  # question, task, the sentence that answers it

_REFERS = re.compile(r"本(?:法|条例|规定|细则|解释|办法)第[一二三四五六七八九十百]+条")
_SHARE = 0.95  # of the provisions that have a shape; a third of them is asked without an answer
_NONE = 0.33
_COUNTED = ("none", "one", "two")  # of the shown provisions decide
_LONGEST = 300  # characters of a provision that is shown
_SHORTEST = 10  # characters of a condition that says enough to be searched for


def read(db: Mipld, provisions: Sequence[Provision], as_of: date) -> Iterator[Pair]:
    """Pairs on most of ``provisions`` that have a sentence to be asked about.

    ``provisions`` must be in force on ``as_of``. A pair that none of the shown provisions decides
    still names in ``provisions`` the one that would: the split goes by it.
    """
    for provision in provisions:
        if len(provision.text) > _LONGEST:
            continue
        chance = random.Random(f"reading {provision.address}")
        for number, (asked, deciding) in enumerate(_chosen(db, provision, as_of, chance), 1):
            question, task, sentence = asked
            shown = _shown(db, question, sentence, provision, deciding, as_of, chance)
            if len(shown) < 3:
                continue
            yield Pair(
                id=f"derived/reading-{_COUNTED[len(deciding)]}/{provision.address}/{number}",
                task=task,
                direction=main_direction(provision),
                as_of=as_of,
                question=question,
                answer=_answer(question, sentence, deciding, shown, chance),
                provisions=tuple(p.address for p in (deciding or [provision])),
                context=tuple(p.address for p in shown),
                difficulty="medium",
                origin="derived",
            )


def _chosen(
    db: Mipld, provision: Provision, as_of: date, chance: random.Random
) -> Iterator[tuple[Asked, list[Provision]]]:
    """What to ask about ``provision``, each with the provisions that will be there to decide it."""
    if (referring := _referring(db, provision, as_of)) is not None:
        sentence, further = referring
        question = chance.choice(
            [
                f"“{sentence}”这里引用的条文是什么内容？合起来怎样理解？",
                f"{sentence.rstrip('。')}，被引用的那一条说了什么？",
            ]
        )
        yield (question, "doctrine", sentence), [provision, further]
    for asked in _questions(provision, chance):
        if chance.random() < _SHARE:
            yield asked, [] if chance.random() < _NONE else [provision]


def _questions(provision: Provision, chance: random.Random) -> Iterator[Asked]:
    """One question on a sentence of a known shape, and one on an act that is listed."""
    asked = next(filter(None, (_of(s, chance) for s in lone_sentences(provision))), None)
    if asked:
        yield asked
    for listing in listings(provision):
        acts = [words for _, words in listing.items if is_specific(words)]
        if acts and "行为" in listing.head and len(listing.head) <= 80:
            act = chance.choice(acts)
            asking = [f"{act.removesuffix('的')}，法律怎样评价？", f"有人{act}，违反了什么规定？"]
            yield (chance.choice(asking), "conduct", f"{listing.head}：……{act}")
            return


def _of(sentence: str, chance: random.Random) -> Asked | None:
    """(question, task, the sentence that answers it), if the sentence has a known shape."""
    if len(sentence) > 160:
        return None
    if defined := DEFINED.match(sentence):
        term = defined["term"]
        return chance.choice([f"什么是{term}？", f"“{term}”指什么？"]), "doctrine", sentence
    subject = subject_of(sentence)
    if len(subject) >= 6:
        asked = [f"{subject}，应当提交或者写明什么？", f"{subject}，文书要准备到什么程度？"]
        return chance.choice(asked), "document", sentence
    found = CONDITION.match(sentence)
    if found and len(found[1]) >= _SHORTEST:
        condition = found[1].removesuffix("的")
        asked = [
            f"{condition}，应当怎样处理？",
            f"如果{condition}，后果是什么？",
            f"本案中{condition}，法院或者主管部门会怎么办？",
        ]
        return chance.choice(asked), "case", sentence
    return None


def _referring(db: Mipld, provision: Provision, as_of: date) -> tuple[str, Provision] | None:
    """A sentence that refers to one other article of its law, and that article."""
    for sentence in lone_sentences(provision):
        if not _REFERS.search(sentence) or len(sentence) > 160:
            continue
        cited = {c.address for c in db.cite(sentence, as_of=as_of, own_law=provision.law)}
        address = cited.pop() if len(cited) == 1 else None
        found = db.at(address) if address and address != provision.address else None
        usable = found and found.in_force(as_of) and len(found.text) <= _LONGEST
        if found and usable and found.law == provision.law and first_sentence(found):
            return sentence, found
    return None


def _shown(
    db: Mipld,
    question: str,
    sentence: str,
    provision: Provision,
    deciding: Sequence[Provision],
    as_of: date,
    chance: random.Random,
) -> list[Provision]:
    """The deciding provisions among what the search finds and what does not decide."""
    heldout = is_heldout(provision.address)
    core = bigrams(sentence)
    hits = [hit.provision for hit in db.search(question, as_of=as_of, limit=12)]
    others = [
        hit
        for hit in hits
        if hit.address not in {provision.address, *(p.address for p in deciding)}
        and len(hit.text) <= _LONGEST
        and (heldout or not is_heldout(hit.address))
        and not (hit.law == provision.law and provision.number in hit.text)
        # Another law may say the same: that would decide too.
        and len(core & bigrams(hit.text)) < 0.5 * len(core)
    ]
    size = chance.choice([3, 3, 4, 5])
    shown = [*deciding, *others[: max(size - len(deciding), 0)]]
    chance.shuffle(shown)
    return shown


def _answer(
    question: str,
    sentence: str,
    deciding: Sequence[Provision],
    shown: Sequence[Provision],
    chance: random.Random,
) -> str:
    others = "、".join(
        f"[{place}]" for place, provision in enumerate(shown, 1) if provision not in deciding
    )
    if not deciding:
        about = re.sub(r"^(?:如果|本案中|有人)|[，？][^，]*？?$", "", question)
        return chance.choice(
            [
                f"所给法条不能回答：{others}规定的都是别的事项，没有一条针对“{about}”。"
                "需要先查到相应规定，再下结论。",
                f"依据不足。{others}都没有规定“{about}”，引用它们会答非所问；请补充有关法条。",
                f"现有材料得不出结论。所给的{others}与“{about}”无关，还缺直接规定这一问题的法条。",
            ]
        )
    parts = [f"依据[{shown.index(deciding[0]) + 1}]，{name(deciding[0])}规定：“{sentence}”"]
    for further in deciding[1:]:
        words = first_sentence(further) or ""
        parts.append(f"所指的是[{shown.index(further) + 1}]，{name(further)}规定：“{words}”")
    rest = [f"{others}与本问题无关。", f"{others}不涉及这一问题，不引用。", ""]
    return "\n".join([*parts, chance.choice(rest) if others else ""]).strip()
