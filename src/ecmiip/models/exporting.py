"""A finished run as files that other programs load: a LoRA GGUF, a merged GGUF, an Ollama folder.

A merged GGUF is the base's GGUF, tensor by tensor: numbers back to float32, the adapter's change
added, numbers quantised again. What the adapter leaves alone, and keeps its type, is copied byte
for byte; the tokenizer, its chat template and its end-of-turn token are the base's own metadata.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ecmiip.errors import UserError
from ecmiip.files import disk_full_is_the_users, replacing, unwritable_is_the_users, write_text
from ecmiip.models import quantise
from ecmiip.models.gguf import tensor_name
from ecmiip.models.modelfile import modelfile
from ecmiip.models.subject import lora_of
from ecmiip.models.weights import find_gguf
from ecmiip.runs import Run

Floats = NDArray[np.float32]
# (name of a tensor, its values in the base) → its values in the run, the same object if unchanged.
Change = Callable[[str, Floats], Floats]


def finished(run: Run) -> Run:
    """``run``, if it was trained to its end. Raises UserError otherwise."""
    status = run.info().get("status")
    if status != "finished":
        raise UserError(f"{run.path}: is not finished ({status}): train it to its end first")
    return run


def export_lora(run: Run, destination: Path) -> Path:
    """Write the run's adapter as the LoRA GGUF that llama.cpp loads beside the base."""
    free(destination)
    if not finished(run).adapter.is_dir():
        raise UserError(f"{run.path}: was trained in full, without an adapter: export it merged")
    source = lora_of(run)
    room(destination, source.stat().st_size)
    with replacing(destination) as part:
        shutil.copyfile(source, part)
    return destination


def export_gguf(run: Run, destination: Path, quant: str) -> Path:
    """Write base and run as one GGUF of type ``quant``, whole or not at all.

    Raises UserError if the run is unfinished, its base is no GGUF, ``destination`` is taken, or the
    disk has no room.
    """
    import gguf

    free(destination)
    quantise.check(quant)
    base = base_gguf(finished(run))
    change = _full(run) if run.model.is_dir() else _lora(run)
    reader = gguf.GGUFReader(base)
    fields = {name: reader.fields[name] for name in reader.fields if not name.startswith("GGUF.")}
    layers = _layers(fields)
    names = {tensor.name for tensor in reader.tensors}
    kinds = {
        tensor.name: quantise.tensor_type(
            tensor.name,
            [int(size) for size in reversed(tensor.shape.tolist())],
            quant,
            layers,
            tied="output.weight" not in names,
        )
        for tensor in reader.tensors
    }
    size = sum(_size(tensor, kinds[tensor.name]) for tensor in reader.tensors)
    room(destination, size, "choose a smaller --quant")
    with replacing(destination) as part:
        writer = gguf.GGUFWriter(part, str(fields["general.architecture"].contents()))
        _copy_metadata(writer, fields, quant, run.name)
        for tensor in reader.tensors:
            kind = gguf.GGMLQuantizationType[kinds[tensor.name]]
            shape = [int(size) for size in reversed(tensor.shape.tolist())]
            # Of a quantised tensor the writer wants the shape in bytes.
            stored = gguf.quant_shape_to_byte_shape(shape, kind) if _is_packed(kind) else shape
            dtype = {"F32": np.float32, "F16": np.float16}.get(kind.name, np.uint8)
            writer.add_tensor_info(
                tensor.name, stored, np.dtype(dtype), _size(tensor, kind.name), kind
            )
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for tensor in tqdm(reader.tensors, desc=destination.name, unit=""):
            writer.write_tensor_data(_converted(tensor, kinds[tensor.name], change))
        writer.close()
    return destination


def export_ollama(run: Run, folder: Path, quant: str) -> Path:
    """Write a folder that ``ollama create NAME -f FOLDER/Modelfile`` takes."""
    free(folder)
    header = _header(base_gguf(finished(run)))
    with new_folder(folder) as part:
        export_gguf(run, part / "model.gguf", quant)
        tokens = header["tokenizer.ggml.tokens"]
        write_text(
            part / "Modelfile",
            modelfile(
                "model.gguf",
                header["tokenizer.chat_template"],
                str(tokens[header["tokenizer.ggml.eos_token_id"]]),
            ),
        )
    return folder


def base_gguf(run: Run) -> Path:
    """The GGUF of the run's base, found by its name. Raises UserError if the base has none."""
    name = str(run.info()["base"]["name"])
    try:
        return find_gguf(name)
    except UserError as error:
        raise UserError(
            f"{run.path}: its base {name} is no GGUF: export safetensors and convert them with "
            "llama.cpp's convert_hf_to_gguf.py"
        ) from error


def _header(base: Path) -> dict[str, Any]:
    """The metadata that an export needs of a base."""
    import gguf

    fields = gguf.GGUFReader(base).fields
    wanted = (
        "tokenizer.ggml.tokens",
        "tokenizer.ggml.eos_token_id",
        "tokenizer.chat_template",
    )
    missing = [name for name in wanted if name not in fields]
    if missing:
        raise UserError(f"{base}: has no {missing[0]}: use an instruct model as the base")
    return {name: fields[name].contents() for name in wanted}


