"""A finished run as a release: a run folder without its data and checkpoints, small enough to ship.

``release/<name>/`` has the run's ``run.json``, ``recipe.toml`` and ``metrics.jsonl``, its adapter
in half precision, ``headline.json`` with the scores that :func:`check` counts again, and the model
card.
"""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecmiip.errors import UserError
from ecmiip.evaluation import evaluating
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.subjects import about
from ecmiip.evaluation.verdict import Evaluation, folder, root
from ecmiip.files import read_json, replacing, write_json
from ecmiip.runs import Run

# What the repository takes of one adapter.
_MOST_BYTES = 40_000_000
# Other processors add up in another order, and a near tie may then fall the other way.
_TOLERANCE = 0.01
# Where checks are kept: apart from the evaluations that tables are made of.
CHECKS = "checks"
# The evaluations whose scores stand in the headline.
HEADLINE = (
    ("lexeval-ip", Setting(depth=3, choice="likelihood")),
    ("lexeval-ip", Setting(choice="likelihood")),
)


@dataclass(frozen=True)
class Hits:
    """How many items of one kind were answered right."""

    suite: str
    setting: Setting
    kind: str
    right: int
    items: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "suite": self.suite,
            "setting": self.setting.name,
            "kind": self.kind,
            "right": self.right,
            "items": self.items,
        }


