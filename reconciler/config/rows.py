"""
The cases of one file as JSON, and back: the very same values, of the very same types, or none at all.

{"manners": [[provider, lifecycle, ownership], …],          what most cases of a file have in common
 "shapes":  [[["name", "tags", "links"], [1], [2]], …],     attributes; where sets stand, and what is tagged
 "sets":    [["a", "b"], …],                                sets of texts: a row has the number of one
 "rows":    [["phishing-wave", place, manner, shape, said or null, "Phishing wave", 0, ["set", [["ref", …]]]], …]}

said: the meta-arguments that few cases have, and the names of other cases with their places.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from reconciler.config.declared import Linked
from reconciler.config.nodes import COLUMN_BITS, location
from reconciler.config.shared import Shared
from reconciler.config.whereabouts import CaseFile, Whereabouts
from reconciler.errors import Location
from reconciler.model.address import Address
from reconciler.model.case import Case, Lifecycle, OnRemove
from reconciler.model.fields import Ownership
from reconciler.model.values import Entry, Ref, Value

_SIMPLE: Final = frozenset({str, int, float, bool, type(None)})
"""What JSON keeps as it is."""
_TEXT: Final = frozenset({str})


class NotKept(Exception):
    """There is something that JSON would not give back as it is."""


def encoded(cases: Iterable[Linked], types: Mapping[str, str]) -> bytes | None:
    """Return the cases of a file, if all are of instances of these types, and of a kind that is kept."""
    tables = _Tables(types)
    try:
        rows = [tables.row(each) for each in cases]
        made = {"manners": tables.manners, "shapes": tables.shapes, "sets": tables.sets, "rows": rows}
        return json.dumps(made, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (NotKept, ValueError, RecursionError):  # a half of a character that has two has no UTF-8
        return None


class _Tables:
    """What rows have in common."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self._types = types
        self.manners: list[Any] = []
        self.shapes: list[Any] = []
        self.sets: list[Any] = []
        self._manners: dict[tuple[int, int, str], int] = {}
        self._shapes: dict[tuple[tuple[str, ...], str], int] = {}
        self._sets: dict[frozenset[Value], int] = {}
        self._seen: list[object] = []
        """What is known by its identity in `_manners`: it must not be freed while that is."""

    def row(self, linked: Linked) -> list[Any]:
        case = linked.case
        if not isinstance(case.source, Whereabouts) or case.find is not None or case.depends_on:
            raise NotKept
        if self._types.get(case.address.provider) != case.type:
            raise NotKept
        columns = [self._column(value) for value in case.attributes.values()]
        shape = self._shape(tuple(case.attributes), "".join([kind for kind, _ in columns]))
        values = (value for _, value in columns)
        said = None
        if case.adopt is not None or case.take_over or linked.mentions or linked.links:
            said = [case.adopt, case.take_over, _places(linked.mentions), _places(linked.links)]
        return [case.address.name, case.source.place, self._manner(case), shape, said, *values]

    def _column(self, value: Value) -> tuple[str, Any]:
        """Return how a value is kept and what then stands in the row."""
        kind = type(value)
        if kind in _SIMPLE:
            return "=", value
        if kind is frozenset and (at := self._set(value)) is not None:
            return "#", at
        if kind is dict and _SIMPLE.issuperset(map(type, value.values())) and _TEXT.issuperset(map(type, value)):
            return "=", value
        return "!", _tagged(value)

    def _set(self, members: frozenset[Value]) -> int | None:
        if not _TEXT.issuperset(map(type, members)):
            return None
        at = self._sets.setdefault(members, len(self.sets))
        if at == len(self.sets):
            self.sets.append(sorted(members))
        return at

    def _shape(self, names: tuple[str, ...], kinds: str) -> int:
        at = self._shapes.setdefault((names, kinds), len(self.shapes))
        if at == len(self.shapes):
            sets, tagged = ([number for number, kind in enumerate(kinds) if kind == sought] for sought in "#!")
            self.shapes.append([names, sets, tagged])
        return at

    def _manner(self, case: Case) -> int:
        key = (id(case.lifecycle), id(case.ownership), case.address.provider)
        at = self._manners.setdefault(key, len(self.manners))
        if at == len(self.manners):
            lifecycle = case.lifecycle
            self._seen += (lifecycle, case.ownership)
            said = [lifecycle.on_remove, lifecycle.prevent_delete, lifecycle.ignore_changes]
            self.manners.append([case.address.provider, said, dict(case.ownership)])
        return at