def _lora(run: Run) -> Change:
    """Adds the run's adapter, scaled as peft scales it: alpha / rank, rsLoRA alpha / sqrt(rank)."""
    from safetensors.numpy import load_file

    weights = run.adapter / "adapter_model.safetensors"
    if not weights.is_file():
        raise UserError(f"{run.adapter}: no {weights.name} there: train the run to its end")
    config = json.loads((run.adapter / "adapter_config.json").read_text(encoding="utf-8"))
    for key, what in (("use_dora", "DoRA"), ("alpha_pattern", "layers of different alpha")):
        if config.get(key):
            raise UserError(f"{run.adapter}: {what} cannot be merged here: export safetensors")
    halves: dict[str, dict[str, Floats]] = {}
    for name, values in load_file(weights).items():
        path, _, half = tensor_name(name).rpartition(".lora_")
        halves.setdefault(path, {})[half] = values.astype(np.float32)

    def change(name: str, values: Floats) -> Floats:
        pair = halves.pop(name, None)
        if pair is None:
            return values
        rank = pair["a"].shape[0]
        scale = float(config["lora_alpha"]) / (rank**0.5 if config.get("use_rslora") else rank)
        delta = scale * (pair["b"] @ pair["a"])
        if delta.shape != values.shape:
            raise UserError(
                f"{run.adapter}: {name} is {delta.shape}, in the base {values.shape}: "
                "it belongs to another base"
            )
        changed: Floats = values + delta.astype(np.float32)
        return changed

    return change


def _full(run: Run) -> Change:
    """Takes every tensor from the run's own model."""
    from safetensors import safe_open

    files: dict[str, tuple[Path, str]] = {}
    for file in sorted(run.model.glob("*.safetensors")):
        with safe_open(file, framework="pt") as opened:
            for name in opened.keys():  # noqa: SIM118 - safe_open is no mapping
                files[_model_name(name)] = (file, name)

    def change(name: str, values: Floats) -> Floats:
        if name not in files:
            return values
        file, inside = files[name]
        with safe_open(file, framework="pt") as opened:
            own: Floats = opened.get_tensor(inside).float().numpy()
        return own

    return change


_OUTER = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}
_INNER = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
}


def _model_name(name: str) -> str:
    """transformers' name of a Qwen2 or Qwen3 tensor → llama.cpp's."""
    module, _, kind = name.rpartition(".")
    if module in _OUTER:
        return f"{_OUTER[module]}.{kind}"
    inside = re.fullmatch(r"model\.layers\.(\d+)\.(.+)", module)
    if inside and inside[2] in _INNER:
        return f"blk.{inside[1]}.{_INNER[inside[2]]}.{kind}"
    return tensor_name(name)


def _layers(fields: dict[str, Any]) -> int:
    """The number of blocks. Raises UserError for a kind of model whose tensors are laid out
    otherwise (llama permutes the rows of queries and keys)."""
    kind = fields["general.architecture"].contents()
    if kind not in ("qwen2", "qwen3"):
        raise UserError(f"a {kind} base cannot be merged as a GGUF here: export safetensors")
    return int(fields[f"{kind}.block_count"].contents())


def _copy_metadata(writer: Any, fields: dict[str, Any], quant: str, name: str) -> None:
    """Every key of the base but what has changed: the name and the type of the numbers."""
    import gguf

    for key, field in fields.items():
        if key in ("general.architecture", "general.name", "general.file_type"):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(key, field.contents(), kind, sub_type=inner)
    writer.add_name(f"EC-MIIP {name}")
    writer.add_file_type(quantise.FILE_TYPES[quant])


def _converted(tensor: Any, kind: str, change: Change) -> NDArray[Any]:
    """The tensor with the run's change, as numbers of type ``kind``."""
    import gguf

    values: Floats = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
    changed = change(tensor.name, values)
    if changed is values and tensor.tensor_type.name == kind:
        data: NDArray[Any] = tensor.data
        return data
    return quantise.quantise(changed, kind)


def _is_packed(kind: Any) -> bool:
    return kind.name not in ("F32", "F16")


def _size(tensor: Any, kind: str) -> int:
    """Bytes of a tensor as numbers of type ``kind``."""
    import gguf

    block, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]]
    return int(tensor.n_elements) // int(block) * int(size)


def free(path: Path) -> None:
    """Raise UserError if there is something at ``path``."""
    if path.exists():
        raise UserError(f"{path} is there already: choose another place with -o")


def room(path: Path, size: int, otherwise: str = "choose another place with -o") -> None:
    """Raise UserError unless the disk has room for ``size`` bytes and the header."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    available = shutil.disk_usage(folder).free
    needed = size + (16 << 20)
    if available < needed:
        raise UserError(
            f"{folder}: {needed >> 20} MiB needed, {available >> 20} MiB free: free some space, "
            f"or {otherwise}"
        )


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder beside ``folder`` that becomes it if the block succeeds, and goes if it does not."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with unwritable_is_the_users(folder):
            part.mkdir(parents=True)
        with disk_full_is_the_users(folder):
            yield part
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
