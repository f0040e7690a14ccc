"""Provisions that list acts or circumstances: qualify an act, and tell members from others."""

import random
from collections.abc import Sequence

from ecmiip.instruct.derive.rule import (
    Listing,
    Made,
    alike,
    as_choice,
    is_specific,
    listings,
    name,
)
from ecmiip.mipld.document import Provision

# Words that introduce a list, beyond which the question would be mostly they.
_LONGEST_HEAD = 120


def conduct(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """A listed act → what kind of act it is, and under which item."""
    for listing in listings(provision):
        if "行为" not in listing.head and "情形" not in listing.head:
            continue
        for label, act in listing.items:
            if not is_specific(act):
                continue
            bare = act.removesuffix("的")
            question = chance.choice(
                [
                    f"当事人有以下情况：{bare}。这在法律上如何定性，依据是什么？",
                    f"请分析下述行为的性质：{bare}。",
                    f"{bare}，法律对此怎样评价？请说明依据。",
                    f"客户问：如果{bare}，有没有法律风险？风险落在哪一条？",
                    f"经查，{bare}。应当适用哪一条、哪一项？",
                    f"某公司被指“{bare}”，这一行为归入法律的哪一项？",
                ]
            )
            head = f"该条所列的是：{listing.head}。" if len(listing.head) <= _LONGEST_HEAD else ""
            yield (
                question,
                f"属于{name(provision)}第{label}项规定的“{act}”。{head}"
                "是否成立，还要看证据能否证明其中每一个要件。",
                "",
            )


def choose_one(provision: Provision, siblings: Sequence[Provision], chance: random.Random) -> Made:
    """Which of four belongs to the list, or which does not."""
    for listing in _short_headed(provision):
        own, others = _members(listing), _others(listing, provision, siblings)
        if chance.random() < 0.5:
            if len(own) < 1 or len(others) < 3:
                continue
            right, wrong = [chance.choice(own)], chance.sample(others, 3)
            stem = chance.choice(
                [
                    f"{name(provision)}规定“{listing.head}”。下列哪一项在其所列之内？",
                    f"关于“{listing.head}”，{name(provision)}列举了下列哪一项？",
                ]
            )
            answer = f"{name(provision)}规定：“{listing.head}：……{right[0]}”"
        else:
            if len(own) < 3 or len(others) < 1:
                continue
            right, wrong = [chance.choice(others)], chance.sample(own, 3)
            stem = chance.choice(
                [
                    f"{name(provision)}规定“{listing.head}”。下列哪一项不在其所列之内？",
                    f"关于“{listing.head}”，下列哪一项是{name(provision)}没有列举的？",
                ]
            )
            held = "……".join(item for item in own if item in wrong)
            answer = f"{right[0]}，不在所列之内。{name(provision)}规定：“{listing.head}：……{held}”"
        question, key = as_choice(stem, right, wrong, chance)
        yield question, f"{key}。{answer}", key


def choose_several(
    provision: Provision, siblings: Sequence[Provision], chance: random.Random
) -> Made:
    """Which two, three or four belong to the list."""
    for listing in _short_headed(provision):
        own, others = _members(listing), _others(listing, provision, siblings)
        count = chance.choice([2, 2, 3, 3, 4])
        if len(own) < count or len(others) < 4 - count:
            continue
        picked = chance.sample(own, count)
        wrong = chance.sample(others, 4 - count)
        stem = chance.choice(
            [
                f"{name(provision)}规定“{listing.head}”。下列哪些在其所列之内？（多选）",
                f"多选：“{listing.head}”，{name(provision)}列举了下列哪些？",
                f"关于“{listing.head}”，下列选项中属于{name(provision)}所列的有哪些？（多选）",
            ]
        )
        question, key = as_choice(stem, picked, wrong, chance)
        held = "……".join(item for item in own if item in picked)
        yield question, f"{key}。{name(provision)}规定：“{listing.head}：……{held}”", key


def _short_headed(provision: Provision) -> list[Listing]:
    return [found for found in listings(provision) if len(found.head) <= _LONGEST_HEAD]


def _members(listing: Listing) -> list[str]:
    return [words for _, words in listing.items if is_specific(words)]


def _others(listing: Listing, provision: Provision, siblings: Sequence[Provision]) -> list[str]:
    """Items of the law's other lists that this list says nothing like."""
    own = [words for _, words in listing.items]
    return [
        words
        for sibling in siblings
        if sibling.number != provision.number
        for other in listings(sibling)
        if other.head != listing.head
        for words in _members(other)
        if not any(alike(words, item) for item in own)
    ]
