"""Keep benchmarks out of the pairs: shared runs of 13 characters, and near-duplicate questions.

Benchmarks quote statutes, and so do we: words that stand in MIPLD's provisions are the law's, not
a benchmark's, and do not count. The run length is that of Brown et al. 2020 ("Language Models are
Few-Shot Learners", appendix C), in characters, since Chinese has no spaces.
"""

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmiip.errors import UserError
from ecmiip.files import shared
from ecmiip.instruct.duplicates import NearDuplicates
from ecmiip.mipld.quotation import plain

GRAM = 13
# A pair is a leak if this share of its question's grams stands in one benchmark item or another …
_SHARE = 0.5
# … or if so many consecutive characters of the pair do: whole clauses, more than a phrase in use.
_RUN = 40
# An item that is made of statutes, such as a choice between articles, must be the same outright.
_SAME = 0.92
# A gram that so many items of a benchmark share is its prompt, not its content.
_COMMON = 20
# A pair about IP can be a near-duplicate of an item about IP only.
_IP = re.compile(
    r"专利|商标|著作权|版权|知识产权|商业秘密|不正当竞争|植物新品种|布图设计|地理标志|域名|技术"
)
_SUFFIXES = (".json", ".jsonl", ".csv")

_PUNCTUATION = re.compile(r"[\W_]+")

Hashes = NDArray[np.uint64]
Found = NDArray[np.bool_]
_NONE: Hashes = np.zeros(0, dtype=np.uint64)
# Powers of an odd number modulo 2^64, and another to spread the result.
_BASE = 0x9E3779B97F4A7C15
_POWERS: Hashes = np.array([pow(_BASE, n, 1 << 64) for n in range(GRAM)], dtype=np.uint64)
_MIX = np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True)
class Item:
    """One item of a benchmark: where it lies (file and number), and all that it says."""

    name: str
    question: str
    text: str


def folder() -> Path | None:
    """Where the benchmarks lie; None if there are none at hand."""
    beside = shared()
    path = beside / "benchmarks" if beside else None
    return path if path and path.is_dir() else None


def read_items(source: Path) -> Iterator[Item]:
    """The items of every .json, .jsonl and .csv file under ``source``, whatever their fields.

    A value that a field has in many items of a file is an instruction and is left out. The
    question is the longest text of the item.
    """
    files = (path for path in source.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    for path in sorted(files):
        rows = [dict(_strings(record)) for record in _records(path)]
        repeated = Counter(value for row in rows for value in set(row.values()))
        for number, row in enumerate(rows, 1):
            own = [value for value in row.values() if repeated[value] <= _COMMON]
            if own:
                name = f"{path.relative_to(source)}:{number}"
                yield Item(name, max(own, key=len), "\n".join(own))


class Decontamination:
    """The grams and questions of all benchmarks at hand, to hold pairs against."""

    def __init__(self, items: Iterable[Item], statutes: Iterable[str]) -> None:
        """``statutes`` are texts whose words anyone may quote."""
        self.items = 0
        parts, about_ip = [_NONE], []
        for item in items:
            self.items += 1
            parts.append(grams(item.text))
            if _IP.search(item.text):
                about_ip.append(item)
        self._grams = _without(_unique(parts), _unique([_NONE, *map(grams, statutes)]))
        self._questions, self._statutory = NearDuplicates(), NearDuplicates(_SAME)
        for item in about_ip:
            # Where the item is a statute, all who quote the statute would be near it.
            own = _mean(_member(grams(item.question), self._grams)) >= _SHARE
            (self._questions if own else self._statutory).add(item.name, item.question)

    def reason(self, question: str, answer: str) -> str | None:
        """Why a pair of these words may not teach; None if it may."""
        asked = _mean(self._shared(question))
        if asked >= _SHARE:
            return f"{round(100 * asked)} % of its question stands in a benchmark"
        for part in (question, answer):
            if (run := _longest_run(self._shared(part)) + GRAM - 1) >= _RUN:
                return f"{run} characters in a row stand in a benchmark"
        near = self._questions.find(question) or self._statutory.find(question)
        return f"its question is nearly that of {near}" if near else None

    def _shared(self, text: str) -> Found:
        """For each gram of ``text``, in order, whether a benchmark has it."""
        return _member(grams(text), self._grams)


def grams(text: str) -> Hashes:
    """A 64-bit hash of each run of :data:`GRAM` characters, punctuation and spaces left out.

    A polynomial in the characters, put together from runs of 1, 4 and 8.
    """
    codes = np.frombuffer(_bare(text).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    count = len(codes) - GRAM + 1
    if count <= 0:
        return np.zeros(0, dtype=np.uint64)
    two = codes[:-1] + codes[1:] * _POWERS[1]
    four = two[:-2] + two[2:] * _POWERS[2]
    eight = four[:-4] + four[4:] * _POWERS[4]
    rest = four[8:][:count] * _POWERS[8] + codes[12:] * _POWERS[12]
    hashes: Hashes = (eight[:count] + rest) * _MIX
    return hashes


def _bare(text: str) -> str:
    """What :func:`ecmiip.mipld.quotation.plain` gives, faster: most text needs no folding."""
    bare = _PUNCTUATION.sub("", text)
    return bare if unicodedata.is_normalized("NFKC", bare) else plain(bare)


def _unique(parts: list[Hashes]) -> Hashes:
    """All hashes of ``parts``, sorted, each once."""
    hashes = np.concatenate(parts)
    hashes.sort()
    return hashes[np.concatenate(([True], hashes[1:] != hashes[:-1]))] if len(hashes) else hashes


def _without(hashes: Hashes, others: Hashes) -> Hashes:
    return hashes[~_member(hashes, others)]


def _member(hashes: Hashes, among: Hashes) -> Found:
    """For each of ``hashes`` whether it is in ``among``, which is sorted."""
    if not len(among):
        return np.zeros(len(hashes), dtype=np.bool_)
    places = np.minimum(np.searchsorted(among, hashes), len(among) - 1)
    found: Found = among[places] == hashes
    return found


def _mean(found: Found) -> float:
    return float(found.mean()) if len(found) else 0.0


def _longest_run(found: Found) -> int:
    """Length of the longest run of True; 1 - GRAM if there is none, so that no text is shared."""
    if not found.any():
        return 1 - GRAM
    edges = np.flatnonzero(np.diff(np.concatenate(([0], found.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max())


def _records(path: Path) -> Iterator[Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".csv":
            # No field is longer than the file; the module's own limit is 131,072 characters.
            csv.field_size_limit(max(csv.field_size_limit(), len(text)))
            yield from csv.DictReader(io.StringIO(text))
        else:
            yield from _json_records(text)
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error, RecursionError) as error:
        raise UserError(
            f"{path}: not a benchmark file that can be read ({error}): mend it, or move it away"
        ) from error


def _json_records(text: str) -> list[Any]:
    """The records of a JSON list, of one JSON value, or of one value per line."""
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        # Not splitlines, which also cuts at characters that JSON allows in a text, as U+2028.
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    return whole if isinstance(whole, list) else [whole]


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """(field, text) of every text in a record."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, f"{key}.{name}")
    elif isinstance(value, list):
        # Options make one text: apart, short ones would be no content.
        texts = [inner for inner in value if isinstance(inner, str)]
        if texts:
            yield key, "\n".join(texts)
        for number, inner in enumerate(value):
            if not isinstance(inner, str):
                yield from _strings(inner, f"{key}.{number}")
