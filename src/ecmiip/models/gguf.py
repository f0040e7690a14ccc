"""Write a trained LoRA adapter as the GGUF file that llama.cpp loads beside a quantised base."""

import json
import re
from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.files import replacing

# transformers' name of a linear layer → llama.cpp's, within block N (gguf's Qwen2/Qwen3 naming).
_TENSOR = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write_lora(adapter: Path, destination: Path, architecture: str) -> Path:
    """Convert a peft adapter folder into a LoRA GGUF (float16), whole or not at all.

    ``architecture`` is llama.cpp's name for the base's, which is transformers' ``model_type``
    (``qwen2``, ``qwen3``). Raises UserError for what a LoRA GGUF cannot hold: embeddings, the
    output matrix, DoRA magnitudes, or layers with ranks of their own.
    """
    import gguf
    import numpy as np
    from safetensors.numpy import load_file

    config_file = adapter / "adapter_config.json"
    if not config_file.is_file():
        raise UserError(f"{adapter}: no adapter_config.json there: give a run's adapter folder")
    weights = adapter / "adapter_model.safetensors"
    if not weights.is_file():
        raise UserError(f"{adapter}: no {weights.name} there: train the run to its end")
    config = json.loads(config_file.read_text(encoding="utf-8"))
    if config.get("use_dora"):
        raise UserError(f"{adapter}: a LoRA GGUF cannot hold DoRA: merge it, or train plain LoRA")
    if config.get("rank_pattern") or config.get("alpha_pattern"):
        raise UserError(f"{adapter}: layers of different rank cannot share one LoRA GGUF: merge it")
    # llama.cpp scales by alpha / rank; rsLoRA means alpha / sqrt(rank).
    alpha = float(config["lora_alpha"])
    if config.get("use_rslora"):
        alpha *= float(config["r"]) ** 0.5

    with replacing(destination) as part:
        writer = gguf.GGUFWriter(part, architecture)
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
        for name, values in sorted(load_file(weights).items()):
            writer.add_tensor(tensor_name(name), values.astype(np.float16))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return destination


def architecture(path: Path) -> str:
    """llama.cpp's name for the kind of model that a GGUF holds (reads the whole header: slow)."""
    import gguf

    return str(gguf.GGUFReader(path).fields["general.architecture"].contents())


def tensor_name(name: str) -> str:
    """llama.cpp's name for a tensor of a linear layer, or for one half of a LoRA on it.

    ``…layers.3.mlp.up_proj.lora_A.weight`` → ``blk.3.ffn_up.weight.lora_a``,
    ``model.layers.3.mlp.up_proj.weight`` → ``blk.3.ffn_up.weight``. Raises UserError for others.
    """
    found = re.fullmatch(r".*layers\.(\d+)\.(\w+\.\w+)\.(?:lora_([AB])\.)?(weight|bias)", name)
    if found is None or found[2] not in _TENSOR:
        raise UserError(f"a LoRA GGUF cannot hold {name}: merge the adapter instead")
    layer, module, half, kind = found.groups()
    return f"blk.{layer}.{_TENSOR[module]}.{kind}" + (f".lora_{half.lower()}" if half else "")
