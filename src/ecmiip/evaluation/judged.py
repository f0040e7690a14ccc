"""The grades that a judge gave in an evaluation, kept beside the verdicts."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.judge import Grade, Judge, in_turn
from ecmiip.evaluation.self_check import SelfCheck, passing
from ecmiip.evaluation.statistics import mean
from ecmiip.evaluation.verdict import Evaluation, Verdict
from ecmiip.files import read_json, write_json


@dataclass(frozen=True)
class Judged:
    """All grades that one judge gave in an evaluation, by item."""

    judge: str
    check: SelfCheck
    grades: Mapping[str, Grade]
    answers: Mapping[str, str]  # SHA-256 of each graded answer, by item
    unjudged: tuple[str, ...]  # items on which the judge could not be read
    prompt_tokens: int
    completion_tokens: int
    cost: float

    @property
    def disagreement(self) -> float:
        """Mean over the items."""
        return fmean(grade.disagreement for grade in self.grades.values()) if self.grades else 0.0


_JUDGED = TypeAdapter(Judged)


def judge_all(
    judge: Judge,
    evaluation: Evaluation,
    items: Mapping[str, Item],
    check: SelfCheck,
    *,
    jobs: int = 1,
    prices: tuple[float, float] = (0.0, 0.0),
) -> Judged:
    """Grade every open answer of ``evaluation`` whose item has a rubric, and keep the grades.

    The judge must have passed ``check``. Replies are kept by the endpoint's caller, so a run that
    was interrupted goes on. An answer that is missing gets no points unseen.
    """
    passing(check, judge.name)
    before = judge.prompt_tokens, judge.completion_tokens
    answers = [
        (items[verdict.id], verdict)
        for verdict in evaluation.verdicts()
        if verdict.kind == "open" and verdict.id in items and items[verdict.id].rubric
    ]

    def grade(pair: tuple[Item, Verdict]) -> Grade | None:
        item, verdict = pair
        if verdict.error or not verdict.raw.strip():
            nothing = (0.0,) * len(item.rubric)
            return Grade(nothing, 0.0, 0.0, ("",) * len(item.rubric))
        return judge.grade(item, verdict.raw)

    given = in_turn(grade, answers, jobs, f"{judge.name}: {evaluation.path.name}")
    grades = {
        verdict.id: got for (_, verdict), got in zip(answers, given, strict=True) if got is not None
    }
    spent = judge.prompt_tokens - before[0], judge.completion_tokens - before[1]
    judged = Judged(
        judge=judge.name,
        check=check,
        grades=grades,
        answers={verdict.id: _digest(verdict) for _, verdict in answers},
        unjudged=tuple(verdict.id for _, verdict in answers if verdict.id not in grades),
        prompt_tokens=spent[0],
        completion_tokens=spent[1],
        cost=(spent[0] * prices[0] + spent[1] * prices[1]) / 1e6,
    )
    write_json(_file(evaluation, judge.name), asdict(judged))
    return judged


def read_judged(evaluation: Evaluation) -> list[Judged]:
    """What judges have made of ``evaluation``, by the judges' names."""
    found = []
    for path in sorted(evaluation.path.glob("judged--*.json")):
        try:
            found.append(_JUDGED.validate_python(read_json(path)))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            raise UserError(f"{path}: key '{key}': {first['msg']}: judge again") from error
    return found


def as_json(evaluation: Evaluation, judged: Judged) -> dict[str, Any]:
    """What a judge gave, as plain values: the mean share with its interval, and each grade."""
    return asdict(judged) | {
        "evaluation": evaluation.path.name,
        "share": asdict(mean([grade.share for grade in judged.grades.values()])),
        "disagreement": judged.disagreement,
    }


def as_text(evaluation: Evaluation, judged: Judged) -> str:
    """The same in a line to read."""
    found = mean([grade.share for grade in judged.grades.values()])
    low, high = found.interval
    return (
        f"{evaluation.path.name}: {found.value:.1%} [{low:.1%}, {high:.1%}] of the points on"
        f" {found.n} answers by {judged.judge}; not judged {len(judged.unjudged)}; the two orders"
        f" differ by {judged.disagreement:.1%}; {judged.prompt_tokens + judged.completion_tokens:,}"
        " tokens" + (f", cost {judged.cost:.4f}" if judged.cost else "")
    )


def shares(evaluation: Evaluation) -> dict[str, float]:
    """For each item the share of the rubric's points; the mean where several judges judged.

    An answer that was given since gets nothing: the grade is of another one.
    """
    found = read_judged(evaluation)
    if not found:
        return {}
    now = {verdict.id: _digest(verdict) for verdict in evaluation.verdicts()}
    given: dict[str, list[float]] = {}
    for judged in found:
        for name, grade in judged.grades.items():
            if judged.answers.get(name) == now.get(name):
                given.setdefault(name, []).append(grade.share)
    return {name: fmean(values) for name, values in given.items()}


def _digest(verdict: Verdict) -> str:
    return hashlib.sha256(verdict.raw.encode()).hexdigest()


def _file(evaluation: Evaluation, judge: str) -> Path:
    plain = "".join(c if c.isalnum() or c in "-._" else "-" for c in judge)
    return evaluation.path / f"judged--{plain}.json"
