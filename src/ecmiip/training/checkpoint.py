"""Whole training states on disk: written in one piece, checked before use, the last two kept.

A checkpoint is one safetensors file (weights, optimizer, random numbers) and a JSON file beside it
(position, digest). The JSON comes last, so a state without it is not there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ecmiip.files import replacing, sha256, write_json

KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and ``position``: where in the run they belong (plain JSON values)."""

    tensors: dict[str, Tensor]
    position: dict[str, Any]


def save(
    folder: Path, number: int, tensors: Mapping[str, Tensor], position: dict[str, Any]
) -> None:
    """Write checkpoint ``number`` (they must rise) and remove the ones that are too old."""
    from safetensors.torch import save_file

    weights, facts = _files(folder, number)
    with replacing(weights) as part:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, part)
    write_json(facts, {"sha256": sha256(weights), "position": position})
    for old in _numbers(folder)[KEPT:]:
        for file in reversed(_files(folder, old)):
            file.unlink(missing_ok=True)


def newest(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """The newest whole checkpoint, and the names of damaged ones that were passed over."""
    from safetensors.torch import load_file

    damaged: list[str] = []
    for number in _numbers(folder):
        weights, facts = _files(folder, number)
        try:
            written = json.loads(facts.read_text(encoding="utf-8"))
            if sha256(weights) == written["sha256"]:
                return Checkpoint(load_file(weights), written["position"]), damaged
        except (OSError, ValueError, KeyError):
            pass
        damaged.append(weights.name)
    return None, damaged


def _numbers(folder: Path) -> list[int]:
    """Numbers of the checkpoints there, newest first."""
    return sorted((int(file.stem) for file in folder.glob("[0-9]*.json")), reverse=True)


def _files(folder: Path, number: int) -> tuple[Path, Path]:
    return folder / f"{number:06d}.safetensors", folder / f"{number:06d}.json"
