"""Intervals and tests against values published or worked out by hand."""

import pytest

from ecmiip.evaluation.statistics import Share, paired_p


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
