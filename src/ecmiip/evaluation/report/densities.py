"""Capability density from evaluations: who is the reference, on which items, and the drawing."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import log10
from pathlib import Path
from typing import Any

from ecmiip.errors import UserError
from ecmiip.evaluation.density import Answered, Curve, Density, chance_of, fit
from ecmiip.evaluation.question import question_of
from ecmiip.evaluation.report.measures import Loaded, overall_of
from ecmiip.evaluation.report.page import billions
from ecmiip.evaluation.report.rendering import write_page
from ecmiip.evaluation.verdict import Verdict
from ecmiip.instruct import choices

_WIDTH, _HEIGHT = 620.0, 300.0  # of the drawing, in SVG units


@dataclass(frozen=True)
class Found:
    """The curve of a family on ``items`` items of a suite, and what it says of other subjects.

    ``refused`` tells of each subject without a density why it has none.
    """

    suite: str
    family: str
    setting: str
    items: int
    curve: Curve
    references: tuple[Answered, ...]
    others: tuple[Answered, ...]
    densities: tuple[Density, ...]
    refused: tuple[str, ...]


def densities(loaded: Sequence[Loaded], suite: str, family: str, setting: str) -> Found:
    """Fit the curve of the untuned subjects of ``suite`` whose name holds ``family``, in
    ``setting``; place every other subject of known size on it, whatever its setting.

    Only items that all of them answered count: the choice items, or in a suite without any the
    open ones. Raises UserError where no curve can be fitted.
    """
    inside = [one for one in loaded if one.evaluation.suite == suite]
    sized = [one for one in inside if one.evaluation.parameters]
    references = [one for one in sized if _is_reference(one, family, setting)]
    others = [one for one in sized if one not in references]
    if not references:
        known = ", ".join(sorted({one.name for one in sized})) or "none"
        raise UserError(
            f"no subject of the family '{family}' was evaluated on {suite} in the setting"
            f" '{setting}': with a known size there are {known}"
        )
    ids = _common([*references, *others])
    if not ids:
        raise UserError(f"the evaluations of {suite} have no item in common: evaluate them alike")
    chance = chance_of([_kind_and_options(references[0].by_id[item]) for item in ids])
    overall = overall_of([*references, *others])
    answered = [_answered(one, ids, overall) for one in references]
    placed = [_answered(one, ids, overall) for one in others]
    curve, results = fit(answered, placed, chance)
    return Found(
        suite=suite,
        family=family,
        setting=setting,
        items=len(ids),
        curve=curve,
        references=tuple(answered),
        others=tuple(placed),
        densities=tuple(one for one in results if isinstance(one, Density)),
        refused=tuple(str(one) for one in results if isinstance(one, UserError)),
    )


def as_text(found: Found) -> str:
    """The densities to read in a terminal."""
    lines = [
        f"{found.suite}, {found.items} items; reference: {found.family} ({found.setting}),"
        f" guessing {found.curve.chance:.1%}"
    ]
    lines += [
        f"  {one.name}: {billions(one.parameters)}, score {one.score:.1%}"
        for one in found.references
    ]
    for one in found.densities:
        low, high = one.density_interval
        lines.append(
            f"{one.name}: score {one.score:.1%} is that of a {billions(round(one.effective))}"
            f" model; relative density {one.density:.2f}"
            f" [{'≤' if one.at_most else ''}{low:.2f}, {'≥' if one.at_least else ''}{high:.2f}]"
        )
    lines += [f"no density: {reason}" for reason in found.refused]
    return "\n".join(lines)


def as_json(found: Found) -> dict[str, Any]:
    """The densities as plain values."""
    fields = asdict(found)
    for group in ("references", "others"):
        for answered, one in zip(fields[group], getattr(found, group), strict=True):
            answered["score"] = one.score
            del answered["scores"]
    return fields


def write_densities(path: Path, found: Found) -> Path:
    """Write a page with the curve, its band, and every subject on it."""
    return write_page(
        path,
        "density.html.j2",
        found=found,
        drawing=_drawing(found),
        billions=billions,
    )


def _is_reference(one: Loaded, family: str, setting: str) -> bool:
    evaluation = one.evaluation
    return (
        evaluation.base is None
        and family.lower() in evaluation.subject.lower()
        and evaluation.setting.name == setting
    )


def _common(loaded: Sequence[Loaded]) -> list[str]:
    """The items that all answered and that have a score; choice items if there are any."""
    first, *others = loaded
    overall = overall_of(loaded)
    common = [
        verdict
        for verdict in first.verdicts
        if all(verdict.id in other.by_id for other in others)
        and all(overall(one.by_id[verdict.id]) is not None for one in loaded)
    ]
    chosen = [verdict for verdict in common if verdict.kind != "open"]
    return [verdict.id for verdict in chosen or common]


def _answered(
    one: Loaded, ids: Sequence[str], overall: Callable[[Verdict], float | None]
) -> Answered:
    assert one.evaluation.parameters is not None
    scores = tuple(overall(one.by_id[item]) or 0.0 for item in ids)
    return Answered(one.name, one.evaluation.parameters, scores)


def _kind_and_options(verdict: Verdict) -> tuple[str, int]:
    return verdict.kind, len(choices.options(question_of(verdict))) or 4


def _drawing(found: Found) -> dict[str, Any]:
    """Points of the drawing: log10 of the size to the right, the score upwards."""
    points = [*found.references, *found.others]
    sizes = [log10(one.parameters) for one in points]
    left, right = min(sizes) - 0.1, max(sizes) + 0.1
    heights = [value for _, low, _, high in found.curve.band for value in (low, high)]
    heights += [one.score for one in points]
    bottom, top = max(0.0, min(heights) - 0.05), min(1.0, max(heights) + 0.05)

    def x(parameters: float) -> float:
        return round(_WIDTH * (log10(parameters) - left) / (right - left), 1)

    def y(score: float) -> float:
        return round(_HEIGHT * (top - score) / (top - bottom), 1)

    band = found.curve.band
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "line": " ".join(f"{x(size)},{y(score)}" for size, _, score, _ in band),
        "band": " ".join(
            [f"{x(size)},{y(high)}" for size, _, _, high in band]
            + [f"{x(size)},{y(low)}" for size, low, _, _ in reversed(band)]
        ),
        "references": [(x(one.parameters), y(one.score), one) for one in found.references],
        "others": [(x(one.parameters), y(one.score), one) for one in found.others],
        "arrows": [
            (x(one.parameters), x(one.effective), y(one.score), one) for one in found.densities
        ],
        "chance": y(found.curve.chance) if bottom < found.curve.chance < top else None,
        "levels": [
            (y(level / 100), level) for level in range(0, 101, 10) if bottom <= level / 100 <= top
        ],
    }
