"""Pieces to micro-batches without padding, and a stage's whole plan, fixed by seed and data.

A micro-batch is one flat row of tokens: whole pieces one after another, with the length of each.
Attention runs piece by piece (ecmiip.training.attention), so nothing is padded and no piece sees
another, nor an option of a choice question the other options. The plan is made in full before the
first step, so "where was I" is one step number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ecmiip.errors import UserError
from ecmiip.training.data import Piece
from ecmiip.training.recipe import Batch

# Pieces that packing may choose from. More fills rows better and disturbs the random order more.
LOOKAHEAD = 32


class Span(NamedTuple):
    """The length of a piece without branches, or of the prompt of one; its branches' lengths."""

    length: int
    branches: tuple[int, ...] = ()


@dataclass(frozen=True)
class Choice:
    """The options of one choice question in a row: C tokens of their words, K options.

    predictors [C], targets [C] as in :class:`Rows`; owners [C]: which option a target belongs to;
    judging [K]: where the hidden state stands that says yes or no; right [K]: which options are
    right; likely [K]: which should be likelier than the others; answers [2]: the tokens of yes and
    no; weight: how many targets the question counts as.
    """

    predictors: Tensor
    targets: Tensor
    owners: Tensor
    judging: Tensor
    right: Tensor
    likely: Tensor
    answers: Tensor
    weight: int

    def to(self, device: torch.device) -> "Choice":
        """The same with its tensors on ``device``."""
        return Choice(
            self.predictors.to(device),
            self.targets.to(device),
            self.owners.to(device),
            self.judging.to(device),
            self.right.to(device),
            self.likely.to(device),
            self.answers.to(device),
            self.weight,
        )


@dataclass(frozen=True)
class Rows:
    """One micro-batch. T tokens, S of them targets outside choice questions.

    ids [T], positions [T] (from 0 in each piece, each branch going on from the prompt), spans (of
    sum T), predictors [S]: where the hidden state that predicts a target stands, targets [S],
    and the choice questions among the pieces.
    """

    ids: Tensor
    positions: Tensor
    spans: tuple[Span, ...]
    predictors: Tensor
    targets: Tensor
    choices: tuple[Choice, ...] = ()

    @property
    def tokens(self) -> int:
        return len(self.ids)

    @property
    def weight(self) -> int:
        """How many targets the row's loss is a sum over."""
        return len(self.targets) + sum(choice.weight for choice in self.choices)

    def to(self, device: torch.device) -> "Rows":
        """The same row with its tensors on ``device``."""
        return Rows(
            self.ids.to(device),
            self.positions.to(device),
            self.spans,
            self.predictors.to(device),
            self.targets.to(device),
            tuple(choice.to(device) for choice in self.choices),
        )


@dataclass(frozen=True)
class Group:
    """Pieces that together get ``share`` of the tokens."""

    share: float
    pieces: Sequence[Piece]


Step = list[list[Piece]]  # the micro-batches of one optimizer step


def collate(pieces: Sequence[Piece]) -> Rows:
    """Lay pieces into one row."""
    ids = torch.from_numpy(np.concatenate([piece.ids for piece in pieces])).long()
    spans = [_span(piece) for piece in pieces]
    starts = [0, *accumulate(map(len, pieces))][:-1]
    # A choice question's targets are not learned one by one.
    masks = [piece.loss & (not piece.branches) for piece in pieces]
    targets = torch.from_numpy(np.concatenate(masks)).nonzero().flatten()
    return Rows(
        ids=ids,
        positions=torch.cat([_positions(span) for span in spans]),
        spans=tuple(spans),
        # A piece's token 0 is never a target, so the token before a target is in the same piece.
        predictors=targets - 1,
        targets=ids[targets],
        choices=tuple(
            _choice(piece, ids, start)
            for piece, start in zip(pieces, starts, strict=True)
            if piece.branches
        ),
    )


def _span(piece: Piece) -> Span:
    branches = tuple(branch.length for branch in piece.branches)
    return Span(len(piece) - sum(branches), branches)


def _positions(span: Span) -> Tensor:
    after = [torch.arange(span.length, span.length + length) for length in span.branches]
    return torch.cat([torch.arange(span.length), *after])


