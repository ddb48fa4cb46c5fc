"""A case as it is declared (`Case`) and as the system shows it (`Live`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from reconciler.errors import Location
from reconciler.model.address import Address
from reconciler.model.fields import Ownership
from reconciler.model.values import Path, Ref, Template, Value, leaves


class OnRemove(StrEnum):
    """What happens to a case whose block has left the files."""

    RELEASE = "release"
    """It is left as it is and managed no more."""
    CLOSE = "close"
    """It is closed, then managed no more."""
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How a case is treated when it is removed, protected or partly ignored."""

    on_remove: OnRemove = OnRemove.RELEASE
    prevent_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    """Attributes that are set when the case is created and not looked at afterwards."""


class Source(Protocol):
    """Where the parts of a case stand in the files."""

    def at(self, path: Path = ()) -> Location:
        """Return the place of the value at `path`, or of the nearest thing around it."""
        ...


@dataclass(frozen=True, slots=True)
class Case:
    """What the YAML declares about one case; only what it declares is ever read into a diff or written."""

    address: Address
    type: str
    attributes: Mapping[str, Value]
    """In normal form; may hold Ref, Template and Secret."""
    source: Source
    lifecycle: Lifecycle = Lifecycle()
    ownership: Mapping[str, Ownership] = field(default_factory=dict)
    """Sets that are not `exact`."""
    depends_on: tuple[Address, ...] = ()
    """The cases that must exist first, those that it refers to included."""
    adopt: str | None = None
    """The id of the live case to take over (`import:`)."""
    find: Mapping[str, Value] | None = None
    """What the live case to take over says, where its id is not given (`import: {find: …}`)."""
    take_over: bool = False
    """It is taken over also if another workspace has marked it."""

    @property
    def is_taken_over(self) -> bool:
        """Tell whether the case is there already."""
        return self.adopt is not None or self.find is not None

    def owns(self, attribute: str) -> Ownership:
        """Return who owns the undeclared members of a set."""
        return self.ownership.get(attribute, Ownership.EXACT)


@dataclass(frozen=True, slots=True)
class Live:
    """What the system shows of one case, as far as it was asked for."""

    id: str
    url: str
    attributes: Mapping[str, Value]
    """In normal form; items stand under their remote ids."""
    aliases: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """By attribute and member (or id of an item, or scalar), other names for the same thing."""
    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of sets that can only be written whole: every member in the system's words and order, hidden ones too."""
    marker: str | None = None
    """The marker that it carries, in the system's spelling; None where it has none, or none was shown."""


def references(value: Value) -> frozenset[Ref]:
    """Return every reference in a value."""
    return frozenset(_references(leaves(value)))


def _references(values: Iterable[Value]) -> Iterable[Ref]:
    for value in values:
        match value:
            case Ref():
                yield value
            case Template(parts):
                yield from (part for part in parts if isinstance(part, Ref))
            case _:
                pass
