"""Vectors of terms for the search by meaning, learnt from pairs and from the law itself.

A question and a provision that its answer rests on should be alike, and more so than the question
is to the provisions of the other questions of the batch (InfoNCE; van den Oord et al. 2018). Of
the law alone, a sentence of a provision should be like the rest of it (the inverse cloze task; Lee
et al. 2019). A term's vector is its own plus the mean of its characters', which gives rare terms
something to start from.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from tqdm import tqdm

from ecmiip.errors import UserError
from ecmiip.instruct.pair import Pair
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision
from ecmiip.mipld.embedding import Embedding
from ecmiip.mipld.search import K1, B
from ecmiip.mipld.segment import segment

if TYPE_CHECKING:
    import torch

SIZE, STEPS, BATCH, TEMPERATURE = 128, 600, 256, 0.05
# Every third batch is of sentences; half of the others is of authored questions.
_SENTENCES_EVERY = 3
# A term counts if so many provisions or questions have it.
_IN_PROVISIONS, _IN_QUESTIONS = 3, 2
# A pair that rests on more provisions says little of each; a shorter sentence says little at all.
_MOST_PROVISIONS, _SHORTEST = 6, 13
T = TypeVar("T")

_SENTENCE = re.compile(r"[。；\n]")
_ARTICLE = re.compile(r"[^#]*#\d+(?:-\d+)?")


@dataclass(frozen=True)
class _Question:
    terms: Counter[str]
    provisions: tuple[int, ...]
    authored: bool


class _Corpus:
    """The provisions, each version once, and the questions that rest on them."""

    def __init__(self, provisions: Iterable[Provision], pairs: Iterable[Pair]) -> None:
        self.provisions = list({p.address: p for p in provisions}.values())
        self.heads = [Counter(segment(f"{p.law} {p.chapter}")) for p in self.provisions]
        self.sentences = [
            [Counter(segment(s)) for s in _SENTENCE.split(p.text) if len(s) >= _SHORTEST]
            for p in self.provisions
        ]
        self.whole = [Counter(segment(f"{p.law} {p.chapter} {p.text}")) for p in self.provisions]
        place = {p.address: number for number, p in enumerate(self.provisions)}
        self.questions = []
        for pair in pairs:
            articles = {found[0] for a in pair.provisions if (found := _ARTICLE.match(a))}
            rests = tuple(sorted(place[a] for a in articles if a in place))
            if 0 < len(rests) <= _MOST_PROVISIONS:
                terms = Counter(segment(pair.question))
                self.questions.append(_Question(terms, rests, pair.origin == "authored"))
        self.several = [n for n, parts in enumerate(self.sentences) if len(parts) > 1]
        if not self.questions or not self.several:
            raise UserError("no pair rests on a provision at hand: make the pairs first")
        self.length = sum(sum(c.values()) for c in self.whole) / len(self.whole)
        self.frequency: Counter[str] = Counter()
        for counts in self.whole:
            self.frequency.update(counts.keys())
        asked: Counter[str] = Counter()
        for question in self.questions:
            asked.update(question.terms.keys())
        self.terms = sorted(
            {t for t, n in self.frequency.items() if n >= _IN_PROVISIONS}
            | {t for t, n in asked.items() if n >= _IN_QUESTIONS}
        )

    def idf(self) -> list[float]:
        """As BM25 has it, of each of ``terms``."""
        count = len(self.provisions)
        return [
            float(np.log(1 + (count - n + 0.5) / (n + 0.5)))
            for n in (self.frequency[term] for term in self.terms)
        ]

    def batch(self, step: int, draw: Random) -> list[tuple[Counter[str], Counter[str], int]]:
        """Texts that belong together, and the number of the provision that they belong to."""
        if step % _SENTENCES_EVERY == _SENTENCES_EVERY - 1:
            return [self._cut(n, draw) for n in _some(self.several, BATCH, draw)]
        halves = [
            [q for q in self.questions if q.authored is authored] for authored in (True, False)
        ]
        chosen = [q for half in halves for q in _some(half, BATCH // 2, draw)]
        rests = [draw.choice(question.provisions) for question in chosen]
        return [(q.terms, self.whole[n], n) for q, n in zip(chosen, rests, strict=True)]

    def _cut(self, number: int, draw: Random) -> tuple[Counter[str], Counter[str], int]:
        parts = self.sentences[number]
        taken = draw.randrange(len(parts))
        rest = self.heads[number].copy()
        for other, part in enumerate(parts):
            if other != taken:
                rest.update(part)
        return parts[taken], rest, number


def learn(
    db: Mipld, pairs: Iterable[Pair], *, seed: int = 1, steps: int = STEPS, size: int = SIZE
) -> Embedding:
    """Vectors of the terms of MIPLD's provisions and of the questions of ``pairs``.

    Takes some two minutes on one processor. Raises UserError if no pair rests on a provision.
    """
    import torch
    from torch.nn.functional import cross_entropy

    corpus = _Corpus(db.provisions(as_of=None), pairs)
    torch.manual_seed(seed)
    model = _Model(corpus, size)
    draw = Random(seed)
    groups = [
        {"params": [model.own, model.characters], "lr": 2e-3},
        {"params": [model.asked, model.stated], "lr": 5e-3},
    ]
    optimizer = torch.optim.Adam(groups)
    # Constant, then falling to nothing over the second half.
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, 2 * (steps - step) / steps)
    )
    laws = [(p.law, p.article, p.suffix) for p in corpus.provisions]
    with tqdm(range(steps), desc="embedding", unit="step") as bar:
        for step in bar:
            batch = corpus.batch(step, draw)
            table = model.table()
            questions = model.texts([q for q, _, _ in batch], table, model.asked, lengths=False)
            provisions = model.texts([p for _, p, _ in batch], table, model.stated, lengths=True)
            likeness = questions @ provisions.T / TEMPERATURE
            # Other versions of the same article are no wrong answers.
            numbers = {law: n for n, law in enumerate(dict.fromkeys(laws[n] for *_, n in batch))}
            article = torch.tensor([numbers[laws[n]] for *_, n in batch])
            same = (article[:, None] == article) & ~torch.eye(len(batch), dtype=torch.bool)
            loss = cross_entropy(likeness.masked_fill(same, -torch.inf), torch.arange(len(batch)))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            bar.set_postfix_str(f"loss {loss.item():.2f}", refresh=False)
    with torch.no_grad():
        return Embedding(
            terms=tuple(corpus.terms),
            vectors=model.table().numpy(),
            asked=model.asked.clamp(min=0).numpy(),
            stated=model.stated.clamp(min=0).numpy(),
        )


class _Model:
    """The trained tensors, and texts as their vectors."""

    def __init__(self, corpus: _Corpus, size: int) -> None:
        import torch
        from torch.nn import Parameter

        self._row = {term: number for number, term in enumerate(corpus.terms)}
        known = sorted({character for term in corpus.terms for character in term})
        number = {character: n for n, character in enumerate(known)}
        spelled = [[number[character] for character in term] for term in corpus.terms]
        self._spelled = torch.tensor([n for one in spelled for n in one])
        self._starts = _starts(map(len, spelled))
        self._idf = torch.tensor(corpus.idf())
        self._length = corpus.length
        self.own = Parameter(0.5 * _unit(torch.randn(len(spelled), size)))
        self.characters = Parameter(0.5 * _unit(torch.randn(len(known), size)))
        self.asked = Parameter(self._idf / 5)
        self.stated = Parameter(torch.ones(len(spelled)))

    def table(self) -> "torch.Tensor":
        """The vectors of all terms."""
        from torch.nn.functional import embedding_bag

        return self.own + embedding_bag(self._spelled, self.characters, self._starts, mode="mean")

    def texts(
        self,
        texts: Sequence[Counter[str]],
        table: "torch.Tensor",
        weights: "torch.Tensor",
        *,
        lengths: bool,
    ) -> "torch.Tensor":
        """One vector of length 1 for each text; with ``lengths`` a term weighs as in BM25."""
        import torch
        from torch.nn.functional import embedding_bag

        rows: list[int] = []
        counts: list[float] = []
        sizes = []
        for text in texts:
            known = [(self._row[term], count) for term, count in text.items() if term in self._row]
            norm = K1 * (1 - B + B * sum(text.values()) / self._length)
            rows += [row for row, _ in known]
            counts += [c * (K1 + 1) / (c + norm) if lengths else 1.0 for _, c in known]
            sizes.append(len(known))
        row = torch.tensor(rows, dtype=torch.long)
        each = torch.tensor(counts) * weights.clamp(min=0)[row]
        if lengths:
            each = each * self._idf[row]
        summed = embedding_bag(row, table, _starts(sizes), mode="sum", per_sample_weights=each)
        return _unit(summed)


def _starts(sizes: Iterable[int]) -> "torch.Tensor":
    """Where each of consecutive pieces of these ``sizes`` begins."""
    import torch

    ends = np.cumsum([0, *sizes])
    return torch.from_numpy(ends[:-1])


def _unit(vectors: "torch.Tensor") -> "torch.Tensor":
    from torch.nn.functional import normalize

    return normalize(vectors, dim=-1)


def _some(of: Sequence[T], count: int, draw: Random) -> list[T]:
    return draw.sample(of, min(count, len(of)))
