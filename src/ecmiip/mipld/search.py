"""BM25 over provisions, holdings and notes, with the scores computed when the index is built.

A query is then a sum over the postings of its terms (Robertson & Zaragoza 2009; eager scoring as in
Lù 2024, "BM25S"): a few array additions, whatever its length. Filters by day, direction, kind and
law are masks over the entries.
"""

from __future__ import annotations

import math
import tomllib
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select

from ecmiip.mipld import embedding, schema
from ecmiip.mipld.document import DIRECTIONS, KINDS
from ecmiip.mipld.segment import segment

K1, B = 1.2, 0.6
# A query of any length answers in bounded time: its rarest terms carry its meaning.
MAX_TERMS = 64
# Words of the title say what a short article leaves unsaid.
TITLE_WEIGHT, HEADING_WEIGHT = 1, 1
SYNONYM_WEIGHT = 0.6
# Of two texts that speak of a matter alike, the higher norm is the answer (chosen on questions of
# lawyer-llama and our own: recall@5 over all texts rises by a fifth).
RANK = {"constitution": 1.3, "law": 1.3, "regulation": 0.9, "rule": 0.9}
SUBJECTS = ("provision", "court_case", "note")
_OPEN_END = date.max.toordinal()

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Entry:
    """One thing to be found: what it is, where its words are, and when it counts."""

    subject: str
    subject_id: int
    title: str
    heading: str
    body: str
    first_day: date
    last_day: date | None
    directions: tuple[str, ...]
    kind: str
    law: int = 0


def build(connection: Connection, entries: Iterable[Entry]) -> int:
    """Write the index of ``entries``; return how many there are."""
    # Entries and counts of each term, as C integers: there are millions.
    postings: dict[str, tuple[array[int], array[int]]] = {}
    lengths: list[int] = []
    ranks: list[float] = []
    columns: dict[str, list[int]] = {name: [] for name in _COLUMNS}
    rows = []
    cut: dict[str, Counter[str]] = {}
    for number, entry in enumerate(entries):
        counts: Counter[str] = Counter()
        for text, weight in (
            (entry.title, TITLE_WEIGHT),
            (entry.heading, HEADING_WEIGHT),
            (entry.body, 1),
        ):
            # Titles and headings repeat from article to article.
            words = cut.get(text) or Counter(segment(text))
            if text is not entry.body:
                cut[text] = words
            for term, count in words.items():
                counts[term] += weight * count
        for term, count in counts.items():
            found = postings.get(term)
            if found is None:
                found = postings[term] = (array("i"), array("i"))
            found[0].append(number)
            found[1].append(count)
        lengths.append(sum(counts.values()))
        ranks.append(RANK.get(entry.kind, 1.0))
        rows.append({"id": number, "subject": entry.subject, "subject_id": entry.subject_id})
        for name, value in zip(_COLUMNS, _facts(entry), strict=True):
            columns[name].append(value)
    if not rows:
        return 0
    connection.execute(insert(schema.search_entry), rows)
    length = np.asarray(lengths, dtype=np.float32)
    norm = K1 * (1 - B + B * length / length.mean())
    rank = np.asarray(ranks, dtype=np.float32)
    connection.execute(
        insert(schema.search_term),
        [_scored(term, postings[term], norm, rank) for term in sorted(postings)],
    )
    connection.execute(
        insert(schema.search_column),
        [
            {"name": name, "values": np.asarray(values, dtype=np.int32).tobytes()}
            for name, values in columns.items()
        ],
    )
    return len(rows)


_COLUMNS = ("subject", "subject_id", "first_day", "last_day", "directions", "kind", "law")


def _facts(entry: Entry) -> tuple[int, ...]:
    return (
        SUBJECTS.index(entry.subject),
        entry.subject_id,
        entry.first_day.toordinal(),
        entry.last_day.toordinal() if entry.last_day else _OPEN_END,
        _bits(entry.directions, DIRECTIONS),
        _bits((entry.kind,), KINDS) if entry.kind in KINDS else 0,
        entry.law,
    )


def _bits(names: Iterable[str], known: Iterable[str]) -> int:
    order = list(known)
    return sum(1 << order.index(name) for name in set(names))


def _scored(
    term: str, posting: tuple[array[int], array[int]], norm: Floats, rank: Floats
) -> dict[str, object]:
    """The postings of ``term`` with their BM25 contributions: int32 entries, float32 impacts."""
    found = np.frombuffer(posting[0], dtype=np.int32)
    count = np.frombuffer(posting[1], dtype=np.int32).astype(np.float32)
    idf = math.log(1 + (len(norm) - len(found) + 0.5) / (len(found) + 0.5))
    impacts = (rank[found] * idf * count * (K1 + 1) / (count + norm[found])).astype(np.float32)
    return {"term": term, "entries": found.tobytes(), "impacts": impacts.tobytes()}


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """Everyday word → legal terms (``synonyms.toml``)."""
    text = (files("ecmiip.mipld") / "synonyms.toml").read_text(encoding="utf-8")
    return {word: tuple(terms) for word, terms in tomllib.loads(text)["synonyms"].items()}


