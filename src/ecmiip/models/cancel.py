"""Waiting that can be broken off: for answers that nobody waits for any more.

A blocked read of a socket cannot be told to stop; a task of an event loop can, and closes its
connection. So what may be cancelled runs in an event loop of its own, in the thread that waits.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Coroutine, Iterator
from typing import Any, Protocol, TypeVar

from ecmiip.errors import UserError

T = TypeVar("T")

# How often a wait looks whether it is still wanted.
_LOOK_SECONDS = 0.1


class Cancel(Protocol):
    """Says when the asker no longer wants the answer; a ``threading.Event`` does."""

    def is_set(self) -> bool:
        """Whether to stop."""


class Cancelled(UserError):
    """The asker no longer wants the answer."""


def wait(work: Coroutine[Any, Any, T], cancel: Cancel) -> T:
    """The result of ``work``. Raises :class:`Cancelled` within 0.1 s of ``cancel`` being set.

    ``work`` has let go of everything by then. No event loop may be running in this thread.
    """
    with _runner() as runner:
        return runner.run(_unless(cancel, work))


def each(items: AsyncGenerator[T, None], cancel: Cancel | None) -> Iterator[T]:
    """What ``items`` gives, as it comes, until ``cancel`` is set: then it raises as :func:`wait`.

    ``items`` is closed at the end, also when this iterator is closed.
    """
    end = object()
    with _runner() as runner:
        try:
            while (item := runner.run(_unless(cancel, anext(items, end)))) is not end:
                yield item  # type: ignore[misc]
        finally:
            runner.run(items.aclose())


def _runner() -> asyncio.Runner:
    """A loop that is not made the thread's: the caller may have one for later."""
    return asyncio.Runner(loop_factory=asyncio.new_event_loop)


async def _unless(cancel: Cancel | None, work: Awaitable[T]) -> T:
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            if cancel is not None and cancel.is_set():
                raise Cancelled("the request was cancelled: ask again")
            await asyncio.wait({task}, timeout=None if cancel is None else _LOOK_SECONDS)
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})
