"""Strict TOML: an unknown key, a wrong value and a broken file are each one sentence."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from ecmiip.config import Config, read_toml
from ecmiip.errors import UserError


class Inner(Config):
    rank: int = 16


class Outer(Config):
    name: str
    inner: Inner = Inner()
    several: tuple[Inner, ...] = ()


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_what_is_declared_and_fills_in_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "示例"\n[[several]]\nrank = 4\n')
    assert read_toml(path, Outer) == Outer(name="示例", several=(Inner(rank=4),))


def test_is_frozen(tmp_path: Path) -> None:
    read = read_toml(write(tmp_path, 'name = "a"'), Outer)
    with pytest.raises(ValidationError):
        read.name = "b"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "a"\nrnak = 4', "unknown key 'rnak': remove it or correct its spelling"),
        ('name = "a"\n[inner]\nrnak = 4', "unknown key 'inner.rnak'"),
        ('name = "a"\n[[several]]\n[[several]]\nrnak = 4', "unknown key 'several.1.rnak'"),
        ("", "key 'name' is missing: add it"),
        ('nmae = "a"', "unknown key 'nmae'"),  # the misspelling, not the key that it left out
        ('name = "a"\n[inner]\nrank = "four"', "key 'inner.rank': input should be"),
        ("name = ", "not valid TOML"),
        ('name = "a"\nname = "b"', "not valid TOML"),
    ],
)
def test_faults_name_the_file_the_key_and_the_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        read_toml(write(tmp_path, text), Outer)
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "recipe.toml"))
    assert said in message
    assert "\n" not in message


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"recipe\.toml: no such file"):
        read_toml(tmp_path / "recipe.toml", Outer)


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="check the path"):
        read_toml(write(tmp_path, 'name = "a"') / "x", Outer)


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="check the path"):
        read_toml(tmp_path, Outer)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_bytes('name = "示例"'.encode("gb18030"))
    with pytest.raises(UserError, match="save it as UTF-8"):
        read_toml(path, Outer)
