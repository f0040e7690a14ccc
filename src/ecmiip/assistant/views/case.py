"""The case view: parties, issues, rule, application, conclusion, and guiding cases like it.

What the table says are sentences of the document itself, found by the fixed words of judgments or
chosen by the model; a party whose name does not stand in the document is dropped.
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
_LONGEST_NAME = 20
_MAX_TOKENS = 280

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
    citations: [those of the document, judged], similar: [{id, title, number, court,
    holding}]}.
    """
    every = material.sentences(document)
    # The fixed words of a judgment are surer than a small model; it is asked for what they leave.
    points = {part: _by_formula(part, every) for part in PARTS}
    parties = _parties(document, None)
    if not parties or not all(points.values()):
        chosen = material.select(every, "争议焦点 本院认为 判决如下")
        sentences = [every[number] for number in chosen]
        filled = filling.fill(
            endpoint, asked, said, _request(sentences), _schema(len(sentences)), _MAX_TOKENS
        )
        filled = filled if isinstance(filled, dict) else {}
        points = {
            part: found or _points(part, filled.get(part), sentences)
            for part, found in points.items()
        }
        parties = _parties(document, filled.get("parties"))
    told = " ".join(points["issues"]) or document[:300]
    return {
        "kind": "case",
        "parties": parties,
        **{part: [{"text": s, "source": s} for s in said] for part, said in points.items()},
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
        f"对{parts}，各给出说明它的句子的编号，没有的不给；再列出当事人（parties），名称照抄。"
    )


def _schema(count: int) -> dict[str, Any]:
    # Numbers first: they are short, and names that run on must not cost the rest.
    numbers = {
        "type": "array",
        "items": {"enum": list(range(1, count + 1)) or [0]},
        "maxItems": _MOST_POINTS,
    }
    party = {
        "type": "object",
        "properties": {
            "role": {"enum": list(_ROLES)},
            "name": {"type": "string", "maxLength": _LONGEST_NAME},
        },
        "required": ["role", "name"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            **dict.fromkeys(PARTS, numbers),
            "parties": {"type": "array", "items": party, "maxItems": _MOST_PARTIES},
        },
        "required": [*PARTS, "parties"],
        "additionalProperties": False,
    }


def _points(part: str, value: Any, sentences: Sequence[str]) -> list[str]:
    """The sentences that the model chose for a part, those of them that its formulas allow."""
    chosen = [
        filling.sentence(number, sentences) for number in (value if isinstance(value, list) else [])
    ]
    allowed = [said for said in chosen if said and re.search(_ALLOWED[part], said)]
    return list(dict.fromkeys(allowed))[:_MOST_POINTS]


# A sentence chosen for a part must speak of such things; a small model often does not care.
_ALLOWED = {
    "issues": "焦点|是否|争议|能否|如何|应否|请求",
    "rule": "第[一二三四五六七八九十百零0-9]+条|《|规定|应当|不得",
    "application": "认为|本案|构成|属于|符合|违反|成立|混淆|因此|故",
    "conclusion": "判决|裁定|驳回|维持|撤销|赔偿|停止|构成|成立|综上|支持",
}


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


def _by_formula(part: str, sentences: Sequence[str]) -> list[str]:
    """What a judgment says in its fixed words."""
    found: list[int] = []
    for pattern in _FORMULAS[part]:
        found = [
            number
            for number, sentence in enumerate(sentences)
            if re.search(pattern, sentence) and (part == "issues" or not _PLEADED.search(sentence))
        ]
        if found:
            break
    if found and part == "conclusion":
        # The orders of a judgment follow its formula, numbered.
        last = found[-1] + 1
        while last < len(sentences) and _ORDERS.match(sentences[last]):
            found.append(last)
            last += 1
    return [sentences[number] for number in found[:_MOST_POINTS]]


def _parties(document: str, value: Any) -> list[dict[str, str]]:
    """Who is named with a role in the document, then whom the model found in it besides."""
    found: dict[str, str] = {}
    for hit in _PARTY.finditer(document):
        found.setdefault(hit["named"] or hit["told"], hit["role"])
    for party in value if isinstance(value, list) else []:
        name, role = (
            str(party.get(key)) if isinstance(party, dict) else "" for key in ("name", "role")
        )
        there = len(name) > 1 and name in document and role in _ROLES
        # 澜月公司 for 杭州澜月化妆品有限公司 is the same party.
        if there and not any(name in known or known in name for known in found):
            found[name] = role
    return [{"role": role, "name": name} for name, role in found.items()][:_MOST_PARTIES]
