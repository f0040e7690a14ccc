"""Draft a document from a form and the user's facts: nothing in it that they did not say.

Every element names the provisions that ask for it; their words are put in an annex, as they read on
the as-of date. What is missing is listed at the head of the document and marked where it belongs.
The layout and the wording are our own; they follow no official form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecmiip.assistant import consistency, deadlines
from ecmiip.assistant.consistency import Finding
from ecmiip.assistant.deadlines import Deadline
from ecmiip.assistant.docx import to_docx
from ecmiip.assistant.forms import facts, library
from ecmiip.assistant.forms.annexes import annexes
from ecmiip.assistant.forms.basis import Basis
from ecmiip.assistant.forms.blocks import Block
from ecmiip.assistant.forms.body import Body
from ecmiip.assistant.forms.facts import Facts
from ecmiip.assistant.forms.gaps import Missing, missing
from ecmiip.assistant.forms.model import Form
from ecmiip.assistant.markdown import to_markdown
from ecmiip.mipld.database import Mipld

__all__ = ["Document", "Missing", "draft", "form", "forms", "missing", "to_docx", "to_markdown"]


@dataclass(frozen=True)
class Document:
    """A drafted document and what to know about it."""

    form: Form
    as_of: date
    title: str
    blocks: tuple[Block, ...]
    missing: tuple[Missing, ...]
    deadlines: tuple[Deadline, ...]
    warnings: tuple[Finding, ...]
    basis: tuple[Basis, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values: the text as Markdown, and what to know about it."""
        return {
            "form": self.form.id,
            "title": self.title,
            "as_of": self.as_of.isoformat(),
            "markdown": to_markdown(self),
            "missing": [one.as_json() for one in self.missing],
            "deadlines": [one.as_json(self.as_of) for one in self.deadlines],
            "warnings": [
                {
                    "code": w.code,
                    "text": w.text,
                    "basis": [{"address": b.address, "citation": b.citation} for b in w.basis],
                }
                for w in self.warnings
            ],
            "basis": [
                {"address": b.address, "citation": b.citation, "text": b.text} for b in self.basis
            ],
        }


def forms() -> list[Form]:
    """Every form that ships."""
    return list(library.forms())


def form(id: str) -> Form:
    """The form of that id. Raises UserError if there is none."""
    return library.form(id)


def draft(form: Form, given: Mapping[str, Any], as_of: date, db: Mipld) -> Document:
    """The document that ``form`` makes of ``given`` by the law of ``as_of``.

    Raises UserError for facts that the form cannot use; what is missing is no error.
    """
    known = given if isinstance(given, Facts) else facts.check(form, given)
    lacking = missing(form, known, as_of, db)
    computed = _deadlines(form, known, as_of, db)
    warnings = consistency.check(form, known, as_of, db)
    body = Body(form, known, as_of, db)
    provisions = _provisions(body, computed, warnings)
    return Document(
        form,
        as_of,
        form.heading or form.zh,
        (*body.blocks(lacking), *annexes(provisions, computed, warnings, as_of)),
        tuple(lacking),
        tuple(computed),
        tuple(warnings),
        provisions,
    )


def _deadlines(form: Form, known: Facts, as_of: date, db: Mipld) -> list[Deadline]:
    found = []
    for use in form.deadlines:
        if not known.meets(use.when):
            continue
        start = known.day(use.start) if use.start else None
        optional = bool(use.start) and not form.by_id[use.start].required
        if start is None and optional and not use.always:
            continue
        one = deadlines.compute(use.rule, start, as_of=as_of, db=db)
        interrupted = known.day("interrupted_on")
        running = start and one.due and interrupted and start < interrupted <= one.due
        # What comes after the end of a period cannot interrupt it.
        if running and use.rule in deadlines.INTERRUPTIBLE:
            one = deadlines.compute(use.rule, interrupted, as_of=as_of, db=db)
        found.append(one)
    return found


def _provisions(
    body: Body, computed: Sequence[Deadline], warnings: Sequence[Finding]
) -> tuple[Basis, ...]:
    """Every provision that a document rests on, each once, a law's together."""
    found: dict[str, Basis] = {}
    for spec in body.known.basis(body.form):
        if one := body.basis(spec):
            found.setdefault(one.address, one)
    for several in (*(d.basis for d in computed), *(w.basis for w in warnings)):
        for one in several:
            found.setdefault(one.address, one)
    laws = list(dict.fromkeys(one.provision.law for one in found.values()))
    # An article that is there as a whole needs no parts of it beside it.
    kept = [
        one
        for one in found.values()
        if one.address == one.provision.address or one.provision.address not in found
    ]
    return tuple(sorted(kept, key=lambda b: (laws.index(b.provision.law), b.provision.article)))
