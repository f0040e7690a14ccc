"""From what a user asks to what a model is asked: recognised, dated, provisions found."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecmiip.assistant import conversation, dates, material
from ecmiip.assistant.changes import DateNote, date_note
from ecmiip.assistant.conversation import Turn
from ecmiip.assistant.detect import Task, detect_task
from ecmiip.assistant.retrieve import find
from ecmiip.assistant.untrusted import Material, plain
from ecmiip.assistant.untrusted import material as as_material
from ecmiip.assistant.views.acts import act_of, untold
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision
from ecmiip.models import prompt
from ecmiip.models.chat import Message

SHOWN = 3
# A longer question is a document with a question at its end.
MAX_QUESTION = 1200
_DEFAULT_QUESTION = "请分析上述材料。"


@dataclass(frozen=True)
class Asked:
    """A question ready to be put to a model.

    ``read`` are the provisions found, ``shown`` those of them that are new to the conversation.
    ``missing`` names facts that the answer depends on and nobody has told.
    """

    question: str
    facts: Material | None
    task: Task
    direction: str | None
    as_of: date
    date_note: DateNote | None
    missing: tuple[str, ...]
    read: tuple[Provision, ...]
    shown: tuple[Provision, ...]
    messages: list[Message]

    @property
    def told(self) -> str:
        """Everything the user told of the matter: the material and the question."""
        return f"{self.facts.text}\n{self.question}" if self.facts else self.question

    def detected_json(self) -> dict[str, Any]:
        """What was recognised, for the reader to change."""
        return {
            "task": self.task,
            "direction": self.direction,
            "as_of": self.as_of.isoformat(),
            "date_note": self.date_note.text if self.date_note else None,
            "date_sources": self.date_note.sources_json() if self.date_note else [],
            "missing": list(self.missing),
            "omitted": list(self.facts.orders) if self.facts else [],
        }

    def read_json(self) -> list[dict[str, Any]]:
        """The provisions found, best first."""
        return [
            {
                "address": provision.address,
                "quote": provision.quote(),
                "law": provision.law,
                "article": provision.article,
                "effective_from": provision.effective_from.isoformat(),
                "effective_to": (
                    provision.effective_to.isoformat() if provision.effective_to else None
                ),
            }
            for provision in self.read
        ]


def ask(
    question: str,
    *,
    db: Mipld,
    as_of: date,
    task: Task | None = None,
    direction: str | None = None,
    history: Sequence[Turn] = (),
    facts_text: str | None = None,
) -> Asked:
    """Recognise, date and look up ``question``; what is given is not recognised anew."""
    question, facts = _split(plain(question).strip(), facts_text)
    told = f"{facts.text}\n{question}" if facts else question
    kind = task or _follow_task(question, history)
    kind = kind or detect_task(question, facts.text if facts else "")
    context = conversation.query(told, history)
    found = find(db, context, as_of, SHOWN, direction)
    read, branch = found.provisions, found.direction
    acts = dates.mentions(told, as_of)
    note = date_note(db, as_of, read, branch, acts)
    turns = conversation.kept(history)
    known = {address for turn in turns for address in turn.shown}
    shown = [provision for provision in read if provision.address not in known]
    asked = prompt.ask(kind, _put(question, facts), as_of, [p.quote() for p in shown])
    return Asked(
        question=question,
        facts=facts,
        task=kind,
        direction=branch,
        as_of=as_of,
        date_note=note,
        missing=tuple(_missing(kind, branch, told, note)),
        read=tuple(read),
        shown=tuple(shown),
        messages=conversation.messages(asked, turns),
    )


def _split(question: str, facts_text: str | None) -> tuple[str, Material | None]:
    """The question proper, and the material it is about."""
    if facts_text and facts_text.strip():
        return question or _DEFAULT_QUESTION, as_material(facts_text.strip())
    if len(question) <= MAX_QUESTION:
        return question, None
    last = re.findall(r"[^。！？；\n!?;]+[。！？；!?;]?", question)[-1].strip()
    asks = len(last) <= 300 and re.search("[?？]|请|如何|是否|怎么|什么", last)
    return (last if asks else _DEFAULT_QUESTION), as_material(question)


def _follow_task(question: str, history: Sequence[Turn]) -> Task | None:
    """A short follow-up (那赔多少？) without a cue of its own goes on with the doctrine at hand."""
    return "doctrine" if history and len(question) < 20 else None


def _put(question: str, facts: Material | None) -> str:
    """The question as the model sees it, its material cut to what is worth reading."""
    if facts is None:
        return question
    parts = material.sentences(facts.text)
    chosen = [parts[number] for number in material.select(parts, question)]
    return f"{Material(''.join(chosen)).fenced()}\n{question}"


def _missing(task: Task, direction: str | None, told: str, note: DateNote | None) -> list[str]:
    """Facts to ask for: the day of the act where it decides, and the elements left untold."""
    missing: list[str] = []
    if task not in ("conduct", "case"):
        return missing
    if note is not None and note.asks:
        missing.append("行为发生的日期（决定适用哪个文本）")
    act = act_of(told, direction)
    if act is not None:
        missing += [element.ask for element in untold(act, told)]
    return missing
