"""A 款 or 项 of a provision: the part of an address behind the article, and the words it names.

``商标法@2019#13.2`` is the second 款 of article 13, ``商标法@2019#57(2)`` item 2 of article 57,
``刑法@2020#120-1.1(2)`` item 2 in the first 款 of 第一百二十条之一.
"""

import re

from ecmiip.mipld import parts

_PART = re.compile(
    r"(?P<article>[^#]+#\d+(?:-\d+)?)(?:\.(?P<paragraph>\d+))?(?:\((?P<item>\d+)\))?"
)


def split_address(address: str) -> tuple[str, int | None, int | None] | None:
    """The article's address, the 款 and the 项 that ``address`` names; None if it is none."""
    found = _PART.fullmatch(address.strip())
    if found is None:
        return None
    paragraph, item = found["paragraph"], found["item"]
    return found["article"], int(paragraph) if paragraph else None, int(item) if item else None


def words(text: str, paragraph: int | None, item: int | None) -> str | None:
    """The words of that 款 and 项 in the ``text`` of an article; None if it has no such part.

    An item is given without its number and closing mark, as one would quote it. Without a 款 the
    item is the first of that number.
    """
    if paragraph is None and item is None:
        return text
    found = parts.part(text, paragraph, item)
    if found is None or item is None:
        return found
    return re.sub(r"^[（(][^）)]+[）)]\s*", "", found.strip()).rstrip("；。")
