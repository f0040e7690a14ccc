"""What stands behind a document for whoever checks it: the law, the deadlines, the warnings."""

from collections.abc import Iterator, Sequence
from datetime import date

from ecmiip.assistant.consistency import Finding
from ecmiip.assistant.deadlines import Deadline
from ecmiip.assistant.forms import facts
from ecmiip.assistant.forms.basis import Basis, cited, short_name
from ecmiip.assistant.forms.blocks import Block, Heading, PageBreak, Paragraph, Run, Table
from ecmiip.assistant.forms.periods import UNKNOWN_HOLIDAYS


def annexes(
    provisions: Sequence[Basis],
    computed: Sequence[Deadline],
    warnings: Sequence[Finding],
    as_of: date,
) -> Iterator[Block]:
    """The three annexes, on a page of their own; the last two only if there is anything."""
    yield PageBreak()
    yield from _law(provisions, as_of)
    if computed:
        yield from _deadlines(computed, as_of)
    if warnings:
        yield from _warnings(warnings)


def _law(provisions: Sequence[Basis], as_of: date) -> Iterator[Block]:
    yield Heading("附录一　法律依据（供核对，提交前删去）", 2)
    said = f"以下条文录自数据库，为{facts.day(as_of)}有效的文本；"
    said += "计算期限所据的为起算日的文本。方括号内为地址。"
    yield Paragraph((Run(said, "law", "small"),), "left")
    for one in provisions:
        span = f"{facts.day(one.provision.effective_from)}起施行"
        if one.provision.effective_to:
            span += f"，至{facts.day(one.provision.effective_to)}有效"
        full = one.citation.replace(short_name(one.provision.law), one.provision.law)
        where = Run(f"　[{one.address}]　{span}", "law", "small")
        yield Paragraph((Run(full, "law", "bold"), where), "left")
        for line in one.text.split("\n"):
            yield Paragraph((Run(line, "law"),))


def _deadlines(computed: Sequence[Deadline], as_of: date) -> Iterator[Block]:
    yield Heading("附录二　期限与时效（按文书所载日期计算，提交前删去）", 2)
    rows = []
    for one in computed:
        due = facts.day(one.due) if one.due else "—"
        due += f"（{rest}）" if (rest := one.rest()) else ""
        if one.due and one.sense == "before":
            due = f"至{due}止的七日内"
        start = f"{one.start_label}：{facts.day(one.start)}" if one.start else one.start_label
        about = [*one.notes, *([f"存疑：{one.doubt}"] if one.doubt else [])]
        cells = (
            one.title,
            start or "—",
            f"{due}\n{one.status(as_of)}",
            cited(one.basis),
            "\n".join(about),
        )
        rows.append(tuple(tuple((Run(t, "computed"),) for t in text.split("\n")) for text in cells))
    header = ("期限", "起算", "届满与状态", "依据", "说明")
    yield Table(tuple(rows), (3, 3, 3, 3, 4), header)
    said = f"开始的当日不计入；末日为休息日的顺延。{UNKNOWN_HOLIDAYS}。"
    yield Paragraph((Run(said, "computed", "small"),), "left")


def _warnings(warnings: Sequence[Finding]) -> Iterator[Block]:
    yield Heading("附录三　核对提示（供起草人，提交前删去）", 2)
    for number, one in enumerate(warnings, 1):
        rest = (Run(f"（{cited(one.basis)}）", "law", "small"),) if one.basis else ()
        yield Paragraph((Run(f"{number}. {one.text}", "computed"), *rest), "left")
