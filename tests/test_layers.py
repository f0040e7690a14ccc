"""Imports run downward only: a layer knows what it stands on and nothing of what stands on it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ecmiip

SOURCE = Path(ecmiip.__file__).parent
# From the top down. What shares a line must not import each other.
LAYERS = (
    ("cli",),
    ("commands",),
    ("pipeline",),
    ("app",),
    ("evaluation",),
    ("assistant",),
    ("training", "instruct"),
    ("models",),
    ("mipld",),
    ("runs", "fetch"),
    ("config",),
    ("files", "periods"),
    ("errors",),
)
DEPTH = {part: depth for depth, parts in enumerate(LAYERS) for part in parts}
HEAVY = ("torch", "transformers", "xllamacpp", "sqlalchemy", "peft", "gguf", "accelerate")


def part_of(path: Path) -> str:
    """The layer that a source file belongs to: its package, or its own name at the top."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def files() -> list[Path]:
    return [path for path in sorted(SOURCE.rglob("*.py")) if path != SOURCE / "__init__.py"]


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, layer) of each import of the project itself, wherever in the file it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            module = node.module or ""
            inside = [f"ecmiip.{alias.name}" for alias in node.names]
            names = inside if module == "ecmiip" else [module]
        else:
            continue
        for name in names:
            if name.startswith("ecmiip."):
                yield node.lineno, name.split(".")[1]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_imports_run_downward(path: Path) -> None:
    own = part_of(path)
    assert own in DEPTH, f"{own} has no layer: give it one in LAYERS"
    for line, other in imported(ast.parse(path.read_text(encoding="utf-8"))):
        assert other in DEPTH, f"{path}:{line} imports {other}, which has no layer"
        assert other == own or DEPTH[other] > DEPTH[own], f"{path}:{line}: {own} imports {other}"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import ecmiip.cli", ["cli"]),
        ("from ecmiip import files, mipld", ["files", "mipld"]),
        ("def f():\n    from ecmiip.models.chat import render", ["models"]),
        ("import json\nfrom ecmiip_other import x", []),
    ],
)
def test_every_form_of_import_is_seen(code: str, found: list[str]) -> None:
    assert [part for _, part in imported(ast.parse(code))] == found


def test_training_never_sees_the_database() -> None:
    """Not even through what it imports: the engine reads exported files alone."""
    seen: set[Path] = set()
    waiting = [path for path in files() if part_of(path) == "training"]
    assert waiting
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        assert part_of(path) != "mipld", "training reaches the database"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ecmiip"):
                module = SOURCE.joinpath(*(node.module or "").split(".")[1:])
                candidates = [module.with_suffix(".py"), module / "__init__.py"]
                candidates += [module / f"{alias.name}.py" for alias in node.names]
                waiting += [file for file in candidates if file.is_file()]


def test_help_needs_nothing_heavy() -> None:
    code = f"import sys, ecmiip.cli\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
