"""ecmiip eval from order to table: what is refused, what goes on, what is scored anew."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from ecmiip.cli import app
from ecmiip.commands.evaluate import _without_secret
from ecmiip.errors import UserError
from ecmiip.evaluation import evaluating, mock
from ecmiip.evaluation.evaluating import Order, evaluate
from ecmiip.evaluation.report.measures import load
from ecmiip.evaluation.setting import Setting
from ecmiip.instruct.split import is_heldout

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def served() -> Iterator[mock.Mock]:
    with mock.serving() as served:
        yield served


@pytest.fixture
def order(served: mock.Mock, checkout: Callable[..., Path]) -> Order:
    return Order("jecqa", f"{served.url}#mock", Setting(), root=checkout("jecqa"), command="c")


def test_a_second_run_asks_nothing(order: Order, served: mock.Mock) -> None:
    first = evaluate(order)
    asked = len(served.asked)
    assert asked == first.summary.items == 12
    assert evaluate(order) == first
    assert len(served.asked) == asked


def test_a_part_and_then_the_whole(order: Order, served: mock.Mock) -> None:
    assert evaluate(replace(order, limit=4)).summary.items == 4
    assert evaluate(order).summary.items == len(served.asked) == 12
    again = evaluate(replace(order, limit=3))
    assert again.summary.items == 3
    assert again.evaluation.items == 12  # what the folder stands for
    assert len(served.asked) == 12


def test_parts_of_a_suite_gather_in_one_folder(order: Order) -> None:
    few = evaluate(replace(order, limit=4, command="few")).evaluation
    assert (few.items, few.whole) == (4, {"single": 6, "multi": 6})
    half = next(few.verdicts()).half
    other = evaluate(replace(order, half=half, command="half")).evaluation
    asked = {verdict.id for verdict in other.verdicts()}
    assert other.items == len(asked) > 4
    assert other.command == "few && half"
    again = evaluate(replace(order, half=half, command="half")).evaluation
    assert again.command == "few && half"


def test_a_part_that_was_broken_off_stays_unfinished(order: Order) -> None:
    """Another part that is asked afterwards does not make up for it."""
    done = evaluate(replace(order, limit=8)).evaluation
    lines = done.log.read_text(encoding="utf-8").splitlines(keepends=True)
    done.log.write_text("".join(lines[:2]), encoding="utf-8")
    answered = {verdict.id for verdict in done.verdicts()}
    later = evaluate(replace(order, limit=1)).evaluation
    assert (later.items, set(later.asked)) == (8, set(done.asked))
    [loaded] = load([later])
    assert not loaded.complete
    assert answered <= loaded.by_id.keys()
    [loaded] = load([evaluate(replace(order, limit=8)).evaluation])
    assert loaded.complete


def test_an_item_with_two_verdicts_counts_once(order: Order, served: mock.Mock) -> None:
    done = evaluate(order).evaluation
    text = done.log.read_text(encoding="utf-8")
    done.log.write_text(text + text.splitlines()[0] + "\n", encoding="utf-8")
    assert len(list(done.verdicts())) == 12
    evaluate(order)
    assert len(done.log.read_text(encoding="utf-8").splitlines()) == len(served.asked) == 12


def test_one_evaluation_writes_to_a_folder_at_a_time(order: Order) -> None:
    done = evaluate(replace(order, limit=1)).evaluation
    with (
        FileLock(done.path / ".lock"),
        pytest.raises(UserError, match="another evaluation is writing there"),
    ):
        evaluate(order)
    assert evaluate(order).summary.items == 12


def test_what_asks_nothing_keeps_its_day_and_commit(order: Order) -> None:
    done = evaluate(replace(order, limit=4)).evaluation
    before = replace(done, date="2020-01-01", commit="before")
    before.write()
    assert evaluate(replace(order, limit=2)).evaluation == before
    assert evaluate(order).evaluation.date == done.date


@pytest.mark.parametrize(
    ("setting", "option"),
    [
        ({"few_shot": 2}, "--few-shot"),
        ({"reasoning": 9}, "--reasoning"),
        ({"several": "apart"}, "--several"),
        ({"constraint": "schema"}, "--constraint"),
    ],
)
def test_a_likelihood_has_no_chat_to_change(
    order: Order, setting: dict[str, Any], option: str
) -> None:
    chosen = replace(order, setting=Setting(choice="likelihood", **setting))
    with pytest.raises(UserError, match=f"{option} could change: leave it out"):
        evaluate(chosen)


def test_another_model_of_the_same_name_is_not_mixed_in(order: Order) -> None:
    evaluate(replace(order, limit=2))
    with mock.serving() as other:
        renamed = replace(order, model=f"{other.url}#mock")
        with pytest.raises(UserError, match=r"made with another model of that name.*--name"):
            evaluate(renamed)
        assert evaluate(replace(renamed, name="other", limit=2)).evaluation.subject == "other"


def test_another_database_is_not_mixed_in(order: Order, small_mipld_path: Path) -> None:
    shown = replace(order, setting=Setting(depth=2), db=small_mipld_path, limit=2)
    done = evaluate(shown)
    file = done.evaluation.path / "evaluation.json"
    file.write_text(file.read_text().replace(str(done.evaluation.mipld), "0" * 64))
    with pytest.raises(UserError, match="another state of MIPLD"):
        evaluate(shown)


def test_without_anything_shown_another_database_only_judges_anew(
    served: mock.Mock, checkout: Callable[..., Path], small_mipld_path: Path
) -> None:
    order = Order(
        "mipld-eval", f"{served.url}#mock", Setting(), root=checkout("mipld-eval"),
        db=small_mipld_path,
    )  # fmt: skip
    done = evaluate(order)
    asked = len(served.asked)
    for file, old, new in (
        ("evaluation.json", str(done.evaluation.mipld), "0" * 64),
        ("verdicts.jsonl", '"cited": 1.0', '"cited": 7.0'),
    ):
        path = done.evaluation.path / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    # A part is asked for, all is judged anew.
    again = evaluate(replace(order, limit=1)).evaluation
    assert list(again.verdicts()) == list(done.evaluation.verdicts())
    assert len(served.asked) == asked


def test_scored_anew_on_demand(order: Order) -> None:
    done = evaluate(order)
    log = done.evaluation.log
    log.write_text(log.read_text(encoding="utf-8").replace('"right": false', '"right": true'))
    assert evaluate(order).summary.rows[0].value == 1.0
    assert evaluate(replace(order, rescore=True)) == done


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"suite": "nothing"}, "no suite is called 'nothing': take one of heldout, lexeval"),
        ({"model": "http://127.0.0.1:9/v1"}, "which model"),
        ({"model": "nobody"}, "no model is called 'nobody'"),
        ({"root": Path("/nowhere")}, "/nowhere is no folder"),
        ({"setting": Setting(depth=1)}, "no database there"),
        ({"suite": "mipld-eval", "root": None}, "no database there"),
    ],
)
def test_what_cannot_be_had_is_told_in_a_sentence(
    order: Order, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError) as caught:
        evaluate(replace(order, **changes))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_half(order: Order) -> None:
    # All questions of this checkout have the same options, which stand on one half.
    (half,) = {verdict.half for verdict in evaluate(order).evaluation.verdicts()}
    assert evaluate(replace(order, half=half)).summary.items == 12
    with pytest.raises(UserError, match="leave out --only or --half"):
        evaluate(replace(order, half=1 - half))


@pytest.fixture
def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built set of pairs, whatever the day."""
    address = next(f"示例法@2020#{n}" for n in range(1, 99) if not is_heldout(f"示例法@2020#{n}"))
    fields = {"direction": "patent", "as_of": "2026-11-22", "origin": "derived"}
    asked = {"question": "例题\nA. 甲\nB. 乙", "answer": "B。依据示例法。", "key": "B"}
    taught = {"id": "derived/choose-one/1", "task": "conduct", "provisions": [address]}
    opened = {"id": "derived/case/2", "task": "case", "provisions": [address], "key": ""}
    for side in ("train", "heldout"):
        rows = [taught | asked | fields, asked | opened | fields]
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (tmp_path / f"{side}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr(evaluating, "_pairs", lambda _: tmp_path)
    return tmp_path


@pytest.mark.usefixtures("pairs")
def test_the_heldout_suite(served: mock.Mock, small_mipld_path: Path) -> None:
    done = evaluate(Order("heldout", f"{served.url}#mock", Setting(depth=1), db=small_mipld_path))
    kinds = sorted(verdict.kind for verdict in done.evaluation.verdicts())
    assert kinds == ["open", "single"]


@pytest.mark.usefixtures("pairs")
def test_examples_go_before_the_item(
    served: mock.Mock, checkout: Callable[..., Path], small_mipld_path: Path
) -> None:
    order = Order(
        "laiw", f"{served.url}#mock", Setting(few_shot=1), root=checkout("laiw"),
        db=small_mipld_path, limit=12,
    )  # fmt: skip
    with pytest.raises(UserError, match=r"--few-shot.*go on with"):
        evaluate(replace(order, suite="jecqa", root=checkout("jecqa")))  # no pair is like a multi
    single = [v for v in evaluate(order).evaluation.verdicts() if v.kind == "single"]
    assert single
    for verdict in single:
        assert [turn["content"] for turn in verdict.prompt][2] == "B。依据示例法。"


def test_the_command(
    served: mock.Mock, checkout: Callable[..., Path], small_mipld_path: Path
) -> None:
    line = ["eval", "--suite", "jecqa", "--root", str(checkout("jecqa")), "--limit", "4"]
    line += ["--model", f"{served.url}#mock", "--jobs", "2", "--price-in", "2", "--resume"]
    shown = CliRunner().invoke(
        app, [*line, "--mipld", "--depth", "2", "--db", str(small_mipld_path)]
    )
    assert shown.exit_code == 0, shown.output
    assert "jecqa · mock · mipld2" in shown.stdout
    assert "95 % interval" in shown.stdout
    assert ", cost 0." in shown.stdout
    told = CliRunner().invoke(app, [*line, "--json"])
    assert told.exit_code == 0, told.output
    given = json.loads(told.stdout)
    assert {"suite", "subject", "setting", "rows", "verdicts", "cost"} <= set(given)
    assert given["items"] == 4
    refused = CliRunner().invoke(app, [*line, "--half", "2"])
    assert refused.exit_code == 2


def test_no_key_is_written_down() -> None:
    line = ["eval", "--api-key", "secret", "--suite", "x", "--api-key=secret", "--resume"]
    assert _without_secret(line) == ["eval", "--suite", "x"]
