"""Answer a question: retrieve as of its date, generate, check every citation, mark what failed."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision
from ecmiip.mipld.verify import Citation
from ecmiip.models import prompt
from ecmiip.models.endpoint import Endpoint

Task = Literal["doctrine", "conduct", "case", "document"]

MAX_TOKENS = 320
SHOWN = 3

DISCLAIMER = "以上由模型生成，引用已与数据库逐条核对，仍不能代替律师意见。"

# Words that tell what kind of work a question asks for, the most telling first.
_CUES: tuple[tuple[Task, re.Pattern[str]], ...] = (
    (
        "document",
        re.compile("起草|撰写|拟写|代写|写一[份封段]|文书|起诉状|答辩状|申请书|律师函|警告函"),
    ),
    ("case", re.compile("案情|本案|某案|原告|被告|上诉人|判决|裁定|争议焦点|查明")),
    (
        "conduct",
        re.compile("是否(?:构成|侵|违|属于)|如何定性|行为(?:的)?性质|算不算|侵权吗|违法吗"),
    ),
)

_STATUS_MARKS = {
    "not_yet_in_force": "尚未施行",
    "superseded": "已被修改，非该日有效文本",
    "repealed": "已废止",
    "no_such_article": "查无此条",
    "unverified": "未能核实",
}


@dataclass(frozen=True)
class Answer:
    """What was asked, what was read for it, what the model wrote, and what the check found."""

    question: str
    task: Task
    as_of: date
    read: tuple[Provision, ...]
    raw: str
    citations: tuple[Citation, ...]
    seconds: float

    @property
    def text(self) -> str:
        """The answer to show: the model's words, every citation that failed marked in place."""
        return mark(self.raw, self.citations)

    @property
    def verified(self) -> tuple[Citation, ...]:
        """The citations that exist, are in force on the date, and are quoted as they read."""
        return tuple(citation for citation in self.citations if is_good(citation))


def answer(
    question: str,
    *,
    db: Mipld,
    endpoint: Endpoint,
    as_of: date,
    task: Task | None = None,
    max_tokens: int = MAX_TOKENS,
) -> Answer:
    """Answer ``question`` by the law of ``as_of``; ``task`` is detected when not given."""
    kind = task or detect_task(question)
    read = [hit.provision for hit in db.search(question, as_of=as_of, limit=SHOWN)]
    messages = prompt.ask(kind, question, as_of, [provision.quote() for provision in read])
    reply = endpoint.chat(messages, max_tokens=max_tokens)
    raw = without_loops(reply.text)
    citations = tuple(db.cite(raw, as_of=as_of))
    return Answer(question, kind, as_of, tuple(read), raw, citations, reply.seconds)


def as_json(given: Answer) -> dict[str, Any]:
    """An answer as plain values, for ``ask --json`` and reports."""
    return {
        "question": given.question,
        "task": given.task,
        "as_of": given.as_of.isoformat(),
        "text": given.text,
        "raw": given.raw,
        "citations": [
            citation.to_json() | {"good": is_good(citation), "complaint": complaint(citation)}
            for citation in given.citations
        ],
        "read": [
            {"address": provision.address, "quote": provision.quote()} for provision in given.read
        ],
        "seconds": round(given.seconds, 1),
    }


def as_text(given: Answer) -> str:
    """An answer to read in a terminal: the text, then each citation with its verdict."""
    lines = [given.text, ""]
    for citation in given.citations:
        verdict = "✓ 有效" if is_good(citation) else f"✗ {complaint(citation)}"
        lines.append(f"{verdict}  {citation.text}")
    if not given.citations:
        lines.append("✗ 未引用任何法条，请勿依赖")
    lines += ["", f"{prompt.TASKS[given.task]} · 法律日期 {given.as_of} · {DISCLAIMER}"]
    return "\n".join(lines)


def detect_task(question: str) -> Task:
    """The task that the question's words point to; doctrine where none does."""
    return next((task for task, cue in _CUES if cue.search(question)), "doctrine")


def is_good(citation: Citation) -> bool:
    """Whether a citation may be shown as verified."""
    return citation.status == "in_force" and citation.quote != "differs"


def complaint(citation: Citation) -> str:
    """What is wrong with a citation, in Chinese, for the reader; "" when it is good."""
    if citation.status == "in_force":
        return "引文与原文不符" if citation.quote == "differs" else ""
    said = _STATUS_MARKS[citation.status]
    if citation.status == "not_yet_in_force" and citation.effective_from:
        said += f"，{citation.effective_from}起施行"
    if citation.replaced_by:
        said += f"，现见{citation.replaced_by}"
    return said


def mark(text: str, citations: Sequence[Citation]) -> str:
    """``text`` with 〔…〕 put behind every citation that is not good."""
    for citation in sorted(citations, key=lambda cited: cited.end, reverse=True):
        if not is_good(citation):
            text = f"{text[: citation.end]}〔{complaint(citation)}〕{text[citation.end :]}"
    return text


def without_loops(text: str) -> str:
    """``text`` cut where it starts to go round in circles, as small models do.

    That is where a sentence is said again, or a clause for the third time: the law itself repeats
    clauses, from one item of a list to the next, but hardly so often.
    """
    text = _cut(text, ends="，。；\n", length=8, times=3)
    return _cut(text, ends="。；\n", length=6, times=2).strip()


def _cut(text: str, *, ends: str, length: int, times: int) -> str:
    """``text`` up to the unit that is said for the ``times``-th time.

    A unit is closed by one of ``ends``; one of fewer than ``length`` characters does not count.
    """
    seen: Counter[str] = Counter()
    for unit in re.finditer(f"[^{ends}]+[{ends}]*", text):
        bare = re.sub(r"^\W*(?:\d+|[一二三四五六七八九十]+)?\W*", "", unit[0]).strip(ends + " ")
        seen[bare] += 1
        if len(bare) >= length and seen[bare] == times:
            return text[: unit.start()]
    return text
