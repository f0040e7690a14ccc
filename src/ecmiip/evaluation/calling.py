"""Requests to a subject's endpoint: kept once answered, and sent again when it is busy."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import astuple
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import httpx2

from ecmiip.errors import UserError
from ecmiip.instruct.replies import Replies
from ecmiip.models import prompt
from ecmiip.models.chat import Message
from ecmiip.models.endpoint import Reply, Unavailable
from ecmiip.models.likelihood import Likelihood, Weighs

_ATTEMPTS = 5
# A server that asks for more patience than this is as good as down.
_LONGEST_WAIT = 60.0


class Chat(Protocol):
    """What is asked of an endpoint; :class:`ecmiip.models.endpoint.Endpoint` is one."""

    @property
    def grammars(self) -> bool:
        """Whether it takes a GBNF grammar."""

    def chat(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        grammar: str | None = None,
        schema: dict[str, Any] | None = None,
    ) -> Reply:
        """Answer ``messages``."""


class Caller(AbstractContextManager["Caller"]):
    """One endpoint, its kept replies, and patience. Usable from several threads."""

    def __init__(
        self,
        endpoint: Chat,
        identity: str,
        cache: Path | None,
        *,
        weights: Weighs | None = None,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """``identity`` tells the subject apart from others of the same model name; ``cache`` is
        a file of :class:`~ecmiip.instruct.replies.Replies`, None to keep nothing. ``weights``
        tell likelihoods, and are then what ``endpoint`` computes with. ``sleep`` waits for so many
        seconds between attempts."""
        self._endpoint = endpoint
        self._weights = weights
        self._identity = identity
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait
        self._weighing = threading.Lock()
        # SQLite wants to be used from the thread that opened it; callers come from many.
        self._keeper = ThreadPoolExecutor(1, "replies")
        self._cache = self._keeper.submit(Replies, cache).result() if cache else None

    @property
    def grammars(self) -> bool:
        """Whether the endpoint takes a GBNF grammar."""
        return self._endpoint.grammars

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()  # nobody waits for another attempt
        if self._cache is not None:
            self._keeper.submit(self._cache.__exit__, kind, error, trace).result()
        self._keeper.shutdown()

    def chat(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        grammar: str | None = None,
        schema: dict[str, Any] | None = None,
    ) -> Reply:
        """The reply to ``messages`` at temperature 0: the one kept, or a new one.

        Raises :class:`Unavailable` when the endpoint stays so, UserError for what will not pass.
        """
        request = {
            "model": self._identity,
            "messages": list(messages),
            "max_tokens": max_tokens,
            "grammar": grammar,
            "schema": schema,
        }
        if self._weights is not None:  # not what llama.cpp makes of the same model
            request["weights"] = "float32"
        kept = self._kept(request)
        if kept is not None:
            return kept
        for attempt in range(_ATTEMPTS):
            try:
                reply = self._endpoint.chat(
                    messages, max_tokens=max_tokens, grammar=grammar, schema=schema
                )
                break
            except Unavailable as error:
                if attempt == _ATTEMPTS - 1 or timed_out(error) or self._closed.is_set():
                    raise
                self._sleep(_wait(error, attempt))
        self._keep(request, reply)
        return reply

    def likelihoods(self, text: str, options: Sequence[str]) -> tuple[list[Likelihood], float]:
        """How likely each of ``options`` is after ``text``, and the seconds that it took.

        Raises UserError where the subject has no weights that can be read here.
        """
        if self._weights is None:
            raise UserError("a choice by likelihood needs a base or a run: leave out --choice")
        request = {
            "model": self._identity,
            "text": text,
            "options": list(options),
            "asks": [prompt.ASKS_WHETHER, prompt.YES, prompt.NO],
        }
        reply = self._kept(request)
        if reply is None:
            start = time.perf_counter()
            with self._weighing:  # one computation uses all cores
                found = self._weights.likelihoods(text, options)
            kept = json.dumps([astuple(one) for one in found])
            tokens = sum(one.tokens for one in found)
            reply = Reply(kept, "stop", 0, tokens, time.perf_counter() - start)
            self._keep(request, reply)
        return [Likelihood(*one) for one in json.loads(reply.text)], reply.seconds

    def _kept(self, request: dict[str, Any]) -> Reply | None:
        if self._cache is None:
            return None
        return self._keeper.submit(self._cache.get, request).result()

    def _keep(self, request: dict[str, Any], reply: Reply) -> None:
        if self._cache is not None:
            self._keeper.submit(self._cache.put, request, reply).result()


def status(error: BaseException) -> int | None:
    """The HTTP status that an endpoint's error came of, None if it was none."""
    cause = error.__cause__
    return cause.response.status_code if isinstance(cause, httpx2.HTTPStatusError) else None


def timed_out(error: BaseException) -> bool:
    """Whether the endpoint took longer than its timeout."""
    return isinstance(error.__cause__, httpx2.TimeoutException)


def _wait(error: Unavailable, attempt: int) -> float:
    """Seconds until the next attempt: what the server asks for, else 1, 2, 4 …"""
    cause = error.__cause__
    if isinstance(cause, httpx2.HTTPStatusError):
        asked = cause.response.headers.get("retry-after", "")
        if asked.isdecimal():  # it may also be a date
            return min(float(asked), _LONGEST_WAIT)
    return 2.0**attempt
