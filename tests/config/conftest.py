from pathlib import Path
from typing import Any

import pytest

from reconciler.config.documents import parse
from tests.config.kept import CASES, Kept
from tests.config.rig import RigFolder
from tests.config.toy import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def rig(tmp_path: Path) -> RigFolder:
    return RigFolder(tmp_path)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    made = Kept(tmp_path)
    made.declare(CASES)
    return made


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The case files whose YAML is read, from here on."""
    files: list[str] = []

    def noted(file: str, data: bytes) -> Any:
        files.append(Path(file).name)
        return parse(file, data)

    monkeypatch.setattr("reconciler.config.casefiles.parse", noted)
    return files
