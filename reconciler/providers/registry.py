"""Which systems there are: built in or installed beside, by the name that `type:` takes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from reconciler.providers.base import Provider

GROUP = "reconciler.providers"
"""The entry point group in which a package names its providers."""


@cache
def provider_types() -> Mapping[str, type[Provider]]:
    """Return every installed provider class by its type, sorted by name."""
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return {point.name: point.load() for point in points}
