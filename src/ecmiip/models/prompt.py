"""How a question is put to a model: one form for training pairs, the assistant and the evaluation.

A model that was tuned on one form of prompt and asked in another has learned half of what it was
taught, so nothing else in the project composes prompts. Turning the messages into token ids is
:mod:`ecmiip.models.chat`'s work.
"""

import math
import re
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
MAX_QUOTE = 300


def ask(task: str, question: str, as_of: date, quotes: Sequence[str] = ()) -> list[Message]:
    """The messages that put ``question`` to a model.

    ``task`` is a key of :data:`TASKS`. ``quotes`` are provisions to read, each already written
    out with its name and number, in the order of the search.
    """
    parts = [f"日期：{as_of.isoformat()}"]
    if quotes:
        shown = "\n".join(
            f"[{number}] {shorten(quote, question)}" for number, quote in enumerate(quotes, 1)
        )
        parts.append(f"法条：\n{shown}")
    parts.append(f"任务：{TASKS[task]}")
    parts.append(f"问题：{question.strip()}")
    parts.append(REMINDER)
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "\n".join(parts)},
    ]


def completion(stem: str, words: str, quotes: Sequence[str] = ()) -> str:
    """The text whose most likely continuation tells the choice among several answers.

    It is no chat: a model that was not tuned on ours gives the right words far more likelihood
    after plain text. ``words`` are all that is asked, options included: what the quotes are
    shortened for. The options themselves are not shown.
    """
    shown = [shorten(quote, words) for quote in quotes]
    return "\n".join([*shown, stem.strip().rstrip("？?"), "答："])


# After an option's words, the model says whether the option is to be chosen: 是 or 否.
ASKS_WHETHER = "（应选："
YES, NO = "是", "否"


def shorten(quote: str, question: str = "") -> str:
    """``quote`` on one line; a long one is reduced to what ``question`` speaks of.

    Its opening stays, as it says what the provision is about, and of the other clauses those that
    share most with the question, in their order and up to :data:`MAX_QUOTE` characters in all;
    …… stands where something is left out.
    """
    flat = "".join(line.strip() for line in quote.splitlines())
    if len(flat) <= MAX_QUOTE:
        return flat
    # The opening is 《law》第…条： and the first clause of the text.
    clauses: list[str] = re.findall(r"[^。；：]+(?:[。；：]”?|$)", flat)
    named, first, *others = [*clauses, ""]
    opening = named + first
    if len(opening) > MAX_QUOTE:
        return flat[:MAX_QUOTE] + "……"
    asked, room = _bigrams(question), MAX_QUOTE - len(opening)
    kept = set[int]()
    for place in sorted(range(len(others)), key=lambda place: -_interest(others[place], asked)):
        if len(others[place]) <= room:
            kept.add(place)
            room -= len(others[place])
    shown = opening
    for place, clause in enumerate(others):
        if place in kept:
            shown += clause
        elif not shown.endswith("……"):
            shown += "……"
    return shown


def _interest(clause: str, asked: set[str]) -> float:
    """How much ``clause`` shares with what is asked; a long clause shares more by chance."""
    return len(_bigrams(clause) & asked) / math.sqrt(len(clause) + 10)


def _bigrams(text: str) -> set[str]:
    """Pairs of neighbouring Chinese characters or letters."""
    words = re.sub(r"[^\w]+", " ", text)
    return {words[i : i + 2] for i in range(len(words) - 1) if " " not in words[i : i + 2]}
