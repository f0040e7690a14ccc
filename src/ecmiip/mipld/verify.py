"""Is this citation real, and was it law on that day? Judging references against the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import count, takewhile
from typing import TYPE_CHECKING, Any

from ecmiip.mipld import citation, quotation
from ecmiip.mipld.citation import Reference
from ecmiip.mipld.document import Provision, Quote, Status, Version
from ecmiip.mipld.numerals import chinese

if TYPE_CHECKING:
    from ecmiip.mipld.database import Mipld


@dataclass(frozen=True)
class Citation:
    """One provision cited, and what is true of it on the as-of date.

    ``replaced_by`` is the address of what continues the provision (or the name of the law that
    replaced the whole law). ``address`` is the provision judged, None if there is none;
    ``differing`` shows where a quotation departs from its words, ``elsewhere`` the 款 that it
    stands in where that is another than the one cited.
    """

    text: str
    law: str
    article: int
    suffix: int | None
    paragraph: int | None
    item: int | None
    status: Status
    effective_from: date | None
    effective_to: date | None
    replaced_by: str | None
    quote: Quote
    address: str | None = None
    differing: tuple[str, ...] = ()
    elsewhere: str | None = None
    start: int = 0
    end: int = 0

    def to_json(self) -> dict[str, Any]:
        """The fields of ``ecmiip mipld cite --json``, in their order."""
        return {
            "text": self.text,
            "law": self.law,
            "article": self.article,
            "suffix": self.suffix,
            "paragraph": self.paragraph,
            "item": self.item,
            "status": self.status,
            "effective_from": self.effective_from.isoformat() if self.effective_from else None,
            "effective_to": self.effective_to.isoformat() if self.effective_to else None,
            "replaced_by": self.replaced_by,
            "quote": self.quote,
            "differing": list(self.differing),
        }


def check(
    db: Mipld,
    text: str,
    *,
    as_of: date,
    own_law: str | None = None,
    own_article: int | None = None,
) -> list[Citation]:
    """Parse ``text`` and judge every reference in it."""
    parsed = citation.parse(text, db.names, own_law=own_law, own_article=own_article)
    references = list(_expand(db, parsed, as_of))
    quotes = quotation.attach(text, references)
    return [
        _judge(db, r, _meant(db, r, quotes.get(index)), as_of) for index, r in enumerate(references)
    ]


def _meant(db: Mipld, reference: Reference, quoted: quotation.Quoted | None) -> str | None:
    """The words, if they are a quotation of some version's text (marked ones always are)."""
    if quoted is None or quoted.marked:
        return quoted.words if quoted else None
    for version in db.versions(reference.law):
        provision = db.numbered(version, reference.article, reference.suffix)
        words = quotation.meant(quoted, provision.text) if provision else None
        if words is not None:
            return words
    return None


def _expand(db: Mipld, references: list[Reference], as_of: date) -> Iterator[Reference]:
    """Put the 之一 articles that lie inside a range where they belong."""
    for index, reference in enumerate(references):
        yield reference
        following = references[index + 1] if index + 1 < len(references) else None
        # Within a range two neighbours share one start.
        if following is None or following.start != reference.start or reference.suffix:
            continue
        if not citation.is_range(following.text):
            continue
        if following.article != reference.article + 1:
            continue
        version = db.version_in_force(reference.law, as_of)
        suffix = 1
        while version and db.numbered(version, reference.article, suffix):
            yield replace(following, article=reference.article, suffix=suffix)
            suffix += 1


def _judge(db: Mipld, reference: Reference, quoted: str | None, as_of: date) -> Citation:
    versions = db.versions(reference.law)
    if not versions:
        return _of_absent_law(db, reference, quoted, as_of)
    if reference.year is not None:
        return _of_named_version(db, reference, versions, quoted, as_of)
    current = db.version_in_force(reference.law, as_of)
    if current is None:
        return _outside(db, reference, versions, quoted, as_of)
    if reference.compared is not None:
        return _of_compared_version(db, reference, versions, current, quoted, as_of)
    here = _find(db, current, reference)
    others = [(v, p) for v in versions if v != current and (p := _find(db, v, reference))]
    if here is None:
        # The number exists in another version only: the newest of the older ones, else the next.
        earlier = [(v, p) for v, p in others if v.effective_from < current.effective_from]
        chosen = earlier[-1] if earlier else others[0] if others else None
        if chosen is None:
            return _citation(reference, "no_such_article", current, None, quoted)
        return _of_version(db, reference, *chosen, quoted, as_of)
    if quoted is not None and not quotation.compare(quoted, here.text).exact:
        for version, provision in others:
            if quotation.compare(quoted, provision.text).exact:
                return _of_version(db, reference, version, provision, quoted, as_of)
    return _of_version(db, reference, current, here, quoted, as_of)


def _of_absent_law(db: Mipld, reference: Reference, quoted: str | None, as_of: date) -> Citation:
    """A law whose text is not here: at most its repeal is known."""
    gone = db.repealed_laws.get(reference.law)
    if gone is None or as_of <= gone[0]:
        return _citation(reference, "unverified", None, None, quoted)
    repealed = _citation(reference, "repealed", None, None, quoted, gone[1])
    return replace(repealed, effective_to=gone[0])


def _find(db: Mipld, version: Version, reference: Reference) -> Provision | None:
    """The provision cited, if that version has it, down to the 款 and 项."""
    provision = db.numbered(version, reference.article, reference.suffix)
    if provision is None or provision.part(reference.paragraph, reference.item) is None:
        return None
    return provision


