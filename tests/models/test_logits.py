"""The two forms of the real base are one model: safetensors in transformers, GGUF in llama.cpp.

The safetensors are dequantised from the GGUF, so the weights are the same numbers. llama.cpp
also rounds each layer's activations to 8 bits before a product with 4-bit weights; that rounding
is all that may stand between the two.
"""

from typing import Any

import httpx2
import pytest

# In nats, over the five likeliest tokens of each step. Measured on the prompts below: mean 0.048,
# worst 0.256, and 63 of 64 likeliest tokens the same. A wrong tensor, a permuted head or another
# rope base moves them by several nats.
MEAN_TOLERANCE = 0.1
WORST_TOLERANCE = 0.5
AGREEMENT = 0.9
TOP = 5
POSITIONS = 16

PROMPTS = (
    "<|im_start|>user\n什么是专利？<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nWhat is a trademark?<|im_end|>\n<|im_start|>assistant\n",
    "商标权人可以许可他人使用其注册商标，",
    "def add(first, second):\n    return",
)


@pytest.mark.weights
@pytest.mark.slow
def test_llama_cpp_and_transformers_agree_on_the_real_base() -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from ecmiip.models.bases import DEFAULT
    from ecmiip.models.server import serving
    from ecmiip.models.weights import find_gguf, find_safetensors

    folder = find_safetensors(DEFAULT)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    prompts = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in PROMPTS]
    with serving(find_gguf(DEFAULT), context=512) as endpoint:
        url = endpoint.url.removesuffix("/v1")
        written = [_complete(url, ids) for ids in prompts]

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    agreed, gaps = [], []
    for ids, steps in zip(prompts, written, strict=True):
        whole = torch.tensor([ids + [step["id"] for step in steps]])
        with torch.inference_mode():
            ours = model(whole).logits[0, len(ids) - 1 : -1].log_softmax(-1)
        for row, step in zip(ours, steps, strict=True):
            agreed.append(int(row.argmax()) == step["id"])
            gaps += [abs(float(row[top["id"]]) - top["logprob"]) for top in step["top_logprobs"]]
    assert len(agreed) >= 3 * POSITIONS
    assert sum(agreed) / len(agreed) >= AGREEMENT
    assert sum(gaps) / len(gaps) <= MEAN_TOLERANCE
    assert max(gaps) <= WORST_TOLERANCE


def _complete(url: str, prompt: list[int]) -> list[dict[str, Any]]:
    """What llama.cpp writes after ``prompt``, greedily: per token its id and the top ones."""
    answer = httpx2.post(
        f"{url}/completion",
        json={
            "prompt": prompt,
            "n_predict": POSITIONS,
            "n_probs": TOP,
            "temperature": 0.0,
            "cache_prompt": False,
        },
        timeout=300.0,
    )
    answer.raise_for_status()
    steps: list[dict[str, Any]] = answer.json()["completion_probabilities"]
    return steps
