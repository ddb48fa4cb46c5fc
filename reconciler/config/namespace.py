"""What the meaning of a case file depends on beside what stands in it, as one hash."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pydantic
import pydantic_core

import reconciler
from reconciler.config.documents import PARSER
from reconciler.config.settings import SettingsResult
from reconciler.providers.base import Provider

_ROOMS: Final = ("config", "model", "providers")
"""Whose code decides what a case means."""
_OURS: Final = "reconciler.providers."
_ELSEWHERE: Final = frozenset({"emulator", "__pycache__"})


def namespace(settings: SettingsResult) -> str | None:
    """
    Return what is another one whenever a file may mean something else; None if that cannot be told.

    Secrets of the settings are not in it, not even as a hash: they mean nothing to a case.
    """
    code = _code(Path(reconciler.__file__).parent)
    if code is None:
        return None
    said: dict[str, Any] = {
        "code": code,
        "versions": [reconciler.__version__, sys.version, pydantic.VERSION, pydantic_core.__version__, PARSER],
        "types": dict(settings.types or {}),
        "instances": {name: each.settings.model_dump(mode="json") for name, each in settings.instances.items()},
        "lifecycle": settings.lifecycle.model_dump(mode="json"),
        "ownership": dict(settings.ownership),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def kept_types(settings: SettingsResult, providers: Mapping[str, type[Provider]]) -> Mapping[str, str]:
    """Return the types of instances of our own systems: what the code of others says may depend on anything."""
    instances = (settings.types or {}).items()
    return {name: type_ for name, type_ in instances if type_ and providers[type_].__module__.startswith(_OURS)}


def _code(house: Path) -> str | None:
    """Return the hash of our code: a checkout changes without its version; None where it is not in files."""
    made = hashlib.sha256()
    files = [file for room in _ROOMS for file in _files(house / room)]
    try:
        for file in files:
            code = file.read_bytes()
            made.update(f"{file.relative_to(house)} {len(code)}\n".encode())
            made.update(code)
    except OSError:
        return None
    return made.hexdigest() if files else None


def _files(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _ELSEWHERE)
        yield from (Path(base, name) for name in sorted(names) if name.endswith(".py"))
