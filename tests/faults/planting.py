"""
The proof that the proof can fail: bugs, each planted in a copy of the package, each caught by the trial it names.

A patch begins with what the bug does, then says `Caught by: SCRIPT`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.trials import ROOT, Outcome, Trials

FOLDER: Final = Path(__file__).parent / "bugs"
_NAMED: Final = re.compile(r"^Caught by: (.+)$", re.MULTILINE)
_CHANGED: Final = re.compile(r"^\+\+\+ b/(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bug:
    """One way to get it wrong."""

    patch: Path
    title: str
    trial: str
    file: str
    """What it changes."""

    @classmethod
    def read(cls, patch: Path) -> Bug:
        text = patch.read_text()
        named, changed = _NAMED.search(text), _CHANGED.search(text)
        assert named, f"{patch.name} does not say which trial catches it"
        assert changed, f"{patch.name} changes nothing"
        return cls(patch, text.partition("\n")[0], named[1], changed[1])

    @property
    def name(self) -> str:
        return self.patch.stem

    def plant(self, folder: Path) -> None:
        """Put a copy of the package that has the bug into a new folder; raises CalledProcessError."""
        rubbish = shutil.ignore_patterns("__pycache__")
        for part in ("reconciler", "tests"):
            shutil.copytree(ROOT / part, folder / part, ignore=rubbish)
        alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}  # of no repository around it
        subprocess.run(["git", "apply", str(self.patch)], cwd=folder, check=True, capture_output=True, env=alone)
        assert (folder / self.file).read_text() != (ROOT / self.file).read_text()

    def trial_in(self, folder: Path) -> Outcome:
        """Run the trial that must catch it."""
        with Trials(package=folder) as trials:
            return trials.run(self.trial)


def bugs() -> Iterator[Bug]:
    """Yield all that there are."""
    yield from map(Bug.read, sorted(FOLDER.glob("*.patch")))
