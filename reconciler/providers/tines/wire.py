"""From and to the shapes of the Tines API (cases v2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from reconciler.errors import ProtocolError
from reconciler.model.case import Live
from reconciler.model.values import Value

CASES: Final = "/api/v2/cases"
SUB_STATUSES: Final = "/api/v1/case_sub_statuses"
"""Team configuration stays under v1, which is not deprecated for it."""

Item = Mapping[str, Any]
"""A case as the API answers it."""


def _lower(item: Item, key: str) -> Value:
    return str(item[key]).lower()


def _metadata_text(value: Any) -> str:
    """Metadata is text; a tenant that holds anything else shows it as canonical JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _emails(item: Item) -> frozenset[str]:
    return frozenset(user["email"].lower() for user in item["assignees"] if user.get("email"))


_READERS: Final[Mapping[str, tuple[str, Callable[[Item], Value]]]] = {
    "name": ("name", lambda item: item["name"]),
    "description": ("description", lambda item: item["description"] or ""),
    "priority": ("priority", lambda item: _lower(item, "priority")),
    "status": ("status", lambda item: _lower(item, "status")),
    "sub_status": ("sub_status", lambda item: (item["sub_status"] or {}).get("name")),
    "team_id": ("team", lambda item: (item["team"] or {}).get("id")),
    "opened_at": ("opened_at", lambda item: item["opened_at"]),
    "resolved_at": ("resolved_at", lambda item: item["resolved_at"]),
    "assignees": ("assignees", _emails),
    "tags": ("tags", lambda item: frozenset(tag["name"] for tag in item["tags"])),
    "metadata": ("metadata", lambda item: {k: _metadata_text(v) for k, v in (item["metadata"] or {}).items()}),
}
"""Attribute → the key of the API's case object that carries it, and how it is read."""


def case_id(item: Item) -> str:
    """Return the id of a case as text: ids are integers in answers and digits in requests."""
    try:
        return str(item["case_id"])
    except (KeyError, TypeError) as error:
        raise ProtocolError("Tines answered a case without a case_id") from error


def lacks(item: Item, attributes: Iterable[str]) -> bool:
    """Tell whether a list item leaves out a key that one of the attributes needs."""
    return any(_READERS[name][0] not in item for name in attributes if name in _READERS)


def live(
    item: Item, attributes: Iterable[str], normalize: Callable[[Mapping[str, Value]], dict[str, Value]]
) -> Live:
    """Read a case object into what was asked for, in normal form."""
    try:
        values = {name: _READERS[name][1](item) for name in attributes if name in _READERS}
    except (KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(f"Tines answered case {case_id(item)} in an unknown shape ({error!r})") from error
    return Live(case_id(item), str(item.get("url") or ""), normalize(values))
