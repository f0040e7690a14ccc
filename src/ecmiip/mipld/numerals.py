"""Numbers as statutes write them: 第五十七条, 一千二百六十, 120, １２０."""

import re
import unicodedata

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
UNITS = {"十": 10, "百": 100, "千": 1000}
# A class for regular expressions: any character that a number may be made of.
NUMERAL = "0-9０-９零〇一二两三四五六七八九十百千"
# Single characters that are a number in brackets or a circle, as 项 are sometimes numbered.
ENCLOSED = "㈠-㈩⑴-⒇①-⑳"

_CHINESE = "零一二三四五六七八九"


def parse(text: str) -> int | None:
    """Read a Chinese or Arabic numeral below 10,000 of any width; None if it is not one.

    Spaces and brackets around or inside it do not matter. Only well-formed numerals are read:
    二十三, 一百零三, 二〇一九 and 23 are; 十二十 and 百 are not.
    """
    text = re.sub(r"[\s()]", "", unicodedata.normalize("NFKC", text))
    if re.fullmatch(r"[0-9]{1,4}", text):
        return int(text)
    if not text or any(c not in DIGITS and c not in UNITS for c in text):
        return None
    if not any(c in UNITS for c in text):
        # Positional writing, as in years: 二〇一九; a lone digit is the same thing.
        return int("".join(str(DIGITS[c]) for c in text)) if len(text) <= 4 else None
    value = _by_units(text)
    if value is None or text.replace("〇", "零").replace("两", "二") not in _spellings(value):
        return None
    return value


def _by_units(text: str) -> int | None:
    total, digit = 0, None
    for c in text:
        if c in UNITS:
            if digit is None and not (c == "十" and total % 100 == 0):
                return None
            total += (1 if digit is None else digit) * UNITS[c]
            digit = None
        elif DIGITS[c]:
            digit = DIGITS[c]
    return total + (digit or 0)


def _spellings(value: int) -> set[str]:
    """The forms in use: 一百一十五 and 一百十五, 十五 and 一十五."""
    usual = chinese(value)
    full = re.sub(r"^十", "一十", usual)
    return {usual, full, re.sub(r"(?<=[百千零])一十", "十", usual)}


def chinese(value: int) -> str:
    """Write 0 ≤ value < 10,000 as statutes do: 10 → 十, 103 → 一百零三, 1260 → 一千二百六十."""
    assert 0 <= value < 10_000
    if value == 0:
        return "零"
    parts: list[str] = []
    zero = False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            if zero and parts:
                parts.append("零")
            parts.append(_CHINESE[digit] + name)
            zero = False
        else:
            zero = True
    text = "".join(parts)
    return text[1:] if text.startswith("一十") else text


def article_number(article: int, suffix: int | None = None) -> str:
    """第一百二十条之一 for (120, 1)."""
    return f"第{chinese(article)}条" + (f"之{chinese(suffix)}" if suffix else "")
