"""One evaluation from its order to its summary: what ``ecmiip eval`` does."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ecmiip.errors import UserError
from ecmiip.evaluation import heldout, suites
from ecmiip.evaluation.calling import Caller
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.loading import Only, load, part
from ecmiip.evaluation.run import FREE, Bench, Price, rescore, run
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.shots import Shots
from ecmiip.evaluation.subjects import Subject, opened
from ecmiip.evaluation.summary import Summary, summarise
from ecmiip.evaluation.verdict import Evaluation, folder, root
from ecmiip.files import write_jsonl
from ecmiip.instruct import build as pairs
from ecmiip.mipld.database import Mipld, default_path
from ecmiip.runs import commit

# How many held-out questions stand for the set: enough to tell a change of some ten points.
_CHOICES, _OPENS = 60, 40
# Between the commands that filled one folder.
_AND_THEN = " && "


@dataclass(frozen=True)
class Order:
    """What is to be evaluated, and how."""

    suite: str
    model: str
    setting: Setting
    root: Path | None = None
    db: Path | None = None
    only: Only | None = None
    half: int | None = None
    limit: int | None = None
    jobs: int = 1
    timeout: float | None = None
    price: Price = FREE
    name: str | None = None
    parameters: int | None = None
    api_key: str | None = None
    rescore: bool = False
    kept: bool = True  # whether replies are kept, and those kept before are taken
    command: str = ""
    under: Path | None = None  # where the evaluation's folder goes, if not beside the others


@dataclass(frozen=True)
class Done:
    """What came of it."""

    evaluation: Evaluation
    summary: Summary

    def to_json(self) -> dict[str, Any]:
        """Plain values, for ``ecmiip eval --json``."""
        made = self.evaluation
        return {
            "suite": made.suite,
            "subject": made.subject,
            "setting": made.setting.name,
            **self.summary.to_json(),
            "verdicts": str(made.log),
        }


def evaluate(order: Order) -> Done:
    """Carry out ``order``, or go on with it.

    Raises UserError for a suite, model or database that cannot be had, for an endpoint that fails,
    and where the folder holds an evaluation of another model, or with another database.
    """
    with ExitStack() as stack:
        # What is quick to look up comes first: a wrong name should not cost minutes.
        _insist_on_sense(order)
        known = (heldout.SUITE, *suites.SUITES)
        if order.suite not in known:
            raise UserError(f"no suite is called '{order.suite}': take one of {', '.join(known)}")
        db = stack.enter_context(Mipld.open(order.db)) if _needs_database(order) else None
        in_process = order.setting.choice == "likelihood"
        subject = stack.enter_context(
            opened(
                order.model, name=order.name, api_key=order.api_key, timeout=order.timeout,
                parameters=order.parameters, batch=order.jobs if in_process else None,
            )
        )  # fmt: skip
        suite = _items(order, db)
        items = part(suite, only=order.only, half=order.half, limit=order.limit)
        if not items:
            raise UserError(
                f"{order.suite}: none of its items is meant: leave out --only or --half"
            )
        kinds = Counter(item.kind for item in suite)
        evaluation = replace(_evaluation(order, subject, items, db), whole=dict(kinds))
        stack.enter_context(_alone(evaluation))
        evaluation = _settled(evaluation, suite, db, again=order.rescore)
        shots = _shots(order.setting, db) if order.setting.few_shot else None
        cache = root() / "replies.sqlite" if order.kept else None
        caller = stack.enter_context(
            Caller(subject.endpoint, subject.identity, cache, weights=subject.weights)
        )
        bench = Bench(caller, order.setting, db, shots, order.price)
        title = f"{order.suite} {subject.name}"
        verdicts = run(items, bench, evaluation, jobs=order.jobs, title=title)
    return Done(evaluation, summarise(verdicts))


def _insist_on_sense(order: Order) -> None:
    """A choice by likelihood reads plain text: what changes the chat would change nothing."""
    setting = order.setting
    if setting.choice != "likelihood" or order.only == "open":
        return
    told = {
        "--few-shot": setting.few_shot > 0,
        "--reasoning": setting.reasoning > 0,
        "--several": setting.several != "whole",
        "--constraint": setting.constraint != "auto",
    }
    if wrong := [option for option, given in told.items() if given]:
        raise UserError(
            f"a choice by likelihood has no chat that {wrong[0]} could change: leave it out, "
            "or ask the open items with --only open"
        )


def _needs_database(order: Order) -> bool:
    """Whether MIPLD must be there; where it is, it judges the citations of open answers."""
    setting = order.setting
    asked_for = order.db is not None or order.suite in (heldout.SUITE, "mipld-eval")
    return asked_for or bool(setting.depth or setting.few_shot) or default_path().is_file()


def _items(order: Order, db: Mipld | None) -> list[Item]:
    if order.suite != heldout.SUITE:
        return load(order.suite, order.root, db)
    assert db is not None
    return heldout.load_items(_pairs(db) / "heldout.jsonl", _CHOICES, _OPENS, db)


def _shots(setting: Setting, db: Mipld | None) -> Shots:
    assert db is not None
    return Shots.read(_pairs(db) / "train.jsonl", db, setting.few_shot, seed=setting.seed)


def _pairs(db: Mipld) -> Path:
    """The folder of today's pairs, built if need be."""
    today = date.today()
    pairs.build(db, today, pairs.folder(today))
    return pairs.folder(today)


