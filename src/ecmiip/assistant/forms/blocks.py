"""A drafted document as blocks: what both writers, Markdown and .docx, work from.

Every run of text says where it comes from, so that what is the user's, what is the form's own
wording, what is statute and what was computed can be told apart, in tests and on the page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Origin = Literal["form", "fact", "law", "computed"]
Style = Literal["", "bold", "small", "missing"]
Align = Literal["left", "center", "right", "body"]


@dataclass(frozen=True)
class Run:
    """Some text of one origin in one style; it may hold line breaks."""

    text: str
    origin: Origin = "form"
    style: Style = ""


Line = tuple[Run, ...]
Cell = tuple[Line, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; level 0 is the title, 1 a part, 2 an annex."""

    text: str
    level: int


@dataclass(frozen=True)
class Paragraph:
    """One paragraph; ``body`` is set with the first line indented by two characters."""

    line: Line
    align: Align = "body"


@dataclass(frozen=True)
class Table:
    """A bordered table. ``shares`` are the relative widths of its columns."""

    rows: tuple[tuple[Cell, ...], ...]
    shares: tuple[int, ...]
    header: tuple[str, ...] = ()


@dataclass(frozen=True)
class Box:
    """A box that stands out: something that must be dealt with before the document is used."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Together:
    """Paragraphs that stay on one page, such as the place to sign."""

    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class PageBreak:
    """What follows starts on a new page."""


Block = Heading | Paragraph | Table | Box | Together | PageBreak


def runs(blocks: tuple[Block, ...]) -> Iterator[Run]:
    """Every run of text, in reading order."""
    for block in blocks:
        match block:
            case Heading(text):
                yield Run(text)
            case Paragraph(line):
                yield from line
            case Table(rows, _, header):
                yield from (Run(text) for text in header)
                for row in rows:
                    for cell in row:
                        for line in cell:
                            yield from line
            case Box(title, lines):
                yield Run(title)
                for line in lines:
                    yield from line
            case Together(paragraphs):
                yield from runs(paragraphs)
            case PageBreak():
                pass
