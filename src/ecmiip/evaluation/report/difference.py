"""Two evaluations of one suite: which items changed sides, with both answers."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ecmiip.errors import UserError
from ecmiip.evaluation.report.items import items_of, outcome
from ecmiip.evaluation.report.measures import (
    MEASURES,
    Comparison,
    Loaded,
    compare,
    overall_of,
    scores,
)
from ecmiip.evaluation.report.rendering import write_page
from ecmiip.evaluation.verdict import Verdict

# An open answer changed sides when its score moved by this much of the whole.
_MOVED = 0.25

Overall = Callable[[Verdict], float | None]
Side = Literal["better", "worse", "other"]


@dataclass(frozen=True)
class Change:
    """One item on which the two differ: what each came to, and who did better."""

    id: str
    kind: str
    side: Side  # other: both wrong, in another way
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """What changed from ``before`` to ``after`` on their ``common`` items."""

    before: Loaded
    after: Loaded
    common: int
    changes: tuple[Change, ...]
    comparisons: dict[str, Comparison]

    def of(self, side: Side) -> list[Change]:
        """The changes to that side."""
        return [change for change in self.changes if change.side == side]


def difference(before: Loaded, after: Loaded) -> Difference:
    """Compare two evaluations. Raises UserError if they have no item in common."""
    common = [verdict for verdict in before.verdicts if verdict.id in after.by_id]
    if not common:
        raise UserError(
            f"{before.evaluation.path.name} and {after.evaluation.path.name} have no item in"
            " common: name two evaluations of one suite"
        )
    overall = overall_of([before, after])
    changes = [_change(verdict, after.by_id[verdict.id], overall) for verdict in common]
    return Difference(
        before,
        after,
        len(common),
        tuple(change for change in changes if change is not None),
        {name: found for (_, name), found in compare(before, [after]).items()},
    )


def write_difference(path: Path, found: Difference) -> Path:
    """Write the page of ``found``: the scores of both, and every item that changed."""
    return write_page(
        path,
        "difference.html.j2",
        script="page.js",
        data=items_of([found.before, found.after], {change.id for change in found.changes}),
        found=found,
        measures=[measure for measure in MEASURES if measure.name in found.comparisons],
        before=scores(_common(found.before, found.after)),
        after=scores(_common(found.after, found.before)),
    )


def as_json(found: Difference) -> dict[str, Any]:
    """The difference as plain values."""
    return {
        "before": str(found.before.evaluation.path),
        "after": str(found.after.evaluation.path),
        "common": found.common,
        "better": len(found.of("better")),
        "worse": len(found.of("worse")),
        "other": len(found.of("other")),
        "comparisons": {name: asdict(one) for name, one in found.comparisons.items()},
        "changes": [asdict(change) for change in found.changes],
    }


def as_text(found: Difference) -> str:
    """The difference to read in a terminal: the counts, the tests, each item that changed."""
    lines = [
        f"{found.before.name} → {found.after.name}: {found.common} items in common;"
        f" better {len(found.of('better'))}, worse {len(found.of('worse'))},"
        f" otherwise changed {len(found.of('other'))}"
    ]
    lines += [
        f"  {name}: {100 * one.difference:+.1f} points on {one.n} items, p = {one.p:.3f}"
        for name, one in found.comparisons.items()
    ]
    marks = {"better": "+", "worse": "-", "other": "~"}
    lines += [
        f"{marks[change.side]} {change.id}: {change.before} → {change.after}"
        for change in found.changes
    ]
    return "\n".join(lines)


def _common(one: Loaded, other: Loaded) -> Sequence[Verdict]:
    return [verdict for verdict in one.verdicts if verdict.id in other.by_id]


def _change(before: Verdict, after: Verdict, overall: Overall) -> Change | None:
    first, second = overall(before) or 0.0, overall(after) or 0.0
    moved = second - first
    side: Side
    if abs(moved) >= _MOVED:
        side = "better" if moved > 0 else "worse"
    elif before.kind != "open" and before.letters != after.letters:
        side = "other"
    else:
        return None
    return Change(before.id, before.kind, side, _told(before, overall), _told(after, overall))


def _told(verdict: Verdict, overall: Overall) -> str:
    """An answer in a word: its letters, its score, or what went wrong."""
    if verdict.kind == "open" and not verdict.error:
        return f"{overall(verdict) or 0.0:.2f}"
    return verdict.letters or outcome(verdict)
