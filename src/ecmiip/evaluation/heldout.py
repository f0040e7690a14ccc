"""The held-out suite: questions on provisions that no training pair rests on.

Choice questions are answered with one letter, constrained where the endpoint can be; open ones in
free text, whose citations MIPLD checks. Every subject gets the same retrieval.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ecmiip.assistant.answer import is_good, without_loops
from ecmiip.evaluation.statistics import Share
from ecmiip.files import append_jsonl, mend_jsonl, read_jsonl
from ecmiip.instruct.pair import Pair, look_up, read_built
from ecmiip.mipld.database import Mipld
from ecmiip.models import prompt
from ecmiip.models.chat import Message
from ecmiip.models.endpoint import Endpoint

_SHOWN = 3
_OPEN_TOKENS = 160
# One letter, or several in a row; a letter inside a word is none.
_LETTERS = re.compile(r"(?<![A-Za-z])[A-D](?:[、,，和及\s]*[A-D])*(?![A-Za-z])")


@dataclass(frozen=True)
class Verdict:
    """One item and one subject: what was asked, what came back, how it counts."""

    id: str
    task: str
    prompt: str
    raw: str
    key: str  # the right letters; "" for an open question
    letter: str  # the letters read from a choice answer; "" where none could be read
    cited: int  # citations in an open answer
    good: int  # of those: exist, in force on the item's date, quoted as they read
    gold: bool  # whether an open answer cites a provision that the item rests on
    seconds: float


@dataclass(frozen=True)
class Scores:
    """What a subject reached on a set of verdicts."""

    choice: Share  # right letters
    unreadable: int  # choice answers without a letter; they count as wrong, and are told apart
    gold: Share  # open answers that cite a provision they should
    good: Share  # citations in open answers that are good
    uncited: int  # open answers without any citation


def load_items(heldout: Path, choices: int, opens: int) -> list[Pair]:
    """``choices`` choice and ``opens`` open questions of a built held-out set, tasks in turn.

    The draw depends on the set alone, so that every subject and every run meets the same items.
    """
    pairs = list(read_built(heldout))
    random.Random(0).shuffle(pairs)
    # One right letter: how often chance alone finds it is known, one in four.
    closed = [pair for pair in pairs if len(pair.key) == 1][:choices]
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
    return closed + in_turn[:opens]


def run(
    items: Sequence[Pair], endpoint: Endpoint, db: Mipld, log: Path, *, with_mipld: bool, title: str
) -> list[Verdict]:
    """Put ``items`` to ``endpoint``; each verdict is appended to ``log`` (JSON lines) at once.

    What ``log`` holds already is not asked again, so an interrupted run goes on.
    """
    mend_jsonl(log)
    done = {fields["id"]: Verdict(**fields) for fields in read_jsonl(log)} if log.exists() else {}
    for pair in tqdm([pair for pair in items if pair.id not in done], desc=title, unit=""):
        verdict = _judge(pair, endpoint, db, with_mipld)
        append_jsonl(log, asdict(verdict))
        done[pair.id] = verdict
    return [done[pair.id] for pair in items]


def score(verdicts: Sequence[Verdict]) -> Scores:
    """Count ``verdicts``."""
    choice = [verdict for verdict in verdicts if verdict.key]
    opened = [verdict for verdict in verdicts if not verdict.key]
    return Scores(
        choice=Share(sum(verdict.letter == verdict.key for verdict in choice), len(choice)),
        unreadable=sum(not verdict.letter for verdict in choice),
        gold=Share(sum(verdict.gold for verdict in opened), len(opened)),
        good=Share(sum(v.good for v in opened), sum(v.cited for v in opened)),
        uncited=sum(not verdict.cited for verdict in opened),
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
    return [verdict.letter == verdict.key for verdict in verdicts if verdict.key]


def gold_hits(verdicts: Sequence[Verdict]) -> list[bool]:
    """For each open item, in order, whether a provision it rests on was cited."""
    return [verdict.gold for verdict in verdicts if not verdict.key]


def _judge(pair: Pair, endpoint: Endpoint, db: Mipld, with_mipld: bool) -> Verdict:
    hits = db.search(pair.question, as_of=pair.as_of, limit=_SHOWN) if with_mipld else []
    read = [hit.provision.quote() for hit in hits]
    messages = prompt.ask(pair.task, pair.question, pair.as_of, read)
    return (_judge_choice if pair.key else _judge_open)(pair, messages, endpoint, db)


def _judge_choice(pair: Pair, messages: list[Message], endpoint: Endpoint, _: Mipld) -> Verdict:
    if endpoint.grammars:
        most = 1 if len(pair.key) == 1 else 4  # 多选 is said in the question
        grammar = "root ::= [A-D]" + " [A-D]?" * (most - 1)
        reply = endpoint.chat(messages, max_tokens=most, grammar=grammar)
    else:
        reply = endpoint.chat(messages, max_tokens=16)
    found = _LETTERS.search(reply.text)
    return Verdict(
        id=pair.id,
        task=pair.task,
        prompt=messages[-1]["content"],
        raw=reply.text,
        key=pair.key,
        letter="".join(sorted(set(found[0]) & set("ABCD"))) if found else "",
        cited=0,
        good=0,
        gold=False,
        seconds=reply.seconds,
    )


def _judge_open(pair: Pair, messages: list[Message], endpoint: Endpoint, db: Mipld) -> Verdict:
    reply = endpoint.chat(messages, max_tokens=_OPEN_TOKENS)
    raw = without_loops(reply.text)
    citations = db.cite(raw, as_of=pair.as_of)
    gold = {(p.law, p.article, p.suffix) for a in pair.provisions if (p := look_up(a, db))}
    return Verdict(
        id=pair.id,
        task=pair.task,
        prompt=messages[-1]["content"],
        raw=raw,
        key="",
        letter="",
        cited=len(citations),
        good=sum(is_good(citation) for citation in citations),
        gold=any((c.law, c.article, c.suffix) in gold for c in citations),
        seconds=reply.seconds,
    )
