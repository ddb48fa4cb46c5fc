"""
The emulated tag routes.

A tag mostly comes into being by being applied; a rename is seen on every case, and so is a deletion. ATT&CK
tags are the system's: nobody changes or deletes them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Refused, Reply, route
from reconciler.providers.threatconnect.emulator.answers import bad, deleted, improper, not_found, one
from reconciler.providers.threatconnect.emulator.fields import checked
from reconciler.providers.threatconnect.emulator.lists import fields_of, listing
from reconciler.providers.threatconnect.emulator.painter import Painter
from reconciler.providers.threatconnect.emulator.references import References
from reconciler.providers.threatconnect.emulator.tenant import Tenant
from reconciler.providers.threatconnect.emulator.things import Tag
from reconciler.providers.threatconnect.emulator.tql_parameters import parameters_of

_TAG = "/api/v3/tags/{tag_id}"


class TagRoutes:
    """`/api/v3/tags` and `/api/v3/tags/{id}`."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    @route("GET", "/api/v3/tags")
    def list_tags(self, call: Call) -> Reply:
        """List an owner's tags and the ATT&CK tags, which have no owner."""
        owner_id = References(self._tenant).owner(dict(call.query).get("owner")).id
        return listing(
            call,
            things=(tag for tag in self._tenant.tags if tag.owner_id in (None, owner_id)),
            parameters=parameters_of("tags", self._tenant),
            show=self._painter(call).tag,
        )

    @route("GET", _TAG)
    def get(self, call: Call, tag_id: str) -> Reply:
        """Show a tag."""
        return one(self._painter(call).tag(self._tag(tag_id)))

    @route("POST", "/api/v3/tags")
    def create(self, call: Call) -> Reply:
        """Create a tag: 201, or 409 if there is one of that name in any letter case."""
        body = self._checked(call, creating=True)
        if "techniqueId" in body or "name" not in body:
            raise improper("A tag is created by its name; ATT&CK tags are there already.")
        self._refuse_taken(body["name"])
        tag = self._tenant.use_tag(body["name"], body.get("description", ""))
        return one(self._painter(call).tag(tag), "Created")

    @route("PUT", _TAG)
    def update(self, call: Call, tag_id: str) -> Reply:
        """Rename or describe a tag, everywhere."""
        tag, body = self._own(tag_id), self._checked(call, creating=False)
        name = body.get("name", tag.name)
        if name.casefold() != tag.name.casefold():
            self._refuse_taken(name)
        changed = replace(tag, name=name, description=body.get("description", tag.description))
        return one(self._painter(call).tag(self._tenant.put_tag(changed)), "Updated")

    @route("DELETE", _TAG)
    def delete(self, call: Call, tag_id: str) -> Reply:  # noqa: ARG002 (a handler takes the call)
        """Delete a tag, from every case too."""
        tag = self._own(tag_id)
        with self._tenant.all_or_nothing():
            for case in list(self._tenant.cases):
                if tag.id in case.tags:
                    self._tenant.put_case(replace(case, tags=tuple(had for had in case.tags if had != tag.id)))
            self._tenant.tags.remove(tag.id)
        return deleted()

    def _checked(self, call: Call, *, creating: bool) -> dict[str, Any]:
        strict = self._tenant.switches.strict_fields
        return checked("tags", call.body, creating=creating, strict=strict)

    def _refuse_taken(self, name: str) -> None:
        if self._tenant.tag_named(name) is not None:
            raise Refused(HTTPStatus.CONFLICT, f"A tag named {name} exists already.")

    def _own(self, segment: str) -> Tag:
        tag = self._tag(segment)
        if tag.technique_id is not None:
            raise bad("An ATT&CK tag cannot be changed or deleted.")
        return tag

    def _tag(self, segment: str) -> Tag:
        tag = self._tenant.tags.get(int(segment)) if re.fullmatch(r"[0-9]{1,18}", segment) else None
        if tag is None:
            raise not_found("tag")
        return tag

    def _painter(self, call: Call) -> Painter:
        return Painter(self._tenant, fields_of(call, "tags"), origin=call.origin)
