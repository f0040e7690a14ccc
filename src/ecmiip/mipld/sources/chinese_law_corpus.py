"""A checkout of lttxzmj/chinese-law-corpus (CC0): JSON files of laws and of decided cases."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ecmiip import files
from ecmiip.mipld import numerals, statute
from ecmiip.mipld.document import Article, CaseText, DateClaim, LawText, law_name
from ecmiip.mipld.sources import Problems, Records
from ecmiip.mipld.statute import parse_number

SOURCE = "chinese-law-corpus"

_AUTHORITY = {"guiding-cases": "guiding case", "gazette-cases": "gazette case"}
_CATEGORY = {"宪法": "constitution", "行政法规": "regulation", "司法解释": "interpretation"}
# 最高人民法院于2014年8月14日作出（2014）民提字第24号判决: who decided, when, under which number.
_DECISION = re.compile(
    r"(?:(?P<court>[\u4e00-\u9fff]{2,30}?法院)(?:经[^，。；]{1,8})?)?于(?P<day>\d{4}年\d{1,2}月\d{1,2}日)"
    r"[^。；]{0,30}?(?:(?P<number>[（(]\s*\d{4}\s*[）)][^，。；、：:\s]{2,30}?号)|判决|裁定|宣判)"
)
_CAUSE = re.compile(
    r"(?:公司|厂|店|中心|局|委员会|等|人|某|社|院)"
    r"((?:侵|擅|不正当|著作|商标|专利|技术|植物)[^公司]{2,30}?(?:纠纷)?)案$"
)


def read(root: Path, problems: Problems) -> Records:
    """Yield the laws and cases of the checkout at ``root``, in the order of paths."""
    for path in sorted(root.rglob("*.json")):
        folder = path.relative_to(root).parts[0]
        relative = str(path.relative_to(root))
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            if folder in _AUTHORITY:
                yield _case(value, relative, files.sha256(path), _AUTHORITY[folder])
            elif folder == "laws":
                yield _law(value, relative, files.sha256(path))
        except (UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
            problems.add(SOURCE, relative, f"not in the layout of the corpus ({error!r})")


def _paragraphs(value: Any) -> str:
    """A list of paragraphs, or one string, as text."""
    if isinstance(value, str):
        return statute.tidy(value)
    return "\n".join(statute.tidy(str(part)) for part in value or () if str(part).strip())


def _case(value: dict[str, Any], path: str, digest: str, authority: str) -> CaseText:
    result = _paragraphs(value.get("result"))
    last = last_decision(result)
    keywords = tuple(str(word) for word in value.get("keywords") or ())
    published = value.get("publishedAt")
    return CaseText(
        title=str(value["title"]),
        source=SOURCE,
        path=path,
        digest=digest,
        number=last.number,
        court=last.court,
        decided_on=last.day,
        published_on=date.fromisoformat(published) if published else None,
        cause=_cause(str(value["title"])),
        keywords=keywords,
        facts=_paragraphs(value.get("facts")),
        holding=_paragraphs(value.get("gist")),
        reasoning=_paragraphs(value.get("reasoning")),
        result=result,
        statutes=_paragraphs(value.get("relatedLaws")),
        authority=authority,
    )


@dataclass(frozen=True)
class Decision:
    """Who decided, when, and the number of the decision; what is not told is empty."""

    court: str = ""
    day: date | None = None
    number: str = ""


def last_decision(text: str) -> Decision:
    """The last decision that ``text`` tells of."""
    found = list(_DECISION.finditer(text))
    if not found:
        return Decision()
    last = found[-1]
    days = statute.dates(last["day"])
    number = (last["number"] or "").replace("(", "（").replace(")", "）").replace(" ", "")
    return Decision(last["court"] or "", days[0] if days else None, number)


def _cause(title: str) -> str:
    """侵害商标权纠纷 out of the title: what follows the last party."""
    found = _CAUSE.search(title)
    return found[1] if found else ""


def _law(value: dict[str, Any], path: str, digest: str) -> LawText:
    promulgated = _day(value.get("promulgationDate"))
    effective = _day(value.get("effectiveDate"))
    amended = bool(promulgated and effective and effective < promulgated)
    claims: tuple[DateClaim, ...] = ()
    if effective and not amended:
        claims = (DateClaim(effective, "effective_date", SOURCE),)
    return LawText(
        name=law_name(str(value["title"])),
        kind=_CATEGORY.get(str(value.get("category") or ""), "law"),
        articles=tuple(_articles(value["articles"])),
        source=SOURCE,
        path=path,
        digest=digest,
        promulgated_on=promulgated,
        claims=claims,
        amended=amended,
        issuer=str(value.get("issuingAuthority") or ""),
        field_of_law=str(value.get("category") or ""),
    )


def _articles(rows: list[dict[str, Any]]) -> Iterable[Article]:
    for row in rows:
        number = parse_number(str(row.get("displayNumber") or ""))
        article, suffix = number or (int(row["articleNumber"]), None)
        chapter = row.get("path") or ""
        heading = " ".join(chapter) if isinstance(chapter, list) else str(chapter)
        written = numerals.article_number(article, suffix)
        yield Article(article, suffix, written, heading, _paragraphs(str(row["text"]).splitlines()))


def _day(text: Any) -> date | None:
    return date.fromisoformat(str(text)[:10]) if text else None
