from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci.runner import Runner
from tests.ci.scene import Scene, scene
from tests.forge.forges import GitHub, GitLab


@pytest.fixture
def github(tmp_path: Path) -> Iterator[Runner]:
    with scene(tmp_path, GitHub()) as made:
        token = made.key["TINES_API_KEY"]
        secrets = {"TINES_READ_KEY": token, "TINES_WRITE_KEY": token}
        yield Runner(made, {}, secrets=secrets)


@pytest.fixture
def gitlab(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, GitLab()) as made:
        yield made