def _of_named_version(
    db: Mipld,
    reference: Reference,
    versions: tuple[Version, ...],
    quoted: str | None,
    as_of: date,
) -> Citation:
    adopted = [v for v in versions if v.promulgated_on and v.promulgated_on.year == reference.year]
    effective = [v for v in versions if v.effective_from.year == reference.year]
    named = adopted or effective
    if not named:
        return _citation(reference, "unverified", None, None, quoted)
    version = named[-1]
    return _in_version(db, reference, version, quoted, as_of)


def _of_compared_version(
    db: Mipld,
    reference: Reference,
    versions: tuple[Version, ...],
    current: Version,
    quoted: str | None,
    as_of: date,
) -> Citation:
    """新法, 旧法: of two versions that a text compares, one is the coming or the present one.

    The coming one is adopted by that day: nobody speaks of it before.
    """
    place = versions.index(current)
    coming = [v for v in versions[place + 1 :] if v.promulgated_on and v.promulgated_on <= as_of]
    if reference.compared == "new":
        version = coming[0] if coming else current
    elif coming:
        version = current
    elif place:
        version = versions[place - 1]
    else:
        return _citation(reference, "unverified", None, None, quoted)
    return _in_version(db, reference, version, quoted, as_of)


def _outside(
    db: Mipld,
    reference: Reference,
    versions: tuple[Version, ...],
    quoted: str | None,
    as_of: date,
) -> Citation:
    """No version is in force on that day: too early for all of them, or all are gone."""
    first, last = versions[0], versions[-1]
    if as_of < first.effective_from and first.amended:
        # An earlier text was in force then, and it is not in this database.
        return _citation(reference, "unverified", None, None, quoted)
    version = first if as_of < first.effective_from else last
    provision = _find(db, version, reference)
    if as_of >= first.effective_from and _goes_on(last):
        # A later text is in force, and it is not in this database: only its words tell which is
        # meant.
        old = provision and quoted and quotation.compare(quoted, provision.text).exact
        if not old:
            return _citation(reference, "unverified", None, None, quoted)
    if provision is None:
        return _citation(reference, "no_such_article", version, None, quoted)
    return _of_version(db, reference, version, provision, quoted, as_of)


def _goes_on(last: Version) -> bool:
    """Whether the law has a text after its last one here."""
    return not last.repealed and (last.replaced_by or "").startswith(f"{last.law}@")


def _in_version(
    db: Mipld, reference: Reference, version: Version, quoted: str | None, as_of: date
) -> Citation:
    """Judge a citation that can only mean ``version``."""
    provision = _find(db, version, reference)
    if provision is None:
        return _citation(reference, "no_such_article", version, None, quoted)
    return _of_version(db, reference, version, provision, quoted, as_of)


def _of_version(
    db: Mipld,
    reference: Reference,
    version: Version,
    provision: Provision,
    quoted: str | None,
    as_of: date,
) -> Citation:
    """Judge a citation of ``provision``, which ``version`` has."""
    status: Status = "in_force"
    gone = version.repealed and version.effective_to is None
    if as_of < version.effective_from:
        status = "not_yet_in_force"
    elif gone or (version.effective_to is not None and version.effective_to < as_of):
        replaced = version.replaced_by or ""
        own = replaced.startswith(f"{version.law}@") and not version.repealed
        status = "superseded" if own else "repealed"
    return _citation(reference, status, version, provision, quoted, _next(db, version, provision))


def _elsewhere(reference: Reference, provision: Provision, quoted: str) -> str | None:
    """The 款 of ``provision`` that has the words ``quoted``, if that is not the one cited.

    The words of an item are often quoted with those that lead to it: both stand in the 款.
    """
    cited = provision.part(reference.paragraph) if reference.paragraph else None
    if cited is None or quotation.compare(quoted, cited).exact:
        return None
    for number in takewhile(provision.part, count(1)):
        if quotation.compare(quoted, provision.part(number) or "").exact:
            return f"第{chinese(number)}款"
    return None


def _next(db: Mipld, version: Version, provision: Provision) -> str | None:
    """What continues ``provision``: the best match in the next version, else the whole law."""
    continued = db.continued_by(provision.address)
    return continued[0][0] if continued else version.replaced_by


def _citation(
    reference: Reference,
    status: Status,
    version: Version | None,
    provision: Provision | None,
    quoted: str | None,
    replaced_by: str | None = None,
) -> Citation:
    verdict: Quote = "none"
    differing: tuple[str, ...] = ()
    elsewhere = None
    if quoted is not None:
        compared = quotation.compare(quoted, provision.text) if provision else None
        elsewhere = _elsewhere(reference, provision, quoted) if provision else None
        verdict = "exact" if compared and compared.exact and not elsewhere else "differs"
        differing = compared.differing if compared else ()
    known_start = version is not None and not version.effective_basis.startswith("unknown")
    dated = version if provision is not None else None
    return Citation(
        text=reference.text,
        law=reference.law,
        article=reference.article,
        suffix=reference.suffix,
        paragraph=reference.paragraph,
        item=reference.item,
        status=status,
        effective_from=dated.effective_from if dated and known_start else None,
        effective_to=dated.effective_to if dated else None,
        replaced_by=replaced_by,
        quote=verdict,
        address=provision.address if provision else None,
        differing=differing,
        elsewhere=elsewhere,
        start=reference.start,
        end=reference.end,
    )
