"""From an item to an answer: the chat that asks it, and how a choice is held to letters."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ecmiip.evaluation import likeliest
from ecmiip.evaluation.calling import Caller
from ecmiip.evaluation.items import Item, asked
from ecmiip.evaluation.scorers import letters
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.verdict import Retrieved
from ecmiip.instruct import choices
from ecmiip.models import prompt
from ecmiip.models.chat import Message

_REASONS = "先逐步分析，写明理由。"
_THEN_CHOOSE = "根据以上分析，只写答案的选项字母。"
_THEN_ANSWER = "根据以上分析，写出完整的回答。"
# The form in which training pairs ask whether something holds; their replies begin 对 or 不对.
_HOLDS = "判断对错：{letter}项应当选。"
_RIGHT_OR_NOT = 'root ::= "对" | "不"'
_LINE_BREAKS = re.compile(r"\s*\n\s*")


@dataclass
class Answer:
    """What a subject answered: the last chat and reply, and what all replies took.

    It is filled step by step, so that what was asked is known also where a request fails.
    """

    messages: list[Message] = field(default_factory=list)
    raw: str = ""
    finish: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    def ask(self, caller: Caller, messages: list[Message], **held: Any) -> str:
        """Put ``messages`` to the subject as the latest chat; give the text of its reply."""
        self.messages = messages
        reply = caller.chat(messages, **held)
        self.raw, self.finish = reply.text, reply.finish
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens
        self.seconds += reply.seconds
        return reply.text


def ask(
    answer: Answer,
    item: Item,
    caller: Caller,
    setting: Setting,
    shown: Sequence[Retrieved] = (),
    examples: Sequence[Message] = (),
) -> None:
    """Put ``item`` to the subject behind ``caller`` and fill ``answer``.

    ``shown`` are the provisions to read, ``examples`` the turns of worked examples to go before.
    Raises what :meth:`Caller.chat` raises.
    """
    put = partial(_messages, item, shown, examples)
    if item.options and setting.choice == "likelihood":
        _by_likelihood(answer, item, caller, shown)
        return
    question = asked(item)
    apart = item.kind == "multi" and setting.several == "apart"
    # A model that calls no option right has chosen none: it is asked for the set as a whole.
    if apart and _each_apart(answer, item, caller, setting, put):
        return
    messages = put(question)
    if setting.reasoning:
        first = put(f"{question}\n{_REASONS}")
        reasons = answer.ask(caller, first, max_tokens=setting.reasoning)
        then = _THEN_CHOOSE if item.options else _THEN_ANSWER
        messages = [
            *first,
            {"role": "assistant", "content": reasons},
            {"role": "user", "content": then},
        ]
    if item.options:
        answer.ask(caller, messages, **_held(item, setting, caller.grammars))
    else:
        answer.ask(caller, messages, max_tokens=setting.max_tokens)


def choice_grammar(options: Mapping[str, str], *, several: bool) -> str:
    """The GBNF grammar of a choice among ``options``: the form in which training pairs reply.

    One letter; or, with ``several``, letters in their order, at least one, closed by 。 as they
    are in training: where only the end of the reply could follow, a model that was taught to go
    on would rather add a letter.
    """
    known = [f'"{letter}"' for letter in options]
    if not several:
        return f"root ::= {' | '.join(known)}"
    sets = [
        " ".join([first, *(f"{later}?" for later in known[number:])])
        for number, first in enumerate(known, 1)
    ]
    return f'root ::= ({" | ".join(sets)}) "。"'


def choice_schema(options: Mapping[str, str], *, several: bool) -> dict[str, Any]:
    """The JSON schema of a choice among ``options``: ``{"answer": "B"}`` or a list of letters."""
    letter = {"type": "string", "enum": list(options)}
    answer = {"type": "array", "items": letter, "minItems": 1} if several else letter
    return {
        "type": "object",
        "properties": {"answer": answer},
        "required": ["answer"],
        "additionalProperties": False,
    }


def _by_likelihood(answer: Answer, item: Item, caller: Caller, shown: Sequence[Retrieved]) -> None:
    quotes = [provision.quote for provision in shown]
    text = prompt.completion(choices.unmarked(item.question), item.text, quotes)
    answer.messages = [{"role": "user", "content": text}]
    found, answer.seconds = caller.likelihoods(text, list(item.options.values()))
    answer.completion_tokens = sum(one.tokens for one in found)
    answer.raw = likeliest.choose(item, found)


def _messages(
    item: Item, shown: Sequence[Retrieved], examples: Sequence[Message], question: str
) -> list[Message]:
    quotes = [provision.quote for provision in shown]
    system, last = prompt.ask(item.task, question, item.as_of, quotes)
    return [system, *examples, last]


def _held(item: Item, setting: Setting, grammars: bool) -> dict[str, Any]:
    """The options of the request that hold its reply to letters."""
    several = item.kind == "multi"
    if _by_grammar(setting, grammars):
        most = len(item.options) + 2 if several else 1  # letters, 。 and the end
        return {"max_tokens": most, "grammar": choice_grammar(item.options, several=several)}
    # A model that is free to write may think before it chooses.
    free: dict[str, Any] = {"max_tokens": setting.max_tokens}
    if setting.constraint == "schema":
        free["schema"] = choice_schema(item.options, several=several)
    return free


def _by_grammar(setting: Setting, grammars: bool) -> bool:
    return setting.constraint == "grammar" or (setting.constraint == "auto" and grammars)


def _each_apart(
    answer: Answer,
    item: Item,
    caller: Caller,
    setting: Setting,
    put: Callable[[str], list[Message]],
) -> bool:
    """Ask of each option whether it is right; give whether any was called so.

    The replies are kept as one line for each option.
    """
    held: dict[str, Any] = {"max_tokens": setting.max_tokens}
    if _by_grammar(setting, caller.grammars):
        held = {"max_tokens": 1, "grammar": _RIGHT_OR_NOT}
    said = []
    for letter in item.options:
        # All but the last lines are the same: a server reads them once.
        question = f"{asked(item)}\n{_HOLDS.format(letter=letter)}"
        reply = answer.ask(caller, put(question), **held)
        said.append(f"{letter}：{_LINE_BREAKS.sub(' ', reply).strip()}")
    answer.raw = "\n".join(said)
    return bool(letters.read(answer.raw, item.options))
