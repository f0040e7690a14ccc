"""How a question is put to a model: one form for training pairs, the assistant and the evaluation.

A model that was tuned on one form of prompt and asked in another has learned half of what it was
taught, so nothing else in the project composes prompts. Turning the messages into token ids is
:mod:`ecmiip.models.chat`'s work.
"""

from collections.abc import Sequence
from datetime import date

from ecmiip.models.chat import Message

TASKS = {
    "doctrine": "学理问答",
    "conduct": "行为性质分析",
    "case": "司法案例解析",
    "document": "法律文书撰写",
}

SYSTEM = (
    "你是中国知识产权法助手EC-MIIP。依据所给法条作答，写明法律名称和条号；"
    "所给法条与问题无关的不引用；事实或法条不足时，说明还缺什么。"
)

# Said last, where a small model heeds it: without it half of the answers of the 0.5B base cite
# nothing and say the question again.
REMINDER = "要求：先写结论，再写依据哪部法律第几条。"

# A prompt is read at some 80 tokens a second on a laptop: what is shown is kept short.
MAX_QUOTE = 400


def ask(task: str, question: str, as_of: date, quotes: Sequence[str] = ()) -> list[Message]:
    """The messages that put ``question`` to a model.

    ``task`` is a key of :data:`TASKS`. ``quotes`` are provisions to read, each already written
    out with its name and number, in the order of the search.
    """
    parts = [f"日期：{as_of.isoformat()}"]
    if quotes:
        shown = "\n".join(f"[{number}] {shorten(quote)}" for number, quote in enumerate(quotes, 1))
        parts.append(f"法条：\n{shown}")
    parts.append(f"任务：{TASKS[task]}")
    parts.append(f"问题：{question.strip()}")
    parts.append(REMINDER)
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "\n".join(parts)},
    ]


def shorten(quote: str) -> str:
    """``quote`` on one line, cut after :data:`MAX_QUOTE` characters at the end of a sentence."""
    flat = "".join(line.strip() for line in quote.splitlines())
    if len(flat) <= MAX_QUOTE:
        return flat
    cut = max(flat.rfind(mark, 0, MAX_QUOTE) for mark in "。；")
    return flat[: cut + 1 if cut > 0 else MAX_QUOTE] + "……"
