"""
What an attribute means when it is compared: markers on a schema's fields, and what is made of them.

A provider writes what a user may declare as a pydantic model and marks the semantics there:

    tags: Annotated[frozenset[str], Set()]
    status: Annotated[Literal["open", "closed"], CaseInsensitive()]

`normalize` turns desired, recorded and live values into one normal form, so that comparing is `==`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from reconciler.model.values import Value

Fold: TypeAlias = Callable[[str], str]


class Ownership(StrEnum):
    """Who owns what is live in a set but not declared."""

    EXACT = "exact"
    """We do: it is removed."""
    SHARED = "shared"
    """Others do: only what was recorded as ours is removed."""


class Kind(StrEnum):
    """How an attribute is owned and compared."""

    SCALAR = "scalar"
    SET = "set"
    MAP = "map"


@dataclass(frozen=True, slots=True)
class Set:
    """An unordered collection of distinct texts."""

    fold: Fold | None = None
    """Makes two spellings of one member equal."""
    filled: bool = False
    """The system puts members in by itself when a case is created with none."""


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping that is owned key by key."""


@dataclass(frozen=True, slots=True)
class CaseInsensitive:
    """Text whose letter case means nothing; the normal form is lower case."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An instant; the normal form is ISO 8601 in UTC with seconds: `2026-03-01T10:00:00Z`."""


@dataclass(frozen=True, slots=True)
class Clearable:
    """`null` is allowed and makes the attribute empty; `empty` is how the system shows that."""

    empty: Value = None


Marking: TypeAlias = Set | Map | CaseInsensitive | Timestamp | Clearable
"""What may stand in an `Annotated[…]` of a schema."""


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a provider's schema."""

    name: str
    kind: Kind = Kind.SCALAR
    normalize: Callable[[Value], Value] | None = None
    """Turns a value that is not None into its normal form; None where every value is one."""
    clearable: bool = False
    empty: Value = None
    """The normal form of nothing."""
    filled: bool = False
    """Declared empty, it is not empty after a create unless something is done about it."""

    @classmethod
    def of(cls, name: str, markings: Iterable[Any]) -> Field:
        """Read the markings of a field; what is no marking of ours is ignored."""
        made = cls(name)
        for marking in markings:
            match marking:
                case Set(fold, filled):
                    made = cls(name, Kind.SET, _set_of(fold), clearable=True, empty=frozenset(), filled=filled)
                case Map():
                    made = cls(name, Kind.MAP, dict, empty={})
                case CaseInsensitive():
                    made = cls(name, normalize=_lower)
                case Timestamp():
                    made = cls(name, normalize=_instant)
                case Clearable(empty):
                    made = cls(name, made.kind, made.normalize, clearable=True, empty=empty)
                case _:
                    pass
        return made

    def normal(self, value: Value) -> Value:
        """Return the normal form of a value."""
        if value is None:
            return self.empty
        return self.normalize(value) if self.normalize else value


@dataclass(frozen=True, slots=True)
class Schema:
    """The attributes of one system's cases, by name."""

    fields: Mapping[str, Field]
    required: frozenset[str] = frozenset()
    """What a case must declare before it can be created."""
    closing: Mapping[str, Value] = field(default_factory=dict)
    """What an open case gets when it is closed: `{"status": "closed"}`."""

    def kind(self, name: str) -> Kind:
        """Return how an attribute is owned."""
        return self.fields[name].kind

    def normalize(self, attributes: Mapping[str, Value]) -> dict[str, Value]:
        """Return the attributes in normal form; those the schema does not know are left out."""
        fields = self.fields
        return {name: fields[name].normal(value) for name, value in attributes.items() if name in fields}


def _lower(value: Value) -> Value:
    return value.lower() if isinstance(value, str) else value


def _set_of(fold: Fold | None) -> Callable[[Value], Value]:
    if fold is None:
        return frozenset
    return lambda members: frozenset(fold(item) if isinstance(item, str) else item for item in members)


def _instant(value: Value) -> Value:
    """Return an instant in UTC with seconds; text that is no instant, or none in UTC, is returned as it is."""
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return value
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
