"""The hooks that we offer to repositories of cases."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli import main

MANIFEST = Path(__file__).parents[1] / ".pre-commit-hooks.yaml"
HOOKS: list[dict[str, Any]] = yaml.safe_load(MANIFEST.read_text())


def test_pre_commit_takes_the_manifest() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)], capture_output=True, check=False
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_once_for_files_of_a_workspace_and_fails_or_changes_what_is_wrong(
    hook: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program, *arguments = hook["entry"].split()
    monkeypatch.chdir(tmp_path)
    assert main(["init", "."]) == 0
    path = tmp_path / "cases/example.yaml"

    assert (program, hook["pass_filenames"]) == ("reconciler", False)
    assert all(re.search(hook["files"], name) for name in ("reconciler.yaml", "cases/a.yaml", "cases/b/c.yml"))
    assert not any(
        re.search(hook["files"], name) for name in ("README.md", "other/cases/a.yaml", "schemas/a.json")
    )
    for name in ("policies/guard.yaml", "waivers.yaml"):
        assert bool(re.search(hook["files"], name)) is (hook["id"] == "validate")
    assert main(arguments) == 0
    right = path.read_text()
    path.write_text(right.replace("priority:", "priority:   ").replace("low", "lou"))
    assert main(arguments) == 1
    path.write_text(right.replace("priority:", "priority:   "))
    assert main(arguments) == 0
    assert path.read_text() == right or hook["id"] == "validate"
