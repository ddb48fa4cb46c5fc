"""
Who changed a drifted field of a Tines case, and when: the latest entry of its kind in the case's timeline.

`GET /cases/{id}/activities` says what kind of thing was changed, by whom and when (activities list page). It does
not say which key of the metadata or which custom field, and it has no kind at all for names, times, notes and the
like: of those nothing is told. Whether the newest or the oldest stands first is not documented: both ends are
read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.model.address import Address
from reconciler.model.change import Drift, Edit
from reconciler.model.values import Path
from reconciler.providers.base import Api, Params
from reconciler.providers.tines.lists import SMALL_PAGE, elements, page, pages_of, size_of
from reconciler.providers.tines.wire import CASES, Item

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "assignees": ("ASSIGNED", "UNASSIGNED"),
    "description": ("DESCRIPTION_UPDATED",),
    "fields": ("FIELD_UPDATED",),
    "links": ("LINKED_CASE_ADDED", "LINKED_CASE_REMOVED"),
    "metadata": ("METADATA_UPDATED",),
    "priority": ("SEVERITY_UPDATED",),
    "records": ("RECORD_RESULT_SET_ADDED", "RECORD_RESULT_SET_REMOVED"),
    "status": ("STATUS_UPDATED",),
    "sub_status": ("SUB_STATUS_UPDATED",),
    "tags": ("TAGS_ADDED", "TAGS_REMOVED"),
}
"""What an attribute is called in a timeline."""
_DONE: Final = ("CHECKLIST_ITEM_COMPLETED", "CHECKLIST_ITEM_INCOMPLETE")

Edits = Mapping[Address, Mapping[Path, Edit]]


def history(api: Api, drifts: Sequence[Drift]) -> Edits:
    """Return the latest edits of drifted fields: two requests a case at most, of all cases at the same time."""
    asked = [drift for drift in drifts if drift.id is not None and _kinds(drift)]
    firsts = list(api.get_all((_path(drift), page(_query(drift), 1, SMALL_PAGE)) for drift in asked))
    read = [(drift, first) for drift, first in zip(asked, firsts, strict=True) if first is not None]
    longer = [(drift, first) for drift, first in read if pages_of(first) > 1]
    lasts = api.get_all(
        (_path(drift), page(_query(drift), pages_of(first), size_of(first))) for drift, first in longer
    )
    ends = {drift.address: last for (drift, _), last in zip(longer, lasts, strict=True) if last is not None}
    return {
        drift.address: dict(_edits(drift, [*_entries(first), *_entries(ends.get(drift.address))]))
        for drift, first in read
    }


def _path(drift: Drift) -> str:
    return f"{CASES}/{drift.id}/activities"


def _query(drift: Drift) -> Params:
    return tuple(("activity_type[]", kind) for kind in _kinds(drift))


def _kinds(drift: Drift) -> list[str]:
    return sorted({kind for field in drift.fields for kind in _kinds_of(field.path)})


def _kinds_of(path: Path) -> tuple[str, ...]:
    return _DONE if path[0] == "tasks" and path[2:] == ("completed",) else KINDS.get(path[0], ())


def _entries(answer: Any) -> Sequence[Item]:
    return [] if answer is None else elements(answer, "activities")


def _edits(drift: Drift, entries: Sequence[Item]) -> Iterator[tuple[Path, Edit]]:
    for field in drift.fields:
        kinds = _kinds_of(field.path)
        found = [entry for entry in entries if isinstance(entry, dict) and entry.get("activity_type") in kinds]
        latest = max(found, key=_moment, default=None)
        if latest is not None:
            yield field.path, Edit(_name(latest.get("user")), _text(latest.get("created_at")))


def _moment(entry: Item) -> tuple[str, int]:
    number = entry.get("id")
    return _text(entry.get("created_at")) or "", number if isinstance(number, int) else 0


def _name(user: Any) -> str | None:
    """Return the e-mail address of a user, or the name of one that has none."""
    if not isinstance(user, dict):
        return None
    names = filter(None, (_text(user.get(key)) for key in ("first_name", "last_name")))
    return _text(user.get("email")) or " ".join(names) or None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
