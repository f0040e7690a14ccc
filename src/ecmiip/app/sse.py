"""Server-sent events whose source is closed as soon as the client goes away."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

Events = AsyncGenerator[ServerSentEvent, None]

# Each event of a stream, as the OpenAPI document has it.
SCHEMA = {
    "type": "object",
    "properties": {
        "event": {"type": "string"},
        "data": {"type": "string", "description": "JSON"},
    },
}

# Well below the time after which proxies and browsers take a silent connection for dead.
_PING_SECONDS = 10


def event(kind: str | None, value: Any) -> ServerSentEvent:
    """One event: ``kind`` is its name (None for OpenAI's nameless ones), ``value`` its JSON."""
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return ServerSentEvent(data=data, event=kind)


def comment(text: str) -> ServerSentEvent:
    """A line that clients must ignore; people who read the stream need not."""
    return ServerSentEvent(comment=text)


class EventStream(EventSourceResponse):
    """Sends ``events``, and closes them when the client has gone: what makes them must stop."""

    def __init__(self, events: Events) -> None:
        super().__init__(events, ping=_PING_SECONDS, sep="\n")
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._events):
            await super().__call__(scope, receive, send)
