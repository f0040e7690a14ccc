"""This engine beside TRL's SFTTrainer: same base, same LoRA, same Q&A pairs, same machine.

    python benchmarks/training_peer.py --base FOLDER [--pairs FILE.jsonl] [--rounds 2] [--steps 2]

Each measurement is a process of its own, so that peak memory is its own; the engines take turns, so
that a busy moment of the machine does not hit one of them only. TRL runs as its documentation
advises for a CPU: packed to the sequence length, float32, no gradient checkpointing. A token counts
if it carries information: padding does not, wherever an engine has any. On a machine with other
work, set OMP_NUM_THREADS=1 and compare the tokens per second of processor time.

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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LENGTH = 1024
RANK, ALPHA = 16, 32


@dataclass
class Timing:
    """Tokens that passed, and the seconds that passed: of the clock, and of the processors."""

    tokens: int
    seconds: float
    processor: float


class Watch:
    """Takes the time from ``start`` on."""

    def start(self) -> None:
        self.clock, self.processor = time.perf_counter(), time.process_time()

    def timing(self, tokens: int) -> Timing:
        clock, processor = time.perf_counter(), time.process_time()
        return Timing(tokens, clock - self.clock, processor - self.processor)


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


def ours(base: Path, pairs: Path, steps: int, accumulated: int) -> Timing:
    """``steps`` optimizer steps, after one that is not counted."""
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
            "batch": {"sequence": LENGTH, "micro": LENGTH, "step": accumulated * LENGTH},
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
    planned = plan([Group(1.0, pieces)], (steps + 1) * accumulated * LENGTH, recipe.batch, 1)[
        : steps + 1
    ]
    tokens, watch = 0, Watch()
    for number, step in enumerate(planned):
        if number == 1:
            tokens = 0
            watch.start()
        rows = [collate(row) for row in step]
        stepper.step(rows, 1e-4)
        tokens += sum(row.tokens for row in rows)
    return watch.timing(tokens)


def peer(base: Path, pairs: Path, steps: int, accumulated: int) -> Timing:
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

        timing: Timing
        tokens_before = 0
        watch = Watch()

        def on_step_end(self, _: Any, state: Any, *__: Any, **___: Any) -> None:
            tokens = int(state.num_input_tokens_seen)
            if state.global_step == 1:
                self.tokens_before = tokens
                self.watch.start()
            else:
                self.timing = self.watch.timing(tokens - self.tokens_before)

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
                gradient_accumulation_steps=accumulated,
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
    return clock.timing


def measure(engine: str, pairs: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Run one engine in its own process."""
    options = ["--base", given.base, "--pairs", pairs, "--steps", given.steps]
    options += ["--accumulated", given.accumulated]
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
    parser.add_argument("--accumulated", type=int, default=4, help="micro-batches per step")
    parser.add_argument("--engine", choices=("ours", "peer"), help=argparse.SUPPRESS)
    given = parser.parse_args()

    if given.engine:
        run = ours if given.engine == "ours" else peer
        timing = run(given.base, given.pairs, given.steps, given.accumulated)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        result = {"engine": given.engine} | asdict(timing)
        rates = {
            "tokens_per_second": round(timing.tokens / timing.seconds, 1),
            "tokens_per_processor_second": round(timing.tokens / timing.processor, 1),
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
                result = measure(engine, pairs, given)
                print(json.dumps(result), flush=True)
                known = best.setdefault(engine, result)
                for rate in ("tokens_per_second", "tokens_per_processor_second"):
                    known[rate] = max(known[rate], result[rate])
    mine, theirs = best["ours"], best["peer"]
    for key in ("tokens_per_second", "tokens_per_processor_second", "peak_gib"):
        print(f"{key}: {mine[key] / theirs[key]:.2f} of the peer's")


if __name__ == "__main__":
    main()
