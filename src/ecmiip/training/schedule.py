"""Learning-rate schedules: pure functions of a step's number.

``period_shift`` is inspired by Ps-CALR (period-shift cosine annealing), whose exact formula is not
public; ours, in full: after the warm-up the remaining course is divided into ``periods`` equal
periods. Within period p (from 0), at phase u in [0, 1), the factor is

    floor + (1 - floor) * (1 + cos(pi * v)) / 2
    v = s_p + (1 - s_p) * u,    s_p = shift * p / periods

so the first period is a whole cosine from 1 to the floor, and each later one starts further along
the cosine: lower restarts, the same end. With shift = 0 it is cosine annealing with warm restarts
(Loshchilov and Hutter 2017); with one period it is plain cosine.
"""

import math

from ecmiip.training.recipe import Schedule


def factor(schedule: Schedule, step: int, steps: int) -> float:
    """The factor on the learning rate at ``step`` (from 0) of ``steps``, in (0, 1]."""
    if not 0 <= step < steps:
        raise ValueError(f"step {step} of {steps}")
    warmup = min(round(schedule.warmup * steps), steps - 1)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    # Progress after the warm-up: 0 at its end, 1 at the last step.
    progress = (step - warmup) / max(1, steps - 1 - warmup)
    match schedule.shape:
        case "constant":
            return 1.0
        case "cosine":
            return _cosine(progress, schedule.floor)
        case "wsd":
            start = 1 - schedule.decay / max(1e-9, 1 - schedule.warmup)
            if progress <= start or schedule.decay == 0:
                return 1.0
            return 1 - (1 - schedule.floor) * (progress - start) / (1 - start)
        case "period_shift":
            place = progress * schedule.periods
            period = min(int(place), schedule.periods - 1)
            shift = schedule.shift * period / schedule.periods
            return _cosine(shift + (1 - shift) * (place - period), schedule.floor)


def _cosine(phase: float, floor: float) -> float:
    return floor + (1 - floor) * (1 + math.cos(math.pi * phase)) / 2
