"""Who generates when: a fixed number of turns at a time, and a place in line for everyone else."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from ecmiip.errors import UserError

T = TypeVar("T")


class Busy(UserError):
    """The line is full."""


@dataclass(eq=False)
class Ticket:
    """A place in line. ``cancel`` is set when nobody waits for the result any more."""

    cancel: threading.Event = field(default_factory=threading.Event)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    started: bool = False  # whether its work has been given to a thread, which will end the turn


class Turns:
    """Turns at generating, in order of arrival.

    Belongs to one event loop; only the work itself runs in threads. A turn ends when its work has
    let go of the model, not when its listener has gone: two generations never overlap.
    """

    def __init__(self, slots: int = 1, line: int = 100, seconds: float = 300.0) -> None:
        self._slots = slots
        self._line = line
        self._seconds = seconds
        self._running: set[Ticket] = set()
        self._waiting: list[Ticket] = []
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="generation")

    def close(self) -> None:
        """Let what runs end at once, and take nothing more."""
        for ticket in (*self._running, *self._waiting):
            ticket.cancel.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    @property
    def waiting(self) -> int:
        """How many are in line."""
        return len(self._waiting)

    def enter(self) -> Ticket:
        """Get in line. Raises :class:`Busy` when it is full."""
        if len(self._waiting) >= self._line:
            raise Busy(f"{self._line} questions are waiting already: try again in a few minutes")
        ticket = Ticket()
        if len(self._running) < self._slots:
            self._running.add(ticket)
        else:
            self._waiting.append(ticket)
        return ticket

    async def places(self, ticket: Ticket) -> AsyncIterator[int]:
        """Give ``ticket``'s place in line (1 is next) whenever it changes, until it has a turn."""
        while ticket in self._waiting:
            ticket.moved.clear()
            yield self._waiting.index(ticket) + 1
            await ticket.moved.wait()

    def abandon(self, ticket: Ticket) -> None:
        """Nobody waits for ``ticket`` any more: its work stops, or never starts."""
        ticket.cancel.set()
        if not ticket.started:
            self._leave(ticket)

    def _leave(self, ticket: Ticket) -> None:
        """Give up a place in line, or end a turn; the next in line gets it."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        self._running.discard(ticket)
        while self._waiting and len(self._running) < self._slots:
            self._running.add(self._waiting.pop(0))
        for other in (*self._running, *self._waiting):
            other.moved.set()

    async def results(
        self, ticket: Ticket, work: Callable[[threading.Event], Iterator[T]]
    ) -> AsyncIterator[T]:
        """Run ``work`` in a thread during ``ticket``'s turn; give what it yields as it comes.

        ``work`` gets the event that says to stop. When the listener goes away, or the time is up,
        that event is set; the turn passes on once ``work`` has ended. Errors of ``work`` are
        raised here; running out of time is a UserError.
        """
        assert ticket in self._running
        ticket.started = True
        loop = asyncio.get_running_loop()
        came: asyncio.Queue[tuple[str, T | BaseException | None]] = asyncio.Queue()

        def tell(kind: str, value: T | BaseException | None = None) -> None:
            loop.call_soon_threadsafe(came.put_nowait, (kind, value))

        def run() -> None:
            try:
                for value in work(ticket.cancel):
                    tell("value", value)
                tell("end")
            except BaseException as error:
                tell("error", error)
            finally:
                loop.call_soon_threadsafe(self._leave, ticket)

        loop.run_in_executor(self._threads, run)
        deadline = loop.time() + self._seconds
        try:
            while True:
                try:
                    kind, value = await asyncio.wait_for(came.get(), deadline - loop.time())
                except TimeoutError:
                    raise UserError(
                        f"the answer took more than {self._seconds:.0f} s and was stopped: "
                        "ask a shorter question"
                    ) from None
                if kind == "end":
                    return
                if kind == "error":
                    assert isinstance(value, BaseException)
                    raise value
                yield value  # type: ignore[misc]
        finally:
            ticket.cancel.set()
