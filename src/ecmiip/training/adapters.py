"""What a method trains: peft adapters on the chosen layers, or all weights."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ecmiip.errors import UserError
from ecmiip.files import write_json
from ecmiip.training.recipe import Trained

ADAPTER = "default"  # peft's own name for a single adapter


def prepare(model: Any, trained: Trained) -> Any:
    """Make what ``trained`` names trainable in a frozen ``model``; return the model to save.

    For an adapter that is a peft model around ``model``; for full training ``model`` itself.
    Seed torch before: new adapters draw random numbers.
    """
    layers = chosen_layers(trained, len(model.model.layers))
    if not trained.adapter:
        if layers == list(range(len(model.model.layers))):
            model.requires_grad_(True)
        for number in layers:
            model.model.layers[number].requires_grad_(True)
        return model

    from peft import LoraConfig, get_peft_model

    names = {name.rpartition(".")[2] for name, m in model.named_modules() if _linear(m)}
    unknown = [target for target in trained.targets if target not in names - {"lm_head"}]
    if unknown:
        raise UserError(f"trained.targets names '{unknown[0]}', which this base does not have")
    return get_peft_model(
        model,
        LoraConfig(
            r=trained.rank,
            lora_alpha=trained.alpha,
            lora_dropout=trained.dropout,
            target_modules=list(trained.targets),
            layers_to_transform=layers,
            use_rslora=trained.method == "rslora",
            use_dora=trained.method == "dora",
            task_type="CAUSAL_LM",
        ),
        adapter_name=ADAPTER,
    )


def chosen_layers(trained: Trained, count: int) -> list[int]:
    """The numbers of the trained layers in a model of ``count``."""
    match trained.layers:
        case None:
            return list(range(count))
        case int(upper):
            layers = list(range(count - upper, count))
        case listed:
            layers = sorted(set(listed))
    if layers[0] < 0 or layers[-1] >= count:
        raise UserError(
            f"trained.layers asks for layers {layers[0]} to {layers[-1]}, the base has {count}"
        )
    return layers


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """The trained parameters by name, in the model's order."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def start_from(model: Any, folder: Path) -> None:
    """Give ``model``'s adapter the weights of the adapter in ``folder``.

    Raises UserError unless rank, layers and targets are the same. Another scaling is evened out.
    """
    from peft import LoraConfig
    from safetensors.torch import load_file

    theirs, mine = LoraConfig.from_pretrained(folder), model.peft_config[ADAPTER]
    if theirs.use_dora != mine.use_dora:
        raise UserError(f"{folder} and the recipe do not both use DoRA: make them alike")
    found = load_file(folder / "adapter_model.safetensors")
    own = {name.replace(f".{ADAPTER}.", "."): w for name, w in trainable(model).items()}
    if {n: w.shape for n, w in found.items()} != {n: w.shape for n, w in own.items()}:
        raise UserError(f"{folder} differs from the recipe in rank, layers or targets: align them")
    ratio = _scale(theirs) / _scale(mine)
    with torch.no_grad():
        for name, weight in own.items():
            weight.copy_(found[name] * ratio if "lora_B" in name else found[name])


def _scale(config: Any) -> float:
    """What peft multiplies an adapter's product by."""
    return float(config.lora_alpha / (config.r**0.5 if config.use_rslora else config.r))


def save(model: Any, folder: Path, base: str, weights: Mapping[str, Tensor] | None = None) -> None:
    """Write the adapter (or the whole model) to ``folder`` in peft's (or transformers') format.

    ``weights``: the adapter's (or all), whole, where the model itself holds shards of them.
    """
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    if hasattr(model, "peft_config"):
        model.save_pretrained(part, selected_adapters=[ADAPTER], state_dict=weights)
    else:
        model.save_pretrained(part, state_dict=weights)
    config = part / "adapter_config.json"
    if config.is_file():
        # peft writes the folder that the base was read from, which says nothing elsewhere.
        settings = json.loads(config.read_text(encoding="utf-8"))
        write_json(config, settings | {"base_model_name_or_path": base})
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)


def _linear(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear)
