"""From an article's number to its words, and back."""

import random
from collections.abc import Sequence

from ecmiip.instruct.derive.rule import Made, as_choice, first_sentence, flat, name
from ecmiip.mipld.document import Provision


def recall(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """Article number → text."""
    asked = name(provision)
    question = chance.choice(
        [
            f"{asked}是怎样规定的？",
            f"请写出{asked}的内容。",
            f"{asked}规定了什么？",
            f"我想核对{asked}的原文，请给出全文。",
            f"请背出{asked}。",
            f"{asked}的条文怎么写？",
        ]
    )
    yield question, f"{asked}规定：“{flat(provision.text)}”", ""


def reverse(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """Text → article number."""
    sentence = first_sentence(provision)
    if sentence is None:
        return
    question = chance.choice(
        [
            f"“{sentence}”这一规定出自哪部法律的哪一条？",
            f"下面这句话的法律出处是什么？“{sentence}”",
            f"哪一条法律规定了“{sentence}”？",
            f"我要引用这句话，请告诉我它的法律名称和条号：“{sentence}”",
            f"请为下列表述注明法条出处：“{sentence}”",
        ]
    )
    yield question, f"出自{name(provision)}：“{sentence}”", ""


def choose_article(
    provision: Provision, siblings: Sequence[Provision], chance: random.Random
) -> Made:
    """Text → article number, as a choice among articles of the same law."""
    sentence = first_sentence(provision)
    others = sorted({other.number for other in siblings} - {provision.number})
    # Numbers alone are the least of what is to be learnt: not every article is asked this way.
    if sentence is None or len(others) < 3 or chance.random() >= 0.6:
        return
    stem = chance.choice(
        [
            f"“{sentence}”是《{provision.law}》哪一条的规定？",
            f"下列哪一条是“{sentence}”的出处？（《{provision.law}》）",
            f"《{provision.law}》中，写有“{sentence}”的是哪一条？",
        ]
    )
    question, key = as_choice(stem, [provision.number], chance.sample(others, 3), chance)
    yield question, f"{key}。依据是{name(provision)}。", key


def basis(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """Any rule → the paragraph of a document that names it as the legal basis."""
    sentence = first_sentence(provision)
    if sentence is None or chance.random() >= 0.4:
        return
    question = chance.choice(
        [
            f"请为文书写一段“法律依据”，说明：{sentence}",
            f"代理词里要写明这一点的法律依据，请拟写一句：{sentence}",
            f"起草起诉状“事实与理由”部分，需要引用这一规则，请写出引用句：{sentence}",
        ]
    )
    yield question, f"法律依据：{name(provision)}规定：“{sentence}”", ""
