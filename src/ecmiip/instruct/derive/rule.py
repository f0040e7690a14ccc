"""What a rule is, and the cuts of a provision that the rules share."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ecmiip.instruct import choices
from ecmiip.instruct.choices import LETTERS
from ecmiip.instruct.pair import Task
from ecmiip.mipld.document import Provision

# A rule gives (question, answer, key) triples; key is "" unless the question is a choice.
Made = Iterator[tuple[str, str, str]]

ITEM = re.compile(r"^(?P<label>[（(][一二三四五六七八九十]+[）)])(?P<words>.+?)[；。]?$")
_LISTED = re.compile(r"^(?P<head>.*?(?:下列|以下|如下)[^：]*)：$")
NUMERAL = "一二三四五六七八九十百千"
QUANTITY = re.compile(
    rf"(?<![第下前后每{NUMERAL}万])(?P<number>[{NUMERAL}]+)(?P<unit>个月|年|日|倍|万元|个工作日)(?!版)"
)
# Quantities that statutes do use, so that a distractor is no giveaway.
_USUAL = {
    "日": "五 七 十 十五 二十 三十 四十五 六十",
    "个工作日": "三 五 七 十 十五 二十",
    "个月": "一 二 三 四 六 九 十二 十八",
    "年": "一 二 三 五 七 十 十五 二十 五十",
    "倍": "一 二 三 五 十",
    "万元": "一 五 十 二十 二十五 五十 一百 三百 五百",
}
# What refers to words before it cannot be asked about by itself.
_LEANS = re.compile(
    r"前款|前条|前项|前两款|本条|本款|上述|前述|^(?:该|其|此|但|有特殊|有前|对此|但是|除此|举证不能|情节|需要延长)"
)
# A later sentence this long names what it speaks of again.
_LONG = 45


@dataclass(frozen=True)
class Rule:
    """One way to make pairs of a provision, given the others of its law."""

    name: str
    task: Task
    make: Callable[[Provision, Sequence[Provision], random.Random], Made]


@dataclass(frozen=True)
class Listing:
    """A list in a provision: the words that introduce it, and its items as (label, words)."""

    head: str
    items: tuple[tuple[str, str], ...]


# The narrower a direction, the more it says of a provision that has several.
_NARROWEST_FIRST = (
    "ip_crime",
    "geographical_indication",
    "plant_variety",
    "ic_layout",
    "technology_contract",
    "trade_secret",
    "domain_online",
    "unfair_competition",
    "copyright",
    "trademark",
    "patent",
    "ip_procedure",
)


def main_direction(provision: Provision) -> str:
    """The direction that a pair on ``provision`` is counted under; "" if it has none."""
    own = provision.directions
    return min(own, key=_NARROWEST_FIRST.index) if own else ""


def name(provision: Provision) -> str:
    """《专利法》第四十二条."""
    return f"《{provision.law}》{provision.number}"


def flat(text: str) -> str:
    """``text`` on one line."""
    return "".join(line.strip() for line in text.splitlines())


def sentences(provision: Provision) -> list[str]:
    """The full sentences of the provision's paragraphs, lists left out."""
    return [
        sentence.strip()
        for line in provision.text.splitlines()
        if not ITEM.match(line.strip()) and "：" not in line
        for sentence in re.findall(r"[^。]+。", line)
    ]


def lone_sentences(provision: Provision) -> list[str]:
    """The sentences that can be understood by themselves: they open a paragraph or are long."""
    opening = [re.match(r"[^。]+。", line.strip()) for line in provision.text.splitlines()]
    opens = {found[0] for found in opening if found}
    return [
        text
        for text in sentences(provision)
        if (text in opens or len(text) >= _LONG) and not _LEANS.search(text)
    ]


def first_sentence(provision: Provision) -> str | None:
    """The first sentence that is long enough to be recognised and short enough to be asked."""
    return next((text for text in sentences(provision) if 16 <= len(text) <= 120), None)


def listings(provision: Provision) -> list[Listing]:
    """The lists of the provision that have at least two items."""
    found: list[Listing] = []
    head, items = "", list[tuple[str, str]]()
    for line in [*provision.text.splitlines(), ""]:
        if head and (item := ITEM.match(line.strip())):
            items.append((item["label"].replace("(", "（").replace(")", "）"), item["words"]))
            continue
        if head and len(items) > 1:
            found.append(Listing(head, tuple(items)))
        listed = _LISTED.match(line.strip())
        head, items = listed["head"] if listed else "", []
    return found


def is_specific(item: str) -> bool:
    """Whether a list item says by itself what it means: 其他情形 does not."""
    return 8 <= len(item) <= 90 and not item.startswith(("其他", "法律", "前", "本", "上述"))


def other_quantities(number: str, unit: str, count: int, chance: random.Random) -> list[str]:
    """``count`` quantities of that unit that are not ``number``."""
    others = [other for other in _USUAL[unit].split() if other != number]
    return [other + unit for other in chance.sample(others, count)]


def as_choice(
    stem: str, right: Sequence[str], wrong: Sequence[str], chance: random.Random
) -> tuple[str, str]:
    """The question with its options shuffled, and the letters of the right ones in order."""
    order = [*right, *wrong]
    chance.shuffle(order)
    options = dict(zip(LETTERS, order, strict=True))
    key = "".join(letter for letter, option in options.items() if option in right)
    return choices.put(stem, options, multi=len(right) > 1), key


def bigrams(text: str) -> set[str]:
    """Pairs of neighbouring characters, to compare short texts."""
    return {text[i : i + 2] for i in range(len(text) - 1)}


def alike(one: str, other: str) -> bool:
    """Whether two short texts say nearly the same, so that one is no distractor for the other."""
    a, b = bigrams(one), bigrams(other)
    return len(a & b) > 0.5 * min(len(a), len(b))
