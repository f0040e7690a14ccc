"""A file of facts to fill in: every key of a form, what it is, and why it is asked for."""

from collections.abc import Iterator

from ecmiip.assistant.forms.basis import written
from ecmiip.assistant.forms.facts import field_name, party_fields, required_fields
from ecmiip.assistant.forms.model import Element, Form


def blank(form: Form) -> str:
    """TOML that reads as facts of which all are missing. Tables come last, as TOML wants it."""
    lines = [
        f"# {form.zh} / {form.en}",
        "# 必填项缺了会列在文书之首；不填的项留空即可。日期写作 2026-11-22，金额以元计、写作数字。",
        f'form = "{form.id}"',
        "",
    ]
    simple = [e for e in form.elements if e.kind not in ("party", "table")]
    for element in simple:
        lines += [*_about(element), f"{element.id} = {_empty(element)}", ""]
    for element in form.elements:
        if element.kind in ("party", "table"):
            lines += [*_about(element), f"[[{element.id}]]", *_fields(element), ""]
    return "\n".join(lines).rstrip() + "\n"


def _about(element: Element) -> Iterator[str]:
    need = "必填" if element.required else "选填"
    if element.when:
        need += f"（{element.when} 时）"
    yield f"# {element.zh} / {element.en} · {need}"
    if element.basis:
        yield f"#   依据：{'、'.join(written(spec) for spec in element.basis)}"
    if element.hint:
        yield f"#   {element.hint}"
    if element.choices:
        many = "可多选" if element.many else "选一"
        yield f"#   {many}：{'；'.join(f'{c.id} = {c.zh}' for c in element.choices)}"
    if element.kind == "date":
        yield "#   日期"
    if element.kind == "money":
        yield "#   金额（元）"


def _empty(element: Element) -> str:
    return "[]" if element.kind == "list" or element.many else '""'


def _fields(element: Element) -> Iterator[str]:
    if element.kind == "table":
        for column in element.columns:
            need = "（必填）" if column.required else ""
            kind = {"text": "", "date": "，日期", "money": "，金额（元）"}[column.kind]
            yield f'{column.id} = ""  # {column.zh}{need}{kind}'
        return
    kinds = {"agent": ("person",), "agency": ("company",)}.get(
        element.profile, ("company", "person")
    )
    yield f'kind = "{kinds[0]}"' + ("  # company 或者 person" if len(kinds) > 1 else "")
    for kind in kinds:
        required = required_fields(element.profile, kind)
        shared = party_fields(element.profile, kinds[0])
        for field in party_fields(element.profile, kind):
            if kind == kinds[0] or field not in shared:
                need = "（必填）" if field in required else ""
                said = f"{field_name(field, kind)}{need}"
                whose = f"（{kind}）" if kind != kinds[0] else ""
                yield f'{field} = ""  # {said}{whose}'
