"""
From and to the shapes of the Tines API.

A case object, as a list or a GET shows it, becomes whole by adding the sub-resources that it does not carry under
the names that their own lists use; so everything is read from one object.

scalars              name, status … in any letter case
in most objects      tags, assignees, metadata
where it is shown    fields, linked_cases, actions, closure_conditions, records (first page)
only by themselves   subscribers, tasks, notes
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple

from reconciler.errors import ProtocolError
from reconciler.model.case import Live
from reconciler.model.values import Claim, Secret, Value

CASES: Final = "/api/v2/cases"
CASES_OF: Final[Mapping[str, str]] = {"v1": "/api/v1/cases", "v2": CASES}
"""By version of the API."""
SUB_STATUSES: Final = "/api/v1/case_sub_statuses"
INPUTS: Final = "/api/v1/case_inputs"
"""Team configuration stays under v1, which is not deprecated for it."""
SEPARATOR: Final = "|"
"""Between the values of a field that allows several."""

Item = Mapping[str, Any]
"""An object as the API answers it."""
Normalize = Callable[[Mapping[str, Value]], dict[str, Value]]


@dataclass(frozen=True, slots=True)
class TinesLive(Live):
    """A live case with those objects in it that requests are made of: buttons of others, ids that have no name."""

    shown: Mapping[str, Sequence[Item]] = field(default_factory=dict)
    """By attribute."""


def _lower(item: Item, key: str) -> Value:
    return str(item[key]).lower()


def metadata_text(value: Any) -> str:
    """Metadata is text; a tenant that holds anything else shows it as canonical JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _metadata(shown: Mapping[str, Any]) -> Value:
    return {key: value if type(value) is str else metadata_text(value) for key, value in shown.items()}


def _emails(users: Iterable[Item]) -> frozenset[str]:
    return frozenset(user["email"].lower() for user in users if user.get("email"))


def _conditions(shown: Any) -> Value:
    """Return closure conditions by name; what else is said of them is the system's."""
    found = [{"name": each["name"], "formula": each["formula"]} for each in shown or ()]
    return sorted(found, key=lambda condition: str(condition["name"]))


def _fields(shown: Iterable[Item]) -> Value:
    """Return the values of fields by the keys of their inputs: text, whatever was sent."""
    return {field_key(each): str(each["value"]) for each in shown if each["value"] is not None}


def field_key(shown: Item) -> str:
    """Return under which key a field is read; some samples show no key but the name."""
    about = shown["case_input"]
    return str(about.get("key") or about["name"])


def _linked(shown: Iterable[Any]) -> Value:
    """Return the ids of linked cases; v1 shows nothing else of them."""
    return frozenset(str(each["case_id"] if isinstance(each, Mapping) else each) for each in shown)


def _records(shown: Iterable[Any]) -> Value:
    return frozenset(_record_ids(shown))


def _record_ids(shown: Iterable[Any]) -> Iterator[str]:
    """Yield the ids of records: listed flat (documents), by type (a live tenant), or as mere ids (v1)."""
    for each in shown:
        if not isinstance(each, Mapping):
            yield str(each)
        elif "record_type_record_results" in each:
            yield from _record_ids(each["record_type_record_results"])
        else:
            yield str(each["id"])


def _action(shown: Item) -> Value:
    return {
        "label": shown["label"],
        "url": shown["url"],
        "type": str(shown.get("action_type", shown.get("button_type"))).lower(),
        "text": shown.get("action_text", shown.get("button_text")),
    }


def _task(shown: Item) -> Value:
    return {
        "description": shown["description"],
        "completed": shown["completed"],
        "assignees": _emails(shown.get("assignees") or ()),
    }


def _note(shown: Item) -> Value:
    color = shown.get("color")
    return {
        "title": shown["title"],
        "content": shown.get("content") or "",
        "color": color.lower() if isinstance(color, str) else None,
    }


def buttons(shown: Iterable[Item]) -> Value:
    """Return buttons by their ids."""
    return {str(each["id"]): _action(each) for each in shown}


def _items(read: Callable[[Item], Value]) -> Callable[[Iterable[Item]], Value]:
    return lambda shown: {str(each["id"]): read(each) for each in shown}


