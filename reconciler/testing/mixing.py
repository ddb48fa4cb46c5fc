"""
Few tellings for many settings.

What nobody knows about a system is a switch of its emulator. To tell every story under each setting alone takes as
many tellings as there are settings; settings of different switches can stand in one emulator at the same time:

alone     default    a=1    a=2    b=1    c=1    d=1
mixed     default    a=1 d=1       a=2    b=1 c=1
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

FEWEST: Final = 4
"""So many mixtures, if there are as many settings: most switches of each then stand as they do by default."""

Settings = Mapping[str, Any]
"""By name, instances of one frozen dataclass; the first is the one that the others vary."""


def mixed(settings: Settings) -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Return, by short names, few settings that hold all of these, each with the names of those in it."""
    if not settings:
        return {}
    (name, first), *others = settings.items()
    mixtures: list[dict[str, Any]] = [{} for _ in range(min(FEWEST, len(others)))]
    names: list[tuple[str, ...]] = [() for _ in mixtures]
    for other, value in others:
        change = moved(first, value)
        free = [at for at, mixture in enumerate(mixtures) if mixture.keys().isdisjoint(change)]
        if not free:
            free = [len(mixtures)]
            mixtures.append({})
            names.append(())
        at = min(free, key=lambda at: len(mixtures[at]))
        mixtures[at] |= change
        names[at] = (*names[at], other)
    made = {f"mixture {at}": (replace(first, **mixture), names[at]) for at, mixture in enumerate(mixtures)}
    return {name: (first, ()), **made}


def moved(first: Any, other: Any) -> dict[str, Any]:
    """Return the switches that stand otherwise in another setting, as they stand there."""
    now = {field.name: getattr(other, field.name) for field in fields(first)}
    return {name: value for name, value in now.items() if value != getattr(first, name)}
