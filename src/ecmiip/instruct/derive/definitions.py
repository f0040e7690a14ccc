"""Terms that a provision defines: term and definition, either way, and as a choice."""

import random
import re
from collections.abc import Sequence

from ecmiip.instruct.derive.rule import Made, as_choice, listings, lone_sentences, name
from ecmiip.instruct.derive.shapes import DEFINED
from ecmiip.mipld.document import Provision

# An item of a list of definitions: 文字作品，是指…
_ITEM = re.compile(r"^“?(?P<term>[^，。；：“”（）]{2,14})”?，?是指(?P<meaning>[^“”]{10,150})$")
# What a term takes in, where the law does not say what it is.
_INCLUDES = re.compile(
    r"^[^，。“”]{0,30}所称的?“?(?P<term>[^，。；：“”（）]{2,25})”?，?包括(?P<meaning>[^：“”]{8,200})。$"
)
_NO_TERM = re.compile(r"(?:应当|是|不)$|^(?:前|本|该|其)")

# The words that define, the term, its meaning.
_Definition = tuple[str, str, str]


def define(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """Term → definition."""
    for words, term, _meaning in [*_definitions(provision), *_included(provision)]:
        question = chance.choice(
            [
                f"法律上所说的“{term}”是什么意思？",
                f"请给出“{term}”的法律定义和出处。",
                f"《{provision.law}》怎样界定“{term}”？",
                f"客户不懂“{term}”这个词，请用法条解释。",
            ]
        )
        yield question, f"{name(provision)}规定：“{words}”", ""


def name_term(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """Definition → term."""
    for words, term, meaning in _definitions(provision):
        question = chance.choice(
            [
                f"“{meaning}”，《{provision.law}》把它称为什么？",
                f"哪个法律术语指的是“{meaning}”？请写明出处。",
            ]
        )
        yield question, f"{term}。{name(provision)}规定：“{words}”", ""


def choose_term(provision: Provision, siblings: Sequence[Provision], chance: random.Random) -> Made:
    """Definition → term, as a choice among the terms that the same law defines."""
    for words, term, meaning in _definitions(provision):
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
        yield question, f"{key}。{name(provision)}规定：“{words}”", key


def choose_meaning(
    provision: Provision, siblings: Sequence[Provision], chance: random.Random
) -> Made:
    """Term → definition, as a choice among what the same law defines."""
    for _, term, meaning in _definitions(provision):
        others = sorted(
            {
                said
                for sibling in siblings
                for _, other, said in _definitions(sibling)
                if other not in term and term not in other
            }
        )
        if len(others) < 3:
            continue
        stem = f"《{provision.law}》所称的“{term}”，是指下列哪一项？"
        question, key = as_choice(stem, [meaning], chance.sample(others, 3), chance)
        yield question, f"{key}。依据{name(provision)}，“{term}”是指“{meaning}”。", key


def _definitions(provision: Provision) -> list[_Definition]:
    """(words, term, meaning) of each definition, in sentences and in lists."""
    found = [
        (sentence, match)
        for sentence in lone_sentences(provision)
        if (match := DEFINED.match(sentence))
    ]
    found += [
        (words, match)
        for listing in listings(provision)
        for _, words in listing.items
        if (match := _ITEM.match(words))
    ]
    return [
        (words, match["term"], match["meaning"])
        for words, match in found
        if not _NO_TERM.search(match["term"])
    ]


def _included(provision: Provision) -> list[_Definition]:
    return [
        (sentence, match["term"], match["meaning"])
        for sentence in lone_sentences(provision)
        if (match := _INCLUDES.match(sentence)) and not _NO_TERM.search(match["term"])
    ]
