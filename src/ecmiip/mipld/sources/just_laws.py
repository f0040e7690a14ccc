"""A checkout of ImCa0/just-laws (MIT): ``docs/<field>/<law>/README.md`` and ``versions.json``.

A long law lies in numbered files beside its README; ``versions.json`` gives per-version dates, with
``effectiveTo`` exclusive.
"""

import hashlib
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

from ecmiip.mipld import statute
from ecmiip.mipld.document import DateClaim, LawText, law_name
from ecmiip.mipld.sources import Problems, Records
from ecmiip.mipld.sources.markdown_law import history

SOURCE = "just-laws"

_FIELDS = {
    "constitution": "宪法",
    "constitutional-relevance": "宪法相关法",
    "civil-and-commercial": "民法商法",
    "administrative": "行政法",
    "economic": "经济法",
    "social": "社会法",
    "criminal-law": "刑法",
    "procedural": "诉讼与非诉讼程序法",
    "ecological-environment": "行政法",
}
# The constitution has no folder of its own; amendments and old decisions are laws of their own.
_NOT_THE_LAW = re.compile(r"amendment|decision")


def read(root: Path, problems: Problems) -> Records:
    """Yield every version of every law of the checkout at ``root``, in the order of paths."""
    docs = root / "docs"
    for readme in sorted(docs.glob("*/README.md")) + sorted(docs.glob("*/*/README.md")):
        field = readme.relative_to(docs).parts[0]
        if field not in _FIELDS:
            continue
        try:
            yield from _versions(readme, field, docs, problems)
        except (UnicodeDecodeError, OSError, ValueError, KeyError) as error:
            problems.add(SOURCE, str(readme.relative_to(docs)), f"not readable ({error})")


def _versions(readme: Path, field: str, docs: Path, problems: Problems) -> Records:
    listing = readme.parent / "versions.json"
    if not listing.is_file():
        yield from _law(readme, field, docs, problems, None)
        return
    for version in json.loads(listing.read_text(encoding="utf-8"))["versions"]:
        yield from _law(readme.parent / version["entry"], field, docs, problems, version)


def _law(
    entry: Path, field: str, docs: Path, problems: Problems, version: dict[str, Any] | None
) -> Records:
    relative = str(entry.relative_to(docs))
    text = _text(entry)
    lines = _without_front_matter(text)
    parsed = statute.parse(lines)
    if not parsed.articles:
        problems.add(SOURCE, relative, "no text after the heading")
        return
    past = history(parsed.preamble, SOURCE)
    promulgated, claims = past.adopted_on, past.effective
    if version is not None:
        promulgated = date.fromisoformat(version["promulgatedOn"])
        first_day = date.fromisoformat(version["effectiveFrom"])
        claims = (DateClaim(first_day, "versions.json", SOURCE), *claims)
    yield LawText(
        name=law_name(parsed.title),
        kind="constitution" if field == "constitution" else "law",
        articles=parsed.articles,
        source=SOURCE,
        path=relative,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        promulgated_on=promulgated,
        claims=claims,
        amended=past.amended,
        revised=past.revised,
        field_of_law=_FIELDS[field],
        preamble="\n".join(parsed.preamble),
    )


def _text(entry: Path) -> str:
    """The README and the numbered files beside it; 00-supplementary closes a code."""
    parts = sorted(
        (
            path
            for path in entry.parent.glob("[0-9][0-9]-*.md")
            if not _NOT_THE_LAW.search(path.name)
        ),
        key=lambda path: (path.name.startswith("00-"), path.name),
    )
    return "\n".join(path.read_text(encoding="utf-8") for path in (entry, *parts))


def _without_front_matter(text: str) -> list[str]:
    return re.sub(r"(?ms)^---\n.*?^---\n", "", text).splitlines()
