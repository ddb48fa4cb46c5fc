"""Values of a case as ThreatConnect takes them: scalars, members of sets, items."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from reconciler.model.change import is_absent
from reconciler.model.values import Claim, Entry, Marker, Ref, Value, member_text
from reconciler.providers.threatconnect.wire import ITEMS, SCALARS, SUMMARY_KEYS, assigned

NOUNS: Final[Mapping[str, str]] = {
    "tags": "tag",
    "user_access": "user",
    "associated_cases": "associated case",
    "associated_groups": "associated group",
    "associated_indicators": "associated indicator",
    "attributes": "attribute",
    "artifacts": "artifact",
    "notes": "note",
    "tasks": "task",
}

_READABLE: Final = 60
"""Characters of an address in an external id."""
_BEGINNING: Final = rf"[\w-]{{1,{_READABLE - 1}}}\.[\w-]{{0,{_READABLE}}}|[\w-]{{{_READABLE}}}"
_MADE: Final = re.compile(rf"(?:{_BEGINNING})\.[0-9a-f]{{32}}", re.ASCII)
"""An external id of a case that we made."""
_TECHNIQUE: Final = re.compile(r"T[0-9]{4}(\.[0-9]{3})?")
_HASHES: Final[Mapping[int, str]] = {32: "md5", 40: "sha1", 64: "sha256"}
"""Characters of a hash → its key."""
_EMPTIED: Final[Mapping[str, str]] = {"description": "", "source": ""}


def case_xid(marker: Marker, declared: Value = None) -> str:
    """Return the external id that marks a new case: the user's own, or one that only this case can have."""
    return declared if isinstance(declared, str) else _xid(marker.address, marker.text)


def item_xid(marker: Marker, attribute: str, key: str) -> str:
    """Return the external id of a new item."""
    return _xid(marker.address, f"{marker.text}/{attribute}/{key}")


def group_xid(marker: Marker, group: Entry) -> str:
    """Return the external id of a group that is given whole: the same whenever it is asked for."""
    declared = group.fields.get("xid")
    return (
        declared
        if isinstance(declared, str)
        else _xid(marker.address, f"{marker.lineage}/{marker.address}/{group.key}")
    )


def _xid(address: str, text: str) -> str:
    """Return 34 to 94 characters that are no number: a readable beginning, and a hash of all of it."""
    return f"{address[:_READABLE]}.{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def is_marker(xid: str) -> bool:
    """Tell whether an external id has the form of one that we make for a case."""
    return _MADE.fullmatch(xid) is not None


def claim_of(xid: str) -> Claim:
    """Tell whose case has an external id that we made: it begins with the address, or with a part of that."""
    address = xid.rpartition(".")[0]
    return Claim(address=f"{address}…" if len(address) == _READABLE else address or None)


def scalars(values: Mapping[str, Value]) -> dict[str, Any]:
    """Return scalars of a case by their keys in the API."""
    return {SCALARS[name]: _scalar(name, value) for name, value in values.items()}


def _scalar(name: str, value: Value) -> Any:
    if name == "assignee":
        return assigned(value)
    if name == "workflow_template":
        return {"name": value}
    return _EMPTIED.get(name, value) if is_absent(value) else value


def item(attribute: str, fields: Mapping[str, Value]) -> dict[str, Any]:
    """Return the fields of an item by their keys in the API."""
    return {ITEMS[attribute][name]: _scalar(name, value) for name, value in fields.items()}


def new_item(attribute: str, fields: Mapping[str, Value]) -> dict[str, Any]:
    """Return the fields of an item that is to be made: what is empty is left out."""
    return item(attribute, {name: value for name, value in fields.items() if not is_absent(value) and value != ""})


def added(attribute: str, members: Iterable[Value], marker: Marker, groups: Mapping[str, str]) -> list[Any]:
    """Return members as they are added; `groups` are the ids of those that exist already, by their keys."""
    return [_added(attribute, member, marker, groups) for member in ordered(members)]


def tag(member: Value) -> dict[str, Value]:
    """Return a tag as it is added: an ATT&CK tag by its technique (since 7.8), any other by its name."""
    is_technique = isinstance(member, str) and _TECHNIQUE.fullmatch(member)
    return {"techniqueId" if is_technique else "name": member}


def _added(attribute: str, member: Value, marker: Marker, groups: Mapping[str, str]) -> dict[str, Any]:
    match attribute, member:
        case "tags", _:
            return tag(member)
        case "user_access", _:
            return {"userName": member}
        case _, Entry(key) if key in groups:
            return {"id": number(groups[key])}
        case "associated_groups", Entry():
            return _group(member, marker)
        case _, Entry(_, fields):
            return {"type": fields["type"], _summary_key(fields): fields["summary"]}
        case _:
            return {"id": number(member)}


def _group(group: Entry, marker: Marker) -> dict[str, Any]:
    fields = group.fields
    body = {"name": fields["name"], "type": fields["type"], "xid": group_xid(marker, group)}
    if owner := fields.get("owner"):
        body["ownerName"] = owner
    if tags := fields.get("tags"):
        body["tags"] = {"data": [tag(name) for name in tags]}
    if artifacts := fields.get("associated_artifacts"):
        body["associatedArtifacts"] = {"data": [{"id": number(id)} for id in artifacts]}
    return body


def _summary_key(fields: Mapping[str, Value]) -> str:
    """Return the key that carries the summary of an indicator; of a hash its length tells which it is."""
    keys = SUMMARY_KEYS[fields["type"]]
    return keys[0] if len(keys) == 1 else _HASHES.get(len(str(fields["summary"])), keys[0])


def removed(attribute: str, members: Iterable[Value], handles: Mapping[str, str]) -> list[Any]:
    """Return members as they are taken away: tags by the name that the system knows, everything else by id."""
    named = (handles.get(f"{attribute}.{member_text(member)}", member) for member in ordered(members))
    return [{"name": name} if attribute == "tags" else {"id": number(name)} for name in named]


def number(id: Value) -> Any:
    """Return an id as the number that it is; one that is not known yet stays what stands for it."""
    return int(id) if isinstance(id, str) and id.isdecimal() else id


def ordered(members: Iterable[Value]) -> list[Value]:
    """Sort members by their names, ids as numbers; those that are not known yet come last."""

    def rank(member: Value) -> tuple[int, int, str]:
        text = member_text(member)
        if text is None:
            return (2, 0, member.text if isinstance(member, Ref) else str(member))
        return (0, int(text), "") if text.isdecimal() else (1, 0, text)

    return sorted(members, key=rank)