def _places(named: Sequence[tuple[str, Location]]) -> list[Any]:
    return [[name, (where.line - 1) << COLUMN_BITS | (where.column - 1)] for name, where in named]


def _tagged(value: Value) -> Any:
    """Return a value of any kind; a list is a tag and what it is about."""
    match value:
        case _ if type(value) in _SIMPLE:
            return value
        case dict() if type(value) is dict:
            return ["map", [[_tagged(key), _tagged(item)] for key, item in value.items()]]
        case frozenset() if type(value) is frozenset:
            return ["set", sorted(map(_tagged, value), key=json.dumps)]
        case list() if type(value) is list:
            return ["list", [*map(_tagged, value)]]
        case tuple() if type(value) is tuple:
            return ["tuple", [*map(_tagged, value)]]
        case Ref(case, attribute):
            return ["ref", [_tagged(case), _tagged(attribute)]]
        case Entry(key, fields):
            return ["entry", [_tagged(key), _tagged(fields)]]
        case _:
            raise NotKept


def _untagged(made: Any) -> Value:
    match made:
        case ["map", pairs]:
            return {_untagged(key): _untagged(item) for key, item in pairs}
        case ["set", members]:
            return frozenset(map(_untagged, members))
        case ["list", members]:
            return [*map(_untagged, members)]
        case ["tuple", members]:
            return tuple(map(_untagged, members))
        case ["ref", [case, attribute]]:
            return Ref(_untagged(case), _untagged(attribute))
        case ["entry", [key, fields]]:
            return Entry(_untagged(key), _untagged(fields))
        case _ if type(made) in _SIMPLE:
            return made
        case _:
            raise NotKept


# ------------------------------------------------------------------------------------ and back


def decoded(data: bytes, file: CaseFile, types: Mapping[str, str], shared: Shared) -> list[Linked] | None:
    """Return the cases of a file, by instances of these types; None for what `encoded` has not made."""
    try:
        return _decoded(json.loads(data), file, types, shared)
    except (NotKept, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def _decoded(made: Any, file: CaseFile, types: Mapping[str, str], shared: Shared) -> list[Linked]:
    manners = [_manner(types, *manner) for manner in made["manners"]]
    sets = [shared.value(frozenset(members)) for members in made["sets"]]
    shapes, share = made["shapes"], shared.value
    linked = []
    for name, place, manner, shape, said, *values in made["rows"]:
        names, of_texts, tagged = shapes[shape]
        for at in of_texts:
            values[at] = sets[values[at]]
        for at in tagged:
            values[at] = _untagged(values[at])
        type_, provider, lifecycle, ownership = manners[manner]
        adopt, take_over, mentions, links = said or (None, False, (), ())
        attributes = dict(zip(names, map(share, values), strict=True))
        case = Case(
            Address(provider, name),
            type_,
            attributes,
            Whereabouts(file, name, place),
            lifecycle,
            ownership,
            adopt=adopt,
            take_over=take_over,
        )
        linked.append(Linked(case, _named(file, mentions), _named(file, links)))
    return linked


def _manner(
    types: Mapping[str, str], provider: str, lifecycle: Sequence[Any], ownership: Mapping[str, str]
) -> Any:
    owners = {name: Ownership(owner) for name, owner in ownership.items()}
    return types[provider], provider, _lifecycle(*lifecycle), owners


def _lifecycle(on_remove: str, prevent_delete: bool, ignore_changes: Iterable[str]) -> Lifecycle:  # noqa: FBT001
    return Lifecycle(OnRemove(on_remove), prevent_delete, tuple(ignore_changes))


def _named(file: CaseFile, named: Sequence[tuple[str, int]]) -> Sequence[tuple[str, Location]]:
    return [(name, location(file.path, place)) for name, place in named] if named else ()
