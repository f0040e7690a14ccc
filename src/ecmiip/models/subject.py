"""From what a user names as a model to an endpoint that answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.files import home, sha256, shipped
from ecmiip.models.bases import BASES, DEFAULT
from ecmiip.models.endpoint import Endpoint
from ecmiip.models.gguf import architecture, write_lora
from ecmiip.models.inprocess import Weights
from ecmiip.models.server import serving
from ecmiip.models.weights import find_gguf, find_safetensors
from ecmiip.runs import Run

RELEASE = "ec-miip-0.5b"


@contextmanager
def open_subject(name: str, *, api_key: str | None = None) -> Iterator[Endpoint]:
    """Give the endpoint of ``name`` while the block runs.

    ``name`` is ``base`` or the name of a known base; a run (its folder, its name under
    ``$ECMIIP_HOME/runs``, or the name of a released one), which is its base with its adapter; a
    ``.gguf`` file; or ``http://host:port/v1#model``. Raises UserError for anything else.
    """
    if name.startswith(("http://", "https://")):
        url, _, model = name.partition("#")
        if not model:
            raise UserError(f"{name}: which model? write {url}#MODEL")
        endpoint = Endpoint(url=url.rstrip("/"), model=model, api_key=api_key)
        try:
            yield endpoint
        finally:
            endpoint.close()
    elif name == "base" or name in BASES or name.endswith(".gguf"):
        with serving(find_gguf(DEFAULT if name == "base" else name)) as endpoint:
            yield endpoint
    else:
        run = find_run(name)
        with serving(find_gguf(_base_of(run)), lora_of(run)) as endpoint:
            yield endpoint


def read_weights(name: str) -> Weights:
    """The weights of ``name``, which is as in :func:`open_subject`, to be computed in this process.

    Raises UserError for a model behind a URL.
    """
    if name.startswith(("http://", "https://")):
        raise UserError(f"{name}: its weights are not here: leave out --choice likelihood")
    if name == "base" or name in BASES or name.endswith(".gguf"):
        return Weights(find_safetensors(DEFAULT if name == "base" else name))
    run = find_run(name)
    return Weights(find_safetensors(_base_of(run)), run.adapter)


def find_run(name: str) -> Run:
    """A run: its folder, its name under ``$ECMIIP_HOME/runs``, or the name of a released one."""
    for folder in (Path(name).expanduser(), home() / "runs" / name, shipped("release") / name):
        if is_run(folder):
            return Run.open(folder)
    raise UserError(
        f"no model is called '{name}': take base, {', '.join(BASES)}, a run's folder, "
        "a .gguf file, or http://host:port/v1#model"
    )


def default_model() -> str:
    """The model to use when none is named: the released one, else the newest run, else the base."""
    if released() is not None:
        return RELEASE
    finished = [
        path.parent
        for path in (home() / "runs").glob("*/run.json")
        if Run.open(path.parent).info().get("status") == "finished"
    ]
    return str(max(finished, key=lambda path: (path / "run.json").stat().st_mtime, default="base"))


def released(base: str | None = None) -> Run | None:
    """The model that comes with the project, if one does (and sits on ``base``)."""
    folder = shipped("release") / RELEASE
    found = Run.open(folder) if is_run(folder) else None
    return found if found and base in (None, _base_of(found)) else None


def is_run(folder: Path) -> bool:
    """Whether ``folder`` is that of a run."""
    return (folder / "run.json").is_file()


def _base_of(run: Run) -> str:
    """The base that the run was trained on."""
    base = run.info().get("base")
    if base is None:
        raise UserError(f"{run.path}: its training has not begun: train it, or take another model")
    return str(base["name"])


def lora_of(run: Run) -> Path:
    """The run's adapter as the file that llama.cpp loads; made of the finished adapter once."""
    path = run.path / "adapter.gguf"
    if run.path.parent == shipped("release"):
        # What was installed is not written to.
        digest = sha256(run.adapter / "adapter_model.safetensors")
        path = home() / "released" / f"{run.name}-{digest[:16]}.gguf"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        base = _base_of(run)
        known = BASES.get(base)
        write_lora(
            run.adapter, path, known.architecture if known else architecture(find_gguf(base))
        )
    return path
