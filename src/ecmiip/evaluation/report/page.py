"""The page of a report: all that the evaluations show, and every item to look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ecmiip.evaluation.published import Published
from ecmiip.evaluation.report.items import items_of
from ecmiip.evaluation.report.radar import radar
from ecmiip.evaluation.report.rendering import write_page
from ecmiip.evaluation.report.summary import FAULTS, SuiteSummary
from ecmiip.mipld.document import DIRECTIONS
from ecmiip.models.prompt import TASKS

FAULT_NAMES = {
    "fabricated": "made up 虚构",
    "repealed": "repealed 已废止",
    "superseded": "superseded 旧法",
    "not_yet": "not yet in force 未施行",
    "quote_differs": "misquoted 引文不符",
    "unverified": "unverified 无法核实",
}
# None of them the green of what holds.
_FAULT_COLOURS = ("--c1", "--c3", "--c4", "--c5", "--c6", "--c7")


def write_report(
    path: Path, summaries: Sequence[SuiteSummary], published: Sequence[Published] = ()
) -> Path:
    """Write the page of ``summaries`` to ``path``, others' results on the same suites beside."""
    loaded = [row.loaded for summary in summaries for row in summary.rows]
    charts = {
        summary.suite: {
            "direction": radar(
                DIRECTIONS, [(row.loaded.name, row.directions) for row in summary.rows]
            ),
            "task": radar(TASKS, [(row.loaded.name, row.tasks) for row in summary.rows]),
        }
        for summary in summaries
    }
    return write_page(
        path,
        "page.html.j2",
        script="page.js",
        data=items_of(loaded),
        summaries=summaries,
        published={summary.suite: _systems(summary.suite, published) for summary in summaries},
        charts=charts,
        faults=FAULTS,
        fault_names=FAULT_NAMES,
        fault_colours=_FAULT_COLOURS,
        billions=billions,
    )


def _systems(suite: str, published: Sequence[Published]) -> list[dict[str, Any]]:
    """What each system reached on ``suite``, the best first."""
    found: dict[str, dict[str, Published]] = {}
    for one in published:
        if one.suite == suite:
            found.setdefault(one.system, {})[one.kind] = one
    systems = [
        {"name": name, "kinds": kinds, "hits": sum(one.share.hits for one in kinds.values())}
        for name, kinds in found.items()
    ]
    return sorted(systems, key=lambda system: (-system["hits"], system["name"]))


def billions(parameters: int | None) -> str:
    """A model's size as it is written of it: 0.5B, 14.8B."""
    if parameters is None:
        return "—"
    size = f"{parameters / 1e9:.1f}".removesuffix(".0")
    return f"{size}B"
