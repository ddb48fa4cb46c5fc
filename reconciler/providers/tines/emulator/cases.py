"""The emulated case routes: create, get, update, delete, and the timeline (read only)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from reconciler.providers.emulation import Call, Refused, Reply, route
from reconciler.providers.tines.emulator.params import many, params, truth
from reconciler.providers.tines.emulator.shapes import Painter, paginated

if TYPE_CHECKING:
    from reconciler.providers.tines.emulator.rules import CaseRules
    from reconciler.providers.tines.emulator.tenant import StoredCase, Tenant

_ACTIVITIES_PER_PAGE = 50


def find_case(tenant: Tenant, case_id: str) -> StoredCase:
    """Find the case that a path names, or refuse."""
    found = tenant.cases.get(int(case_id)) if re.fullmatch(r"\d{1,18}", case_id) else None
    if found is None:
        raise Refused(tenant.switches.missing_status, f"Couldn't find case {case_id}")
    return found


class CaseRoutes:
    """`/api/v2/cases` and `/api/v2/cases/{id}`, except the list."""

    def __init__(self, tenant: Tenant, rules: CaseRules) -> None:
        self._tenant = tenant
        self._rules = rules

    @route("POST", "/api/v2/cases")
    def create(self, call: Call) -> Reply:
        """Create a case: 201."""
        asked = params(call)
        draft = self._rules.new(asked)
        case = self._rules.commit(None, draft, self._rules.actor(asked, draft.team_id))
        return Reply.json(HTTPStatus.CREATED, self._shown(call, case))

    @route("GET", "/api/v2/cases/{case_id}")
    def get(self, call: Call, case_id: str) -> Reply:
        """Show all of a case, with mentions as names if asked."""
        shown = self._shown(call, find_case(self._tenant, case_id))
        if truth(params(call).get("resolve_mentions", False)):
            shown["description"] = self._resolved_mentions(shown["description"])
        return Reply.json(HTTPStatus.OK, shown)

    @route("PUT", "/api/v2/cases/{case_id}")
    @route("PATCH", "/api/v2/cases/{case_id}")
    def update(self, call: Call, case_id: str) -> Reply:
        """Change what is given; all of it or nothing."""
        case, asked = find_case(self._tenant, case_id), params(call)
        draft = self._rules.changed(case, asked)
        self._rules.check_closing(case, draft)
        if draft is not case:
            self._rules.commit(case, draft, self._rules.actor(asked, draft.team_id))
        return Reply.json(HTTPStatus.OK, self._shown(call, draft))

    @route("DELETE", "/api/v2/cases/{case_id}")
    def delete(self, call: Call, case_id: str) -> Reply:  # noqa: ARG002 (a handler takes the call)
        """Delete a case for good: 204."""
        self._tenant.remove(find_case(self._tenant, case_id).id)
        return Reply(HTTPStatus.NO_CONTENT)

    @route("GET", "/api/v2/cases/{case_id}/activities")
    def activities(self, call: Call, case_id: str) -> Reply:
        """List a case's timeline, of some types if asked."""
        case, asked = find_case(self._tenant, case_id), params(call)
        kinds = many(asked["activity_type"]) if "activity_type" in asked else None
        found = [entry for entry in self._tenant.activities(case.id) if kinds is None or entry.kind in kinds]
        return paginated(
            call,
            "activities",
            found,
            Painter(self._tenant, call.origin).activity,
            asked=asked,
            switches=self._tenant.switches,
            maximum=_ACTIVITIES_PER_PAGE,
            extra={"case_id": case.id},
        )

    def _shown(self, call: Call, case: StoredCase) -> dict[str, Any]:
        return Painter(self._tenant, call.origin).case(case)

    def _resolved_mentions(self, text: str) -> str:
        def shown(mention: re.Match[str]) -> str:
            user = self._tenant.users.get(int(mention[1]))
            return mention[0] if user is None else f"@{user.name}"

        return re.sub(r"<@user-(\d{1,18})>", shown, text)
