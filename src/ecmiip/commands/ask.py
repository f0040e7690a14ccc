"""ecmiip ask: one question, one cited answer."""

import json
import sys
from enum import StrEnum
from typing import Annotated

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
    as_of: AsOf = None,
    model: Annotated[
        str | None,
        typer.Option(help="base, a run, a .gguf file, or URL#MODEL (default: the newest run)."),
    ] = None,
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Answer a question from the law of a day, every citation checked."""
    from ecmiip.assistant import answer as assistant
    from ecmiip.errors import UserError
    from ecmiip.mipld.database import Mipld
    from ecmiip.models.subject import newest_run, open_subject

    if not question.strip():
        raise UserError("the question is empty: write one")
    date = parse_day(as_of)
    chosen = model or newest_run()
    print(f"model: {chosen}", file=sys.stderr)
    with Mipld.open(db) as mipld, open_subject(chosen) as endpoint:
        given = assistant.answer(
            question, db=mipld, endpoint=endpoint, as_of=date, task=task.value if task else None
        )
    if as_json:
        print(json.dumps(assistant.as_json(given), ensure_ascii=False, indent=2))
        return
    print(assistant.as_text(given))
