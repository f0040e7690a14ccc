"""Task files that lm-evaluation-harness itself loads, from wherever the folder lies."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ecmiip.errors import UserError
from ecmiip.evaluation import lm_eval_tasks
from ecmiip.evaluation.items import asked
from ecmiip.evaluation.suites import load

Checkout = Callable[..., Path]


def test_items_lie_beside_the_tasks(checkout: Checkout, tmp_path: Path) -> None:
    folder, root = tmp_path / "tasks", checkout("lexeval")
    written = lm_eval_tasks.write("lexeval-ip", folder, root)
    assert written == [
        "ecmiip_lexeval_ip",
        "ecmiip_lexeval_ip_single",
        "ecmiip_lexeval_ip_single_generate",
        "ecmiip_lexeval_ip_multi",
    ]
    assert {path.name for path in folder.iterdir()} == {
        "utils.py",
        "ecmiip_lexeval_ip_single.jsonl",
        "ecmiip_lexeval_ip_multi.jsonl",
        *(f"{task}.yaml" for task in written),
    }
    lines = (folder / "ecmiip_lexeval_ip_multi.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    items = [item for item in load("lexeval-ip", root) if item.kind == "multi"]
    assert [row["asked"] for row in rows] == [asked(item) for item in items]
    assert {row["key"] for row in rows} == {"AC"}


def test_a_suite_of_one_kind_has_no_task_for_the_other(checkout: Checkout, tmp_path: Path) -> None:
    written = lm_eval_tasks.write("lawbench", tmp_path / "tasks", checkout("lawbench"))
    assert "ecmiip_lawbench_multi" not in written
    group = (tmp_path / "tasks" / "ecmiip_lawbench.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(group) == {"group": "ecmiip_lawbench", "task": written[1:]}


def test_open_suites_are_refused(checkout: Checkout, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="disc-short has no choice items: take one of lexeval,"):
        lm_eval_tasks.write("disc-short", tmp_path, checkout("disc"))
    assert not list(tmp_path.glob("*.yaml"))


@pytest.mark.slow
def test_lm_eval_loads_and_scores_them(checkout: Checkout, tmp_path: Path) -> None:
    """lm-eval's own task manager and its dummy model, on a folder that was moved."""
    pytest.importorskip("lm_eval")
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    lm_eval_tasks.write("lexeval-ip", tmp_path / "made", checkout("lexeval"))
    folder = tmp_path / "moved"
    shutil.move(tmp_path / "made", folder)
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    found = simple_evaluate(
        model="dummy", tasks=["ecmiip_lexeval_ip"], task_manager=manager, bootstrap_iters=0
    )
    scored = found["results"]
    items = load("lexeval-ip", checkout("lexeval"))
    for kind in ("single", "multi"):
        held = found["n-samples"][f"ecmiip_lexeval_ip_{kind}"]["original"]
        assert held == sum(item.kind == kind for item in items)
    assert "acc,none" in scored["ecmiip_lexeval_ip_single"]
    # The dummy writes "lol", in which there is no letter.
    assert scored["ecmiip_lexeval_ip_multi"]["unparseable,none"] == 1.0
    assert scored["ecmiip_lexeval_ip_single_generate"]["exact_set,none"] == 0.0


def test_replies_are_read_as_sets_of_letters() -> None:
    pytest.importorskip("datasets")
    from ecmiip.evaluation.lm_eval_utils import process_results

    doc = {"key": "AC", "letters": list("ABCD")}
    for reply, exact, unparseable in [
        ("AC", 1.0, 0.0),
        ("C、A。", 1.0, 0.0),
        ("答案是A和C", 1.0, 0.0),
        ("ABC", 0.0, 0.0),
        ("I cannot", 0.0, 1.0),
        ("", 0.0, 1.0),
    ]:
        assert process_results(doc, [reply]) == {"exact_set": exact, "unparseable": unparseable}
