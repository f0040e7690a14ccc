"""Answers for a terminal: whole, or event by event."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecmiip.assistant.answer import Event
from ecmiip.mipld.document import DIRECTIONS
from ecmiip.models import prompt

_MET = {"met": "具备", "not_met": "不具备", "unknown": "待查"}
_PARTS = {
    "issues": "争议焦点",
    "rule": "规则",
    "application": "适用",
    "conclusion": "结论",
}


def event(told: Event) -> str:
    """What to print when ``told`` happens; "" for what a terminal need not show."""
    data = told.data
    if told.kind == "detected":
        direction = DIRECTIONS.get(data["direction"] or "", "未识别")
        return f"[{prompt.TASKS[data['task']]} · {direction} · 法律日期 {data['as_of']}]\n"
    if told.kind == "retrieved":
        return "".join(f"  {found['quote'].split('：', 1)[0]}\n" for found in data) + "\n"
    if told.kind == "text":
        return str(data["piece"])
    if told.kind == "mended":
        return f"\n\n[核对后改写]\n{data['text']}"
    return "\n\n" + "\n".join(_end(data)) + "\n"


def _end(done: Mapping[str, Any]) -> Iterator[str]:
    """What stands below an answer: verdicts, table, day, missing facts, and the warning."""
    if done["stopped"]:
        yield "[已停止]"
    yield from verdicts(done["citations"])
    if done["view"]:
        yield ""
        yield from table(done["view"])
    if done["date_note"]:
        yield f"\n日期：{done['date_note']}"
    if done["missing"]:
        yield f"\n还需要：{'；'.join(done['missing'])}"
    if done["omitted"]:
        yield f"\n材料中有 {len(done['omitted'])} 句是对模型的指示，已略去。"
    yield f"\n{done['disclaimer']}"


def verdicts(citations: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each citation with its verdict."""
    for citation in citations:
        said = "✓ 有效" if citation["good"] else f"✗ {citation['complaint']}"
        yield f"{said}  {citation['text']}"
    if not citations:
        yield "✗ 未引用任何法条，请勿依赖"


def table(view: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a task's table."""
    if view["kind"] == "conduct":
        yield f"要件（{view['name']}）"
        for row in view["rows"]:
            basis = "、".join(f"《{p['law']}》{p['number']}" for p in row["provisions"])
            yield f"  [{_MET[row['met']]}] {row['name']}｜{row['fact'] or '—'}｜{basis}"
    elif view["kind"] == "case":
        yield "当事人：" + ("、".join(f"{p['role']} {p['name']}" for p in view["parties"]) or "—")
        for part, name in _PARTS.items():
            for point in view[part]:
                yield f"{name}：{point['text']}"
        for case in view["similar"]:
            yield f"类案：{case['title']}"
    elif view["kind"] == "document":
        for form in view["forms"]:
            yield f"表单：{form['id']}  {form['title']['zh']}（ecmiip draft {form['id']} --blank）"
