"""A long document, cut down to what a small model can read in reasonable time."""

import re
from collections.abc import Sequence

from ecmiip.mipld.segment import segment

# In characters: some 1,100 tokens, which the 0.5B reads in a quarter of a minute on two cores.
BUDGET = 1600
LONGEST_SENTENCE = 240

_SENTENCE = re.compile(r"[^。！？；\n!?;]+[。！？；!?;]?")
# Where judgments and complaints say what matters: who, about what, on which facts, and why.
_TELLING = re.compile(
    "原告|被告|上诉人|被上诉人|申请人|被申请人|第三人|诉讼请求|请求判令|辩称|争议焦点|经审理查明"
    "|查明|本院认为|认为|判决如下|裁定如下|综上|构成|不构成|侵[犯害]|违反|依照|根据|赔偿|混淆|许可"
)


def sentences(text: str) -> list[str]:
    """The sentences of ``text`` in order, each with its mark; very long ones are cut."""
    found = [part.strip() for part in _SENTENCE.findall(text)]
    return [
        sentence[start : start + LONGEST_SENTENCE]
        for sentence in found
        if sentence
        for start in range(0, len(sentence), LONGEST_SENTENCE)
    ]


def select(parts: Sequence[str], question: str, budget: int = BUDGET) -> list[int]:
    """Which of ``parts`` to show, in order: those that tell most, up to ``budget`` characters.

    All of them where they fit. A part tells by the words it shares with the question and by the
    formulas of pleadings and judgments; the first ones name the parties.
    """
    if sum(len(part) for part in parts) <= budget:
        return list(range(len(parts)))
    asked = set(segment(question))

    def worth(number: int) -> float:
        part = parts[number]
        shared = len(asked & set(segment(part)))
        opening = 3.0 if number < 4 else 0.0
        return opening + shared + 1.5 * len(set(_TELLING.findall(part)))

    chosen: list[int] = []
    room = budget
    for number in sorted(range(len(parts)), key=lambda n: (-worth(n), n)):
        if len(parts[number]) <= room:
            chosen.append(number)
            room -= len(parts[number])
    return sorted(chosen)
