from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.commands import Commands
from tests.faults.tenant import Day, morning


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with Commands(tmp_path_factory.mktemp("commands")) as server:
        yield server


@pytest.fixture
def day(request: pytest.FixtureRequest, tmp_path: Path, commands: Commands) -> Iterator[Day]:
    """A day in Tines, unless a test asks for another system."""
    with morning(tmp_path / "workspace", commands, getattr(request, "param", "tines")) as day:
        yield day
