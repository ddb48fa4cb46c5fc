"""
Nothing but the reading of the YAML: line-marked documents out of every case file, one after another.

python benchmarks/load.py [FOLDER]        without a folder it only starts: imports, and nothing to read
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from reconciler.config.documents import Parsed, parse


def load(folders: Sequence[str]) -> list[Parsed]:
    """Read all case files of workspaces; what was read is kept, as a plan does."""
    gc.set_threshold(100_000, 50, 50)  # as the command line has it
    files = (path for folder in folders for path in sorted(Path(folder, "cases").iterdir()))
    return [parse(path.name, path.read_bytes()) for path in files]


if __name__ == "__main__":
    read = load(sys.argv[1:])
    if any(each.problems for each in read):
        raise SystemExit("the case files cannot be read")
