"""
From and to the shapes of the Communifire REST API.

answers     {"IsError": …, "ResponseMessage": …, "ResponseData": …}, or bare
ids         numbers beside the name they have; 0 is none, and as a space the top level
sets        texts joined by commas
times       UTC where they have no offset, or milliseconds as /Date(…)/
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from reconciler.errors import ProtocolError
from reconciler.model.case import Live
from reconciler.model.values import Marker, Value, member_text

CASES: Final = "/api/cases"
SPACES: Final = "/api/spaces"
USERS: Final = "/api/users"
ME: Final = "/api/users/me"
ACCESS: Final = "/api/permissions/access"

Item = Mapping[str, Any]
"""An object as the API answers it."""

NAMED: Final[Mapping[str, tuple[str, str]]] = {
    "space": ("SpaceID", "SpaceName"),
    "project": ("ProjectID", "ProjectTitle"),
    "status": ("IssueStatusID", "IssueStatusName"),
    "priority": ("IssuePriorityID", "IssuePriorityName"),
    "category": ("ProjectSectionID", "ProjectSectionName"),
    "milestone": ("MilestoneID", "MilestoneTitle"),
}
"""Attribute → where its id and its name stand, in a case and in the lists of what there is."""

LONG: Final[Mapping[str, str]] = {
    "description": "IssueDescription",
    "tags": "TagsCSV",
    "watchers": "RecipientUserIDCSV",
}
"""Attributes that lists may leave out → where they stand."""

_SETS: Final[Sequence[str]] = ("tags", "watchers")
"""Attributes that can only be written whole."""
_EMPTY: Final = frozenset({"category", "milestone"})
"""Attributes of which a case may have none."""
_PLACE: Final = frozenset({"space", "project"})
"""Attributes that are always read: what names mean depends on them."""
_SILENT: Final = frozenset({"", "ToBePublished"})
"""What sites say with a plain success, whatever the word means."""

_ID: Final = re.compile("[0-9]{1,18}")
_MARKER_TAG: Final = re.compile(r"rc-[0-9a-f]{16}", re.IGNORECASE)
_MILLISECONDS: Final = re.compile(r"/Date\((-?[0-9]{1,18})(?:[+-][0-9]{4})?\)/")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


# ------------------------------------------------------------------------------------------------ answers


def payload(answer: Any) -> Any:
    """Return what an answer holds, in the envelope or without; raise ProtocolError where there is nothing."""
    if not isinstance(answer, dict | list):
        raise ProtocolError("Communifire answered neither an object nor a list")
    if isinstance(answer, list) or "IsError" not in answer:
        return answer
    if not isinstance(answer["IsError"], bool) or "ResponseData" not in answer:
        raise ProtocolError("Communifire answered an envelope without IsError or without ResponseData")
    return answer["ResponseData"]


def object_in(answer: Any, what: str) -> Item:
    """Return the object in an answer; raise ProtocolError, which names `what`, where there is none."""
    found = payload(answer)
    if not isinstance(found, dict):
        raise ProtocolError(f"Communifire answered {what} in an unknown shape")
    return found


def list_in(answer: Any, what: str) -> Sequence[Item]:
    """Return the objects of the list in an answer; raise ProtocolError, which names `what`, where it is none."""
    found = payload(answer)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ProtocolError(f"Communifire answered {what} in an unknown shape")
    return found


def refusal(answer: Any) -> str | None:
    """Return the words of an answer that says no; None if it does not."""
    if not _is_envelope(answer) or answer["IsError"] is not True:
        return None
    return _message(answer) or "the site says that it failed, and not why"


def remark(answer: Any) -> str | None:
    """Return what a success says beside that it is one, as that somebody must approve; None for nothing."""
    if not _is_envelope(answer) or answer["IsError"] is True:
        return None
    message = _message(answer)
    return None if message in _SILENT else message


def _is_envelope(answer: Any) -> bool:
    return isinstance(answer, dict) and "IsError" in answer


def _message(answer: Item) -> str:
    message = answer.get("ResponseMessage")
    return message.strip() if isinstance(message, str) else ""


# ------------------------------------------------------------------------------------------- tags and ids


def split_tags(csv: str) -> tuple[str, ...]:
    """Return the tags of `TagsCSV`, in order, each as it is shown."""
    return tuple(filter(None, map(str.strip, csv.split(","))))


def ids_of(parts: Sequence[str]) -> frozenset[int]:
    """Return the user ids that stand in `RecipientUserIDCSV`; raise ProtocolError for what is none."""
    if not all(map(_ID.fullmatch, parts)):
        raise ProtocolError("Communifire answered RecipientUserIDCSV in an unknown shape")
    return frozenset(map(int, parts))


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """Return what is equal for two spellings of one name or tag."""
    return name.strip().casefold()


def marker_tag(marker: Marker) -> str:
    """Return the tag by which a case is found again when the answer to its create is lost."""
    digest = hashlib.sha256(marker.text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"rc-{digest[:16]}"


def is_marker_tag(tag: str) -> bool:
    """Tell whether a tag is a marker, in the letter case that the site gave it."""
    return _MARKER_TAG.fullmatch(tag.strip()) is not None


# -------------------------------------------------------------------------------------------------- times


def instant(written: object) -> datetime | None:
    """Return a time in UTC, which is also what one without an offset is in; None for what is no time."""
    if not isinstance(written, str):
        return None
    try:
        if found := _MILLISECONDS.fullmatch(written):
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        moment = datetime.fromisoformat(written)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# -------------------------------------------------------------------------------------------------- cases


def case_id(item: Item) -> str:
    """Return the id of a case as text."""
    return str(number(item, "IssueID"))


def number(item: Item, key: str) -> int:
    """Return an id; raise ProtocolError for what is none."""
    found = item.get(key)
    if type(found) is not int:  # true is one too
        raise ProtocolError(f"Communifire answered {key} in an unknown shape")
    return found


def text(item: Item, key: str) -> str:
    """Return a text, empty where it is null; raise ProtocolError where it is missing, or something else."""
    found = item.get(key, 0)  # null is no 0
    if found is not None and not isinstance(found, str):
        raise ProtocolError(f"Communifire answered {key} in an unknown shape")
    return found or ""


def live(item: Item, attributes: Iterable[str], url: str) -> Live:
    """
    Read a case into what was asked for, and its space and project, which say what names mean.

    Marker tags are listed, but are no tags of the case. Raises ProtocolError for a field that is missing, or is in
    an unknown shape.
    """
    wanted = frozenset(attributes)
    values = {name: read(item) for name, read in _readers(wanted)}
    aliases = {
        name: _alias(shown, number(item, NAMED[name][0]))
        for name, shown in values.items()
        if name in NAMED and type(shown) is str
    }
    listed = {name: split_tags(text(item, LONG[name])) for name in _SETS if name in wanted or LONG[name] in item}
    markers = tuple(filter(is_marker_tag, listed.get("tags", ())))
    if "tags" in wanted:
        values["tags"] = frozenset(listed["tags"]).difference(markers)
    if "watchers" in wanted:
        values["watchers"] = ids_of(listed["watchers"])
    return Live(case_id(item), url, values, aliases, listed, next(iter(markers), None))


@lru_cache(maxsize=256)
def _readers(wanted: frozenset[str]) -> Sequence[tuple[str, Callable[[Item], Value]]]:
    """Return how to read what was asked for, but for sets, and the space and project."""
    return tuple((name, read) for name, read in _READERS.items() if name in wanted | _PLACE)


@lru_cache(maxsize=4096)
def _alias(shown: str, id: int) -> Mapping[str, frozenset[str]]:
    """Return that what is shown by a name has a number too: one object for the many cases that show the same."""
    return {shown: frozenset({member_text(id) or ""})}


def number_of(live: Live, attribute: str) -> int | None:
    """Return the id of what a case shows by its name; None where it shows none, or was not read."""
    shown = live.attributes.get(attribute)
    if isinstance(shown, int):
        return shown
    aliases = live.aliases.get(attribute, {}).get(shown or "", ())
    return next((int(alias[1:]) for alias in aliases), None)


def lacks(item: Item, attributes: Iterable[str]) -> bool:
    """
    Tell whether an item of a list must be asked for by itself to know these attributes.

    What is empty there counts as left out: an empty description cannot be, and with the others nobody can tell.
    """
    return any(not item.get(LONG[name]) for name in attributes if name in LONG)


def _named(name: str) -> Callable[[Item], Value]:
    """Return the reader of what has a name: the name, the id where there is none, None for nothing."""
    id_key, name_key = NAMED[name]

    def read(item: Item) -> Value:
        id = number(item, id_key)
        return None if id == 0 and name in _EMPTY else text(item, name_key) or id

    return read


_READERS: Final[Mapping[str, Callable[[Item], Value]]] = {
    "title": lambda item: text(item, "IssueTitle"),
    "description": lambda item: text(item, LONG["description"]),
    **{name: _named(name) for name in NAMED},
    "assignee": lambda item: number(item, "AssignedToUserID") or None,
}
"""Attribute that is no set → how it is read."""
