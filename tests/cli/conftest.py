from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.stand_in import CommandLine, StandIn


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    for name in [name for name in os.environ if name.startswith("RECONCILER_")] + [
        "CI",
        "FORCE_COLOR",
        "NO_COLOR",
    ]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    workspace = StandIn()
    monkeypatch.setattr("reconciler.cli.run.workspace_type", lambda: workspace)
    return CommandLine(workspace, monkeypatch, capsys)
