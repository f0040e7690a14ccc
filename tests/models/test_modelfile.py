"""Ollama's template says what the tokenizer's says, word for word."""

import re

import pytest

from ecmiip.errors import UserError
from ecmiip.models.modelfile import go_template, modelfile, render

CHATML = (
    "{%- if messages[0]['role'] == 'system' %}{{- '<|im_start|>system\\n' + messages[0]['content'] "
    "+ '<|im_end|>\\n' }}{%- else %}{{- '<|im_start|>system\\nDefault.<|im_end|>\\n' }}{%- endif %}"
    "{%- for m in messages %}{%- if m.role != 'system' or not loop.first %}"
    "{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{%- endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
PHI = (
    "{% for m in messages %}{{ '<|' + m.role + '|>\\n' + m.content + '<|end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"
)


def go(template: str, turns: list[dict[str, str]]) -> str:
    """What Go's text/template makes of our own templates: they use nothing but these actions."""
    head, body, tail = re.fullmatch(
        r"(.*?)\{\{ range \.Messages \}\}(.*)\{\{ end \}\}\{\{ end \}\}(.*)", template, re.DOTALL
    ).groups()  # type: ignore[union-attr]
    parts = re.split(r'\{\{ (?:else )?if eq \.Role "(\w+)" \}\}', body)
    by_role = dict(zip(parts[1::2], parts[2::2], strict=True))
    told = "".join(by_role[t["role"]].replace("{{ .Content }}", t["content"]) for t in turns)
    return str(head + told + tail)


@pytest.mark.parametrize("template", [CHATML, PHI])
@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_both_templates_render_alike(template: str, rounds: int) -> None:
    turns = [{"role": "system", "content": "规则。"}, {"role": "user", "content": "问一？"}]
    for number in range(1, rounds):
        turns.append({"role": "assistant", "content": f"答{number}。"})
        turns.append({"role": "user", "content": f"问{number}？"})
    expected = render(template, turns, add_generation_prompt=True)
    assert go(go_template(template), turns) == expected


def test_the_file_names_stop_and_system() -> None:
    text = modelfile("model.gguf", CHATML, "<|im_end|>")
    assert text.startswith("FROM ./model.gguf\n")
    assert 'PARAMETER stop "<|im_end|>"' in text
    assert 'SYSTEM """你是中国知识产权法助手' in text


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ raise_exception('no system role') }}", "no system role"),
        ("{{ messages[0].content }}", "leaves out what is said"),
        ("{% for m in messages %}", "chat template fails"),
    ],
)
def test_a_template_that_cannot_be_written_is_refused(template: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        go_template(template)


def test_a_template_cannot_reach_out() -> None:
    with pytest.raises(UserError):
        render("{{ ''.__class__.__mro__[1].__subclasses__() }}", [])
