"""The emulated case sub-statuses of a team, on v1: made, renamed, and deleted in favour of another."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk
from reconciler.providers.tines.emulator.drafts import pick
from reconciler.providers.tines.emulator.pages import paginated
from reconciler.providers.tines.emulator.params import (
    Invalid,
    filled,
    known,
    one_of,
    params,
    text,
    whole_number,
)
from reconciler.providers.tines.emulator.shapes import Shapes
from reconciler.providers.tines.emulator.things import PARENTS, SubStatus

_STATUSES = "/api/v1/case_sub_statuses"
_STATUS = _STATUSES + "/{status_id}"


class SubStatusRoutes:
    """`/api/v1/case_sub_statuses`."""

    def __init__(self, desk: Desk) -> None:
        self._tenant = desk.tenant
        self._rules = desk.rules

    @route("GET", _STATUSES)
    def sub_statuses(self, call: Call) -> Reply:
        """List the sub-statuses of a team, which must be given."""
        asked = params(call)
        if "team_id" not in asked:
            raise Invalid("team_id is missing")
        parent = one_of(asked["parent_status"], PARENTS, "parent_status") if "parent_status" in asked else None
        of_team = self._tenant.sub_statuses_of(whole_number(asked["team_id"], "team_id"), parent)
        sought = str(asked.get("search", "")).lower()
        found = [status for status in of_team if sought in status.name.lower()]
        show = Shapes(self._tenant, call.origin).sub_status
        return paginated(call, "case_sub_statuses", found, show, asked=asked, switches=self._tenant.switches)

    @route("POST", _STATUSES)
    def create(self, call: Call) -> Reply:
        """Make a sub-status, under OPEN unless told, never the default: 201."""
        keys = {"team_id", "name", "parent_status", "description"}
        body = known(params(call), keys, "CaseSubStatusCreateInput")
        team_id, name = whole_number(body.get("team_id"), "team_id"), filled(body, "name")
        if team_id not in self._tenant.teams:
            raise Invalid("Validation failed: Team must exist")
        parent = one_of(body.get("parent_status", "OPEN"), PARENTS, "parent_status")
        description = text(body.get("description", ""), "description")
        return self._answer(
            call,
            self._tenant.add_sub_status(team_id, name, parent, description=description),
            HTTPStatus.CREATED,
        )

    @route("GET", _STATUS)
    def get(self, call: Call, status_id: str) -> Reply:
        """Show one sub-status, bare."""
        return self._answer(call, self._found(status_id))

    @route("PUT", _STATUS)
    def update(self, call: Call, status_id: str) -> Reply:
        """Rename or describe a sub-status; its parent and whether it is the default stay."""
        found = self._found(status_id)
        body = known(params(call), {"name", "description"}, "CaseSubStatusUpdateInput")
        name = filled(body, "name") if "name" in body else found.name
        description = text(body.get("description", found.description), "description")
        changed = replace(found, name=name, description=description, updated_at=self._tenant.now())
        self._tenant.sub_statuses[found.id] = changed
        self._tenant.revision += 1
        return self._answer(call, changed)

    @route("DELETE", _STATUS)
    def delete(self, call: Call, status_id: str) -> Reply:
        """Delete a sub-status, whose cases go to another of its parent: 204."""
        found = self._found(status_id)
        if found.default:
            raise Invalid("The default sub status can't be deleted")
        fallback = self._fallback(found, call)
        for case in list(self._tenant.cases.values()):
            if case.sub_status_id == found.id:
                after = replace(case, sub_status_id=fallback.id)
                self._rules.commit(case, after, self._tenant.key_user)
        del self._tenant.sub_statuses[found.id]
        return DELETED

    def _found(self, status_id: str) -> SubStatus:
        return pick(self._tenant.sub_statuses.values(), status_id, "sub status")

    def _fallback(self, gone: SubStatus, call: Call) -> SubStatus:
        given = params(call).get("fallback_status_id")
        if given is None and self._tenant.switches.sub_status_delete_without_fallback == "default":
            return self._tenant.default_sub_status(gone.team_id, gone.parent)
        found = self._tenant.sub_statuses.get(whole_number(given, "fallback_status_id"))
        if found is None or found.id == gone.id or (found.team_id, found.parent) != (gone.team_id, gone.parent):
            raise Invalid("fallback_status_id names no other sub status of the same parent")
        return found

    def _answer(self, call: Call, found: SubStatus, status: int = HTTPStatus.OK) -> Reply:
        return Reply.json(status, Shapes(self._tenant, call.origin).sub_status(found))
