from pathlib import Path

import pytest

from tests.config.rig import RigFolder
from tests.config.toy import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def rig(tmp_path: Path) -> RigFolder:
    return RigFolder(tmp_path)
