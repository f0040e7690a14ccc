"""Which text was law on which day: versions and their intervals, computed across sources.

Every source's word on a date is a :class:`DateClaim`. A version's first day is the most trustworthy
claim that is not earlier than its adoption; its last day is the day before its successor, the day a
repeal clause or the curated table says, or open. Claims that disagree are kept as conflicts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from ecmiip.mipld import curated, statute
from ecmiip.mipld.document import DateClaim, LawText, law_name

# Most trustworthy first. A curated date has been looked up; versions.json speaks of one version; a
# line or article of the text itself may be that of an earlier version, so it must fit the adoption.
_RANK = (
    "curated",
    "versions.json",
    "the line 施行 above the text",
    "last article",
    "amending decision",
    "in force on the day of promulgation",
    "valid_from",
    "effective_date",
)
# Sources date a version by its adoption or by its publication, which may be weeks apart.
_SAME_TEXT_WINDOW = timedelta(days=45)
_NEARLY_ALL = 0.9
_TAKES_EFFECT = re.compile(
    r"自\s*(\d{4}年\d{1,2}月\d{1,2}日)\s*起(?:施行|生效|执行)|自(公布|发布|颁布)之日起(?:施行|生效)"
)
_REPEALS = re.compile(r"同时废止|即行废止|予以废止")
_TITLE = re.compile(r"《((?:[^《》]|《[^《》]*》)+)》")


@dataclass(frozen=True)
class Conflict:
    """Sources that disagree about ``what`` of a version, and which word was taken."""

    law: str
    version: str
    what: str
    claims: tuple[str, ...]
    taken: str


@dataclass(frozen=True)
class Gone:
    """A law whose text is not at hand, but whose repeal is: ``last_day`` in force, and by what."""

    name: str
    last_day: date
    replaced_by: str


@dataclass(frozen=True)
class Plan:
    """Every law with its versions, the disagreements met, and laws known only by their repeal."""

    laws: tuple[LawPlan, ...]
    conflicts: tuple[Conflict, ...]
    gone: tuple[Gone, ...]


@dataclass
class VersionPlan:
    """One version of a law, with the texts that have it and its computed interval."""

    law: str
    label: str
    adopted_on: date | None
    texts: list[LawText]
    effective_from: date = date.min
    effective_basis: str = ""
    effective_to: date | None = None
    end_basis: str = ""
    replaced_by: str | None = None
    repealed: bool = False
    amended: bool = False  # an earlier text of this law was in force before, stored or not

    @property
    def text(self) -> LawText:
        """The text that stands for this version: the first source's in order of preference."""
        return self.texts[0]


@dataclass
class LawPlan:
    """A law with its versions, oldest first."""

    name: str
    versions: list[VersionPlan] = field(default_factory=list)


def plan(texts: Iterable[LawText], preference: Sequence[str]) -> Plan:
    """Group ``texts`` into laws and dated versions; ``preference`` orders sources for wording."""
    order = {source: rank for rank, source in enumerate(preference)}
    by_name: dict[str, list[LawText]] = defaultdict(list)
    for text in texts:
        by_name[canonical(text.name)].append(text)
    conflicts: list[Conflict] = []
    decisions = _decision_dates(by_name)
    laws = []
    for name in sorted(by_name):
        law = LawPlan(name, _group(name, by_name[name], order))
        for version in law.versions:
            conflicts += _begin(version, decisions)
        laws.append(law)
        conflicts += _different_wordings(law)
    gone = _end(laws, conflicts)
    return Plan(tuple(laws), tuple(conflicts), tuple(gone))


def canonical(name: str) -> str:
    """One spelling for names that sources punctuate differently."""
    name = re.sub(
        r"最高人民法院[ 、]*最高人民检察院", "最高人民法院、最高人民检察院", law_name(name)
    )
    return name.replace("〈", "《").replace("〉", "》").replace("(", "（").replace(")", "）")


