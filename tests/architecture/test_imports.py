"""The rules of the house that a program can check."""

from __future__ import annotations

import ast
import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "reconciler"
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE = 450
LONGEST_FUNCTION = 60


def name_of(path: Path) -> str:
    """Return the dotted name of a module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.fixture(params=FILES, ids=name_of)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_a_module_imports_only_from_beneath() -> None:
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command, "install the development dependencies: pip install -e '.[dev]'"

    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_module_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text())

    assert ast.get_docstring(tree) or not tree.body


def test_a_module_is_short_enough_to_be_read_at_once(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


def test_a_function_does_one_thing(path: Path) -> None:
    long = {
        function.name: length
        for function in functions(ast.parse(path.read_text()))
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }

    assert not long


def test_what_a_module_exports_is_there(path: Path) -> None:
    if path.name == "__main__.py":
        return
    module = importlib.import_module(name_of(path))
    exported = getattr(module, "__all__", [])

    assert [name for name in exported if not hasattr(module, name)] == []
    assert list(exported) == sorted(set(exported))


def test_a_package_exports_what_it_imports(path: Path) -> None:
    if path.name != "__init__.py":
        return
    tree = ast.parse(path.read_text())
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__" and node.module
        for alias in node.names
        if node.module.startswith("reconciler") and not alias.name.startswith("__")
    }

    assert imported <= set(getattr(importlib.import_module(name_of(path)), "__all__", []))
