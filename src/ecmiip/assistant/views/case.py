"""The case view: parties, issues, rule, application, conclusion, and guiding cases like it.

Whatever the table says rests on a sentence of the document, which is shown with it; a party whose
name does not stand in the document is dropped.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from ecmiip.assistant import material
from ecmiip.assistant.marks import complaint, is_good
from ecmiip.assistant.views import filling
from ecmiip.mipld.database import Mipld
from ecmiip.models.chat import Message
from ecmiip.models.endpoint import Endpoint

PARTS = {
    "issues": "争议焦点",
    "rule": "适用的规则",
    "application": "规则在本案的适用",
    "conclusion": "结论",
}
SIMILAR = 3
_MOST_PARTIES = 6
_MOST_POINTS = 3
_LONGEST_POINT = 60
_MAX_TOKENS = 420

_ROLES = (
    *("被上诉人", "上诉人", "再审申请人", "被申请人", "申请人", "原告", "被告人", "被告"),
    *("第三人", "自诉人", "公诉机关", "异议人", "请求人"),
)
_ROLE = "|".join(_ROLES)
# 原告：甲公司 — or 原告甲公司 before a comma, if the name is that of an organisation or 某.
_PARTY = re.compile(
    rf"(?P<role>{_ROLE})(?:[（(][^（）()]{{1,20}}[）)])?"
    r"(?:\s*[:：]\s*(?P<named>[\u4e00-\u9fffA-Za-z0-9（）()·]{2,30})"
    r"|(?P<told>[\u4e00-\u9fffA-Za-z0-9（）()·]{0,24}?(?:公司|厂|店|中心|集团|研究所|研究院|大学|合作社|局|行"
    r"|某[甲乙丙丁某]?)))(?=[，,。；;、\s]|诉|与|系|是|住|$)"
)


def table(
    document: str,
    *,
    db: Mipld,
    endpoint: Endpoint,
    as_of: date,
    direction: str | None,
    asked: Sequence[Message],
    said: str,
) -> dict[str, Any]:
    """The analysis of ``document``; ``asked`` and ``said`` are the chat so far.

    Gives {kind, parties: [{role, name}], issues, rule, application, conclusion: [{text, source}],
    citations: [those of the document, judged], similar: [{id, title, number, court, holding}]}.
    """
    every = material.sentences(document)
    sentences = [every[number] for number in material.select(every, "争议焦点 本院认为 判决如下")]
    filled = filling.fill(
        endpoint, asked, said, _request(sentences), _schema(len(sentences)), _MAX_TOKENS
    )
    filled = filled if isinstance(filled, dict) else {}
    points = {
        part: _points(filled.get(part), sentences) or _by_formula(part, every) for part in PARTS
    }
    told = " ".join(point["text"] for point in points["issues"]) or document[:300]
    return {
        "kind": "case",
        "parties": _parties(document, filled.get("parties")),
        **points,
        "citations": [
            cited.to_json() | {"good": is_good(cited), "complaint": complaint(cited)}
            for cited in db.cite(document, as_of=as_of)
        ],
        "similar": list(similar(db, told, direction)),
    }


def similar(db: Mipld, told: str, direction: str | None) -> Iterator[dict[str, Any]]:
    """Decided cases of MIPLD on the same matter, best first."""
    directions = (direction,) if direction else ()
    for case, _ in db.search_cases(told, directions=directions, limit=SIMILAR):
        yield {
            "id": case.id,
            "title": case.title,
            "number": case.number,
            "court": case.court,
            "holding": case.holding,
        }


def _request(sentences: Sequence[str]) -> str:
    parts = "、".join(f"{part}（{name}）" for part, name in PARTS.items())
    return (
        f"材料逐句：\n{filling.numbered(sentences)}\n"
        f"列出当事人（parties，名称照抄），以及{parts}。每一点写一句话，并给出它所依据的那句的编号；"
        "材料没有写的不列。"
    )


def _schema(count: int) -> dict[str, Any]:
    point = {
        "type": "object",
        "properties": {
            "source": {"enum": list(range(1, count + 1)) or [0]},
            "text": {"type": "string", "maxLength": _LONGEST_POINT},
        },
        "required": ["source", "text"],
        "additionalProperties": False,
    }
    party = {
        "type": "object",
        "properties": {
            "role": {"enum": _ROLES},
            "name": {"type": "string", "maxLength": 30},
        },
        "required": ["role", "name"],
        "additionalProperties": False,
    }
    lists = {part: {"type": "array", "items": point, "maxItems": _MOST_POINTS} for part in PARTS}
    return {
        "type": "object",
        "properties": {
            "parties": {"type": "array", "items": party, "maxItems": _MOST_PARTIES},
            **lists,
        },
        "required": ["parties", *PARTS],
        "additionalProperties": False,
    }


def _points(value: Any, sentences: Sequence[str]) -> list[dict[str, str]]:
    """The model's points that rest on a sentence: they speak of what it speaks of."""
    found = []
    for point in value if isinstance(value, list) else []:
        source = filling.choice(point, "source", sentences)
        text = point.get("text") if isinstance(point, dict) else None
        if source and isinstance(text, str) and text.strip():
            kept = text.strip() if _shares_words(text, source) else source
            found.append({"text": kept, "source": source})
    return found[:_MOST_POINTS]


