"""
How the emulated instance reads what a body refers to: people, owners, tags, groups, indicators, templates.

    {"id": n}                         what is there already, and nothing else beside the id
    {"name": …, "type": …}            a new group, every time
    {"type": …, <summary key>: …}     the owner's indicator of that summary, made if there is none
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, TypeVar

from reconciler.providers.emulation import Refused
from reconciler.providers.threatconnect.emulator.answers import MISSING, bad, improper
from reconciler.providers.threatconnect.emulator.fields import checked, whole_number
from reconciler.providers.threatconnect.emulator.shapes import SUMMARY_KEYS
from reconciler.providers.threatconnect.emulator.table import Numbered, Table
from reconciler.providers.threatconnect.emulator.tenant import ORGANIZATION_ID, Tenant
from reconciler.providers.threatconnect.emulator.things import (
    Assignee,
    Group,
    Indicator,
    Owner,
    Tag,
    Template,
    User,
)

_MODES = ("append", "delete", "replace")
_Thing = TypeVar("_Thing", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of a body: its items, all objects, and its mode, None where it names none."""

    name: str
    items: tuple[Mapping[str, Any], ...]
    mode: str | None = None

    @classmethod
    def read(cls, name: str, value: Any) -> Collection:
        """Read the mode of a collection whose shape was checked; raises `Refused` for an unknown one."""
        mode = value.get("mode")
        if "mode" in value and mode not in _MODES:
            raise improper(f"{mode!r} is not a mode: append, delete or replace.")
        return cls(name, tuple(value["data"]), mode)

    def appended(self) -> tuple[Mapping[str, Any], ...]:
        """Give the items where only appending makes sense: on POST, and on artifacts."""
        if self.mode not in (None, "append"):
            raise improper(f"The mode of {self.name} can only be append here.")
        return self.items


def referred(table: Table[_Thing], item: Mapping[str, Any], what: str) -> _Thing:
    """Find what `{"id": n}` names; a key beside the id makes the request fail (vendor's SDK, v3_model_abc)."""
    if set(item) != {"id"}:
        raise improper(f"A {what} is named by its id and nothing else: {sorted(item)}.")
    found = table.get(whole_number(item["id"], "id"))
    if found is None:
        raise bad(f"No {what} has the id {item['id']}.")
    return found


def joined(ids: Iterable[int], *more: int) -> tuple[int, ...]:
    """Give the ids with some more behind them, each once."""
    return tuple(dict.fromkeys((*ids, *more)))


