"""The exported file, loaded in llama.cpp, gives the answer of base and adapter."""

from datetime import date
from pathlib import Path

import pytest

from ecmiip.models import exporting, prompt
from ecmiip.models.server import serving
from ecmiip.models.weights import find_gguf
from ecmiip.runs import Run

pytestmark = [pytest.mark.weights, pytest.mark.slow]

BASE = "qwen2.5-coder-0.5b"
TOKENS = 24
ASKED = prompt.ask(
    "doctrine",
    "示例证书的有效期是多久？",
    date(2026, 11, 22),
    ["《示例法》第三条：示例证书的有效期为五年。"],
)


def answer(gguf: Path, adapter: Path | None = None) -> str:
    with serving(gguf, adapter, context=1024) as endpoint:
        return endpoint.chat(ASKED, max_tokens=TOKENS).text


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose adapter, drawn at random, changes what the base says."""
    import json

    import numpy as np
    from safetensors.numpy import save_file

    run = Run.create(tmp_path_factory.mktemp("runs"), "drawn")
    run.update(status="finished", base={"name": BASE, "sha256": ""})
    rng = np.random.default_rng(0)
    hidden, rank = 896, 8
    tensors = {}
    for layer in (20, 21, 22, 23):
        for module in ("self_attn.q_proj", "self_attn.o_proj"):
            where = f"base_model.model.model.layers.{layer}.{module}"
            for half, shape in (("A", (rank, hidden)), ("B", (hidden, rank))):
                drawn = rng.normal(scale=0.06, size=shape).astype(np.float32)
                tensors[f"{where}.lora_{half}.weight"] = drawn
    run.adapter.mkdir()
    save_file(tensors, run.adapter / "adapter_model.safetensors")
    (run.adapter / "adapter_config.json").write_text(json.dumps({"r": rank, "lora_alpha": 16}))
    return run


@pytest.fixture(scope="module")
def tuned(run: Run) -> str:
    """What base and adapter say, after it was seen that the base alone says something else."""
    base = find_gguf(BASE)
    lora = exporting.export_lora(run, run.path / "exported.lora.gguf")
    with serving(base, lora, context=1024) as endpoint:
        said = endpoint.chat(ASKED, max_tokens=TOKENS).text
        assert said != endpoint.without_adapter().chat(ASKED, max_tokens=TOKENS).text
    return said


def test_a_merged_f16_file_says_the_same(run: Run, tuned: str, tmp_path: Path) -> None:
    # Its numbers are the base's, written out, plus the change: nothing is rounded again.
    assert answer(exporting.export_gguf(run, tmp_path / "f16.gguf", "F16")) == tuned


@pytest.mark.parametrize("quant", ["Q8_0", "Q4_K_M"])
def test_a_quantised_one_begins_alike(run: Run, tuned: str, tmp_path: Path, quant: str) -> None:
    # The change is rounded with the base, so words may part: that it answers the question stays.
    said = answer(exporting.export_gguf(run, tmp_path / "out.gguf", quant))
    assert "五年" in said
    assert "五年" in tuned
