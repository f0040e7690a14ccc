"""Sentences of a known shape: condition and consequence, a duty to state, a definition."""

import random
import re
from collections.abc import Sequence

from ecmiip.instruct.derive.rule import Made, lone_sentences, name
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


def subject_of(sentence: str) -> str:
    """What a duty to state or file something is about: the words before 应当, without the
    particles between; "" if ``sentence`` sets no such duty."""
    stated = STATED.search(sentence)
    before = sentence[: stated.start()].rsplit("。", 1)[-1] if stated else ""
    return "" if "应当" in before else re.sub(r"(?:的，|，|的|还|并|均|都|也)+$", "", before)
