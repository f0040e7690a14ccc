"""The letters of a choice answer, read from whatever the model wrote."""

import json
import re
from collections.abc import Collection

# Some servers leave out the opening tag, and a reply that was cut off has no closing one.
_THINKING = re.compile(r"\A.*</think>|<think>.*", re.S)
_FENCED = re.compile(r"\A```(?:json)?\s*(\{.*?\})\s*```", re.S)
# One letter, or several in a row; a letter inside a Latin word is none.
_RUN = r"(?<![A-Za-z]){letter}(?:(?:[、,，;；和及与\s]|and)*{letter})*(?![A-Za-z])"
# Words that announce the answer; 选项 alone does not, since reasons go through the options. What a
# model says last is what it holds to.
_ANNOUNCED = (
    r"(?:答案|结论|(?:正确|最终)的?选项)[\s*】\]]*(?:应当|应该|应)?\s*(?:是|为|选)?\s*[:：]?"
    r"|(?<![不非])(?:故|因此|所以|应当|应该|应|本题|综上)[，,]?\s*选择?"
    r"|(?i:answers?\s*(?:is|are)?\s*:?)"
)
_OPENING = r"[\s*【\[（(“\":：]*"
# One line per option, each called right or not.
_LINE = re.compile(r"([A-Z])\s*[：:.、]\s*(?P<right>对|正确|是|√|✓)?")


def read(text: str, options: Collection[str]) -> str:
    """The letters chosen in ``text`` out of ``options``, sorted; "" where there are none.

    JSON ``{"answer": …}`` is read as such, and so is one line for each option that says 对 or
    not. Else the last letters that words such as 答案 announce count, then those that the text
    begins with, then the first that stand by themselves.
    """
    told = _FENCED.sub(r"\1", _THINKING.sub("", text).strip())
    for form in (_from_json, _from_lines):
        found = form(told, options)
        if found is not None:
            return found
    letter = f"[{''.join(options)}]"
    run = _RUN.format(letter=letter)
    begun = re.match(_OPENING + run, told)
    announced = re.findall(f"(?:{_ANNOUNCED}){_OPENING}({run})", told)
    chosen = announced[-1] if announced else begun[0] if begun else ""
    if not chosen and (alone := re.search(run, told)):
        chosen = alone[0]
    return _sorted(chosen, options)


def _from_json(text: str, options: Collection[str]) -> str | None:
    """The letters of a JSON reply; None if ``text`` is no such reply."""
    if not text.startswith("{"):
        return None
    try:
        answer = json.loads(text)["answer"]
    except (ValueError, KeyError, TypeError):
        return None
    return _sorted("".join(map(str, answer)) if isinstance(answer, list) else str(answer), options)


def _from_lines(text: str, options: Collection[str]) -> str | None:
    """The options called right, where each has its own line; None for any other text."""
    lines = [_LINE.match(line) for line in text.splitlines()]
    if [line[1] if line else "" for line in lines] != list(options):
        return None
    return "".join(line[1] for line in lines if line and line["right"])


def _sorted(chosen: str, options: Collection[str]) -> str:
    return "".join(sorted(set(chosen) & set(options)))
