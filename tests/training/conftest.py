"""A tiny model and tiny data, made in-process: no network, no real weights."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from ecmiip.training.data import StageData
from ecmiip.training.recipe import Recipe

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WORDS = "示例法第一二三四五六七八九十条专利权人可以请求赔偿损失商标著作的。，"


def make_tokenizer() -> Any:
    """One token per byte: byte-level BPE without merges."""
    from tokenizers import pre_tokenizers
    from transformers import Qwen2Tokenizer

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate(letters)}
    tokenizer = Qwen2Tokenizer(
        vocab=vocabulary, merges=[], eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    tokenizer.add_special_tokens({"extra_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def make_model(seed: int = 0, layers: int = 3) -> Any:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=264,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        tie_word_embeddings=False,
    )
    return Qwen2ForCausalLM(config)


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    return make_tokenizer()


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny Qwen2 model and its tokenizer."""
    folder = tmp_path_factory.mktemp("base")
    make_model().save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> dict[str, StageData]:
    """Three stages: two of pre-training, one of pairs."""
    stages = {}
    for number, name in enumerate(("law", "patent", "pairs")):
        files = {}
        for use, count in (("train", 12), ("heldout", 3)):
            rows = []
            for n in range(count):
                text = "".join(
                    WORDS[(n * 7 + number * 3 + k * k) % len(WORDS)] for k in range(20 + 5 * n)
                )
                rows.append(
                    {"id": f"{name}-{use}-{n}", "text": text}
                    if name != "pairs"
                    else {
                        "id": f"{name}-{use}-{n}",
                        "messages": [
                            {"role": "user", "content": text[:6]},
                            {"role": "assistant", "content": text[6:20]},
                        ],
                    }
                )
            path = tmp_path / "data" / f"{name}.{use}.jsonl"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
            files[use] = path
        stages[name] = StageData(**files)
    return stages


@pytest.fixture
def make_recipe() -> Callable[..., Recipe]:
    """A recipe over the stages of ``data``; keyword arguments replace its top-level keys."""

    def make(**changes: Any) -> Recipe:
        stage = {"kind": "pretrain", "tokens": 900, "learning_rate": 0.02, "corpus": [{}]}
        return Recipe.model_validate(
            {
                "name": "tiny",
                "base": "tiny",
                "seed": 3,
                "trained": {"rank": 4, "alpha": 8, "layers": 2},
                "batch": {"sequence": 96, "micro": 112, "step": 224},
                "heldout_tokens": 120,
                "checkpoint_every": 2,
                "stages": [
                    stage | {"name": "law"},
                    stage | {"name": "patent", "replay": 0.25},
                    {
                        "name": "pairs",
                        "kind": "finetune",
                        "tokens": 900,
                        "learning_rate": 0.02,
                        "pairs": {},
                    },
                ],
            }
            | changes
        )

    return make
