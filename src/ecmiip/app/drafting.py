"""The routes of the document wizard: the forms, what is missing, the draft."""

import io
import json
import tomllib
from datetime import date
from itertools import product
from typing import Any, get_args

from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse, Response

from ecmiip.app import schemas
from ecmiip.app.services import Given
from ecmiip.assistant import draft as drafting
from ecmiip.assistant.forms import facts
from ecmiip.assistant.forms.model import Element, Profile
from ecmiip.errors import UserError

router = APIRouter(prefix="/api", tags=["drafting"])

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@router.get("/forms", response_model=schemas.Forms)
def forms() -> JSONResponse:
    """List the forms with their elements, and what may be said of a party of each kind."""
    return JSONResponse(
        {"forms": [form.as_json() for form in drafting.forms()], "parties": _parties()}
    )


def _parties() -> dict[str, dict[str, list[dict[str, Any]]]]:
    """profile → kind → fields, in order."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for profile, kind in product(get_args(Profile), facts.PARTY_KINDS):
        try:
            required = facts.required_fields(profile, kind)
        except KeyError:
            continue  # an agency is no natural person
        found.setdefault(profile, {})[kind] = [
            {
                "id": field,
                "label": {"zh": facts.field_name(field, kind), "en": field.replace("_", " ")},
                "required": field in required,
            }
            for field in facts.party_fields(profile, kind)
        ]
    return found


@router.post("/facts", response_model=schemas.ReadFacts)
def read_facts(asked: schemas.FactsRequest) -> JSONResponse:
    """Read a file of facts, TOML as ``ecmiip draft`` takes it, or the same as JSON."""
    try:
        values = tomllib.loads(asked.text)
    except tomllib.TOMLDecodeError as error:
        try:
            values = json.loads(asked.text)
        except ValueError:
            raise UserError(f"the facts are not valid TOML ({error}): mend them there") from error
    if not isinstance(values, dict) or not isinstance(values.get("form"), str):
        raise UserError('the facts do not name their form: begin with form = "…"')
    form = drafting.form(values.pop("form"))
    checked = facts.check(form, values)
    shown = {
        key: _as_input(form.by_id[key], value, checked)
        for key, value in values.items()
        if key in checked
    }
    return JSONResponse({"form": form.id, "facts": shown})


def _as_input(element: Element, value: Any, checked: facts.Facts) -> Any:
    """A fact as the fields of a page hold it: text, a list of texts, or rows of texts."""
    if element.kind == "choice":
        chosen = checked.chosen(element.id)  # ids, where the file may have had names
        return list(chosen) if element.many else chosen[0]
    if element.kind in ("party", "table"):
        rows = [value] if isinstance(value, dict) else value
        return [{key: str(cell) for key, cell in row.items()} for row in rows]
    if element.kind == "list":
        return [value] if isinstance(value, str) else [str(item) for item in value]
    return str(value)


@router.post(
    "/draft",
    response_class=Response,
    responses={
        200: {
            "model": schemas.Drafted,
            "content": {
                _DOCX: {"schema": {"type": "string", "format": "binary"}},
                "text/markdown": {"schema": {"type": "string"}},
            },
        },
        404: {"model": schemas.Problem},
    },
)
def draft(given: Given, asked: schemas.DraftRequest) -> Response:
    """Draft a document from facts: what is missing is listed, never made up."""
    form = next((form for form in drafting.forms() if form.id == asked.form), None)
    if form is None:
        raise HTTPException(404, f"{asked.form}: no such form: see /api/forms")
    document = drafting.draft(form, asked.facts, asked.as_of or date.today(), given.db)
    if asked.format == "docx":
        buffer = io.BytesIO()
        drafting.to_docx(document, buffer)
        return _file(buffer.getvalue(), _DOCX, f"{form.id}.docx")
    if asked.format == "markdown":
        markdown = drafting.to_markdown(document)
        return _file(markdown.encode(), "text/markdown; charset=utf-8", f"{form.id}.md")
    return JSONResponse(document.as_json())


def _file(body: bytes, media_type: str, name: str) -> Response:
    return Response(
        body,
        media_type=media_type,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )
