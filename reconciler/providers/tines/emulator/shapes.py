"""What the emulated tenant answers: its objects, its pages and its errors in the API's shapes."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from reconciler.providers.emulation import Call, Refused, Reply
from reconciler.providers.tines.emulator.params import Invalid, whole_number
from reconciler.providers.tines.emulator.switches import LEAN, ErrorShape, TinesSwitches

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.providers.tines.emulator.tenant import (
        Activity,
        StoredCase,
        SubStatus,
        Tag,
        Team,
        Tenant,
    )

_DEFAULT_PER_PAGE = 20
_Item = TypeVar("_Item")


def stamp(moment: datetime | None) -> str | None:
    """Write a case's timestamp: whole seconds."""
    return None if moment is None else f"{moment.replace(tzinfo=None).isoformat()}Z"


def milli_stamp(moment: datetime) -> str:
    """Write the timestamp of a tag or a sub-status: milliseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Painter:
    """Shows what the tenant holds in the API's shapes, seen from one origin."""

    def __init__(self, tenant: Tenant, origin: str) -> None:
        self._tenant = tenant
        self._origin = origin
        self._switches = tenant.switches

    def case(self, case: StoredCase) -> dict[str, Any]:
        """Show all of a case."""
        return self.item(case) | {
            "activities": [self.activity(entry) for entry in self._tenant.activities(case.id)[:20]],
            "activities_meta": self._first_page(case, "activities", len(self._tenant.activities(case.id))),
            "actions": [],
            "fields": [],
            "linked_cases": [],
            "sla": {},
            "slas": [],
            "records": [],
            "records_meta": self._first_page(case, "records", 0),
            "closure_conditions": [{"name": c.name, "formula": c.formula} for c in case.conditions],
        }

    def item(self, case: StoredCase) -> dict[str, Any]:
        """Show a case without its sub-resources."""
        tenant, status = self._tenant, self._tenant.sub_statuses[case.sub_status_id]
        author = self.user(case.author_id)
        return {
            "case_id": case.id,
            "name": case.name,
            "description": case.description,
            "status": status.parent,
            "sub_status": {"id": status.id, "name": status.name},
            "url": f"{self._origin}/cases/{case.id}",
            "metadata": dict(case.metadata),
            "author": author,
            "opened_by": author,
            "resolved_by": None if case.resolved_by is None else self.user(case.resolved_by),
            "assignees": [self.user(user_id) for user_id in self._ordered(case.assignees)],
            "tags": [self._case_tag(case.team_id, name) for name in self._ordered(case.tags)],
            "team": {"id": case.team_id, "name": tenant.teams[case.team_id].name},
            "priority": case.priority,
            "opened_at": stamp(case.opened_at),
            "resolved_at": stamp(case.resolved_at),
            "created_at": stamp(case.created_at),
            "updated_at": stamp(case.updated_at),
        }

    def list_item(self, case: StoredCase) -> dict[str, Any]:
        """Show a case as an item of a list, with the keys this tenant's list carries."""
        if self._switches.list_items_full:
            return self.case(case)
        omitted = self._switches.list_items_lean
        carried = self.item(case) if set(LEAN) <= set(omitted) else self.case(case)
        return {key: value for key, value in carried.items() if key not in omitted}

    def user(self, user_id: int) -> dict[str, Any]:
        """Show a user."""
        user = self._tenant.users[user_id]
        return {
            "user_id": user.id if self._switches.user_id_type == "int" else str(user.id),
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "avatar_url": "",
            "is_service_account": user.is_service_account,
        }

    def activity(self, entry: Activity) -> dict[str, Any]:
        """Show an entry of a timeline."""
        return {
            "id": entry.id,
            "activity_type": entry.kind,
            "value": entry.value,
            "created_at": stamp(entry.created_at),
            "user": self.user(entry.user_id),
        }

    def team(self, team: Team) -> dict[str, Any]:
        """Show a team."""
        return {"id": team.id, "name": team.name, "groups": []}

    def sub_status(self, status: SubStatus) -> dict[str, Any]:
        """Show a sub-status."""
        return {
            "id": status.id,
            "name": status.name,
            "slug": status.name.lower().replace(" ", "_"),
            "description": "",
            "parent_status": status.parent,
            "default": status.default,
            "team": {"id": status.team_id},
            "created_at": milli_stamp(status.created_at),
            "updated_at": milli_stamp(status.created_at),
        }

    def tag(self, tag: Tag) -> dict[str, Any]:
        """Show a team's tag."""
        return {
            "id": tag.id,
            "name": tag.name,
            "color": tag.color,
            "teams": [{"id": tag.team_id, "name": self._tenant.teams[tag.team_id].name}],
            "created_at": milli_stamp(tag.created_at),
            "updated_at": milli_stamp(tag.created_at),
        }

    def _case_tag(self, team_id: int, name: str) -> dict[str, Any]:
        tag = self._tenant.tag(team_id, name)
        assert tag is not None
        return {"id": tag.id, "name": tag.name}

    def _ordered(self, values: tuple[Any, ...]) -> Iterator[Any]:
        return reversed(values) if self._switches.array_order == "reversed" else iter(values)

    def _first_page(self, case: StoredCase, what: str, count: int) -> dict[str, Any]:
        return page_meta(f"{self._origin}/api/v2/cases/{case.id}/{what}", page=1, per_page=20, count=count)


