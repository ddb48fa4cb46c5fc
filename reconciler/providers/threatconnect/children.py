"""
The requests for things in a case that have their own endpoints: attributes' values, notes, tasks, artifacts.

Each thing is made by one POST, changed by one PUT with the changed fields, removed by one DELETE. What cannot be
changed (the type of an artifact, the phase of a task) is removed and made again.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from itertools import groupby
from typing import Final

from reconciler.model.change import Change, FieldChange, is_absent
from reconciler.model.operation import Operation, Repeat
from reconciler.model.values import Marker, Path, Value
from reconciler.providers.threatconnect import bodies
from reconciler.providers.threatconnect.schema import SCHEMA
from reconciler.providers.threatconnect.wire import ATTRIBUTES

CHILDREN: Final[Mapping[str, str]] = {
    "artifacts": "/api/v3/artifacts",
    "notes": "/api/v3/notes",
    "tasks": "/api/v3/tasks",
}
"""Attribute → endpoint."""

_ITEM: Final = 2
"""Steps of a path that leads to an item; a further one leads to a field of it."""

Query = tuple[tuple[str, str], ...]


def attribute_edits(change: Change, owner: Query) -> Iterator[Operation]:
    """Yield one PUT for each attribute whose value or source changes."""
    for path, fields in _edited(change):
        if path[0] == "attributes" and not any(map(is_remade, fields)):
            yield _update(change, path, fields, ATTRIBUTES, owner)


def child_requests(change: Change, marker: Marker, owner: Query) -> Iterator[Operation]:
    """Yield the requests for notes, tasks and artifacts: those that remove, those that make, those that change."""
    gone, new = gone_and_new(change, CHILDREN)
    edited = [(path, fields) for path, fields in _edited(change) if path[0] in CHILDREN]
    remade = [(path, fields) for path, fields in edited if any(map(is_remade, fields))]
    for f in gone:
        yield _delete(change, f.path, (f.path,), owner)
    for path, _ in remade:
        yield _delete(change, path, (), owner)
    for f in new:
        yield _make(change, f.path, f.after, (f.path,), marker, owner)
    for path, fields in remade:
        target = change.record.recorded[path[0]][path[1]] if change.record else {}
        yield _make(change, path, target, tuple(f.path for f in fields), marker, owner)
    for path, fields in edited:
        if (path, fields) not in remade:
            yield _update(change, path, fields, CHILDREN[path[0]], owner)


def gone_and_new(change: Change, names: Container[str]) -> tuple[list[FieldChange], list[FieldChange]]:
    """Return the items of these attributes that are to go, and those that are to come."""
    whole = [f for f in change.fields if f.path[0] in names and len(f.path) == _ITEM]
    return [f for f in whole if is_absent(f.after)], [f for f in whole if not is_absent(f.after)]


def is_remade(f: FieldChange) -> bool:
    """Tell whether a field of an item can only be changed by making the item anew."""
    if len(f.path) <= _ITEM:
        return False
    attribute, _, name = f.path
    # whether an empty source is taken for an attribute of a case is not known
    emptied = attribute == "attributes" and name == "source" and f.after in {None, ""}
    return SCHEMA.fields[attribute].items[name].once or emptied


def _edited(change: Change) -> Iterator[tuple[Path, list[FieldChange]]]:
    fields = (f for f in change.fields if len(f.path) > _ITEM)
    for path, group in groupby(fields, key=lambda f: f.path[:_ITEM]):
        yield path, list(group)


def _noun(path: Path) -> str:
    return f"{bodies.NOUNS[path[0]]} {path[1]}"


def _id(change: Change, path: Path) -> str | None:
    return change.record.handles.get(".".join(path)) if change.record else None


def _delete(change: Change, path: Path, fields: tuple[Path, ...], owner: Query) -> Operation:
    target = f"{CHILDREN[path[0]]}/{_id(change, path)}"
    return Operation("DELETE", target, None, f"remove the {_noun(path)}", query=owner, fields=fields)


def _make(
    change: Change, path: Path, item: Mapping[str, Value], fields: tuple[Path, ...], marker: Marker, owner: Query
) -> Operation:
    xid = str(item.get("xid") or bodies.item_xid(marker, *path)) if path[0] == "tasks" else None
    body = {"caseId": bodies.number(change.id), **bodies.new_item(path[0], item)}
    return Operation(
        "POST",
        CHILDREN[path[0]],
        body if xid is None else {**body, "xid": xid},
        f"add the {_noun(path)}",
        query=owner,
        fields=fields,
        captures={".".join(path): ("data", "id")},
        makes={path: xid},
        repeat=Repeat.LOOK,
    )


def _update(change: Change, path: Path, fields: list[FieldChange], endpoint: str, owner: Query) -> Operation:
    body = bodies.item(path[0], {f.path[_ITEM]: f.after for f in fields})
    names = ", ".join(f.path[_ITEM] for f in fields)
    return Operation(
        "PUT",
        f"{endpoint}/{_id(change, path)}",
        body,
        f"set {names} of the {_noun(path)}",
        query=owner,
        fields=tuple(f.path for f in fields),
    )
