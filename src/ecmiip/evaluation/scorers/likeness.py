"""How like an open answer is to its reference answers: ROUGE-L, BLEU and chrF, each 0 to 1.

They say how alike the words are, not whether the law is right; they are here so that results can
be held against those of benchmarks that report them.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import rjieba

from ecmiip.errors import UserError


def score(text: str, references: Sequence[str]) -> dict[str, float]:
    """ROUGE-L (F1 of words), BLEU (of characters) and chrF of ``text``, each against the closest
    of ``references``."""
    likest = [_against(text, reference) for reference in references]
    return {name: max(scores[name] for scores in likest) for name in likest[0]}


def _against(text: str, reference: str) -> dict[str, float]:
    rouge, bleu, chrf = _scorers()
    return {
        "rouge_l": float(rouge.score(reference, text)["rougeL"].fmeasure),
        "bleu": bleu.sentence_score(text, [reference]).score / 100,
        "chrf": chrf.sentence_score(text, [reference]).score / 100,
    }


class _Words:
    """The words of Chinese text, as rouge_score wants its tokenizer."""

    def tokenize(self, text: str) -> list[str]:
        # Every word counts here: the search's segmenter drops such as 不 and 应当.
        return [word for word in rjieba.cut(text) if word.isalnum()]


@cache
def _scorers() -> tuple[Any, Any, Any]:
    try:
        from rouge_score.rouge_scorer import RougeScorer
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise UserError(
            f"{error.name} is not installed: install the extra 'eval' (pip install ecmiip[eval])"
        ) from error
    # A short answer may have no four characters in a row to count: hence the effective order.
    bleu = BLEU(tokenize="zh", effective_order=True)
    return RougeScorer(["rougeL"], tokenizer=_Words()), bleu, CHRF()
