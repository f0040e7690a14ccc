"""Judgments as JSON lines with the usual fields, in Chinese or English."""

import hashlib
import json
import re
from datetime import date
from typing import Any

from ecmiip.mipld import statute
from ecmiip.mipld.document import CaseText

_FIELDS = {
    "title": ("案件名称", "标题", "案名", "title", "case_name"),
    "number": ("案号", "number", "case_number", "case_no"),
    "court": ("法院", "审理法院", "法院名称", "court"),
    "decided_on": ("裁判日期", "判决日期", "审结日期", "date", "decided_on", "judgment_date"),
    "cause": ("案由", "cause", "cause_of_action"),
    "facts": ("事实", "案件事实", "基本案情", "查明事实", "facts", "fact"),
    "issues": ("争议焦点", "争点", "焦点", "issues"),
    "holding": ("裁判要点", "裁判要旨", "裁判规则", "holding", "gist"),
    "reasoning": ("理由", "裁判理由", "本院认为", "说理", "reasoning", "reasons"),
    "result": ("主文", "判决主文", "判决结果", "裁判结果", "result", "judgment"),
    "statutes": ("法律依据", "相关法条", "引用法条", "适用法律", "statutes", "related_laws"),
    "keywords": ("关键词", "keywords"),
}
# Any of these makes a JSON object a judgment.
_TELLING = {"number", "facts", "result", "reasoning"}


def is_judgment(value: Any) -> bool:
    """Whether a JSON value has at least two of the fields that make a judgment."""
    if not isinstance(value, dict):
        return False
    present = {name for name, keys in _FIELDS.items() if any(value.get(key) for key in keys)}
    return len(present & _TELLING) >= 2


def parse(value: dict[str, Any], source: str, path: str) -> CaseText:
    """One judgment. Raises ValueError for a day of decision that does not exist."""
    parts = {name: _text(_first(value, keys)) for name, keys in _FIELDS.items()}
    number = parts["number"].replace("(", "（").replace(")", "）")
    line = json.dumps(value, ensure_ascii=False, sort_keys=True)
    keywords = _first(value, _FIELDS["keywords"])
    words = (
        keywords if isinstance(keywords, list) else re.split(r"[,，、;；\s]+", parts["keywords"])
    )
    return CaseText(
        title=parts["title"] or parts["cause"] or number,
        source=source,
        path=path,
        digest=hashlib.sha256(line.encode()).hexdigest(),
        number=number,
        court=parts["court"],
        decided_on=_day(parts["decided_on"]),
        cause=parts["cause"],
        keywords=tuple(str(word) for word in words if word),
        facts=parts["facts"],
        issues=parts["issues"],
        holding=parts["holding"],
        reasoning=parts["reasoning"],
        result=parts["result"],
        statutes=parts["statutes"],
        authority="judgment",
    )


def _first(value: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((value[key] for key in keys if value.get(key)), "")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_text(part) for part in value)
    lines = (statute.tidy(line) for line in str(value).splitlines())
    return "\n".join(line for line in lines if line)


def _day(text: str) -> date | None:
    if not text:
        return None
    plain = re.search(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", text)
    if plain:
        return date(int(plain[1]), int(plain[2]), int(plain[3]))
    days = statute.dates(text)
    if not days:
        raise ValueError(f"no such day: {text[:40]}")
    return days[0]
