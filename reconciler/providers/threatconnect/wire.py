"""
From and to the shapes of the ThreatConnect API (v3).

scalars        as they are; one that is not set is not there at all
collections    {"data": [...]}; {}, {"count": 0} and nothing mean empty, but only where they were asked for
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.errors import ProtocolError
from reconciler.model.values import Value

CASES: Final = "/api/v3/cases"
ATTRIBUTES: Final = "/api/v3/caseAttributes"
TAGS: Final = "/api/v3/tags"
GROUPS: Final = "/api/v3/groups"

Item = Mapping[str, Any]
"""An object as the API answers it."""
Aliases = Mapping[str, frozenset[str]]
"""By member (or id), other names for the same thing."""

MANY: Final = 1000
"""A nested collection of so many may have been cut: the vendor's own client never trusts it."""

SCALARS: Final[Mapping[str, str]] = {
    "name": "name",
    "description": "description",
    "status": "status",
    "severity": "severity",
    "resolution": "resolution",
    "assignee": "assignee",
    "xid": "xid",
    "owner": "owner",
    "case_open_time": "caseOpenTime",
    "case_close_time": "caseCloseTime",
    "case_detection_time": "caseDetectionTime",
    "case_occurrence_time": "caseOccurrenceTime",
    "workflow_template": "workflowTemplate",
}
"""Attribute → key of the API's case object."""

SUMMARY_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "Address": ("ip",),
    "EmailAddress": ("address",),
    "File": ("md5", "sha1", "sha256"),
    "Host": ("hostName",),
    "URL": ("text",),
    "ASN": ("AS Number",),
}
"""Type of an indicator → the keys that carry what it is about."""


def object_id(item: Item) -> str:
    """Return the id of an object as text."""
    try:
        return str(item["id"])
    except (KeyError, TypeError) as error:
        raise ProtocolError("ThreatConnect answered an object without an id") from error


def assignee(shown: Any) -> Value:
    """Return `{"user": …}` or `{"group": …}`; None for nobody."""
    match shown:
        case {"type": "User", "data": {"userName": str(name)}}:
            return {"user": name}
        case {"type": "Group", "data": {"name": str(name)}}:
            return {"group": name}
        case None | {"type": "None"}:
            return None
        case _:
            raise ProtocolError("ThreatConnect answered an assignee in an unknown shape")


def assigned(value: Value) -> Any:
    """Return an assignee as it is written; nobody is a type of its own (documented since 7.11)."""
    match value:
        case {"user": name}:
            return {"type": "User", "data": {"userName": name}}
        case {"group": name}:
            return {"type": "Group", "data": {"name": name}}
        case _:
            return {"type": "None"}


def scalar(item: Item, name: str) -> Value:
    """Read one scalar of a case; None where it is not set."""
    shown = item.get(SCALARS[name])
    if name == "assignee":
        return assignee(shown)
    if name == "workflow_template":
        return None if not shown else _text(shown, "name")
    if shown is not None and not isinstance(shown, str):
        raise ProtocolError(f"ThreatConnect answered {SCALARS[name]} in an unknown shape")
    return shown


def _text(item: Item, key: str) -> str:
    text = item[key]
    if not isinstance(text, str):
        raise ProtocolError(f"ThreatConnect answered {key} in an unknown shape")
    return text


