"""What LawRefBook and just-laws have in common: a Markdown statute with its history on top."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ecmiip.mipld import statute
from ecmiip.mipld.document import DateClaim

_AMENDED = re.compile(r"修正|修订|修改")
# A line such as 2020年9月12日 施行 says when the text took effect, not when it was adopted.
_TAKES_EFFECT = re.compile(r"日\s*(?:起)?施行\s*[）)]?$")


@dataclass(frozen=True)
class History:
    """What the lines above the first article say about a text's dates."""

    adopted_on: date | None
    effective: tuple[DateClaim, ...]
    amended: bool
    revised: bool


def history(preamble: Iterable[str], source: str) -> History:
    """Read the events of ``preamble``: the latest adoption or amendment is this version's."""
    latest: date | None = None
    first: date | None = None
    effective: list[DateClaim] = []
    revised = False
    for line in preamble:
        found = statute.dates(line)
        if not found or not re.match(r"[（(根据\s]*\d{4}\s*年", line):
            continue
        if _TAKES_EFFECT.search(line) and not re.search("公布|公告", line):
            effective.append(DateClaim(max(found), "the line 施行 above the text", source))
            continue
        first = first or min(found)
        event = max(found)
        if latest is None or event >= latest:
            latest = event
            revised = "修订" in line and "决定" not in line
    amended = (
        latest is not None
        and first is not None
        and (
            latest != first
            or any(_AMENDED.search(line) for line in preamble if statute.dates(line))
        )
    )
    return History(latest, tuple(effective), amended, revised)