_READERS: Final[Mapping[str, tuple[str, Callable[[Item], Value]]]] = {
    "name": ("name", lambda item: item["name"]),
    "description": ("description", lambda item: item["description"] or ""),
    "priority": ("priority", lambda item: _lower(item, "priority")),
    "status": ("status", lambda item: _lower(item, "status")),
    "sub_status": ("sub_status", lambda item: (item["sub_status"] or {}).get("name")),
    "team_id": ("team", lambda item: (item["team"] or {}).get("id")),
    "opened_at": ("opened_at", lambda item: item["opened_at"]),
    "resolved_at": ("resolved_at", lambda item: item["resolved_at"]),
    "closure_conditions": ("closure_conditions", lambda item: _conditions(item["closure_conditions"])),
    "assignees": ("assignees", lambda item: _emails(item["assignees"])),
    "tags": ("tags", lambda item: frozenset(tag["name"] for tag in item["tags"])),
    "metadata": ("metadata", lambda item: _metadata(item["metadata"] or {})),
    "fields": ("fields", lambda item: _fields(item["fields"])),
    "links": ("linked_cases", lambda item: _linked(item["linked_cases"])),
    "subscribers": ("subscribers", lambda item: _emails(item["subscribers"])),
    "records": ("records", lambda item: _records(item["records"])),
    "actions": ("actions", lambda item: buttons(item["actions"])),
    "tasks": ("tasks", lambda item: _items(_task)(item["tasks"])),
    "notes": ("notes", lambda item: _items(_note)(item["notes"])),
}
"""Attribute → the key of the API's case object that carries it, and how it is read."""

_ALIASED: Final = frozenset({"fields", "tasks"})
"""Parts of these have other names, too."""
_SHOWN: Final = frozenset({"fields", "subscribers", "actions"})
"""Of these requests need more than an attribute says."""

LISTED: Final[Mapping[str, str]] = {
    "fields": "fields",
    "links": "linked_cases",
    "subscribers": "subscribers",
    "records": "records",
    "actions": "actions",
    "tasks": "tasks",
    "notes": "notes",
}
"""Attribute → its own list under the case, whose key is the same."""

APART: Final = frozenset({"subscribers", "tasks", "notes"})
"""What no case object shows."""


def case_id(item: Item) -> str:
    """Return the id of a case as text: ids are integers in answers and digits in requests."""
    try:
        return str(item["case_id"])
    except (KeyError, TypeError) as error:
        raise ProtocolError("Tines answered a case without a case_id") from error


def as_v2(item: Item) -> Item:
    """Return a case object with the buttons under the name that v2 has for them."""
    return {**item, "actions": item["team_case_buttons"]} if "team_case_buttons" in item else item


def lacking(item: Item, attributes: Iterable[str]) -> frozenset[str]:
    """Return the attributes that a case object does not show, or of which it shows a first page only."""
    return frozenset(
        [
            name
            for name, key, meta in _keys(frozenset(attributes))
            if key not in item or (meta in item and _has_more(item[meta]))
        ]
    )


@cache
def _keys(attributes: frozenset[str]) -> tuple[tuple[str, str, str], ...]:
    """Return each attribute that is read, its key in a case object, and that of its pages."""
    keys = {name: _READERS[name][0] for name in attributes & _READERS.keys()}
    return tuple((name, key, f"{key}_meta") for name, key in keys.items())


def _has_more(pages: Any) -> bool:
    return isinstance(pages, Mapping) and bool(pages.get("next_page") or pages.get("next_page_number"))


def live(item: Item, attributes: Iterable[str], normalize: Normalize, marker_key: str | None = None) -> TinesLive:
    """Read a case object into what was asked for, in normal form; `marker_key` is that of its metadata."""
    reading = _reading(frozenset(attributes))
    try:
        values = {name: read(item) for name, read in reading.readers}
        aliases = {name: found for name in reading.aliased if (found := _aliases(name, item))}
    except (KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(f"Tines answered case {case_id(item)} in an unknown shape ({error!r})") from error
    shown = {name: item[_READERS[name][0]] for name in reading.shown}
    if conditions := item.get("closure_conditions"):
        shown["closure_conditions"] = conditions
    url, marker = str(item.get("url") or ""), _marker(item, marker_key)
    return TinesLive(case_id(item), url, normalize(values), {**aliases}, marker=marker, shown=shown)


class _Reading(NamedTuple):
    """How some attributes are read: found out once for all the cases of which these are wanted."""

    readers: tuple[tuple[str, Callable[[Item], Value]], ...]
    aliased: frozenset[str]
    shown: frozenset[str]


@cache
def _reading(attributes: frozenset[str]) -> _Reading:
    readers = tuple((name, _READERS[name][1]) for name in attributes & _READERS.keys())
    return _Reading(readers, attributes & _ALIASED, attributes & _SHOWN)


def _marker(item: Item, key: str | None) -> str | None:
    """Return the marker of a case; metadata of the same key that is none of ours does not count."""
    metadata = item.get("metadata")
    found = metadata.get(key) if isinstance(metadata, Mapping) else None
    return found if isinstance(found, str) and Claim.of(found) else None


def _aliases(name: str, item: Item) -> Mapping[str, frozenset[str]]:
    """Return other names of parts: of a field the name of its input, of a task what is to be done."""
    match name:
        case "fields":
            return {field_key(each): frozenset({str(each["case_input"]["name"])}) for each in item["fields"]}
        case "tasks":
            return {str(each["id"]): frozenset({str(each["description"])}) for each in item["tasks"]}
        case _:
            return {}


def plain(value: Value) -> Any:
    """Return what a declared value says, secret or not."""
    return value.value if isinstance(value, Secret) else value
