"""A choice by likelihood: what the model finds likeliest is its answer."""

import json
from collections.abc import Sequence

from ecmiip.evaluation.items import Item
from ecmiip.instruct import choices
from ecmiip.models.likelihood import Likelihood

# Log-odds of yes below which an option is left out, chosen on half 0 of LexEval-IP: where several
# letters are right, examinations have three right options of four, choice pairs fewer.
_LEFT_OUT = -2.0


def choose(item: Item, found: Sequence[Likelihood]) -> str:
    """The answer to ``item`` as JSON: its letters, and each option's score, odds and words.

    ``found`` tells of the options in their order. The answer to a question with one right letter
    is the option of the highest score, or of the lowest where it asks for what is wrong: a model
    finds true words likely whatever is asked. With several right letters it is those that the
    model is not sure to leave out, and the one it would most rather choose where that is none.
    """
    known = dict(zip(item.options, found, strict=True))
    if item.kind == "single":
        stem = choices.unmarked(item.question)
        pick = min if choices.asks_for_the_odd_one(stem) else max
        letters = [pick(known, key=lambda letter: known[letter].score)]
    else:
        best = max(one.odds for one in found)
        letters = [
            letter for letter, one in known.items() if one.odds > _LEFT_OUT or one.odds == best
        ]
    told = {letter: [round(one.score, 3), round(one.odds, 3)] for letter, one in known.items()}
    # The prompt does not show the options: whoever reads the answer sees them here.
    answer = {"answer": letters, "scores": told, "options": dict(item.options)}
    return json.dumps(answer, ensure_ascii=False)
