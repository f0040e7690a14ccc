"""Readers, one per native layout. Each yields records and never writes.

A reader is a function ``read(root, problems)`` that yields :class:`LawText`, :class:`CaseText` or
:class:`NoteText`. A file that cannot be read is told to ``problems`` and does not stop the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ecmiip.mipld.document import CaseText, LawText, NoteText

Record = LawText | CaseText | NoteText
Records = Iterator[Record]


@dataclass
class Problems:
    """Files that gave nothing, each with one clear reason."""

    found: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, source: str, path: str, reason: str) -> None:
        """Note that ``path`` of ``source`` was left out because of ``reason``."""
        self.found.append((source, path, reason))
