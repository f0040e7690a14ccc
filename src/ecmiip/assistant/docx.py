"""A drafted document as .docx: A4, Chinese fonts, bordered tables, page numbers."""

from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from docx import Document as new_document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor

from ecmiip import files
from ecmiip.assistant.forms.blocks import (
    Align,
    Block,
    Box,
    Cell,
    Heading,
    Line,
    PageBreak,
    Paragraph,
    Run,
    Table,
    Together,
)

_SONG, _HEI, _FANGSONG = "宋体", "黑体", "仿宋"
_LATIN = "Times New Roman"
_BODY, _TABLE, _ANNEX, _SMALL = Pt(14), Pt(11), Pt(10.5), Pt(9)
_WIDTH = Cm(21.0 - 2.8 - 2.6)
_RED, _GREY = RGBColor(0xC0, 0x00, 0x00), RGBColor(0x60, 0x60, 0x60)
_SIDES = ("top", "left", "bottom", "right")
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "body": WD_ALIGN_PARAGRAPH.JUSTIFY,
}


class Titled(Protocol):
    """A title and blocks."""

    @property
    def title(self) -> str: ...
    @property
    def blocks(self) -> tuple[Block, ...]: ...


def to_docx(document: Titled, target: Path | BinaryIO) -> None:
    """Write ``document`` to a path, atomically, or to an open binary file."""
    made = new_document()
    _page(made, document.title)
    blocks = document.blocks
    for number, block in enumerate(blocks):
        paragraph = _add(made, block)
        if paragraph is not None and _holds_on(blocks[number + 1 :]):
            paragraph.paragraph_format.keep_with_next = True
        if paragraph is not None and number and isinstance(blocks[number - 1], PageBreak):
            paragraph.paragraph_format.page_break_before = True
    if isinstance(target, Path):
        with files.replacing(target) as part:
            made.save(str(part))
        return
    buffer = BytesIO()
    made.save(buffer)
    target.write(buffer.getvalue())


def _holds_on(rest: tuple[Block, ...]) -> bool:
    """Whether a paragraph belongs on the page of what follows: a table that it names."""
    return any(isinstance(block, Table) for block in rest[:2])


def _page(made: Any, title: str) -> None:
    section = made.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
    section.top_margin, section.bottom_margin = Cm(3.0), Cm(2.6)
    normal = made.styles["Normal"]
    normal.font.size = _BODY
    _fonts(normal.element.get_or_add_rPr(), _FANGSONG)
    made.core_properties.title = title
    made.core_properties.author = ""
    made.core_properties.language = "zh-CN"
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for piece in ("第 ", "PAGE", " 页　共 ", "NUMPAGES", " 页"):
        run = footer.add_run("1" if piece.isupper() else piece)
        run.font.size = _SMALL
        _fonts(run._element.get_or_add_rPr(), _SONG)
        if piece.isupper():
            _field(run, piece)


def _field(run: Any, code: str) -> None:
    """Let the reader's program compute what ``run`` shows, such as the page number."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run._element.addprevious(field)
    field.append(run._element)


def _fonts(properties: Any, east_asian: str) -> None:
    """Set the fonts for Latin and, apart, for Chinese characters: Word keeps them apart."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for name in ("w:ascii", "w:hAnsi", "w:cs"):
        fonts.set(qn(name), _LATIN)
    fonts.set(qn("w:eastAsia"), east_asian)


def _add(made: Any, block: Block) -> Any:
    """Write one block; the paragraph if it is one."""
    match block:
        case Heading(text, level):
            return _heading(made, text, level)
        case Paragraph(line, align):
            return _paragraph(made.add_paragraph(), line, align)
        case Table():
            _table(made, block)
        case Box(title, lines):
            _box(made, title, lines)
        case Together(paragraphs):
            _together(made, paragraphs)
        case PageBreak():
            pass  # the paragraph that follows is told to begin a page
    return None


def _paragraph(paragraph: Any, line: Line, align: Align) -> Any:
    paragraph.alignment = _ALIGN[align]
    form = paragraph.paragraph_format
    annex = all(run.origin in ("law", "computed") for run in line)
    label = align == "left" and all(run.style for run in line)
    size = _ANNEX if annex else _TABLE if label else _BODY
    form.space_after = Pt(2)
    form.line_spacing = 1.1 if annex else 1.3
    if align == "body":
        form.first_line_indent = Emu(2 * size)
    _write(paragraph, line, size)
    return paragraph


