"""The emulated case routes: create, get, update, delete, and who is assigned."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk, find_case
from reconciler.providers.tines.emulator.painter import Painter
from reconciler.providers.tines.emulator.params import params, truth
from reconciler.providers.tines.emulator.things import StoredCase


class CaseRoutes:
    """`/api/v2/cases` and `/api/v2/cases/{id}`, except the list."""

    def __init__(self, desk: Desk) -> None:
        self._tenant = desk.tenant
        self._rules = desk.rules
        self._desk = desk

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
            draft = self._rules.commit(case, draft, self._rules.actor(asked, draft.team_id))
        return Reply.json(HTTPStatus.OK, self._shown(call, draft))

    @route("DELETE", "/api/v2/cases/{case_id}")
    def delete(self, call: Call, case_id: str) -> Reply:  # noqa: ARG002 (a handler takes the call)
        """Delete a case for good: 204."""
        self._tenant.remove(find_case(self._tenant, case_id).id)
        return DELETED

    @route("GET", "/api/v2/cases/{case_id}/assignees")
    def assignees(self, call: Call, case_id: str) -> Reply:
        """List whom a case is assigned to; this route has no other verb."""
        visit = self._desk.visit(call, case_id)
        return visit.page("assignees", visit.case.assignees, visit.shapes.user)

    def _shown(self, call: Call, case: StoredCase) -> dict[str, Any]:
        return Painter(self._tenant, call.origin).case(case)

    def _resolved_mentions(self, text: str) -> str:
        def shown(mention: re.Match[str]) -> str:
            user = self._tenant.users.get(int(mention[1]))
            return mention[0] if user is None else f"@{user.name}"

        return re.sub(r"<@user-(\d{1,18})>", shown, text)