@dataclass(frozen=True, slots=True)
class References:
    """What a body refers to, on one tenant; every method raises `Refused` for what is not there."""

    tenant: Tenant

    # people and owners

    def assignee(self, value: Mapping[str, Any]) -> Assignee | None:
        """Read who a case or a task is assigned to; None is nobody."""
        kind = value.get("type")
        if kind == "None" and self.tenant.switches.assignee_none_supported:
            return None
        if kind not in ("User", "Group") or not isinstance(value.get("data"), dict):
            raise improper(f"Not an assignee: {value!r}.")
        if kind == "User":
            return Assignee("User", self.user(value["data"]).id)
        data = value["data"]
        group = (
            self.tenant.user_groups.get(whole_number(data["id"], "id"))
            if "id" in data
            else self.tenant.user_group_named(str(data.get("name")))
        )
        if group is None:
            raise bad(f"There is no such user group: {data!r}.")
        return Assignee("Group", group.id)

    def user(self, value: Mapping[str, Any]) -> User:
        """Find the user that an id or a login names."""
        found = (
            self.tenant.users.get(whole_number(value["id"], "id"))
            if "id" in value
            else self.tenant.user_named(str(value.get("userName")))
        )
        if found is None:
            raise bad(f"There is no such user: {dict(value)!r}.")
        return found

    def owner(self, name: str | None) -> Owner:
        """Find an owner by name, or else the API user's organization."""
        if name is None:
            return self.tenant.owners[ORGANIZATION_ID]
        found = self.tenant.owner_named(name)
        if found is None:
            raise Refused(HTTPStatus.FORBIDDEN, f"Owner {name} does not exist, or you may not see it.")
        return found

    def template(self, value: Mapping[str, Any]) -> Template:
        """Find the workflow template that an id or a name names."""
        found = (
            self.tenant.templates.get(whole_number(value["id"], "id"))
            if "id" in value
            else self.tenant.template_named(str(value.get("name")))
        )
        if found is None:
            raise bad(f"There is no such workflow template: {value!r}.")
        return found

    # the intelligence side

    def tag(self, item: Mapping[str, Any]) -> Tag:
        """Apply a tag, by name or as an ATT&CK technique; a name that is new makes a tag."""
        if "techniqueId" in item:
            found = self.tenant.technique(str(item["techniqueId"]))
            if found is None:
                raise bad(f"There is no technique {item['techniqueId']}.")
            return self.tenant.use_tag(found.name)
        body = checked("tags", item, creating=True, strict=self.tenant.switches.strict_fields)
        return self.tenant.use_tag(body["name"])

    def group(self, item: Mapping[str, Any], owner: Owner | None = None) -> Group:
        """Find the group of an id, or make a new one."""
        if "id" in item:
            return referred(self.tenant.groups, item, "group")
        body = checked("groups", item, creating=True, strict=self.tenant.switches.strict_fields)
        owner = self._owner(body, owner)
        xid = body.get("xid")
        if xid is not None and self.tenant.group_by_xid(xid, owner.id):
            raise Refused(HTTPStatus.CONFLICT, f"A group with the xid {xid} exists already.")
        group = Group(
            id=self.tenant.groups.next_id(),
            type=body["type"],
            name=body["name"],
            owner_id=owner.id,
            date_added=self.tenant.now(),
            xid=xid,
        )
        self.tenant.groups.put(group)
        self._link_to_artifacts(group, body)
        return group

    def _link_to_artifacts(self, group: Group, body: Mapping[str, Any]) -> None:
        if "associatedArtifacts" not in body:
            return
        for item in Collection.read("associatedArtifacts", body["associatedArtifacts"]).appended():
            artifact = referred(self.tenant.artifacts, item, "artifact")
            self.tenant.artifacts.put(replace(artifact, groups=joined(artifact.groups, group.id)))

    def indicator(self, item: Mapping[str, Any]) -> Indicator:
        """Find the indicator of an id or of a type and a summary, and make the latter if there is none."""
        if "id" in item:
            return referred(self.tenant.indicators, item, "indicator")
        body = checked("indicators", item, creating=True, strict=self.tenant.switches.strict_fields)
        type_: str = body["type"]
        if type_ not in SUMMARY_KEYS:
            raise improper(f"{type_!r} is not a type of indicator.")
        summary = next((body[key] for key in SUMMARY_KEYS[type_] if key in body), None)
        if summary is None:
            raise Refused(HTTPStatus.BAD_REQUEST, f"An indicator of type {type_} needs its summary.", MISSING)
        owner = self._owner(body, None)
        found = self.tenant.find_indicator(owner.id, type_, summary)
        return found or self.tenant.put_indicator(
            Indicator(
                id=self.tenant.indicators.next_id(),
                type=type_,
                summary=summary,
                owner_id=owner.id,
                date_added=self.tenant.now(),
            )
        )

    def _owner(self, body: Mapping[str, Any], owner: Owner | None) -> Owner:
        if "ownerId" not in body:
            return self.owner(body["ownerName"]) if "ownerName" in body else owner or self.owner(None)
        found = self.tenant.owners.get(whole_number(body["ownerId"], "ownerId"))
        if found is None:
            raise Refused(HTTPStatus.FORBIDDEN, f"Owner {body['ownerId']} does not exist, or you may not see it.")
        return found
