"""The emulated case routes: list, create, get, update, delete, and the bulk delete that nobody should use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from http import HTTPStatus

from reconciler.providers.emulation import Call, Refused, Reply, route
from reconciler.providers.threatconnect.emulator.answers import bad, deleted, not_found, one
from reconciler.providers.threatconnect.emulator.lists import Query, fields_of, find, page
from reconciler.providers.threatconnect.emulator.painter import Painter
from reconciler.providers.threatconnect.emulator.references import References
from reconciler.providers.threatconnect.emulator.rules import CaseRules
from reconciler.providers.threatconnect.emulator.tenant import API_USER_ID, Tenant
from reconciler.providers.threatconnect.emulator.things import StoredCase
from reconciler.providers.threatconnect.emulator.tql_parameters import parameters_of


def visible(case: StoredCase) -> bool:
    """Tell whether the API user may see a case: a user access list shuts everybody else out."""
    return not case.user_access or API_USER_ID in case.user_access


def find_case(tenant: Tenant, segment: str) -> StoredCase:
    """Find the case that a path names by its id, or by its xid where the instance takes that; or refuse."""
    found = tenant.cases.get(int(segment)) if re.fullmatch(r"[0-9]{1,18}", segment) else None
    if found is None and tenant.switches.xid_path:
        found = tenant.case_by_xid(segment)
    if found is None or not visible(found):
        raise not_found("case")
    return found


class CaseRoutes:
    """
    `/api/v3/cases` and `/api/v3/cases/{id}`.

    What a query found is remembered until the instance or the day changes, so that walking the pages of
    10,000 cases evaluates and sorts them once.
    """

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._rules = CaseRules(tenant)
        self._parameters = parameters_of("cases", tenant)
        self._found: dict[tuple[str, str, str | None], Sequence[StoredCase]] = {}
        self._found_at = self._state()

    @route("GET", "/api/v3/cases")
    def list_cases(self, call: Call) -> Reply:
        """List the cases that a query lets through, one page of them."""
        return page(call, query := Query.read(call), self._find(query), self._painter(call).case)

    @route("POST", "/api/v3/cases")
    def create(self, call: Call) -> Reply:
        """Create a case with everything nested in it: 201."""
        painter = self._painter(call)
        case = self._rules.create(call.body, dict(call.query).get("owner"))
        return one(painter.case(case), "Created")

    @route("GET", "/api/v3/cases/{case_id}")
    def get(self, call: Call, case_id: str) -> Reply:
        """Show a case, also one that lists do not know yet."""
        return one(self._painter(call).case(find_case(self._tenant, case_id)))

    @route("PUT", "/api/v3/cases/{case_id}")
    def update(self, call: Call, case_id: str) -> Reply:
        """Change what is given; all of it or nothing."""
        painter = self._painter(call)
        case = self._rules.change(find_case(self._tenant, case_id), call.body)
        return one(painter.case(case), "Updated")

    @route("DELETE", "/api/v3/cases/{case_id}")
    def delete(self, call: Call, case_id: str) -> Reply:  # noqa: ARG002 (a handler takes the call)
        """Delete a case with its children."""
        self._tenant.remove_case(find_case(self._tenant, case_id).id)
        return deleted()

    @route("DELETE", "/api/v3/cases")
    def delete_many(self, call: Call) -> Reply:
        """Delete what a query finds, where an administrator has allowed it (v3ApiBulkDeleteAllowed)."""
        if not self._tenant.switches.bulk_delete_allowed:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "Bulk deletion is not enabled.")
        query = Query.read(call)
        if not query.tql:
            raise bad("Bulk deletion needs a query.")
        for case in self._find(query):
            self._tenant.remove_case(case.id)
        return deleted()

    def _painter(self, call: Call) -> Painter:
        return Painter(self._tenant, fields_of(call, "cases"), origin=call.origin)

    def _find(self, query: Query) -> Sequence[StoredCase]:
        if self._tenant.switches.list_lag_seconds:
            return self._search(query)
        if self._found_at != (state := self._state()):
            self._found, self._found_at = {}, state
        asked = (query.tql, query.sorting, query.owner)
        if asked not in self._found:
            self._found[asked] = self._search(query)
        return self._found[asked]

    def _state(self) -> tuple[int, date]:
        """Tell what a query's answer depends on: what the instance holds, and the day, which TQL calls TODAY()."""
        return self._tenant.revision, self._tenant.now().date()

    def _search(self, query: Query) -> Sequence[StoredCase]:
        owner = References(self._tenant).owner(query.owner)
        seen = (case for case in self._tenant.listed() if case.owner_id == owner.id and visible(case))
        return find(query, seen, self._parameters)
