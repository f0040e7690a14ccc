"""Sentences of a known shape: condition and consequence, a duty to state, a definition."""

import random
import re
from collections.abc import Sequence

from ecmiip.instruct.derive.rule import Made, as_choice, listings, lone_sentences, name
from ecmiip.mipld.document import Provision

CONDITION = re.compile(r"^([^，。；：“”]{6,45}的)，(.{8,120})。$")
STATED = re.compile(
    r"应当(?:载明|写明|提交|附送|说明|注明|记载)|(?<=[书同件料求明])应当(?:至少)?包括"
)
DEFINED = re.compile(
    r"^(?:[^，。“”]{0,20}所称的?|本(?:法|条例|规定|解释|细则|办法)中的?)?“?(?P<term>[^，。；：“”（）]{2,14})”?，?"
    r"是指(?P<meaning>[^。“”]{12,150})。$"
)


def case(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """A condition and its consequence → issue, rule, application, conclusion."""
    for sentence in lone_sentences(provision):
        found = CONDITION.match(sentence)
        if found is None:
            continue
        condition, consequence = found[1].removesuffix("的"), found[2]
        question = chance.choice(
            [
                f"某案查明：{condition}。法律后果是什么？请按争议、规则、适用、结论分析。",
                f"案情：{condition}。请解析本案应当如何处理。",
                f"法院查明的事实是：{condition}。请写出裁判思路。",
                f"原告主张{condition}，证据已经质证属实。本案该怎样判断？",
            ]
        )
        yield (
            question,
            f"争议：{condition}，应当如何处理。\n"
            f"规则：{name(provision)}规定：“{sentence}”\n"
            "适用：查明的事实符合该条所定的条件。\n"
            f"结论：{consequence}。若该事实不能证明，结论随之改变。",
            "",
        )


def document(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """A duty to state or file something → what the document needs."""
    for sentence in lone_sentences(provision):
        subject = subject_of(sentence)
        if len(subject) >= 4 and 20 <= len(sentence) <= 200:
            yield _required(subject, chance), _listed(provision, sentence), ""
            return
    for listing in listings(provision):
        subject = subject_of(listing.head)
        if len(subject) >= 4:
            items = "；".join(label + words for label, words in listing.items)
            yield _required(subject, chance), _listed(provision, f"{listing.head}：{items}。"), ""
            return


def _required(subject: str, chance: random.Random) -> str:
    return chance.choice(
        [
            f"我要准备文书，事项是：{subject}。文书应当写明或者附上什么？",
            f"起草文书前请列出要求：{subject}时，法律要求写什么、交什么？",
            f"请给出一份文书清单，适用于：{subject}。",
            f"{subject}，递交的材料怎样才算齐全？",
        ]
    )


def subject_of(sentence: str) -> str:
    """What a duty to state or file something is about: the words before 应当, without the
    particles between; "" if ``sentence`` sets no such duty."""
    stated = STATED.search(sentence)
    before = sentence[: stated.start()].rsplit("。", 1)[-1] if stated else ""
    return "" if "应当" in before else re.sub(r"(?:的，|，|的|还|并|均|都|也)+$", "", before)


def _listed(provision: Provision, words: str) -> str:
    return f"{name(provision)}规定：“{words}”\n请逐项核对，缺少的先补齐。"


def define(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """Term → definition."""
    for sentence, term, _meaning in _definitions(provision):
        question = chance.choice(
            [
                f"法律上所说的“{term}”是什么意思？",
                f"请给出“{term}”的法律定义和出处。",
                f"《{provision.law}》怎样界定“{term}”？",
                f"客户不懂“{term}”这个词，请用法条解释。",
            ]
        )
        yield question, f"{name(provision)}规定：“{sentence}”", ""


def name_term(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """Definition → term."""
    for sentence, term, meaning in _definitions(provision):
        question = chance.choice(
            [
                f"“{meaning}”，《{provision.law}》把它称为什么？",
                f"哪个法律术语指的是“{meaning}”？请写明出处。",
            ]
        )
        yield question, f"{term}。{name(provision)}规定：“{sentence}”", ""


def choose_term(provision: Provision, siblings: Sequence[Provision], chance: random.Random) -> Made:
    """Definition → term, as a choice among the terms that the same law defines."""
    for sentence, term, meaning in _definitions(provision):
        others = sorted(
            {
                other
                for sibling in siblings
                for _, other, _ in _definitions(sibling)
                if other not in term and term not in other
            }
        )
        if len(others) < 3:
            continue
        stem = f"《{provision.law}》中，“{meaning}”是哪个术语的定义？"
        question, key = as_choice(stem, [term], chance.sample(others, 3), chance)
        yield question, f"{key}。{name(provision)}规定：“{sentence}”", key


def _definitions(provision: Provision) -> list[tuple[str, str, str]]:
    """(sentence, term, meaning) of each definition."""
    return [
        (sentence, found["term"], found["meaning"])
        for sentence in lone_sentences(provision)
        if (found := DEFINED.match(sentence)) and not found["term"].endswith(("应当", "是"))
    ]
