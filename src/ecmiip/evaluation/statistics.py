"""How sure a score is, and whether two subjects really differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist, fmean

import numpy as np

_Z95 = NormalDist().inv_cdf(0.975)
# Enough that the ends of an interval move by less than a tenth of its length from seed to seed.
_RESAMPLES = 10_000
# Resamples are drawn in blocks, so that thousands of items need little memory.
_BLOCK = 500


@dataclass(frozen=True)
class Share:
    """``hits`` of ``n``, with the 95 % Wilson score interval of the share.

    A hit may count in part, as a tie does.
    """

    hits: float
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


@dataclass(frozen=True)
class Mean:
    """The mean of ``n`` values, with its 95 % percentile bootstrap interval."""

    value: float
    n: int
    interval: tuple[float, float]


def mean(values: Sequence[float], *, seed: int = 0) -> Mean:
    """The mean of ``values`` and, by resampling the items (Efron 1979), how sure it is.

    The same values and ``seed`` give the same interval. Without values the mean is 0 and the
    interval empty of knowledge: from minus to plus infinity.
    """
    if not values:
        return Mean(0.0, 0, (float("-inf"), float("inf")))
    data = np.asarray(values, dtype=np.float64)
    chance = np.random.default_rng(seed)
    means = np.concatenate(
        [
            data[chance.integers(0, len(data), (_BLOCK, len(data)))].mean(axis=1)
            for _ in range(_RESAMPLES // _BLOCK)
        ]
    )
    low, high = np.quantile(means, (0.025, 0.975))
    return Mean(fmean(values), len(values), (float(low), float(high)))


def paired_p(before: Sequence[bool], after: Sequence[bool]) -> float:
    """Two-sided exact McNemar test on the same items: how likely such a change is by chance."""
    assert len(before) == len(after)
    won = sum(new and not old for old, new in zip(before, after, strict=True))
    lost = sum(old and not new for old, new in zip(before, after, strict=True))
    return sign_p(won, lost)


def sign_p(won: int, lost: int) -> float:
    """Two-sided exact sign test: how likely so uneven a ``won`` and ``lost`` is by chance."""
    changed = won + lost
    if not changed:
        return 1.0
    tail = sum(comb(changed, k) for k in range(min(won, lost) + 1))
    # Integers divide exactly however large; a float of 2**changed would not exist beyond 1023.
    return min(1.0, float(2 * tail / 2**changed))


def permutation_p(before: Sequence[float], after: Sequence[float], *, seed: int = 0) -> float:
    """Two-sided paired permutation test of a difference of means on the same items.

    Under the null hypothesis either subject could have had either value of an item, so the signs
    of the differences are drawn at random; the observed arrangement counts as one of the draws
    (Phipson & Smyth 2010), so p is never 0. The same values and ``seed`` give the same p.
    """
    assert len(before) == len(after)
    differences = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    differences = differences[differences != 0]
    if not len(differences):
        return 1.0
    observed = abs(differences.sum())
    chance = np.random.default_rng(seed)
    # Rounding must not make an arrangement as extreme as the observed one count as less.
    threshold = observed * (1 - 1e-12)
    reached = 0
    for _ in range(_RESAMPLES // _BLOCK):
        signs = chance.integers(0, 2, (_BLOCK, len(differences))) * 2.0 - 1.0
        reached += int((np.abs(signs @ differences) >= threshold).sum())
    return (reached + 1) / (_RESAMPLES + 1)
