"""
The requests of one change to a Tines case: as few as the API allows, each as small as it allows.

create       POST   /cases                    everything at once, with our marker in the metadata
             PUT    /cases/ID                 only for a case without assignees: Tines assigns the key's user
update   1.  PUT    /cases/ID                 the team alone, where a sub-status of the new team follows
         2.  POST   /cases/ID/metadata        only new keys; PUT where one changes, with the new ones
         3.  PUT    /cases/ID                 scalars, add_*, remove_*
         4.  DELETE /cases/ID/metadata        keys
delete       DELETE /cases/ID

Metadata goes before the case and its removals after, so that a crash between leaves too much, never too little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.model.change import Action, Change, FieldChange, is_absent
from reconciler.model.operation import Operation, Repeat, Steps
from reconciler.model.values import Marker, Path, Ref, Value
from reconciler.providers.shared import count
from reconciler.providers.tines.schema import TinesSettings
from reconciler.providers.tines.wire import CASES

_SETS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "assignees": ("assignee_emails", "add_assignee_emails", "remove_assignee_emails", "assignee"),
    "tags": ("tag_names", "add_tag_names", "remove_tag_names", "tag"),
}
"""Attribute → parameter on create, to add, to remove; and what one member is called."""


def requests(
    change: Change, settings: TinesSettings, marker: Marker, meanings: Mapping[str, Any]
) -> Iterator[Operation]:
    """Yield the requests of a change, in the order in which they are sent."""
    match change.action:
        case Action.CREATE:
            yield from _create(change, settings, marker, meanings)
        case Action.DELETE:
            yield Operation("DELETE", f"{CASES}/{change.id}", None, "delete the case")
        case _:
            yield from _edit(change, meanings)


def _create(
    change: Change, settings: TinesSettings, marker: Marker, meanings: Mapping[str, Any]
) -> Iterator[Operation]:
    unassigned = next((f.path for f in change.fields if f.path == ("assignees",) and not f.after), None)
    body = {
        "team_id": settings.team_id,
        **_scalars(change.fields, meanings),
        **{_SETS[f.path[0]][0]: _sorted(f.after) for f in change.fields if f.is_set and f.after},
        "metadata": {**_metadata(change.fields), settings.marker_key: marker},
    }
    captures: dict[str, Steps] = {"id": ("case_id",), "url": ("url",)}
    if unassigned:
        captures["assignees"] = ("assignees", "*", "email")
    yield Operation(
        "POST",
        CASES,
        body,
        "create the case",
        fields=tuple(field.path for field in change.fields if field.path != unassigned),
        captures=captures,
        expects=((("team", "id"), body["team_id"]),),
        repeat=Repeat.LOOK,
    )
    if unassigned:
        yield _unassign(change, unassigned)


def _unassign(change: Change, path: Path) -> Operation:
    name = change.address.name
    return Operation(
        "PUT",
        f"{CASES}/${{cases.{name}.id}}",
        {"remove_assignee_emails": Ref(name, "assignees")},
        "remove the API key's user, whom Tines assigns to a case created without assignees",
        fields=(path,),
        droppable=True,
    )


def _edit(change: Change, meanings: Mapping[str, Any]) -> Iterator[Operation]:
    path = f"{CASES}/{change.id}"
    metadata = [field for field in change.fields if field.path[0] == "metadata"]
    fields = [field for field in change.fields if field.path[0] != "metadata"]
    moves = [field for field in fields if field.path == ("team_id",)]
    if moves and "sub_status_id" in meanings:
        yield _put(path, moves, {})
        fields = [field for field in fields if field not in moves]
    else:
        meanings = meanings if any(field.path == ("sub_status",) for field in fields) else {}
    yield from _set_metadata(path, [field for field in metadata if not is_absent(field.after)])
    if fields or meanings:
        yield _put(path, fields, meanings)
    yield from _remove_metadata(path, [field for field in metadata if is_absent(field.after)])


def _put(path: str, fields: Sequence[FieldChange], meanings: Mapping[str, Any]) -> Operation:
    body, why = _scalars(fields, meanings), [f"set {name}" for name in _scalars(fields, meanings)]
    for field in (field for field in fields if field.is_set):
        _, add, remove, noun = _SETS[field.path[0]]
        for verb, key, members in (("add", add, field.add), ("remove", remove, field.remove)):
            if members:
                body[key] = _sorted(members)
                why.append(f"{verb} {count(len(members), noun)}")
    return Operation("PUT", path, body, "; ".join(why), fields=tuple(field.path for field in fields))


def _scalars(fields: Sequence[FieldChange], meanings: Mapping[str, Any]) -> dict[str, Value]:
    """Return the scalars as parameters; a sub-status implies the status, so only its id is sent."""
    values = {f.path[0]: f.after for f in fields if len(f.path) == 1 and not f.is_set}
    if "sub_status_id" in meanings:
        values = {name: value for name, value in values.items() if name not in {"status", "sub_status"}}
        values["sub_status_id"] = meanings["sub_status_id"]
    return values


def _metadata(fields: Sequence[FieldChange]) -> dict[str, Value]:
    return {field.path[1]: field.after for field in fields if field.path[0] == "metadata"}


def _set_metadata(path: str, fields: Sequence[FieldChange]) -> Iterator[Operation]:
    """POST inserts and answers 409 for a key that exists; PUT overwrites and inserts (seen on a live tenant)."""
    if not fields:
        return
    new = [field for field in fields if is_absent(field.before)]
    insert = len(new) == len(fields)
    why = [f"add {count(len(new), 'metadata key')}"] if new else []
    why += [f"change {count(len(fields) - len(new), 'metadata key')}"] if not insert else []
    yield Operation(
        "POST" if insert else "PUT",
        f"{path}/metadata",
        {"metadata": _metadata(fields)},
        "; ".join(why),
        fields=tuple(field.path for field in fields),
        repeat=Repeat.LOOK if insert else Repeat.SAFE,
    )


def _remove_metadata(path: str, fields: Sequence[FieldChange]) -> Iterator[Operation]:
    """Take keys away; twice is not once here: a key that is gone already makes the whole request fail."""
    if fields:
        yield Operation(
            "DELETE",
            f"{path}/metadata",
            {"metadata": sorted(_metadata(fields))},
            f"remove {count(len(fields), 'metadata key')}",
            fields=tuple(field.path for field in fields),
            repeat=Repeat.LOOK,
        )


def _sorted(members: frozenset[Value]) -> list[Value]:
    return sorted(members, key=str)
