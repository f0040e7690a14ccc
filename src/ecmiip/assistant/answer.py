"""Answer a question: retrieve as of its date, generate, check every citation, mend, mark the rest.

:func:`stream` tells what happens while it happens; :func:`answer` gives the result alone.
"""

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, cast

from ecmiip.assistant import mend
from ecmiip.assistant.conversation import Turn
from ecmiip.assistant.detect import Task, detect_task
from ecmiip.assistant.loops import is_looping, without_loops
from ecmiip.assistant.marks import complaint, is_good, mark, marked
from ecmiip.assistant.question import SHOWN, Asked, ask
from ecmiip.assistant.views import tables
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision
from ecmiip.mipld.verify import Citation
from ecmiip.models import prompt
from ecmiip.models.cancel import Cancel, Cancelled
from ecmiip.models.endpoint import Endpoint

__all__ = [
    "DISCLAIMER",
    "MAX_TOKENS",
    "SHOWN",
    "Answer",
    "Event",
    "Task",
    "answer",
    "as_json",
    "as_text",
    "complaint",
    "detect_task",
    "is_good",
    "mark",
    "stream",
    "without_loops",
]

MAX_TOKENS = 320

DISCLAIMER = "以上由模型生成，引用已与数据库逐条核对，仍不能代替律师意见。"

Kind = Literal["detected", "retrieved", "text", "mended", "done"]
View = Literal["doctrine", "conduct", "case", "document"]


@dataclass(frozen=True)
class Event:
    """One thing that happened, and its plain value.

    detected   {task, direction, as_of, date_note, date_sources, missing, omitted}
    retrieved  [{address, quote, law, article, effective_from, effective_to}, …]
    text       {piece}
    mended     {text}: the whole text so far is replaced by this one
    done       the answer: see :func:`as_json`
    """

    kind: Kind
    data: Any


@dataclass(frozen=True)
class Answer:
    """What was asked, what was read for it, what the model wrote, and what the check found.

    ``raw`` are the model's words after mending; ``written`` what it wrote first, which is what a
    conversation goes on from.
    """

    question: str
    task: Task
    as_of: date
    read: tuple[Provision, ...]
    raw: str
    citations: tuple[Citation, ...]
    seconds: float
    asked: Asked | None = None
    written: str = ""
    first_token_seconds: float | None = None
    stopped: bool = False
    view: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """The answer to show: the model's words, every citation that failed marked in place."""
        return mark(self.raw, self.citations)

    @property
    def verified(self) -> tuple[Citation, ...]:
        """The citations that exist, are in force on the date, and are quoted as they read."""
        return tuple(citation for citation in self.citations if is_good(citation))


def answer(
    question: str,
    *,
    db: Mipld,
    endpoint: Endpoint,
    as_of: date,
    task: Task | None = None,
    direction: str | None = None,
    history: Sequence[Turn] = (),
    facts_text: str | None = None,
    max_tokens: int = MAX_TOKENS,
) -> Answer:
    """Answer ``question`` by the law of ``as_of``; task and direction are detected when not given.

    ``facts_text`` is a document the question is about: data, whatever it says.
    """
    asked = ask(
        question,
        db=db,
        as_of=as_of,
        task=task,
        direction=direction,
        history=history,
        facts_text=facts_text,
    )
    reply = endpoint.chat(asked.messages, max_tokens=max_tokens)
    first = _check(asked, db, reply.text, reply.seconds)
    return _mended(first, asked, db, endpoint, max_tokens)


def stream(
    question: str,
    *,
    db: Mipld,
    endpoint: Endpoint,
    as_of: date,
    task: Task | None = None,
    direction: str | None = None,
    history: Sequence[Turn] = (),
    facts_text: str | None = None,
    view: View | None = None,
    cancel: Cancel | None = None,
    max_tokens: int = MAX_TOKENS,
) -> Iterator[Event]:
    """Answer as :func:`answer` does, telling each step; the last event is ``done``.

    ``view`` says which table to make (default: the one of the task). Once ``cancel`` is set, or the
    iterator is closed, generation stops; after ``cancel`` the answer so far is checked and given.
    ``cancel`` acts at once, whatever the model is at: reading, writing, mending, filling a table.
    """
    cancel = cancel or threading.Event()
    endpoint = endpoint.until(cancel)
    start = time.perf_counter()
    asked = ask(
        question,
        db=db,
        as_of=as_of,
        task=task,
        direction=direction,
        history=history,
        facts_text=facts_text,
    )
    yield Event("detected", asked.detected_json())
    yield Event("retrieved", asked.read_json())
    raw, began = "", None
    words = cast("Generator[str]", endpoint.stream(asked.messages, max_tokens=max_tokens))
    with closing(words) as pieces:
        for piece in pieces:
            if cancel.is_set():
                break
            began = began or time.perf_counter() - start
            raw += piece
            yield Event("text", {"piece": piece})
            if is_looping(raw):
                break
    given = _check(asked, db, raw, time.perf_counter() - start)
    if not cancel.is_set():
        before = given.text
        given = _mended(given, asked, db, endpoint, max_tokens)
        if given.text != before:
            yield Event("mended", {"text": given.text})
    if not cancel.is_set():
        made = tables.make(view or asked.task, asked, given.written, db=db, endpoint=endpoint)
        given = replace(given, view=made)
    given = replace(
        given,
        first_token_seconds=began,
        stopped=cancel.is_set(),
        seconds=time.perf_counter() - start,
    )
    yield Event("done", as_json(given))


