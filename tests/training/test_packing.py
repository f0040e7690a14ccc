"""Packing: no padding, no piece seen by another, shares kept, the plan fixed by its seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmiip.errors import UserError
from ecmiip.training.data import Piece
from ecmiip.training.packing import Group, collate, plan, split
from ecmiip.training.recipe import Batch

BATCH = Batch(sequence=50, micro=50, step=100)


def piece(length: int, name: str = "made", part: int = 0) -> Piece:
    loss = np.ones(length, dtype=np.bool_)
    loss[0] = False
    return Piece(name, np.arange(length, dtype=np.int32), loss, part)


def test_collate_lays_pieces_into_one_row() -> None:
    rows = collate([piece(3), piece(2)])
    assert rows.ids.tolist() == [0, 1, 2, 0, 1]
    assert rows.positions.tolist() == [0, 1, 2, 0, 1]
    assert [span.length for span in rows.spans] == [3, 2]
    assert rows.targets.tolist() == [1, 2, 1]
    assert rows.predictors.tolist() == [0, 1, 3]  # never the last token of the piece before


@given(st.lists(st.integers(2, 50), min_size=1, max_size=60), st.integers(1, 2000))
def test_a_plan_reaches_its_budget_in_rows_that_fit(lengths: list[int], tokens: int) -> None:
    steps = plan([Group(1.0, [piece(n) for n in lengths])], tokens, BATCH, seed=1)
    sizes = [[sum(map(len, row)) for row in step] for step in steps]
    assert all(len(step) == 2 and 0 < size <= 50 for step in sizes for size in step)
    assert sum(map(sum, sizes)) >= tokens > sum(map(sum, sizes[:-1]))


def test_rows_are_nearly_full() -> None:
    pieces = [piece(n) for n in range(5, 40)]
    steps = plan([Group(1.0, pieces)], 3000, BATCH, seed=1)
    sizes = [sum(map(len, row)) for step in steps for row in step]
    assert sum(sizes) / len(sizes) > 0.93 * 50


def test_each_pass_over_a_corpus_is_whole() -> None:
    pieces = [piece(10, str(n)) for n in range(40)]
    steps = plan([Group(1.0, pieces)], 400, BATCH, seed=1)
    seen = [p.source for step in steps for row in step for p in row]
    assert len(seen) == 40
    assert len(set(seen)) >= 30


def test_shares_hold() -> None:
    groups = [Group(0.75, [piece(10, "own")] * 5), Group(0.25, [piece(20, "replay")] * 3)]
    steps = plan(groups, 20_000, BATCH, seed=1)
    names = [p for step in steps for row in step for p in row]
    own = sum(len(p) for p in names if p.source == "own")
    assert own / sum(map(len, names)) == pytest.approx(0.75, abs=0.02)


def test_the_seed_decides_the_plan() -> None:
    groups = [Group(1.0, [piece(10, str(n)) for n in range(40)])]
    order = [
        [p.source for step in plan(groups, 300, BATCH, seed) for row in step for p in row]
        for seed in (1, 1, 2)
    ]
    assert order[0] == order[1] != order[2]


def test_an_empty_group_is_refused() -> None:
    with pytest.raises(UserError, match="without documents"):
        plan([Group(1.0, [])], 10, BATCH, seed=1)


def test_split_takes_exactly_so_many_tokens() -> None:
    rows = split([piece(30), piece(30), piece(30)], 70, 50)
    assert [[len(p) for p in row] for row in rows] == [[30], [30, 10]]
    assert sum(len(p) for row in split([piece(30)], 70, 50) for p in row) == 30


def test_split_lets_the_parts_take_turns() -> None:
    pieces = [
        piece(10, f"{part}{n}", part)
        for part, count in ((0, 4), (2, 1), (1, 3))
        for n in range(count)
    ]
    rows = split(pieces, 60, 50)
    assert [p.source for row in rows for p in row] == ["00", "20", "10", "01", "11", "02"]
