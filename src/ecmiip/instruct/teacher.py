"""Pairs written by a teacher: any endpoint, shown the provisions, answering by a JSON schema.

A teacher invents law as any model does. It is shown the provisions it may rest on, names the
ones it used by number, and what it writes passes the same checks as everything else.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from tqdm import tqdm

from ecmiip.errors import UserError
from ecmiip.files import home, read_jsonl, write_jsonl
from ecmiip.instruct.check import faults
from ecmiip.instruct.derive.rule import main_direction
from ecmiip.instruct.pair import Pair, Task, read_built
from ecmiip.instruct.replies import Replies, key
from ecmiip.instruct.split import is_heldout
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision
from ecmiip.models.chat import Message
from ecmiip.models.endpoint import Endpoint, Reply, Unavailable
from ecmiip.models.prompt import TASKS, shorten

MAX_TOKENS = 600
# A teacher that varies writes more than one kind of question; a retry must differ from the first.
_TEMPERATURE, _RETRY_TEMPERATURE = 0.7, 1.0
_ATTEMPTS = 5
_SHOWN = 3
_WHAT: dict[Task, str] = {
    "doctrine": "一个学理问题：概念、要件、区别、期限或者立法理由，不要只问条文内容",
    "conduct": "一段简短事实（用甲公司、乙公司等称呼），问行为的性质、要件、抗辩和所缺的证据",
    "case": "一段案情和争议，回答按争议、规则、适用、结论展开，并说明什么事实会改变结论",
    "document": "一项文书任务（起诉状、答辩状、警告函、申请书、合同条款等），回答写出关键段落",
}
_SYSTEM = (
    "你是知识产权法教师，为法律模型编写一个中文训练样本。只依据所给法条，不得引用其他条文，不得编造条号；"
    "引用时写明法律全称和条号，原文照录并放在“”内。问题不得出现条号。"
    "语言准确、具体，没有套话。按要求的 JSON 输出。"
)


class Lesson(BaseModel):
    """What the teacher must return.

    Lengths are left to the checks: llama.cpp turns them into grammars that take minutes a reply.
    """

    model_config = ConfigDict(extra="forbid")

    question: str
    reasoning: str
    answer: str
    provisions: list[int]  # the numbers of those that were used


@dataclass(frozen=True)
class Assignment:
    """One pair to be written: a task, a day, and the provisions that may be used."""

    name: str
    task: Task
    as_of: date
    provisions: tuple[Provision, ...]

    def messages(self) -> list[Message]:
        """The chat that asks for it."""
        shown = "\n".join(
            f"[{number}] {shorten(provision.quote())}"
            for number, provision in enumerate(self.provisions, 1)
        )
        asked = (
            f"日期：{self.as_of}\n法条：\n{shown}\n任务：{TASKS[self.task]}。请写{_WHAT[self.task]}。\n"
            "JSON 字段：question（问题）、reasoning（推理，可为空）、answer（回答）、"
            "provisions（用到的法条编号）。"
        )
        return [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": asked}]


@dataclass(frozen=True)
class Taught:
    """What came of the assignments: pairs that passed, and those left out with reasons."""

    pairs: tuple[Pair, ...]
    dropped: tuple[dict[str, Any], ...]
    asked: int  # requests sent now; the others were in the cache
    missing: int = 0  # assignments without a reply, where none were to be sent


def assign(db: Mipld, provisions: Sequence[Provision], as_of: date, count: int) -> list[Assignment]:
    """``count`` assignments drawn from ``provisions``, tasks in turn; the same input, the same.

    Beside the provision drawn stand those that the search finds for it, none of them held out.
    """
    usable = [provision for provision in provisions if not is_heldout(provision.address)]
    chosen = random.Random("teacher").sample(usable, min(count, len(usable)))
    made = []
    for number, provision in enumerate(chosen):
        hits = db.search(provision.text[:120], as_of=as_of, limit=_SHOWN + 2)
        others = [
            hit.provision
            for hit in hits
            if hit.provision.address != provision.address and not is_heldout(hit.provision.address)
        ]
        task = tuple(_WHAT)[number % len(_WHAT)]
        shown = (provision, *others[: _SHOWN - 1])
        made.append(Assignment(f"teacher/{task}/{provision.address}", task, as_of, shown))
    return made


def request(assignment: Assignment, endpoint: Endpoint, temperature: float) -> dict[str, Any]:
    """The body of the chat API that puts ``assignment`` to ``endpoint``."""
    return endpoint.body(
        assignment.messages(), MAX_TOKENS, temperature, schema=Lesson.model_json_schema()
    )


def teach(
    assignments: Sequence[Assignment],
    endpoint: Endpoint,
    db: Mipld,
    cache: Replies,
    *,
    ask: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> Taught:
    """Let ``endpoint`` write the pairs. An interrupted run goes on from ``cache``.

    Without ``ask`` nothing is sent: what ``cache`` does not hold is missing.
    """
    pairs: list[Pair] = []
    dropped: list[dict[str, Any]] = []
    asked = missing = 0
    for assignment in tqdm(assignments, desc="teacher", unit=""):
        reasons: list[str] = []
        for temperature in (_TEMPERATURE, _RETRY_TEMPERATURE):
            body = request(assignment, endpoint, temperature)
            reply = cache.get(body)
            if reply is None:
                if not ask:
                    continue
                reply = _patient(assignment, endpoint, temperature, sleep)
                cache.put(body, reply)
                asked += 1
            pair, reasons = _read(assignment, reply, endpoint.model, db)
            if pair is not None and not reasons:
                pairs.append(pair)
                break
        else:
            if reasons:
                dropped.append({"id": assignment.name, "reasons": reasons})
            else:
                missing += 1
    return Taught(tuple(pairs), tuple(dropped), asked, missing)


def export_batch(assignments: Iterable[Assignment], endpoint: Endpoint, path: Path) -> int:
    """Write the requests as OpenAI's batch API takes them, one JSON line each; return how many."""
    bodies = (request(assignment, endpoint, _TEMPERATURE) for assignment in assignments)
    return write_jsonl(
        path,
        (
            {
                "custom_id": key(body),
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": body,
            }
            for body in bodies
        ),
    )


