"""The question that a verdict answers, read back from its prompt, to be shown to people."""

import re

from ecmiip.evaluation.verdict import Verdict
from ecmiip.models import prompt

_QUESTION = re.compile(
    rf"任务：[^\n]+\n问题：(?P<question>.*?)(?:\n{re.escape(prompt.REMINDER)}|\Z)", re.S
)


def question_of(verdict: Verdict) -> str:
    """The words after 问题： in the turn that put the item; the whole turn if it has no such form.

    With examples the item is the last question put; what follows a model's reasons only asks for
    the letter.
    """
    turns = [turn["content"] for turn in verdict.prompt if turn["role"] == "user"]
    for turn in reversed(turns):
        if found := _QUESTION.search(turn):
            return found["question"].strip()
    return turns[-1] if turns else ""