def elements(item: Item, key: str) -> Sequence[Item]:
    """Return the elements of a collection that was asked for."""
    shown = item.get(key) or {}
    found = shown.get("data", []) if isinstance(shown, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(element, dict) for element in found):
        raise ProtocolError(f"ThreatConnect answered {key} in an unknown shape")
    return found


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of a case: how its elements are read, and where all of them are listed."""

    key: str
    """In the case object, and the value of `fields=`."""
    path: str
    query: str
    """TQL that lists the elements of one case, with `{id}` for its id."""
    read: Callable[[Sequence[Item], str], tuple[Value, Aliases]]
    """Elements and the id of the case → the attribute, and other names of its members."""
    heavy: bool = False
    """Large enough to be read only for cases that declare it."""


def _tags(found: Sequence[Item], _: str) -> tuple[Value, Aliases]:
    """Read tags; an ATT&CK tag is known by its name and by its technique."""
    aliases = {tag["name"]: frozenset({_text(tag, "techniqueId")}) for tag in found if tag.get("techniqueId")}
    return frozenset(_text(tag, "name") for tag in found), aliases


def _users(found: Sequence[Item], _: str) -> tuple[Value, Aliases]:
    return frozenset(_text(user, "userName") for user in found), {}


def _cases(found: Sequence[Item], id: str) -> tuple[Value, Aliases]:
    """Read linked cases; that a case may be listed among its own is a quirk of the system."""
    return frozenset(object_id(case) for case in found) - {id}, {}


def _things(found: Sequence[Item], _: str) -> tuple[Value, Aliases]:
    """Read groups or indicators, known by their ids, and by type and name."""
    return frozenset(map(object_id, found)), {object_id(item): frozenset(_names_of(item)) for item in found}


def _names_of(item: Item) -> Iterator[str]:
    """Yield the names by which a declared group or indicator may mean this one."""
    keys = ("name", "summary", *SUMMARY_KEYS.get(str(item.get("type")), ()))
    for name in {str(item[key]) for key in keys if item.get(key)}:
        yield from (f"{item.get('type')}: {part}" for part in {name, *name.split(" : ")})


def _items(fields: Mapping[str, str]) -> Callable[[Sequence[Item], str], tuple[Value, Aliases]]:
    def read(found: Sequence[Item], _: str) -> tuple[Value, Aliases]:
        items = {object_id(item): {name: _field(item, key) for name, key in fields.items()} for item in found}
        return items, {object_id(item): frozenset({_text(item, "xid")}) for item in found if item.get("xid")}

    return read


def _field(item: Item, key: str) -> Value:
    shown = item.get(key)
    if key == "assignee":
        return assignee(shown)
    if shown is not None and not isinstance(shown, str | int):
        raise ProtocolError(f"ThreatConnect answered {key} in an unknown shape")
    return shown


ITEMS: Final[Mapping[str, Mapping[str, str]]] = {
    "attributes": {"type": "type", "value": "value", "source": "source"},
    "notes": {"text": "text"},
    "tasks": {
        "name": "name",
        "description": "description",
        "status": "status",
        "assignee": "assignee",
        "due_date": "dueDate",
        "required": "required",
        "workflow_phase": "workflowPhase",
        "workflow_step": "workflowStep",
        "xid": "xid",
    },
    "artifacts": {"type": "type", "summary": "summary", "source": "source", "derived_link": "derivedLink"},
}
"""Attribute → field of an item → key of the API's object."""

_OF_CASE: Final = "caseId = {id}"
_LINKED: Final = "hasCase(id = {id})"

COLLECTIONS: Final[Mapping[str, Collection]] = {
    "tags": Collection("tags", TAGS, _LINKED, _tags),
    "user_access": Collection("userAccess", "", "", _users),
    "attributes": Collection("attributes", ATTRIBUTES, _OF_CASE, _items(ITEMS["attributes"])),
    "associated_cases": Collection("associatedCases", CASES, _LINKED, _cases),
    "associated_groups": Collection("associatedGroups", GROUPS, _LINKED, _things),
    "associated_indicators": Collection("associatedIndicators", "/api/v3/indicators", _LINKED, _things),
    "notes": Collection("notes", "/api/v3/notes", _OF_CASE, _items(ITEMS["notes"]), heavy=True),
    "tasks": Collection("tasks", "/api/v3/tasks", _OF_CASE, _items(ITEMS["tasks"]), heavy=True),
    "artifacts": Collection("artifacts", "/api/v3/artifacts", _OF_CASE, _items(ITEMS["artifacts"]), heavy=True),
}

_ASKED_FOR: Final[Mapping[str, str]] = {"workflow_template": "workflowTemplate"}
"""Scalars that are shown only when asked for."""


def fields_of(attributes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the `fields=` that show these attributes, sorted; the rest is shown without asking."""
    keys = {COLLECTIONS[name].key if name in COLLECTIONS else _ASKED_FOR.get(name) for name in attributes}
    return tuple(("fields", key) for key in sorted(filter(None, keys)))
