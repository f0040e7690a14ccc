"""Pairs derived from provisions by rules: what a provision says, asked in the form of each task.

Each rule looks for one grammatical shape (a list of acts, a condition and its consequence, a
number, a duty to state something) and is silent where it does not find it. The words of the law
in a derived pair are cut from MIPLD, never rewritten, so that they stay right.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ecmiip.instruct.pair import Pair, Task
from ecmiip.mipld.document import Provision

LETTERS = "ABCD"

_ITEM = re.compile(r"^[（(][一二三四五六七八九十]+[）)](.+?)[；。]?$")
_LISTED = re.compile(r"^(.*?(?:下列|以下)[^：]*)：$")
_CONDITION = re.compile(r"^([^，。；：“”]{6,45}的)，(.{8,120})。$")
_STATED = re.compile(r"应当(?:载明|写明|包括|提交|附送|说明|注明|记载)")
_QUANTITY = re.compile(
    r"(?<![第一二三四五六七八九十百千万])"
    r"([一二三四五六七八九十百千]+)"
    r"(个月|年|日|倍|万元|个工作日)(?!版)"
)
_NUMBERS = ["一", "二", "三", "五", "六", "七", "九", "十", "十五", "二十", "三十", "五十", "一百"]


@dataclass(frozen=True)
class Rule:
    """One way to make pairs of a provision. ``make`` yields (question, answer, key) triples."""

    name: str
    task: Task
    make: Callable[[Provision, Sequence[Provision], random.Random], Iterator[tuple[str, str, str]]]


def derive(
    provisions: Sequence[Provision], as_of: date, rules: "Sequence[Rule] | None" = None
) -> Iterator[Pair]:
    """All pairs that the rules make of ``provisions``, in a fixed order.

    ``provisions`` must all be in force on ``as_of``; those of the same law serve as each other's
    distractors. The same input gives the same pairs.
    """
    siblings: dict[str, list[Provision]] = {}
    for provision in provisions:
        siblings.setdefault(provision.law, []).append(provision)
    for provision in provisions:
        for rule in RULES if rules is None else rules:
            chance = random.Random(f"{rule.name} {provision.address}")
            made = rule.make(provision, siblings[provision.law], chance)
            for number, (question, answer, key) in enumerate(made, 1):
                yield Pair(
                    id=f"derived/{rule.name}/{provision.address}/{number}",
                    task=rule.task,
                    direction=provision.directions[0] if provision.directions else "",
                    as_of=as_of,
                    question=question,
                    answer=answer,
                    provisions=(provision.address,),
                    origin="derived",
                    key=key,
                )


def _recall(
    provision: Provision, _: Sequence[Provision], chance: random.Random
) -> Iterator[tuple[str, str, str]]:
    """Article number → text."""
    name = _name(provision)
    question = chance.choice(
        [f"{name}是怎样规定的？", f"请写出{name}的内容。", f"{name}规定了什么？"]
    )
    yield question, f"{name}规定：“{_flat(provision.text)}”", ""


def _reverse(
    provision: Provision, _: Sequence[Provision], chance: random.Random
) -> Iterator[tuple[str, str, str]]:
    """Text → article number."""
    sentence = _first_sentence(provision)
    if sentence is None:
        return
    question = chance.choice(
        [
            f"“{sentence}”这一规定出自哪部法律的哪一条？",
            f"下面这句话的法律出处是什么？“{sentence}”",
            f"哪一条法律规定了“{sentence}”？",
        ]
    )
    yield question, f"出自{_name(provision)}。该条规定：“{sentence}”", ""


def _choose_article(
    provision: Provision, siblings: Sequence[Provision], chance: random.Random
) -> Iterator[tuple[str, str, str]]:
    """Text → article number, as a choice among articles of the same law."""
    sentence = _first_sentence(provision)
    others = [other for other in siblings if other.number != provision.number]
    if sentence is None or len(others) < 3:
        return
    options = [provision.number, *(other.number for other in chance.sample(others, 3))]
    question, key = _as_choice(f"“{sentence}”是《{provision.law}》哪一条的规定？", options, chance)
    yield question, f"{key}。依据是{_name(provision)}。", key


def _choose_quantity(
    provision: Provision, _: Sequence[Provision], chance: random.Random
) -> Iterator[tuple[str, str, str]]:
    """A sentence with its term, amount or multiple left out, as a choice."""
    for sentence in _sentences(provision):
        found = list(_QUANTITY.finditer(sentence))
        if len(found) != 1 or not 20 <= len(sentence) <= 140:
            continue
        (quantity,) = found
        others = [number for number in _NUMBERS if number != quantity[1]]
        options = [quantity[0], *(number + quantity[2] for number in chance.sample(others, 3))]
        blank = sentence[: quantity.start()] + "____" + sentence[quantity.end() :]
        question, key = _as_choice(f"依照《{provision.law}》填空：“{blank}”", options, chance)
        yield question, f"{key}。{_name(provision)}规定：“{sentence}”", key


def _conduct(
    provision: Provision, _: Sequence[Provision], chance: random.Random
) -> Iterator[tuple[str, str, str]]:
    """A listed act → what kind of act it is, and under which item."""
    head = ""
    for line in provision.text.splitlines():
        if listed := _LISTED.match(line.strip()):
            head = listed[1] if "行为" in listed[1] or "情形" in listed[1] else ""
        elif head and (item := _ITEM.match(line.strip())):
            label = re.sub(r"[（(](.+?)[）)].*", r"（\1）", line.strip())
            act = item[1]
            if not 8 <= len(act) <= 120 or act.startswith(("其他", "法律")):
                continue
            question = chance.choice(
                [
                    f"当事人有以下情况：{act}。这在法律上如何定性，依据是什么？",
                    f"请分析下述行为的性质：{act}。",
                    f"{act}，法律对此怎样评价？请说明依据。",
                ]
            )
            yield (
                question,
                f"属于{_name(provision)}第{label}项所列情形。该条规定：{head}，其中第{label}项为“{act}”。"
                "是否成立，还要看证据能否证明其中每一个要件。",
                "",
            )


def _case(
    provision: Provision, _: Sequence[Provision], chance: random.Random
) -> Iterator[tuple[str, str, str]]:
    """A condition and its consequence → issue, rule, application, conclusion."""
    for sentence in _sentences(provision):
        found = _CONDITION.match(sentence)
        if found is None:
            continue
        condition, consequence = found[1].removesuffix("的"), found[2]
        question = chance.choice(
            [
                f"某案查明：{condition}。法律后果是什么？请按争议、规则、适用、结论分析。",
                f"案情：{condition}。请解析本案应当如何处理。",
            ]
        )
        yield (
            question,
            f"争议：{condition}，应当如何处理。\n"
            f"规则：{_name(provision)}规定：“{sentence}”\n"
            "适用：查明的事实符合该条所定的条件。\n"
            f"结论：{consequence}。若该事实不能证明，结论随之改变。",
            "",
        )


def _document(
    provision: Provision, _: Sequence[Provision], chance: random.Random
) -> Iterator[tuple[str, str, str]]:
    """A duty to state or file something → what the document needs; any rule → its legal basis."""
    for sentence in _sentences(provision):
        stated = _STATED.search(sentence)
        if stated and 20 <= len(sentence) <= 200 and stated.start() >= 4:
            subject = sentence[: stated.start()].rstrip("，")
            question = chance.choice(
                [
                    f"我要准备文书，事项是：{subject}。文书应当写明或者附上什么？",
                    f"起草文书前请列出要求：{subject}时，法律要求写什么、交什么？",
                ]
            )
            yield question, f"{_name(provision)}规定：“{sentence}”\n请逐项核对，缺少的先补齐。", ""
            return
    basis = _first_sentence(provision)
    if basis is not None and chance.random() < 0.3:
        yield (
            f"请为文书写一段“法律依据”，说明：{basis}",
            f"法律依据：{_name(provision)}规定：“{basis}”",
            "",
        )


RULES: tuple[Rule, ...] = (
    Rule("recall", "doctrine", _recall),
    Rule("reverse", "doctrine", _reverse),
    Rule("choose-article", "doctrine", _choose_article),
    Rule("choose-quantity", "doctrine", _choose_quantity),
    Rule("conduct", "conduct", _conduct),
    Rule("case", "case", _case),
    Rule("document", "document", _document),
)


def _as_choice(stem: str, options: Sequence[str], chance: random.Random) -> tuple[str, str]:
    """The question with its options shuffled, and the letter of the first option given."""
    order = list(options)
    chance.shuffle(order)
    lines = [f"{letter}. {option}" for letter, option in zip(LETTERS, order, strict=True)]
    return "\n".join([stem, *lines]), LETTERS[order.index(options[0])]


def _name(provision: Provision) -> str:
    return f"《{provision.law}》{provision.number}"


def _flat(text: str) -> str:
    return "".join(line.strip() for line in text.splitlines())


def _sentences(provision: Provision) -> list[str]:
    """The full sentences of the provision's paragraphs, lists left out."""
    return [
        sentence.strip()
        for line in provision.text.splitlines()
        if not _ITEM.match(line.strip()) and "：" not in line
        for sentence in re.findall(r"[^。]+。", line)
    ]


def _first_sentence(provision: Provision) -> str | None:
    """The first sentence that is long enough to be recognised and short enough to be asked."""
    return next((text for text in _sentences(provision) if 16 <= len(text) <= 120), None)
