"""A run becomes one GGUF: base plus change, type by type, with the base's own tokenizer."""

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from ecmiip.errors import UserError
from ecmiip.models import exporting, quantise
from ecmiip.runs import Run

HIDDEN, INNER, VOCABULARY, LAYERS, RANK, ALPHA = 256, 512, 32, 2, 4, 8.0
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MATRICES = {
    "attn_q": ("self_attn.q_proj", HIDDEN, HIDDEN),
    "attn_v": ("self_attn.v_proj", HIDDEN, HIDDEN),
    "ffn_up": ("mlp.up_proj", INNER, HIDDEN),
    "ffn_down": ("mlp.down_proj", HIDDEN, INNER),
}


def write_base(path: Path, architecture: str = "qwen2") -> dict[str, np.ndarray]:
    """A GGUF with the tensors of a tiny Qwen2, Q8_0; its tensors' values as stored."""
    rng = np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name("base")
    writer.add_block_count(LAYERS)
    writer.add_file_type(7)
    writer.add_token_list([f"t{number}" for number in range(VOCABULARY - 1)] + ["<|im_end|>"])
    writer.add_eos_token_id(VOCABULARY - 1)
    writer.add_chat_template(TEMPLATE)
    values: dict[str, np.ndarray] = {}
    shapes = {"token_embd.weight": (VOCABULARY, HIDDEN), "output.weight": (VOCABULARY, HIDDEN)}
    for layer in range(LAYERS):
        shapes[f"blk.{layer}.attn_norm.weight"] = (HIDDEN,)  # type: ignore[assignment]
        shapes[f"blk.{layer}.attn_q.bias"] = (HIDDEN,)  # type: ignore[assignment]
        for name, (_, rows, columns) in MATRICES.items():
            shapes[f"blk.{layer}.{name}.weight"] = (rows, columns)
    for name, shape in shapes.items():
        full = rng.normal(size=shape).astype(np.float32)
        if len(shape) == 1:
            writer.add_tensor(name, full)
            values[name] = full
        else:
            packed = gguf.quants.quantize(full, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(name, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
            values[name] = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return values


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray]]:
    path = tmp_path_factory.mktemp("base") / "base.gguf"
    return path, write_base(path)


def make_run(root: Path, base: Path, status: str = "finished", **config: Any) -> Run:
    """A run with an adapter on the last layer."""
    run = Run.create(root, "tiny")
    run.update(status=status, base={"name": str(base), "sha256": "0"})
    rng = np.random.default_rng(1)
    tensors = {}
    for name, (module, rows, columns) in MATRICES.items():
        where = f"base_model.model.model.layers.{LAYERS - 1}.{module}"
        tensors[f"{where}.lora_A.weight"] = rng.normal(size=(RANK, columns)).astype(np.float32)
        tensors[f"{where}.lora_B.weight"] = rng.normal(size=(rows, RANK)).astype(np.float32)
        assert name
    run.adapter.mkdir()
    save_file(tensors, run.adapter / "adapter_model.safetensors")
    whole = {"r": RANK, "lora_alpha": ALPHA} | config
    (run.adapter / "adapter_config.json").write_text(json.dumps(whole))
    return run


def delta(run: Run, name: str, scale: float = ALPHA / RANK) -> Any:
    from safetensors.numpy import load_file

    tensors = load_file(run.adapter / "adapter_model.safetensors")
    where = f"base_model.model.model.layers.{LAYERS - 1}.{MATRICES[name][0]}"
    return scale * (tensors[f"{where}.lora_B.weight"] @ tensors[f"{where}.lora_A.weight"])


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    reader = gguf.GGUFReader(path)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    return fields, {tensor.name: tensor for tensor in reader.tensors}


def values_of(tensor: Any) -> Any:
    return gguf.quants.dequantize(tensor.data, tensor.tensor_type)


Base = tuple[Path, dict[str, np.ndarray]]


