"""The runs of this machine, as a page shows them."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from ecmiip.files import write_jsonl
from ecmiip.runs import Run


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1")


@pytest.fixture
def run(home: Path) -> Run:
    run = Run.create(home / "runs", "demo-1")
    run.update(status="finished", secret_path="/somewhere/on/this/machine")
    run.add_metrics({"event": "step", "stage": "law", "step": 1, "loss": 2.5})
    verdict = {"id": "1", "task": "doctrine", "raw": "A", "gold": False, "cited": 0, "good": 0}
    write_jsonl(
        run.path / "evaluation" / "base.jsonl",
        [
            verdict | {"key": "A", "letter": "A"},
            verdict | {"key": "B", "letter": ""},
            verdict | {"key": "", "letter": "", "gold": True, "cited": 4, "good": 3},
        ],
    )
    return run


def test_a_machine_without_runs_has_none(client: TestClient) -> None:
    assert client.get("/api/runs").json() == {"runs": []}


@pytest.mark.usefixtures("run")
def test_a_run_shows_its_curve_and_its_evaluation(client: TestClient) -> None:
    (listed,) = client.get("/api/runs").json()["runs"]
    assert (listed["name"], listed["status"]) == ("demo-1", "finished")
    found = client.get("/api/runs/demo-1").json()
    assert [row["loss"] for row in found["metrics"]] == [2.5]
    assert "secret_path" not in found["info"]
    (row,) = found["evaluation"]
    assert (row["right"], row["choices"], row["unreadable"]) == (1, 2, 1)
    assert (row["gold"], row["opens"], row["good"], row["cited"]) == (1, 1, 3, 4)


def test_a_half_written_run_spoils_nothing(client: TestClient, run: Run, home: Path) -> None:
    broken = home / "runs" / "broken"
    broken.mkdir()
    (broken / "run.json").write_text("{")
    (run.path / "metrics.jsonl").open("a").write('{"event": "st')
    assert [row["name"] for row in client.get("/api/runs").json()["runs"]] == ["demo-1"]
    assert len(client.get("/api/runs/demo-1").json()["metrics"]) == 1
    assert client.get("/api/runs/broken").status_code == 404