def _group(name: str, texts: list[LawText], order: dict[str, int]) -> list[VersionPlan]:
    """One version per day of adoption. A text with the same wording that is dated a few weeks
    off, or takes effect the same day, is the same; so is an undated one with nearly its words."""
    versions: list[VersionPlan] = []
    # Undated texts come last, to find the dated version that they are.
    by_day = sorted(texts, key=lambda t: (t.promulgated_on or date.max, order[t.source], t.path))
    for text in by_day:
        for version in versions:
            if _same_version(version, text):
                version.texts.append(text)
                break
        else:
            versions.append(VersionPlan(name, "", text.promulgated_on, [text]))
    versions.sort(key=lambda v: v.adopted_on or date.min)
    years = [v.adopted_on.year if v.adopted_on else 0 for v in versions]
    for version, year in zip(versions, years, strict=True):
        version.texts.sort(key=lambda t: order[t.source])
        several = years.count(year) > 1
        day = version.adopted_on
        version.label = "undated" if day is None else day.isoformat() if several else str(day.year)
    return versions


def _same_version(version: VersionPlan, text: LawText) -> bool:
    if version.adopted_on == text.promulgated_on:
        return True
    ours, theirs = _wording(version.texts[0]), _wording(text)
    if version.adopted_on is None or text.promulgated_on is None:
        same = sum(a == b for a, b in zip(ours, theirs, strict=False))
        return same >= _NEARLY_ALL * max(len(ours), len(theirs))
    near = abs(version.adopted_on - text.promulgated_on) <= _SAME_TEXT_WINDOW
    first_days = {c.value for t in version.texts for c in t.claims} & {c.value for c in text.claims}
    return ours == theirs and (near or bool(first_days))


def _wording(text: LawText) -> list[str]:
    return [re.sub(r"\W", "", article.text) for article in text.articles]


def _decision_dates(by_name: dict[str, list[LawText]]) -> dict[tuple[str, date], DateClaim]:
    """What decisions 关于修改《X》的决定 say about when the amended X takes effect."""
    found: dict[tuple[str, date], DateClaim] = {}
    for name, texts in by_name.items():
        if not re.search(r"关于修改.*的决定$", name):
            continue
        for text in texts:
            for title in _TITLE.findall(name):
                for claim in text.claims:
                    if text.promulgated_on:
                        key = (canonical(title), text.promulgated_on)
                        found[key] = DateClaim(claim.value, "amending decision", claim.source)
    return found


def _begin(version: VersionPlan, decisions: dict[tuple[str, date], DateClaim]) -> list[Conflict]:
    """Set the first day of ``version`` from the best claim; return what disagreed."""
    adopted = version.adopted_on or date.min
    amended = any(text.amended for text in version.texts)
    version.amended = amended or _has_earlier(version.law, adopted)
    whole = not amended or any(text.revised for text in version.texts)
    claims = [claim for text in version.texts for claim in text.claims]
    claims += [claim for text in version.texts for claim in _own_words(text, whole)]
    decision = decisions.get((version.law, adopted))
    if decision is not None:
        claims.append(decision)
    for entry in curated.table().effective:
        if entry.law == version.law and entry.adopted == version.adopted_on:
            claims.append(DateClaim(entry.first_day, "curated", entry.reason))
    claims = [claim for claim in claims if claim.value >= adopted]
    claims.sort(key=lambda claim: (_RANK.index(claim.basis), claim.value))
    if not claims:
        version.effective_from = adopted
        version.effective_basis = (
            "unknown: no source gives the first day; the day of adoption stands in"
        )
        return []
    best = claims[0]
    version.effective_from = best.value
    version.effective_basis = f"{best.basis} ({best.source})"
    if len({claim.value for claim in claims}) == 1:
        return []
    words = tuple(
        dict.fromkeys(f"{claim.value} by {claim.basis} ({claim.source})" for claim in claims)
    )
    return [Conflict(version.law, version.label, "effective_from", words, str(best.value))]


def _has_earlier(law: str, adopted: date) -> bool:
    """Whether the curated table knows a version of ``law`` adopted before that day."""
    table = curated.table()
    entries: tuple[curated.Effective | curated.Ended, ...] = (*table.effective, *table.ended)
    return any(e.law == law and e.adopted is not None and e.adopted < adopted for e in entries)


def _own_words(text: LawText, whole: bool) -> list[DateClaim]:
    """What the text's closing articles say about its own first day.

    自公布之日起 is this version's own word only if the text is ``whole`` (a first or revised text):
    an amendment leaves the closing article of the first version standing.
    """
    for article in reversed(text.articles[-4:]):
        found = _TAKES_EFFECT.search(article.text)
        if found is None:
            continue
        if found[1]:
            days = statute.dates(found[1])
            return [DateClaim(day, "last article", text.source) for day in days]
        if text.promulgated_on and whole:
            basis = "in force on the day of promulgation"
            return [DateClaim(text.promulgated_on, basis, text.source)]
        return []
    return []