def make(run: Run, into: Path) -> Run:
    """Write ``run`` as a release to the folder ``into``, in place of what is there.

    Raises UserError for a run without a finished adapter, or one that is too large to ship.
    """
    info = run.info()
    if info.get("status") != "finished" or not run.adapter.is_dir():
        raise UserError(f"{run.path} has no finished adapter: train it to the end first")
    part = into.with_name(f".{into.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(run.adapter, part / "adapter", ignore=shutil.ignore_patterns("README.md"))
    size = _halve(part / "adapter" / "adapter_model.safetensors")
    if size > _MOST_BYTES:
        shutil.rmtree(part)
        raise UserError(
            f"{run.path}: the adapter takes {size / 1e6:.0f} MB, a release {_MOST_BYTES / 1e6:.0f}:"
            " train a lower rank or fewer layers"
        )
    write_json(part / "run.json", info | {"name": into.name})
    for name in ("recipe.toml", "metrics.jsonl"):
        shutil.copyfile(run.path / name, part / name)
    shutil.rmtree(into, ignore_errors=True)
    part.rename(into)
    return Run.open(into)


def _halve(path: Path) -> int:
    """Rewrite the adapter at ``path`` in half precision; give its size in bytes."""
    from safetensors.numpy import load_file, save_file

    weights = {name: weight.astype("float16") for name, weight in load_file(path).items()}
    with replacing(path) as new:
        save_file(weights, new, metadata={"format": "pt"})
    return path.stat().st_size


def record(release: Run) -> list[Hits]:
    """Write down the headline from the evaluations of ``release`` at hand.

    Raises UserError where one is missing, unfinished, or of other weights.
    """
    found: list[Hits] = []
    identity = about(str(release.path)).identity
    for suite, setting in HEADLINE:
        evaluation = Evaluation.open(folder(suite, release.name, setting))
        if evaluation.identity != identity:
            raise UserError(
                f"{evaluation.path} is of other weights than {release.path}: move it away, then "
                f"`{evaluation.command}`"
            )
        counted = _hits(suite, setting, evaluation)
        if sum(one.items for one in counted) < evaluation.items:
            raise UserError(f"{evaluation.path} is unfinished: `{evaluation.command} --resume`")
        found += counted
    write_json(release.path / "headline.json", [one.to_json() for one in found])
    return found


def check(release: Run, *, again: bool = True) -> list[tuple[Hits, int]]:
    """Evaluate ``release`` anew; of each score of the headline: what is found, what was recorded.

    ``again`` drops an earlier check; without it, one that was interrupted goes on. Nothing that
    was kept of the model's earlier replies is used.
    """
    recorded = {
        (one["suite"], one["setting"], one["kind"]): int(one["right"])
        for one in read_json(release.path / "headline.json")
    }
    found: list[tuple[Hits, int]] = []
    for suite, setting in HEADLINE:
        under = root() / CHECKS
        if again:
            shutil.rmtree(folder(suite, release.name, setting, under), ignore_errors=True)
        done = evaluating.evaluate(
            evaluating.Order(
                suite=suite, model=str(release.path), setting=setting, kept=False, under=under,
                command=f"ecmiip release check {release.name}",
            )
        )  # fmt: skip
        for one in _hits(suite, setting, done.evaluation):
            found.append((one, recorded[suite, setting.name, one.kind]))
    return found


def differing(found: Iterable[tuple[Hits, int]]) -> list[tuple[Hits, int]]:
    """The scores that are further from what was recorded than rounding explains."""
    return [
        (one, recorded)
        for one, recorded in found
        if abs(one.right - recorded) > max(1, _TOLERANCE * one.items)
    ]


def _hits(suite: str, setting: Setting, evaluation: Evaluation) -> list[Hits]:
    verdicts = list(evaluation.verdicts())
    kinds = dict.fromkeys(verdict.kind for verdict in verdicts if verdict.kind != "open")
    return [
        Hits(
            suite,
            setting,
            kind,
            sum(bool(v.right) for v in verdicts if v.kind == kind),
            sum(v.kind == kind for v in verdicts),
        )
        for kind in sorted(kinds, reverse=True)
    ]


def card(release: Run, evaluations: Sequence[Evaluation]) -> str:
    """The model card as Markdown, made of the run's own records and of ``evaluations``."""
    from ecmiip.evaluation import published
    from ecmiip.evaluation.report.measures import load
    from ecmiip.evaluation.results import benchmarks
    from ecmiip.training import provenance

    info = release.info()
    stages = provenance.stages(info)
    hours = sum(stage["seconds"] for stage in stages) / 3600
    lines = [
        f"# {release.name}",
        "",
        f"<!-- Made by `ecmiip release card {release.name}`; do not edit by hand. -->",
        "",
        f"A LoRA adapter on {info['base']['name']} for Chinese intellectual-property law. It is"
        " meant to be used with MIPLD, which finds the provisions that it reads, and with a check"
        " of every citation; `ecmiip ask`, `ecmiip serve` and `ecmiip demo` do both.",
        "",
        "## How it was trained",
        "",
        "| stage | tokens | steps | minutes | own held-out loss before | after |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {stage['name']} | {stage['tokens']:,} | {stage['steps']}"
            f" | {stage['seconds'] / 60:.1f} | {stage['before']:.3f} | {stage['after']:.3f} |"
            for stage in stages
        ),
        "",
        f"In all {sum(stage['tokens'] for stage in stages):,} tokens and {hours:.2f} hours on"
        f" {info.get('threads', 1)} processor core(s) in float32, seed {info['recipe']['seed']};"
        f" peak memory {info['result']['peak_memory'] / 2**30:.1f} GiB. At 20 W for such a share of"
        f" a server (an assumption; it was not measured) that is {hours * 0.02:.2f} kWh. The recipe"
        " is `recipe.toml`, every step of the training `metrics.jsonl`.",
        "",
        *_origin(info.get("parent")),
        "## Data",
        "",
        f"{_read(info['recipe']['stages'])} The pairs are described in docs/data-card.md. All was"
        " checked against the benchmarks' items, and no benchmark is trained on. SHA-256 of what"
        " was read:",
        "",
        *(f"- {name}: `{digest}`" for name, digest in _digests(info["data"])),
        "",
        "## Results",
        "",
        *benchmarks(load(evaluations), published.results()),
        "",
        "Settings were chosen on half 0 of LexEval-IP; docs/results.md gives the halves apart, the"
        " paired tests, and what *likelihood* means.",
        "",
        "## Limits",
        "",
        "- It is small: what it states from memory is often wrong. Rely on what it reads, and on"
        " citations that were checked.",
        "- It knows Chinese law only, and of that mainly intellectual property.",
        "- It does not replace a lawyer's advice.",
        "",
        "## Licence",
        "",
        "Apache-2.0, as the base.",
    ]
    return "\n".join(lines) + "\n"


def _origin(parent: Any) -> list[str]:
    """Where a run that started from another one's adapter comes from, as a paragraph."""
    if not parent:
        return []
    return [
        f"It went on from the adapter of the run {parent['name']} (SHA-256 `{parent['adapter']}`),"
        " whose stages stand first; `recipe.toml`, `metrics.jsonl` and the digests below are of"
        " what came after.",
        "",
    ]


def _read(stages: Sequence[dict[str, Any]]) -> str:
    """What the stages of these kinds read, as a sentence."""
    if any(stage["kind"] == "pretrain" for stage in stages):
        return (
            "Pre-training reads statutes, regulations and judicial interpretations in MIPLD as of"
            " the day of training, the other stages question-and-answer pairs."
        )
    return "It was trained on question-and-answer pairs alone, without further pre-training."


def _digests(data: Any) -> list[tuple[str, str]]:
    flat = json.loads(json.dumps(data))
    return [
        (f"{stage} {side}", digest)
        for stage, sides in sorted(flat.items())
        for side, digest in sorted(sides.items())
    ]
