"""The run folder: whole or not there, and explains itself."""

from pathlib import Path

import pytest

from ecmiip.errors import UserError
from ecmiip.runs import Run


def test_create_open_update(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", "first")
    run.update(seed=7)
    run.update(status="running")
    again = Run.open(tmp_path / "runs" / "first")
    assert again == run
    assert again.info()["seed"] == 7
    assert again.info()["status"] == "running"
    assert again.info()["name"] == "first"


def test_a_taken_name_is_refused_and_nothing_overwritten(tmp_path: Path) -> None:
    Run.create(tmp_path, "first").update(seed=7)
    with pytest.raises(UserError, match="resume it, or choose another name"):
        Run.create(tmp_path, "first")
    assert Run.open(tmp_path / "first").info()["seed"] == 7


@pytest.mark.parametrize("name", ["", "a/b", "../x", ".hidden", "a b"])
def test_unusable_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="use letters"):
        Run.create(tmp_path, name)


def test_open_refuses_what_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a run folder"):
        Run.open(tmp_path)


def test_a_broken_run_json_is_named(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "first")
    (run.path / "run.json").write_text("{")
    with pytest.raises(UserError, match=r"run\.json"):
        run.info()


def test_metrics_survive_a_line_cut_off_by_a_crash(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "first")
    assert list(run.metrics()) == []
    for step in range(3):
        run.add_metrics({"step": step})
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 3, "lo')
    assert [row["step"] for row in run.metrics()] == [0, 1, 2]
    run.keep_metrics(2)
    run.add_metrics({"step": 9})
    assert [row["step"] for row in run.metrics()] == [0, 1, 9]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_under_the_metrics_is_told(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "first")
    (run.path / "metrics.jsonl").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"disk full while writing .*metrics\.jsonl"):
        run.add_metrics({"step": 0})
