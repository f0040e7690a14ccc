"""A base's letters through llama.cpp, beside those of its float32 logits on the same prompts.

    ecmiip eval --model qwen2.5-coder-0.5b --suite lexeval-ip
    python benchmarks/letters_float32.py qwen2.5-coder-0.5b

Reads the closed-book verdicts of that evaluation, the questions with one right letter, and
computes each of their chats again from the float32 weights.
"""

import argparse

import torch
from tqdm import tqdm
from transformers import AutoModelForCausalLM, AutoTokenizer

from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.verdict import Evaluation, folder
from ecmiip.models.chat import render
from ecmiip.models.weights import find_safetensors


def main() -> None:
    """Print both scores, their difference in points, and how often the letters agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="a known base")
    parser.add_argument("--suite", default="lexeval-ip")
    told = parser.parse_args()
    evaluation = Evaluation.open(folder(told.suite, told.base, Setting()))
    verdicts = [one for one in evaluation.verdicts() if one.kind == "single"]
    weights = find_safetensors(told.base)
    tokenizer = AutoTokenizer.from_pretrained(weights)
    model = AutoModelForCausalLM.from_pretrained(weights, dtype=torch.float32).eval()
    right = agree = 0
    for verdict in tqdm(verdicts, unit="item"):
        ids = render(tokenizer, list(verdict.prompt), add_generation_prompt=True).ids
        with torch.inference_mode():
            logits = model(torch.tensor([ids]), logits_to_keep=1).logits[0, -1]
        known = {one: float(logits[tokenizer.convert_tokens_to_ids(one)]) for one in "ABCD"}
        letter = max(known, key=lambda one: known[one])
        right += letter == verdict.key
        agree += letter == verdict.letters
    asked, n = sum(bool(one.right) for one in verdicts), len(verdicts)
    print(f"llama.cpp        {asked}/{n} = {asked / n:.1%}")
    print(f"float32 logits   {right}/{n} = {right / n:.1%}")
    print(f"difference {100 * (asked - right) / n:+.1f} points; the same letter {agree} times")


if __name__ == "__main__":
    main()
