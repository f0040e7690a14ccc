"""The Criminal Law as its amendments leave it, where no source prints the result.

An amendment (修正案) is a list of instructions. If every one of them is of a kind that can be
carried out word for word, the amended text is derived; if one is not, nothing is, and the old text
stays the newest.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from ecmiip.mipld import numerals, statute
from ecmiip.mipld.document import Article, DateClaim, LawText
from ecmiip.mipld.parts import paragraphs

_N = f"[{numerals.NUMERAL}]+"
_WHERE = rf"刑法(第{_N}条(?:之{_N})?)"
_QUOTED = r"[：:]\s*[“\"](?P<words>.*)[”\"]\s*$"
_WHOLE = re.compile(rf"^(?:将{_WHERE}|在?{_WHERE}中增加[^：]*?将该条)修改为{_QUOTED}", re.S)
_PARAGRAPH = re.compile(rf"^将{_WHERE}第(?P<paragraph>{_N})款修改为{_QUOTED}", re.S)
_INSERTED = re.compile(rf"^在?{_WHERE}后增加一条，作为(?P<new>第{_N}条(?:之{_N})?){_QUOTED}", re.S)
_TAKES_EFFECT = re.compile(r"^本修正案自(\d{4}年\d{1,2}月\d{1,2}日|公布之日)起施行")
_LAW = "刑法"


def derive(texts: Iterable[LawText]) -> list[LawText]:
    """The texts that amendments newer than the newest stored text lead to, oldest first."""
    texts = list(texts)
    stored = [t for t in texts if t.name == _LAW and t.promulgated_on]
    if not stored:
        return []
    newest = max(stored, key=lambda t: t.promulgated_on or date.min)
    amendments = sorted(
        {t.promulgated_on: t for t in texts if t.name.startswith(f"{_LAW}修正案")}.items(),
        key=lambda pair: pair[0] or date.min,
    )
    derived: list[LawText] = []
    for adopted, amendment in amendments:
        if adopted is None or adopted <= (newest.promulgated_on or date.min):
            continue
        result = apply(newest, amendment)
        if result is None:
            break
        derived.append(result)
        newest = result
    return derived


def apply(law: LawText, amendment: LawText) -> LawText | None:
    """``law`` with every instruction of ``amendment`` carried out; None if one cannot be."""
    articles = {(a.article, a.suffix or 0): a for a in law.articles}
    claims: tuple[DateClaim, ...] = ()
    for instruction in amendment.articles:
        if start := _TAKES_EFFECT.match(instruction.text):
            days = statute.dates(start[1])
            first_day = days[0] if days else amendment.promulgated_on
            if first_day:
                claims = (DateClaim(first_day, "amending decision", amendment.source),)
        elif not _carry_out(instruction.text, articles):
            return None
    return replace(
        law,
        articles=tuple(articles[key] for key in sorted(articles)),
        path=f"{law.path}+{amendment.path}",
        promulgated_on=amendment.promulgated_on,
        claims=claims,
        amended=True,
        revised=False,
        repealed=False,
    )


def _carry_out(instruction: str, articles: dict[tuple[int, int], Article]) -> bool:
    if found := _WHOLE.match(instruction):
        return _rewrite(articles, found[1] or found[2], _lines(found["words"]))
    if found := _PARAGRAPH.match(instruction):
        key = _key(found[1])
        number = numerals.parse(found["paragraph"])
        parts = paragraphs(articles[key].text) if key in articles else []
        if number is None or not 0 < number <= len(parts):
            return False
        parts[number - 1] = "\n".join(_lines(found["words"]))
        return _rewrite(articles, found[1], parts)
    if found := _INSERTED.match(instruction):
        before, key = _key(found[1]), _key(found["new"])
        if before not in articles or key is None:
            return False
        written = numerals.article_number(key[0], key[1] or None)
        text = "\n".join(_lines(found["words"]))
        articles[key] = Article(key[0], key[1] or None, written, articles[before].chapter, text)
        return True
    return False


def _key(number: str) -> tuple[int, int] | None:
    parsed = statute.parse_number(number)
    return (parsed[0], parsed[1] or 0) if parsed else None


def _rewrite(articles: dict[tuple[int, int], Article], number: str, lines: Sequence[str]) -> bool:
    key = _key(number)
    if key not in articles:
        return False
    articles[key] = replace(articles[key], text="\n".join(lines))
    return True


def _lines(words: str) -> list[str]:
    """Each paragraph of a quotation opens with its own mark."""
    return [line.lstrip('“"').strip() for line in words.splitlines() if line.strip()]
