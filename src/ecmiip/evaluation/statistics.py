"""How sure a score is, and whether two subjects really differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist

_Z95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Share:
    """``hits`` of ``n``, with the 95 % Wilson score interval of the share."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """The share, 0 when there was nothing to count."""
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson (1927): keeps inside [0, 1] and honest for the small n that we have."""
        if not self.n:
            return 0.0, 1.0
        z2 = _Z95**2
        middle = (self.value + z2 / (2 * self.n)) / (1 + z2 / self.n)
        half = (_Z95 / (1 + z2 / self.n)) * sqrt(
            self.value * (1 - self.value) / self.n + z2 / (4 * self.n**2)
        )
        return max(0.0, middle - half), min(1.0, middle + half)


def paired_p(before: Sequence[bool], after: Sequence[bool]) -> float:
    """Two-sided exact McNemar test on the same items: how likely such a change is by chance."""
    assert len(before) == len(after)
    won = sum(new and not old for old, new in zip(before, after, strict=True))
    lost = sum(old and not new for old, new in zip(before, after, strict=True))
    changed = won + lost
    if not changed:
        return 1.0
    tail = sum(comb(changed, k) for k in range(min(won, lost) + 1))
    return min(1.0, 2.0 * tail / 2.0**changed)
