"""The routes of the page's own chat: ask (a stream of events), stop, upload."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from anyio import BrokenWorkerProcess, fail_after, to_process
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import StreamingResponse

from ecmiip.app import schemas, sse
from ecmiip.app.history import State
from ecmiip.app.services import Given, Services
from ecmiip.app.sse import Events, EventStream, event
from ecmiip.app.turns import Ticket
from ecmiip.assistant import answer as assistant
from ecmiip.assistant.conversation import Turn
from ecmiip.assistant.upload import Upload, read_upload
from ecmiip.errors import UserError

router = APIRouter(prefix="/api", tags=["assistant"])
log = logging.getLogger(__name__)

# How often words that are being written are kept: what a crash may lose.
_KEEP_SECONDS = 0.5
_READ_SECONDS = 60

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": (
            "Events: started {conversation, turn}, queued {place}, detected, retrieved, "
            "text {piece}, mended {text}, done (the answer, or what there is of a stopped one), "
            "error {message}."
        ),
        "content": {"text/event-stream": {"schema": sse.SCHEMA}},
    },
    404: {"model": schemas.Problem},
    503: {"model": schemas.Problem},
}


@router.post("/ask", response_class=StreamingResponse, responses=_STREAM)
async def ask(given: Given, asked: schemas.AskRequest) -> EventStream:
    """Ask the assistant; the answer comes as server-sent events."""
    given.model_endpoint()
    day = asked.as_of or date.today()
    earlier: list[dict[str, Any]] = []
    if asked.conversation is not None:
        found = given.history.conversation(asked.conversation)
        if found is None:
            raise HTTPException(404, "no such conversation: it was deleted")
        earlier = [
            {"question": before["question"], "text": before["text"]} | (before["answer"] or {})
            for before in found["turns"]
            if before["text"]
        ]
    ticket = given.turns.enter()
    try:
        conversation, turn = given.history.begin(
            asked.conversation,
            question=asked.question,
            task=asked.task or "",
            facts=asked.facts_text or "",
            as_of=day.isoformat(),
        )
    except BaseException:
        given.turns.abandon(ticket)
        raise
    given.answering[turn] = ticket
    return EventStream(_events(given, asked, day, earlier, ticket, conversation, turn))


async def _events(
    given: Services,
    asked: schemas.AskRequest,
    day: date,
    earlier: list[dict[str, Any]],
    ticket: Ticket,
    conversation: str,
    turn: str,
) -> Events:
    try:
        yield event("started", {"conversation": conversation, "turn": turn})
        async for place in given.turns.places(ticket):
            yield event("queued", {"place": place})

        def work(cancel: threading.Event) -> Iterator[tuple[str, Any]]:
            return _answer(given, asked, day, earlier, turn, cancel)

        async for kind, data in given.turns.results(ticket, work):
            yield event(kind, data)
    except UserError as error:
        yield event("error", {"message": str(error)})
    except Exception:
        log.exception("answering failed")
        yield event("error", {"message": "the server failed at this answer: see its log"})
    finally:
        if not ticket.started:
            given.history.end(turn, "stopped", "")
        given.turns.abandon(ticket)
        given.answering.pop(turn, None)


def _answer(
    given: Services,
    asked: schemas.AskRequest,
    day: date,
    earlier: list[dict[str, Any]],
    turn: str,
    cancel: threading.Event,
) -> Iterator[tuple[str, Any]]:
    """The assistant's events as (kind, data), everything written kept in the history as it comes.

    Runs in the thread that generates, so that what was written is kept whoever listens.
    """
    text = ""
    kept = time.monotonic()
    try:
        events = assistant.stream(
            asked.question,
            db=given.db,
            endpoint=given.model_endpoint(),
            as_of=day,
            task=asked.task,
            direction=asked.direction,
            history=[Turn.from_json(before) for before in earlier],
            facts_text=asked.facts_text,
            cancel=cancel,
        )
        for came in events:
            if came.kind == "text":
                text += came.data["piece"]
                if time.monotonic() - kept > _KEEP_SECONDS:
                    given.history.write(turn, text)
                    kept = time.monotonic()
            elif came.kind == "mended":
                text = came.data["text"]
            elif came.kind == "done":
                answer = came.data
                state: State = "stopped" if answer["stopped"] else "done"
                given.history.end(turn, state, answer["text"], answer)
            yield came.kind, came.data
    except BaseException:
        given.history.end(turn, "failed", text)
        raise


@router.post("/stop", response_model=schemas.Stopped)
async def stop(given: Given, asked: schemas.StopRequest) -> schemas.Stopped:
    """Stop an answer: its stream ends with what there is of it."""
    ticket = given.answering.get(asked.turn)
    if ticket is not None:
        ticket.cancel.set()
    return schemas.Stopped(stopped=ticket is not None)


@router.post(
    "/upload",
    response_model=schemas.Uploaded,
    responses={413: {"model": schemas.Problem}, 415: {"model": schemas.Problem}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def upload(
    request: Request,
    name: Annotated[str, Query(min_length=1, max_length=255, description="The file's name.")],
) -> schemas.Uploaded:
    """Read the text of a docx, pdf or txt document. The document itself is not kept."""
    body = await request.body()
    try:
        # A file that makes its reader hang or swell takes down a process of its own. The name
        # tells the kind of file and is shown again; it is never a path.
        with fail_after(_READ_SECONDS):
            read: Upload = await to_process.run_sync(read_upload, name, body, cancellable=True)
    except UserError as error:
        raise HTTPException(415, str(error)) from error
    except (TimeoutError, BrokenWorkerProcess):
        raise HTTPException(
            415, f"{name}: its text cannot be read: save it anew, or paste its text"
        ) from None
    return schemas.Uploaded(name=read.name, characters=len(read.text), text=read.text)
