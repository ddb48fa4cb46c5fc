"""Which systems there are: built in or installed beside, by the name that `type:` takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from reconciler.providers.base import Provider

GROUP = "reconciler.providers"
"""The entry point group in which a package names its providers."""


class Installed(Mapping[str, type[Provider]]):
    """Provider classes by type, sorted; each is imported when it is asked for: most workspaces use one or two."""

    def __init__(self, points: Mapping[str, EntryPoint]) -> None:
        self._points = dict(sorted(points.items()))
        self._loaded: dict[str, type[Provider]] = {}

    def __getitem__(self, type_: str) -> type[Provider]:
        if type_ not in self._loaded:
            self._loaded[type_] = self._points[type_].load()
        return self._loaded[type_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._points)

    def __len__(self) -> int:
        return len(self._points)


@cache
def provider_types() -> Mapping[str, type[Provider]]:
    """Return every installed provider class by its type, sorted by name."""
    return Installed({point.name: point for point in entry_points(group=GROUP)})
