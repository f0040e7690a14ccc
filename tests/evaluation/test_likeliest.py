"""A choice by likelihood: what counts as the answer, and how a run comes by it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation import mock
from ecmiip.evaluation.calling import Caller
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.likeliest import choose
from ecmiip.evaluation.run import Bench, run
from ecmiip.evaluation.scorers import letters
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.verdict import Evaluation
from ecmiip.models import prompt
from ecmiip.models.likelihood import Likelihood

SINGLE = Item(
    id="made/1",
    suite="made",
    kind="single",
    question="示例法怎样规定？",
    options={"A": "甲", "B": "乙丙丁", "C": "戊"},
    key="B",
    answers=(),
    task="doctrine",
    direction="patent",
    as_of=date(2026, 11, 22),
)
MULTI = replace(SINGLE, id="made/2", kind="multi", key="AC", question="哪些正确？（多选）")
# The sum favours the first option, the mean the second.
FOUND = [Likelihood(-2.0, 1, -1.5), Likelihood(-3.0, 4, -2.5), Likelihood(-4.0, 1, 1.0)]


class Scripted:
    """Tells the same of every question, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str]]] = []

    def likelihoods(self, text: str, options: Sequence[str]) -> list[Likelihood]:
        self.asked.append((text, list(options)))
        return FOUND


def test_one_right_letter_is_the_likeliest_for_its_length() -> None:
    assert letters.read(choose(SINGLE, FOUND), SINGLE.options) == "B"


def test_what_asks_for_the_wrong_one_is_answered_by_the_least_likely() -> None:
    wrong = replace(SINGLE, question="甲说“正确的”。下列说法错误的是：")
    assert letters.read(choose(wrong, FOUND), wrong.options) == "C"
    facts = replace(SINGLE, question="甲的说法错误。他有什么权利？")
    assert letters.read(choose(facts, FOUND), facts.options) == "B"


def test_several_right_letters_are_those_not_surely_left_out() -> None:
    assert letters.read(choose(MULTI, FOUND), MULTI.options) == "AC"


def test_of_several_at_least_one_is_chosen() -> None:
    none = [replace(one, odds=one.odds - 5) for one in FOUND]
    assert letters.read(choose(MULTI, none), MULTI.options) == "C"


def test_a_run_asks_the_weights_once_and_shows_no_options(tmp_path: Path) -> None:
    weights = Scripted()
    setting = Setting(choice="likelihood")
    with mock.serving() as server:
        for folder in ("first", "again"):
            evaluation = Evaluation(tmp_path / folder, "made", "mock", setting, 2)
            cache = tmp_path / "replies.sqlite"
            with Caller(server.endpoint(), "mock", cache, weights=weights) as caller:
                verdicts = run([SINGLE, MULTI], Bench(caller, setting, None), evaluation)
            assert [verdict.letters for verdict in verdicts] == ["B", "AC"]
            assert all(verdict.right for verdict in verdicts)
    assert not server.asked  # the endpoint has nothing to do
    assert weights.asked == [
        ("示例法怎样规定\n答：", ["甲", "乙丙丁", "戊"]),
        ("哪些正确\n答：", ["甲", "乙丙丁", "戊"]),
    ]
    told = json.loads(verdicts[0].raw)
    assert (told["scores"]["B"], told["options"]["B"]) == ([-1.5, -2.5], "乙丙丁")


def test_what_was_kept_is_of_the_words_that_were_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = Scripted()
    with mock.serving() as server:
        for words in ("（应选：", "（对吗："):
            monkeypatch.setattr(prompt, "ASKS_WHETHER", words)
            cache = tmp_path / "replies.sqlite"
            with Caller(server.endpoint(), "mock", cache, weights=weights) as caller:
                caller.likelihoods("问：", ["甲"])
    assert len(weights.asked) == 2


def test_an_endpoint_without_weights_is_told(tmp_path: Path) -> None:
    setting = Setting(choice="likelihood")
    evaluation = Evaluation(tmp_path / "made", "made", "mock", setting, 1)
    with mock.serving() as server, Caller(server.endpoint(), "mock", None) as caller:
        [verdict] = run([SINGLE], Bench(caller, setting, None), evaluation)
    assert "leave out --choice" in verdict.error


def test_the_setting_is_told_in_the_name() -> None:
    assert Setting(depth=3, choice="likelihood").name == "mipld3-likelihood"


@pytest.mark.parametrize("model", ["http://127.0.0.1:1/v1#x"])
def test_weights_behind_a_url_cannot_be_read(model: str) -> None:
    from ecmiip.models.subject import read_weights

    with pytest.raises(UserError, match="not here"):
        read_weights(model)
