"""Merge adapters: of branches that were trained apart, or one adapter into its base.

Branches merge through peft's ``add_weighted_adapter``; all must sit on the same base, by digest,
and have the same rank, scaling and layers. Merging multiplies the branches out, combines the
changes of the weights and factors the result again (singular values), because adding up the
factors themselves would give another matrix: (A1 + A2)(B1 + B2) is not A1 B1 + A2 B2.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import torch

from ecmiip.errors import UserError
from ecmiip.models.exporting import free, new_folder, room
from ecmiip.runs import Run
from ecmiip.training import adapters
from ecmiip.training import base as bases
from ecmiip.training.provenance import lineage, record_merge

# peft's names for "multiply out, combine, factor again".
_COMBINATION = {
    "linear": "svd",
    "ties": "ties_svd",
    "dare_linear": "dare_linear_svd",
    "dare_ties": "dare_ties_svd",
}
# These divide by how many branches keep a value; peft's other sums do not.
_AVERAGING = ("ties", "dare_ties")


def merge_runs(
    parents: Sequence[Run],
    base: Path,
    into: Run,
    *,
    how: str = "ties",
    weights: Sequence[float] = (),
    density: float = 0.5,
    seed: int = 1,
) -> None:
    """Merge the adapters of finished runs into the new run ``into``.

    ``how``: linear, ties, dare_linear or dare_ties. ``weights``: of each parent (default: equal,
    of sum 1); the TIES forms average, so there only their ratios matter. ``density``: the share of
    changes that TIES and DARE keep. ``seed``: DARE drops at random.

    Raises UserError if a parent is unfinished, has no adapter, or sits on another base.
    """
    from peft import LoraConfig, PeftModel

    if how not in _COMBINATION:
        raise UserError(f"merging by '{how}': choose one of {', '.join(_COMBINATION)}")
    if len(parents) < 2:
        raise UserError("merging needs two runs or more: name them")
    if weights and len(weights) != len(parents):
        raise UserError(f"{len(parents)} runs but {len(weights)} weights: give one for each")
    shares = list(weights) or [1 / len(parents)] * len(parents)
    if not all(map(math.isfinite, shares)):
        raise UserError("a weight is not a finite number: give one such for each run")
    if how in _AVERAGING and sum(shares) <= 0:
        raise UserError(
            f"merging by {how} averages, and these weights add up to {sum(shares):g}: "
            "give weights of a positive sum"
        )
    digest = bases.digest(base)
    for parent in parents:
        lineage(parent, digest)
    if len({_kind(parent) for parent in parents}) > 1:
        raise UserError("these adapters differ in rank, scaling or layers: train them alike")

    if LoraConfig.from_pretrained(parents[0].adapter).use_dora:
        raise UserError("DoRA's magnitudes cannot be merged: train the branches with lora")

    names = [f"parent{number}" for number in range(len(parents))]
    model = PeftModel.from_pretrained(
        bases.read_base(base), parents[0].adapter, adapter_name=names[0]
    )
    for name, parent in zip(names[1:], parents[1:], strict=True):
        model.load_adapter(parent.adapter, adapter_name=name)
    torch.manual_seed(seed)
    # Weights of mean 1 leave an average what it is; those of sum 1 would divide it once more.
    unit = sum(shares) / len(shares) if how in _AVERAGING else 1.0
    model.add_weighted_adapter(
        names,
        [share / unit for share in shares],
        adapters.ADAPTER,
        combination_type=_COMBINATION[how],
        svd_rank=model.peft_config[names[0]].r,
        svd_full_matrices=False,
        **({} if how == "linear" else {"density": density}),
    )
    # The factors hold the whole change, with alpha = rank; rsLoRA would scale it once more.
    model.peft_config[adapters.ADAPTER].use_rslora = False
    adapters.save(model, into.adapter, parents[0].info()["base"]["name"])
    record_merge(
        into, parents, digest, {"how": how, "weights": shares, "density": density, "seed": seed}
    )


def merge_into_base(run: Run, base: Path, folder: Path) -> None:
    """Write the base with ``run``'s adapter merged in, and its tokenizer, to ``folder``: whole or
    not at all.

    Raises UserError if the run's adapter sits on another base, ``folder`` is taken, or the disk has
    no room.
    """
    from peft import PeftModel

    lineage(run, bases.digest(base))
    free(folder)
    model = PeftModel.from_pretrained(bases.read_base(base), run.adapter).merge_and_unload()
    room(folder, sum(weight.nbytes for weight in model.parameters()))
    with new_folder(folder) as part:
        model.save_pretrained(part)
        bases.read_tokenizer(base).save_pretrained(part)
        for file in part.iterdir():  # safetensors makes its files private; nothing here is
            file.chmod(0o644)


def _kind(run: Run) -> tuple[object, ...]:
    from peft import LoraConfig

    config = LoraConfig.from_pretrained(run.adapter)
    layers = config.layers_to_transform
    return (
        config.r,
        config.lora_alpha,
        config.use_rslora,
        config.use_dora,
        tuple(sorted(config.target_modules)),
        None if layers is None else tuple(layers),
    )
