"""The emulated routes of cases: list, create, get, update, search, and the delete that a site may have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from reconciler.providers.communifire.emulator.answers import doubled, failed, no_resource, success
from reconciler.providers.communifire.emulator.bodies import as_object, attributes
from reconciler.providers.communifire.emulator.params import Params
from reconciler.providers.communifire.emulator.rules import Rules
from reconciler.providers.communifire.emulator.shapes import Painter
from reconciler.providers.communifire.emulator.tenant import KEY_USER_ID, Tenant
from reconciler.providers.communifire.emulator.things import Comment, StoredCase
from reconciler.providers.emulation import Call, Refused, Reply, route

# Mind the two whose names differ from those of the bodies: categoryID and priorityID.
_FILTERS: Final[Mapping[str, str]] = {
    "spaceid": "space_id",
    "projectID": "project_id",
    "categoryID": "section_id",
    "milestoneID": "milestone_id",
    "issueStatusID": "status_id",
    "priorityID": "priority_id",
    "assignedToUserID": "assignee_id",
    "reportedByUserID": "reporter_id",
}
_ORDERS: Final[Mapping[str, Callable[[StoredCase], Any]]] = {
    "updated": lambda case: (case.updated, case.id),
    "oldest": lambda case: -case.id,
}
"""What decides the place of a case in lists; the highest comes first."""
_CASE_TYPE: Final = "19"
_INDEX_LAG: Final = 2
"""How many further requests pass before the search index knows of a write."""


def find_case(tenant: Tenant, number: int) -> StoredCase:
    """Find a case, or refuse as the site tells that there is none."""
    found = tenant.cases.get(number)
    if found is not None:
        return found
    if tenant.switches.missing == "404":
        raise Refused(HTTPStatus.NOT_FOUND, f"Case {number} was not found.")
    raise failed("The case does not exist or you do not have permission to view it.")


def _number(segment: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", segment):
        raise no_resource()
    return int(segment)


class CaseRoutes:
    """
    `/api/cases`, `/api/cases/{id}`, `/api/search`.

    What a list found is remembered until a case changes, so that walking the pages of 10,000 cases filters and
    sorts them once.
    """

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._rules = Rules(tenant, KEY_USER_ID)
        self._painter = Painter(tenant)
        self._found: dict[tuple[object, ...], Sequence[StoredCase]] = {}
        self._found_at = -1

    @route("GET", "/api/cases")
    def list_cases(self, call: Call) -> Reply:
        """List the cases that all filters let through, one page of them, short."""
        params, switches = Params.of(call), self._tenant.switches
        found = self._find(params)
        page = [self._painter.item(case) for case in params.page(found, switches.longest_page)]
        return success(page, TotalRecords=len(found)) if switches.total_records else success(page)

    @route("POST", "/api/cases")
    def create(self, call: Call) -> Reply:
        """Create a case, and tell its id."""
        made = self._rules.create(attributes(as_object(call.body)))
        return success(made.id, self._tenant.switches.message)

    @route("GET", "/api/cases/{case_id}")
    def get(self, call: Call, case_id: str) -> Reply:  # noqa: ARG002 (nothing of the call matters)
        """Show a case whole."""
        return success(self._painter.case(find_case(self._tenant, _number(case_id))))

    @route("PUT", "/api/cases/{case_id}")
    def update(self, call: Call, case_id: str) -> Reply:
        """Change what is given, and tell the id; an If-Match counts for nothing."""
        case = find_case(self._tenant, _number(case_id))
        if self._is_taken(call.body):
            self._rules.change(case, attributes(as_object(call.body)))
            self._tenant.notifications += 1
        reply = success(case.id, self._tenant.switches.message)
        return doubled(reply) if self._tenant.switches.double_wrapped else reply

    def _is_taken(self, body: Any) -> bool:
        """Tell whether the form of a body is one that this site reads, or refuse it."""
        put_form = self._tenant.switches.put_form
        if put_form == "string_only" and not isinstance(body, str):
            raise failed("The request body must be a string.")
        return put_form != "object_ignored" or isinstance(body, str)

    @route("GET", "/api/search")
    def search(self, call: Call) -> Reply:
        """Find cases by their texts, as far as the index has come."""
        params = Params.of(call)
        if params.text("EntityTypeCSV") != _CASE_TYPE:
            return success([])
        spaces = params.text("SpaceIDCSV")
        found = [
            case
            for case in self._tenant.cases
            if self._tenant.requests - case.written_at > _INDEX_LAG
            and (not spaces or str(case.space_id) in spaces.split(","))
            and _says(case, params.text("keyword").casefold())
        ]
        return success(
            [self._painter.item(case) for case in params.page(found, self._tenant.switches.longest_page)]
        )

    def _find(self, params: Params) -> Sequence[StoredCase]:
        sought = {
            attribute: number
            for name, attribute in _FILTERS.items()
            if (number := params.number(name)) is not None
        }
        keyword = params.text("keyword").casefold()
        key = (keyword, *sought.items())
        if self._found_at != self._tenant.cases.revision:
            self._found.clear()
            self._found_at = self._tenant.cases.revision
        if key not in self._found:
            fitting = (
                case
                for case in self._tenant.cases
                if all(getattr(case, name) == number for name, number in sought.items())
                and (not keyword or _says(case, keyword))
            )
            self._found[key] = sorted(fitting, key=_ORDERS[self._tenant.switches.list_order], reverse=True)
        return self._found[key]


def _says(case: StoredCase, keyword: str) -> bool:
    return keyword in case.title.casefold() or keyword in case.description.casefold()


class DeleteRoute:
    """`DELETE /api/cases/{id}`, on the sites that have it."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    @route("DELETE", "/api/cases/{case_id}")
    def delete(self, call: Call, case_id: str) -> Reply:  # noqa: ARG002 (nothing of the call matters)
        """Delete a case."""
        self._tenant.cases.remove(find_case(self._tenant, _number(case_id)).id)
        return success(data=True)


class CommentRoutes:
    """`/api/case/comments`, mind the singular."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    @route("GET", "/api/case/comments")
    def list_comments(self, call: Call) -> Reply:
        """List all comments of a case."""
        case = find_case(self._tenant, Params.of(call).number("caseid") or 0)
        return success([Painter(self._tenant).comment(comment) for comment in case.comments])

    @route("POST", "/api/case/comments")
    def comment(self, call: Call) -> Reply:
        """Add a comment, and tell its id."""
        body = as_object(call.body)
        number, text = body.get("IssueID"), body.get("CommentText")
        if not isinstance(number, int) or not isinstance(text, str) or not text.strip():
            raise failed("IssueID and CommentText are required.")
        case = find_case(self._tenant, number)
        if not self._tenant.switches.may_comment:
            raise failed("You do not have permission to comment on cases.")
        return success(commented(self._tenant, case, text, KEY_USER_ID), self._tenant.switches.message)


def commented(tenant: Tenant, case: StoredCase, text: str, user_id: int) -> int:
    """Put a comment on a case, and give its id; the case counts as untouched."""
    added = Comment(tenant.next_comment_id(), case.id, user_id, text, tenant.now())
    tenant.cases.put(replace(case, comments=(*case.comments, added)))
    return added.id