@pytest.mark.parametrize(
    ("quant", "file_type", "error"),
    [
        ("F16", 1, 2e-3),
        ("Q8_0", 7, 8e-3),
        ("Q6_K", 18, 0.04),
        ("Q5_K_M", 17, 0.08),
        ("Q4_K_M", 15, 0.15),
    ],
)
def test_every_tensor_is_base_plus_change(
    base: Base, tmp_path: Path, quant: str, file_type: int, error: float
) -> None:
    path, stored = base
    if quant not in ("F16", "Q8_0"):
        pytest.importorskip("xllamacpp")
    run = make_run(tmp_path, path)
    fields, tensors = read(exporting.export_gguf(run, tmp_path / "out.gguf", quant))
    assert fields["general.file_type"] == file_type
    assert fields["tokenizer.chat_template"] == TEMPLATE
    assert fields["tokenizer.ggml.eos_token_id"] == VOCABULARY - 1
    assert fields["tokenizer.ggml.tokens"][-1] == "<|im_end|>"
    assert "tiny" in fields["general.name"]
    assert set(tensors) == set(stored)
    for name, before in stored.items():
        expected = before
        short = name.removeprefix(f"blk.{LAYERS - 1}.").removesuffix(".weight")
        if name.startswith(f"blk.{LAYERS - 1}.") and short in MATRICES:
            expected = before + delta(run, short)
        got = values_of(tensors[name])
        assert got.shape == expected.shape
        spread = float(np.abs(expected).max())
        assert np.abs(got - expected).max() <= error * spread, name
        if len(expected.shape) == 1:
            np.testing.assert_array_equal(got, expected)


def test_what_does_not_change_is_copied_byte_for_byte(base: Base, tmp_path: Path) -> None:
    path, _ = base
    out = exporting.export_gguf(make_run(tmp_path, path), tmp_path / "out.gguf", "Q8_0")
    _, before = read(path)
    _, after = read(out)
    np.testing.assert_array_equal(
        before["blk.0.attn_q.weight"].data, after["blk.0.attn_q.weight"].data
    )
    assert (before["blk.1.attn_q.weight"].data != after["blk.1.attn_q.weight"].data).any()


def test_rank_stabilised_scale(base: Base, tmp_path: Path) -> None:
    path, stored = base
    run = make_run(tmp_path, path, use_rslora=True)
    _, tensors = read(exporting.export_gguf(run, tmp_path / "out.gguf", "F16"))
    name = f"blk.{LAYERS - 1}.attn_q.weight"
    expected = stored[name] + delta(run, "attn_q", ALPHA / RANK**0.5)
    np.testing.assert_allclose(values_of(tensors[name]), expected, atol=0.05)


def test_a_model_trained_in_full_takes_the_place_of_the_base(base: Base, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    path, _ = base
    run = Run.create(tmp_path, "full")
    run.update(status="finished", base={"name": str(path), "sha256": "0"})
    run.model.mkdir()
    own = np.full((HIDDEN, HIDDEN), 0.5, np.float32)
    norm = np.full((HIDDEN,), 2.0, np.float32)
    save_file(
        {
            "model.layers.0.self_attn.q_proj.weight": own,
            "model.layers.0.input_layernorm.weight": norm,
            "model.embed_tokens.weight": np.full((VOCABULARY, HIDDEN), 0.25, np.float32),
        },
        run.model / "model.safetensors",
    )
    _, tensors = read(exporting.export_gguf(run, tmp_path / "out.gguf", "F16"))
    np.testing.assert_array_equal(values_of(tensors["blk.0.attn_q.weight"]), own)
    np.testing.assert_array_equal(values_of(tensors["blk.0.attn_norm.weight"]), norm)
    assert (values_of(tensors["token_embd.weight"]) == 0.25).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "training"}, "is not finished"),
        ({"use_dora": True}, "DoRA cannot be merged here"),
        ({"alpha_pattern": {"q_proj": 2}}, "different alpha"),
    ],
)
def test_refusals(base: Base, tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    run = make_run(tmp_path, base[0], **changes)
    with pytest.raises(UserError, match=said) as caught:
        exporting.export_gguf(run, tmp_path / "out" / "a.gguf", "F16")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("out/*"))


