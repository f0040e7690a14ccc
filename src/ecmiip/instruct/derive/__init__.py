"""Pairs derived from provisions by rules: what a provision says, asked in the form of each task.

Each rule looks for one grammatical shape (a list of acts, a condition and its consequence, a
number, a duty to state something) and is silent where it does not find it. The words of the law
in a derived pair are cut from MIPLD, never rewritten, so that they stay right.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import date

from ecmiip.instruct.derive import (
    cloze,
    definitions,
    documents,
    lists,
    recall,
    reckoning,
    shapes,
    statements,
)
from ecmiip.instruct.derive.rule import Rule, main_direction
from ecmiip.instruct.pair import Pair
from ecmiip.instruct.split import is_heldout
from ecmiip.mipld.document import Provision

__all__ = ["RULES", "Rule", "derive"]

RULES: tuple[Rule, ...] = (
    Rule("recall", "doctrine", recall.recall),
    Rule("reverse", "doctrine", recall.reverse),
    Rule("choose-article", "doctrine", recall.choose_article),
    Rule("choose-content", "doctrine", statements.choose_content),
    Rule("choose-quantity", "doctrine", cloze.choose_quantity),
    Rule("choose-day", "doctrine", reckoning.reckon_term),
    Rule("choose-sum", "case", reckoning.reckon_sum),
    Rule("fill-quantity", "doctrine", cloze.fill_quantity),
    Rule("fill-penalty", "conduct", cloze.fill_penalty),
    Rule("true-or-false", "doctrine", cloze.true_or_false),
    Rule("define", "doctrine", definitions.define),
    Rule("name-term", "doctrine", definitions.name_term),
    Rule("choose-term", "doctrine", definitions.choose_term),
    Rule("choose-meaning", "doctrine", definitions.choose_meaning),
    Rule("conduct", "conduct", lists.conduct),
    Rule("choose-one", "conduct", lists.choose_one),
    Rule("choose-several", "conduct", lists.choose_several),
    Rule("case", "case", shapes.case),
    Rule("document", "document", documents.document),
    Rule("missing", "document", documents.missing),
    Rule("basis", "document", recall.basis),
)


def derive(
    provisions: Sequence[Provision], as_of: date, rules: "Sequence[Rule] | None" = None
) -> Iterator[Pair]:
    """All pairs that the rules make of ``provisions``, in a fixed order.

    ``provisions`` must all be in force on ``as_of``; those of the same law and the same side of
    the split serve as each other's distractors. The same input gives the same pairs.
    """
    siblings: dict[tuple[str, bool], list[Provision]] = {}
    for provision in provisions:
        siblings.setdefault(_side(provision), []).append(provision)
    for provision in provisions:
        for rule in RULES if rules is None else rules:
            chance = random.Random(f"{rule.name} {provision.address}")
            made = rule.make(provision, siblings[_side(provision)], chance)
            for number, (question, answer, key) in enumerate(made, 1):
                yield Pair(
                    id=f"derived/{rule.name}/{provision.address}/{number}",
                    task=rule.task,
                    direction=main_direction(provision),
                    as_of=as_of,
                    question=question,
                    answer=answer,
                    provisions=(provision.address,),
                    origin="derived",
                    key=key,
                )


def _side(provision: Provision) -> tuple[str, bool]:
    """The law, and whether the provision is held out: the two sides share no words of the law."""
    return provision.law, is_heldout(provision.address)
