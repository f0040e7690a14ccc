"""The only parser of citations: from running text to references, and back.

A reference names a law (or leaves it to the context), perhaps one of its versions, and a 条 with
款 and 项. Ranges and lists are spread out, one reference per provision. Names are resolved by a
:class:`Names`, so this module needs no database.
"""

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from ecmiip.mipld import numerals
from ecmiip.mipld.document import law_name

_S = r"[ \t\u3000\xa0]*"
_DIGIT = f"[{numerals.NUMERAL}]"
_NUMBER = rf"(?:[（(]{_S})?{_DIGIT}(?:{_S}{_DIGIT})*(?:{_S}[）)])?|[{numerals.ENCLOSED}]"
_AND = r"以及|或者|[、,，和及与或]"
_TO = r"至|到|[-－—–~～]+"
# Numbers that share one unit: 第五十七条, 第（一）、（二）项, 第1、2款, 第213至220条.
_GROUP = re.compile(
    rf"第?{_S}(?P<numbers>(?:{_NUMBER})(?:{_S}(?:{_AND}|{_TO}){_S}第?{_S}(?:{_NUMBER}))*)"
    rf"{_S}(?P<unit>条(?:{_S}之{_S}(?P<suffix>{_DIGIT}+)(?!{_DIGIT}))?|款|项)"
)
_NUMBERS = re.compile(rf"(?P<to>{_TO})|(?P<number>{_NUMBER})")
_JOIN = re.compile(rf"{_S}(?:(?P<to>{_TO})|(?:{_AND}))?{_S}")
_OF = re.compile(rf"{_S}的?{_S}")
# Where a citation may begin: 第…条, 商标法57条, 本条第二款, 前款.
_START = re.compile(
    rf"第{_S}{_DIGIT}|(?<=[法例定则典释）)》])[0-9０-９]{{1,4}}(?={_S}条)"
    rf"|(?P<same>[本该同]条)(?={_S}第)|(?P<previous>前款|前条)"
)

