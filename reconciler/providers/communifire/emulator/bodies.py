r"""
What bodies may say: from the API's words to the attributes of a stored case.

A PUT comes as a JSON string that holds an object; the vendor's page shows it with raw line breaks inside, so both
layers are read leniently:

    "{\"IssueStatusID\":2}"    →    {"IssueStatusID": 2}    →    {"status_id": 2}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.providers.communifire.emulator.answers import failed

IDS: Mapping[str, str] = {
    "SpaceID": "space_id",
    "ProjectID": "project_id",
    "ProjectSectionID": "section_id",
    "MilestoneID": "milestone_id",
    "IssueStatusID": "status_id",
    "IssuePriorityID": "priority_id",
    "AssignedToUserID": "assignee_id",
}
_TEXTS: Mapping[str, str] = {
    "IssueTitle": "title",
    "IssueDescription": "description",
    "TagsCSV": "tags",
    "RecipientUserIDCSV": "recipients",
}

WIRE: Mapping[str, str] = {attribute: key for key, attribute in {**IDS, **_TEXTS}.items()}
"""Attribute of a stored case → its key in bodies."""

_BOM = "\ufeff"


def lenient(text: str | bytes) -> Any:
    """Read JSON in which strings may hold raw control characters; raises `ValueError` for what is none."""
    decoded = text.decode() if isinstance(text, bytes) else text
    return json.loads(decoded.removeprefix(_BOM), strict=False)


def as_object(body: Any) -> Mapping[str, Any]:
    """Read a body that is an object, or a string that holds one; raises `Refused` for any other."""
    if isinstance(body, str):
        try:
            body = lenient(body)
        except ValueError:
            raise failed("The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise failed("The request body is not an object.")
    return body


def attributes(body: Mapping[str, Any]) -> dict[str, Any]:
    """
    Read what a body says of the attributes that can be written; unknown and read-only keys count for nothing.

    Raises `Refused` for a value that cannot be: an id that is null or in quotes, a title that is blank.
    """
    given: dict[str, Any] = {IDS[key]: _id(key, body[key]) for key in body.keys() & IDS.keys()}
    for key in body.keys() & _TEXTS.keys():
        if body[key] is not None:
            given[_TEXTS[key]] = _text(key, body[key])
    return given


def _id(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise failed(f"{key} is not a number.")
    return value


def _text(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        raise failed(f"{key} is not a text.")
    match key:
        case "TagsCSV":
            return _tags(value)
        case "RecipientUserIDCSV":
            return _recipients(value)
        case _ if not value.strip():
            raise failed(f"{key} is required.")
        case _:
            return value


def _tags(csv: str) -> tuple[str, ...]:
    """Trim tags and drop the second of those that differ in letter case only."""
    kept: dict[str, str] = {}
    for tag in filter(None, map(str.strip, csv.split(","))):
        kept.setdefault(tag.casefold(), tag)
    return tuple(kept.values())


def _recipients(csv: str) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(part) for part in csv.split(",") if part.strip()))
    except ValueError:
        raise failed("RecipientUserIDCSV is not a list of user ids.") from None
