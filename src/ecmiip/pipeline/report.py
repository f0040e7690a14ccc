"""The report of a run: one self-contained page that says what was built and what it reached."""

from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ecmiip.files import write_text
from ecmiip.mipld.document import DIRECTIONS
from ecmiip.models.prompt import TASKS
from ecmiip.runs import Run
from ecmiip.training.recipe import Recipe

_WIDTH, _HEIGHT = 640, 200  # of a curve, in SVG units


def write_report(
    run: Run,
    recipe: Recipe,
    as_of: date,
    mipld: dict[str, Any],
    pairs: dict[str, Any],
    evaluation: list[dict[str, Any]],
    answers: list[dict[str, Any]],
    speaker: str,
) -> Path:
    """Write ``report.html`` into the run's folder and return its path."""
    # Everything on the page that came out of a model or a file is escaped.
    environment = Environment(
        loader=PackageLoader("ecmiip.pipeline", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share: f"{100 * share:.0f} %"
    page = environment.get_template("report.html.j2").render(
        run=run.info(),
        path=run.path,
        recipe=recipe,
        as_of=as_of.isoformat(),
        mipld=mipld,
        pairs=pairs,
        evaluation=evaluation,
        answers=answers,
        speaker=speaker,
        stages=run.info()["result"]["stages"],
        peak_memory=run.info()["result"]["peak_memory"],
        curve=training_curve(run),
        directions=DIRECTIONS,
        tasks=TASKS,
    )
    path = run.path / "report.html"
    write_text(path, page)
    return path


def training_curve(run: Run) -> dict[str, Any]:
    """The training loss over all stages as points of an SVG line.

    One segment per stage: its name, its ``points`` ("x,y x,y …") and the x where it begins; and
    the values at the ends of the y axis, in nats per token.
    """
    steps = [row for row in run.metrics() if row["event"] == "step"]
    if not steps:
        return {"segments": [], "width": _WIDTH, "height": _HEIGHT, "low": 0.0, "high": 0.0}
    low = min(row["loss"] for row in steps)
    high = max(row["loss"] for row in steps)
    span = (high - low) or 1.0
    segments: list[dict[str, Any]] = []
    for place, row in enumerate(steps):
        x = _WIDTH * place / max(1, len(steps) - 1)
        y = _HEIGHT * (high - row["loss"]) / span
        if not segments or segments[-1]["name"] != row["stage"]:
            segments.append({"name": row["stage"], "start": round(x, 1), "points": []})
        segments[-1]["points"].append(f"{x:.1f},{y:.1f}")
    for segment in segments:
        segment["points"] = " ".join(segment["points"])
    return {
        "segments": segments,
        "width": _WIDTH,
        "height": _HEIGHT,
        "low": low,
        "high": high,
        "steps": len(steps),
    }