_YEAR = r"(?P<year>(?:19|20)[0-9]{2}|[一二][九〇零0][〇零一二三四五六七八九0]{2})"
# （2019年修正）, （2026年6月26日修订，2027年1月1日起施行）; 2019年版 after the name.
_VERSION = re.compile(
    rf"(?:[（(]{_S}自?{_S}{_YEAR}{_S}年?[^（）()]{{0,40}}[）)]"
    rf"|(?<=》){_S}{_YEAR.replace('year', 'year_after')}{_S}年(?:版|修正|修订|修改)本?的?){_S}$"
)
# 2019年修正的《, 自2027年1月1日起施行的《.
_VERSION_BEFORE = re.compile(
    rf"(?:自{_S})?{_YEAR}{_S}年"
    rf"(?:(?:[0-9]{{1,2}}月(?:[0-9]{{1,2}}日)?)?{_S}起?(?:修正|修订|修改|施行|版))?的?{_S}《?$"
)
# 新商标法, 修订前的《: a version is meant, though no year is named.
_COMPARED = re.compile(
    r"(?:(?P<new>(?<![创更革翻])新|(?:修正|修订|修改)后的?|新(?:修正|修订|修改)的?)"
    rf"|(?P<old>旧|(?<!还)原|(?:修正|修订|修改)前的?)){_S}《?$"
)
_BOOK = re.compile(r"(?:总则编?|物权编|合同编|人格权编|婚姻家庭编|继承编|侵权责任编|分则)$")
_PRONOUN = re.compile(
    r"(?:该|(?<!合)同|上述|前述|此)(?:部|一)?(?:法典|法律|法|条例|解释|规定|细则|办法|规则)$"
)
# 即现行第一百零八条: of the law named last, the version of today.
_PRESENT = re.compile(r"现行(?:法|规定)?$")
_SELF = re.compile(r"本(?:法典|法|条例|解释|规定|细则|办法|规则|决定|安排)$")
_NOT_A_LAW = re.compile(r"(?:合同|协议|章程|附件|条款|合约|约定|规约|判决|保函|公约|条约|协定)》?$")
_LOOKS_LIKE_A_LAW = re.compile(
    r"[\u4e00-\u9fff（）、]{1,30}(?:法典|法|条例|解释|规定|细则|办法|规则|批复|意见)"
    r"(?:[（(][一二三四五六七八九十]+[）)])?$"
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
_LONGEST_RANGE = 300
_REPUBLIC = "中华人民共和国"
_ITEM_LINE = re.compile(rf"[（(]{_DIGIT}+[）)]")


@dataclass(frozen=True)
class Names:
    """Every name in use → the full name of its law, as MIPLD writes it."""

    known: Mapping[str, str] = field(default_factory=dict)

    def find(self, name: str) -> str | None:
        """The law that ``name`` means; 《》, spaces and 中华人民共和国 do not matter."""
        return self.known.get(key(name))


# Full-width letters and digits, and the brackets that stand for one another; one to one, so that
# offsets stay what they are.
_ASCII = string.digits + string.ascii_letters
_FOLD = str.maketrans(
    "".join(chr(ord(c) + 0xFEE0) for c in _ASCII) + "〈〉<>＜＞()", _ASCII + "《》《》《》（）"
)


def key(name: str) -> str:
    """The form under which a name is looked up."""
    folded = re.sub(r"[\s　]+", "", name.translate(_FOLD))
    folded = re.sub(r"最高人民法院、?最高人民检察院", "最高人民法院、最高人民检察院", folded)
    return law_name(folded)


Compared = Literal["new", "old"]


@dataclass(frozen=True)
class Reference:
    """One provision as cited. ``law`` is the full name where it is known, else the name as written.

    ``start`` and ``end`` are offsets of ``text`` in the source; ``year`` is that of a version the
    citation names, ``compared`` tells of one that it calls new or old.
    """

    law: str
    article: int
    suffix: int | None = None
    paragraph: int | None = None
    item: int | None = None
    year: int | None = None
    compared: Compared | None = None
    text: str = field(default="", compare=False)
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    known: bool = field(default=True, compare=False)

    def format(self) -> str:
        """《商标法》（2019年）第五十七条第一款第（二）项; parsing it gives this reference again."""
        version = f"（{self.year}年）" if self.year else ""
        compared = {"new": "新", "old": "旧", None: ""}[self.compared]
        paragraph = f"第{numerals.chinese(self.paragraph)}款" if self.paragraph else ""
        item = f"第（{numerals.chinese(self.item)}）项" if self.item else ""
        number = numerals.article_number(self.article, self.suffix)
        return f"{compared}《{self.law}》{version}{number}{paragraph}{item}"


class _Law(NamedTuple):
    """A law as the text names it, and the version that it means, if it says so."""

    name: str
    known: bool = True
    year: int | None = None
    compared: Compared | None = None


@dataclass
class _Context:
    """What the text has said so far: the law last named, and names it has defined."""

    own_law: str | None
    own_article: int | None
    local: dict[str, str]
    law: _Law | None = None
    line: int = 0
    last: Reference | None = None


def parse(
    text: str, names: Names, *, own_law: str | None = None, own_article: int | None = None
) -> list[Reference]:
    """Every provision cited in ``text``, in reading order.

    ``own_law`` is the law that ``text`` itself belongs to (本法) and ``own_article`` its article
    (本条, 前款). A 条 with no law in sight, such as the heading of an article or a clause of a
    contract, is not a citation.
    """
    context = _Context(own_law, own_article, _abbreviations(text, names))
    found: list[Reference] = []
    position = 0
    while (start := _START.search(text, position)) is not None:
        references: list[Reference] = []
        if start["previous"]:
            references, end = _previous(text, start, context)
        elif start["same"]:
            references, end = _same_article(text, start, context)
        else:
            named = _law_before(text, start.start(), position, names, context)
            if named is not None and (first := _GROUP.match(text, start.start())):
                references, end = _provisions(text, first, *named)
        if references:
            found += references
            context.last = references[-1]
            position = end
        else:
            position = start.end()
    return found


def _previous(text: str, start: re.Match[str], context: _Context) -> tuple[list[Reference], int]:
    """前款: the 款 before the one last cited, or before the line of the own article it stands in;
    前条: the article before the own one."""
    begin, end = start.span()
    own = context.own_law is not None and context.own_article is not None
    if start[0] == "前条":
        if not own or context.own_article == 1:
            return [], end
        article = (context.own_article or 0) - 1
        return [Reference(context.own_law or "", article, text=start[0], start=begin, end=end)], end
    if own:
        paragraph = _own_paragraph(text, begin) - 1
        base = Reference(context.own_law or "", context.own_article or 0)
    elif context.last is not None and context.last.paragraph:
        paragraph, base = context.last.paragraph - 1, context.last
    else:
        return [], end
    if paragraph < 1:
        return [], end
    found = replace(base, paragraph=paragraph, item=None, text=start[0], start=begin, end=end)
    item = _GROUP.match(text, end)
    if item and item["unit"] == "项" and (numbers := _numbers(item)):
        end = item.end()
        found = replace(found, item=numbers[0], text=text[begin:end], end=end)
    return [found], end


def _own_paragraph(text: str, position: int) -> int:
    """Which 款 of the own article a position lies in: lines that are 项 count with theirs."""
    lines = text[:position].split("\n")
    return sum(1 for i, line in enumerate(lines) if i == 0 or not _ITEM_LINE.match(line))


def _same_article(
    text: str, start: re.Match[str], context: _Context
) -> tuple[list[Reference], int]:
    """本条第二款: the own article, or the one last cited."""
    group = _GROUP.match(text, _end(_OF, text, start.end()))
    if group is None or group["unit"].startswith("条"):
        return [], start.end()
    if context.own_law and context.own_article:
        base = Reference(context.own_law, context.own_article)
    elif context.own_law is None and context.last is not None:
        base = replace(context.last, paragraph=None, item=None)
    else:
        return [], start.end()
    return _Reader(text, start.start(), base).read(group)


def _abbreviations(text: str, names: Names) -> dict[str, str]:
    """《…》（以下简称…）: names that the text defines for itself."""
    found = {}
    for match in _ABBREVIATION.finditer(text):
        found[key(match["short"])] = names.find(match["title"]) or law_name(match["title"])
    return found


def _law_before(
    text: str, start: int, floor: int, names: Names, context: _Context
) -> tuple[_Law, int] | None:
    """The law named right before ``start``, or that the context supplies, and where its name
    starts; None if there is none."""
    _notice_titles(text, floor, start, names, context)
    before = text[max(0, start - 200) : start].rstrip(" \t　的中")
    offset = max(0, start - 200)
    year: int | None = None
    if version := _VERSION.search(before):
        year = _year(version["year"] or version["year_after"])
        before = before[: version.start()].rstrip()
    if book := _BOOK.search(before):
        stripped = before[: book.start()].rstrip()
        if stripped.endswith("》") or _known_ending(stripped, names, context):
            before = stripped
    if context.law and (word := _PRESENT.search(before)):
        context.law = context.law._replace(year=None, compared=None)
        return context.law, offset + word.start()
    named = _named(before, names, context)
    if named is not None:
        law, known, name_start = named
        if inside := _VERSION.search(before[name_start:].rstrip("》")):
            year = year or _year(inside["year"])
        compared: Compared | None = None
        if earlier := _VERSION_BEFORE.search(before[:name_start]):
            year = year or _year(earlier["year"])
            name_start = earlier.start()
        elif year is None and (word := _COMPARED.search(before[:name_start])):
            compared = "new" if word["new"] else "old"
            name_start = word.start()
        context.law = _Law(law, known, year, compared)
        context.line = text.count("\n", 0, start)
        return context.law, offset + name_start
    if _SELF.search(before):
        own = _Law(context.own_law) if context.own_law else context.law
        return (own._replace(known=True, year=None, compared=None), start - 2) if own else None
    if pronoun := _PRONOUN.search(before):
        return (context.law, offset + pronoun.start()) if context.law else None
    return _implied(text, start, before, context)


def _notice_titles(text: str, floor: int, start: int, names: Names, context: _Context) -> None:
    """A law named in passing is what 该法 will mean, known or not; a contract or a treaty makes the
    text forget it."""
    for match in _TITLE.finditer(text, floor, start):
        law = _lookup(match[1], names, context)
        if law is not None or _LOOKS_LIKE_A_LAW.search(match[1]):
            context.law = _Law(law or law_name(match[1]), known=law is not None)
            context.line = text.count("\n", 0, match.start())
        elif _NOT_A_LAW.search(match[1]):
            context.law = None


def _implied(text: str, start: int, before: str, context: _Context) -> tuple[_Law, int] | None:
    """A bare 第六十三条 goes with the law last named on the same line, unless it is a heading or a
    clause of a contract."""
    if _NOT_A_LAW.search(before):
        context.law = None
    if not before.strip():
        return None
    line_start = text.rfind("\n", 0, start) + 1
    if not text[line_start:start].strip():
        return None
    if context.law is None or text.count("\n", 0, start) != context.line:
        return None
    return context.law, start


def _named(before: str, names: Names, context: _Context) -> tuple[str, bool, int] | None:
    """The name at the very end of ``before``: 《…》, a name in use, or what looks like one."""
    if title := _TITLE_END.search(before):
        if _NOT_A_LAW.search(title[1]):
            return None
        name = _VERSION.sub("", title[1])
        law = _lookup(name, names, context)
        return law or law_name(name), law is not None, title.start()
    if bare := _known_ending(before, names, context):
        return bare[0], True, bare[1]
    if _SELF.search(before) or _PRONOUN.search(before):
        return None
    if guess := _LOOKS_LIKE_A_LAW.search(before):
        name = _LEAD.sub("", guess[0])
        if len(name) > 2 and not name.startswith(
            ("本", "该", "上述", "前述", "有关", "相关", "法律")
        ):
            return name, False, len(before) - len(name)
    return None


def _known_ending(before: str, names: Names, context: _Context) -> tuple[str, int] | None:
    """(law, start) of the longest name in use that ends ``before``."""
    tail = before[-_LONGEST_NAME:].translate(_FOLD)
    for start in range(len(tail) - 1):
        law = context.local.get(tail[start:]) or names.known.get(tail[start:])
        if law is not None:
            begin = len(before) - len(tail) + start
            republic = len(_REPUBLIC) if before[:begin].endswith(_REPUBLIC) else 0
            return law, begin - republic
    return None


def _lookup(name: str, names: Names, context: _Context) -> str | None:
    return context.local.get(key(name)) or names.find(name)


def _year(text: str) -> int | None:
    return numerals.parse(text)


def _provisions(
    text: str, first: re.Match[str], law: _Law, begin: int
) -> tuple[list[Reference], int]:
    """The list of provisions that starts with ``first``; a 款 or 项 alone names none."""
    if not first["unit"].startswith("条"):
        return [], first.end()
    base = Reference(law.name, 0, year=law.year, compared=law.compared, known=law.known)
    return _Reader(text, begin, base).read(first)


class _Reader:
    """Reads a list such as 第四条、第十三条第二款至第三款第（一）、（二）项, one reference each."""

    def __init__(self, text: str, begin: int, base: Reference) -> None:
        self.text = text
        self.begin = begin  # where the text of the next reference starts
        self.base = base  # what the last group leaves for the next to refine
        self.found: list[Reference] = []
        self.ranging = False  # whether the last group ended a range

    def read(self, group: re.Match[str]) -> tuple[list[Reference], int]:
        """Read from ``group`` on; give the references and where the list ends."""
        end = group.start()
        ranging = False
        while self._take(group, ranging):
            end = group.end()
            deeper = _GROUP.match(self.text, _end(_OF, self.text, end))
            if deeper and _level(deeper) > _level(group) and not deeper["unit"].startswith("条"):
                # The references of this group are refined, not joined, by the next.
                self.found = [r for r in self.found if r is not self.found[-1]]
                group, ranging = deeper, self.ranging
                continue
            joined = _JOIN.match(self.text, end)
            after = joined.end() if joined else end
            following = _GROUP.match(self.text, after)
            if joined is None or not joined[0].strip() or following is None:
                break
            if self.text[after] not in "第（(" and not following["unit"].startswith("条"):
                break
            ranging = joined["to"] is not None
            if not ranging:
                self.begin = after
            group = following
        return self.found, self.found[-1].end if self.found else end

    def _take(self, group: re.Match[str], ranging: bool) -> bool:
        """Add the references of one group; False if its numbers are none."""
        numbers = _numbers(group)
        if not numbers or 0 in numbers:
            return False
        self.ranging = ranging
        start, end = self.begin, group.end()
        stretch = self.text[start:end]
        suffix = numerals.parse(group["suffix"]) if group["suffix"] else None
        if group["suffix"] and suffix is None:
            return False
        taken = []
        for number in numbers:
            unit = group["unit"][0]
            if unit == "条":
                cited = replace(self.base, article=number, suffix=suffix, paragraph=None, item=None)
            elif unit == "款":
                cited = replace(self.base, paragraph=number, item=None)
            else:
                cited = replace(self.base, item=number)
            taken.append(replace(cited, text=stretch, start=start, end=end))
        if ranging and self.found:
            between = _between(self.found[-1], taken[0])
            taken = [replace(r, text=stretch, start=start, end=end) for r in between] + taken
        self.found += taken
        self.base = taken[-1]
        return True


def is_range(text: str) -> bool:
    """Whether the text of a reference is a range (至) rather than one provision or a list."""
    return (
        re.search(rf"[条款项\d{numerals.NUMERAL}]{_S}(?:{_TO}){_S}(?:第|{_DIGIT})", text)
        is not None
    )


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _level(group: re.Match[str]) -> int:
    return "条款项".index(group["unit"][0])


def _numbers(group: re.Match[str]) -> list[int]:
    """The numbers of a group, ranges filled; empty if one of them is no number."""
    numbers: list[int] = []
    ranging = False
    for part in _NUMBERS.finditer(group["numbers"]):
        if part["to"]:
            ranging = True
            continue
        number = numerals.parse(part["number"])
        if number is None:
            return []
        if ranging and numbers and number - numbers[-1] <= _LONGEST_RANGE:
            numbers += range(numbers[-1] + 1, number)
        ranging = False
        numbers.append(number)
    return numbers


def _between(first: Reference, last: Reference) -> Iterator[Reference]:
    """The provisions strictly between the ends of a range; whole 条 carry no 款 or 项."""
    whole = replace(last, suffix=None, paragraph=None, item=None)
    if last.article - first.article > _LONGEST_RANGE:
        return  # no law is cited like that: the ends alone are checked
    if first.article != last.article:
        for article in range(first.article + 1, last.article):
            yield replace(whole, article=article)
    elif first.suffix != last.suffix:
        for suffix in range((first.suffix or 0) + 1, last.suffix or 0):
            yield replace(whole, suffix=suffix)
    elif first.paragraph and last.paragraph and first.paragraph != last.paragraph:
        for paragraph in range(first.paragraph + 1, last.paragraph):
            yield replace(last, paragraph=paragraph, item=None)
    elif first.item and last.item:
        for item in range(first.item + 1, last.item):
            yield replace(last, item=item)
