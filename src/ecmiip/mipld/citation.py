"""The only parser of citations: from running text to references, and back.

A reference names a law (or leaves it to the context), perhaps one of its versions, and a 条 with 款 and
项. Ranges and lists are spread out, one reference per provision. Names are resolved by a
:class:`Names`, so this module needs no database.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ecmiip.mipld import numerals
from ecmiip.mipld.document import law_name

_N = f"[{numerals.NUMERAL}]+"
_S = r"[\s　]*"
_ARTICLE = rf"第?{_S}(?P<article>{_N}){_S}条(?:{_S}之{_S}(?P<suffix>{_N}))?"
_PARAGRAPH = rf"第{_S}(?P<paragraph>{_N}){_S}款"
_ITEM = rf"第?{_S}[（(]?{_S}(?P<item>{_N}){_S}[）)]?{_S}项"
_PREVIOUS = r"前款"
# One step of a list: a full provision, or just another 款 or 项 of the one before.
_UNIT = re.compile(
    rf"(?:{_ARTICLE}(?:{_S}的?{_S}{_PARAGRAPH})?|{_PARAGRAPH.replace('paragraph', 'only_paragraph')})"
    rf"(?:{_S}的?{_S}{_ITEM})?|{_ITEM.replace('item', 'only_item')}"
    rf"|(?P<bare>[（(]{_S}{_N}{_S}[）)])(?={_S}(?:、|和|及|至|或|项|[（(]))"
)
_JOIN = re.compile(rf"{_S}(?P<join>以及|或者|[、,，和及与或])?{_S}")
_RANGE = re.compile(rf"{_S}(?:至|到|[-－—–~～]+){_S}(?=第|[（(]|{_N}{_S}条)")
_START = re.compile(rf"第{_S}{_N}{_S}条")
_BARE_START = re.compile(rf"(?<=[法例定则法释）)》])[0-9０-９]{{1,4}}{_S}条")

_YEAR = r"(?P<year>(?:19|20)[0-9]{2}|[一二][九〇零0][〇零一二三四五六七八九0]{2})"
_VERSION_AFTER = re.compile(rf"[（(]{_S}{_YEAR}{_S}年?[^（）()]{{0,12}}[）)]{_S}$")
_VERSION_BEFORE = re.compile(rf"{_YEAR}{_S}年{_S}(?:修正|修订|修改|施行|版)?的?{_S}《?$")
_BOOK = re.compile(r"(?:总则编?|物权编|合同编|人格权编|婚姻家庭编|继承编|侵权责任编|分则)$")
_PRONOUN = re.compile(
    r"(?:该|(?<!合)同|上述|前述|此)(?:部|一)?(?:法典|法律|法|条例|解释|规定|细则|办法|规则)$"
)
_SELF = re.compile(r"本(?:法典|法|条例|解释|规定|细则|办法|规则|决定|安排)$")
_NOT_A_LAW = re.compile(r"(?:合同|协议|章程|附件|条款|合约|约定|规约|判决|保函|公约|条约|协定)》?$")
_LOOKS_LIKE_A_LAW = re.compile(
    r"[\u4e00-\u9fff（）、]{1,30}(?:法典|法|条例|解释|规定|细则|办法|规则|批复|意见)$"
)
_LEAD = re.compile(
    r"^.*(?:根据|依据|依照|按照|违反|适用|参照|援引|属于|符合|构成|引用|结合|以及|不是|包括|规定在|"
    r"[和及与或在由是为了见即因]|[、，。；：\s])(?=.{2,})"
)
_ABBREVIATION = re.compile(
    rf"《(?P<title>[^《》]*(?:《[^《》]*》[^《》]*)*)》{_S}[（(]{_S}(?:以下|下)?(?:统称|简称|称)为?{_S}"
    r"[“\"《]?(?P<short>[^）)”\"》]{1,20})[”\"》]?[^（）()]{0,6}[）)]"
)
_TITLE_END = re.compile(r"《([^《》]*(?:《[^《》]*》[^《》]*)*)》$")
_TITLE = re.compile(r"《([^《》]*(?:《[^《》]*》[^《》]*)*)》")
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Names:
    """Every name in use → the full name of its law, as MIPLD writes it."""

    known: Mapping[str, str] = field(default_factory=dict)

    def find(self, name: str) -> str | None:
        """The law that ``name`` means; 《》, spaces and 中华人民共和国 do not matter."""
        return self.known.get(key(name))


def key(name: str) -> str:
    """The form under which a name is looked up."""
    folded = unicodedata.normalize("NFKC", name).replace("〈", "《").replace("〉", "》")
    folded = re.sub(r"最高人民法院[ 、]*最高人民检察院", "最高人民法院、最高人民检察院", folded)
    return law_name(
        folded.replace("(", "（").replace(")", "）").replace("<", "《").replace(">", "》")
    )


@dataclass(frozen=True)
class Reference:
    """One provision as cited. ``law`` is the full name where it is known, else the name as written.

    ``start`` and ``end`` are offsets of ``text`` in the source; ``year`` is that of a version the
    citation names.
    """

    law: str
    article: int
    suffix: int | None = None
    paragraph: int | None = None
    item: int | None = None
    year: int | None = None
    text: str = field(default="", compare=False)
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    known: bool = field(default=True, compare=False)

    def format(self) -> str:
        """《商标法》（2019年）第五十七条第一款第（二）项; parsing it gives this reference again."""
        version = f"（{self.year}年）" if self.year else ""
        paragraph = f"第{numerals.chinese(self.paragraph)}款" if self.paragraph else ""
        item = f"第（{numerals.chinese(self.item)}）项" if self.item else ""
        number = numerals.article_number(self.article, self.suffix)
        return f"《{self.law}》{version}{number}{paragraph}{item}"


@dataclass
class _Context:
    """What the text has said so far: the law last named, and names it has defined."""

    own_law: str | None
    law: str | None = None
    known: bool = True
    year: int | None = None
    line: int = 0
    local: dict[str, str] = field(default_factory=dict)


def parse(text: str, names: Names, *, own_law: str | None = None) -> list[Reference]:
    """Every provision cited in ``text``, in reading order.

    ``own_law`` is the law that ``text`` itself belongs to (本法). A 条 with no law in sight, such as
    the heading of an article or a clause of a contract, is not a citation.
    """
    context = _Context(own_law)
    context.local = _abbreviations(text, names)
    found: list[Reference] = []
    position = 0
    while (start := _next_start(text, position)) is not None:
        named = _law_before(text, start, position, names, context)
        if named is None:
            position = start + 1
            continue
        references, end = _units(text, start, *named)
        found += references
        position = max(end, start + 1)
    return found


def _next_start(text: str, position: int) -> int | None:
    hits = [m.start() for p in (_START, _BARE_START) if (m := p.search(text, position))]
    return min(hits) if hits else None


def _abbreviations(text: str, names: Names) -> dict[str, str]:
    """《…》（以下简称…）: names that the text defines for itself."""
    found = {}
    for match in _ABBREVIATION.finditer(text):
        found[key(match["short"])] = names.find(match["title"]) or law_name(match["title"])
    return found


def _law_before(
    text: str, start: int, floor: int, names: Names, context: _Context
) -> tuple[str, bool, int | None, int] | None:
    """(law, known, year, where its name starts) of the law named right before ``start``, or that
    the context supplies; None if there is none."""
    _notice_titles(text, floor, start, names, context)
    before = text[max(0, start - 200) : start].rstrip(" \t　的中")
    offset = max(0, start - 200)
    year: int | None = None
    if version := _VERSION_AFTER.search(before):
        year = _year(version["year"])
        before = before[: version.start()].rstrip()
    if book := _BOOK.search(before):
        stripped = before[: book.start()].rstrip()
        if stripped.endswith("》") or names.find(_last_word(stripped, names)):
            before = stripped
    named = _named(before, names, context)
    if named is not None:
        law, known, name_start = named
        if earlier := _VERSION_BEFORE.search(before[:name_start]):
            year = year or _year(earlier["year"])
            name_start = earlier.start()
        context.law, context.known, context.year = law, known, year
        context.line = text.count("\n", 0, start)
        return law, known, year, offset + name_start
    if _SELF.search(before):
        law_here = context.own_law or context.law
        return (law_here, True, None, start - 2) if law_here else None
    if pronoun := _PRONOUN.search(before):
        if context.law is None:
            return None
        return context.law, context.known, context.year, offset + pronoun.start()
    return _implied(text, start, before, context)


def _notice_titles(text: str, floor: int, start: int, names: Names, context: _Context) -> None:
    """A law named in passing is what 该法 will mean."""
    for match in _TITLE.finditer(text, floor, start):
        law = _lookup(match[1], names, context)
        if law is not None:
            context.law, context.known, context.year = law, True, None
            context.line = text.count("\n", 0, match.start())


def _implied(
    text: str, start: int, before: str, context: _Context
) -> tuple[str, bool, int | None, int] | None:
    """A bare 第六十三条 goes with the law last named on the same line, unless it is a heading or a
    clause of a contract."""
    if _NOT_A_LAW.search(before) or not before.strip():
        return None
    line_start = text.rfind("\n", 0, start) + 1
    if not text[line_start:start].strip():
        return None
    if context.law is None or text.count("\n", 0, start) != context.line:
        return None
    return context.law, context.known, context.year, start


def _named(before: str, names: Names, context: _Context) -> tuple[str, bool, int] | None:
    """The name at the very end of ``before``: 《…》, a name in use, or what looks like one."""
    if title := _TITLE_END.search(before):
        if _NOT_A_LAW.search(title[1]):
            return None
        law = _lookup(title[1], names, context)
        return law or law_name(title[1]), law is not None, title.start()
    for length in range(min(_LONGEST_NAME, len(before)), 1, -1):
        law = _lookup(before[-length:], names, context)
        if law is not None and not before[-length:][0].isspace():
            return law, True, len(before) - length
    if _SELF.search(before) or _PRONOUN.search(before):
        return None
    if guess := _LOOKS_LIKE_A_LAW.search(before):
        name = _LEAD.sub("", guess[0])
        if len(name) > 2 and not name.startswith(
            ("本", "该", "上述", "前述", "有关", "相关", "法律")
        ):
            return name, False, len(before) - len(name)
    return None


def _last_word(before: str, names: Names) -> str:
    for length in range(min(_LONGEST_NAME, len(before)), 1, -1):
        if names.find(before[-length:]):
            return before[-length:]
    return ""


def _lookup(name: str, names: Names, context: _Context) -> str | None:
    return context.local.get(key(name)) or names.find(name)


def _year(text: str) -> int | None:
    return numerals.parse(text)


def _units(
    text: str, start: int, law: str, known: bool, year: int | None, name_start: int
) -> tuple[list[Reference], int]:
    """Read the list of provisions that starts at ``start``; give the references and the end."""
    found: list[Reference] = []
    position, begin = start, name_start
    pending: Reference | None = None
    while (unit := _UNIT.match(text, position)) is not None:
        current = _reference(unit, found[-1] if found else None, law, year)
        if current is None:
            break
        end = unit.end()
        current = replace(current, text=text[begin:end], start=begin, end=end, known=known)
        if pending is not None:
            found += _between(pending, current)
            pending = None
        found.append(current)
        position = end
        joined = _RANGE.match(text, position)
        if joined:
            pending, begin, position = current, current.start, joined.end()
            if _UNIT.match(text, position) is None:
                break
            found.pop()
            found.append(current)
            continue
        comma = _JOIN.match(text, position)
        after = comma.end() if comma and comma["join"] else position
        if after == position or not _continues(text, after):
            break
        begin = position = after
    return found, found[-1].end if found else position


def _continues(text: str, position: int) -> bool:
    unit = _UNIT.match(text, position)
    return unit is not None and text[position : position + 1] in "第（("


def _reference(
    unit: re.Match[str], last: Reference | None, law: str, year: int | None
) -> Reference | None:
    """The reference of one step; None if its numbers are no numbers."""
    if unit["article"]:
        article = numerals.parse(unit["article"])
        if not article:
            return None
        return Reference(
            law,
            article,
            _number(unit["suffix"]),
            _number(unit["paragraph"]),
            _number(unit["item"]),
            year,
        )
    if last is None:
        return None
    if unit["only_paragraph"]:
        paragraph = _number(unit["only_paragraph"])
        return replace(last, paragraph=paragraph, item=_number(unit["item"]))
    item = unit["only_item"] or re.sub(r"[（()）\s　]", "", unit["bare"] or "")
    return replace(last, item=_number(item))


def _number(text: str | None) -> int | None:
    return numerals.parse(text) if text else None


def _between(first: Reference, last: Reference) -> Iterator[Reference]:
    """The provisions strictly between the ends of a range; whole 条 carry no 款 or 项."""
    if first.article != last.article:
        for article in range(first.article + 1, last.article):
            yield replace(last, article=article, suffix=None, paragraph=None, item=None)
    elif first.suffix != last.suffix:
        for suffix in range((first.suffix or 0) + 1, last.suffix or 0):
            yield replace(last, suffix=suffix, paragraph=None, item=None)
    elif first.paragraph != last.paragraph and first.paragraph and last.paragraph:
        for paragraph in range(first.paragraph + 1, last.paragraph):
            yield replace(last, paragraph=paragraph, item=None)
    elif first.item and last.item:
        for item in range(first.item + 1, last.item):
            yield replace(last, item=item)
