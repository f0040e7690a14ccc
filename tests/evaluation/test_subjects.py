"""Who is asked: each kind of subject's name for tables, identity, size and base."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation import subjects
from ecmiip.evaluation.subjects import Subject, opened
from ecmiip.models.bases import BASES, DEFAULT
from ecmiip.models.endpoint import Endpoint
from ecmiip.runs import Run


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No model is loaded; the names that were asked for."""
    names: list[str] = []

    @contextmanager
    def open_subject(name: str, *, api_key: str | None = None) -> Iterator[Endpoint]:
        names.append(name)
        yield Endpoint(url="http://127.0.0.1:9/v1", model="m", api_key=api_key)

    monkeypatch.setattr(subjects, "open_subject", open_subject)
    return names


def about(model: str, **more: Any) -> Subject:
    with opened(model, **more) as subject:
        return subject


@pytest.mark.parametrize("name", ["base", DEFAULT])
def test_a_known_base(served: list[str], name: str) -> None:
    subject = about(name)
    assert (subject.name, subject.identity) == (DEFAULT, BASES[DEFAULT].sha256)
    assert subject.parameters == BASES[DEFAULT].parameters
    assert subject.base is None
    assert served == [name]


def test_an_endpoint() -> None:
    url = "http://example.test/v1#Qwen3-4B"
    subject = about(url, parameters=4_000_000_000, api_key="secret", timeout=3.0)
    assert (subject.name, subject.identity) == ("Qwen3-4B", url)
    assert subject.parameters == 4_000_000_000
    assert subject.endpoint.timeout == 3.0  # type: ignore[attr-defined]
    assert "secret" not in repr(subject)
    assert about(url, name="small").name == "small"
    assert about(url).parameters is None


def test_a_run(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.create(home / "runs", "tuned")
    run.update(base={"name": DEFAULT, "sha256": "0"})
    lora = run.path / "adapter.gguf"
    lora.write_bytes(b"one")
    monkeypatch.setattr(subjects, "lora_of", lambda _: lora)
    first = about("tuned")
    assert (first.name, first.base) == ("tuned", DEFAULT)
    assert first.parameters == BASES[DEFAULT].parameters
    assert BASES[DEFAULT].sha256 in first.identity
    lora.write_bytes(b"two")
    assert about(str(run.path)).identity != first.identity


def test_a_run_that_has_not_begun(home: Path) -> None:
    Run.create(home / "runs", "new")
    with pytest.raises(UserError, match="training has not begun"):
        about("new")


def test_a_gguf_file(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    path = tmp_path / "own.gguf"
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_tensor("token_embd.weight", np.zeros((6, 4), dtype=np.float32))
    writer.add_tensor("output_norm.weight", np.zeros(4, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    subject = about(str(path))
    assert (subject.name, subject.parameters) == ("own", 28)
    assert subject.identity == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.usefixtures("home")
def test_nothing_of_that_name() -> None:
    with pytest.raises(UserError, match="no model is called 'nobody'"):
        about("nobody")
