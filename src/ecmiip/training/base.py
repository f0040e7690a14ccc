"""The base model that training starts from: read, identified, refused if it cannot be trained."""

import hashlib
from pathlib import Path
from typing import Any

import torch

from ecmiip.errors import UserError
from ecmiip.files import sha256
from ecmiip.training import attention, machine


def read_tokenizer(base: Path) -> Any:
    """The tokenizer in the folder ``base``."""
    from transformers import AutoTokenizer

    check(base)
    return AutoTokenizer.from_pretrained(base)


def read_base(base: Path, *, quantised: bool = False, master: bool = False) -> Any:
    """The causal language model in ``base``, frozen, with attention that keeps pieces apart.

    ``quantised``: linear layers as NF4 through bitsandbytes (QLoRA). ``master``: in float32 also on
    a GPU, for weights that are trained in full and computed with in bfloat16.
    """
    from transformers import AutoModelForCausalLM

    check(base)
    attention.register()
    extra: dict[str, Any] = {}
    if quantised:
        extra["quantization_config"] = _nf4()
    model = AutoModelForCausalLM.from_pretrained(
        base,
        dtype=torch.float32 if master else machine.number_type(),
        attn_implementation=attention.NAME,
        **extra,
    )
    core = getattr(model, "model", None)
    if not all(hasattr(core, part) for part in ("embed_tokens", "layers", "norm", "rotary_emb")):
        raise UserError(
            f"{base}: a {type(model).__name__} is not built like Llama or Qwen: use such a base"
        )
    if set(getattr(model.config, "layer_types", None) or ()) - {"full_attention"}:
        raise UserError(f"{base}: some of its layers do not see the whole text: use another base")
    model.requires_grad_(False)
    model.train()
    return model if quantised else model.to(machine.device())


def digest(base: Path) -> str:
    """SHA-256 over the names and SHA-256 of the files that decide what the model computes."""
    check(base)
    whole = hashlib.sha256()
    for file in sorted(
        [*base.glob("*.safetensors"), base / "config.json", base / "tokenizer.json"]
    ):
        if file.is_file():
            whole.update(f"{file.name} {sha256(file)}\n".encode())
    return whole.hexdigest()


def check(base: Path) -> None:
    """Raise UserError unless ``base`` is a folder with a model."""
    if not (base / "config.json").is_file() or not list(base.glob("*.safetensors")):
        raise UserError(
            f"{base}: no config.json and *.safetensors there: give a base model's folder"
        )


def _nf4() -> Any:
    from importlib.util import find_spec

    from transformers import BitsAndBytesConfig

    if find_spec("bitsandbytes") is None:
        raise UserError("qlora needs the package bitsandbytes: pip install bitsandbytes")
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=machine.number_type(),
    )
