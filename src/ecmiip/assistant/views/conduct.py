"""The conduct view: element by element, what was told, whether it is met, and by which provision.

``unknown`` is the default. The model's verdict counts only where it points to a sentence of the
user's that speaks of the element.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from ecmiip.assistant import basis, material
from ecmiip.assistant.views import filling
from ecmiip.assistant.views.acts import Act, Element, act_of
from ecmiip.mipld.database import Mipld
from ecmiip.models.chat import Message
from ecmiip.models.endpoint import Endpoint

VERDICTS = ("met", "not_met", "unknown")
_MOST_SENTENCES = 24
_TOKENS_PER_ELEMENT = 26


def table(
    facts: str,
    *,
    db: Mipld,
    endpoint: Endpoint,
    as_of: date,
    direction: str | None,
    asked: Sequence[Message],
    said: str,
) -> dict[str, Any] | None:
    """The elements table of the act that ``facts`` speak of; None where the direction has none.

    ``asked`` and ``said`` are the chat so far. Gives {kind, act, name, rows, missing}, each row
    {element, name, fact, met, provisions: [{address, law, number, text}], ask}.
    """
    act = act_of(facts, direction)
    if act is None:
        return None
    # What is asked is no fact.
    told = [said for said in material.sentences(facts) if not said.endswith(("？", "?"))]
    sentences = told[:_MOST_SENTENCES]
    filled = filling.fill(
        endpoint,
        asked,
        said,
        _request(act, sentences),
        _schema(act, len(sentences)),
        max_tokens=_TOKENS_PER_ELEMENT * len(act.element),
    )
    rows = [_row(db, as_of, element, sentences, filled) for element in act.element]
    return {
        "kind": "conduct",
        "act": act.id,
        "name": act.name,
        "rows": rows,
        "missing": [row["ask"] for row in rows if row["met"] == "unknown"],
    }


def _request(act: Act, sentences: Sequence[str]) -> str:
    elements = "\n".join(f"{element.id}：{element.name}" for element in act.element)
    return (
        f"事实逐句：\n{filling.numbered(sentences)}\n“{act.name}”的要件：\n{elements}\n"
        "对每个要件，给出说明它的那句事实的编号（没有写 0），以及 met（具备）、not_met（不具备）"
        "或 unknown（事实没有说清）。事实没有写明的一律 unknown。"
    )


def _schema(act: Act, count: int) -> dict[str, Any]:
    element = {
        "type": "object",
        "properties": {
            "sentence": {"enum": list(range(count + 1))},
            "met": {"enum": list(VERDICTS)},
        },
        "required": ["sentence", "met"],
        "additionalProperties": False,
    }
    names = [e.id for e in act.element]
    return {
        "type": "object",
        "properties": dict.fromkeys(names, element),
        "required": names,
        "additionalProperties": False,
    }


def _row(
    db: Mipld, as_of: date, element: Element, sentences: Sequence[str], filled: Any
) -> dict[str, Any]:
    answer = filled.get(element.id) if isinstance(filled, dict) else None
    number = answer.get("sentence") if isinstance(answer, dict) else None
    pointed = filling.sentence(number, sentences)
    speaks = bool(pointed) and re.search(element.told_by, pointed) is not None
    said = answer.get("met") if speaks and isinstance(answer, dict) else None
    here = (basis.on(db, address, as_of, basis.SAME) for address in element.basis)
    provisions = list({p.address: p for p in here if p}.values())
    return {
        "element": element.id,
        "name": element.name,
        "fact": pointed if speaks else _told(element, sentences),
        "met": said if said in VERDICTS else "unknown",
        "provisions": [
            {"address": p.address, "law": p.law, "number": p.number, "text": p.text}
            for p in provisions
        ],
        "ask": element.ask,
    }


def _told(element: Element, sentences: Sequence[str]) -> str:
    """The sentence that speaks of the element most; "" where none does."""
    found = [len(set(re.findall(element.told_by, sentence))) for sentence in sentences]
    best = max(found, default=0)
    return sentences[found.index(best)] if best else ""
