"""The emulated configuration of a team, read only: teams, tags, case sub-statuses; all of it lives on v1."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from reconciler.providers.emulation import Call, Refused, Reply, route
from reconciler.providers.tines.emulator.params import Invalid, one_of, params, whole_number
from reconciler.providers.tines.emulator.shapes import Painter, paginated
from reconciler.providers.tines.emulator.tenant import PARENTS

if TYPE_CHECKING:
    from reconciler.providers.tines.emulator.tenant import Tenant


class SetupRoutes:
    """`GET /api/v1/teams`, `/api/v1/tags`, `/api/v1/case_sub_statuses`."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    @route("GET", "/api/v1/teams")
    def teams(self, call: Call) -> Reply:
        """List the teams."""
        found = list(self._tenant.teams.values())
        show = Painter(self._tenant, call.origin).team
        return paginated(call, "teams", found, show, asked=params(call), switches=self._tenant.switches)

    @route("GET", "/api/v1/tags")
    def tags(self, call: Call) -> Reply:
        """List the tags, of one team if asked."""
        asked = params(call)
        found = self._tenant.tags_of(whole_number(asked["team_id"], "team_id") if "team_id" in asked else None)
        show = Painter(self._tenant, call.origin).tag
        return paginated(call, "tags", found, show, asked=asked, switches=self._tenant.switches)

    @route("GET", "/api/v1/case_sub_statuses")
    def sub_statuses(self, call: Call) -> Reply:
        """List the sub-statuses of a team, which must be given."""
        asked = params(call)
        if "team_id" not in asked:
            raise Invalid("team_id is missing")
        parent = one_of(asked["parent_status"], PARENTS, "parent_status") if "parent_status" in asked else None
        of_team = self._tenant.sub_statuses_of(whole_number(asked["team_id"], "team_id"), parent)
        sought = str(asked.get("search", "")).lower()
        found = [status for status in of_team if sought in status.name.lower()]
        show = Painter(self._tenant, call.origin).sub_status
        return paginated(call, "case_sub_statuses", found, show, asked=asked, switches=self._tenant.switches)

    @route("GET", "/api/v1/case_sub_statuses/{status_id}")
    def sub_status(self, call: Call, status_id: str) -> Reply:
        """Show one sub-status, bare."""
        found = self._tenant.sub_statuses.get(int(status_id)) if status_id.isdecimal() else None
        if found is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"Couldn't find sub status {status_id}")
        return Reply.json(HTTPStatus.OK, Painter(self._tenant, call.origin).sub_status(found))
