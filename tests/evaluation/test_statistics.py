"""Intervals and tests against values published or worked out by hand."""

import pytest

from ecmiip.evaluation.statistics import Share, mean, paired_p, permutation_p, sign_p


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3 (score).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_wilson_interval(hits: int, n: int, low: float, high: float) -> None:
    assert Share(hits, n).interval == pytest.approx((low, high), abs=5e-5)


def test_the_interval_holds_the_share_and_mirrors() -> None:
    for n in (1, 2, 7, 60):
        for hits in range(n + 1):
            low, high = Share(hits, n).interval
            assert 0.0 <= low <= hits / n + 1e-12
            assert hits / n - 1e-12 <= high <= 1.0
            assert Share(n - hits, n).interval == pytest.approx((1 - high, 1 - low))


def test_nothing_counted_says_nothing() -> None:
    assert Share(0, 0).value == 0.0
    assert Share(0, 0).interval == (0.0, 1.0)


def outcomes(both: int, lost: int, won: int, neither: int) -> tuple[list[bool], list[bool]]:
    before = [True] * (both + lost) + [False] * (won + neither)
    after = [True] * both + [False] * lost + [True] * won + [False] * neither
    return before, after


@pytest.mark.parametrize(
    ("lost", "won", "p"),
    [
        (0, 5, 2 / 2**5),
        (5, 0, 2 / 2**5),
        (1, 5, 2 * (1 + 6) / 2**6),
        (3, 3, 1.0),
        (0, 1, 1.0),
        (0, 0, 1.0),
        (2, 10, 2 * (1 + 12 + 66) / 2**12),
    ],
)
def test_mcnemar_counts_only_what_changed(lost: int, won: int, p: float) -> None:
    assert paired_p(*outcomes(4, lost, won, 9)) == pytest.approx(p)
    assert paired_p(*outcomes(0, lost, won, 0)) == pytest.approx(p)


def test_mcnemar_needs_the_same_items() -> None:
    with pytest.raises(AssertionError):
        paired_p([True], [True, False])


# --- means -------------------------------------------------------------------------------------


def test_the_mean_of_alike_values_is_sure() -> None:
    found = mean([0.5] * 9)
    assert (found.value, found.n, found.interval) == (0.5, 9, (0.5, 0.5))


def test_the_bootstrap_agrees_with_the_normal_interval_of_many() -> None:
    values = [number / 1000 for number in range(1001)]
    low, high = mean(values).interval
    half = 1.96 * (1 / 12) ** 0.5 / 1001**0.5
    assert low == pytest.approx(0.5 - half, abs=0.001)
    assert high == pytest.approx(0.5 + half, abs=0.001)


def test_the_same_values_give_the_same_interval() -> None:
    values = [number**2 % 97 / 97 for number in range(50)]
    assert mean(values) == mean(values)
    assert mean(values).interval != mean(values, seed=1).interval


def test_no_values_say_nothing() -> None:
    found = mean([])
    assert (found.value, found.n) == (0.0, 0)
    assert found.interval == (float("-inf"), float("inf"))


# --- paired tests of means ---------------------------------------------------------------------


@pytest.mark.parametrize("pairs", [4, 6, 10])
def test_permutation_approaches_the_exact_p(pairs: int) -> None:
    """All differences alike: only the two arrangements with all signs equal are as extreme."""
    found = permutation_p([0.0] * pairs, [1.0] * pairs)
    assert found == pytest.approx(2 / 2**pairs, rel=0.25)


def test_permutation_has_no_direction_and_no_zero() -> None:
    before, after = [0.1] * 40, [0.9] * 40
    assert permutation_p(before, after) == permutation_p(after, before) > 0
    assert permutation_p(before, after) < 0.001
    assert permutation_p(before, before) == 1.0
    assert permutation_p([], []) == 1.0


def test_permutation_agrees_with_mcnemar_on_hits() -> None:
    before, after = outcomes(5, 2, 9, 5)
    floats = [list(map(float, values)) for values in (before, after)]
    assert permutation_p(*floats) == pytest.approx(paired_p(before, after), abs=0.02)


def test_the_sign_test_of_many() -> None:
    assert sign_p(0, 0) == 1.0
    assert sign_p(1, 9) == pytest.approx(2 * 11 / 1024)
    assert sign_p(2000, 2000) == 1.0
    assert 0 < sign_p(1900, 2100) < 0.01
