"""Build the set of Q&A pairs from MIPLD: derive, check, split, add what is read, write."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ecmiip.files import home, shipped, write_json, write_jsonl
from ecmiip.instruct.check import faults
from ecmiip.instruct.derive import derive
from ecmiip.instruct.pair import Pair, read_authored, row
from ecmiip.instruct.split import split
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import DIRECTIONS

# Raised when the rules change, so that a set built by older rules is built again.
VERSION = 1

# How many provisions are read with a question, and the share of questions asked without any.
_SHOWN = 3
_CLOSED_BOOK = 0.25


def folder(as_of: date) -> Path:
    """Where the pairs of a day are kept."""
    return home() / "pairs" / as_of.isoformat()


def build(db: Mipld, as_of: date, destination: Path) -> dict[str, Any]:
    """Write ``train.jsonl``, ``heldout.jsonl``, ``dropped.jsonl`` and ``stats.json``.

    Each row is a pair's fields and its ``messages``; a dropped row has the ``reasons`` instead.
    The same database and date give the same bytes, so a ``destination`` that was made of
    them is left as it is. Returns what ``stats.json`` holds.
    """
    state = {"inputs": inputs(db, as_of), "mipld": db.fingerprint, "as_of": as_of.isoformat()}
    stats_file = destination / "stats.json"
    if stats_file.is_file():
        stats: dict[str, Any] = json.loads(stats_file.read_text(encoding="utf-8"))
        if {key: stats.get(key) for key in state} == state:
            return stats
        stats_file.unlink()  # what follows replaces the set it describes
    rows: dict[str, list[dict[str, Any]]] = {"train": [], "heldout": [], "dropped": []}
    provisions = list(db.provisions(as_of=as_of, directions=tuple(DIRECTIONS)))
    pairs = chain(authored(), derive(provisions, as_of))
    for pair in tqdm(pairs, desc="Q&A pairs", unit=""):
        side, reasons = split(pair), faults(pair, db)
        if reasons or side == "neither":
            reasons = reasons or ["rests on provisions of both sides of the split"]
            rows["dropped"].append(pair.model_dump(mode="json") | {"reasons": reasons})
            continue
        shown = with_context(pair, db)
        rows[side].append(row(shown, db))
    for side, made in rows.items():
        write_jsonl(destination / f"{side}.jsonl", made)
    stats = state | {"sides": {side: len(made) for side, made in rows.items()}}
    stats |= _counts(rows["train"] + rows["heldout"])
    write_json(stats_file, stats)
    return stats


def inputs(db: Mipld, as_of: date) -> str:
    """Digest of all that decides the set: rules, authored pairs, database, date."""
    whole = hashlib.sha256(f"{VERSION} {db.fingerprint} {as_of}".encode())
    for path in sorted(shipped("data/pairs").rglob("*.toml")):
        whole.update(path.read_bytes())
    return whole.hexdigest()


def authored() -> Iterator[Pair]:
    """The pairs written for this project."""
    for path in sorted(shipped("data/pairs").rglob("*.toml")):
        yield from read_authored(path)


def with_context(pair: Pair, db: Mipld) -> Pair:
    """``pair`` with the provisions that a user would see it answered from.

    Those are what the search finds for the question, with what the answer rests on put among them
    if the search missed it. A fixed share of the pairs is left closed-book.
    """
    chance = random.Random(f"context {pair.id}")
    if chance.random() < _CLOSED_BOOK:
        return pair
    found = [
        hit.provision.address for hit in db.search(pair.question, as_of=pair.as_of, limit=_SHOWN)
    ]
    others = [address for address in found if address not in pair.provisions]
    context = [*pair.provisions, *others][: max(_SHOWN, len(pair.provisions))]
    chance.shuffle(context)
    return pair.model_copy(update={"context": tuple(context)})


def _counts(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Per origin: how many, by task and by direction, as ``instruct stats --json`` gives them."""
    made: dict[str, Any] = {}
    for origin in ("authored", "derived", "imported", "teacher"):
        mine = [row for row in rows if row["origin"] == origin]
        made[origin] = {
            "total": len(mine),
            "by_task": dict(sorted(Counter(row["task"] for row in mine).items())),
            "by_direction": dict(sorted(Counter(row["direction"] for row in mine).items())),
        }
    return made
