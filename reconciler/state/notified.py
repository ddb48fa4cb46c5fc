"""
Which drift has been told to whom: a file beside the state, `state/acme.json.notified`.

It holds hashes only. A file that cannot be read says nothing, so that all drift is told again: once too often is
better than never.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from reconciler.errors import StateError
from reconciler.state.files import make_folder, read_regular, replace_file

SUFFIX: Final = ".notified"
"""Of the file, after the name of the state."""
_VERSION: Final = "told_1"
"""The key under which all stands, by the version of the format."""

Told: TypeAlias = Mapping[str, frozenset[str]]
"""Receiver → what it has been told, both as hashes."""


def beside(state: Path) -> Path:
    """Return the file that belongs to a state."""
    return state.with_name(state.name + SUFFIX)


def read(path: Path) -> Told:
    """Return what has been told; raise StateError for what is no file of ours."""
    content = read_regular(path)
    if content is None:
        return {}
    try:
        told = json.loads(content)[_VERSION]
        return {str(name): frozenset(map(str, hashes)) for name, hashes in told.items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(f"{path} cannot be understood; all drift is told again") from error


def write(path: Path, told: Told) -> None:
    """Replace the file; raises OSError."""
    data = {_VERSION: {name: sorted(hashes) for name, hashes in told.items()}}
    make_folder(path)
    replace_file(path, (json.dumps(data, indent=1, sort_keys=True) + "\n").encode())