def _different_wordings(law: LawPlan) -> list[Conflict]:
    """Versions whose sources do not have the same articles, or not the same words."""
    found = []
    for version in law.versions:
        first = version.texts[0]
        words = _by_number(first)
        for other in version.texts[1:]:
            theirs = _by_number(other)
            odd = [n for n in dict.fromkeys((*words, *theirs)) if words.get(n) != theirs.get(n)]
            if not odd:
                continue
            listed = "、".join(odd[:8]) + (f" and {len(odd) - 8} more" if len(odd) > 8 else "")
            claims = (f"{first.source} and {other.source} differ in {listed}",)
            found.append(Conflict(law.name, version.label, "wording", claims, first.source))
    return found


def _by_number(text: LawText) -> dict[str, str]:
    return {article.number: re.sub(r"\W", "", article.text) for article in text.articles}


def _end(laws: list[LawPlan], conflicts: list[Conflict]) -> list[Gone]:
    """Close intervals: successors first, then repeal clauses, then the curated table. Return the
    laws that a repeal clause names and that are not here."""
    by_name = {law.name: law for law in laws}
    gone: dict[str, Gone] = {}
    for law in laws:
        law.versions.sort(key=lambda v: (v.effective_from, v.adopted_on or date.min))
        for version, successor in zip(law.versions, law.versions[1:], strict=False):
            version.effective_to = successor.effective_from - timedelta(days=1)
            version.end_basis = f"replaced by {law.name}@{successor.label}"
            version.replaced_by = f"{law.name}@{successor.label}"
    for law in laws:
        for version in law.versions:
            for title in sorted(_repealed_by(version.text)):
                if title in by_name:
                    _close(by_name[title], version)
                elif not version.amended:
                    last_day = version.effective_from - timedelta(days=1)
                    gone.setdefault(title, Gone(title, last_day, f"{law.name}@{version.label}"))
    for entry in curated.table().ended:
        for version in by_name[entry.law].versions if entry.law in by_name else ():
            if entry.adopted not in (None, version.adopted_on):
                continue
            if version.effective_to not in (None, entry.last_day):
                words = (
                    f"{version.effective_to} by {version.end_basis}",
                    f"{entry.last_day} curated",
                )
                conflicts.append(
                    Conflict(law_name(entry.law), version.label, "effective_to", words, words[1])
                )
            version.effective_to = entry.last_day
            version.end_basis = f"curated ({entry.reason})"
            version.replaced_by = entry.replaced_by
    for law in laws:
        _believe_expired(law, conflicts)
    return sorted(gone.values(), key=lambda g: g.name)


def _repealed_by(text: LawText) -> set[str]:
    """Titles that the closing articles of ``text`` repeal in the same breath."""
    found = set()
    for article in text.articles[-4:]:
        for sentence in re.split(r"(?<=。)", article.text):
            if _REPEALS.search(sentence):
                found |= {canonical(title) for title in _TITLE.findall(sentence)}
    return found - {text.name}


def _close(law: LawPlan, by: VersionPlan) -> None:
    """``law`` is repealed by ``by``: its versions older than that end the day before."""
    older = [v for v in law.versions if v.effective_from < by.effective_from]
    if not older or len(older) < len(law.versions):
        return
    last = older[-1]
    if last.effective_to is None:
        last.effective_to = by.effective_from - timedelta(days=1)
        last.end_basis = f"repealed by {by.law}@{by.label}"
        last.replaced_by = f"{by.law}@{by.label}"
        last.repealed = True


def _believe_expired(law: LawPlan, conflicts: list[Conflict]) -> None:
    """A source that calls the newest version repealed is believed if no source denies it; the day
    stays unknown."""
    last = law.versions[-1]
    if last.effective_to is not None:
        return
    gone = [text.source for text in last.texts if text.repealed]
    there = [text.source for text in last.texts if not text.repealed]
    if not gone:
        return
    words = tuple([f"repealed by {s}" for s in gone] + [f"in force by {s}" for s in there])
    if there:
        conflicts.append(Conflict(law.name, last.label, "status", words, "in force"))
        return
    last.repealed = True
    last.end_basis = f"unknown: {', '.join(gone)} marks it repealed without a day"
