"""What a run is made of, written down before it starts and compared before it is resumed."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from ecmiip.errors import UserError
from ecmiip.files import sha256
from ecmiip.runs import Run, commit
from ecmiip.training import base as bases
from ecmiip.training.data import StageData
from ecmiip.training.recipe import Recipe

LIBRARIES = ("ecmiip", "torch", "transformers", "peft", "safetensors")


def begin(
    recipe: Recipe,
    data: Mapping[str, StageData],
    run: Run,
    base: Path,
    *,
    resume: bool,
    parent: Run | None,
) -> None:
    """Record recipe, data, base and versions in ``run``; on resuming insist they are the same."""
    missing = [stage.name for stage in recipe.stages if stage.name not in data]
    if missing:
        raise UserError(
            f"stage '{missing[0]}' has no exported data: export the recipe's corpora first"
        )
    import tomli_w

    facts: dict[str, Any] = {
        "recipe": recipe.model_dump(mode="json", exclude_none=True),
        "base": {"name": recipe.base, "sha256": bases.digest(base)},
        "data": {
            stage.name: {
                "train": _hash(data[stage.name].train),
                "heldout": _hash(data[stage.name].heldout),
            }
            for stage in recipe.stages
        },
        "parent": None if parent is None else lineage(parent, bases.digest(base)),
        "earlier": [] if parent is None else stages(parent.info()),
    }
    before = run.info()
    if "base" in before:
        _same(run, before, facts, resume=resume)
        return
    run.write_recipe(tomli_w.dumps(facts["recipe"]))
    run.update(
        **facts,
        seed=recipe.seed,
        threads=torch.get_num_threads(),
        commit=commit(),
        versions={name: version(name) for name in LIBRARIES},
    )


def lineage(parent: Run, digest: str) -> dict[str, str]:
    """Name and adapter digest of a run that another one builds on.

    Raises UserError unless it is finished, has an adapter, and sits on the base of that ``digest``.
    """
    info = parent.info()
    if info["status"] != "finished" or not parent.adapter.is_dir():
        raise UserError(f"{parent.path} has no finished adapter: train it to the end first")
    if info["base"]["sha256"] != digest:
        raise UserError(
            f"{parent.path} was trained on another base than this: use {info['base']['name']} "
            f"with digest {info['base']['sha256'][:12]}"
        )
    return {
        "name": parent.name,
        "adapter": sha256(parent.adapter / "adapter_model.safetensors"),
    }


def stages(info: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stages of a finished run, those of the runs it started from before its own.

    Each has its ``name``, ``tokens``, ``steps``, ``seconds``, and the loss on its own held-out set
    ``before`` and ``after``.
    """
    own = info.get("result", {}).get("stages", [])  # a merge has none
    return [
        *info.get("earlier", []),
        *(
            {key: stage[key] for key in ("name", "tokens", "steps", "seconds")}
            | {when: stage[when][stage["name"]] for when in ("before", "after")}
            for stage in own
        ),
    ]


def record_merge(run: Run, parents: Sequence[Run], digest: str, settings: dict[str, Any]) -> None:
    """Record that ``run`` is a merge of ``parents`` on the base of that ``digest``."""
    run.update(
        base=parents[0].info()["base"],
        merge=settings,
        parent=[lineage(parent, digest) for parent in parents],
        commit=commit(),
        versions={name: version(name) for name in LIBRARIES},
        status="finished",
    )


def _same(run: Run, before: dict[str, Any], facts: dict[str, Any], *, resume: bool) -> None:
    if not resume:
        raise UserError(f"{run.path} was started before: resume it, or choose another name")
    for key, words in (
        ("recipe", "another recipe"),
        ("base", "another base model"),
        ("data", "other data"),
        ("parent", "another parent"),
    ):
        if before[key] != facts[key]:
            raise UserError(
                f"{run.path} was started with {words}: resume with the same, or start a new run"
            )


def _hash(path: Path) -> str:
    if not path.is_file():
        raise UserError(f"{path}: no such file: export the recipe's corpora first")
    return sha256(path)
