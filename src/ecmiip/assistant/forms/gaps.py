"""What a form asks for and the facts do not give."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecmiip.assistant.forms import facts
from ecmiip.assistant.forms.basis import cited, resolve, written
from ecmiip.assistant.forms.facts import Facts, Party
from ecmiip.assistant.forms.model import Element, Form
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.numerals import chinese


@dataclass(frozen=True)
class Missing:
    """A required element that the facts do not give; ``path`` names it in the facts."""

    element: str
    label: str
    basis: str
    why: str
    path: str

    def as_json(self) -> dict[str, str]:
        """Plain values."""
        return {
            "element": self.element,
            "label": self.label,
            "basis": self.basis,
            "why": self.why,
            "path": self.path,
        }


def missing(
    form: Form,
    given: Mapping[str, Any],
    as_of: date | None = None,
    db: Mipld | None = None,
) -> list[Missing]:
    """The required elements that ``given`` lacks. Raises UserError for facts it cannot use.

    With a day and a database the provisions are named as of that day, else by their version.
    """
    known = given if isinstance(given, Facts) else facts.check(form, given)
    found: list[Missing] = []
    for element in form.elements:
        if not element.required or not known.asks(element):
            continue
        named = _named(element.basis, as_of, db)
        because = "依所选事项须填写" if element.when else "未提供"
        if element.id not in known:
            found.append(Missing(element.id, element.zh, named, because, element.id))
            continue
        for path, gap in _gaps(element, known):
            found.append(Missing(element.id, element.zh, named, f"缺少{gap}", path))
    return found


def _named(specs: tuple[str, ...], as_of: date | None, db: Mipld | None) -> str:
    if as_of is None or db is None:
        return "、".join(written(spec) for spec in specs)
    found = [one for spec in specs if (one := resolve(spec, as_of=as_of, db=db))]
    return cited(found)


def _gaps(element: Element, known: Facts) -> Iterator[tuple[str, str]]:
    """(path, name) of what is missing inside an element that is there."""
    value = known[element.id]
    if not isinstance(value, tuple):
        return
    for number, item in enumerate(value, 1):
        place = f"{element.id}[{number}]"
        if isinstance(item, Party):
            for field in facts.required_fields(element.profile, item.kind):
                if field not in item.fields:
                    yield f"{place}.{field}", facts.field_name(field, item.kind)
        elif isinstance(item, dict):
            for column in element.columns:
                if column.required and column.id not in item:
                    yield f"{place}.{column.id}", f"第{chinese(number)}行的{column.zh}"
