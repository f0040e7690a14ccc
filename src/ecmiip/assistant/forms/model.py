"""What a form is: sections of elements, each with the provisions that ask for it."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Literal

from pydantic import model_validator

from ecmiip.config import Config

Kind = Literal["text", "party", "date", "money", "list", "table", "choice"]
Role = Literal["complaint", "answer", "application", "letter", "contract", "annex"]
# What must be known of a party: of oneself all that the procedure asks for, of others who it is.
Profile = Literal["claimant", "opponent", "agency", "contractor", "agent"]


class Named(Config):
    """Anything with a name in both languages."""

    id: str
    zh: str
    en: str

    @property
    def label(self) -> dict[str, str]:
        """The name by language."""
        return {"zh": self.zh, "en": self.en}


class Column(Named):
    """A column of an element that is a table; ``share`` is its part of the width."""

    kind: Literal["text", "date", "money"] = "text"
    required: bool = False
    share: int = 2


class Choice(Named):
    """One answer of an element to choose from; ``text`` is what a clause says if it is chosen."""

    text: str = ""


class Element(Named):
    """One thing that a form states.

    ``basis`` are provisions as :mod:`ecmiip.assistant.forms.basis` reads them. ``when`` makes the
    element one that is asked for only if another has a certain answer (``method=punitive``).
    ``past`` marks a day that cannot lie after the as-of date.
    """

    kind: Kind = "text"
    required: bool = True
    basis: tuple[str, ...] = ()
    hint: str = ""
    profile: Profile = "claimant"
    columns: tuple[Column, ...] = ()
    choices: tuple[Choice, ...] = ()
    many: bool = False
    when: str = ""
    past: bool = False

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Element":
        if (self.kind == "table") != bool(self.columns):
            raise ValueError(f"{self.id}: columns belong to a table, and a table needs them")
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"{self.id}: choices belong to a choice, and a choice needs them")
        return self

    def as_json(self) -> dict[str, Any]:
        """Plain values, for a form wizard."""
        return {
            "id": self.id,
            "label": self.label,
            "kind": self.kind,
            "required": self.required,
            "basis": list(self.basis),
            "hint": self.hint,
            "profile": self.profile if self.kind == "party" else None,
            "columns": [
                {"id": c.id, "label": c.label, "kind": c.kind, "required": c.required}
                for c in self.columns
            ],
            "choices": [{"id": c.id, "label": c.label} for c in self.choices],
            "many": self.many,
            "when": self.when,
        }


class Section(Config):
    """A headed part of a form.

    With ``text`` it is running text: paragraphs in which ``{element}`` stands for what the facts
    say, and which ``?? element=answer`` at the head makes conditional. Without, it is a table of
    its elements.
    """

    title: str
    elements: tuple[Element, ...] = ()
    text: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()


class DeadlineUse(Config):
    """A rule of :mod:`ecmiip.assistant.deadlines` and the element its time starts from.

    Where that element is optional and empty the deadline is left out, unless ``always``. ``when``
    may hold several conditions, all of which must be met (``kind=penalty & route=direct``).
    """

    rule: str
    start: str = ""
    when: str = ""
    always: bool = False


class Sum(Config):
    """A total and what must add up to it: other elements, or a column of a table."""

    total: str
    parts: tuple[str, ...]


class Damages(Config):
    """Which elements hold what a claim for damages says, and the article that limits it."""

    method: str
    amount: str
    base: str = ""
    multiple: str = ""
    basis: str


class Note(Config):
    """Something that whoever uses a form must know, with its provisions.

    ``when`` limits it to certain answers, ``court`` to a named court that does not contain these
    words.
    """

    text: str
    basis: tuple[str, ...] = ()
    when: str = ""
    court: tuple[str, ...] = ()


class Form(Named):
    """One kind of document.

    ``acts`` are the elements that hold the first and last day of the acts in question: which law
    applies depends on them. ``order`` are elements whose days must follow one another.
    """

    family: str
    role: Role
    direction: str
    after: str = ""
    heading: str = ""
    opening: tuple[str, ...] = ()
    sections: tuple[Section, ...]
    closing: tuple[str, ...] = ()
    recipient: str = ""
    signatory: tuple[str, ...] = ()
    signature: str = "签名或者盖章"
    deadlines: tuple[DeadlineUse, ...] = ()
    sums: tuple[Sum, ...] = ()
    damages: Damages | None = None
    acts: tuple[str, ...] = ()
    continuing: str = ""
    order: tuple[tuple[str, ...], ...] = ()
    opposed: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def title(self) -> dict[str, str]:
        """The form's name by language."""
        return self.label

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """Every element, in the order in which the form has them."""
        return tuple(element for section in self.sections for element in section.elements)

    @cached_property
    def by_id(self) -> dict[str, Element]:
        """Every element by its id."""
        return {element.id: element for element in self.elements}

    def basis(self) -> Iterator[str]:
        """Every provision that the form rests on, each once, in order of first mention."""
        seen: dict[str, None] = {}
        for section in self.sections:
            for spec in section.basis:
                seen.setdefault(spec)
            for element in section.elements:
                for spec in element.basis:
                    seen.setdefault(spec)
        yield from seen

    def as_json(self) -> dict[str, Any]:
        """Plain values, for a form wizard."""
        return {
            "id": self.id,
            "title": self.title,
            "family": self.family,
            "role": self.role,
            "direction": self.direction,
            "sections": [
                {"title": section.title, "elements": [e.id for e in section.elements]}
                for section in self.sections
                if section.elements
            ],
            "elements": [element.as_json() for element in self.elements],
        }
