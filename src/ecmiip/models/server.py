"""A llama.cpp server of our own: a quantised base, and adapters that a request switches on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.models.endpoint import Endpoint


@contextmanager
def serving(
    gguf: Path,
    adapter: Path | None = None,
    *,
    context: int = 4096,
    threads: int | None = None,
) -> Iterator[Endpoint]:
    """Serve ``gguf`` on a free port of 127.0.0.1 while the block runs; give its endpoint.

    ``adapter`` is a LoRA GGUF; the endpoint given has it switched on, and its
    ``without_adapter()`` is the bare base in the same server, so that a before/after comparison
    shares everything else.
    ``context`` is in tokens. ``threads`` defaults to the cores at hand.
    """
    import xllamacpp

    cores = threads or _cores()
    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.n_ctx = context
    params.n_parallel = 1
    # A request that was given up is noticed between two of these batches; a smaller one reads no
    # slower on a processor.
    params.n_batch = params.n_ubatch = 128
    params.cpuparams.n_threads = cores
    params.cpuparams_batch.n_threads = cores
    params.verbosity = -1
    params.port = 0
    params.ui = False
    # The prompt cache in memory does not ask which adapter a prompt was read with.
    params.cache_ram_mib = 0
    if adapter is not None:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0)]
    try:
        server = xllamacpp.Server(params)
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"llama.cpp cannot load {gguf.name}"
            + (f" with {adapter.name}" if adapter else "")
            + f" ({error}): check that the file is whole and the adapter belongs to this base"
        ) from error
    endpoint = Endpoint(
        url=f"{server.listening_address}/v1",
        model=gguf.stem,
        adapter_scale=1.0 if adapter is not None else None,
        grammars=True,
    )
    try:
        yield endpoint
    finally:
        endpoint.close()
        del server


def _cores() -> int:
    """The processors that this process may use: those it was pinned to, where that is known."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
