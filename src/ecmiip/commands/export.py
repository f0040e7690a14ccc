"""ecmiip export: a finished run as files for other programs."""

import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Form(StrEnum):
    """What a run can be written as."""

    gguf_lora = "gguf-lora"
    gguf = "gguf"
    safetensors = "safetensors"
    ollama = "ollama"


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A finished run: its folder or name.")],
    to: Annotated[
        Form,
        typer.Option(
            "--to",
            help="gguf-lora: the adapter for llama.cpp. gguf: base and adapter in one file. "
            "safetensors: the same as a folder for transformers and vLLM. ollama: a folder "
            "with a Modelfile.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="PATH", help="Where to (default: named by the run)."
        ),
    ] = None,
    quant: Annotated[
        str, typer.Option("--quant", help="gguf, ollama: F16, Q8_0, Q6_K, Q5_K_M or Q4_K_M.")
    ] = "Q8_0",
) -> None:
    """Write a finished run for llama.cpp, Ollama, transformers or vLLM; print where."""
    from ecmiip.models import exporting
    from ecmiip.models.subject import find_run

    found = exporting.finished(find_run(run))
    if to is Form.gguf_lora:
        place = output or Path(f"{found.name}.lora.gguf")
        print(exporting.export_lora(found, place))
    elif to is Form.gguf:
        place = output or Path(f"{found.name}.{quant}.gguf")
        print(exporting.export_gguf(found, place, quant))
    elif to is Form.ollama:
        print(exporting.export_ollama(found, output or Path(f"{found.name}.ollama"), quant))
    else:
        place = output or Path(found.name)
        _safetensors(found.path, place)
        print(place)


def _safetensors(path: Path, place: Path) -> None:
    """The merged model of the run at ``path``, or a copy of the model it trained in full."""
    from ecmiip.errors import UserError
    from ecmiip.models.weights import find_safetensors
    from ecmiip.runs import Run
    from ecmiip.training.merge import merge_into_base

    run = Run.open(path)
    if place.exists():
        raise UserError(f"{place} is there already: choose another place with -o")
    if run.model.is_dir():
        part = place.with_name(f".{place.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(run.model, part)
        part.rename(place)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    merge_into_base(run, find_safetensors(str(run.info()["base"]["name"])), place)
