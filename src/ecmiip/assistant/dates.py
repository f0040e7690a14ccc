"""The days that a question speaks of: when something was done, not which edition of a law."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ecmiip.mipld import numerals


@dataclass(frozen=True)
class Mention:
    """A day, month or year spoken of: its first and last day, and where it stands."""

    text: str
    first: date
    last: date
    start: int
    end: int


_NUM = r"[0-9０-９一二两三四五六七八九十]{1,3}"
_YEAR = r"(?:(?:19|20)[0-9]{2}|[一二][九〇零○0][〇零○一二三四五六七八九]{2})"
_MONTH_WORDS = {
    name.lower(): number
    for number in range(1, 13)
    for name in (calendar.month_name[number], calendar.month_abbr[number])
}
_EN = "|".join(sorted(_MONTH_WORDS, key=len, reverse=True))

_CALENDAR = re.compile(
    rf"(?<![0-9])(?P<y>{_YEAR}){{gap}}年(?:{{gap}}(?P<m>{_NUM}){{gap}}月(?:份)?"
    rf"(?:{{gap}}(?P<d>{_NUM}){{gap}}[日号])?|(?P<part>初|底|末|上半年|下半年))?".replace(
        "{gap}", r"[ \u3000]*"
    )
)
_NUMERIC = re.compile(
    r"(?<![0-9.])(?P<y>(?:19|20)[0-9]{2})(?P<sep>[-/.])(?P<m>1[0-2]|0?[1-9])"
    r"(?:(?P=sep)(?P<d>3[01]|[12][0-9]|0?[1-9]))?(?![0-9])"
)
_ENGLISH = re.compile(
    rf"\b(?:(?P<d1>[0-3]?[0-9])\s+)?(?P<m>{_EN})\.?\s+(?:(?P<d2>[0-3]?[0-9])(?:st|nd|rd|th)?,?\s+)?"
    r"(?P<y>(?:19|20)[0-9]{2})\b|\b(?:in|since|during|before|after|until)\s+(?P<only>(?:19|20)[0-9]{2})\b",
    re.IGNORECASE,
)
_RELATIVE_YEAR = re.compile(
    rf"(?P<word>大前年|前年|去年|上年|今年|本年|明年|后年)(?:(?P<m>{_NUM})月(?:份)?"
    rf"(?:(?P<d>{_NUM})[日号])?|(?P<part>年?初|年?底|年?末|上半年|下半年))?"
)
_YEARS = {
    "大前年": -3,
    "前年": -2,
    "去年": -1,
    "上年": -1,
    "今年": 0,
    "本年": 0,
    "明年": 1,
    "后年": 2,
}
_RELATIVE_MONTH = re.compile(
    rf"(?P<word>上上个?月|上个?月|这个月|本月|下个?月)(?:(?P<d>{_NUM})[日号])?"
)
_MONTHS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1}
_RELATIVE_DAY = re.compile("大前天|前天|昨天|昨日|今天|今日|明天|后天")
_DAYS = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨日": -1,
    "今天": 0,
    "今日": 0,
    "明天": 1,
    "后天": 2,
}
_AGO = re.compile(
    rf"(?P<n>{_NUM}|半)(?P<half>个半|年半)?(?P<unit>年|个月|个?星期|周|天|日)(?:多)?(?:之|以)?前(?!款|条|述)"
)

# A year that names an edition, a document or a name is no day on which something was done.
_EDITION_AFTER = re.compile(
    r"^\s*(?:年)?[\s的]*(?:修正|修订|修改|版本?|文本|施行的?《|通过|公布|颁布|《[^》]*(?:法|条例|解释|规定|细则)"
    r"|(?:新|旧)?(?:商标|专利|著作权|反不正当竞争|反|种子|民|刑)法|起?施行|起生效|新法|旧法|法(?=第|的|中|里))"
)
_EDITION_BEFORE = re.compile(r"(?:法|条例|解释|规定|细则|办法|典|》)\s*[（(]\s*$|[〔\[［]\s*$")


def mentions(text: str, today: date) -> list[Mention]:
    """The days, months and years that ``text`` speaks of, in reading order.

    Relative ones (去年, 三个月前) count from ``today``. Editions of laws (商标法（2019年）,
    2020年修正) and the day on which a law begins are left out.
    """
    found: list[Mention] = []
    for mention in sorted(_all(text, today), key=lambda m: (m.start, -(m.end - m.start))):
        if not any(taken.start < mention.end and mention.start < taken.end for taken in found):
            found.append(mention)
    return [mention for mention in found if not _is_edition(text, mention)]


def _all(text: str, today: date) -> Iterator[Mention]:
    for hit in _CALENDAR.finditer(text):
        yield from _mention(
            hit, _number(hit["y"].replace("○", "〇")), hit["m"], hit["d"], hit["part"]
        )
    for hit in _NUMERIC.finditer(text):
        # 2025.3 may be a decimal; 2025.3.5, 2025-3 and 2025/3 are not.
        if hit["d"] or hit["sep"] != ".":
            yield from _mention(hit, int(hit["y"]), hit["m"], hit["d"])
    for hit in _ENGLISH.finditer(text):
        if hit["only"]:
            yield from _mention(hit, int(hit["only"]), None, None)
        else:
            named = str(_MONTH_WORDS[hit["m"].lower()])
            yield from _mention(hit, int(hit["y"]), named, hit["d1"] or hit["d2"])
    for hit in _RELATIVE_YEAR.finditer(text):
        yield from _mention(hit, today.year + _YEARS[hit["word"]], hit["m"], hit["d"], hit["part"])
    for hit in _RELATIVE_MONTH.finditer(text):
        word = hit["word"].removesuffix("月").removesuffix("个")
        year, month = _add_months(today, _MONTHS[word])
        yield from _mention(hit, year, str(month), hit["d"])
    for hit in _RELATIVE_DAY.finditer(text):
        day = today + timedelta(days=_DAYS[hit[0]])
        yield Mention(hit[0], day, day, hit.start(), hit.end())
    for hit in _AGO.finditer(text):
        yield from _ago(hit, today)


def _mention(
    hit: re.Match[str], year: int, month: str | None, day: str | None, part: str | None = None
) -> Iterator[Mention]:
    """The mention of a year, month or day; none if there is no such day (2月30日)."""
    if not 1900 <= year <= 2100:
        return
    try:
        if month and day:
            first = last = date(year, _number(month), _number(day))
        elif month:
            first = date(year, _number(month), 1)
            last = date(year, _number(month), calendar.monthrange(year, _number(month))[1])
        else:
            first, last = date(year, 1, 1), date(year, 12, 31)
            if part and "上半" in part:
                last = date(year, 6, 30)
            elif part and "下半" in part:
                first = date(year, 7, 1)
            elif part and "初" in part:
                last = date(year, 3, 31)
            elif part:
                first = date(year, 10, 1)
    except (ValueError, calendar.IllegalMonthError):
        return
    yield Mention(hit[0], first, last, hit.start(), hit.end())


def _ago(hit: re.Match[str], today: date) -> Iterator[Mention]:
    count = 0.5 if hit["n"] == "半" else float(_number(hit["n"]))
    count += 0.5 if hit["half"] else 0
    unit = hit["unit"]
    if unit in ("年", "个月"):
        months = round(count * 12) if unit == "年" else int(count)
        if months > 1200:
            return
        year, month = _add_months(today, -months)
        yield from _mention(hit, year, None if unit == "年" and count >= 2 else str(month), None)
        return
    day = today - timedelta(days=int(count * (7 if unit not in ("天", "日") else 1)))
    yield Mention(hit[0], day, day, hit.start(), hit.end())


def _add_months(day: date, months: int) -> tuple[int, int]:
    whole = day.year * 12 + day.month - 1 + months
    return whole // 12, whole % 12 + 1


def _is_edition(text: str, mention: Mention) -> bool:
    return bool(
        _EDITION_AFTER.match(text[mention.end : mention.end + 40])
        or _EDITION_BEFORE.search(text[max(0, mention.start - 20) : mention.start])
    )


def _number(text: str) -> int:
    """The value of a numeral. Raises ValueError where it is none."""
    value = numerals.parse(text)
    if value is None:
        raise ValueError(f"{text} is not a number")
    return value
