"""The table that goes with an answer, by view."""

from typing import Any

from ecmiip.assistant.question import Asked
from ecmiip.assistant.views import case, conduct, document
from ecmiip.mipld.database import Mipld
from ecmiip.models.endpoint import Endpoint


def make(
    view: str, asked: Asked, said: str, *, db: Mipld, endpoint: Endpoint
) -> dict[str, Any] | None:
    """The table of ``view`` for a question and the model's answer ``said``; None where the view has
    none."""
    if view == "conduct":
        return conduct.table(
            asked.told,
            db=db,
            endpoint=endpoint,
            as_of=asked.as_of,
            direction=asked.direction,
            asked=asked.messages,
            said=said,
        )
    if view == "case":
        return case.table(
            asked.facts.text if asked.facts else asked.question,
            db=db,
            endpoint=endpoint,
            as_of=asked.as_of,
            direction=asked.direction,
            asked=asked.messages,
            said=said,
        )
    if view == "document":
        return document.table(asked.told, asked.direction)
    return None
