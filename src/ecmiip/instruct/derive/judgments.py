"""Decided cases: from the facts to the points the court decided, by the law of its day."""

import random
import re
from collections.abc import Iterable, Iterator

from ecmiip.instruct.pair import Pair
from ecmiip.mipld.document import Case

_LONGEST_FACTS, _LONGEST_RESULT = 700, 300


def judge(cases: Iterable[Case]) -> Iterator[Pair]:
    """Two pairs for each of ``cases`` that has facts, a holding and a day of decision.

    The pair's date is the day of decision: the court applied the law of that day.
    """
    for case in cases:
        if not (case.facts and case.holding and case.decided_on and case.directions):
            continue
        identity = case.number or case.title
        chance = random.Random(f"judgment {identity}")
        points = case.holding.strip()
        facts = _cut(case.facts, _LONGEST_FACTS)
        told = chance.choice(
            [
                f"案情：{facts}\n请归纳本案的裁判要点。",
                f"{facts}\n以上是法院查明和当事人主张的内容。法院会确立什么规则？",
            ]
        )
        named = f"《{case.title}》确立了哪些裁判规则，结果如何？"
        result = _cut(case.result, _LONGEST_RESULT)
        for number, (question, answer) in enumerate(
            [
                (told, f"裁判要点：\n{points}"),
                (named, f"{points}\n裁判结果：{result}" if result else points),
            ],
            1,
        ):
            yield Pair(
                id=f"derived/judgment/{identity}/{number}",
                task="case",
                direction=case.directions[0],
                as_of=case.decided_on,
                question=question,
                answer=answer,
                provisions=case.cited,
                cases=(identity,),
                difficulty="hard",
                origin="derived",
            )


def _cut(text: str, longest: int) -> str:
    """The first sentences of ``text``, as many as fit."""
    flat = re.sub(r"\s+", "", text)
    return flat if len(flat) <= longest else flat[: flat.rfind("。", 0, longest) + 1]
