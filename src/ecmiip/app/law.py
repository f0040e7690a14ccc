"""The routes that read MIPLD: search, cite, laws, versions, comparisons, cases."""

from collections import defaultdict
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import JSONResponse

from ecmiip.app import schemas
from ecmiip.app.schemas import Day, Direction, Kind
from ecmiip.app.services import Given
from ecmiip.assistant.answer import complaint, is_good
from ecmiip.mipld import crosswalk
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Case, Law, Provision, Version
from ecmiip.mipld.verify import Citation

router = APIRouter(prefix="/api", tags=["law"])

_LawName = Annotated[str, Query(min_length=1, max_length=200, description="Any name in use.")]


@router.get("/search", response_model=schemas.SearchResult)
def search(
    given: Given,
    q: Annotated[str, Query(max_length=2000)],
    as_of: Annotated[Day | None, Query()] = None,
    direction: Annotated[list[Direction] | None, Query()] = None,
    kind: Annotated[list[Kind] | None, Query()] = None,
    where: Annotated[
        Literal["provisions", "cases", "notes"], Query(alias="in", description="Where to look.")
    ] = "provisions",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> JSONResponse:
    """Find provisions that were law on a day, cases, or passages of one's own documents."""
    day = as_of or date.today()
    directions = direction or ()
    found: dict[str, Any] = {"as_of": day.isoformat(), "provisions": [], "cases": [], "notes": []}
    if where == "provisions":
        hits = given.db.search(q, as_of=day, directions=directions, kinds=kind or (), limit=limit)
        found["provisions"] = [
            provision_json(hit.provision) | {"score": round(hit.score, 3)} for hit in hits
        ]
    elif where == "cases":
        cases = given.db.search_cases(q, directions=directions, limit=limit)
        found["cases"] = [
            _passage(case.id, case.title, case.holding or case.facts, score, case.source)
            for case, score in cases
        ]
    else:
        notes = given.db.search_notes(q, directions=directions, limit=limit)
        found["notes"] = [
            _passage(note.id, note.title, note.text, score, note.source) for note, score in notes
        ]
    # Built of plain values above: validating it again would cost more than the search.
    return JSONResponse(found)


@router.post("/cite", response_model=schemas.Cited)
def cite(given: Given, asked: schemas.CiteRequest) -> JSONResponse:
    """Check every citation in a text: is it real, and was it law on that day?"""
    day = asked.as_of or date.today()
    citations = given.db.cite(asked.text, as_of=day)
    return JSONResponse(
        {"as_of": day.isoformat(), "citations": [citation_json(found) for found in citations]}
    )


@router.get("/laws", response_model=schemas.Laws)
def laws(
    given: Given,
    q: Annotated[str, Query(max_length=200, description="Part of a name.")] = "",
    direction: Annotated[Direction | None, Query()] = None,
) -> JSONResponse:
    """List laws with their versions."""
    wanted = q.strip()
    known = given.db.law(wanted) if wanted else None
    found = [
        law
        for law in given.db.laws(directions=[direction] if direction else ())
        if wanted in law.name or (known is not None and law.name == known.name)
    ]
    return JSONResponse({"laws": [_law_json(law) for law in found]})


@router.get("/show", response_model=schemas.LawText, responses={404: {"model": schemas.Problem}})
def show(
    given: Given,
    law: _LawName,
    as_of: Annotated[Day | None, Query()] = None,
    article: Annotated[int | None, Query(ge=0, le=9999)] = None,
    suffix: Annotated[int | None, Query(ge=1, le=99, description="The N of 之N.")] = None,
) -> JSONResponse:
    """Read a law, or one article of it, as it stands on a day."""
    day = as_of or date.today()
    known = _law(given.db, law)
    version = given.db.version_in_force(known.name, day)
    provisions = list(given.db.of_version(version)) if version else []
    if article is not None:
        provisions = [p for p in provisions if (p.article, p.suffix) == (article, suffix)]
    return JSONResponse(
        {
            "law": _law_json(known),
            "as_of": day.isoformat(),
            "version": version.label if version else None,
            "provisions": [provision_json(provision) for provision in provisions],
        }
    )


@router.get(
    "/provision",
    response_model=schemas.ProvisionInTime,
    responses={404: {"model": schemas.Problem}},
)
def provision(
    given: Given,
    address: Annotated[str, Query(max_length=300, description="Such as 商标法@2019#57.")],
    as_of: Annotated[Day | None, Query()] = None,
) -> JSONResponse:
    """Read a provision by its address, and what continues it."""
    day = as_of or date.today()
    found = given.db.at(address)
    if found is None:
        raise HTTPException(404, f"{address}: no such provision: search for it")
    continued = [
        {"address": new, "score": score, "provision": _provision_at(given.db, new)}
        for new, score, _ in given.db.continued_by(found.address)
    ]
    current = given.db.version_in_force(found.law, day)
    return JSONResponse(
        {
            "provision": provision_json(found),
            "as_of": day.isoformat(),
            "in_force": current is not None and current.label == found.version,
            "versions": [_version_json(version) for version in given.db.versions(found.law)],
            "continued_by": continued,
        }
    )


@router.get(
    "/compare", response_model=schemas.Comparison, responses={404: {"model": schemas.Problem}}
)
def compare(
    given: Given,
    law: _LawName,
    old: Annotated[str, Query(max_length=40, description="The label of a version.")],
    new: Annotated[str, Query(max_length=40, description="The label of a version.")],
) -> JSONResponse:
    """Put two versions of a law side by side."""
    known = _law(given.db, law)
    before, after = _version(known, old), _version(known, new)
    return JSONResponse(
        {
            "law": known.name,
            "old": _version_json(before),
            "new": _version_json(after),
            "rows": _side_by_side(given.db, before, after),
        }
    )


@router.get(
    "/cases/{identity}", response_model=schemas.Case, responses={404: {"model": schemas.Problem}}
)
def case(given: Given, identity: str) -> JSONResponse:
    """Read a decided case."""
    number = identity.removeprefix("case:")
    # SQLite's integers end at 2^63.
    found = (
        next(given.db.cases(ids=[int(number)]), None)
        if number.isascii() and number.isdigit() and len(number) < 18
        else None
    )
    if found is None:
        raise HTTPException(404, f"{identity}: no such case: search for it")
    return JSONResponse(_case_json(found))


# --- as JSON -----------------------------------------------------------------------------------


def provision_json(provision: Provision) -> dict[str, Any]:
    """A provision as the API gives it (:class:`schemas.Provision`)."""
    return {
        "address": provision.address,
        "law": provision.law,
        "version": provision.version,
        "article": provision.article,
        "suffix": provision.suffix,
        "number": provision.number,
        "chapter": provision.chapter,
        "text": provision.text,
        "effective_from": provision.effective_from.isoformat(),
        "effective_to": _iso(provision.effective_to),
        "effective_basis": provision.effective_basis,
        "kind": provision.kind,
        "directions": list(provision.directions),
        "source": provision.source,
    }


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation as the API gives it (:class:`schemas.Citation`)."""
    return citation.to_json() | {
        "address": citation.address,
        "start": citation.start,
        "end": citation.end,
        "good": is_good(citation),
        "complaint": complaint(citation),
    }


def _provision_at(db: Mipld, address: str) -> dict[str, Any] | None:
    found = db.at(address)
    return provision_json(found) if found else None


def _passage(identity: str, title: str, text: str, score: float, source: str) -> dict[str, Any]:
    return {
        "id": identity,
        "title": title,
        "text": text,
        "score": round(score, 3),
        "source": source,
    }


def _law_json(law: Law) -> dict[str, Any]:
    return {
        "name": law.name,
        "short_names": list(law.short_names),
        "kind": law.kind,
        "discipline": law.discipline,
        "directions": list(law.directions),
        "versions": [_version_json(version) for version in law.versions],
        "notice": law.notice,
    }


def _version_json(version: Version) -> dict[str, Any]:
    return {
        "label": version.label,
        "promulgated_on": _iso(version.promulgated_on),
        "effective_from": version.effective_from.isoformat(),
        "effective_basis": version.effective_basis,
        "effective_to": _iso(version.effective_to),
        "replaced_by": version.replaced_by,
        "repealed": version.repealed,
        "articles": version.articles,
    }


def _case_json(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "title": case.title,
        "number": case.number,
        "court": case.court,
        "decided_on": _iso(case.decided_on),
        "cause": case.cause,
        "keywords": list(case.keywords),
        "facts": case.facts,
        "issues": case.issues,
        "holding": case.holding,
        "reasoning": case.reasoning,
        "result": case.result,
        "authority": case.authority,
        "source": case.source,
        "cited": list(case.cited),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


# --- looking up --------------------------------------------------------------------------------


def _law(db: Mipld, name: str) -> Law:
    known = db.law(name)
    if known is None:
        raise HTTPException(404, f"{name}: no such law in the database: search for it")
    return known


def _version(law: Law, label: str) -> Version:
    found = next((version for version in law.versions if version.label == label), None)
    if found is None:
        stored = ", ".join(version.label for version in law.versions)
        raise HTTPException(404, f"{law.name} has no version {label}: stored are {stored}")
    return found


# Aligning two long laws takes a second, and a reader goes to and fro between them.
@lru_cache(maxsize=32)
def _side_by_side(db: Mipld, before: Version, after: Version) -> list[dict[str, Any]]:
    """Rows in the order of the newer version; what it dropped stands where it used to."""
    old, new = list(db.of_version(before)), list(db.of_version(after))
    links = crosswalk.between(db, before.law, before.effective_from, after.effective_from)
    best: dict[str, tuple[Provision, float]] = {}
    for link in links:
        if link.new.address not in best or link.score > best[link.new.address][1]:
            best[link.new.address] = (link.old, link.score)
    if before == after:
        best = {provision.address: (provision, 1.0) for provision in new}
    rows: list[dict[str, Any]] = []
    last: dict[str, int] = {}  # where each old article was last put
    for provision in new:
        earlier, score = best.get(provision.address, (None, None))
        if earlier is not None:
            last[earlier.address] = len(rows)
        rows.append(_row(earlier, provision, score))
    # What was dropped stands behind the article that it used to follow.
    behind: dict[int, list[dict[str, Any]]] = defaultdict(list)
    place = -1
    for provision in old:
        place = last.get(provision.address, place)
        if provision.address not in last:
            behind[place].append(_row(provision, None, None))
    merged = behind[-1]
    for number, row in enumerate(rows):
        merged += [row, *behind[number]]
    return merged


def _row(earlier: Provision | None, later: Provision | None, score: float | None) -> dict[str, Any]:
    return {
        "old": provision_json(earlier) if earlier else None,
        "new": provision_json(later) if later else None,
        "score": score,
    }
