"""A checkout of LawRefBook/Laws: Markdown statutes, interpretations, cases, and ``db.sqlite3``.

Statutes are public domain in China (Copyright Law, article 5). The name of a file carries the day
of promulgation; ``db.sqlite3`` adds ``valid_from`` and ``expired`` for the laws it knows.
"""

import hashlib
import re
import sqlite3
from collections import defaultdict
from datetime import date
from pathlib import Path

from ecmiip.mipld import statute
from ecmiip.mipld.document import CaseText, DateClaim, LawText, NoteText, law_name
from ecmiip.mipld.sources import Problems, Records
from ecmiip.mipld.sources.markdown_law import history

SOURCE = "LawRefBook"

_KINDS = {
    "宪法": "constitution",
    "宪法相关法": "law",
    "民法典": "law",
    "民法商法": "law",
    "行政法": "law",
    "经济法": "law",
    "社会法": "law",
    "刑法": "law",
    "诉讼与非诉讼程序法": "law",
    "行政法规": "regulation",
    "司法解释": "interpretation",
    "部门规章": "rule",
}
_CODE_BOOKS = ("总则", "物权编", "合同编", "人格权编", "婚姻家庭编", "继承编", "侵权责任编", "附则")
_DATED_NAME = re.compile(r"^(.*?)[(（](\d{4})-(\d{2})-(\d{2})[)）]$")
_CASE_PARTS = {
    "关键词": "keywords",
    "裁判要点": "holding",
    "裁判要旨": "holding",
    "基本案情": "facts",
    "简要案情": "facts",
    "案情回顾": "facts",
    "申请人请求": "issues",
    "原告诉讼请求": "issues",
    "裁判结果": "result",
    "处理结果": "result",
    "裁判理由": "reasoning",
    "法院裁判": "reasoning",
    "案例分析": "reasoning",
    "适用解析": "reasoning",
    "法官解读": "reasoning",
    "典型意义": "reasoning",
    "司法解释相关法条": "statutes",
}


class _Index:
    """``db.sqlite3``: valid_from and expired by (name, day of promulgation)."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self.valid_from: dict[tuple[str, str | None], date] = {}
        self.expired: set[tuple[str, str | None]] = set()
        if not path.is_file():
            return
        try:
            with sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True) as connection:
                rows = connection.execute(
                    "SELECT name, publish, valid_from, expired FROM law"
                ).fetchall()
        except sqlite3.DatabaseError as error:
            problems.add(SOURCE, path.name, f"not readable as SQLite ({error})")
            return
        for name, publish, valid_from, expired in rows:
            key = (law_name(name), publish)
            if valid_from:
                self.valid_from[key] = date.fromisoformat(valid_from)
            if expired:
                self.expired.add(key)


def read(root: Path, problems: Problems) -> Records:
    """Yield the laws and cases of the checkout at ``root``, in the order of their paths."""
    index = _Index(root / "db.sqlite3", problems)
    code: dict[str, tuple[Path, str]] = {}
    for path in sorted(root.rglob("*.md")):
        folder = path.relative_to(root).parts[0]
        if path.name == "_index.md" or folder not in {*_KINDS, "案例", "其他"}:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            problems.add(SOURCE, str(path.relative_to(root)), "not UTF-8")
            continue
        relative = str(path.relative_to(root))
        if folder == "案例":
            yield _case(text, relative)
        elif folder == "其他":
            yield _note(text, relative)
        elif folder == "民法典":
            code[path.stem] = (path, text)
        else:
            record = _law(path, text, relative, _KINDS[folder], folder, index)
            if record.articles:
                yield record
            else:
                problems.add(SOURCE, relative, "no text after the heading")
    if code:
        yield _civil_code(code, root, index)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _law(path: Path, text: str, relative: str, kind: str, folder: str, index: _Index) -> LawText:
    parsed = statute.parse(text.splitlines())
    past = history(parsed.preamble, SOURCE)
    dated = _DATED_NAME.match(path.stem)
    promulgated = past.adopted_on
    key: tuple[str, str | None] = (law_name(path.stem), None)
    if dated:
        promulgated = date(int(dated[2]), int(dated[3]), int(dated[4]))
        key = (law_name(dated[1]), promulgated.isoformat())
    elif promulgated is not None and (key[0], promulgated.isoformat()) in index.valid_from:
        key = (key[0], promulgated.isoformat())
    claims = past.effective
    valid_from = index.valid_from.get(key)
    if valid_from and (promulgated is None or valid_from >= promulgated):
        claims = (*claims, DateClaim(valid_from, "valid_from", SOURCE))
    name = law_name(parsed.title)
    return LawText(
        name=name,
        kind=_refine(kind, name),
        articles=parsed.articles,
        source=SOURCE,
        path=relative,
        digest=_digest(text),
        promulgated_on=promulgated,
        claims=claims,
        amended=past.amended,
        revised=past.revised,
        repealed=key in index.expired,
        field_of_law=folder,
        preamble="\n".join(parsed.preamble),
    )


def _refine(kind: str, name: str) -> str:
    if "修正案" in name:
        return "amendment"
    if re.search(r"关于修改.*的决定$", name):
        return "decision"
    return kind


def _civil_code(code: dict[str, tuple[Path, str]], root: Path, index: _Index) -> LawText:
    """The Civil Code lies in one file per book; together they are one law."""
    parts = [code[book] for book in _CODE_BOOKS if book in code]
    lines = [line for _, text in parts for line in text.splitlines()]
    parsed = statute.parse(lines)
    past = history(statute.parse(parts[0][1].splitlines()).preamble, SOURCE)
    return LawText(
        name=law_name(parsed.title),
        kind="law",
        articles=parsed.articles,
        source=SOURCE,
        path=str(parts[0][0].parent.relative_to(root)),
        digest=_digest("\n".join(text for _, text in parts)),
        promulgated_on=past.adopted_on,
        claims=past.effective,
        field_of_law="民法商法",
        repealed=(law_name(parsed.title), None) in index.expired,
    )


def _sections(text: str) -> tuple[list[str], dict[str, list[str]]]:
    """Headings that are titles, and the paragraphs under each known heading."""
    titles: list[str] = []
    parts: dict[str, list[str]] = defaultdict(list)
    current = ""
    for line in text.splitlines():
        plain = statute.tidy(line.lstrip("#"))
        if line.startswith("#"):
            current = _CASE_PARTS.get(plain, "")
            if not current:
                titles.append(plain)
        elif plain and current:
            parts[current].append(plain)
    return titles, parts


def _case(text: str, relative: str) -> CaseText:
    titles, parts = _sections(text)
    title = next((t for t in titles if re.search(r"诉|案$", t)), titles[0] if titles else relative)
    holding = "\n".join(parts["holding"]) or (titles[0] if titles and titles[0] != title else "")
    keywords = re.split(r"[、，,\s。]+", "".join(parts["keywords"]))
    return CaseText(
        title=title,
        source=SOURCE,
        path=relative,
        digest=_digest(text),
        keywords=tuple(word for word in keywords if word),
        facts="\n".join(parts["facts"]),
        issues="\n".join(parts["issues"]),
        holding=holding,
        reasoning="\n".join(parts["reasoning"]),
        result="\n".join(parts["result"]),
        statutes="\n".join(parts["statutes"]),
        authority="typical case",
    )


def _note(text: str, relative: str) -> NoteText:
    lines = [t for line in text.splitlines() if (t := statute.tidy(line.lstrip("#")))]
    title = lines[0] if lines else relative
    return NoteText(title, "guide", "\n".join(lines[1:]), SOURCE, relative, _digest(text))
