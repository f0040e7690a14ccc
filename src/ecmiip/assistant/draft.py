"""Draft a document from a form and the user's facts: nothing in it that they did not say.

Every element names the provisions that ask for it; their words are put in an annex, as they read on
the as-of date. What is missing is listed at the head of the document and marked where it belongs.
The layout and the wording are our own; they follow no official form.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecmiip.assistant import consistency, deadlines
from ecmiip.assistant.consistency import Finding
from ecmiip.assistant.deadlines import Deadline
from ecmiip.assistant.docx import to_docx
from ecmiip.assistant.forms import facts, library
from ecmiip.assistant.forms.basis import Basis, cited, resolve, short_name, written
from ecmiip.assistant.forms.blocks import (
    Block,
    Box,
    Cell,
    Heading,
    Line,
    PageBreak,
    Paragraph,
    Run,
    Table,
)
from ecmiip.assistant.forms.facts import Facts, Party
from ecmiip.assistant.forms.model import Column, Element, Form, Section
from ecmiip.assistant.forms.periods import UNKNOWN_HOLIDAYS
from ecmiip.assistant.markdown import to_markdown
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.numerals import chinese

__all__ = ["Document", "Missing", "draft", "form", "forms", "missing", "to_docx", "to_markdown"]

_SLOT = re.compile(r"\{([a-z_]+)(?:\.([a-z_]+))?\}")
# A paragraph for certain answers only: ?? fee_mode=royalty|both 甲方…
_CONDITIONAL = re.compile(r"\?\? (\S+) ")
_LABEL_AND_CONTENT = (28, 72)
# Characters that the content column holds on a line.
_LINE = 27


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


def draft(form: Form, given: Mapping[str, Any], as_of: date, db: Mipld) -> Document:
    """The document that ``form`` makes of ``given`` by the law of ``as_of``.

    Raises UserError for facts that the form cannot use; what is missing is no error.
    """
    known = given if isinstance(given, Facts) else facts.check(form, given)
    lacking = missing(form, known, as_of, db)
    computed = _deadlines(form, known, as_of, db)
    warnings = consistency.check(form, known, as_of, db)
    builder = _Builder(form, known, as_of, db, {one.element for one in lacking})
    body = builder.body(lacking)
    provisions = builder.provisions(computed, warnings)
    annexes = (
        PageBreak(),
        *_law_annex(provisions, as_of),
        *_deadline_annex(computed, as_of),
        *_warning_annex(warnings),
    )
    return Document(
        form,
        as_of,
        form.heading or form.zh,
        (*body, *annexes),
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
        interrupted = known.day("interrupted_on")
        if use.rule.startswith("limitation") and use.rule != "limitation_longest":
            start = max(start, interrupted) if start and interrupted else start or interrupted
        found.append(deadlines.compute(use.rule, start, as_of=as_of, db=db))
    return found


class _Builder:
    """The body of one document."""

    def __init__(self, form: Form, known: Facts, as_of: date, db: Mipld, lacking: set[str]) -> None:
        self.form = form
        self.known = known
        self.as_of = as_of
        self.db = db
        self.lacking = lacking
        self._found: dict[str, Basis | None] = {}

    def basis(self, spec: str) -> Basis | None:
        """The provision for a basis, looked up once."""
        if spec not in self._found:
            self._found[spec] = resolve(spec, as_of=self.as_of, db=self.db)
        return self._found[spec]

    def provisions(self, computed: list[Deadline], warnings: list[Finding]) -> tuple[Basis, ...]:
        """Every provision that the document rests on, each once."""
        found: dict[str, Basis] = {}
        for spec in self.known.basis(self.form):
            if one := self.basis(spec):
                found.setdefault(one.address, one)
        for several in (*(d.basis for d in computed), *(w.basis for w in warnings)):
            for one in several:
                found.setdefault(one.address, one)
        # An article that is there as a whole needs no parts of it beside it; keep a law together.
        laws = list(dict.fromkeys(one.provision.law for one in found.values()))
        kept = [
            one
            for one in found.values()
            if one.address == one.provision.address or one.provision.address not in found
        ]
        return tuple(
            sorted(kept, key=lambda one: (laws.index(one.provision.law), one.provision.article))
        )

    def body(self, lacking: list[Missing]) -> list[Block]:
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
        blocks: list[Block] = []
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
        return blocks


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


# --- annexes -----------------------------------------------------------------------------------


def _law_annex(provisions: tuple[Basis, ...], as_of: date) -> Iterator[Block]:
    yield Heading("附录一　法律依据（供核对，提交前删去）", 2)
    said = f"以下条文按{facts.day(as_of)}有效的文本录自数据库，方括号内为其地址。"
    yield Paragraph((Run(said, "law", "small"),), "left")
    for one in provisions:
        span = f"{facts.day(one.provision.effective_from)}起施行"
        if one.provision.effective_to:
            span += f"，至{facts.day(one.provision.effective_to)}有效"
        full = one.citation.replace(short_name(one.provision.law), one.provision.law)
        where = Run(f"　[{one.address}]　{span}", "law", "small")
        yield Paragraph((Run(full, "law", "bold"), where), "left")
        for line in one.text.split("\n"):
            yield Paragraph((Run(line, "law"),))


def _deadline_annex(computed: list[Deadline], as_of: date) -> Iterator[Block]:
    if not computed:
        return
    yield Heading("附录二　期限与时效（按文书所载日期计算，提交前删去）", 2)
    rows = []
    for one in computed:
        due = facts.day(one.due) if one.due else "—"
        if one.due and one.nominal and one.due != one.nominal:
            due += f"（{facts.day(one.nominal)}为休息日，顺延）"
        if one.due and one.sense == "before":
            due = f"至{due}止的七日内"
        start = f"{one.start_label}：{facts.day(one.start)}" if one.start else one.start_label
        about = [*one.notes, *([f"存疑：{one.doubt}"] if one.doubt else [])]
        cells = (
            one.title,
            start or "—",
            f"{due}\n{one.status(as_of)}",
            cited(one.basis),
            "\n".join(about),
        )
        rows.append(tuple(tuple((Run(t, "computed"),) for t in text.split("\n")) for text in cells))
    header = ("期限", "起算", "届满与状态", "依据", "说明")
    yield Table(tuple(rows), (3, 3, 3, 3, 4), header)
    said = f"开始的当日不计入；末日为休息日的顺延。{UNKNOWN_HOLIDAYS}。"
    yield Paragraph((Run(said, "computed", "small"),), "left")


def _warning_annex(warnings: list[Finding]) -> Iterator[Block]:
    if not warnings:
        return
    yield Heading("附录三　核对提示（供起草人，提交前删去）", 2)
    for number, one in enumerate(warnings, 1):
        rest = (Run(f"（{cited(one.basis)}）", "law", "small"),) if one.basis else ()
        yield Paragraph((Run(f"{number}. {one.text}", "computed"), *rest), "left")
