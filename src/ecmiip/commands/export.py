"""ecmiip export: a finished run as files for other programs."""

import shutil
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ecmiip.runs import Run


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
        _check_base(found)
        print(exporting.export_gguf(found, place, quant))
    elif to is Form.ollama:
        _check_base(found)
        print(exporting.export_ollama(found, output or Path(f"{found.name}.ollama"), quant))
    else:
        place = output or Path(found.name)
        _safetensors(found, place)
        print(place)


def _check_base(run: "Run") -> None:
    """Raise UserError unless the GGUF that ``run`` is to be merged into is that of its base."""
    from ecmiip.files import shipped
    from ecmiip.models.exporting import base_gguf

    base_gguf(run)  # refuses a base without a GGUF before its weights are fetched
    # A released model names a base that is verified, and its folder need not be made for this.
    if run.path.resolve().parent != shipped("release").resolve():
        _base(run)


def _base(run: "Run") -> Path:
    """The folder of the base that ``run`` names. Raises UserError if it was trained on another."""
    from ecmiip.errors import UserError
    from ecmiip.models.weights import find_safetensors
    from ecmiip.training.base import digest

    recorded = run.info()["base"]
    folder = find_safetensors(str(recorded["name"]))
    if digest(folder) != recorded["sha256"]:
        raise UserError(
            f"{run.path}: was trained on other weights than those of {recorded['name']}: "
            "name its base's folder as base.name in its run.json"
        )
    return folder


def _safetensors(run: "Run", place: Path) -> None:
    """The merged model of ``run``, or a copy of the model it trained in full, with a tokenizer."""
    from ecmiip.models import exporting
    from ecmiip.models.weights import find_safetensors
    from ecmiip.training.base import read_tokenizer
    from ecmiip.training.merge import merge_into_base

    exporting.free(place)
    if not run.model.is_dir():
        merge_into_base(run, find_safetensors(str(run.info()["base"]["name"])), place)
        return
    base = _base(run)
    files = list(run.model.iterdir())
    exporting.room(place, sum(file.stat().st_size for file in files))
    with exporting.new_folder(place) as part:
        for file in files:
            shutil.copyfile(file, part / file.name)
        read_tokenizer(base).save_pretrained(part)
