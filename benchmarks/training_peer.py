"""This engine beside TRL's SFTTrainer: same base, same LoRA, same Q&A pairs, same machine.

    python benchmarks/training_peer.py --base FOLDER [--pairs FILE.jsonl] [--rounds 2] [--steps 2]

Each measurement is a process of its own, so that peak memory is its own; the engines take turns, so
that a busy moment of the machine does not hit one of them only. TRL runs as its documentation
advises for a CPU: packed to the sequence length, float32, no gradient checkpointing. A token counts
if it carries information: padding does not, wherever an engine has any.

Needs ``pip install trl==1.16.*``. Prints one JSON object per measurement, then the comparison.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LENGTH = 1024
ACCUMULATED = 4
RANK, ALPHA = 16, 32


def made_up_pairs(count: int) -> list[dict[str, Any]]:
    """Pairs of mixed length, like exam questions: 40-200 characters asked, 60-900 answered."""
    numbers = random.Random(0)
    letters = "专利商标著作权法条款项规定应当可以不得侵害赔偿损失责任合同许可转让申请人民院审理"
    text = lambda n: "".join(numbers.choices(letters, k=n))  # noqa: E731
    return [
        {
            "id": f"made-up-{number}",
            "messages": [
                {"role": "user", "content": text(numbers.randint(40, 200))},
                {"role": "assistant", "content": text(int(60 * 15 ** numbers.random()))},
            ],
        }
        for number in range(count)
    ]


def ours(base: Path, pairs: Path, steps: int) -> tuple[int, float]:
    """Tokens and seconds of ``steps`` optimizer steps, after one that is not counted."""
    import torch

    from ecmiip.training import adapters, machine
    from ecmiip.training.base import read_base, read_tokenizer
    from ecmiip.training.data import read_pieces
    from ecmiip.training.fusion import fuse
    from ecmiip.training.network import Network
    from ecmiip.training.packing import Group, collate, plan
    from ecmiip.training.processes import Processes
    from ecmiip.training.recipe import Recipe
    from ecmiip.training.steppers import stepper_for

    recipe = Recipe.model_validate(
        {
            "name": "peer",
            "base": "peer",
            "trained": {"rank": RANK, "alpha": ALPHA},
            "batch": {"sequence": LENGTH, "micro": LENGTH, "step": ACCUMULATED * LENGTH},
            "stages": [
                {
                    "name": "pairs",
                    "kind": "finetune",
                    "tokens": 1,
                    "learning_rate": 1e-4,
                    "pairs": {},
                    "too_long": "skip",
                }
            ],
        }
    )
    machine.keep_freed_memory()
    torch.manual_seed(1)
    pieces = read_pieces(pairs, recipe.stages[0], read_tokenizer(base), LENGTH).pieces
    model = read_base(base)
    adapters.prepare(model, recipe.trained)
    fuse(model)
    network = Network(model)
    network.train()
    stepper = stepper_for(recipe, network, network, Processes())
    planned = plan([Group(1.0, pieces)], (steps + 1) * ACCUMULATED * LENGTH, recipe.batch, 1)[
        : steps + 1
    ]
    tokens, began = 0, 0.0
    for number, step in enumerate(planned):
        if number == 1:
            tokens, began = 0, time.perf_counter()
        rows = [collate(row) for row in step]
        stepper.step(rows, 1e-4)
        tokens += sum(row.tokens for row in rows)
    return tokens, time.perf_counter() - began


def peer(base: Path, pairs: Path, steps: int) -> tuple[int, float]:
    """The same through TRL."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    rows = [json.loads(line) for line in pairs.read_text(encoding="utf-8").splitlines()]
    data = Dataset.from_list(
        [{"prompt": row["messages"][:-1], "completion": row["messages"][-1:]} for row in rows]
    )

    class Clock(TrainerCallback):  # type: ignore[misc]
        """Starts after the first step."""

        began = ended = 0.0
        tokens_before = 0

        def on_step_end(self, _: Any, state: Any, *__: Any, **___: Any) -> None:
            self.ended = time.perf_counter()
            if state.global_step == 1:
                self.began = self.ended
                self.tokens_before = int(state.num_input_tokens_seen)

    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        trainer = SFTTrainer(
            model=AutoModelForCausalLM.from_pretrained(base, dtype="float32"),
            processing_class=AutoTokenizer.from_pretrained(base),
            train_dataset=data,
            peft_config=LoraConfig(
                r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM"
            ),
            args=SFTConfig(
                output_dir=folder,
                packing=True,
                max_length=LENGTH,
                per_device_train_batch_size=1,
                gradient_accumulation_steps=ACCUMULATED,
                max_steps=steps + 1,
                learning_rate=1e-4,
                use_cpu=True,
                bf16=False,
                gradient_checkpointing=False,
                include_num_input_tokens_seen="non_padding",
                report_to=[],
                save_strategy="no",
                logging_steps=1,
            ),
            callbacks=[clock],
        )
        trainer.train()
        tokens = int(trainer.state.num_input_tokens_seen) - clock.tokens_before
    return tokens, clock.ended - clock.began


def measure(engine: str, base: Path, pairs: Path, steps: int) -> dict[str, Any]:
    """Run one engine in its own process."""
    options = ("--base", base, "--pairs", pairs, "--steps", steps)
    done = subprocess.run(
        [sys.executable, __file__, "--engine", engine, *map(str, options)],
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", type=Path, required=True, help="safetensors folder")
    parser.add_argument("--pairs", type=Path, help="JSON lines with messages (default: made up)")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=2, help="optimizer steps per measurement")
    parser.add_argument("--engine", choices=("ours", "peer"), help=argparse.SUPPRESS)
    given = parser.parse_args()

    if given.engine:
        run = ours if given.engine == "ours" else peer
        tokens, seconds = run(given.base, given.pairs, given.steps)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        result = {"engine": given.engine, "tokens": tokens, "seconds": round(seconds, 2)}
        rates = {
            "tokens_per_second": round(tokens / seconds, 1),
            "peak_gib": round(peak / 2**30, 2),
        }
        print(json.dumps(result | rates))
        return

    with tempfile.TemporaryDirectory() as folder:
        pairs = given.pairs
        if pairs is None:
            pairs = Path(folder) / "pairs.jsonl"
            pairs.write_text("".join(json.dumps(row) + "\n" for row in made_up_pairs(200)))
        best: dict[str, dict[str, Any]] = {}
        for _ in range(given.rounds):
            for engine in ("ours", "peer"):
                result = measure(engine, given.base, pairs, given.steps)
                print(json.dumps(result), flush=True)
                known = best.get(engine)
                if known is None or result["tokens_per_second"] > known["tokens_per_second"]:
                    best[engine] = result
    mine, theirs = best["ours"], best["peer"]
    speed = mine["tokens_per_second"] / theirs["tokens_per_second"]
    print(f"speed: {speed:.2f} x; peak memory: {mine['peak_gib'] / theirs['peak_gib']:.0%}")


if __name__ == "__main__":
    main()