def _choice(piece: Piece, ids: Tensor, start: int) -> Choice:
    """The options of ``piece``, which begins at ``start`` in the row."""
    asked = start + _span(piece).length  # where the first branch begins
    begin = asked
    predictors: list[int] = []
    targets: list[int] = []
    judging: list[int] = []
    for branch in piece.branches:
        targets += range(begin, begin + branch.words)
        # Every branch follows the prompt.
        predictors += [asked - 1, *range(begin, begin + branch.words - 1)]
        begin += branch.length
        judging.append(begin - 1)
    words = torch.tensor([branch.words for branch in piece.branches])
    return Choice(
        predictors=torch.tensor(predictors),
        targets=ids[targets],
        owners=torch.repeat_interleave(words),
        judging=torch.tensor(judging),
        right=torch.tensor([branch.right for branch in piece.branches]),
        likely=torch.tensor([branch.likely for branch in piece.branches]),
        answers=torch.tensor(piece.answers),
        weight=int(piece.loss.sum()),
    )


def plan(groups: Sequence[Group], tokens: int, batch: Batch, seed: int) -> list[Step]:
    """Plan a stage: steps of about ``batch.step`` tokens until ``tokens`` are reached.

    The groups' shares hold at every moment to within one piece. Each group is shuffled anew for
    every pass over it. Pure function of its arguments.
    """
    if not groups or not all(group.pieces for group in groups):
        raise UserError("a stage without documents cannot be trained: export its corpus again")
    per_step = batch.step // batch.micro
    steps: list[Step] = []
    planned = 0
    rows = _rows(_mixed(groups, seed), batch.micro)
    while planned < tokens:
        step = [next(rows) for _ in range(per_step)]
        planned += sum(len(piece) for row in step for piece in row)
        steps.append(step)
    return steps


def split(pieces: Sequence[Piece], tokens: int, micro: int) -> list[list[Piece]]:
    """The first ``tokens`` tokens as micro-batches, for evaluation; the last piece is cut.

    The parts take turns, so that a small budget still judges each. A choice question is taken
    whole or not at all.
    """
    chosen: list[Piece] = []
    left = tokens
    for piece in _in_turn(pieces):
        cut = piece
        if not piece.branches:
            cut = Piece(piece.source, piece.ids[:left], piece.loss[:left], piece.part)
        if cut.loss.any() and len(cut) <= left:
            chosen.append(cut)
            left -= len(cut)
        if left < 2:
            break
    rows: list[list[Piece]] = []
    for piece in chosen:
        if not rows or sum(map(len, rows[-1])) + len(piece) > micro:
            rows.append([])
        rows[-1].append(piece)
    return rows


def _in_turn(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """One piece of each part, then the next of each, until all are through."""
    parts: dict[int, list[Piece]] = {}
    for piece in pieces:
        parts.setdefault(piece.part, []).append(piece)
    for turn in zip_longest(*parts.values()):
        yield from (piece for piece in turn if piece is not None)


def _mixed(groups: Sequence[Group], seed: int) -> Iterator[Piece]:
    """Pieces of all groups, each time from the group that is furthest behind its share."""
    total = sum(group.share for group in groups)
    shares = [group.share / total for group in groups]
    streams = [_shuffled(group.pieces, seed, number) for number, group in enumerate(groups)]
    taken = [0] * len(groups)
    while True:
        behind = [taken[g] / shares[g] for g in range(len(groups))]
        chosen = behind.index(min(behind))
        piece = next(streams[chosen])
        taken[chosen] += len(piece)
        yield piece


def _shuffled(pieces: Sequence[Piece], seed: int, stream: int) -> Iterator[Piece]:
    random = np.random.default_rng([seed, stream])
    while True:
        for place in random.permutation(len(pieces)):
            yield pieces[place]


def _rows(pieces: Iterator[Piece], micro: int) -> Iterator[list[Piece]]:
    """Fill rows of at most ``micro`` tokens, first fit within a window of waiting pieces."""
    waiting: list[Piece] = []
    while True:
        row: list[Piece] = []
        left = micro
        while True:
            while len(waiting) < LOOKAHEAD:
                waiting.append(next(pieces))
            fits = next((n for n, piece in enumerate(waiting) if len(piece) <= left), None)
            if fits is None:
                break
            row.append(waiting.pop(fits))
            left -= len(row[-1])
        yield row
