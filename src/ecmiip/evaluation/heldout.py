"""The held-out suite: questions on provisions that no training pair rests on, made into items."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ecmiip.evaluation.items import Item, Kind
from ecmiip.evaluation.statistics import Share
from ecmiip.evaluation.verdict import Verdict
from ecmiip.instruct import choices
from ecmiip.instruct.pair import Pair, expand, read_built
from ecmiip.mipld.database import Mipld

SUITE = "heldout"


@dataclass(frozen=True)
class Scores:
    """What a subject reached on a set of verdicts."""

    choice: Share  # right letters
    unreadable: int  # choice answers without a letter; they count as wrong, and are told apart
    gold: Share  # open answers that cite a provision they should
    good: Share  # citations in open answers that are good
    uncited: int  # open answers without any citation


def load_items(heldout: Path, single: int, opens: int, db: Mipld) -> list[Item]:
    """``single`` choice and ``opens`` open questions of a built held-out set, tasks in turn.

    The draw depends on the set alone, so that every subject and every run meets the same items.
    """
    pairs = list(read_built(heldout))
    random.Random(0).shuffle(pairs)
    # One right letter: how often chance alone finds it is known, one in four.
    closed = [pair for pair in pairs if len(pair.key) == 1][:single]
    by_task: dict[str, list[Pair]] = {}
    for pair in pairs:
        # Recall asks for the text of a numbered article: memory alone, no reading or citing.
        if not pair.key and "/recall/" not in pair.id:
            by_task.setdefault(pair.task, []).append(pair)
    in_turn = [
        by_task[task][turn]
        for turn in range(opens)
        for task in sorted(by_task)
        if turn < len(by_task[task])
    ]
    return [item(pair, db) for pair in closed + in_turn[:opens]]


def item(pair: Pair, db: Mipld) -> Item:
    """The item that asks what ``pair`` teaches."""
    question = expand(pair.question, db)
    options = choices.options(question) if pair.key else {}
    stem = question[: question.index(f"\n{next(iter(options))}. ")] if options else question
    kind: Kind = "open" if not options else "single" if len(pair.key) == 1 else "multi"
    return Item(
        id=pair.id,
        suite=SUITE,
        kind=kind,
        question=stem,
        options=options,
        key=pair.key,
        answers=() if options else (expand(pair.answer, db),),
        task=pair.task,
        direction=pair.direction or None,
        as_of=pair.as_of,
        provisions=pair.provisions,
        tags=("ip",),
    )


def score(verdicts: Sequence[Verdict]) -> Scores:
    """Count ``verdicts``."""
    choice = [verdict for verdict in verdicts if verdict.key]
    opened = [verdict for verdict in verdicts if not verdict.key]
    cited = [int(verdict.scores["cited"]) for verdict in opened]
    good = sum(int(verdict.scores["good"]) for verdict in opened)
    return Scores(
        choice=Share(sum(choice_hits(choice)), len(choice)),
        unreadable=sum(not verdict.letters for verdict in choice),
        gold=Share(sum(gold_hits(opened)), len(opened)),
        good=Share(good, sum(cited)),
        uncited=sum(not count for count in cited),
    )


def as_json(scores: Scores) -> dict[str, Any]:
    """Scores as plain values, each share with its 95 % interval."""
    shares = {name: getattr(scores, name) for name in ("choice", "gold", "good")}
    return {
        name: asdict(share) | {"interval": share.interval} for name, share in shares.items()
    } | {
        "uncited": scores.uncited,
        "unreadable": scores.unreadable,
    }


def choice_hits(verdicts: Sequence[Verdict]) -> list[bool]:
    """For each choice item, in order, whether the letter was right."""
    return [bool(verdict.right) for verdict in verdicts if verdict.key]


def gold_hits(verdicts: Sequence[Verdict]) -> list[bool]:
    """For each open item, in order, whether a provision it rests on was cited."""
    return [verdict.scores.get("gold_recall", 0) > 0 for verdict in verdicts if not verdict.key]
