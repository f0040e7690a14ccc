"""Capability density: how large a reference model would have to be to reach the same score.

The idea is that of "Densing Law of LLMs" (Xiao et al. 2024, arXiv 2412.04315): relative density =
effective size ÷ own size, where the effective size is that of a reference model with the same
score. Theirs goes from size to loss and from loss to score; endpoints give no loss, so ours goes
from size to score at once:

    score(N) = chance + (1 - chance) · logistic(a + b · log10 N)

fitted on models of ONE family that answered the same items. Chance is known (one in four, with
four options), so two parameters remain, which three sizes determine with one to spare; between
chance and 1 such curves are what benchmark accuracies of a family look like (Owen 2024,
arXiv 2401.04757). A straight line would leave the possible scores, and an isotonic curve has flat
stretches, on which a score belongs to no one size. a and b maximise the binomial likelihood of the
mean scores (for scores between 0 and 1 the quasi-likelihood of Papke & Wooldridge 1996).

Uncertainty: the items are drawn anew with replacement, the same draw for every model as they
answered the same items; each draw is fitted and inverted again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecmiip.errors import UserError

FEWEST_SIZES = 3
_DRAWS = 2000
_STEPS = 60
# So many draws may fail to rise with size before the family is no measure of anything.
_UNDETERMINED = 0.1

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answered:
    """One model: its number of parameters, and its score (0 to 1) on each item, in one order."""

    name: str
    parameters: int
    scores: tuple[float, ...]

    @property
    def score(self) -> float:
        """The mean."""
        return sum(self.scores) / len(self.scores)


@dataclass(frozen=True)
class Curve:
    """The reference curve, and a band of 95 % around it.

    ``band`` gives (size, low, score, high) at sizes from the smallest to the largest model.
    """

    chance: float
    intercept: float
    slope: float  # per tenfold size, on the logistic scale
    smallest: int
    largest: int
    band: tuple[tuple[float, float, float, float], ...]

    def score(self, parameters: float) -> float:
        """The score that a reference model of that size would have."""
        return float(_score(np.log10(parameters), self.intercept, self.slope, self.chance))


@dataclass(frozen=True)
class Density:
    """The effective size of one model, in parameters, and its relative density.

    The intervals are 95 %. An effective size beyond the reference models is not known: ``at_least``
    tells that the interval was cut off at the largest, ``at_most`` at the smallest of them.
    """

    name: str
    parameters: int
    score: float
    effective: float
    effective_interval: tuple[float, float]
    density: float
    density_interval: tuple[float, float]
    at_least: bool
    at_most: bool


def chance_of(kind_options: Sequence[tuple[str, int]]) -> float:
    """The mean score of guessing, for items of (kind, number of options).

    One letter of k: 1/k. A set of letters, any but the empty one: 1/(2^k - 1). A free answer: 0.
    """
    return sum(_guessed(kind, k) for kind, k in kind_options) / len(kind_options)


def _guessed(kind: str, options: int) -> float:
    if kind == "open":
        return 0.0
    return 1 / options if kind == "single" else 1 / (2**options - 1)


def fit(
    references: Sequence[Answered], others: Sequence[Answered], chance: float, *, seed: int = 0
) -> tuple[Curve, list[Density | UserError]]:
    """The curve of ``references``, and for each of ``others`` its density or why it has none.

    All must have answered the same items. Raises UserError when the references are of fewer than
    three sizes, or do not rise with size.
    """
    sizes = {reference.parameters for reference in references}
    if len(sizes) < FEWEST_SIZES:
        raise UserError(
            f"{len(sizes)} sizes of the reference family were evaluated on these items: a curve"
            f" needs {FEWEST_SIZES}: evaluate more of its models"
        )
    items = len(references[0].scores)
    assert all(len(one.scores) == items for one in (*references, *others))
    x = np.log10(np.array([one.parameters for one in references], dtype=np.float64))
    scores = np.array([one.scores for one in references])
    chosen = np.random.default_rng(seed).integers(0, items, (_DRAWS, items))
    drawn = np.stack([row[chosen].mean(axis=1) for row in scores], axis=1)  # draws × models
    a, b = _fit(x, np.vstack([scores.mean(axis=1), drawn]), chance)
    rising = b > 1e-6
    if not rising[0] or (~rising).mean() > _UNDETERMINED:
        raise UserError(
            "the scores of the reference family do not rise with size on these items"
            f" ({(~rising[1:]).mean():.0%} of the resampled curves fall): take more items, or"
            " models further apart in size"
        )
    curve = _curve(x, a, b, rising, chance)
    found: list[Density | UserError] = []
    for other in others:
        own = np.array(other.scores)[chosen].mean(axis=1)
        found.append(_density(other, own, curve, a, b, rising))
    return curve, found


def _density(
    one: Answered, drawn: Floats, curve: Curve, a: Floats, b: Floats, rising: NDArray[np.bool_]
) -> Density | UserError:
    low, high = curve.score(curve.smallest), curve.score(curve.largest)
    if not low <= one.score <= high:
        return UserError(
            f"{one.name} scores {one.score:.1%}, outside of what the reference models reach"
            f" ({low:.1%} to {high:.1%}): its effective size would be a guess: evaluate"
            f" {'smaller' if one.score < low else 'larger'} models of the family"
        )
    values = np.concatenate([[one.score], drawn])
    share = np.clip((values - curve.chance) / (1 - curve.chance), 1e-9, 1 - 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = (np.log(share / (1 - share)) - a) / b
    x = x[rising]
    bounds = np.log10([curve.smallest, curve.largest])
    first, last = np.quantile(x[1:], (0.025, 0.975))
    ends = 10 ** np.clip([first, last], *bounds)
    effective = float(10 ** x[0])
    interval = float(ends[0]), float(ends[1])
    return Density(
        name=one.name,
        parameters=one.parameters,
        score=one.score,
        effective=effective,
        effective_interval=interval,
        density=effective / one.parameters,
        density_interval=(interval[0] / one.parameters, interval[1] / one.parameters),
        at_least=bool(last > bounds[1]),
        at_most=bool(first < bounds[0]),
    )


def _curve(x: Floats, a: Floats, b: Floats, rising: NDArray[np.bool_], chance: float) -> Curve:
    grid = np.linspace(x.min(), x.max(), 41)
    middle = _score(grid, a[0], b[0], chance)
    all_draws = _score(grid[None, :], a[rising][1:, None], b[rising][1:, None], chance)
    low, high = np.quantile(all_draws, (0.025, 0.975), axis=0)
    return Curve(
        chance=chance,
        intercept=float(a[0]),
        slope=float(b[0]),
        smallest=round(10 ** float(x.min())),
        largest=round(10 ** float(x.max())),
        band=tuple(
            (float(10**size), float(bottom), float(score), float(top))
            for size, bottom, score, top in zip(grid, low, middle, high, strict=True)
        ),
    )


def _score(x: Floats | float, a: Floats | float, b: Floats | float, chance: float) -> Floats:
    return np.asarray(chance + (1 - chance) / (1 + np.exp(-(a + b * x))))


def _fit(x: Floats, means: Floats, chance: float) -> tuple[Floats, Floats]:
    """Intercepts and slopes for many sets of mean scores at once (sets × models).

    Fisher scoring of the binomial likelihood with the chance floor, in a centred x. Steps are
    capped: near the floor the likelihood is flat, and a full step may run away.
    """
    centre = x.mean()
    z = x - centre
    design = np.stack([np.ones_like(z), z], axis=1)  # models × 2
    theta = np.zeros((len(means), 2))
    for _ in range(_STEPS):
        eta = np.clip(theta @ design.T, -30, 30)
        share = 1 / (1 + np.exp(-eta))
        mu = np.clip(chance + (1 - chance) * share, 1e-9, 1 - 1e-9)
        slope = (1 - chance) * share * (1 - share)  # dμ/dη
        weight = slope**2 / (mu * (1 - mu))
        score = slope * (means - mu) / (mu * (1 - mu))
        gradient = score @ design
        information = np.einsum("sm,mi,mj->sij", weight, design, design)
        information += 1e-6 * np.eye(2)
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        theta += np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-8:
            break
    return theta[:, 0] - theta[:, 1] * centre, theta[:, 1]