def _shares_words(text: str, source: str) -> bool:
    """Whether half of the pairs of characters in ``text`` stand in ``source``: it says the same."""
    bare = re.sub(r"\W", "", text)
    pairs = {bare[i : i + 2] for i in range(len(bare) - 1)}
    return bool(pairs) and sum(pair in source for pair in pairs) >= len(pairs) / 2


# The sentences that judgments write in fixed words: the first pattern that finds any is taken.
_FORMULAS = {
    "issues": ("争议焦点", "焦点(?:在于|是|为)", "请求判令|诉讼请求"),
    "rule": (
        "(?:依照|根据|依据|按照)[^。]{0,30}第[一二三四五六七八九十百零0-9]+条",
        "第[一二三四五六七八九十百零]+条",
    ),
    "application": ("本院认为|法院认为", "本案中"),
    "conclusion": ("判决如下|裁定如下|判决[:：]", "判令|驳回|维持|撤销", "综上"),
}
_ORDERS = re.compile(r"^[一二三四五六七八九十][、.]")
_PLEADED = re.compile("诉称|辩称|请求判令|诉讼请求|上诉称")


def _by_formula(part: str, sentences: Sequence[str]) -> list[dict[str, str]]:
    """What a judgment says in its fixed words, where the model found nothing."""
    for pattern in _FORMULAS[part]:
        found = [
            number
            for number, sentence in enumerate(sentences)
            if re.search(pattern, sentence) and (part == "issues" or not _PLEADED.search(sentence))
        ]
        if found:
            break
    else:
        return []
    if part == "conclusion":
        # The orders of a judgment follow its formula, numbered.
        last = found[-1] + 1
        while last < len(sentences) and _ORDERS.match(sentences[last]):
            found.append(last)
            last += 1
    return [
        {"text": sentences[number], "source": sentences[number]} for number in found[:_MOST_POINTS]
    ]


def _parties(document: str, value: Any) -> list[dict[str, str]]:
    """Who is named with a role in the document, then whom the model found in it besides."""
    found: dict[str, str] = {}
    for hit in _PARTY.finditer(document):
        found.setdefault(hit["named"] or hit["told"], hit["role"])
    for party in value if isinstance(value, list) else []:
        name, role = (party.get("name"), party.get("role")) if isinstance(party, dict) else ("", "")
        there = isinstance(name, str) and len(name) > 1 and name in document and role in _ROLES
        # 澜月公司 for 杭州澜月化妆品有限公司 is the same party.
        if there and not any(name in known or known in name for known in found):
            found[name] = str(role)
    return [{"role": role, "name": name} for name, role in found.items()][:_MOST_PARTIES]
