"""Whom a suite is put to: an endpoint, and what is known of the model behind it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.evaluation.calling import Chat
from ecmiip.files import sha256
from ecmiip.models.bases import BASES, DEFAULT
from ecmiip.models.inprocess import Batches
from ecmiip.models.likelihood import Weighs
from ecmiip.models.subject import find_run, lora_of, open_subject, read_weights
from ecmiip.models.weights import find_gguf
from ecmiip.runs import Run


@dataclass(frozen=True)
class Subject:
    """A model that answers.

    ``name`` is for tables, ``identity`` tells apart what one name may stand for, ``parameters``
    is the model's size without an adapter, and ``base`` what a run was trained on; None where
    not known. ``weights`` are there where the model is computed in this process.
    """

    name: str
    endpoint: Chat
    identity: str
    parameters: int | None = None
    base: str | None = None
    weights: Weighs | None = None


@contextmanager
def opened(
    model: str,
    *,
    name: str | None = None,
    api_key: str | None = None,
    timeout: float | None = None,
    parameters: int | None = None,
    batch: int | None = None,
) -> Iterator[Subject]:
    """Give the subject that ``model`` names, as :func:`ecmiip.models.subject.open_subject` takes
    it, while the block runs.

    ``timeout`` is in seconds per request; ``parameters`` is the size of a model that does not
    tell it. With ``batch`` the model is computed in this process, so many chats at a time.
    Raises UserError for a model that cannot be had.
    """
    known = about(model)
    subject = partial(
        Subject,
        name=name or known.name,
        identity=known.identity,
        parameters=parameters or known.parameters,
        base=known.base,
    )
    if batch is not None:
        weights = read_weights(model)
        with closing(Batches(weights, batch)) as endpoint:
            yield subject(endpoint=endpoint, weights=weights)
        return
    with open_subject(model, api_key=api_key) as endpoint:
        if timeout is not None:
            endpoint = replace(endpoint, timeout=timeout)
        yield subject(endpoint=endpoint)


@dataclass(frozen=True)
class About:
    """What is known of a model before it is opened; see :class:`Subject`."""

    name: str
    identity: str
    parameters: int | None = None
    base: str | None = None


def about(model: str) -> About:
    """What is known of ``model``, named as in :func:`opened`. Raises UserError for none."""
    if model.startswith(("http://", "https://")):
        return About(model.partition("#")[2] or model, model)
    if model == "base" or model in BASES:
        base = BASES[DEFAULT if model == "base" else model]
        return About(base.name, base.sha256, base.parameters)
    if model.endswith(".gguf"):
        path = find_gguf(model)
        return About(path.stem, sha256(path), gguf_parameters(path))
    run = find_run(model)
    recorded = run.info().get("base")
    if recorded is None:
        raise UserError(f"{run.path}: its training has not begun: train it, or take another model")
    base_name = str(recorded["name"])
    of_base = about(base_name)
    return About(
        name=run.name,
        identity=f"{of_base.identity} {_adapter_digest(run)}",
        parameters=of_base.parameters,
        base=of_base.name,
    )


def _adapter_digest(run: Run) -> str:
    try:
        return sha256(lora_of(run))
    except UserError:
        # llama.cpp takes no adapter of this kind; its weights can still be computed here.
        return sha256(run.adapter / "adapter_model.safetensors")


def gguf_parameters(path: Path) -> int | None:
    """How many weights a GGUF file holds; None without the library that reads it."""
    try:
        from gguf import GGUFReader
    except ImportError:
        return None
    return sum(int(tensor.n_elements) for tensor in GGUFReader(path).tensors)
