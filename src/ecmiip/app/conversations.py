"""The routes of the history: list, read, export, delete."""

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Response

from ecmiip.app import schemas
from ecmiip.app.history import as_markdown
from ecmiip.app.services import Given

router = APIRouter(prefix="/api", tags=["history"])

_MISSING = HTTPException(404, "no such conversation: it was deleted")


@router.get("/history", response_model=schemas.Conversations)
def conversations(given: Given) -> dict[str, object]:
    """List the conversations, the latest first."""
    return {"conversations": given.history.conversations()}


@router.get(
    "/history/{conversation}",
    response_model=schemas.Conversation,
    responses={404: {"model": schemas.Problem}},
)
def conversation(given: Given, conversation: schemas.Identity) -> dict[str, object]:
    """Read a conversation."""
    found = given.history.conversation(conversation)
    if found is None:
        raise _MISSING
    return found


@router.delete(
    "/history/{conversation}",
    response_model=schemas.Deleted,
    responses={404: {"model": schemas.Problem}},
)
def forget(given: Given, conversation: schemas.Identity) -> schemas.Deleted:
    """Delete a conversation."""
    if not given.history.delete(conversation):
        raise _MISSING
    return schemas.Deleted(deleted=1)


@router.delete("/history", response_model=schemas.Deleted)
def forget_all(given: Given) -> schemas.Deleted:
    """Delete every conversation."""
    return schemas.Deleted(deleted=given.history.delete())


@router.get(
    "/export",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
                "text/markdown": {"schema": {"type": "string"}},
            }
        },
        404: {"model": schemas.Problem},
    },
)
def export(
    given: Given,
    format: Annotated[Literal["json", "markdown"], Query()] = "json",
    conversation: Annotated[schemas.Identity | None, Query()] = None,
) -> Response:
    """Export one conversation, or all of them, as a file."""
    if conversation is None:
        found = given.history.everything()
    else:
        one = given.history.conversation(conversation)
        if one is None:
            raise _MISSING
        found = [one]
    if format == "markdown":
        return _file(as_markdown(found), "text/markdown", "history.md")
    body = schemas.ExportedHistory.model_validate(found).model_dump_json(indent=2)
    return _file(body, "application/json", "history.json")


def _file(text: str, media_type: str, name: str) -> Response:
    return Response(
        text,
        media_type=media_type,
        headers={"content-disposition": f'attachment; filename="ecmiip-{name}"'},
    )
