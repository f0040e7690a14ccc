"""A release: what is shipped of a run, what its headline says, and whether that holds."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.verdict import Evaluation, Verdict, evaluations, folder
from ecmiip.files import read_json, write_json, write_jsonl, write_text
from ecmiip.pipeline import release
from ecmiip.runs import Run

STAGE = {
    "name": "tasks",
    "before": {"tasks": 2.5},
    "after": {"tasks": 0.25},
    "steps": 3,
    "tokens": 1234,
    "seconds": 60.0,
}
VERDICT = Verdict(
    id="made/0",
    suite="lexeval-ip",
    kind="single",
    task="doctrine",
    direction=None,
    as_of=date(2026, 11, 22),
    half=0,
    tags=(),
    key="A",
    letters="A",
    right=True,
    prompt=(),
    raw="A",
    finish="stop",
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    from safetensors.numpy import save_file

    made = Run.create(tmp_path, "mine")
    made.adapter.mkdir()
    save_file({"a": np.full((4, 4), 0.1, np.float32)}, made.adapter / "adapter_model.safetensors")
    write_json(made.adapter / "adapter_config.json", {"r": 4})
    write_text(made.recipe, 'name = "mine"\n')
    made.add_metrics({"event": "step"})
    (made.path / "checkpoints").mkdir()
    made.update(
        status="finished",
        base={"name": "qwen2.5-coder-0.5b"},
        recipe={"seed": 7, "stages": [{"kind": "finetune"}]},
        data={"tasks": {"train": "abc", "heldout": "def"}},
        result={"stages": [STAGE], "peak_memory": 2**30},
    )
    return made


def evaluated(
    suite: str,
    subject: str,
    setting: Setting,
    right: int,
    items: int = 10,
    under: Path | None = None,
) -> Evaluation:
    made = Evaluation(
        folder(suite, subject, setting, under), suite, subject, setting, items,
        identity="its weights", base="qwen2.5-coder-0.5b",
    )  # fmt: skip
    made.path.mkdir(parents=True, exist_ok=True)
    made.write()
    verdicts = [
        replace(VERDICT, id=f"made/{n}", right=n < right, letters="A" if n < right else "B")
        for n in range(10)
    ]
    write_jsonl(made.log, (verdict.to_json() for verdict in verdicts))
    return made


def test_a_release_holds_what_is_needed_and_no_more(run: Run, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    made = release.make(run, tmp_path / "release" / "small")
    names = {path.relative_to(made.path).as_posix() for path in made.path.rglob("*.*")}
    assert names == {
        "run.json",
        "recipe.toml",
        "metrics.jsonl",
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
    }
    weights = load_file(made.adapter / "adapter_model.safetensors")["a"]
    assert weights.dtype == np.float16
    assert np.allclose(weights, 0.1, rtol=1e-3)
    assert made.info()["name"] == "small"


def test_an_unfinished_run_is_not_released(run: Run, tmp_path: Path) -> None:
    run.update(status="running")
    with pytest.raises(UserError, match="train it to the end first"):
        release.make(run, tmp_path / "release")


def test_an_adapter_may_be_too_large(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "_MOST_BYTES", 10)
    with pytest.raises(UserError, match="train a lower rank"):
        release.make(run, tmp_path / "release")
    assert not (tmp_path / "release").exists()


@pytest.fixture
def released(run: Run, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    assert home
    monkeypatch.setattr(release, "about", lambda _: SimpleNamespace(identity="its weights"))
    made = release.make(run, tmp_path / "release" / "small")
    for suite, setting in release.HEADLINE:
        evaluated(suite, "small", setting, 6)
    release.record(made)
    return made


def test_the_headline_is_that_of_the_evaluations(released: Run) -> None:
    lines = read_json(released.path / "headline.json")
    assert {(line["kind"], line["right"], line["items"]) for line in lines} == {("single", 6, 10)}
    assert len(lines) == len(release.HEADLINE)


def test_an_unfinished_evaluation_is_no_headline(released: Run) -> None:
    suite, setting = release.HEADLINE[0]
    evaluated(suite, "small", setting, 6, items=11)
    with pytest.raises(UserError, match="unfinished"):
        release.record(released)


def test_a_headline_is_of_the_released_weights(
    released: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "about", lambda _: SimpleNamespace(identity="others"))
    with pytest.raises(UserError, match="of other weights than"):
        release.record(released)


@pytest.mark.parametrize(("right", "holds"), [(6, True), (5, True), (4, False), (9, False)])
def test_a_check_evaluates_anew(
    released: Run, right: int, holds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[Any] = []

    def evaluate(order: Any) -> Any:
        orders.append(order)
        made = evaluated(order.suite, "small", order.setting, right, under=order.under)
        return SimpleNamespace(evaluation=made)

    monkeypatch.setattr(release.evaluating, "evaluate", evaluate)
    found = release.check(released)
    assert [(one.right, recorded) for one, recorded in found] == [(right, 6)] * len(orders)
    assert bool(release.differing(found)) is not holds
    assert all(order.model == str(released.path) and not order.kept for order in orders)
    # A check is no further subject of the tables.
    assert {one.path.name for one in evaluations()} == {
        folder(suite, "small", setting).name for suite, setting in release.HEADLINE
    }


def test_the_card_tells_training_results_and_limits(released: Run) -> None:
    suite, setting = release.HEADLINE[0]
    text = release.card(released, [Evaluation.open(folder(suite, "small", setting))])
    assert "| tasks | 1,234 | 3 | 1.0 | 2.500 | 0.250 |" in text
    assert "60.0 [31.3, 83.2] 6/10" in text
    assert "- tasks train: `abc`" in text
    assert "seed 7" in text


def test_the_card_tells_what_a_run_went_on_from(released: Run) -> None:
    earlier = {
        "name": "law", "tokens": 4000, "steps": 9, "seconds": 120.0, "before": 3.0, "after": 2.0,
    }  # fmt: skip
    released.update(parent={"name": "first", "adapter": "123abc"}, earlier=[earlier])
    text = release.card(released, [])
    assert text.index("| law | 4,000 | 9 | 2.0 | 3.000 | 2.000 |") < text.index("| tasks |")
    assert "In all 5,234 tokens" in text
    assert "from the adapter of the run first (SHA-256 `123abc`)" in text
