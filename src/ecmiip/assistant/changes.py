"""Which text of a law applies: a short note where the day matters, with its sources.

It matters where an act lies under another text than the as-of date, where a new text has been
adopted and is yet to begin, and where the text in force began less than a year ago.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ecmiip.assistant.basis import SAME, predecessor
from ecmiip.assistant.dates import Mention
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision, Version

# How long a change of the law is news.
RECENT = timedelta(days=365)
# The law that a question of a branch turns on, whatever else is found for it.
MAIN_LAW = {
    "patent": "专利法",
    "trademark": "商标法",
    "copyright": "著作权法",
    "trade_secret": "反不正当竞争法",
    "unfair_competition": "反不正当竞争法",
}
_MOST_LAWS = 2
_MOST_ARTICLES = 3


@dataclass(frozen=True)
class DateNote:
    """What to know about the day. ``asks`` says that the day of the act decides and is not told."""

    text: str
    sources: tuple[Version, ...]
    asks: bool

    def sources_json(self) -> list[dict[str, Any]]:
        """{law, version, effective_from, effective_to} of each text the note speaks of."""
        return [
            {
                "law": version.law,
                "version": version.label,
                "effective_from": version.effective_from.isoformat(),
                "effective_to": version.effective_to.isoformat() if version.effective_to else None,
            }
            for version in self.sources
        ]


def date_note(
    db: Mipld,
    as_of: date,
    read: Sequence[Provision],
    direction: str | None,
    acts: Sequence[Mention],
) -> DateNote | None:
    """The note for a question of ``direction`` that speaks of ``acts``; None where no day matters.

    ``read`` are the provisions found for it.
    """
    notes: list[str] = []
    sources: list[Version] = []
    retroactive = asks = False
    for law in _laws(db, read, direction):
        current = db.version_in_force(law, as_of)
        if current is None:
            continue
        sentences, involved, past = _of_law(db, current, as_of, acts)
        if not sentences:
            continue
        renumbered = _renumbered(db, current, involved, [p for p in read if p.law == law])
        notes += [*sentences, *([renumbered] if renumbered else [])]
        sources += [current, *involved]
        retroactive |= past
        asks |= not acts
        if len({source.law for source in sources}) == _MOST_LAWS:
            break
    if not notes:
        return None
    if retroactive and (principle := _no_retroaction(db, as_of)):
        notes.append(f"一般适用行为发生时的法律（{principle}）。")
    return DateNote("".join(notes), tuple(dict.fromkeys(sources)), asks)


def _laws(db: Mipld, read: Sequence[Provision], direction: str | None) -> list[str]:
    """The laws that the note may speak of, the most telling first."""
    main = MAIN_LAW.get(direction or "")
    names = [main] if main and db.law(main) else []
    # A law outside IP that shares words with the question is not what its date is about.
    return list(dict.fromkeys([*names, *(p.law for p in read if p.directions)]))


def _of_law(
    db: Mipld, current: Version, as_of: date, acts: Sequence[Mention]
) -> tuple[list[str], list[Version], bool]:
    """Sentences on one law, the other versions they speak of, and whether past acts are among
    them."""
    versions = db.versions(current.law)
    others = [version for version in versions if version != current]
    sentences: list[str] = []
    involved: list[Version] = []
    past = False
    coming = [version for version in others if version.effective_from > as_of]
    if coming:
        following = coming[0]
        sentences.append(
            f"《{current.law}》新文本（{following.label}年通过）自{following.effective_from}起施行，"
            f"在此之前适用{current.label}年文本。"
        )
        involved.append(following)
    before = [version for version in others if version.effective_from < current.effective_from]
    if before and as_of - current.effective_from <= RECENT:
        sentences.append(
            f"《{current.law}》现行文本（{current.label}年）自{current.effective_from}起施行，"
            f"此前适用{before[-1].label}年文本。"
        )
        involved.append(before[-1])
    for act in acts:
        spans = [v for v in versions if _overlaps(v, act)]
        if current not in spans and spans:
            sentences.append(
                f"“{act.text}”的行为在《{current.law}》{spans[0].label}年文本施行期间。"
            )
        elif len(spans) > 1:
            sentences.append(
                f"“{act.text}”跨《{current.law}》{'、'.join(v.label for v in spans)}年两个文本，"
                "须确定具体日期。"
            )
        elif not spans and versions[0].amended and act.last < versions[0].effective_from:
            sentences.append(f"“{act.text}”时的《{current.law}》文本不在数据库中，须另查。")
        elif spans and (coming or before):
            sentences.append(
                f"“{act.text}”的行为在《{current.law}》{current.label}年文本施行期间。"
            )
            continue
        else:
            continue
        involved += [version for version in spans if version != current]
        past |= act.last < as_of
    return list(dict.fromkeys(sentences)), list(dict.fromkeys(involved)), past


def _overlaps(version: Version, act: Mention) -> bool:
    ended = version.effective_to is not None and version.effective_to < act.first
    return version.effective_from <= act.last and not ended


def _renumbered(
    db: Mipld, current: Version, involved: Sequence[Version], read: Sequence[Provision]
) -> str:
    """Where the articles read stand in the other texts: 第五十七条→2026年第七十二条（有修改）."""
    moves = list(_moves(db, current, involved, read[:_MOST_ARTICLES]))
    return f"所涉条文：{'；'.join(moves)}。" if moves else ""


def _moves(
    db: Mipld, current: Version, involved: Sequence[Version], read: Sequence[Provision]
) -> Iterator[str]:
    for version in involved:
        older = version.effective_from < current.effective_from
        for provision in read:
            found = (
                predecessor(db, version, provision) if older else _successor(db, provision, version)
            )
            if found is not None and found[1] >= SAME:
                other, _, changed = found
                how = "有修改" if changed else "文字未变"
                yield f"{provision.number}→{version.label}年{other.number}（{how}）"


def _successor(
    db: Mipld, provision: Provision, version: Version
) -> tuple[Provision, float, str] | None:
    for address, score, changed in db.continued_by(provision.address)[:1]:
        found = db.at(address)
        if found is not None and found.version == version.label:
            return found, score, changed
    return None


def _no_retroaction(db: Mipld, as_of: date) -> str:
    """《立法法》第一百零四条, if this database has it saying so."""
    provision = db.provision("立法法", 104, as_of=as_of)
    said = provision is not None and "不溯及既往" in provision.text
    return f"《立法法》{provision.number}" if provision is not None and said else ""
