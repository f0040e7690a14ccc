"""The routes of the training runs: their curves and their evaluations."""

from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse

from ecmiip.app import schemas
from ecmiip.errors import UserError
from ecmiip.files import home, read_jsonl
from ecmiip.runs import Run

router = APIRouter(prefix="/api", tags=["runs"])

# What is in a run's folder and of use to a reader; the rest are paths and digests of this machine.
_SHOWN = ("name", "status", "created", "seed", "parent", "base", "versions", "result", "recipe")

# What a line of the held-out suite's log has; other logs are not tables of answers.
_VERDICT = {"key", "letter", "gold", "cited", "good"}


@router.get("/runs", response_model=schemas.Runs)
def runs() -> JSONResponse:
    """List the training runs of this machine, the latest first."""
    found = [_summary(info) for _, info in _all()]
    return JSONResponse({"runs": sorted(found, key=lambda run: run["created"], reverse=True)})


@router.get(
    "/runs/{name}", response_model=schemas.RunDetail, responses={404: {"model": schemas.Problem}}
)
def run(name: str) -> JSONResponse:
    """Read one run: its facts, the curve of its training, its evaluation."""
    # The name picks from the runs that are there; it never becomes part of a path.
    found = next(((run, info) for run, info in _all() if run.name == name), None)
    if found is None:
        raise HTTPException(404, f"{name}: no such run: see /api/runs")
    opened, info = found
    return JSONResponse(
        _summary(info)
        | {
            "info": {key: info[key] for key in _SHOWN if key in info},
            "metrics": list(opened.metrics()),
            "evaluation": _evaluation(opened),
        }
    )


def _all() -> list[tuple[Run, dict[str, Any]]]:
    found = []
    for path in sorted((home() / "runs").glob("*/run.json")):
        opened = Run(path.parent)
        try:
            found.append((opened, opened.info()))
        except UserError:
            continue  # half-written by a crash: `ecmiip train --resume` tells about it
    return found


def _summary(info: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": str(info.get("name", "")),
        "status": str(info.get("status", "")),
        "created": str(info.get("created", "")),
    }


def _evaluation(opened: Run) -> list[dict[str, Any]]:
    """One row per subject that the run's held-out questions were put to."""
    rows = []
    for path in sorted((opened.path / "evaluation").glob("*.jsonl")):
        verdicts = [v for v in read_jsonl(path) if v.keys() >= _VERDICT]
        if not verdicts:
            continue
        choice = [v for v in verdicts if v["key"]]
        opens = [v for v in verdicts if not v["key"]]
        cited = sum(v["cited"] for v in opens)
        rows.append(
            {
                "subject": path.stem,
                "choices": len(choice),
                "right": sum(v["letter"] == v["key"] for v in choice),
                "unreadable": sum(not v["letter"] for v in choice),
                "opens": len(opens),
                "gold": sum(bool(v["gold"]) for v in opens),
                "cited": cited,
                "good": sum(v["good"] for v in opens),
            }
        )
    return rows
