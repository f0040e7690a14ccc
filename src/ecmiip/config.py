"""Strict TOML: a recipe is a frozen, typed object, and an unknown key is an error."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ecmiip.errors import UserError

C = TypeVar("C", bound="Config")


class Config(BaseModel):
    """Base of every configuration: frozen, and no key that the class does not declare."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read_toml(path: Path, schema: type[C]) -> C:
    """Read ``path`` as a ``schema``. Raises UserError naming the file, key and fault."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise UserError(f"{path}: no such file: check the path") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8: save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: not valid TOML ({error}): mend it there") from error
    try:
        return schema.model_validate(raw)
    except ValidationError as error:
        raise UserError(f"{path}: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    """One fault as a phrase: key, what is wrong, how to mend. A misspelt key comes before the key
    that it leaves out."""
    found = error.errors()
    first = next((fault for fault in found if fault["type"] == "extra_forbidden"), found[0])
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key '{key}': remove it or correct its spelling"
    if first["type"] == "missing":
        return f"key '{key}' is missing: add it"
    what = first["msg"].removeprefix("Value error, ")  # pydantic's words before a validator's own
    return f"key '{key}': {what[:1].lower()}{what[1:]}" if key else what
