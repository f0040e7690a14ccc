"""Build the set of Q&A pairs: gather, check, split, add what is read, weed out, write."""

import hashlib
import json
import multiprocessing
import random
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ecmiip.files import home, shipped, write_json, write_jsonl
from ecmiip.instruct import decontaminate, imported, teacher
from ecmiip.instruct.check import faults
from ecmiip.instruct.derive import again, derive, judgments, reading, statements, versions
from ecmiip.instruct.duplicates import NearDuplicates
from ecmiip.instruct.inspection import at_hand, repeats
from ecmiip.instruct.pair import Pair, expand, look_up, read_authored, row
from ecmiip.instruct.sources import coming_days, effective_on, ip_provisions
from ecmiip.instruct.split import is_heldout, split
from ecmiip.instruct.stats import summary
from ecmiip.mipld.database import Mipld
from ecmiip.models import prompt

# Raised when the rules change, so that a set built by older rules is built again.
VERSION = 6

# How many provisions are read with a question, and the share of questions asked without any.
_SHOWN = 3
_CLOSED_BOOK = 0.25
# Fewer pairs than this are prepared sooner than another process is started.
_WORTH_PROCESSES = 1000
_PROCESSES = 2

Row = dict[str, Any]
Candidate = tuple[Pair, list[str]]


def folder(as_of: date) -> Path:
    """Where the pairs of a day are kept."""
    return home() / "pairs" / as_of.isoformat()


def build(db: Mipld, as_of: date, destination: Path) -> dict[str, Any]:
    """Write ``train.jsonl``, ``heldout.jsonl``, ``dropped.jsonl`` and ``stats.json``.

    Each row is a pair's fields and its ``messages``; a dropped row has the ``reasons`` instead.
    The same database, date and inputs give the same bytes, so a ``destination`` that was made of
    them is left as it is. Returns what ``stats.json`` holds.
    """
    state = {"inputs": inputs(db, as_of), "mipld": db.fingerprint, "as_of": as_of.isoformat()}
    stats_file = destination / "stats.json"
    if stats_file.is_file():
        stats: dict[str, Any] = json.loads(stats_file.read_text(encoding="utf-8"))
        if {key: stats.get(key) for key in state} == state:
            return stats
        stats_file.unlink()  # what follows replaces the set it describes
    benchmarks = at_hand(db)
    candidates = list(gather(db, as_of))
    rows: dict[str, list[Row]] = {"train": [], "heldout": [], "dropped": []}
    seen = NearDuplicates()
    with _preparing(db, len(candidates)) as prepare:
        made = tqdm(prepare(candidates), total=len(candidates), desc="Q&A pairs", unit="")
        for (pair, reasons), prepared in zip(candidates, made, strict=True):
            reasons = [*reasons, *prepared["reasons"]]
            if not reasons:
                question, answer = prepared["question"], prepared["answer"]
                reasons = repeats(pair, question, answer, benchmarks, seen)
            if reasons:
                rows["dropped"].append(pair.model_dump(mode="json") | {"reasons": reasons})
            else:
                rows[split(pair)].append(prepared["row"])
    for side, kept in rows.items():
        write_jsonl(destination / f"{side}.jsonl", kept)
    stats = state | summary(rows, benchmarks.items)
    write_json(stats_file, stats)
    return stats


def gather(db: Mipld, as_of: date) -> Iterator[Candidate]:
    """Every pair there is, with the reasons to leave it out that its source already knows.

    First come those that were written; what a later one repeats is left out.
    """
    current = ip_provisions(db, as_of)
    coming = {day: effective_on(ip_provisions(db, day), day) for day in coming_days(db, as_of)}
    pairs = [
        authored(),
        teacher.kept(),
        judgments.judge(db.cases()),
        derive(current, as_of),
        *(derive(new, day) for day, new in coming.items()),
        versions.compare(db, [*current, *chain.from_iterable(coming.values())], as_of),
        reading.read(db, current, as_of),
        statements.judge(current, as_of),
        statements.evolution(db, [*current, *chain.from_iterable(coming.values())], as_of),
    ]
    for pair in chain.from_iterable(pairs):
        yield pair, []
        if pair.key and not pair.context:
            yield again.again(pair), []
    if (source := imported.folder()) is not None:
        yield from imported.imported(db, as_of, source)


def inputs(db: Mipld, as_of: date) -> str:
    """Digest of all that decides the set: rules, prompt, pairs, benchmarks, database, date."""
    form = prompt.ask("doctrine", "", as_of, ["law"])
    whole = hashlib.sha256(f"{VERSION} {db.fingerprint} {as_of} {form}".encode())
    written = sorted(shipped("data/pairs").rglob("*.toml"))
    sources = [path for path in (imported.folder(), decontaminate.folder()) if path]
    beside = sorted(file for path in sources for file in path.rglob("*") if file.is_file())
    for path in chain(written, [imported.answers_file()], teacher.files(), beside):
        whole.update(path.name.encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def authored() -> Iterator[Pair]:
    """The pairs written for this project."""
    for path in sorted(shipped("data/pairs").rglob("*.toml")):
        yield from read_authored(path)


def with_context(pair: Pair, db: Mipld) -> Pair:
    """``pair`` with the provisions that a user would see it answered from.

    Those are what the search finds for the question, with what the answer rests on put among them
    if the search missed it; what is held out is not shown in training. A fixed share of the pairs
    is left closed-book, and a pair that brings its own context keeps it.
    """
    chance = random.Random(f"context {pair.id}")
    if pair.context or pair.cases or chance.random() < _CLOSED_BOOK:
        return pair
    training = split(pair) == "train"
    found = [
        hit.provision.address
        for hit in db.search(pair.question, as_of=pair.as_of, limit=2 * _SHOWN)
        if not (training and is_heldout(hit.provision.address))
    ]
    own = {held.address for address in pair.provisions if (held := look_up(address, db))}
    others = [address for address in found if address not in own]
    context = [*pair.provisions, *others][: max(_SHOWN, len(pair.provisions))]
    chance.shuffle(context)
    return pair.model_copy(update={"context": tuple(context)})


def _prepare(candidate: Candidate, db: Mipld) -> dict[str, Any]:
    """What needs the database: the faults of a pair, and its row if it has none."""
    pair, known = candidate
    reasons = faults(pair, db) if not known else []
    if split(pair) == "neither":
        reasons.append("rests on provisions of both sides of the split")
    if reasons or known:
        return {"reasons": reasons}
    return {
        "reasons": [],
        "row": row(again.with_hits(pair, db) if pair.base else with_context(pair, db), db),
        "question": expand(pair.question, db),
        "answer": expand(pair.answer, db),
    }


@contextmanager
def _preparing(db: Mipld, count: int) -> Iterator[Any]:
    """A function that maps :func:`_prepare` over candidates, in order; in processes if many."""
    # A fork needs no main module that can be imported, which a script or a notebook has not. The
    # children open the database anew and touch nothing else that their parent has.
    if count < _WORTH_PROCESSES or sys.platform != "linux":
        yield partial(map, partial(_prepare, db=db))
        return
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(_PROCESSES, context, _open, (db.path,)) as pool:
        try:
            yield partial(_mapped, pool)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _mapped(pool: ProcessPoolExecutor, candidates: Iterable[Candidate]) -> Iterator[Any]:
    return pool.map(_prepare_there, candidates, chunksize=64)


_opened: list[Mipld] = []


def _open(path: Path) -> None:
    """In a new process: open the database once."""
    _opened.append(Mipld.open(path))


def _prepare_there(candidate: Candidate) -> dict[str, Any]:
    return _prepare(candidate, _opened[0])
