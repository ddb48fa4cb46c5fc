"""Equal values as one object: thousands of cases say the same, and each copy would take its room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.model.values import Value

LONGEST: Final = 64
"""Characters of a text beyond which hardly any is said twice."""
LARGEST: Final = 64
"""Members of a set or a mapping beyond which the same goes for it."""
FEW: Final = 2
"""Texts of a mapping beyond which one of them is mostly of one case alone."""


class Shared:
    """The texts, and the sets of texts, that cases have in common."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def all_of(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return attributes made of what is known already."""
        return {name: self.value(value) for name, value in values.items()}

    def value(self, value: Value) -> Value:
        """Return a value made of what is known already; a mapping of more than a few texts stays the one it is."""
        kind = type(value)
        if kind is str:
            return self._known.setdefault(value, value) if len(value) <= LONGEST else value
        if kind is frozenset:
            return self._set(value) if len(value) <= LARGEST else value
        return self._mapping(value) if kind is dict and len(value) <= LARGEST else value

    def _mapping(self, value: dict[str, Value]) -> Value:
        for key, item in value.items():
            if type(item) is str and len(item) <= LONGEST:
                value[key] = self._known.setdefault(item, item)
            elif type(item) is dict:
                value[key] = self.value(item)
        if len(value) <= FEW and {*map(type, value.values())} == {str}:
            return self._known.setdefault(tuple(value.items()), value)
        return value

    def _set(self, members: frozenset[Value]) -> frozenset[Value]:
        """Return a set; one of other things than texts may be equal to one that it is not: {1}, {True}."""
        known: frozenset[Value] | None = self._known.get(members)
        if known is not None:
            return known
        if {*map(type, members)} != {str}:
            return members
        made = frozenset([self._known.setdefault(member, member) for member in members])
        self._known[made] = made
        return made