def _evaluation(order: Order, subject: Subject, items: list[Item], db: Mipld | None) -> Evaluation:
    return Evaluation(
        path=folder(order.suite, subject.name, order.setting, order.under),
        suite=order.suite,
        subject=subject.name,
        setting=order.setting,
        items=len(items),
        asked=tuple(item.id for item in items),
        identity=subject.identity,
        parameters=subject.parameters,
        base=subject.base,
        mipld=db.fingerprint if db else None,
        commit=commit(),
        as_of=_days(items),
        date=date.today().isoformat(),
        command=order.command,
    )


def _days(items: Iterable[Item]) -> str:
    """The day whose law the keys follow, or the first and the last."""
    days = sorted({item.as_of for item in items})
    return "…".join(dict.fromkeys(day.isoformat() for day in (days[0], days[-1])))


@contextmanager
def _alone(evaluation: Evaluation) -> Iterator[None]:
    """Hold the evaluation's folder while the block runs, so that no item is asked twice.

    Raises UserError where another process holds it.
    """
    evaluation.path.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(evaluation.path / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise UserError(
            f"{evaluation.path}: another evaluation is writing there: wait until it is done, "
            "or call this one something else with --name"
        ) from error


def _settled(
    evaluation: Evaluation, suite: list[Item], db: Mipld | None, *, again: bool
) -> Evaluation:
    """``evaluation`` written down, if what its folder holds already can be gone on with.

    Where the database is another than before, or ``again`` is set, all of that is scored anew.
    """
    if (evaluation.path / "evaluation.json").is_file():
        before = Evaluation.open(evaluation.path)
        _insist_on_the_same(before, evaluation)
        known = {item.id: item for item in suite}
        evaluation = _joined(before, evaluation, known)
        if again or before.mipld != evaluation.mipld:
            kept = [
                rescore(verdict, known[verdict.id], db) if verdict.id in known else verdict
                for verdict in evaluation.verdicts()
            ]
            write_jsonl(evaluation.log, (verdict.to_json() for verdict in kept))
    evaluation.write()
    return evaluation


def _joined(before: Evaluation, evaluation: Evaluation, known: Mapping[str, Item]) -> Evaluation:
    """``evaluation`` with what its folder was asked before, which may be other items.

    Where nothing is left to ask, it stays of the day and the commit that asked last.
    """
    verdicts = list(before.verdicts())
    answered = {verdict.id for verdict in verdicts if not verdict.error}
    ordered = before.asked or [verdict.id for verdict in verdicts]
    asked = tuple(dict.fromkeys([*ordered, *evaluation.asked]))
    if answered.issuperset(evaluation.asked):
        evaluation = replace(evaluation, date=before.date, commit=before.commit)
    commands = dict.fromkeys([*before.command.split(_AND_THEN), evaluation.command])
    return replace(
        evaluation,
        items=max(before.items, len(asked)),
        asked=asked,
        as_of=_days(known[id] for id in asked if id in known),
        command=_AND_THEN.join(filter(None, commands)),
    )


def _insist_on_the_same(before: Evaluation, evaluation: Evaluation) -> None:
    other = None
    if before.identity != evaluation.identity:
        other = "another model of that name"
    elif before.mipld != evaluation.mipld and evaluation.setting.depth:
        other = "another state of MIPLD"
    if other is not None:
        raise UserError(
            f"{evaluation.path} was made with {other}: move that folder away, "
            "or call the model something else with --name"
        )
