"""
What one field of a v3 object may hold: the value behind a row of the field tables.

One row serves two readers: the check of a body that is sent, and the description that OPTIONS gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """How a field's value is read."""

    TEXT = auto()
    NUMBER = auto()
    ID = auto()  # a number that may also be sent as digits
    TRUTH = auto()
    MOMENT = auto()
    OBJECT = auto()
    COLLECTION = auto()  # {"data": [...]}, perhaps with a mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """
    One row of a field table.

    `type` is the name that OPTIONS gives; of a collection, that of its items. `minimum` and `maximum` are
    lengths of a text, values of a number, the size of a collection. `alternative` names the field that will do
    in place of a required one. `parent`: it says where a child belongs, which a nested child need not say, so
    that being required is the route's to check. `inert`: OPTIONS offers it, and it must not be sent all the
    same. `extra`: answers show it only where `fields` asks for it.
    """

    kind: Kind
    type: str
    required: bool = False
    read_only: bool = False
    updatable: bool = True
    minimum: int | None = None
    maximum: int | None = None
    allowed: tuple[str, ...] = ()
    default: str | bool | None = None
    alternative: str | None = None
    parent: bool = False
    inert: bool = False
    extra: bool = False

    def accepts(self, *, creating: bool) -> bool:
        """Tell whether the field may be sent on POST (creating) or on PUT."""
        return not self.read_only and not self.inert and (creating or self.updatable)


Fields = Mapping[str, Field]


def text(minimum: int = 0, maximum: int | None = None, *, required: bool = False, updatable: bool = True) -> Field:
    """Describe a text of a certain length."""
    return Field(
        kind=Kind.TEXT, type="String", minimum=minimum, maximum=maximum, required=required, updatable=updatable
    )


def one_of(*allowed: str, required: bool = False, updatable: bool = True, default: str | None = None) -> Field:
    """Describe a text that is one of a few."""
    return Field(
        kind=Kind.TEXT, type="String", allowed=allowed, required=required, updatable=updatable, default=default
    )


def number(minimum: int, maximum: int, *, updatable: bool = True) -> Field:
    """Describe a number between two others."""
    return Field(kind=Kind.NUMBER, type="Integer", minimum=minimum, maximum=maximum, updatable=updatable)


def identifier(*, updatable: bool = True) -> Field:
    """Describe a reference to another object by its id."""
    return Field(kind=Kind.ID, type="Long", updatable=updatable)


def truth(*, default: bool | None = None) -> Field:
    """Describe a yes or no."""
    return Field(kind=Kind.TRUTH, type="Boolean", default=default)


def moment_field(*, updatable: bool = True) -> Field:
    """Describe a date."""
    return Field(kind=Kind.MOMENT, type="Date", updatable=updatable)


def thing(type: str, *, extra: bool = False) -> Field:
    """Describe an object in its own shape."""
    return Field(kind=Kind.OBJECT, type=type, extra=extra)


def many(type: str, maximum: int | None = 1000) -> Field:
    """Describe a collection."""
    return Field(kind=Kind.COLLECTION, type=type, maximum=maximum, extra=True)


def shown(type: str, *, extra: bool = False) -> Field:
    """Describe what answers show and nobody may send."""
    return Field(kind=Kind.TEXT, type=type, read_only=True, updatable=False, extra=extra)


def shown_many(type: str) -> Field:
    """Describe a collection that answers show if asked, and nobody may send."""
    return Field(kind=Kind.COLLECTION, type=type, read_only=True, updatable=False, extra=True)


def of_parent(field: Field, *, required: bool = False, alternative: str | None = None) -> Field:
    """Describe where a child belongs; it never moves."""
    return Field(
        kind=field.kind,
        type=field.type,
        minimum=field.minimum,
        maximum=field.maximum,
        required=required,
        alternative=alternative,
        updatable=False,
        parent=True,
    )
