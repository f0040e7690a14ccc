"""Two subjects side by side: positions are swapped, and a judge that follows them finds a tie."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.calling import Caller
from ecmiip.evaluation.items import Criterion, Item
from ecmiip.evaluation.judge import Judge
from ecmiip.evaluation.pairwise import Contest, as_text, check, compare, contest
from ecmiip.evaluation.verdict import Evaluation, Verdict
from ecmiip.mipld.database import Mipld
from ecmiip.models.chat import Message
from ecmiip.models.endpoint import Reply

DAY = date(2026, 11, 22)
Choose = Callable[[str, str], str]


@dataclass
class Scripted:
    """Prefers by ``choose``: given both answers, ``1``, ``2`` or ``same``."""

    choose: Choose
    grammars: bool = False
    asked: list[str] = field(default_factory=list)

    def chat(self, messages: Sequence[Message], **_: Any) -> Reply:
        words = messages[-1]["content"]
        self.asked.append(words)
        parts = words.split("========\n")
        better = self.choose(parts[1].strip(), parts[3].strip())
        return Reply(json.dumps({"reason": "", "better": better}), "stop", 10, 5, 0.1)


def longer(first: str, second: str) -> str:
    return "same" if len(first) == len(second) else "1" if len(first) > len(second) else "2"


def item(number: int) -> Item:
    answer = (
        f"丁{number}公司的行为构成侵权，应当依照第三条承担责任，期限为十年，" + "可以协商。" * 30
    )
    return Item(
        id=f"made-up/{number}",
        suite="made-up",
        kind="open",
        question=f"丁{number}公司怎么办？",
        options={},
        key="",
        answers=(answer,),
        task="conduct",
        direction="patent",
        as_of=DAY,
        provisions=(f"示例专利法@2020#{number}",),
        rubric=(Criterion("写明", 10),),
    )


ITEMS = [item(number) for number in range(1, 7)]
REFERENCES = {one.answers[0] for one in ITEMS}


@pytest.fixture
def judge_of(small_mipld: Mipld) -> Callable[[Choose], Judge]:
    return lambda choose: Judge(Caller(Scripted(choose), "judge", None), "judge", small_mipld)


@pytest.mark.parametrize(
    ("choose", "outcome"),
    [
        (longer, "win"),
        (lambda a, b: longer(b, a), "loss"),
        (lambda *_: "same", "tie"),
        (lambda *_: "1", "inconsistent"),
        (lambda a, _: "1" if a == "长长" else "same", "inconsistent"),
        (lambda *_: "neither", None),
    ],
    ids=["win", "loss", "tie", "follows the position", "half decided", "unreadable"],
)
def test_outcomes(choose: Choose, outcome: str | None, judge_of: Callable[[Choose], Judge]) -> None:
    assert compare(judge_of(choose), ITEMS[0], "长长", "短") == outcome


def counted(wins: int, ties: int, losses: int) -> Contest:
    outcomes = ["win"] * wins + ["tie"] * ties + ["loss"] * losses
    return Contest("j", "a", "b", {str(n): o for n, o in enumerate(outcomes)}, 0)  # type: ignore[misc]


def test_win_rate_interval_and_test() -> None:
    even, all_won = counted(3, 4, 3), counted(10, 0, 0)
    assert even.win_rate == 0.5
    assert even.interval[0] < 0.5 < even.interval[1]
    assert even.p == 1.0
    assert all_won.win_rate == 1.0
    assert 0.6 < all_won.interval[0] < 0.85
    assert all_won.interval[1] == 1.0
    assert all_won.p == pytest.approx(2 / 2**10)
    assert counted(0, 0, 0).p == 1.0


def test_a_contest(
    judge_of: Callable[[Choose], Judge],
    make_evaluation: Callable[..., Evaluation],
    make_verdict: Callable[..., Verdict],
) -> None:
    raws = {1: ("很长的回答", "短"), 2: ("短", "很长的回答"), 3: ("一样", "两样"), 4: ("", "有")}
    first = make_evaluation("a", [make_verdict(n, kind="open", raw=r[0]) for n, r in raws.items()])
    second = make_evaluation(
        "b", [make_verdict(n, kind="open", raw=r[1]) for n, r in raws.items()] + [make_verdict(9)]
    )
    known = {one.id: one for one in ITEMS}
    found = contest(judge_of(longer), first, second, known, jobs=2)
    # What is missing is shown as 没有作答 in brackets, which is longer than 有.
    assert list(found.outcomes.values()) == ["win", "loss", "tie", "win"]
    assert found.to_json()["win_rate"] == found.win_rate == 0.625
    assert "2 wins, 1 ties" in as_text(found)
    with pytest.raises(UserError, match="no open item in common"):
        contest(judge_of(longer), first, make_evaluation("c", [make_verdict(1)]), known)


def test_a_judge_is_tested_first(small_mipld: Mipld, judge_of: Callable[[Choose], Judge]) -> None:
    def knows_references(first: str, second: str) -> str:
        return "1" if first in REFERENCES and second not in REFERENCES else "2"

    with pytest.raises(UserError, match="failed the judge's self-check"):
        check(judge_of(lambda *_: "1"), ITEMS)
    with pytest.raises(UserError, match="too few"):
        check(judge_of(knows_references), ITEMS[:1])
    # The answer to another item is a reference too: there this judge cannot tell.
    with pytest.raises(UserError, match="12 times of 16"):
        check(judge_of(knows_references), ITEMS)

    scripted = Scripted(
        lambda first, _: "1" if first in REFERENCES and first[:2] in question(scripted) else "2"
    )
    share = check(Judge(Caller(scripted, "judge", None), "judge", small_mipld), ITEMS)
    assert (share.hits, share.n) == (16, 16)


def question(scripted: Scripted) -> str:
    """The question of the latest request."""
    return scripted.asked[-1].split("========")[0]
