"""The body of a drafted document: title, what is missing, the sections, the place to sign."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ecmiip.assistant.forms import facts
from ecmiip.assistant.forms.basis import Basis, cited, resolve, written
from ecmiip.assistant.forms.blocks import (
    Block,
    Box,
    Cell,
    Heading,
    Line,
    Paragraph,
    Run,
    Table,
    Together,
)
from ecmiip.assistant.forms.facts import Facts, Party
from ecmiip.assistant.forms.gaps import Missing
from ecmiip.assistant.forms.model import Column, Element, Form, Section
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.numerals import chinese

_SLOT = re.compile(r"\{([a-z_]+)(?:\.([a-z_]+))?\}")
# A paragraph for certain answers only: ?? fee_mode=royalty|both 甲方…
_CONDITIONAL = re.compile(r"\?\? (\S+) ")
_LABEL_AND_CONTENT = (28, 72)
# Characters that the content column holds on a line.
_LINE = 27


class Body:
    """The body of one document."""

    def __init__(self, form: Form, known: Facts, as_of: date, db: Mipld) -> None:
        self.form = form
        self.known = known
        self.as_of = as_of
        self.db = db
        self._found: dict[str, Basis | None] = {}

    def basis(self, spec: str) -> Basis | None:
        """The provision for a basis, looked up once."""
        if spec not in self._found:
            self._found[spec] = resolve(spec, as_of=self.as_of, db=self.db)
        return self._found[spec]

    def blocks(self, lacking: list[Missing]) -> list[Block]:
        """Title, what is missing, the sections, and the place to sign."""
        blocks: list[Block] = [Heading(self.form.heading or self.form.zh, 0)]
        if self.form.after:
            blocks.append(Paragraph((Run(self.form.after, style="small"),), "center"))
        if lacking:
            blocks.append(_missing_box(lacking))
        for text in self.form.opening:
            blocks += self._paragraph(text)
        number = clause = 0
        for section in self.form.sections:
            shown = [e for e in section.elements if self._shown(e)]
            made = self._running(section) if section.text else self._elements(shown)
            if not made:
                continue
            if section.text and self.form.role == "contract":
                clause += 1
                title = f"第{chinese(clause)}条　{section.title}"
            else:
                number += 1
                title = f"{chinese(number)}、{section.title}"
            if self.form.role == "contract" and not section.text:
                title, number = section.title, number - 1
            blocks += [Heading(title, 1), *self._section_basis(section), *made]
        for text in self.form.closing:
            blocks += self._paragraph(text)
        return [*blocks, *self._signature()]

    def _shown(self, element: Element) -> bool:
        """Whether an element has a place of its own; the day of signing stands at the end."""
        if element.id == "signed_on" and self.form.signatory:
            return False
        return self.known.shows(element)

    def _section_basis(self, section: Section) -> list[Block]:
        line = self._basis_line(section.basis) if not section.text else ()
        return [Paragraph(line, "left")] if line else []

    def _basis_line(self, specs: tuple[str, ...]) -> Line:
        found = [one for spec in specs if (one := self.basis(spec))]
        unknown = [written(spec) for spec in specs if not self.basis(spec)]
        named = "，".join([*([cited(found)] if found else []), *unknown])
        return (Run(f"依据：{named}", "law", "small"),) if named else ()

    # --- tables of elements ---

    def _elements(self, elements: list[Element]) -> list[Block]:
        blocks: list[Block] = []
        rows: list[tuple[Cell, ...]] = []
        for element in elements:
            if element.kind == "table":
                blocks += _flushed(rows)
                rows = []
                blocks += self._wide(element)
            else:
                rows += self._rows(element)
        return [*blocks, *_flushed(rows)]

    def _label(self, element: Element, text: str = "") -> Cell:
        label: Line = (Run(text or element.zh, style="bold"),)
        line = self._basis_line(element.basis)
        return (label, line) if line else (label,)

    def _rows(self, element: Element) -> Iterator[tuple[Cell, Cell]]:
        value = self.known.get(element.id)
        if element.kind == "party" and isinstance(value, tuple):
            for number, party in enumerate(value, 1):
                name = element.zh + (chinese(number) if len(value) > 1 else "")
                label = self._label(element, name)
                if element.profile not in ("agent", "agency"):
                    kind = Run(f"（{facts.PARTY_KINDS[party.kind]}）", style="small")
                    label = (label[0], (kind,), *label[1:])
                yield label, self._party(element, party)
            return
        yield self._label(element), self._content(element, value)

    def _content(self, element: Element, value: Any) -> Cell:
        if element.kind == "choice":
            chosen = value if isinstance(value, tuple) else ()
            boxes = tuple(_boxes(element, chosen))
            return boxes if value else (*boxes, (_gap(element.zh),))
        if value is None:
            return ((_gap(element.zh),),)
        if isinstance(value, tuple):
            several = len(value) > 1
            return tuple(
                (Run(f"{n}. " if several else ""), Run(text, "fact"))
                for n, text in enumerate(value, 1)
            )
        return tuple((Run(line, "fact"),) for line in facts.words(value).split("\n"))

    def _party(self, element: Element, party: Party) -> Cell:
        required = facts.required_fields(element.profile, party.kind)
        lines: list[Line] = []
        for field in facts.party_fields(element.profile, party.kind):
            name = facts.field_name(field, party.kind)
            if field in party.fields:
                lines.append((Run(f"{name}："), Run(party.fields[field], "fact")))
            elif field in required:
                lines.append((Run(f"{name}："), _gap(name)))
        return tuple(lines)

    def _wide(self, element: Element) -> list[Block]:
        """An element that is a table of its own, below its name."""
        value = self.known.get(element.id)
        name = Paragraph((Run(element.zh, style="bold"),), "left")
        line = self._basis_line(element.basis)
        head: list[Block] = [name, *([Paragraph(line, "left")] if line else [])]
        rows = value if isinstance(value, tuple) else ()
        return [*head, self._table(element, rows)]

    def _table(self, element: Element, rows: tuple[Any, ...]) -> Table:
        made = [
            (((Run(str(n)),),), *(_cell(column, row) for column in element.columns))
            for n, row in enumerate(rows, 1)
        ]
        if not made:
            made = [(((Run("1"),),), *(((_gap(c.zh),),) for c in element.columns))]
        shares = (1, *(column.share for column in element.columns))
        return Table(tuple(made), shares, ("序号", *(column.zh for column in element.columns)))

    # --- running text ---

    def _running(self, section: Section) -> list[Block]:
        made = [block for text in section.text for block in self._paragraph(text)]
        count = sum(isinstance(block, Paragraph) for block in made)
        numbered: list[Block] = []
        number = 0
        for block in made:
            if isinstance(block, Paragraph) and count > 1 and self.form.role == "contract":
                number += 1
                block = Paragraph((Run(f"（{chinese(number)}）"), *block.line), block.align)
            numbered.append(block)
        line = self._basis_line(section.basis)
        return [*numbered, Paragraph(line, "left")] if numbered and line else numbered

    def _paragraph(self, text: str) -> list[Block]:
        """A paragraph with its slots filled; none if it is about something not asked for."""
        if conditional := _CONDITIONAL.match(text):
            if not self.known.meets(conditional[1]):
                return []
            text = text[conditional.end() :]
        line: list[Run] = []
        tables: list[Block] = []
        end = 0
        for slot in _SLOT.finditer(text):
            line.append(Run(text[end : slot.start()]))
            end = slot.end()
            element = self.form.by_id[slot[1]]
            if element.id not in self.known:
                if not element.required or not self.known.asks(element):
                    return []
                line.append(_gap(element.zh))
            elif element.kind == "table":
                value = self.known[element.id]
                tables.append(self._table(element, value if isinstance(value, tuple) else ()))
            else:
                line += self._inline(element, slot[2])
        line.append(Run(text[end:]))
        return [Paragraph(tuple(run for run in line if run.text)), *tables]

    def _inline(self, element: Element, part: str | None) -> list[Run]:
        """A value inside a sentence."""
        value = self.known[element.id]
        if element.kind == "choice" and isinstance(value, tuple):
            chosen = [c for c in element.choices if c.id in value]
            return [Run("、".join(c.text if part == "text" else c.zh for c in chosen))]
        if isinstance(value, tuple):
            found: list[Run] = []
            for item in value:
                if isinstance(item, Party):
                    text = item.fields.get(part or "name", "")
                    run = Run(text, "fact") if text else _gap(element.zh)
                else:
                    run = Run(str(item), "fact")
                found += [Run("、" if isinstance(item, Party) else "；"), run] if found else [run]
            return found
        return [Run(facts.words(value), "fact")]

    def _signature(self) -> list[Block]:
        blocks: list[Paragraph] = []
        recipient = self.known.get(self.form.recipient) if self.form.recipient else None
        if self.form.recipient:
            element = self.form.by_id[self.form.recipient]
            run = Run(recipient, "fact") if isinstance(recipient, str) else _gap(element.zh)
            blocks += [Paragraph((Run("此致"),)), Paragraph((run,), "left")]
        for id in self.form.signatory:
            element = self.form.by_id[id]
            name = self._inline(element, None) if id in self.known else []
            sign = Run(f"{element.zh}（{self.form.signature}）：")
            blocks.append(Paragraph((sign, *name), "right"))
        if self.form.signatory:
            signed = self.known.day("signed_on")
            run = Run(facts.day(signed), "fact") if signed else Run("　　　　年　　月　　日")
            blocks.append(Paragraph((run,), "right"))
        return [Together(tuple(blocks))] if blocks else []


def _boxes(element: Element, chosen: tuple[Any, ...]) -> Iterator[Line]:
    """The answers to choose from, each with its box, as many to a line as have room."""
    line = ""
    for choice in element.choices:
        box = f"{'☑' if choice.id in chosen else '☐'}{choice.zh}"
        if line and len(line) + len(box) >= _LINE:
            yield (Run(line),)
            line = ""
        line += f"　{box}" if line else box
    yield (Run(line),)


def _cell(column: Column, row: Mapping[str, Any]) -> Cell:
    if column.id not in row:
        return ((_gap(column.zh),),) if column.required else ((Run(""),),)
    return tuple((Run(line, "fact"),) for line in facts.words(row[column.id]).split("\n"))


def _gap(name: str) -> Run:
    return Run(f"【待补充：{name}】", "form", "missing")


def _flushed(rows: list[tuple[Cell, ...]]) -> list[Block]:
    return [Table(tuple(rows), _LABEL_AND_CONTENT)] if rows else []


def _missing_box(lacking: list[Missing]) -> Box:
    lines = tuple(
        (
            Run(f"{number}. {one.label}：{one.why}", style=""),
            Run(f"（{one.basis}）" if one.basis else "", "law", "small"),
        )
        for number, one in enumerate(lacking, 1)
    )
    return Box(f"待补充（共{len(lacking)}项，补齐后删除本框）", lines)
