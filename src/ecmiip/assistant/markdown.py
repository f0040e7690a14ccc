"""A drafted document as Markdown; nothing in the facts is read as markup."""

import re
from typing import Protocol

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
    Together,
)

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~&$])")
# What means something only at the start of a line.
_AT_START = re.compile(r"^(\s*\d*)([#+\-=.)])", re.MULTILINE)


class Blocks(Protocol):
    """Anything made of blocks."""

    @property
    def blocks(self) -> tuple[Block, ...]: ...


def to_markdown(document: Blocks) -> str:
    """The document as Markdown, tables in pipes, HTML only for line breaks inside cells."""
    return "\n\n".join(_block(block) for block in document.blocks) + "\n"


def escape(text: str) -> str:
    """``text`` as Markdown that shows as ``text``."""
    return _AT_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", text))


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * (level + 1 if level < 2 else 2)} {escape(text)}"
        case Paragraph(line, align):
            text = _line(line, "  \n")
            return f"　　{text}" if align == "body" else text
        case Table():
            return _table(block)
        case Box(title, lines):
            rows = [f"> **{escape(title)}**", ">"]
            rows += [f"> {_line(line, ' ')}  " for line in lines]
            return "\n".join(rows)
        case Together(paragraphs):
            return "\n\n".join(_block(paragraph) for paragraph in paragraphs)
        case PageBreak():
            return "---"


def _line(line: Line, newline: str) -> str:
    return "".join(_run(run, newline) for run in line)


def _run(run: Run, newline: str) -> str:
    text = newline.join(escape(part) for part in run.text.split("\n"))
    if run.style in ("bold", "missing") and text.strip():
        return f"**{text}**"
    return text


def _table(table: Table) -> str:
    count = len(table.shares)
    header = table.header or ("要素", "内容")[:count]
    rows = [_row([escape(text) for text in header]), _row(["---"] * count)]
    rows += [_row([_cell(cell) for cell in row]) for row in table.rows]
    return "\n".join(rows)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    return "<br>".join(_line(line, "<br>") for line in cell)
