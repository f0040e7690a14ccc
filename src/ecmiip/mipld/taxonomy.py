"""Directions and disciplines, assigned by rules that leave their reason (``taxonomy.toml``)."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import as_file, files

from ecmiip.config import Config, read_toml
from ecmiip.mipld.document import DIRECTIONS, Article, CaseText, LawText, NoteText

_FIELDS = {
    "宪法": "constitutional",
    "宪法相关法": "constitutional",
    "民法典": "civil",
    "民法商法": "civil",
    "行政法": "administrative",
    "行政法规": "administrative",
    "部门规章": "administrative",
    "经济法": "economic",
    "社会法": "social",
    "刑法": "criminal",
    "诉讼与非诉讼程序法": "procedural",
}

# Who issued an interpretation says nothing about its subject.
_COURTS = re.compile(r"最高人民法院|最高人民检察院|人民法院|人民检察院")


class LawRule(Config):
    """Every provision of a law whose name matches ``name`` belongs to ``directions``."""

    name: str
    directions: tuple[str, ...]
    unless: str = ""


class ArticleRule(Config):
    """A provision belongs to ``direction`` if law, chapter and text match (empty = anything)."""

    direction: str
    law: str = ""
    chapter: str = ""
    text: str = ""
    unless: str = ""
    articles: tuple[tuple[int, int], ...] = ()


class DisciplineRule(Config):
    """A judicial interpretation whose name matches belongs to ``discipline``; first match wins."""

    name: str
    discipline: str


class CaseRule(Config):
    """A case belongs to ``direction`` if its title, cause, keywords and holding have ``text``."""

    direction: str
    text: str


class Rules(Config):
    """The whole table."""

    law: tuple[LawRule, ...]
    article: tuple[ArticleRule, ...]
    case: tuple[CaseRule, ...]
    discipline: tuple[DisciplineRule, ...]


@cache
def rules() -> Rules:
    """The rules shipped with the package."""
    with as_file(files("ecmiip.mipld") / "taxonomy.toml") as path:
        return read_toml(path, Rules)


@cache
def _search(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[0] if found else ""


def law_directions(name: str) -> dict[str, str]:
    """Direction → reason for everything in the law ``name``."""
    found: dict[str, str] = {}
    if "关于修改" in name:
        return found  # such a title names what is amended; each item speaks of its own law
    for rule in rules().law:
        hit = _search(rule.name, name)
        if hit and not (rule.unless and _search(rule.unless, name)):
            for direction in rule.directions:
                found.setdefault(direction, f"name of the law has {hit}")
    return found


def directions(law: LawText, article: Article) -> dict[str, str]:
    """Direction → reason for one provision, in the order of the taxonomy."""
    found = dict(law_directions(law.name))
    for rule in rules().article:
        if rule.direction in found:
            continue
        reason = _matches(rule, law.name, article)
        if reason:
            found[rule.direction] = reason
    return {name: found[name] for name in DIRECTIONS if name in found}


def _matches(rule: ArticleRule, law: str, article: Article) -> str:
    reasons = []
    if rule.law:
        if not _search(rule.law, law):
            return ""
        reasons.append(f"law {_search(rule.law, law)}")
    if rule.articles:
        if not any(first <= article.article <= last for first, last in rule.articles):
            return ""
        reasons.append(f"article {article.article}")
    if rule.chapter:
        if not _search(rule.chapter, article.chapter):
            return ""
        reasons.append(f"chapter has {_search(rule.chapter, article.chapter)}")
    if rule.text:
        hit = re.search(rule.text, article.text)
        if hit is None or (rule.unless and re.search(rule.unless, article.text)):
            return ""
        reasons.append(f"text has {hit[0]}")
    return ", ".join(reasons)


def text_directions(body: str) -> dict[str, str]:
    """Direction → reason for free text: the rules that look at the text alone."""
    return _by_text(
        body,
        (
            (rule.direction, rule.text)
            for rule in rules().article
            if rule.text and not (rule.law or rule.chapter or rule.articles)
        ),
    )


def _by_text(body: str, patterns: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for direction, pattern in patterns:
        hit = re.search(pattern, body) if direction not in found else None
        if hit is not None:
            found[direction] = f"text has {hit[0]}"
    return {name: found[name] for name in DIRECTIONS if name in found}


def case_directions(case: CaseText) -> dict[str, str]:
    """Direction → reason for a case: what its title, cause, keywords and holding speak of.

    Every case is a dispute, so procedure is a direction only where a case rule finds it.
    """
    body = "\n".join((case.title, case.cause, " ".join(case.keywords), case.holding))
    found = text_directions(body)
    found.pop("ip_procedure", None)
    ruled = _by_text(body, ((rule.direction, rule.text) for rule in rules().case))
    if not found:
        ruled.pop("ip_procedure", None)  # procedure of a case that is not about IP
    found |= ruled
    return {name: found[name] for name in DIRECTIONS if name in found}


def note_directions(note: NoteText) -> dict[str, str]:
    """Direction → reason for a note."""
    return text_directions(f"{note.title}\n{note.text}")


def discipline(law: LawText) -> tuple[str, str]:
    """(discipline, reason) of a law."""
    name = _COURTS.sub("", law.name)
    if law.kind in ("interpretation", "other"):
        for rule in rules().discipline:
            if hit := _search(rule.name, name):
                return rule.discipline, f"name has {hit}"
    if law.field_of_law in _FIELDS:
        return _FIELDS[law.field_of_law], f"filed under {law.field_of_law} by {law.source}"
    for rule in rules().discipline:
        if hit := _search(rule.name, name):
            return rule.discipline, f"name has {hit}"
    return "other", "no rule matches"
