"""Pairs from lawyer-llama (Apache-2.0): its IP part, each answer held against the law of today.

The answers were written by models and experts in 2023, before several laws were renumbered. What
cites nothing, cites law that is gone, or cites an article whose words have nothing to do with
the sentence, is left out with that reason; where MIPLD knows the article's new number, it is put.

That leaves next to nothing. Questions that are sound were therefore answered anew, in
``data/imported.toml``: it names a record and holds our answer; the question is read upstream.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ecmiip.config import Config, read_toml
from ecmiip.errors import UserError
from ecmiip.files import shared, shipped
from ecmiip.instruct.pair import Pair, Task
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision
from ecmiip.mipld.taxonomy import text_directions
from ecmiip.mipld.verify import Citation

# An old article that continues in a new one with less than this may be another rule there.
_SAME = 0.8
# The share of a sentence's character bigrams that the article it cites must have.
_ALIKE = 0.2
_IP = re.compile(
    r"专利|商标|著作权|版权|知识产权|商业秘密|不正当竞争|植物新品种|布图设计|地理标志|侵权复制品"
    r"|技术(?:合同|开发|转让|许可|秘密)|域名|盗版|山寨|仿冒|假冒注册"
)
_CITES_IP = re.compile(r"(?:商标|专利|著作权|反不正当竞争)法")
_NUMBERLESS = re.compile(r"第[XxＸ某×*]+条")
_FILES = (
    "fakao_gpt4.json",
    "judical_examination.json",
    "legal_advice.json",
    "legal_counsel_multi_turn_with_article_v2.json",
    "legal_counsel_with_article_v2.json",
    "zixun_gpt4.json",
)
_ASKED = re.compile(r"^Question[:：]\s*")
_ASKS_FOR_REASONING = re.compile(r"\s*请给出详细的推理过程之后再给出答案。\s*$")
_CASE = re.compile(r"[甲乙丙丁]|某(?:公司|某|人)|原告|被告")
_CONDUCT = re.compile(r"构成|侵权|违法|犯法|算不算|属于|可以吗|行为")
# So many hexadecimal digits tell one question from another.
_DIGITS = 16


class Answered(Config):
    """A record of lawyer-llama that we answer ourselves: where its question is, and our answer."""

    file: str
    number: int
    question: str  # digest() of its question, so that another one is not taken for it
    task: Task
    direction: str
    as_of: date
    answer: str
    provisions: tuple[str, ...]
    key: str = ""


class _Answers(Config):
    record: tuple[Answered, ...]


def folder() -> Path | None:
    """Where lawyer-llama lies; None if it is not there."""
    beside = shared()
    path = beside / "sources" / "lawyer-llama" / "data" if beside else None
    return path if path and path.is_dir() else None


def answers_file() -> Path:
    """The records that we answer ourselves."""
    return shipped("data/imported.toml")


def digest(question: str) -> str:
    """What a record's question is known by in :func:`answers_file`."""
    return hashlib.sha256(question.encode()).hexdigest()[:_DIGITS]


def imported(
    db: Mipld, as_of: date, source: Path, answers: Path | None = None
) -> Iterator[tuple[Pair, list[str]]]:
    """Each IP pair of ``source`` with the reasons to leave it out (none: it may stay).

    A record of ``answers`` (:func:`answers_file` by default) has the day and answer given there.
    """
    listed = read_toml(answers or answers_file(), _Answers).record
    answered = {(record.file, record.number): record for record in listed}
    for name in _FILES:
        path = source / name
        if not path.is_file():
            continue
        for number, (question, answer) in enumerate(_records(path), 1):
            pair_id = f"imported/lawyer-llama/{path.stem}/{number}"
            if record := answered.get((name, number)):
                yield _answered(pair_id, question, record)
            elif _IP.search(question) or _CITES_IP.search(answer):
                yield _pair(pair_id, question, answer, db, as_of)


def _answered(name: str, question: str, record: Answered) -> tuple[Pair, list[str]]:
    pair = Pair(
        id=name,
        question=question,
        origin="imported",
        **record.model_dump(exclude={"file", "number", "question"}),
    )
    same = digest(question) == record.question
    return pair, [] if same else ["its question is not the one that was answered"]


def _records(path: Path) -> Iterator[tuple[str, str]]:
    """(question, answer) of each record, whichever of its layouts the file has."""
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UserError(f"{path}: not JSON ({error}): fetch the file again") from error
    for record in records:
        fields: dict[str, Any] = record[0] if isinstance(record, list) else record
        question = fields.get("query") or fields.get("instruction", "") + fields.get("input", "")
        answer = fields.get("response") or fields.get("output") or ""
        if not answer and fields.get("history"):
            answer = re.sub(r"^\[律师\]\s*", "", fields["history"][0])
        question = _ASKED.sub("", _ASKS_FOR_REASONING.sub("", question).strip())
        yield question, answer.strip()


def _pair(name: str, question: str, answer: str, db: Mipld, as_of: date) -> tuple[Pair, list[str]]:
    redated, reasons = _redate(answer, db, as_of)
    rests_on: dict[str, Provision] = {}
    for citation in db.cite(redated, as_of=as_of):
        provision = db.at(citation.address) if citation.address else None
        if provision is None or citation.status != "in_force":
            reasons.append(f"cites {citation.text}, which is {citation.status} on {as_of}")
        elif not _speaks_of(redated, citation, provision):
            reasons.append(f"cites {citation.text} for what it does not say")
        else:
            rests_on[provision.address] = provision
    if _NUMBERLESS.search(answer):
        reasons.append("cites an article without its number")
    elif not rests_on and not reasons:
        reasons.append("cites no provision")
    directions = list(text_directions(question)) or list(text_directions(answer))
    if not directions:
        reasons.append("belongs to no direction")
    pair = Pair(
        id=name,
        task=_task(question),
        direction=directions[0] if directions else "",
        as_of=as_of,
        question=question,
        answer=redated,
        provisions=tuple(rests_on),
        origin="imported",
        licence="Apache-2.0",
    )
    return pair, list(dict.fromkeys(reasons))


def _redate(answer: str, db: Mipld, as_of: date) -> tuple[str, list[str]]:
    """``answer`` with the numbers of articles that were moved, and why that failed for others."""
    reasons = []
    for citation in reversed(db.cite(answer, as_of=as_of)):
        if citation.status != "superseded" or not citation.address:
            continue
        old = db.at(citation.address)
        continued = [c for c in db.continued_by(citation.address) if c[1] >= _SAME]
        new = db.at(continued[0][0]) if continued else None
        if old is None or new is None or not new.in_force(as_of) or old.number not in citation.text:
            reasons.append(f"cites {citation.text}, which was changed")
            continue
        renumbered = citation.text.replace(old.number, new.number)
        answer = answer[: citation.start] + renumbered + answer[citation.end :]
    return answer, reasons


def _speaks_of(answer: str, citation: Citation, provision: Provision) -> bool:
    """Whether the sentence of the citation, or the next, has enough of the provision's words."""
    start = max(answer.rfind(mark, 0, citation.start) for mark in "。\n") + 1
    rest = re.match(r"[^。\n]*。?\s*[^。\n]*", answer[citation.end :])
    words = answer[start : citation.start] + (rest[0] if rest else "")
    pairs = {words[i : i + 2] for i in range(len(words) - 1)}
    return bool(pairs) and sum(pair in provision.text for pair in pairs) >= _ALIKE * len(pairs)


def _task(question: str) -> Task:
    if _CASE.search(question) and len(question) > 60:
        return "case"
    return "conduct" if _CONDUCT.search(question) else "doctrine"
