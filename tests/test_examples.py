"""Every example is a workspace that runs: valid, planned, applied, and then there is nothing left to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.providers.tines.emulator import TinesEmulator
from reconciler.sandbox import seed_tines, serve

EXAMPLES = Path(__file__).parents[1] / "examples"
WORKSPACES = sorted(path.parent for path in EXAMPLES.glob("*/reconciler.yaml"))
URL = "http://127.0.0.1:8765"


class Example:
    """A copy of an example, pointed at an emulated tenant."""

    def __init__(self, folder: Path, emulator: TinesEmulator) -> None:
        self.folder = folder
        self.emulator = emulator
        self._env = {
            name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "TINES_"))
        }

    def run(self, *arguments: str, token: str | None = None) -> tuple[int, str, str]:
        """Run a command in the example; return its exit code, its output and what it said beside it."""
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env={**self._env, **({"TINES_API_KEY": token} if token else {})},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


@contextmanager
def copied(workspace: Path, folder: Path) -> Iterator[Example]:
    emulator = TinesEmulator(token="a-token-of-the-test")
    seed_tines(emulator)
    shutil.copytree(workspace, folder, dirs_exist_ok=True)
    settings = folder / "reconciler.yaml"
    text = settings.read_text(encoding="utf-8")
    assert text.count(URL) == 1, f"{settings} must point at {URL}, where `reconciler sandbox --port 8765` listens"
    with serve(emulator) as server:
        settings.write_text(text.replace(URL, server.url), encoding="utf-8")
        yield Example(folder, emulator)


def test_there_are_examples() -> None:
    assert [path.name for path in WORKSPACES] == ["soc"]


@pytest.mark.parametrize("workspace", WORKSPACES, ids=lambda path: path.name)
def test_an_example_is_valid_applies_and_plans_to_nothing(workspace: Path, tmp_path: Path) -> None:
    with copied(workspace, tmp_path) as example:
        token = example.emulator.token
        code, output, errors = example.run("validate")
        assert (code, output[:7]) == (0, "Valid: "), errors
        assert example.emulator.requests == []

        code, output, errors = example.run("plan", "--detailed-exitcode", token=token)
        assert code == 2, errors
        assert "Warning:" not in output
        assert example.emulator.writes == []
        announced = re.search(r"(\d+) requests\.$", output.strip())

        code, output, errors = example.run("apply", "--auto-approve", token=token)
        assert code == 0, output + errors
        assert announced is not None
        assert len(example.emulator.writes) == int(announced[1])

        code, output, errors = example.run("plan", "--detailed-exitcode", token=token)
        assert (code, output[:11]) == (0, "No changes."), output + errors
        code, output, errors = example.run("drift", token=token)
        assert (code, output[:9]) == (0, "No drift."), output + errors
        kept = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "state").iterdir())
        assert token not in kept


@pytest.mark.parametrize("workspace", WORKSPACES, ids=lambda path: path.name)
def test_an_example_tells_what_each_of_its_files_shows(workspace: Path) -> None:
    readme = (workspace / "README.md").read_text(encoding="utf-8")
    files = {path.relative_to(workspace).as_posix() for path in workspace.rglob("*.yaml")}

    assert set(re.findall(r"\]\(([^)#]+\.yaml)\)", readme)) == files


@pytest.mark.parametrize("workspace", WORKSPACES, ids=lambda path: path.name)
def test_an_example_holds_no_token(workspace: Path) -> None:
    settings = (workspace / "reconciler.yaml").read_text(encoding="utf-8")

    assert re.findall(r"token: (\S+)", settings) == ["${env.TINES_API_KEY}"]
