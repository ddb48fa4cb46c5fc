"""
What was seen when drift was last looked for: a file beside the state, `state/acme.json.seen`.

It holds hashes and times only. A file that cannot be read says nothing, so that all cases are read again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

from reconciler.errors import StateError
from reconciler.state.files import make_folder, read_regular, replace_file

SUFFIX: Final = ".seen"
"""Of the file, after the name of the state."""
_VERSION: Final = "seen_1"
"""The key under which all stands, by the version of the format."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one provider instance."""

    system: str
    """Hash of what was asked, and of who asked."""
    complete: datetime
    """When the last complete read began, by the clock of this machine."""
    since: datetime
    """The clean cases have been read as they were then, or since then, by the clock of the system."""
    clean: Mapping[str, str]
    """Address of each case that had not drifted → hash of all that this was judged by."""


Memory: TypeAlias = Mapping[str, Seen]
"""By the name of the provider instance."""


def beside(state: Path) -> Path:
    """Return the file that belongs to a state."""
    return state.with_name(state.name + SUFFIX)


def read(path: Path) -> Memory:
    """Return what was seen; raise StateError for what is no file of ours."""
    content = read_regular(path)
    if content is None:
        return {}
    try:
        return {str(name): _seen(data) for name, data in json.loads(content)[_VERSION].items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(f"{path} cannot be understood; all cases are read") from error


def write(path: Path, memory: Memory) -> None:
    """Replace the file; raises OSError."""
    data = {_VERSION: {name: _data(seen) for name, seen in memory.items()}}
    make_folder(path)
    replace_file(path, (json.dumps(data, indent=1, sort_keys=True) + "\n").encode())


def _seen(data: Any) -> Seen:
    clean = {str(address): str(mark) for address, mark in data["clean"].items()}
    return Seen(str(data["system"]), _moment(data["complete"]), _moment(data["since"]), clean)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment.astimezone(UTC)


def _data(seen: Seen) -> dict[str, Any]:
    return {
        "system": seen.system,
        "complete": seen.complete.isoformat(),
        "since": seen.since.isoformat(),
        "clean": dict(seen.clean),
    }
