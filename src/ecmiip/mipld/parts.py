"""The 款 and 项 of an article, as its lines show them."""

import re

from ecmiip.mipld import numerals

_ITEM = re.compile(rf"^[（(]([{numerals.NUMERAL}]+)[）)]")


def paragraphs(text: str) -> list[str]:
    """The 款 of an article: items belong to the paragraph that introduces them."""
    found: list[str] = []
    for line in text.splitlines():
        if found and _ITEM.match(line):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def items(paragraph: str) -> dict[int, str]:
    """Number → line of each 项 in a paragraph."""
    found = {}
    for line in paragraph.splitlines():
        number = numerals.parse(mark[1]) if (mark := _ITEM.match(line)) else None
        if number:
            found[number] = line
    return found


def part(text: str, paragraph: int | None = None, item: int | None = None) -> str | None:
    """That 款, or that 项 of it, of an article; None if there is none.

    An item without a paragraph is the first of that number in the article.
    """
    chosen = paragraphs(text)
    if paragraph is not None:
        if not 0 < paragraph <= len(chosen):
            return None
        chosen = [chosen[paragraph - 1]]
    if item is None:
        return "\n".join(chosen)
    return next((items(p)[item] for p in chosen if item in items(p)), None)
