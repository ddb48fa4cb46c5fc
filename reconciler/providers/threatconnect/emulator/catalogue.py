"""
The emulated routes of what cases refer to and do not own: groups, indicators, types, templates, people, owners.

All can be listed and looked up by id. Groups and indicators can be created too; a group is also found by its
external id, in the owner that `?owner=` names. Without that parameter the owner is the API user's organization.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from reconciler.providers.emulation import Call, Refused, Reply, route
from reconciler.providers.threatconnect.emulator.answers import improper, not_found, one
from reconciler.providers.threatconnect.emulator.fields import checked
from reconciler.providers.threatconnect.emulator.lists import fields_of, listing
from reconciler.providers.threatconnect.emulator.painter import Painter
from reconciler.providers.threatconnect.emulator.references import References
from reconciler.providers.threatconnect.emulator.shapes import SUMMARY_KEYS
from reconciler.providers.threatconnect.emulator.table import Table
from reconciler.providers.threatconnect.emulator.tenant import Tenant
from reconciler.providers.threatconnect.emulator.things import Group, Owner
from reconciler.providers.threatconnect.emulator.tql_parameters import parameters_of

_OWNED = {"groups", "indicators"}
_SHELVES: Mapping[str, Callable[[Tenant], Table[Any]]] = MappingProxyType(
    {
        "groups": lambda tenant: tenant.groups,
        "indicators": lambda tenant: tenant.indicators,
        "attributeTypes": lambda tenant: tenant.attribute_types,
        "artifactTypes": lambda tenant: tenant.artifact_types,
        "workflowTemplates": lambda tenant: tenant.templates,
        "users": lambda tenant: tenant.users,
        "userGroups": lambda tenant: tenant.user_groups,
        "owners": lambda tenant: tenant.owners,
    }
)
_SHOWN: Mapping[str, Callable[[Painter, Any], Mapping[str, Any]]] = MappingProxyType(
    {
        "groups": Painter.group,
        "indicators": Painter.indicator,
        "attributeTypes": Painter.attribute_type,
        "artifactTypes": Painter.artifact_type,
        "workflowTemplates": Painter.template,
        "users": Painter.user,
        "userGroups": Painter.user_group,
        "owners": Painter.owner,
    }
)


class CatalogueRoutes:
    """`/api/v3/groups`, `/indicators`, `/attributeTypes`, …, `/security/users`, …, and one of each."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    # groups and indicators

    @route("GET", "/api/v3/groups")
    def list_groups(self, call: Call) -> Reply:
        """List an owner's groups."""
        return self._list(call, "groups")

    @route("GET", "/api/v3/groups/{group_id}")
    def get_group(self, call: Call, group_id: str) -> Reply:
        """Show a group by its id, or by its external id in an owner."""
        owner = self._owner(call)
        numbered = re.fullmatch(r"[0-9]{1,18}", group_id) is not None
        found = self._tenant.groups.get(int(group_id)) if numbered else None
        found = found or self._tenant.group_by_xid(group_id, owner.id)
        if found is None:
            raise not_found("group")
        return one(self._show(call, "groups")(found))

    @route("POST", "/api/v3/groups")
    def create_group(self, call: Call) -> Reply:
        """Create a group, a second one of the same name too; 409 for an external id that its owner has."""
        show, owner = self._show(call, "groups"), self._owner(call)
        with self._tenant.all_or_nothing():
            group: Group = References(self._tenant).group(self._checked(call, "groups"), owner)
        return one(show(group), "Created")

    @route("GET", "/api/v3/indicators")
    def list_indicators(self, call: Call) -> Reply:
        """List an owner's indicators."""
        return self._list(call, "indicators")

    @route("GET", "/api/v3/indicators/{found_id}")
    def get_indicator(self, call: Call, found_id: str) -> Reply:
        """Show an indicator."""
        return self._get(call, "indicators", found_id)

    @route("POST", "/api/v3/indicators")
    def create_indicator(self, call: Call) -> Reply:
        """Create an indicator, or find the owner's that has the same type and summary."""
        show, body = self._show(call, "indicators"), self._checked(call, "indicators")
        if body["type"] not in SUMMARY_KEYS:
            raise improper(f"{body['type']!r} is not a type of indicator.")
        with self._tenant.all_or_nothing():
            indicator = References(self._tenant).indicator({"ownerId": self._owner(call).id, **body})
        return one(show(indicator), "Created")

    # what an administrator has set up

    @route("GET", "/api/v3/attributeTypes")
    def list_attribute_types(self, call: Call) -> Reply:
        """List the types of attributes, of all objects."""
        return self._list(call, "attributeTypes")

    @route("GET", "/api/v3/attributeTypes/{found_id}")
    def get_attribute_type(self, call: Call, found_id: str) -> Reply:
        """Show a type of attribute."""
        return self._get(call, "attributeTypes", found_id)

    @route("GET", "/api/v3/artifactTypes")
    def list_artifact_types(self, call: Call) -> Reply:
        """List the types of artifacts."""
        return self._list(call, "artifactTypes")

    @route("GET", "/api/v3/artifactTypes/{found_id}")
    def get_artifact_type(self, call: Call, found_id: str) -> Reply:
        """Show a type of artifact."""
        return self._get(call, "artifactTypes", found_id)

    @route("GET", "/api/v3/workflowTemplates")
    def list_templates(self, call: Call) -> Reply:
        """List the workflow templates."""
        return self._list(call, "workflowTemplates")

    @route("GET", "/api/v3/workflowTemplates/{found_id}")
    def get_template(self, call: Call, found_id: str) -> Reply:
        """Show a workflow template."""
        return self._get(call, "workflowTemplates", found_id)

    @route("GET", "/api/v3/security/{kind}")
    def list_security(self, call: Call, kind: str) -> Reply:
        """List users, groups of users, or owners."""
        return self._list(call, _security(call, kind))

    @route("GET", "/api/v3/security/{kind}/{found_id}")
    def get_security(self, call: Call, kind: str, found_id: str) -> Reply:
        """Show a user, a group of users, or an owner."""
        return self._get(call, _security(call, kind), found_id)

    # what all of them do

    def _list(self, call: Call, kind: str) -> Reply:
        return listing(
            call,
            things=self._things(call, kind),
            parameters=parameters_of(kind, self._tenant),
            show=self._show(call, kind),
        )

    def _things(self, call: Call, kind: str) -> Iterable[Any]:
        shelf = _SHELVES[kind](self._tenant)
        if kind not in _OWNED:
            return shelf
        owner_id = self._owner(call).id
        return [thing for thing in shelf if thing.owner_id == owner_id]

    def _get(self, call: Call, kind: str, segment: str) -> Reply:
        shelf = _SHELVES[kind](self._tenant)
        found = shelf.get(int(segment)) if re.fullmatch(r"[0-9]{1,18}", segment) else None
        if found is None:
            raise not_found(f"one of {kind}")
        return one(self._show(call, kind)(found))

    def _show(self, call: Call, kind: str) -> Callable[[Any], Mapping[str, Any]]:
        painter = Painter(self._tenant, fields_of(call, kind), origin=call.origin)
        return lambda thing: _SHOWN[kind](painter, thing)

    def _owner(self, call: Call) -> Owner:
        return References(self._tenant).owner(dict(call.query).get("owner"))

    def _checked(self, call: Call, kind: str) -> dict[str, Any]:
        return checked(kind, call.body, creating=True, strict=self._tenant.switches.strict_fields)


def _security(call: Call, kind: str) -> str:
    if kind not in ("users", "userGroups", "owners"):
        raise Refused(HTTPStatus.NOT_FOUND, f"No route matches {call.method} {call.path}")
    return kind
