"""One generation at a time, in order of arrival, and none of them left behind."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from ecmiip.app.turns import Busy, Ticket, Turns
from ecmiip.errors import UserError


def counting(cancel: threading.Event) -> Iterator[int]:
    for number in range(1000):
        if cancel.is_set():
            return
        time.sleep(0.005)
        yield number


def three(_: threading.Event) -> Iterator[int]:
    yield from range(3)


async def all_of(turns: Turns, ticket: Ticket, places: list[int] | None = None) -> list[int]:
    async for place in turns.places(ticket):
        if places is not None:
            places.append(place)
    return [value async for value in turns.results(ticket, three)]


def test_everyone_gets_a_turn_and_hears_of_every_step() -> None:
    async def scene() -> list[list[int]]:
        turns = Turns()
        heard: list[list[int]] = [[] for _ in range(4)]
        tickets = [turns.enter() for _ in heard]
        results = await asyncio.gather(
            *(all_of(turns, ticket, places) for ticket, places in zip(tickets, heard, strict=True))
        )
        assert results == [[0, 1, 2]] * 4
        turns.close()
        return heard

    assert asyncio.run(scene()) == [[], [1], [2, 1], [3, 2, 1]]


def test_two_never_run_at_once() -> None:
    running = 0
    most = 0

    def work(_: threading.Event) -> Iterator[None]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.01)
        yield
        running -= 1

    async def one(turns: Turns, ticket: Ticket) -> None:
        async for _ in turns.places(ticket):
            pass
        async for _ in turns.results(ticket, work):
            pass

    async def scene(slots: int) -> None:
        turns = Turns(slots)
        await asyncio.gather(*(one(turns, turns.enter()) for _ in range(12)))
        turns.close()

    asyncio.run(scene(1))
    assert most == 1
    most = 0
    asyncio.run(scene(3))
    assert 1 < most <= 3


def test_who_gives_up_in_line_lets_the_next_move_up() -> None:
    async def scene() -> None:
        turns = Turns()
        first, second, third = (turns.enter() for _ in range(3))
        turns.abandon(second)
        assert turns.waiting == 1
        places: list[int] = []
        moved = asyncio.create_task(all_of(turns, third, places))
        await asyncio.sleep(0.01)
        assert places == [1]
        await all_of(turns, first)
        assert await moved == [0, 1, 2]
        turns.close()

    asyncio.run(scene())


def test_a_listener_that_goes_away_stops_the_work() -> None:
    ended = threading.Event()

    def work(cancel: threading.Event) -> Iterator[int]:
        yield from counting(cancel)
        ended.set()

    async def scene() -> None:
        turns = Turns()
        ticket = turns.enter()
        results = turns.results(ticket, work)
        await anext(results)
        await results.aclose()  # type: ignore[attr-defined]
        waiting = turns.enter()
        assert turns.waiting == 1  # the model is still at work
        assert await all_of(turns, waiting) == [0, 1, 2]
        turns.close()

    asyncio.run(scene())
    assert ended.is_set()


def test_an_error_reaches_the_listener_and_frees_the_turn() -> None:
    def work(_: threading.Event) -> Iterator[int]:
        yield 1
        raise UserError("no")

    async def scene() -> None:
        turns = Turns()
        with pytest.raises(UserError, match="no"):
            _ = [value async for value in turns.results(turns.enter(), work)]
        await asyncio.sleep(0.01)
        assert await all_of(turns, turns.enter()) == [0, 1, 2]
        turns.close()

    asyncio.run(scene())


def test_time_runs_out() -> None:
    async def scene() -> None:
        turns = Turns(seconds=0.05)
        with pytest.raises(UserError, match="took more than"):
            _ = [value async for value in turns.results(turns.enter(), counting)]
        turns.close()

    asyncio.run(scene())


def test_a_full_line_is_said_to_be_full() -> None:
    async def scene() -> None:
        turns = Turns(line=2)
        for _ in range(3):
            turns.enter()
        with pytest.raises(Busy, match="try again"):
            turns.enter()
        turns.close()

    asyncio.run(scene())
