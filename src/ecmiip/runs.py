"""The run folder: everything that is needed to explain, resume and use one training run.

recipe.toml      the resolved recipe: every key, defaults written out
run.json         status, seed, commit, versions, parent, SHA-256 of base and data
metrics.jsonl    one JSON object per line: training steps and held-out losses
checkpoints/     whole training states, the last ones only
adapter/         the result, in peft's format (or model/ after full training)
"""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ecmiip.errors import UserError
from ecmiip.files import append_jsonl, replacing, write_json, write_text


@dataclass(frozen=True)
class Run:
    """A run folder. Make one with ``Run.create`` or ``Run.open``."""

    path: Path

    @classmethod
    def create(cls, root: Path, name: str) -> "Run":
        """Make ``root/name``. Raises UserError if the name is unusable or taken."""
        check_name(name)
        path = root / name
        try:
            path.mkdir(parents=True)
        except FileExistsError as error:
            raise UserError(
                f"{path}: there is a run of that name: resume it, or choose another name"
            ) from error
        except NotADirectoryError as error:
            raise UserError(f"{root} is not a folder: choose another place for runs") from error
        run = cls(path)
        write_json(
            path / "run.json",
            {"name": name, "status": "new", "created": datetime.now(UTC).isoformat("T", "seconds")},
        )
        return run

    @classmethod
    def open(cls, path: Path) -> "Run":
        """Open an existing run. Raises UserError if ``path`` is not a run folder."""
        if not (path / "run.json").is_file():
            raise UserError(f"{path} is not a run folder (it has no run.json): check the path")
        return cls(path)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def recipe(self) -> Path:
        return self.path / "recipe.toml"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def adapter(self) -> Path:
        return self.path / "adapter"

    @property
    def model(self) -> Path:
        return self.path / "model"

    def info(self) -> dict[str, Any]:
        """The contents of run.json."""
        try:
            info: dict[str, Any] = json.loads(self._file("run.json").read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise UserError(f"{self._file('run.json')}: not JSON ({error.msg}): mend it") from error
        return info

    def update(self, **fields: Any) -> None:
        """Set fields of run.json, atomically."""
        write_json(self._file("run.json"), self.info() | fields)

    def write_recipe(self, text: str) -> None:
        """Write the resolved recipe."""
        write_text(self.recipe, text)

    def add_metrics(self, row: dict[str, Any]) -> None:
        """Append one row to metrics.jsonl."""
        append_jsonl(self._file("metrics.jsonl"), row)

    def metrics(self) -> Iterator[dict[str, Any]]:
        """The rows of metrics.jsonl. A last line cut off by a crash is left out."""
        path = self._file("metrics.jsonl")
        if not path.is_file():
            return
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    yield json.loads(line)

    def keep_metrics(self, count: int) -> None:
        """Drop all rows after the first ``count``: those of steps that will be done again."""
        rows = [row for _, row in zip(range(count), self.metrics(), strict=False)]
        with (
            replacing(self._file("metrics.jsonl")) as part,
            part.open("w", encoding="utf-8") as out,
        ):
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)

    def _file(self, name: str) -> Path:
        return self.path / name


def check_name(name: str) -> None:
    """Raise UserError unless ``name`` can be that of a run's folder, and of one only."""
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
        raise UserError(
            f"run name '{name}': use letters, digits, '-', '_' and '.' only, no '.' at the start"
        )


def commit() -> str | None:
    """The commit of the checkout that this code runs from; none outside a checkout."""
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return asked.stdout.strip()
