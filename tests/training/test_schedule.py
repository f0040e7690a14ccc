"""Schedules: ends, turning points, and the stated special cases."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmiip.training.recipe import Schedule
from ecmiip.training.schedule import factor

SHAPES = ("constant", "cosine", "wsd", "period_shift")


def course(steps: int = 101, **settings: object) -> list[float]:
    schedule = Schedule.model_validate(settings)
    return [factor(schedule, step, steps) for step in range(steps)]


@given(st.sampled_from(SHAPES), st.integers(1, 300), st.floats(0, 0.5), st.floats(0, 1))
def test_factors_are_positive_and_at_most_one(
    shape: str, steps: int, warmup: float, floor: float
) -> None:
    values = course(steps, shape=shape, warmup=warmup, floor=floor)
    assert all(-1e-9 <= value <= 1 + 1e-9 for value in values)


def test_warmup_is_linear_and_never_zero() -> None:
    values = course(shape="constant", warmup=0.04)
    assert values[:6] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])


def test_cosine_goes_from_one_to_the_floor() -> None:
    values = course(shape="cosine", warmup=0, floor=0.1)
    assert (values[0], values[50], values[100]) == pytest.approx((1.0, 0.55, 0.1))


def test_wsd_is_stable_then_falls_to_the_floor() -> None:
    values = course(shape="wsd", warmup=0.1, floor=0.1, decay=0.2)
    assert values[10:80] == pytest.approx([1.0] * 70)
    assert values[81] < 1.0
    assert values[100] == pytest.approx(0.1)


def test_period_shift_restarts_lower_each_time() -> None:
    values = course(steps=301, shape="period_shift", warmup=0, floor=0.0, periods=3, shift=0.5)
    starts = [0.5 * (1 + math.cos(math.pi * 0.5 * p / 3)) for p in range(3)]
    assert (values[0], values[100], values[200]) == pytest.approx(starts)
    assert values[99] < 0.01
    assert values[300] == pytest.approx(0.0)


def test_period_shift_with_one_period_is_cosine() -> None:
    assert course(shape="period_shift", periods=1) == pytest.approx(course(shape="cosine"))


def test_period_shift_without_shift_restarts_fully() -> None:
    values = course(steps=301, shape="period_shift", warmup=0, periods=3, shift=0)
    assert (values[0], values[100], values[200]) == pytest.approx((1.0, 1.0, 1.0))


def test_a_step_outside_the_stage_is_our_fault() -> None:
    with pytest.raises(ValueError, match="step 5 of 5"):
        factor(Schedule(), 5, 5)