def import_batch(requests: Path, results: Path, cache: Replies) -> int:
    """Put the ``results`` of a batch into ``cache``; return how many had an answer."""
    bodies = {line["custom_id"]: line["body"] for line in read_jsonl(requests)}
    count = 0
    for number, line in enumerate(read_jsonl(results), 1):
        try:
            body, answer = bodies[line["custom_id"]], line["response"]["body"]
            choice, usage = answer["choices"][0], answer["usage"]
            text = choice["message"]["content"]
            if not isinstance(text, str):  # a refusal, or a call of a tool
                continue
            reply = Reply(
                text,
                choice["finish_reason"] or "stop",
                usage["prompt_tokens"],
                usage["completion_tokens"],
                0.0,
            )
        except (KeyError, IndexError, TypeError) as error:
            if isinstance(line, dict) and line.get("error"):
                continue
            raise UserError(
                f"{results}:{number}: no result of {requests} ({error}): name the right files"
            ) from error
        cache.put(body, reply)
        count += 1
    return count


def save(taught: Taught, model: str) -> Path:
    """Write the pairs where :func:`kept` finds them; return the path."""
    name = "".join(c if c.isalnum() or c in "-._" else "-" for c in model)
    path = _folder() / f"{name}.jsonl"
    write_jsonl(path, (pair.model_dump(mode="json") for pair in taught.pairs))
    write_jsonl(path.with_suffix(".dropped"), taught.dropped)
    return path


def cache() -> Path:
    """Where replies are kept."""
    return _folder() / "replies.sqlite"


def files() -> list[Path]:
    """The files of teacher pairs at hand, in order."""
    return sorted(_folder().glob("*.jsonl"))


def kept() -> Iterator[Pair]:
    """The teacher pairs at hand."""
    for path in files():
        yield from read_built(path)


def _folder() -> Path:
    return home() / "teacher"


def _patient(
    assignment: Assignment,
    endpoint: Endpoint,
    temperature: float,
    sleep: Callable[[float], None],
) -> Reply:
    """Ask, and ask again after 1, 2, 4 … seconds while the endpoint is unavailable."""
    for attempt in range(_ATTEMPTS):
        try:
            return endpoint.chat(
                assignment.messages(),
                max_tokens=MAX_TOKENS,
                temperature=temperature,
                schema=Lesson.model_json_schema(),
            )
        except Unavailable:
            if attempt == _ATTEMPTS - 1:
                raise
            sleep(2.0**attempt)
    raise AssertionError("unreachable")


def _read(
    assignment: Assignment, reply: Reply, model: str, db: Mipld
) -> tuple[Pair | None, list[str]]:
    """The pair in a reply, and why it must be left out."""
    if reply.finish == "length":
        return None, ["the teacher did not come to an end"]
    try:
        lesson = Lesson.model_validate(json.loads(reply.text))
    except (json.JSONDecodeError, ValidationError) as error:
        return None, [f"the teacher's reply is not what was asked: {str(error).splitlines()[0]}"]
    shown = dict(enumerate(assignment.provisions, 1))
    used = [shown[number] for number in dict.fromkeys(lesson.provisions) if number in shown]
    pair = Pair(
        id=f"{assignment.name}/{model}",
        task=assignment.task,
        direction=main_direction(assignment.provisions[0]),
        as_of=assignment.as_of,
        question=lesson.question,
        reasoning=lesson.reasoning,
        answer=lesson.answer,
        provisions=tuple(provision.address for provision in used),
        context=tuple(provision.address for provision in assignment.provisions),
        difficulty="medium",
        origin="teacher",
        licence="see the teacher's terms",
    )
    reasons = faults(pair, db)
    cited = {citation.address for citation in db.cite(lesson.answer, as_of=assignment.as_of)}
    if not cited & set(pair.provisions):
        reasons.append("cites none of the provisions it was given")
    if strange := cited - {None} - {provision.address for provision in assignment.provisions}:
        reasons.append(f"cites {', '.join(sorted(map(str, strange)))}, which it was not given")
    return pair, reasons
