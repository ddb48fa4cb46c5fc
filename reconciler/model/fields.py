"""
What an attribute means when it is compared: markers on a schema's fields, and what is made of them.

A provider writes what a user may declare as a pydantic model and marks the semantics there:

    tags: Annotated[frozenset[str], Set()]
    status: Annotated[Literal["open", "closed"], CaseInsensitive()]

`normalize` turns desired, recorded and live values into one normal form, so that comparing is `==`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, TypeAlias

from reconciler.model.values import Value, as_member, member_text

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
    ITEMS = "items"


@dataclass(frozen=True, slots=True)
class Set:
    """An unordered collection of distinct texts, or of objects that are given whole."""

    fold: Fold | None = None
    """Makes two spellings of one member equal, and is how it is written."""
    key: Fold | None = None
    """Makes two spellings of one member equal; it is written as it is declared, and may have aliases."""
    filled: bool = False
    """The system puts members in by itself when a case is created with none."""
    links: bool = False
    """Its members are other cases, which may point at each other in a circle."""
    shared: bool = False
    """The system puts members in all the time: others own what is not declared, unless the user says otherwise."""


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping that is owned key by key."""

    separator: str | None = None
    """Stands between the members of a value that is a set; the system does not tell those from others."""


@dataclass(frozen=True, slots=True)
class Items:
    """Things of their own in a case, under keys of the user's choosing; owned item by item, field by field."""

    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Spelled:
    """A scalar that the system may show in another spelling, or under another name, and means the same."""

    key: Fold
    """Makes two spellings equal; it is written as it is declared, and may have aliases."""
    digested: bool = False
    """The system may keep it in words of its own; which those are is remembered as a digest."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """What may be named by a text is named by a number too; quoted, a number is a text."""


@dataclass(frozen=True, slots=True)
class Once:
    """The system takes it when it has none yet, and never changes it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A field by which an item is known as the declared one when a live case is taken over."""


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


Flag: TypeAlias = Once | Known | Numbered
Marking: TypeAlias = Set | Map | Items | Spelled | Flag | CaseInsensitive | Timestamp | Clearable
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
    once: bool = False
    """It cannot change once it is set."""
    known: bool = False
    """Of an item: it tells which live item is meant when a case is taken over."""
    key: Fold | None = None
    """Makes spellings of one member of a set, or of a scalar, equal; the system may have other names for it."""
    digested: bool = False
    """The system may keep a scalar in other words, of which a digest is remembered."""
    numbered: bool = False
    """A number that is not quoted is one, and no text."""
    links: bool = False
    """Of a set: members are other cases."""
    shared: bool = False
    """Of a set: others own what is not declared, unless the user says otherwise."""
    separator: str | None = None
    """Of a map: stands between the members of a value that is a set."""
    items: Mapping[str, Field] = field(default_factory=dict)
    """The fields of an item."""

    @classmethod
    def of(cls, name: str, markings: Iterable[Any]) -> Field:
        """Read the markings of a field; what is no marking of ours is ignored."""
        made = cls(name)
        for marking in markings:
            made = made._with(marking)
        return made

    def _with(self, marking: Any) -> Field:
        match marking:
            case Set():
                made = replace(self, kind=Kind.SET, clearable=True, empty=frozenset(), filled=marking.filled)
                made = replace(made, key=marking.key, links=marking.links, shared=marking.shared)
                return replace(made, normalize=_set_of(marking.fold, marking.key))
            case Map(separator):
                normalize = dict if separator is None else _map_with_sets
                return replace(self, kind=Kind.MAP, normalize=normalize, empty={}, separator=separator)
            case Items(fields):
                return replace(self, kind=Kind.ITEMS, normalize=_items_of(fields), empty={}, items=fields)
            case Spelled(key, digested):
                return replace(self, key=key, digested=digested)
            case Once() | Known() | Numbered():
                return replace(self, **_FLAGS[type(marking)])
            case CaseInsensitive():
                return replace(self, normalize=_lower)
            case Timestamp():
                return replace(self, normalize=_instant)
            case Clearable(empty):
                return replace(self, clearable=True, empty=empty)
            case _:
                return self

    def normal(self, value: Value) -> Value:
        """Return the normal form of a value."""
        if value is None:
            return self.empty
        return self.normalize(value) if self.normalize else value


_FLAGS: Final[Mapping[type[Flag], Mapping[str, Any]]] = {
    Once: {"once": True},
    Known: {"known": True},
    Numbered: {"numbered": True},
}


@dataclass(frozen=True)
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

    def names(self, kind: Kind) -> frozenset[str]:
        """Return the attributes of one kind."""
        return self._by_kind[kind]

    @cached_property
    def _by_kind(self) -> Mapping[Kind, frozenset[str]]:
        return {
            kind: frozenset(name for name, field in self.fields.items() if field.kind is kind) for kind in Kind
        }

    @cached_property
    def linking(self) -> frozenset[str]:
        """The sets whose members are other cases."""
        return frozenset(name for name, field in self.fields.items() if field.links)

    @cached_property
    def renames(self) -> bool:
        """Tell whether the system has names of its own for parts of a case: items, members of sets, scalars."""
        return any(field.kind is Kind.ITEMS or field.key or field.separator for field in self.fields.values())

    def normalize(self, attributes: Mapping[str, Value]) -> dict[str, Value]:
        """Return the attributes in normal form; those the schema does not know are left out."""
        made = {}
        for name, value in attributes.items():
            if (known := self.fields.get(name)) is not None:
                # as Field.normal does: a call for each of a million values is dear
                normal = known.normalize
                made[name] = known.empty if value is None else value if normal is None else normal(value)
        return made


def _lower(value: Value) -> Value:
    return value.lower() if isinstance(value, str) else value


def _set_of(fold: Fold | None, key: Fold | None) -> Callable[[Value], Value]:
    if fold is not None:
        return lambda members: frozenset(fold(item) if isinstance(item, str) else item for item in members)
    if key is not None:
        return lambda members: _distinct(members, key)
    return frozenset


def _map_with_sets(values: Value) -> Value:
    return {
        key: frozenset(value) if isinstance(value, list | AbstractSet) else value for key, value in values.items()
    }


def _distinct(members: Iterable[Value], key: Fold) -> frozenset[Value]:
    """Return the members, each in one of its spellings."""
    held = [*map(as_member, members)]
    if {*map(type, held)} <= {str} and len({*map(key, held)}) == len(held):
        return frozenset(held)  # nearly always
    kept: dict[Value, Value] = {}
    for member in sorted(held, key=lambda member: member_text(member) or ""):
        text = member_text(member)
        kept.setdefault(member if text is None else key(text), member)
    return frozenset(kept.values())


def _items_of(fields: Mapping[str, Field]) -> Callable[[Value], Value]:
    def normal(item: Value) -> Value:
        return {name: fields[name].normal(value) for name, value in item.items() if name in fields}

    return lambda items: {key: normal(item) for key, item in items.items()}


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