def _together(made: Any, paragraphs: tuple[Paragraph, ...]) -> None:
    """A row without borders that may not be split: a plain chain of paragraphs that keep with the
    next is broken up by some programs."""
    table = made.add_table(rows=1, cols=1)
    row = table.rows[0]
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    cell = row.cells[0]
    cell.width = _WIDTH
    for number, block in enumerate(paragraphs):
        paragraph = cell.add_paragraph() if number else cell.paragraphs[0]
        _paragraph(paragraph, block.line, block.align)


def _heading(made: Any, text: str, level: int) -> Any:
    """A real heading, so that the reader's program can make an outline; its look is ours."""
    paragraph = made.add_heading(level=1 if level == 0 else 2)
    size = {0: Pt(20), 1: _BODY, 2: _BODY}[level]
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = size, level == 0
    run.font.color.rgb = RGBColor(0, 0, 0)
    _fonts(run._element.get_or_add_rPr(), _SONG if level == 0 else _HEI)
    form = paragraph.paragraph_format
    form.space_before, form.space_after = Pt(0 if level == 0 else 10), Pt(6)
    form.keep_with_next = True
    if level == 0:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    return paragraph


def _write(paragraph: Any, line: Line, size: Any, font: str = _FANGSONG) -> None:
    for run in line:
        for number, part in enumerate(run.text.split("\n")):
            made = paragraph.add_run()
            if number:
                made.add_break()
            made.add_text(part)
            _look(made, run, size, font)


def _look(made: Any, run: Run, size: Any, font: str) -> None:
    made.font.size = _SMALL if run.style == "small" else size
    if run.style in ("bold", "missing"):
        made.font.bold = True
    if run.style == "missing":
        made.font.color.rgb = _RED
    if run.style == "small":
        made.font.color.rgb = _GREY
    _fonts(made._element.get_or_add_rPr(), font)


def _table(made: Any, block: Table) -> None:
    count = len(block.shares)
    table = made.add_table(rows=0, cols=count)
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    _padding(table)
    total = sum(block.shares)
    widths = [Emu(int(_WIDTH * share / total)) for share in block.shares]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    if block.header:
        cells = table.add_row().cells
        for cell, text in zip(cells, block.header, strict=True):
            _fill(cell, (((Run(text, style="bold"),)),), center=True)
            _shade(cell, "EDEDED")
        _repeat(table.rows[0])
    for row in block.rows:
        added = table.add_row()
        _whole(added)
        for cell, content in zip(added.cells, row, strict=True):
            _fill(cell, content)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
    # Word joins tables that touch; a thin paragraph keeps them apart.
    after = made.add_paragraph()
    after.paragraph_format.space_after = Pt(0)
    after.paragraph_format.line_spacing = Pt(8)


def _padding(table: Any) -> None:
    """Some room between the text and the borders (in twentieths of a point)."""
    margins = OxmlElement("w:tblCellMar")
    for side, width in (("top", "50"), ("left", "100"), ("bottom", "50"), ("right", "100")):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), width)
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    table._tbl.tblPr.append(margins)


def _fill(cell: Any, content: Cell, *, center: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    for number, line in enumerate(content):
        if number:
            paragraph = cell.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(1)
        if center:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _write(paragraph, line, _TABLE)


def _repeat(row: Any) -> None:
    """Show this row again at the head of every page that the table reaches."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _whole(row: Any) -> None:
    """Keep a short row on one page."""
    text = sum(len(cell.text) for cell in row.cells)
    if text < 400:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _shade(cell: Any, colour: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", colour)):
        shade.set(qn(name), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _box(made: Any, title: str, lines: tuple[Line, ...]) -> None:
    table = made.add_table(rows=1, cols=1)
    _padding(table)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    cell = table.rows[0].cells[0]
    cell.width = _WIDTH
    borders = OxmlElement("w:tcBorders")
    for side in _SIDES:
        edge = OxmlElement(f"w:{side}")
        for name, value in (("w:val", "double"), ("w:sz", "6"), ("w:color", "C00000")):
            edge.set(qn(name), value)
        borders.append(edge)
    cell._tc.get_or_add_tcPr().append(borders)
    head: Line = (Run(title, style="missing"),)
    _fill(cell, (head, *lines))
    made.add_paragraph().paragraph_format.space_after = Pt(0)
