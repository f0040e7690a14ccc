"""ecmiip ask: one question, one cited answer."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ecmiip.commands.options import AsOf, Database, Json, parse_day


class TaskName(StrEnum):
    """The four tasks."""

    doctrine = "doctrine"
    conduct = "conduct"
    case = "case"
    document = "document"


def ask(
    question: Annotated[str, typer.Argument(help="The question, in Chinese or English.")],
    task: Annotated[
        TaskName | None, typer.Option(help="What kind of work it is (default: detected).")
    ] = None,
    direction: Annotated[
        str | None,
        typer.Option(help="The branch of IP law, such as patent (default: detected)."),
    ] = None,
    as_of: AsOf = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", metavar="FILE", help="A document it is about: .docx, .pdf, .txt or .md."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="base, a run, a .gguf file, or URL#MODEL (default: the newest run)."),
    ] = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Print the words as they come, and the task's table.")
    ] = False,
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Answer a question from the law of a day, every citation checked."""
    from ecmiip.assistant import answer as assistant
    from ecmiip.assistant.detect import Task
    from ecmiip.assistant.upload import read_file
    from ecmiip.errors import UserError
    from ecmiip.mipld.database import Mipld
    from ecmiip.mipld.document import DIRECTIONS
    from ecmiip.models.subject import default_model, open_subject

    if not question.strip():
        raise UserError("the question is empty: write one")
    if direction is not None and direction not in DIRECTIONS:
        raise UserError(f"--direction {direction}: no such direction: take {', '.join(DIRECTIONS)}")
    date = parse_day(as_of)
    facts = read_file(file).text if file else None
    kind: Task | None = task.value if task else None
    chosen = model or default_model()
    print(f"model: {chosen}", file=sys.stderr)
    with Mipld.open(db) as mipld, open_subject(chosen) as endpoint:
        asked: dict[str, Any] = {
            "db": mipld,
            "endpoint": endpoint,
            "as_of": date,
            "task": kind,
            "direction": direction,
            "facts_text": facts,
        }
        if stream:
            for event in assistant.stream(question, **asked):
                _show(event, as_json)
            return
        given = assistant.answer(question, **asked)
    if as_json:
        print(json.dumps(assistant.as_json(given), ensure_ascii=False, indent=2))
        return
    print(assistant.as_text(given))


def _show(event: Any, as_json: bool) -> None:
    """One event: as a line of JSON, or as its reader wants it."""
    from ecmiip.assistant import shown

    if as_json:
        print(json.dumps({"event": event.kind, "data": event.data}, ensure_ascii=False), flush=True)
        return
    sys.stdout.write(shown.event(event))
    sys.stdout.flush()
