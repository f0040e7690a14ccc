"""Check a whole file of pairs: each by itself, against the benchmarks, and against the others."""

from collections.abc import Sequence
from dataclasses import dataclass

from tqdm import tqdm

from ecmiip.instruct import decontaminate
from ecmiip.instruct.check import faults
from ecmiip.instruct.decontaminate import Decontamination
from ecmiip.instruct.duplicates import NearDuplicates
from ecmiip.instruct.pair import Pair, expand
from ecmiip.instruct.stats import unbalanced
from ecmiip.mipld.database import Mipld


@dataclass(frozen=True)
class Inspected:
    """What was found: reasons by pair, and what the pairs as a whole lack."""

    pairs: int
    failed: dict[str, list[str]]
    unbalanced: list[str]


def inspect(pairs: Sequence[Pair], db: Mipld) -> Inspected:
    """Every check on ``pairs``. The benchmarks are those at hand; there may be none."""
    benchmarks, seen = at_hand(db), NearDuplicates()
    failed: dict[str, list[str]] = {}
    names: set[str] = set()
    for pair in tqdm(pairs, desc="checks", unit=""):
        reasons = faults(pair, db)
        if pair.id in names:
            reasons.append("has the id of another pair")
        names.add(pair.id)
        if not reasons:
            question, answer = expand(pair.question, db), expand(pair.answer, db)
            reasons = repeats(pair, question, answer, benchmarks, seen)
        if reasons:
            failed.setdefault(pair.id, []).extend(reasons)
    rows = [pair.model_dump(mode="json") for pair in pairs]
    return Inspected(len(pairs), failed, unbalanced(rows))


def at_hand(db: Mipld) -> Decontamination:
    """What the benchmarks at hand say that statutes do not; nothing if there are none."""
    source = decontaminate.folder()
    if source is None:
        return Decontamination((), ())
    statutes = (provision.quote() for provision in db.provisions(as_of=None))
    return Decontamination(decontaminate.read_items(source), statutes)


def repeats(
    pair: Pair, question: str, answer: str, benchmarks: Decontamination, seen: NearDuplicates
) -> list[str]:
    """Whether the pair repeats a benchmark or one that was ``seen``; if neither, it is seen.

    ``question`` and ``answer`` are those of ``pair`` with the references filled in.
    """
    if leak := benchmarks.reason(question, answer):
        return [leak]
    other = seen.find(question, answer)
    # What is put again with other provisions is no repetition: what differs is what is read.
    if other and other != pair.base:
        return [f"nearly repeats {other}"]
    seen.add(pair.id, question, answer)
    return []
