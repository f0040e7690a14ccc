"""Quotations: which words belong to a citation, and whether the provision has them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ecmiip.mipld.citation import Reference

_QUOTED = re.compile(r"“([^“”]*(?:“[^“”]*”[^“”]*)*)”|\"([^\"]*)\"|「([^「」]*)」")
# What may stand between a citation and the words it introduces.
_INTRODUCES = re.compile(
    r"[》）)\s]*(?:[。，；]?\s*[该本](?:条|款|项))?(?:的?(?:明确)?(?:规定|载明|指出|写道|原文|条文)[了为是]*(?:如下)?[：:，,]?|[：:])[\s]*"
)
_BARE_COLON = re.compile(r"[》\s]*(?:的?规定)?[：:]\s*")
_NOTION = re.compile(r"[》）)\s]*(?:所?规定)?的?")
# 规定的“混淆” names a notion; a quotation is longer than that.
_SHORTEST = 8
_ALIKE = 0.6


@dataclass(frozen=True)
class Comparison:
    """Whether the quoted words stand in the provision, and which do not."""

    exact: bool
    differing: tuple[str, ...]


@dataclass(frozen=True)
class Quoted:
    """Words after a citation; unmarked ones (no quotation marks) may not be a quotation."""

    words: str
    marked: bool = True


def attach(text: str, references: Sequence[Reference]) -> dict[int, Quoted]:
    """Index of a reference → the words that ``text`` quotes from it.

    Of a range or list that is spread out, the last reference has the words.
    """
    found: dict[int, Quoted] = {}
    for index, reference in enumerate(references):
        if index + 1 < len(references) and references[index + 1].start < reference.end:
            continue
        quoted = _after(text, reference.end) or _before(text, reference.start)
        if quoted:
            found[index] = quoted
    return found


def _after(text: str, end: int) -> Quoted | None:
    introduction = _INTRODUCES.match(text, end)
    if introduction is not None:
        if quote := _QUOTED.match(text, introduction.end()):
            return Quoted(_words(quote))
        if colon := _BARE_COLON.match(text, end):
            lines = re.split(r"\n\s*\n|\n(?=\s*《)", text[colon.end() :], maxsplit=1)[0].strip()
            return Quoted(lines, marked=False) if len(lines) >= _SHORTEST else None
    if (notion := _NOTION.match(text, end)) and (quote := _QUOTED.match(text, notion.end())):
        return Quoted(_words(quote)) if len(_words(quote)) >= _SHORTEST else None
    return None


def meant(quoted: Quoted, provision: str) -> str | None:
    """The words that are a quotation of ``provision``; None if unmarked words do not resemble it.

    Unmarked words may run on into the writer's own lines: those that follow an exact beginning and
    do not resemble the provision are not part of the quotation.
    """
    if quoted.marked:
        return quoted.words
    lines = quoted.words.splitlines()
    for count in range(len(lines), 0, -1):
        beginning = "\n".join(lines[:count])
        if compare(beginning, provision).exact:
            rest = "\n".join(lines[count:])
            return quoted.words if rest and resembles(rest, provision) else beginning
    return quoted.words if resembles(quoted.words, provision) else None


def _words(quote: re.Match[str]) -> str:
    return next(group for group in quote.groups() if group is not None)


def _before(text: str, start: int) -> Quoted | None:
    """“……”（《商标法》第五十七条）: the citation follows its words in brackets."""
    before = text[:start].rstrip()
    if not before.endswith(("（", "(")) or not before[:-1].rstrip().endswith(("”", '"', "」")):
        return None
    for quote in _QUOTED.finditer(before):
        if quote.end() == len(before[:-1].rstrip()):
            return Quoted(_words(quote)) if len(_words(quote)) >= _SHORTEST else None
    return None


def plain(text: str) -> str:
    """The words alone: punctuation, width and spaces do not make a quotation wrong."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text))


def compare(quoted: str, provision: str) -> Comparison:
    """Compare quoted words with a provision; ellipses may leave words out."""
    body = plain(provision)
    position = 0
    pieces = [piece for part in re.split(r"…+|\.{3,}", quoted) if (piece := plain(part))]
    for piece in pieces:
        at = body.find(piece, position)
        if at < 0:
            return Comparison(False, _differing(piece, body))
        position = at + len(piece)
    return Comparison(True, ())


def resembles(quoted: str, provision: str) -> bool:
    """Whether unmarked words can be meant as a quotation of the provision."""
    words, body = plain(quoted), plain(provision)
    pairs = {words[i : i + 2] for i in range(len(words) - 1)}
    shared = {body[i : i + 2] for i in range(len(body) - 1)} & pairs
    return bool(pairs) and len(shared) / len(pairs) >= _ALIKE


def _differing(quoted: str, body: str) -> tuple[str, ...]:
    """quoted → provision for each stretch that departs, against the best aligned passage."""
    matcher = SequenceMatcher(None, quoted, body, autojunk=False)
    blocks = [b for b in matcher.get_matching_blocks() if b.size]
    if not blocks:
        return (quoted,)
    first, last = blocks[0], blocks[-1]
    begin = max(0, first.b - first.a)
    end = min(len(body), last.b + last.size + len(quoted) - last.a - last.size)
    passage = body[begin:end]
    return tuple(
        f"{quoted[a0:a1]} → {passage[b0:b1]}"
        for tag, a0, a1, b0, b1 in SequenceMatcher(
            None, quoted, passage, autojunk=False
        ).get_opcodes()
        if tag != "equal"
    )
