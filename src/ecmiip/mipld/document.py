"""What MIPLD holds, as plain records: what a source says, and what the database answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ecmiip.mipld import parts

DIRECTIONS: Mapping[str, str] = {
    "patent": "专利",
    "trademark": "商标",
    "copyright": "著作权",
    "trade_secret": "商业秘密",
    "unfair_competition": "不正当竞争",
    "plant_variety": "植物新品种",
    "ic_layout": "集成电路布图设计",
    "geographical_indication": "地理标志",
    "domain_online": "域名与网络",
    "technology_contract": "技术合同",
    "ip_crime": "知识产权犯罪",
    "ip_procedure": "知识产权程序",
}
DISCIPLINES: Mapping[str, str] = {
    "constitutional": "宪法",
    "civil": "民商法",
    "administrative": "行政法",
    "economic": "经济法",
    "social": "社会法",
    "criminal": "刑法",
    "procedural": "程序法",
    "other": "其他",
}
KINDS: Mapping[str, str] = {
    "constitution": "宪法",
    "law": "法律",
    "amendment": "修正案",
    "decision": "修改决定",
    "legislative_interpretation": "立法解释",
    "regulation": "行政法规",
    "interpretation": "司法解释",
    "rule": "部门规章",
    "other": "其他",
}

Status = Literal[
    "in_force", "not_yet_in_force", "superseded", "repealed", "no_such_article", "unverified"
]
Quote = Literal["exact", "differs", "none"]


@dataclass(frozen=True)
class Article:
    """One 条 as a source prints it. ``article`` is 0 for a text without numbered articles."""

    article: int
    suffix: int | None
    number: str
    chapter: str
    text: str


@dataclass(frozen=True)
class DateClaim:
    """One source's word on a version's first day (``value``), and on what it rests."""

    value: date
    basis: str
    source: str


@dataclass(frozen=True)
class LawText:
    """One version of one law, as one source has it."""

    name: str
    kind: str
    articles: tuple[Article, ...]
    source: str
    path: str
    digest: str
    promulgated_on: date | None = None
    claims: tuple[DateClaim, ...] = ()
    amended: bool = False
    revised: bool = False
    repealed: bool = False
    issuer: str = ""
    field_of_law: str = ""
    preamble: str = ""


@dataclass(frozen=True)
class CaseText:
    """One decided case, as one source has it. Missing parts are empty strings."""

    title: str
    source: str
    path: str
    digest: str
    number: str = ""
    court: str = ""
    decided_on: date | None = None
    published_on: date | None = None
    cause: str = ""
    keywords: tuple[str, ...] = ()
    facts: str = ""
    issues: str = ""
    holding: str = ""
    reasoning: str = ""
    result: str = ""
    statutes: str = ""
    authority: str = ""


@dataclass(frozen=True)
class NoteText:
    """A passage of doctrine, a form, or a piece of a user's own document."""

    title: str
    kind: str
    text: str
    source: str
    path: str
    digest: str


@dataclass(frozen=True)
class Provision:
    """One 条 of one version of a law.

    ``effective_to`` is the last day inclusive, None while no end is known. Where no source gives
    the first day, ``effective_from`` is the day of promulgation and ``effective_basis`` starts
    with "unknown".
    """

    address: str
    law: str
    version: str
    article: int
    suffix: int | None
    number: str
    chapter: str
    text: str
    effective_from: date
    effective_to: date | None
    kind: str
    directions: tuple[str, ...]
    discipline: str
    source: str
    effective_basis: str = ""

    def quote(self) -> str:
        """《商标法》第五十七条：… as a citation with its text."""
        number = self.number if self.article else ""
        return f"《{self.law}》{number}：{self.text}"

    def part(self, paragraph: int | None = None, item: int | None = None) -> str | None:
        """The words of a 款, or of a 项; None if the article has none of that number."""
        return parts.part(self.text, paragraph, item)

    def in_force(self, as_of: date) -> bool:
        """Whether this text was law on ``as_of``."""
        return self.effective_from <= as_of and (
            self.effective_to is None or as_of <= self.effective_to
        )


@dataclass(frozen=True)
class Hit:
    """One search result; higher scores are better and only comparable within one search."""

    provision: Provision
    score: float


@dataclass(frozen=True)
class Law:
    """A law with its versions, oldest first; ``notice`` is what its readers must know besides."""

    name: str
    short_names: tuple[str, ...]
    kind: str
    discipline: str
    directions: tuple[str, ...]
    versions: tuple["Version", ...]
    notice: str = ""


@dataclass(frozen=True)
class Version:
    """One dated version of a law. Dates as in :class:`Provision`."""

    law: str
    label: str
    promulgated_on: date | None
    effective_from: date
    effective_basis: str
    effective_to: date | None
    end_basis: str
    replaced_by: str | None
    repealed: bool
    amended: bool
    articles: int


@dataclass(frozen=True)
class Case:
    """One decided case; ``cited`` are the addresses of provisions as of the day of decision."""

    id: str
    title: str
    number: str
    court: str
    decided_on: date | None
    published_on: date | None
    cause: str
    keywords: tuple[str, ...]
    facts: str
    issues: str
    holding: str
    reasoning: str
    result: str
    authority: str
    directions: tuple[str, ...]
    source: str
    cited: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Note:
    """A passage that is neither a provision nor a case."""

    id: str
    title: str
    kind: str
    text: str
    directions: tuple[str, ...]
    source: str


_REPUBLIC = "中华人民共和国"


def law_name(title: str) -> str:
    """The full name without 中华人民共和国, without spaces: how MIPLD names a law."""
    name = re.sub(r"[\s　]+", "", title).strip("《》")
    return name.removeprefix(_REPUBLIC)


def address(law: str, version: str, article: int, suffix: int | None = None) -> str:
    """商标法@2019#57, 刑法@2020#120-1."""
    return f"{law}@{version}#{article}" + (f"-{suffix}" if suffix else "")


def parse_address(text: str) -> tuple[str, str, int, int | None] | None:
    """The parts of :func:`address`; a trailing 款/项 such as ``(2)`` is allowed and ignored."""
    found = re.fullmatch(r"(.+)@([^#@]+)#(\d+)(?:-(\d+))?(?:\(\d+\))*", text)
    if found is None:
        return None
    suffix = found[4]
    return found[1], found[2], int(found[3]), int(suffix) if suffix else None
