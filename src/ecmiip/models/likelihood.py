"""How likely a model holds a text to be: read from its logits, where a chat would be sampled.

A small model that cannot name the letter of the right option often gives its words far more
likelihood than those of the others; docs/decisions.md has the figures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Likelihood:
    """What a model holds of one option.

    ``log`` is the natural logarithm of the probability of its words after the prompt, ``tokens``
    their number, ``odds`` the log-odds of yes over no when asked whether it is to be chosen
    (:data:`ecmiip.models.prompt.ASKS_WHETHER`).
    """

    log: float
    tokens: int
    odds: float

    @property
    def score(self) -> float:
        """``log`` over the square root of the length: the sum favours short options, the mean
        long ones."""
        return self.log / math.sqrt(self.tokens)


class Weighs(Protocol):
    """Anything that can tell how likely options are."""

    def likelihoods(self, text: str, options: Sequence[str]) -> list[Likelihood]:
        """Of each of ``options``, as what follows ``text`` directly."""
