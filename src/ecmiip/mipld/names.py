"""Names in use for laws: formed by rule (反不正当竞争法解释), or from the curated table (反法)."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ecmiip.mipld import curated
from ecmiip.mipld.citation import key

_COURTS = re.compile(
    r"^(?:最高人民法院、最高人民检察院|最高人民法院|最高人民检察院|全国人民代表大会常务委员会|国务院)(?=关于)"
)
_ON_APPLYING = re.compile(
    r"关于适用《(.+?)》(?:若干问题|有关问题)?的解释(（[一二三四五六七八九十]+）)?$"
)
_REPUBLIC = "中华人民共和国"


def aliases(laws: Iterable[str]) -> dict[str, str]:
    """Name, in the form of :func:`ecmiip.mipld.citation.key` → law. A name that would mean two
    laws means neither."""
    laws = list(laws)
    meant: dict[str, set[str]] = defaultdict(set)
    for law in laws:
        for name in _formed(law):
            meant[key(name)].add(law)
    found = {name: next(iter(who)) for name, who in meant.items() if len(who) == 1}
    found |= {key(law): law for law in laws}
    here = set(laws)
    for entry in curated.table().alias:
        if entry.law in here:
            found |= {key(name): entry.law for name in entry.names}
    return found


def _formed(law: str) -> set[str]:
    short = _COURTS.sub("", law)
    # 关于适用《中华人民共和国专利法》的解释 is cited with and without the words in the middle.
    names = {short, law.replace(_REPUBLIC, ""), short.replace(_REPUBLIC, "")}
    if applying := _ON_APPLYING.search(law):
        subject, ordinal = key(applying[1]), applying[2] or ""
        names |= {f"{subject}解释{ordinal}", f"{subject}司法解释{ordinal}"}
    return names


def short_names(law: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """The names of ``law`` other than its own, shortest first."""
    return tuple(sorted((n for n, who in known.items() if who == law and n != key(law)), key=len))
