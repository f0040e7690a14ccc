"""The loop: each item once, whatever the endpoint does, and nothing that was paid for is lost."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation import mock
from ecmiip.evaluation.calling import Caller
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.mock import Fault
from ecmiip.evaluation.run import Bench, Price, rescore, run
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.verdict import Evaluation, Verdict
from ecmiip.models.endpoint import Endpoint

DAY = date(2026, 11, 22)
OPTIONS = {"A": "甲", "B": "乙", "C": "丙", "D": "丁"}


def item(number: int, kind: str = "single", **changes: object) -> Item:
    options = {} if kind == "open" else OPTIONS
    key = {"single": "B", "multi": "BD"}.get(kind, "")
    made = Item(
        id=f"made/{number}",
        suite="made",
        kind=kind,  # type: ignore[arg-type]
        question=f"示例{number}：商标被使用，怎么办？",
        options=options,
        key=key,
        answers=() if options else ("可以起诉。",),
        task="conduct",
        direction="trademark",
        as_of=DAY,
        tags=("ip",),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


ITEMS = [item(number) for number in range(8)]


class Trial:
    """One evaluation against a mock that does what it is told."""

    def __init__(self, folder: Path) -> None:
        self.evaluation = Evaluation(
            folder / "made--mock--closed", "made", "mock", Setting(), 8, command="ecmiip eval …"
        )
        self.cache = folder / "replies.sqlite"
        self.waited: list[float] = []
        self.asked = 0

    def run(
        self,
        items: Iterable[Item] = ITEMS,
        *,
        faults: Iterable[Fault | None] = (),
        jobs: int = 1,
        timeout: float = 5.0,
        setting: Setting = Setting(),  # noqa: B008 - it is frozen
        price: Price = Price(),  # noqa: B008
        cached: bool = False,
    ) -> list[Verdict]:
        with mock.serving(faults=faults, slow=1.0) as served:
            endpoint = served.endpoint(timeout=timeout)
            cache = self.cache if cached else None
            try:
                with Caller(endpoint, "mock", cache, sleep=self.waited.append) as caller:
                    bench = Bench(caller, setting, None, price=price)
                    return run(list(items), bench, self.evaluation, jobs=jobs)
            finally:
                self.asked = len(served.asked)
                endpoint.close()

    def kept(self) -> list[Verdict]:
        return list(self.evaluation.verdicts())


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


@pytest.mark.parametrize("jobs", [1, 4])
def test_each_item_is_asked_once(trial: Trial, jobs: int) -> None:
    verdicts = trial.run(jobs=jobs)
    assert [verdict.id for verdict in verdicts] == [asked.id for asked in ITEMS]
    assert trial.asked == len(ITEMS)
    assert trial.run(jobs=jobs) == verdicts
    assert trial.asked == 0
    assert sorted(v.id for v in trial.kept()) == sorted(v.id for v in verdicts)


def test_a_run_killed_in_the_middle_of_a_line_goes_on(trial: Trial) -> None:
    whole = trial.run()
    lines = trial.evaluation.log.read_bytes().splitlines(keepends=True)
    trial.evaluation.log.write_bytes(b"".join(lines[:3]) + lines[3][:40])
    resumed = trial.run()
    assert trial.asked == len(ITEMS) - 3
    assert [v.letters for v in resumed] == [v.letters for v in whole]


def test_an_interrupt_keeps_what_was_answered(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecmiip.evaluation import run as module

    append = module.append_jsonl
    left = [3]

    def interrupted(path: Path, row: object) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        append(path, row)

    monkeypatch.setattr(module, "append_jsonl", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trial.run()
    assert len(trial.kept()) == 3
    monkeypatch.setattr(module, "append_jsonl", append)
    assert len(trial.run()) == len(ITEMS)
    assert trial.asked == len(ITEMS) - 3


def test_a_smaller_run_is_part_of_a_larger(trial: Trial) -> None:
    few = trial.run(ITEMS[:3])
    assert trial.run()[:3] == few
    assert trial.asked == len(ITEMS) - 3
    assert trial.run(ITEMS[:3]) == few


# --- what endpoints do -------------------------------------------------------------------------


def test_a_limit_of_rate_is_waited_for(trial: Trial) -> None:
    verdicts = trial.run(faults=["limit", "limit", None, "broken"])
    assert [verdict.error for verdict in verdicts] == [""] * len(ITEMS)
    assert trial.waited == [1.0, 2.0, 1.0]


def test_an_endpoint_that_stays_down_ends_the_run_in_one_sentence(trial: Trial) -> None:
    faults: list[Fault | None] = [None, None, *cast("list[Fault]", ["broken"] * 10)]
    with pytest.raises(UserError) as caught:
        trial.run(faults=faults)
    told = str(caught.value)
    assert "HTTP 503" in told
    assert "2 of 8 verdicts are kept: go on with `ecmiip eval … --resume`" in told
    assert "\n" not in told
    assert len(trial.kept()) == 2
    assert not [verdict for verdict in trial.run() if verdict.error]
    assert trial.asked == 6


def test_nobody_there(trial: Trial) -> None:
    nobody = Endpoint("http://127.0.0.1:9/v1", "x")
    with (
        Caller(nobody, "x", None, sleep=trial.waited.append) as caller,
        pytest.raises(UserError, match=r"cannot be reached.*0 of 8 verdicts are kept"),
    ):
        run(ITEMS, Bench(caller, Setting(), None), trial.evaluation)
    assert trial.waited == [1.0, 2.0, 4.0, 8.0]


def test_a_wrong_key_is_told_at_once(trial: Trial) -> None:
    with pytest.raises(UserError, match="API key"):
        trial.run(faults=["denied"])
    assert trial.asked == 1
    assert trial.waited == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("garbage", "did not answer as the OpenAI chat API"),
        ("too_long", "HTTP 400"),
        ("slow", "cannot be reached"),
    ],
)
def test_one_bad_answer_condemns_one_item(trial: Trial, fault: Fault, said: str) -> None:
    verdicts = trial.run(faults=[None, fault], timeout=0.3)
    (bad,) = [verdict for verdict in verdicts if verdict.error]
    assert bad.id == "made/1"
    assert said in bad.error
    assert bad.right is False
    assert (bad.raw, bad.letters) == ("", "")
    assert bad.prompt[-1]["content"].startswith("日期：2026-11-22")
    assert not [verdict for verdict in trial.run() if verdict.error]
    assert trial.asked == 1  # only the item that failed


def test_garbage_without_end_ends_the_run(trial: Trial) -> None:
    with pytest.raises(UserError, match=r"5 items in a row failed .* 6 of 8 verdicts are kept"):
        trial.run(faults=[None, *["garbage"] * 7])  # type: ignore[list-item]


def test_items_too_long_for_the_server_do_not_end_the_run(trial: Trial) -> None:
    verdicts = trial.run(faults=["too_long"] * 7)
    assert sum(bool(verdict.error) for verdict in verdicts) == 7


def test_a_model_that_never_stops_is_cut(trial: Trial) -> None:
    opened = [item(1, "open")]
    (verdict,) = trial.run(opened, faults=["endless"], setting=Setting(max_tokens=50))
    assert verdict.finish == "length"
    assert len(verdict.raw) == 50


# --- what is kept ------------------------------------------------------------------------------


def test_the_verdict_tells_all(trial: Trial) -> None:
    (verdict,) = trial.run([item(3, "multi")], price=Price(2.0, 8.0))
    assert verdict.key == "BD"
    assert verdict.right == (verdict.letters == "BD")
    assert verdict.kind == "multi"
    assert (verdict.direction, verdict.as_of, verdict.tags) == ("trademark", DAY, ("ip",))
    assert "（多选）\nA. 甲\nB. 乙" in verdict.prompt[-1]["content"]
    spent = verdict.prompt_tokens * 2.0 + verdict.completion_tokens * 8.0
    assert verdict.cost == pytest.approx(spent / 1e6)
    assert verdict.seconds > 0
    assert trial.kept() == [verdict]


def test_replies_are_kept_by_request(trial: Trial) -> None:
    first = trial.run(cached=True)
    trial.evaluation.log.unlink()
    assert trial.run(cached=True, jobs=3) == first
    assert trial.asked == 0
    trial.evaluation.log.unlink()
    trial.run(cached=True, setting=Setting(constraint="none"))
    assert trial.asked == len(ITEMS)


def test_scores_are_counted_anew_from_what_is_kept(trial: Trial) -> None:
    (verdict,) = trial.run([item(1)])
    corrected = item(1, key=verdict.letters)
    assert rescore(verdict, corrected, None).right is True
    assert rescore(verdict, item(1), None) == verdict


def test_a_broken_line_is_named(trial: Trial) -> None:
    trial.run(ITEMS[:2])
    lines = trial.evaluation.log.read_text().splitlines()
    lines[0] = json.dumps({"id": "made/0"})
    trial.evaluation.log.write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=r"verdicts\.jsonl:1: not a verdict"):
        trial.kept()
