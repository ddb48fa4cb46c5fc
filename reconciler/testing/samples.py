"""
What an author says about a system, so that the suite can try it: examples as data.

    Sample ─┬─ declared     a case as a case file has it
            ├─ edits        one change of the file each, with the requests that it must cause
            ├─ outside      what people do in the product, with the requests that repair it
            ├─ respelled    the same case in other words
            ├─ shared       a set in which others may come and go
            └─ furnished    what people fill in that the file does not mention

`{id}` stands for the id of the case, `{notes.first}` for that of an item or member, in paths and bodies;
`"{id:n}"` for the number itself. Bodies are compared whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from reconciler.model.record import Record
from reconciler.model.values import Path

Attributes: TypeAlias = Mapping[str, Any]
"""A case, or a part of one, as a case file has it, without `provider`."""
Write: TypeAlias = tuple[str, str, Any]
"""One request that writes: method, path, decoded body."""
Act: TypeAlias = Callable[[Any, int], object]
"""What somebody does in the product to the case of this id: `lambda tenant, id: tenant.edit(id, name="x")`."""

_NUMBER: Final = re.compile(r"\{(.+):n\}")

DROPPED: Final = object()
"""In an edit: the attribute leaves the case file."""


class Emulated(Protocol):
    """What the emulator of a system offers beside its routes: the people in front of the product."""

    def seed_case(self) -> int:
        """Put a case there that is nobody's of ours, and give its id."""
        ...

    def remove(self, case_id: int) -> None:
        """Delete a case in the product."""
        ...

    def case(self, case_id: int) -> Mapping[str, Any]:
        """Show all of a case; raises KeyError where there is none."""
        ...

    def cases(self) -> list[dict[str, Any]]:
        """Show all cases, by id."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of a case file, and the requests that it must cause: these, in this order, and no other."""

    name: str
    """What happens, in a few words: it becomes the name of a test."""
    to: Attributes
    """The attributes that change, with their new values; `DROPPED` for one that leaves the file."""
    writes: tuple[Write, ...]
    given: Attributes = field(default_factory=dict)
    """What the case declares beside the sample before the edit."""
    touches: frozenset[str] = frozenset()
    """For a sample with `furnished`: the keys of `Emulated.case` that the edit may move; nothing else may."""
    rival: Act | None = None
    """How somebody else changes the very same thing between plan and apply: the edit must then be skipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideEdit:
    """Something that people do in the product to a case of ours."""

    name: str
    act: Act
    paths: tuple[Path, ...]
    """Where drift must be seen; sorted."""
    writes: tuple[Write, ...]
    """The requests that repair it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Respelling:
    """The same case said in other words: no change."""

    name: str
    to: Attributes
    given: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSet:
    """A set under `ownership: shared`: we add and remove what is ours, and others keep what is theirs."""

    attribute: str
    first: tuple[Any, ...]
    """What we declare at first …"""
    then: tuple[Any, ...]
    """… and then: one member gained, one lost."""
    joined: Act
    """Somebody adds `theirs`."""
    theirs: Any
    writes: tuple[Write, ...]
    """The requests from `first` to `then`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One example of a case of the system."""

    name: str
    declared: Attributes
    edits: tuple[Edit, ...] = ()
    outside: tuple[OutsideEdit, ...] = ()
    respelled: tuple[Respelling, ...] = ()
    shared: SharedSet | None = None
    furnished: Act | None = None
    """Somebody fills in everything that `declared` leaves out."""
    secret: str | None = None
    """A text attribute that is tried with a secret in it."""


def edited(case: Attributes, *edits: Attributes) -> dict[str, Any]:
    """
    Return a case after some edits.

    >>> edited({"name": "A", "tags": ["x"]}, {"name": "B", "tags": DROPPED})
    {'name': 'B'}
    """
    made = dict(case)
    for edit in edits:
        made |= edit
    return {name: value for name, value in made.items() if value is not DROPPED}


def addressed(writes: tuple[Write, ...], record: Record, words: Mapping[str, str]) -> list[Write]:
    """Return requests with the ids of a case and of what is in it filled in, and what other words stand for."""
    ids = {"id": record.id, **record.handles, **words}
    return [(method, _filled(path, ids), _filled(body, ids)) for method, path, body in writes]


def _filled(value: Any, ids: Mapping[str, str]) -> Any:
    match value:
        case str():
            if (number := _NUMBER.fullmatch(value)) and number[1] in ids:
                return int(ids[number[1]])
            for name, id in ids.items():
                value = value.replace(f"{{{name}}}", id)
            return value
        case dict():
            return {key: _filled(item, ids) for key, item in value.items()}
        case list():
            return [_filled(item, ids) for item in value]
        case _:
            return value