# ------------------------------------------------------------------------------------ pages


def paginated(
    call: Call,
    key: str,
    found: Sequence[_Item],
    show: Callable[[_Item], dict[str, Any]],
    *,
    asked: Mapping[str, Any],
    switches: TinesSwitches,
    maximum: int = 500,
    extra: Mapping[str, Any] | None = None,
) -> Reply:
    """Answer with one page of what was found; `extra` stands before the list."""
    page = whole_number(asked.get("page", 1), "page") or 1
    per_page = _per_page(asked, switches, maximum)
    start = (page - 1) * per_page
    if start >= len(found) and page > 1 and switches.page_beyond_end == "missing":
        raise Refused(HTTPStatus.NOT_FOUND, "No such page")
    query = _kept(call, switches)
    meta = page_meta(call.origin + call.path, page=page, per_page=per_page, count=len(found), query=query)
    if not switches.next_page_number_present:
        del meta["next_page_number"]
    shown = [show(item) for item in found[start : start + per_page]]
    return Reply.json(HTTPStatus.OK, {**(extra or {}), key: shown, "meta": meta})


def _per_page(asked: Mapping[str, Any], switches: TinesSwitches, maximum: int) -> int:
    per_page = whole_number(asked.get("per_page", _DEFAULT_PER_PAGE), "per_page")
    if per_page < 1 or (per_page > maximum and switches.per_page_over == "refuse"):
        raise Invalid(f"per_page must be between 1 and {maximum}")
    return min(per_page, maximum)


def _kept(call: Call, switches: TinesSwitches) -> list[tuple[str, str]]:
    if not switches.page_urls_keep_query:
        return []
    return [(name, value) for name, value in call.query if name not in {"page", "per_page"}]


def page_meta(
    address: str, *, page: int, per_page: int, count: int, query: Iterable[tuple[str, str]] = ()
) -> dict[str, Any]:
    """Make the meta object of one page; `count` is the total over all pages, `address` has no query."""
    pages = -(-count // per_page)
    following = page + 1 if page < pages else None

    def link(number: int) -> str:
        return f"{address}?{urlencode([*query, ('per_page', per_page), ('page', number)])}"

    return {
        "current_page": link(page),
        "previous_page": link(page - 1) if page > 1 else None,
        "next_page": link(following) if following else None,
        "next_page_number": following,
        "per_page": per_page,
        "pages": pages,
        "count": count,
    }


# ------------------------------------------------------------------------------------ errors

_SHAPE_OF_ROUTE: Mapping[str, ErrorShape] = {
    "GET /api/v2/cases": "objects",
    "POST /api/v2/cases": "strings",
    "PUT /api/v2/cases/{case_id}": "errors",
    "PATCH /api/v2/cases/{case_id}": "errors",
    "POST /api/v2/cases/{case_id}/metadata": "strings",
    "PUT /api/v2/cases/{case_id}/metadata": "text",
    "DELETE /api/v2/cases/{case_id}/metadata": "errors",
}


def error(refused: Refused, route: str, switches: TinesSwitches) -> Reply:
    """Put a refusal into the shape of its route: Tines' error bodies vary by endpoint (its Go SDK says so)."""
    shape = switches.error_shape
    if shape == "varied":
        shape = _SHAPE_OF_ROUTE.get(route, "error")
    status = switches.refusal_status if isinstance(refused, Invalid) else refused.status
    return _shaped(status, refused.message, refused.details or refused.message, shape)


def _shaped(status: int, message: str, details: str, shape: ErrorShape) -> Reply:
    match shape:
        case "strings":
            return Reply.json(status, [message])
        case "errors":
            return Reply.json(status, {"errors": [{"message": message, "details": details}]})
        case "objects":
            return Reply.json(status, [{"message": message, "details": details}])
        case "html":
            return Reply.text(status, f"<html><body><h1>{html.escape(message)}</h1></body></html>", "text/html")
        case "text":
            return Reply.text(status, message)
        case _:
            return Reply.json(status, {"status": status, "error": message})
