"""The OpenAI chat API: the assistant for every client that speaks it.

The assistant composes its own prompt: it reads the law first, and checks every citation after. So
``model`` is one, ``system`` messages and sampling settings have no effect, and what the check found
stands in the extension field ``ecmiip``.
"""

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from ecmiip.app import schemas, sse
from ecmiip.app.services import Given, Services
from ecmiip.app.sse import Events, EventStream, comment, event
from ecmiip.app.turns import Ticket
from ecmiip.assistant import answer as assistant
from ecmiip.assistant.conversation import Turn
from ecmiip.errors import UserError

router = APIRouter(prefix="/v1", tags=["openai"])
log = logging.getLogger(__name__)

MODEL = "ec-miip"
_MAX_CHARACTERS = 400_000


class TextPart(BaseModel):
    """A part of a message; only text is read."""

    type: Literal["text"]
    text: Annotated[str, StringConstraints(max_length=_MAX_CHARACTERS)]


class Message(BaseModel):
    """One turn of a chat."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str, StringConstraints(max_length=_MAX_CHARACTERS)] | list[TextPart]

    def text(self) -> str:
        """The words of the message."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content)


class Options(schemas.Strict):
    """What the assistant may be told besides the chat; what is left out is detected."""

    task: schemas.Task | None = None
    direction: schemas.Direction | None = None
    as_of: schemas.Day | None = None


class ChatRequest(BaseModel):
    """A request as OpenAI's clients send it. Fields that are not named here have no effect."""

    # Clients send many more fields than anyone heeds; OpenAI itself takes them.
    model_config = ConfigDict(extra="ignore")

    messages: Annotated[list[Message], Field(min_length=1, max_length=200)]
    model: str = MODEL
    stream: StrictBool = False
    ecmiip: Options | None = None


class ReplyMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"]
    content: str


class Choice(BaseModel):
    """The one answer."""

    index: int
    message: ReplyMessage
    finish_reason: Literal["stop"]


class Completion(BaseModel):
    """An answer; ``ecmiip`` holds what was read, every citation judged, and the disclaimer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    ecmiip: dict[str, Any]


class Model(BaseModel):
    """A model on offer."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(BaseModel):
    """The models on offer."""

    object: Literal["list"]
    data: list[Model]


@router.get("/models", response_model=Models)
def models(given: Given) -> JSONResponse:
    """List the one model: the assistant."""
    data = [{"id": MODEL, "object": "model", "created": 0, "owned_by": given.model or "nobody"}]
    return JSONResponse({"object": "list", "data": data})


@router.post(
    "/chat/completions",
    response_model=Completion,
    responses={
        200: {"content": {"text/event-stream": {"schema": sse.SCHEMA}}},
        404: {"model": schemas.Problem},
        503: {"model": schemas.Problem},
    },
)
async def completions(request: Request, given: Given, asked: ChatRequest) -> Response:
    """Answer a chat, as OpenAI's API does. While a stream waits for its turn it says so in
    comments; its last chunk has the field ``ecmiip``, whose ``text`` is the checked answer."""
    if asked.model != MODEL:
        raise HTTPException(404, f"no model is called {asked.model[:80]}: take {MODEL}")
    given.model_endpoint()
    ticket = given.turns.enter()
    identity = f"chatcmpl-{secrets.token_hex(12)}"
    if asked.stream:
        return EventStream(_chunks(given, asked, ticket, identity))
    return await _whole(request, given, asked, ticket, identity)


async def _whole(
    request: Request, given: Services, asked: ChatRequest, ticket: Ticket, identity: str
) -> Response:
    answering = asyncio.create_task(_answer(given, asked, ticket))
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        answer = answering.result() if answering.done() else None
    finally:
        answering.cancel()
        leaving.cancel()
        given.turns.abandon(ticket)
    if answer is None:
        raise UserError("the answer was stopped before it was whole: ask again")
    message = {"role": "assistant", "content": answer["text"]}
    return JSONResponse(
        {
            "id": identity,
            "object": "chat.completion",
            "created": int(time.time()),
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "ecmiip": answer,
        }
    )


async def _answer(given: Services, asked: ChatRequest, ticket: Ticket) -> dict[str, Any] | None:
    """The answer once it is whole."""
    answer = None
    async for kind, data in _events(given, asked, ticket):
        if kind == "done":
            answer = data
    return answer


async def _left(request: Request) -> None:
    """Returns when the client has gone: a model that still reads has no event to notice it by."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _chunks(given: Services, asked: ChatRequest, ticket: Ticket, identity: str) -> Events:
    created = int(time.time())

    def chunk(delta: dict[str, str], finish: str | None = None, **more: Any) -> Any:
        return event(
            None,
            {
                "id": identity,
                "object": "chat.completion.chunk",
                "created": created,
                "model": MODEL,
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
                **more,
            },
        )

    try:
        yield chunk({"role": "assistant", "content": ""})
        async for kind, data in _events(given, asked, ticket):
            if kind == "queued":
                yield comment(f"place in line: {data['place']}")
            elif kind == "text":
                yield chunk({"content": data["piece"]})
            elif kind == "done":
                yield chunk({}, "stop", ecmiip=data)
        yield event(None, "[DONE]")
    except UserError as error:
        yield event(None, {"error": {"type": "server_error", "message": str(error)}})
    except Exception:
        log.exception("answering failed")
        words = "the server failed at this answer: see its log"
        yield event(None, {"error": {"type": "server_error", "message": words}})
    finally:
        given.turns.abandon(ticket)


async def _events(
    given: Services, asked: ChatRequest, ticket: Ticket
) -> AsyncGenerator[tuple[str, Any], None]:
    """(kind, data) of the places in line, then of the assistant's events."""
    async for place in given.turns.places(ticket):
        yield "queued", {"place": place}
    options = asked.ecmiip or Options()
    said = [message for message in asked.messages if message.role in ("user", "assistant")]
    question = (said or asked.messages)[-1].text()

    def work(cancel: threading.Event) -> Iterator[tuple[str, Any]]:
        events = assistant.stream(
            question,
            db=given.db,
            endpoint=given.model_endpoint(),
            as_of=options.as_of or date.today(),
            task=options.task,
            direction=options.direction,
            history=_history(said[:-1]),
            cancel=cancel,
        )
        for came in events:
            yield came.kind, came.data

    async for found in given.turns.results(ticket, work):
        yield found


def _history(said: list[Message]) -> list[Turn]:
    """Questions with their answers; a question that got none is left out."""
    return [
        Turn.from_json({"question": asked.text(), "text": answered.text()})
        for asked, answered in pairwise(said)
        if (asked.role, answered.role) == ("user", "assistant")
    ]