def test_an_unknown_type_is_refused(base: Base, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--quant Q3_X: choose one of F16"):
        exporting.export_gguf(make_run(tmp_path, base[0]), tmp_path / "a.gguf", "Q3_X")


def test_what_is_there_is_kept(base: Base, tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"mine")
    with pytest.raises(UserError, match="is there already"):
        exporting.export_gguf(make_run(tmp_path, base[0]), tmp_path / "a.gguf", "F16")
    assert (tmp_path / "a.gguf").read_bytes() == b"mine"


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    write_base(tmp_path / "llama.gguf", "llama")
    run = make_run(tmp_path, tmp_path / "llama.gguf")
    with pytest.raises(UserError, match="a llama base"):
        exporting.export_gguf(run, tmp_path / "a.gguf", "F16")


def test_a_full_disk_is_foreseen(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1 << 20

    monkeypatch.setattr(exporting.shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(UserError, match="MiB needed, 1 MiB free"):
        exporting.export_gguf(make_run(tmp_path, base[0]), tmp_path / "out" / "a.gguf", "F16")
    assert not list(tmp_path.glob("out/*"))


def test_an_interrupted_export_leaves_nothing(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "_converted", interrupted)
    with pytest.raises(KeyboardInterrupt):
        exporting.export_gguf(make_run(tmp_path, base[0]), tmp_path / "out" / "a.gguf", "F16")
    with pytest.raises(KeyboardInterrupt):
        exporting.export_ollama(Run.open(tmp_path / "tiny"), tmp_path / "out" / "o", "F16")
    assert not list(tmp_path.glob("out/*"))
    assert not list(tmp_path.glob("out/.*"))


def test_the_adapter_alone_is_the_file_that_serves(base: Base, tmp_path: Path) -> None:
    run = make_run(tmp_path, base[0])
    out = exporting.export_lora(run, tmp_path / "a.lora.gguf")
    assert out.read_bytes() == (run.path / "adapter.gguf").read_bytes()
    fields, _ = read(out)
    assert fields["general.architecture"] == "qwen2"


def test_the_ollama_folder_is_whole(base: Base, tmp_path: Path) -> None:
    out = exporting.export_ollama(make_run(tmp_path, base[0]), tmp_path / "o", "Q8_0")
    assert sorted(file.name for file in out.iterdir()) == ["Modelfile", "model.gguf"]
    text = (out / "Modelfile").read_text(encoding="utf-8")
    assert "FROM ./model.gguf" in text
    assert 'PARAMETER stop "<|im_end|>"' in text


@pytest.mark.parametrize(
    ("name", "quant", "kind"),
    [
        ("output.weight", "Q4_K_M", "Q6_K"),
        ("token_embd.weight", "Q4_K_M", "Q4_K"),
        ("blk.0.attn_v.weight", "Q4_K_M", "Q6_K"),
        ("blk.3.attn_v.weight", "Q4_K_M", "Q4_K"),
        ("blk.5.ffn_down.weight", "Q5_K_M", "Q6_K"),
        ("blk.3.ffn_up.weight", "Q5_K_M", "Q5_K"),
        ("blk.3.ffn_up.weight", "Q6_K", "Q6_K"),
        ("blk.3.attn_q.bias", "Q4_K_M", "F32"),
    ],
)
def test_the_mix_of_types_is_llama_cpps(name: str, quant: str, kind: str) -> None:
    shape = (512,) if name.endswith("bias") else (512, 512)
    assert quantise.tensor_type(name, shape, quant, 24) == kind


@pytest.mark.parametrize(
    ("columns", "kind"), [(512, "Q4_K"), (896, "Q5_0"), (64, "Q5_0"), (48, "F16"), (33, "F16")]
)
def test_rows_that_are_no_whole_blocks_fall_back(columns: int, kind: str) -> None:
    assert quantise.tensor_type("blk.3.ffn_up.weight", (8, columns), "Q4_K_M", 24) == kind
