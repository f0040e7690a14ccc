"""A sentence of the law with one element left out or changed: number, penalty, duty."""

import random
import re
from collections.abc import Sequence

from ecmiip.instruct.derive.rule import (
    NUMERAL,
    QUANTITY,
    Made,
    as_choice,
    lone_sentences,
    name,
    other_quantities,
)
from ecmiip.mipld.document import Provision

_BLANK = "____"
_PENALTY = re.compile(
    r"责令(?:改正|停止[^，。；、]{2,14}|限期[^，。；、]{2,10})"
    r"|没收违法所得|警告|通报批评|吊销[^，。；、]{2,14}|不予受理|不予注册|驳回(?:申请|诉讼请求|起诉|上诉|请求)"
    rf"|[{NUMERAL}万]+元以(?:上|下)(?:[{NUMERAL}万]+元以下)?的?罚款"
    rf"|[{NUMERAL}]+倍以(?:上|下)(?:[{NUMERAL}]+倍以下)?的?罚款"
    rf"|[{NUMERAL}]+年以(?:上|下)(?:[{NUMERAL}]+年以下)?有期徒刑"
)
# One change, and its opposite: what turns a rule into another rule.
_SWAPS = (
    ("应当", "可以"),
    ("不得", "可以"),
    ("可以", "不得"),
    ("以上", "以下"),
    ("以下", "以上"),
    ("申请日", "授权公告日"),
    ("授权公告之日", "申请之日"),
    ("收到通知之日", "通知发出之日"),
    ("核准注册之日", "申请注册之日"),
    ("不视为", "视为"),
    ("人民法院", "仲裁机构"),
    ("书面", "口头"),
    ("不需要", "需要"),
    ("予以支持", "不予支持"),
    ("不予支持", "予以支持"),
)


def choose_quantity(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """A sentence with its term, amount or multiple left out, as a choice."""
    for sentence, found in _quantified(provision):
        others = other_quantities(found["number"], found["unit"], 3, chance)
        blank = _without(sentence, found)
        stem = chance.choice(
            [
                f"依照《{provision.law}》填空：“{blank}”",
                f"《{provision.law}》规定：“{blank}”空白处应填哪一项？",
                f"选出正确的数字，依据是《{provision.law}》：“{blank}”",
            ]
        )
        question, key = as_choice(stem, [found[0]], others, chance)
        yield question, f"{key}。{name(provision)}规定：“{sentence}”", key


def fill_quantity(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """The same without options."""
    for sentence, found in _quantified(provision):
        blank = _without(sentence, found)
        question = chance.choice(
            [
                f"填空：{blank}（《{provision.law}》）",
                f"《{provision.law}》有这样一句：“{blank}”空白处是多少？",
                f"请补出数字并给出条号：{blank}",
            ]
        )
        yield question, f"{found[0]}。{name(provision)}规定：“{sentence}”", ""


def fill_penalty(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """A sentence with its sanction or consequence left out."""
    for sentence in lone_sentences(provision):
        found = _PENALTY.search(sentence)
        if found is None or not 20 <= len(sentence) <= 160 or sentence.count(found[0]) > 1:
            continue
        blank = _without(sentence, found)
        question = chance.choice(
            [
                f"《{provision.law}》规定的处理方式是什么？请填空：“{blank}”",
                f"请补全法律后果并注明条号：“{blank}”（《{provision.law}》）",
                f"下面这句话缺少的处理措施是什么？“{blank}”",
            ]
        )
        yield question, f"{found[0]}。{name(provision)}规定：“{sentence}”", ""
        return


def true_or_false(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """A sentence as it reads, or with one element changed: is that the law?"""
    candidates = [text for text in lone_sentences(provision) if 16 <= len(text) <= 120]
    if not candidates:
        return
    sentence = chance.choice(candidates)
    possible = changes(sentence, chance)
    said, reason = sentence, ""
    if possible and chance.random() < 0.6:
        said, reason = chance.choice(possible)
    shown = said.rstrip("。")
    question = chance.choice(
        [
            f"判断对错：{shown}。（《{provision.law}》）",
            f"有人说，按照《{provision.law}》，“{shown}”。这个说法对吗？",
            f"“{shown}”，这符合《{provision.law}》的规定吗？",
            f"合同审查意见写道：“{shown}。”请核对是否与《{provision.law}》一致。",
        ]
    )
    verdict = f"不对，{reason}。" if reason else "对。"
    yield question, f"{verdict}{name(provision)}规定：“{sentence}”", ""


def _quantified(provision: Provision) -> list[tuple[str, re.Match[str]]]:
    """Sentences with a quantity that occurs in them once, and the first such quantity."""
    found = []
    for sentence in lone_sentences(provision):
        matches = [m for m in QUANTITY.finditer(sentence) if sentence.count(m[0]) == 1]
        if matches and 20 <= len(sentence) <= 140:
            found.append((sentence, matches[0]))
    return found


def _without(sentence: str, found: re.Match[str]) -> str:
    return sentence[: found.start()] + _BLANK + sentence[found.end() :]


def changes(sentence: str, chance: random.Random) -> list[tuple[str, str]]:
    """(changed sentence, what is wrong with it) for each element that can be changed."""
    # 不可以 and 不应当 say the opposite already: to change the word inside leaves no sentence.
    made = [
        (sentence.replace(right, wrong), f"“{wrong}”应为“{right}”")
        for right, wrong in _SWAPS
        if sentence.count(right) == 1 and f"不{right}" not in sentence
    ]
    for found in QUANTITY.finditer(sentence):
        (other,) = other_quantities(found["number"], found["unit"], 1, chance)
        changed = sentence[: found.start()] + other + sentence[found.end() :]
        # A wrong number is the commonest error in practice: it gets twice the weight.
        made += [(changed, f"“{other}”应为“{found[0]}”")] * 2
    return made
