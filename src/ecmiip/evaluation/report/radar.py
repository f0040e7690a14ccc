"""A radar chart as points for an SVG template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from ecmiip.evaluation.report.measures import Score

RADIUS = 100.0  # in SVG units
_LABEL = RADIUS + 10
FEWEST_AXES = 3
# What fewer items come to is chance; it stands in the table beside the chart, not in the chart.
FEWEST_ITEMS = 5


@dataclass(frozen=True)
class Axis:
    """One axis: its name, how many items it stands for, its end, and where its label goes."""

    name: str
    n: int
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True)
class Radar:
    """A polygon ("x,y x,y …") for each line, on common axes. The outermost ring is ``top``."""

    axes: tuple[Axis, ...]
    lines: tuple[tuple[str, str], ...]
    rings: tuple[str, ...]
    top: float


def radar(labels: Mapping[str, str], lines: Sequence[tuple[str, Mapping[str, Score]]]) -> Radar:
    """The chart of ``lines``, which give a score for some of ``labels``.

    An axis for each label that a line has a score of five items for; a line without one is at 0
    there. With fewer than three axes there is no area to see, and no chart.
    """
    names = [
        name
        for name in labels
        if any(name in scores and scores[name].n >= FEWEST_ITEMS for _, scores in lines)
    ]
    if len(names) < FEWEST_AXES:
        return Radar((), (), (), 1.0)
    reached = max(scores[name].value for _, scores in lines for name in names if name in scores)
    top = next(level for level in (0.25, 0.5, 0.75, 1.0) if reached <= level)
    angles = [2 * pi * place / len(names) - pi / 2 for place in range(len(names))]
    axes = tuple(
        Axis(
            name=labels[name],
            n=max(scores[name].n for _, scores in lines if name in scores),
            x=_round(RADIUS * cos(angle)),
            y=_round(RADIUS * sin(angle)),
            label_x=_round(_LABEL * cos(angle)),
            label_y=_round(_LABEL * sin(angle) + 3),
            anchor="middle" if abs(cos(angle)) < 0.1 else "start" if cos(angle) > 0 else "end",
        )
        for name, angle in zip(names, angles, strict=True)
    )

    def polygon(values: Sequence[float]) -> str:
        return " ".join(
            f"{_round(RADIUS * value / top * cos(angle))},"
            f"{_round(RADIUS * value / top * sin(angle))}"
            for value, angle in zip(values, angles, strict=True)
        )

    return Radar(
        axes=axes,
        lines=tuple(
            (title, polygon([scores[name].value if name in scores else 0.0 for name in names]))
            for title, scores in lines
        ),
        rings=tuple(polygon([top * part / 4] * len(names)) for part in (1, 2, 3, 4)),
        top=top,
    )


def _round(value: float) -> float:
    return round(value, 1) + 0.0  # no minus zero
