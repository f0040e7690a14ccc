"""Capability density: a model of the family has density 1; what cannot be told is refused."""

import random
from collections.abc import Callable
from math import exp, log10

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.density import Answered, Density, chance_of, fit
from ecmiip.evaluation.report.densities import (
    as_json,
    as_text,
    densities,
    write_densities,
)
from ecmiip.evaluation.report.measures import load
from ecmiip.evaluation.verdict import Evaluation, Verdict

CHANCE = 0.25
ITEMS = 400


def true_score(parameters: float) -> float:
    """A curve of the very form that is fitted."""
    return CHANCE + (1 - CHANCE) / (1 + exp(-(-16 + 1.7 * log10(parameters))))


def answered(name: str, parameters: int, score: float, seed: int = 0) -> Answered:
    """A model that has exactly that score, on items of chance."""
    hits = round(score * ITEMS)
    right = [1.0] * hits + [0.0] * (ITEMS - hits)
    random.Random(f"{seed} {name}").shuffle(right)
    return Answered(name, parameters, tuple(right))


FAMILY = [
    answered(f"family-{size}", size, true_score(size))
    for size in (500_000_000, 1_500_000_000, 7_000_000_000, 32_000_000_000)
]


def test_a_model_on_the_curve_has_density_one() -> None:
    own = answered("own", 3_000_000_000, true_score(3e9))
    curve, (density,) = fit(FAMILY, [own], CHANCE)
    assert isinstance(density, Density)
    assert density.density == pytest.approx(1.0, abs=0.05)
    assert curve.slope == pytest.approx(1.7, abs=0.05)
    low, high = density.density_interval
    assert low < density.density < high


def test_a_small_model_with_a_large_ones_score_is_dense() -> None:
    own = answered("own", 1_000_000_000, true_score(10e9))
    _, (density,) = fit(FAMILY, [own], CHANCE)
    assert isinstance(density, Density)
    assert density.effective == pytest.approx(10e9, rel=0.1)
    assert density.density == pytest.approx(10, rel=0.1)
    assert density.density_interval[0] > 1


def test_the_same_input_gives_the_same_interval() -> None:
    own = answered("own", 1_000_000_000, true_score(5e9))
    assert fit(FAMILY, [own], CHANCE) == fit(FAMILY, [own], CHANCE)


def test_an_interval_ends_where_the_references_end() -> None:
    own = answered("own", 1_000_000_000, true_score(31e9))
    curve, (density,) = fit(FAMILY, [own], CHANCE)
    assert isinstance(density, Density)
    assert density.at_least
    assert not density.at_most
    assert density.effective_interval[1] == pytest.approx(curve.largest)


def test_a_score_outside_of_the_family_is_refused() -> None:
    better = answered("better", 1_000_000_000, 0.95)
    worse = answered("worse", 1_000_000_000, 0.26)
    _, refused = fit(FAMILY, [better, worse], CHANCE)
    assert [str(one).split(" scores")[0] for one in refused] == ["better", "worse"]
    assert "evaluate larger models" in str(refused[0])
    assert "evaluate smaller models" in str(refused[1])


@pytest.mark.parametrize(
    "references",
    [FAMILY[:2], [FAMILY[0], FAMILY[0], FAMILY[1]]],
    ids=["two models", "three models of two sizes"],
)
def test_too_few_sizes_are_refused(references: list[Answered]) -> None:
    with pytest.raises(UserError, match="a curve needs 3"):
        fit(references, [], CHANCE)


def test_a_family_that_does_not_grow_better_is_refused() -> None:
    sizes = (10**9, 10**10, 10**11)
    falling = [answered(f"f{n}", size, 0.6 - 0.05 * n) for n, size in enumerate(sizes)]
    with pytest.raises(UserError, match="do not rise with size"):
        fit(falling, [], CHANCE)


def test_chance_of_guessing() -> None:
    assert chance_of([("single", 4)]) == 0.25
    assert chance_of([("multi", 4)]) == 1 / 15
    assert chance_of([("single", 4), ("open", 0)]) == 0.125


@pytest.fixture
def evaluated(
    make_evaluation: Callable[..., Evaluation], make_verdict: Callable[..., Verdict]
) -> list[Evaluation]:
    def one(subject: str, parameters: int, hits: int, **fields: object) -> Evaluation:
        verdicts = [make_verdict(n, "A" if n < hits else "B") for n in range(60)]
        return make_evaluation(subject, verdicts, parameters=parameters, **fields)

    family = ((500_000_000, 20), (3_000_000_000, 32), (14_000_000_000, 45))
    return [
        *(one(f"family-{size}", size, hits) for size, hits in family),
        one("tuned", 500_000_000, 35, base="family-500000000"),
        one("huge", 600_000_000_000, 59),
    ]


def test_densities_of_evaluations(evaluated: list[Evaluation]) -> None:
    found = densities(load(evaluated), "made-up", "Family", "closed")
    assert [one.name for one in found.densities] == ["tuned · closed"]
    assert found.curve.chance == 0.25
    assert 3e9 < found.densities[0].effective < 14e9
    assert "huge · closed scores 98.3%" in found.refused[0]
    assert "relative density" in as_text(found)
    assert as_json(found)["references"][0]["score"] == pytest.approx(20 / 60)
    page = write_densities(evaluated[0].path / "density.html", found).read_text(encoding="utf-8")
    assert "tuned · closed" in page
    assert "<script" not in page
    assert "nan" not in page


def test_an_unknown_family_is_told_what_there_is(evaluated: list[Evaluation]) -> None:
    with pytest.raises(UserError, match="family-500000000 · closed"):
        densities(load(evaluated), "made-up", "other", "closed")
