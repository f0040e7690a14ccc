"""From the name of a model to an endpoint: a URL, a base, a run, a file."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.models import subject
from ecmiip.models.bases import DEFAULT
from ecmiip.models.endpoint import Endpoint
from ecmiip.runs import Run


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, home: Path) -> list[tuple[str, Path | None]]:
    """What would have been served: (name of the GGUF, adapter)."""
    served: list[tuple[str, Path | None]] = []

    @contextmanager
    def serving(gguf: Path, adapter: Path | None = None) -> Iterator[Endpoint]:
        served.append((str(gguf), adapter))
        yield Endpoint(url="http://127.0.0.1:9/v1", model="served")

    def lora(adapter: Path, destination: Path, architecture: str) -> Path:
        destination.write_text(f"{architecture} {adapter.name}")
        return destination

    assert home
    monkeypatch.setattr(subject, "serving", serving)
    monkeypatch.setattr(subject, "find_gguf", lambda name: f"gguf of {name}")
    monkeypatch.setattr(subject, "write_lora", lora)
    monkeypatch.setattr(subject, "architecture", lambda path: f"kind of {path}")
    return served


def make_run(root: Path, name: str, base: str = DEFAULT, status: str = "finished") -> Run:
    run = Run.create(root, name)
    run.update(status=status, base={"name": base})
    return run


def test_a_url_with_a_model() -> None:
    url = "http://127.0.0.1:9/v1/#qwen3-4b"
    with subject.open_subject(url, api_key="secret") as endpoint:
        assert endpoint == Endpoint(url="http://127.0.0.1:9/v1", model="qwen3-4b", api_key="secret")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "https://host/v1#"])
def test_a_url_without_a_model(url: str) -> None:
    with (
        pytest.raises(UserError, match="which model\\? write"),
        subject.open_subject(url),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "gguf"),
    [
        ("base", f"gguf of {DEFAULT}"),
        (DEFAULT, f"gguf of {DEFAULT}"),
        ("own.gguf", "gguf of own.gguf"),
    ],
)
def test_a_base_or_a_file_is_served_bare(opened: Any, name: str, gguf: str) -> None:
    with subject.open_subject(name):
        assert opened == [(gguf, None)]


def test_a_run_is_its_base_with_its_adapter(opened: Any, home: Path) -> None:
    run = make_run(home / "runs", "mine")
    for name in ("mine", str(run.path)):
        with subject.open_subject(name):
            assert opened.pop() == (f"gguf of {DEFAULT}", run.path / "adapter.gguf")
    assert (run.path / "adapter.gguf").read_text() == "qwen2 adapter"


def test_a_run_on_another_base_asks_the_file_for_its_architecture(opened: Any, home: Path) -> None:
    run = make_run(home / "runs", "mine", base="other.gguf")
    with subject.open_subject("mine"):
        assert opened
    assert (run.path / "adapter.gguf").read_text() == "kind of gguf of other.gguf adapter"


def test_the_adapter_is_converted_once(
    opened: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(home / "runs", "mine")
    subject.lora_of(run)
    monkeypatch.setattr(subject, "write_lora", lambda *_: pytest.fail("converted again"))
    assert subject.lora_of(run) == run.path / "adapter.gguf"
    assert opened == []


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("name", ["nothing", "", "runs/none", "qwen9"])
def test_an_unknown_name_is_told_with_what_is_known(name: str) -> None:
    with (
        pytest.raises(
            UserError, match=f"no model is called '{name}': take base, {DEFAULT}"
        ) as told,
        subject.open_subject(name),
    ):
        pass
    assert "\n" not in str(told.value)


def test_a_run_that_has_not_begun_training_has_no_base_yet(opened: Any, home: Path) -> None:
    Run.create(home / "runs", "new")
    with pytest.raises(UserError, match="new"), subject.open_subject("new"):
        pass
    assert opened == []


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of releases: an empty one."""
    folder = tmp_path / "release"
    monkeypatch.setattr(subject, "shipped", lambda name: tmp_path / name)
    return folder


def test_the_release_is_the_default(released: Path, home: Path) -> None:
    make_run(home / "runs", "mine")
    make_run(released, subject.RELEASE)
    assert subject.default_model() == subject.RELEASE
    assert subject.find_run(subject.RELEASE).path == released / subject.RELEASE


def test_nothing_is_written_into_a_release(opened: Any, released: Path, home: Path) -> None:
    assert opened == []
    run = make_run(released, subject.RELEASE)
    (run.adapter).mkdir()
    (run.adapter / "adapter_model.safetensors").write_bytes(b"weights")
    before = sorted(run.path.rglob("*"))
    path = subject.lora_of(run)
    assert path.parent == home / "released"
    assert path.name.startswith(f"{subject.RELEASE}-")
    assert sorted(run.path.rglob("*")) == before


@pytest.mark.usefixtures("released")
def test_without_a_release_the_newest_finished_run_is_the_default(home: Path) -> None:
    assert subject.default_model() == "base"
    for age, (name, status) in enumerate(
        [("unfinished", "running"), ("newer", "finished"), ("older", "finished")]
    ):
        run = make_run(home / "runs", name, status=status)
        os.utime(run.path / "run.json", (1_000_000 - age, 1_000_000 - age))
    assert subject.default_model() == str(home / "runs" / "newer")


@pytest.mark.usefixtures("released")
def test_a_damaged_run_is_told(home: Path) -> None:
    run = make_run(home / "runs", "mine")
    (run.path / "run.json").write_text('{"status": ')
    with pytest.raises(UserError, match=r"run\.json"):
        subject.default_model()


def test_a_file_that_is_no_model_is_told(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    assert home
    path = tmp_path / "own.gguf"
    path.write_bytes(json.dumps("not a model").encode())
    with pytest.raises(UserError, match=r"cannot load own\.gguf"), subject.open_subject(str(path)):
        pass