def weighted_terms(query: str) -> dict[str, float]:
    """Terms of ``query`` with weights: its own words, then the legal words for everyday ones."""
    weights: dict[str, float] = dict.fromkeys(segment(query), 1.0)
    for word, terms in synonyms().items():
        if word in query:
            for legal in terms:
                for term in segment(legal):
                    weights.setdefault(term, SYNONYM_WEIGHT)
    return weights


class Index:
    """The index of one database, read once; postings are read as terms are asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._postings: dict[str, tuple[Ints, Floats] | None] = {}
        columns = {
            row.name: np.frombuffer(row[1], dtype=np.int32)
            for row in connection.execute(select(schema.search_column))
        }
        empty = np.zeros(0, dtype=np.int32)
        self.subject = columns.get("subject", empty)
        self.subject_id = columns.get("subject_id", empty)
        self._first_day = columns.get("first_day", empty)
        self._last_day = columns.get("last_day", empty)
        self._directions = columns.get("directions", empty)
        self._kind = columns.get("kind", empty)
        self._law = columns.get("law", empty)

    def find(
        self,
        query: str,
        *,
        subject: str,
        as_of: date | None,
        directions: Sequence[str] = (),
        kinds: Sequence[str] = (),
        limit: int = 5,
        meaning: float = 0.0,
    ) -> list[tuple[int, float]]:
        """(subject id, score) of the best ``limit`` entries, best first; ties by id.

        With ``meaning`` the score is the words' share of the best one, plus so many times the
        cosine between the meanings of query and entry.
        """
        scores = np.zeros(len(self.subject), dtype=np.float32)
        weights = weighted_terms(query)
        self._read(weights)
        known = [(term, self._postings[term]) for term in weights]
        ranked = sorted(
            ((len(p[0]), term, p) for term, p in known if p is not None), key=lambda t: t[:2]
        )
        for _, term, (entries, impacts) in ranked[:MAX_TERMS]:
            scores[entries] += weights[term] * impacts
        wanted = self.subject == SUBJECTS.index(subject)
        if as_of is not None:
            day = as_of.toordinal()
            wanted &= (self._first_day <= day) & (day <= self._last_day)
        if directions:
            wanted &= (self._directions & _bits(directions, DIRECTIONS)) != 0
        if kinds:
            wanted &= (self._kind & _bits(kinds, KINDS)) != 0
        scores[~wanted] = 0
        if meaning:
            alike = self.vectors @ embedding.shipped().question(weights)
            alike[~wanted | (alike < 0)] = 0
            scores = scores / max(float(scores.max(initial=0)), 1e-9) + meaning * alike
        best = np.flatnonzero(scores)
        if len(best) > limit:
            threshold = np.partition(scores[best], -limit)[-limit]
            best = best[scores[best] >= threshold]
        ordered = sorted(best.tolist(), key=lambda entry: (-scores[entry], entry))
        return [(int(self.subject_id[e]), float(scores[e])) for e in ordered[:limit]]

    @cached_property
    def vectors(self) -> Floats:
        """The vectors of all entries, [entries, size], made of the index's own terms."""
        known = embedding.shipped()
        vectors = np.zeros((len(self.subject), known.vectors.shape[1]), dtype=np.float32)
        table = schema.search_term
        for row in self._connection.execute(select(table)):
            if row.term in known.row:
                number = known.row[row.term]
                impacts = np.frombuffer(row.impacts, dtype=np.float32) * known.stated[number]
                # A term has each entry once.
                vectors[np.frombuffer(row.entries, dtype=np.int32)] += np.outer(
                    impacts, known.vectors[number]
                )
        return embedding.unit(vectors)

    def _read(self, terms: Iterable[str]) -> None:
        missing = [term for term in terms if term not in self._postings]
        # A bounded cache: a long-running server must not come to hold the whole index twice.
        if len(self._postings) > 50_000:
            self._postings.clear()
            missing = list(terms)
        for start in range(0, len(missing), 500):
            batch = missing[start : start + 500]
            self._postings.update(dict.fromkeys(batch))
            table = schema.search_term
            for row in self._connection.execute(select(table).where(table.c.term.in_(batch))):
                entries = np.frombuffer(row.entries, dtype=np.int32)
                impacts = np.frombuffer(row.impacts, dtype=np.float32)
                self._postings[row.term] = (entries, impacts)
