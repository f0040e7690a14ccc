"""Choice questions put again, to be answered from what the search really finds for them.

To choose the letter with the deciding provision somewhere among the hits is the skill that the
assistant and the examinations need most. Where the deciding provision is missing, the letter
still stands and the answer says that what is shown does not cover the question.
"""

import random
import re

from ecmiip.instruct import choices
from ecmiip.instruct.derive.rule import bigrams
from ecmiip.instruct.pair import AGAIN, Pair, look_up
from ecmiip.instruct.split import is_heldout, split
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision

# How many provisions are shown, among how many hits they are looked for, and how often the
# deciding one is left out.
_SIZES, _HITS, _MISSING = (3, 3, 4), 12, 0.2
# A hit that has this share of the deciding provision's words may decide too.
_ALIKE = 0.4
_UNCOVERED = "所给法条未涉及本题。"
_LETTER = re.compile(r"[A-D]")
_TITLE = re.compile(r"《([^《》]+)》")


def again(pair: Pair) -> Pair:
    """The choice ``pair`` with its options in another order, so that no letter is learnt by heart.

    Options that speak of each other by letter stay where they are.
    """
    options = choices.options(pair.question)
    asked, basis = choices.stem(pair.question), pair.answer.removeprefix(pair.key)
    key = pair.key
    if not _LETTER.search("".join([asked, basis, *options.values()])):
        order = list(options)
        random.Random(f"again {pair.id}").shuffle(order)
        moved = dict(zip(options, order, strict=True))
        options = {new: options[old] for new, old in moved.items()}
        key = "".join(new for new, old in moved.items() if old in pair.key)
    return pair.model_copy(
        update={
            "id": f"{AGAIN}{pair.id}",
            "question": choices.put(asked, options, multi=len(key) > 1),
            "answer": key + basis,
            "key": key,
            "origin": "derived",
            "difficulty": "medium" if pair.difficulty == "basic" else pair.difficulty,
        }
    )


def with_hits(pair: Pair, db: Mipld) -> Pair:
    """A pair that is put :func:`again`, with provisions to read: hits, the deciding ones among
    them at any rank, or without those and an answer that says so."""
    chance = random.Random(f"hits {pair.id}")
    training = split(pair) == "train"
    deciding = {held.address: held for a in pair.provisions if (held := look_up(a, db))}
    hits = [
        hit.provision
        for hit in db.search(pair.question, as_of=pair.as_of, limit=_HITS)
        if hit.provision.address not in deciding
        and not (training and is_heldout(hit.provision.address))
    ]
    size = chance.choice(_SIZES)
    beside = [hit for hit in hits if not any(_alike(hit, held) for held in deciding.values())]
    if chance.random() < _MISSING and len(beside) >= size:
        shown = beside[:size]
        basis = pair.answer.removeprefix(pair.key).removeprefix("。")
        answer = f"{pair.key}。{_UNCOVERED}{basis}"
    else:
        shown = [*deciding.values(), *hits[: max(size - len(deciding), 1)]]
        answer = pair.answer
    chance.shuffle(shown)
    context = tuple(provision.address for provision in shown)
    return pair.model_copy(update={"answer": answer, "context": context})


def _alike(hit: Provision, deciding: Provision) -> bool:
    """Whether ``hit`` says, or refers to, what the deciding provision says."""
    named = (hit.law, *_TITLE.findall(hit.text))
    if deciding.number in hit.text and deciding.law in named:
        return True
    core, words = bigrams(deciding.text), bigrams(hit.text)
    return len(core & words) >= _ALIKE * min(len(core), len(words))
