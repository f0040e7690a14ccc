"""Ollama's Modelfile, with the template and the stop token of the model's own tokenizer.

Ollama's templates are Go's, a tokenizer's are Jinja. Chat templates put fixed words around what is
said, so those words are found by rendering a chat whose contents are marks, and written down again
in Go's form.
"""

import json
from typing import Any

from ecmiip.errors import UserError
from ecmiip.models import prompt

_SYSTEM, _USER, _ANSWER = "\x01system\x01", "\x01user\x01", "\x01answer\x01"


def modelfile(gguf: str, chat_template: str, end_of_turn: str) -> str:
    """The Modelfile of the model in the file ``gguf`` beside it.

    Raises UserError for a template that does more than put words around each turn.
    """
    return "\n".join(
        (
            f"FROM ./{gguf}",
            f'TEMPLATE """{go_template(chat_template)}"""',
            f'SYSTEM """{prompt.SYSTEM}"""',
            f"PARAMETER stop {json.dumps(end_of_turn, ensure_ascii=False)}",
            "PARAMETER temperature 0",
            "PARAMETER num_ctx 4096",
            "",
        )
    )


def go_template(chat_template: str) -> str:
    """A Go template that renders a chat as ``chat_template`` (Jinja) does."""
    turns = [
        {"role": "system", "content": _SYSTEM},
        {"role": "user", "content": _USER},
        {"role": "assistant", "content": _ANSWER},
        {"role": "user", "content": _USER},
    ]
    before_system, rest = _cut(render(chat_template, turns), _SYSTEM)
    before_user, rest = _cut(rest, _USER)
    before_answer, rest = _cut(rest, _ANSWER)
    between, after_user = _cut(rest, _USER)
    # What ends a system turn and what opens a user's stand together: the second user turn, which
    # follows an answer, and the end of the chat tell them apart.
    opening = _common_end(before_user, between)
    after_system = before_user[: len(before_user) - len(opening)]
    after_answer = between[: len(between) - len(opening)]
    if not before_answer.startswith(after_user):
        raise UserError("this chat template cannot be written for Ollama: export gguf")
    cue = before_answer[len(after_user) :]
    made = _go(before_system, after_system, opening, after_user, cue, after_answer)
    prompted = render(chat_template, turns, add_generation_prompt=True)
    if not prompted.endswith(after_user + cue):
        raise UserError("this chat template cannot be written for Ollama: export gguf")
    return made


def _go(
    before_system: str, after_system: str, opening: str, after_user: str, cue: str, after: str
) -> str:
    # {{- and -}} would eat the template's own line breaks, so nothing stands between the actions.
    return (
        '{{ range .Messages }}{{ if eq .Role "system" }}'
        f"{before_system}{{{{ .Content }}}}{after_system}"
        '{{ else if eq .Role "user" }}'
        f"{opening}{{{{ .Content }}}}{after_user}"
        '{{ else if eq .Role "assistant" }}'
        f"{cue}{{{{ .Content }}}}{after}"
        f"{{{{ end }}}}{{{{ end }}}}{cue}"
    )


def render(
    chat_template: str, messages: list[dict[str, str]], *, add_generation_prompt: bool = False
) -> str:
    """What a tokenizer's Jinja template makes of ``messages``, in a sandbox."""
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _refuse
    try:
        return environment.from_string(chat_template).render(
            messages=messages,
            add_generation_prompt=add_generation_prompt,
            enable_thinking=False,
            tools=None,
            bos_token="",
            eos_token="",
        )
    except TemplateError as error:
        raise UserError(f"the base's chat template fails ({error}): export gguf") from error


def _refuse(message: str) -> Any:
    from jinja2 import TemplateError

    raise TemplateError(message)


def _cut(text: str, mark: str) -> tuple[str, str]:
    before, found, after = text.partition(mark)
    if not found:
        raise UserError("this chat template leaves out what is said: export gguf instead")
    return before, after


def _common_end(first: str, second: str) -> str:
    """The longest end that both have, from the start of a marker on."""
    length = 0
    while length < min(len(first), len(second)) and first[-1 - length] == second[-1 - length]:
        length += 1
    end = first[len(first) - length :]
    # Both turns before it may end alike as well: the user's opening starts at its last marker.
    return end[max(end.rfind("<|im_start|>"), end.rfind("<start_of_turn>"), 0) :]