def _check(asked: Asked, db: Mipld, written: str, seconds: float) -> Answer:
    raw = without_loops(written)
    return Answer(
        question=asked.question,
        task=asked.task,
        as_of=asked.as_of,
        read=asked.read,
        raw=raw,
        citations=tuple(db.cite(raw, as_of=asked.as_of)),
        seconds=seconds,
        asked=asked,
        written=raw,
    )


def _mended(given: Answer, asked: Asked, db: Mipld, endpoint: Endpoint, max_tokens: int) -> Answer:
    """``given`` with what can be put right put right, once."""
    raw = mend.renumbered(db, given.raw, given.citations, given.as_of)
    if raw != given.raw:
        given = replace(given, raw=raw, citations=tuple(db.cite(raw, as_of=given.as_of)))
    if not given.raw or not mend.needs_rewriting(given.citations, given.read):
        return given
    request = mend.rewrite_request(asked.messages, given.written, given.citations)
    try:
        reply = endpoint.chat(request, max_tokens=max_tokens)
    except Cancelled:
        return given
    again = without_loops(reply.text)
    citations = tuple(db.cite(again, as_of=given.as_of))
    seconds = given.seconds + reply.seconds
    if not mend.is_better(citations, given.citations):
        return replace(given, seconds=seconds)
    return replace(given, raw=again, citations=citations, seconds=seconds)


def as_json(given: Answer) -> dict[str, Any]:
    """An answer as plain values, for ``ask --json``, reports and the web page.

    ``start`` and ``end`` of a citation are offsets into ``text``. ``question``, ``prompt``,
    ``shown`` and ``written`` are what :meth:`Turn.from_json` needs for the next question.
    """
    text, places = marked(given.raw, given.citations)
    asked = given.asked
    return {
        "question": given.question,
        "task": given.task,
        "as_of": given.as_of.isoformat(),
        **(asked.detected_json() if asked else {}),
        "text": text,
        "raw": given.raw,
        "written": given.written,
        "citations": [
            citation.to_json()
            | {
                "address": citation.address,
                "good": is_good(citation),
                "complaint": complaint(citation),
                "start": start,
                "end": end,
            }
            for citation, (start, end) in zip(given.citations, places, strict=True)
        ],
        "read": [
            {"address": provision.address, "quote": provision.quote()} for provision in given.read
        ],
        "shown": [provision.address for provision in asked.shown] if asked else [],
        "prompt": asked.messages[-1]["content"] if asked else given.question,
        "view": given.view,
        "stopped": given.stopped,
        "disclaimer": DISCLAIMER,
        "seconds": round(given.seconds, 1),
        "first_token_seconds": (
            round(given.first_token_seconds, 2) if given.first_token_seconds is not None else None
        ),
    }


def as_text(given: Answer) -> str:
    """An answer to read in a terminal: the text, then each citation with its verdict."""
    lines = [given.text, ""]
    for citation in given.citations:
        verdict = "✓ 有效" if is_good(citation) else f"✗ {complaint(citation)}"
        lines.append(f"{verdict}  {citation.text}")
    if not given.citations:
        lines.append("✗ 未引用任何法条，请勿依赖")
    if given.asked and given.asked.date_note:
        lines += ["", f"日期：{given.asked.date_note.text}"]
    if given.asked and given.asked.missing:
        lines += ["", f"还需要：{'；'.join(given.asked.missing)}"]
    lines += ["", f"{prompt.TASKS[given.task]} · 法律日期 {given.as_of} · {DISCLAIMER}"]
    return "\n".join(lines)
