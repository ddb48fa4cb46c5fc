"""
How the emulated instance shows what is not a case's own: people, types, tags, groups, indicators.

A scalar that is not set has no key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

from reconciler.providers.threatconnect.emulator.answers import stamp
from reconciler.providers.threatconnect.emulator.tenant import ORGANIZATION_ID, Tenant
from reconciler.providers.threatconnect.emulator.things import (
    ArtifactType,
    Assignee,
    AttributeType,
    Group,
    Indicator,
    Owner,
    Tag,
    Template,
    User,
    UserGroup,
)

SUMMARY_KEYS: Mapping[str, tuple[str, ...]] = {
    "Address": ("ip",),
    "EmailAddress": ("address",),
    "File": ("md5", "sha1", "sha256"),
    "Host": ("hostName",),
    "URL": ("text",),
    "ASN": ("AS Number",),
}
"""The keys under which an indicator of a type carries its summary."""

_HASH_KEYS = {32: "md5", 40: "sha1", 64: "sha256"}


class Shapes:
    """
    Shows what the tenant holds in the API's shapes.

    `fields` are the names that were asked for; a name with a dot asks for something of a collection's items.
    `empty` is how an empty collection looks: one of the settings of `empty_collection_form`.
    """

    def __init__(
        self, tenant: Tenant, fields: Iterable[str] = (), *, origin: str = "", empty: str | None = None
    ) -> None:
        self._tenant = tenant
        self._origin = origin
        self._empty = tenant.switches.empty_collection_form if empty is None else empty
        self._fields: dict[str, list[str]] = {}
        for name in fields:
            outer, _, inner = name.partition(".")
            self._fields.setdefault(outer, []).extend([inner] if inner else [])

    def _of(self, name: str) -> Self:
        """Give the painter of a collection's items."""
        return type(self)(self._tenant, self._fields.get(name, ()), origin=self._origin, empty=self._empty)

    def _add(self, shown: dict[str, Any], name: str, items: Callable[[Self], Sequence[Any]]) -> None:
        """Add a collection if it was asked for."""
        if name not in self._fields:
            return
        found = items(self._of(name))
        if found or self._empty == "data":
            shown[name] = {"data": found}
        elif self._empty != "absent":
            shown[name] = {"count": 0} if self._empty == "count" else {}

    # people

    def login(self, user_id: int) -> dict[str, Any]:
        """Show a user as one who did something: id and login."""
        return {"id": user_id, "userName": self._tenant.users[user_id].user_name}

    def user(self, user: User) -> dict[str, Any]:
        """Show a user in full."""
        return {
            "id": user.id,
            "userName": user.user_name,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "pseudonym": user.pseudonym,
            "role": user.role,
            "owner": self._tenant.owners[ORGANIZATION_ID].name,
        }

    def user_group(self, group: UserGroup) -> dict[str, Any]:
        """Show a group of users."""
        return present(id=group.id, name=group.name, description=group.description or None)

    def assignee(self, assignee: Assignee) -> dict[str, Any]:
        """Show who a case or a task is assigned to."""
        if assignee.kind == "Group":
            return {"type": "Group", "data": self.user_group(self._tenant.user_groups[assignee.id])}
        shown = self.user(self._tenant.users[assignee.id])
        del shown["role"]
        return {"type": "User", "data": shown}

    def owner(self, owner: Owner) -> dict[str, Any]:
        """Show an owner; cases live in organizations only, as the permissions of the others say."""
        permission = "FULL" if owner.type == "Organization" else "NONE"
        return {"id": owner.id, "name": owner.name, "type": owner.type, "permCase": permission}

    # types

    def attribute_type(self, found: AttributeType) -> dict[str, Any]:
        """Show a type of attribute, with the objects it is mapped to if that was asked for."""
        shown = {
            "id": found.id,
            "name": found.name,
            "description": found.description or found.name,
            "maxSize": found.max_size,
            "allowMarkdown": False,
            "errorMessage": found.error_message,
        }
        if found.options:
            rule = {"id": found.id, "name": found.name, "text": ";".join(found.options), "type": "SelectOne"}
            shown["validationRule"] = rule
        if "mapping" in self._fields:
            mappings = [present(type=name, maxAllowed=found.max_allowed) for name in sorted(found.applies_to)]
            shown["attributeTypeMappings"] = {"data": mappings}
        return shown

    def artifact_type(self, found: ArtifactType) -> dict[str, Any]:
        """Show a type of artifact."""
        return present(id=found.id, name=found.name, intelType=found.intel_type)

    def template(self, template: Template) -> dict[str, Any]:
        """Show a workflow template."""
        return {"id": template.id, "name": template.name, "active": True, "version": 1}

    # the intelligence side

    def case_tag(self, tag: Tag) -> dict[str, Any]:
        """Show a tag as it stands in a case."""
        return present(
            id=tag.id,
            name=tag.name,
            description=tag.description or None,
            lastUsed=stamp(tag.last_used),
            techniqueId=tag.technique_id,
        )

    def tag(self, tag: Tag) -> dict[str, Any]:
        """Show a tag by itself."""
        owner = {} if tag.owner_id is None else {"owner": self._tenant.owners[tag.owner_id].name}
        shown = {**self.case_tag(tag), **owner}
        if "synonymousTagNames" in self._fields:
            shown["synonymousTagNames"] = self._tenant.synonyms_of(tag)
        return shown

    def group(self, group: Group) -> dict[str, Any]:
        """Show a group; its external id only if it has one."""
        return present(
            id=group.id,
            type=group.type,
            name=group.name,
            xid=group.xid,
            ownerId=group.owner_id,
            ownerName=self._tenant.owners[group.owner_id].name,
            dateAdded=stamp(group.date_added),
            webLink=f"{self._origin}/#/details/groups/{group.id}/overview",
        )

    def indicator(self, indicator: Indicator) -> dict[str, Any]:
        """Show an indicator, its summary also under its type's own key."""
        keys = SUMMARY_KEYS.get(indicator.type, ("value1",))
        key = _HASH_KEYS.get(len(indicator.summary), keys[0]) if indicator.type == "File" else keys[0]
        return {
            "id": indicator.id,
            "type": indicator.type,
            "summary": indicator.summary,
            key: indicator.summary,
            "ownerId": indicator.owner_id,
            "ownerName": self._tenant.owners[indicator.owner_id].name,
            "dateAdded": stamp(indicator.date_added),
            "webLink": f"{self._origin}/#/details/indicators/{indicator.id}/overview",
        }


def present(**values: Any) -> dict[str, Any]:
    """Keep what has a value."""
    return {name: value for name, value in values.items() if value is not None}
