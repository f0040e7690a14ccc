"""A trained adapter becomes a LoRA GGUF that llama.cpp's own reader understands."""

import json
import math
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.numpy import load_file, save_file
from transformers import Qwen2Config, Qwen2ForCausalLM

from ecmiip.errors import UserError
from ecmiip.models.gguf import architecture, write_lora

HIDDEN, INNER, LAYERS, RANK = 32, 64, 2, 4
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def save_adapter(folder: Path, **changes: Any) -> Path:
    """A peft adapter of a tiny Qwen2, its B matrices not zero as they are at the start."""
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=64,
            hidden_size=HIDDEN,
            intermediate_size=INNER,
            num_hidden_layers=LAYERS,
            num_attention_heads=4,
            num_key_value_heads=2,
        )
    )
    config: dict[str, Any] = {"r": RANK, "lora_alpha": 12, "target_modules": LINEAR}
    adapted = get_peft_model(model, LoraConfig(**config | changes))
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter)
    adapted.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_adapter(tmp_path_factory.mktemp("adapter"))


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields and tensors of a GGUF file."""
    reader = gguf.GGUFReader(path)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    return fields, {tensor.name: tensor for tensor in reader.tensors}


def test_says_what_it_is(adapter: Path, tmp_path: Path) -> None:
    fields, _ = read(write_lora(adapter, tmp_path / "a.gguf", "qwen2"))
    assert fields["general.type"] == "adapter"
    assert fields["general.architecture"] == "qwen2"
    assert fields["adapter.type"] == "lora"
    assert fields["adapter.lora.alpha"] == 12.0
    assert architecture(tmp_path / "a.gguf") == "qwen2"


def test_holds_every_matrix_under_llama_cpps_name(adapter: Path, tmp_path: Path) -> None:
    _, tensors = read(write_lora(adapter, tmp_path / "a.gguf", "qwen2"))
    trained = load_file(adapter / "adapter_model.safetensors")
    assert len(tensors) == len(trained) == LAYERS * len(LINEAR) * 2
    for layer in range(LAYERS):
        for inside, name in NAMES.items():
            for half in "AB":
                values = trained[
                    f"base_model.model.model.layers.{layer}.{inside}.lora_{half}.weight"
                ]
                tensor = tensors[f"blk.{layer}.{name}.weight.lora_{half.lower()}"]
                assert tensor.tensor_type == gguf.GGMLQuantizationType.F16
                # GGUF lists the dimensions the other way round.
                assert list(reversed(tensor.shape.tolist())) == list(values.shape)
                written = tensor.data.reshape(values.shape)
                np.testing.assert_array_equal(written, values.astype(np.float16))


def test_rank_stabilised_scale(tmp_path: Path) -> None:
    folder = save_adapter(tmp_path / "adapter", use_rslora=True)
    fields, _ = read(write_lora(folder, tmp_path / "a.gguf", "qwen2"))
    # llama.cpp multiplies by alpha / rank.
    assert fields["adapter.lora.alpha"] / RANK == pytest.approx(12 / math.sqrt(RANK))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"use_dora": True}, "cannot hold DoRA"),
        ({"rank_pattern": {"q_proj": 2}}, "different rank"),
        ({"alpha_pattern": {"q_proj": 2}}, "different rank"),
        ({"target_modules": ["q_proj", "embed_tokens"]}, "cannot hold .*embed_tokens"),
        ({"target_modules": ["q_proj", "lm_head"]}, "cannot hold .*lm_head"),
        ({"modules_to_save": ["lm_head"]}, "cannot hold .*lm_head"),
    ],
)
def test_refuses_what_it_cannot_hold(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    folder = save_adapter(tmp_path / "adapter", **changes)
    with pytest.raises(UserError, match=said) as caught:
        write_lora(folder, tmp_path / "out" / "a.gguf", "qwen2")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("out/*"))


def test_refuses_another_kind_of_tensor_and_keeps_the_old_file(
    adapter: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text((adapter / "adapter_config.json").read_text())
    name = "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector"
    save_file({name: np.ones(4, np.float32)}, folder / "adapter_model.safetensors")
    (tmp_path / "a.gguf").write_bytes(b"old")
    with pytest.raises(UserError, match="lora_magnitude_vector"):
        write_lora(folder, tmp_path / "a.gguf", "qwen2")
    assert (tmp_path / "a.gguf").read_bytes() == b"old"


def test_refuses_a_folder_without_an_adapter(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no adapter_config\.json"):
        write_lora(tmp_path, tmp_path / "a.gguf", "qwen2")


def test_refuses_an_adapter_without_its_weights(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 8}))
    with pytest.raises(UserError, match=r"adapter_model\.safetensors"):
        write_lora(tmp_path, tmp_path / "a.gguf", "qwen2")
