"""From the lines of a statute to its articles, dates and headings, whatever the source's layout."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from ecmiip.mipld import numerals
from ecmiip.mipld.document import Article

_N = f"[{numerals.NUMERAL}]"
_ARTICLE = re.compile(rf"^\**第({_N}+)条(?:之({_N}+))?\**(?:[\s　]+|(?=\*)|$)\**[\s　]*(.*)$")
_HEADING = re.compile(rf"^第{_N}+(?:编|分编|章|节)(?:[\s　]|$)")
_HEADING_LINE = re.compile(rf"第{_N}+(?:编|分编|章|节)[^，。；：、]{{0,30}}")
_LEVEL = {"编": 0, "分编": 1, "章": 2, "节": 3}
_HEADING_PARTS = re.compile(rf"第{_N}+(编|分编|章|节)")
# Interpretations and replies without 条 count their paragraphs 一、二、 or 1. 2.
_POINT = re.compile(r"^\**([一二三四五六七八九十百零]+)、[\s　]*(.+)$")
_ARABIC_POINT = re.compile(r"^(\d{1,3})[.．、][\s　]*(.+)$")
_DATE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_MARKUP = re.compile(r"<!--.*?-->|\*\*")
_SPACES = re.compile(r"[ \t\u3000\u200b\ufeff\xa0]+")
_CHINESE_GAP = re.compile(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])")


@dataclass(frozen=True)
class Statute:
    """A parsed text: what stands before the articles, and the articles."""

    title: str
    preamble: tuple[str, ...]
    articles: tuple[Article, ...]


def tidy(line: str) -> str:
    """One line without markup, stray spaces and comments; the wording is left alone."""
    if "*" in line or "<" in line:
        line = _MARKUP.sub("", line)
    return _CHINESE_GAP.sub("", _SPACES.sub(" ", line).strip())


def heading(line: str) -> str:
    """第八章 附则: the number, one space, the name without spaces."""
    plain = tidy(line).replace(" ", "")
    found = _HEADING_PARTS.match(plain)
    return f"{found[0]} {plain[found.end() :]}".strip() if found else plain


def is_heading(line: str) -> bool:
    """Whether a line is the bare heading of a 编, 章 or 节, or 附则."""
    plain = tidy(line).replace(" ", "")
    return plain == "附则" or (_HEADING_LINE.fullmatch(plain) is not None)


def parse(lines: Iterable[str]) -> Statute:
    """Split the lines of one statute. A 条 must come after the one before it, so quotations of
    other laws inside an article stay part of that article."""
    rows = [line.rstrip() for line in lines]
    numbered = list(_articles(rows))
    if not numbered:
        numbered = list(_points(rows, _POINT)) or list(_points(rows, _ARABIC_POINT))
    title = next((tidy(row.lstrip("#")) for row in rows if tidy(row.lstrip("#"))), "")
    first = numbered[0].line if numbered else len(rows)
    preamble = tuple(t for row in rows[:first] if (t := tidy(row.lstrip("#"))))
    if numbered:
        return Statute(title, preamble, tuple(entry.article for entry in numbered))
    body = "\n".join(preamble[1:])
    whole = (Article(0, None, "全文", "", body),) if body else ()
    return Statute(title, preamble, whole)


@dataclass
class _Entry:
    line: int
    article: Article


def _articles(rows: list[str]) -> Iterator[_Entry]:
    chapters: dict[int, str] = {}
    last = (0, 0)
    started: tuple[int, str, int, int | None, str] | None = None
    body: list[str] = []
    for index, row in enumerate(rows):
        plain = tidy(row.lstrip("#"))
        if _is_heading(row, plain):
            if started:
                yield _entry(started, body)
                started, body = None, []
            _set_heading(chapters, plain)
            continue
        # Most lines are neither heading nor article; the first character tells.
        found = _ARTICLE.match(_SPACES.sub(" ", row).strip()) if plain[:1] == "第" else None
        key = _key(found) if found else None
        if found and key and key > last:
            if started:
                yield _entry(started, body)
            last = key
            number = numerals.article_number(key[0], key[1] or None)
            chapter = " ".join(chapters[level] for level in sorted(chapters))
            started = (index, number, key[0], key[1] or None, chapter)
            body = [tidy(found[3])]
        elif started and plain and not row.startswith("#"):
            body.append(plain)
    if started:
        yield _entry(started, body)


def _entry(started: tuple[int, str, int, int | None, str], body: list[str]) -> _Entry:
    line, number, article, suffix, chapter = started
    text = "\n".join(part for part in body if part)
    return _Entry(line, Article(article, suffix, number, chapter, text))


def _key(found: re.Match[str]) -> tuple[int, int] | None:
    article = numerals.parse(found[1])
    suffix = numerals.parse(found[2]) if found[2] else 0
    return None if article is None or suffix is None else (article, suffix)


def _is_heading(row: str, plain: str) -> bool:
    if row.startswith("#"):
        return _HEADING_PARTS.match(plain) is not None or plain.replace(" ", "") == "附则"
    if plain[:1] != "第" or len(plain) > 40 or plain.endswith("。"):
        return False
    return _HEADING.match(_SPACES.sub(" ", row).strip()) is not None


def _set_heading(chapters: dict[int, str], plain: str) -> None:
    found = _HEADING_PARTS.match(plain)
    level = _LEVEL[found[1]] if found else 2
    for deeper in [other for other in chapters if other >= level]:
        del chapters[deeper]
    chapters[level] = heading(plain)


def _points(rows: list[str], pattern: re.Pattern[str]) -> Iterator[_Entry]:
    """Paragraphs that count 一、 or 1.; each number must follow the one before it."""
    expected = 1
    started: tuple[int, str, int, int | None, str] | None = None
    body: list[str] = []
    for index, row in enumerate(rows):
        plain = tidy(row.lstrip("#"))
        found = pattern.match(plain)
        if found and numerals.parse(found[1]) == expected:
            if started:
                yield _entry(started, body)
            started = (index, found[1], expected, None, "")
            body = [found[2]]
            expected += 1
        elif started and plain:
            body.append(plain)
    if started:
        yield _entry(started, body)


def dates(text: str) -> list[date]:
    """Every 年月日 in ``text``; impossible days are left out."""
    found = []
    for year, month, day in _DATE.findall(text):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found


def parse_number(text: str) -> tuple[int, int | None] | None:
    """第一百二十条之一 → (120, 1); None if ``text`` is not the number of an article."""
    found = re.fullmatch(rf"第({_N}+)条(?:之({_N}+))?", text.strip())
    key = _key(found) if found else None
    return (key[0], key[1] or None) if key else None
