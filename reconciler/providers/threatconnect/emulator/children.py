"""
The emulated routes of what belongs to a case: notes, tasks, artifacts, workflow events, attributes.

    GET POST DELETE   /api/v3/<kind>           DELETE is the bulk one, which attributes do not have
    GET PUT DELETE    /api/v3/<kind>/<id>
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from reconciler.providers.emulation import Call, Refused, Reply, route
from reconciler.providers.threatconnect.emulator.answers import (
    MISSING,
    bad,
    deleted,
    improper,
    not_found,
    one,
)
from reconciler.providers.threatconnect.emulator.cases import visible
from reconciler.providers.threatconnect.emulator.changing import Changing
from reconciler.providers.threatconnect.emulator.fields import checked
from reconciler.providers.threatconnect.emulator.lists import Query, fields_of, find, page
from reconciler.providers.threatconnect.emulator.making import Making
from reconciler.providers.threatconnect.emulator.painter import Painter
from reconciler.providers.threatconnect.emulator.parents import Parents
from reconciler.providers.threatconnect.emulator.table import ChildTable
from reconciler.providers.threatconnect.emulator.tenant import Tenant
from reconciler.providers.threatconnect.emulator.tql_parameters import parameters_of

_MAX_REASON = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What differs between the kinds of children; the functions take the stored child as their second."""

    what: str
    shelf: Callable[[Tenant], ChildTable[Any]]
    make: Callable[[Making, Any, Parents], Any]
    change: Callable[[Tenant, Any, Any], Any]
    remove: Callable[[Changing, Any, Call], None]
    show: Callable[[Painter, Any], Mapping[str, Any]]
    bulk: bool = True


def _reason(call: Call) -> str:
    body = call.body
    if not isinstance(body, dict) or "deletedReason" not in body:
        raise Refused(HTTPStatus.BAD_REQUEST, "deletedReason is required", MISSING)
    reason = body["deletedReason"]
    if not isinstance(reason, str) or not 1 <= len(reason) <= _MAX_REASON:
        raise improper(f"deletedReason must be 1 to {_MAX_REASON} characters long")
    return reason


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "notes": _Kind(
            what="note",
            shelf=lambda tenant: tenant.notes,
            make=lambda making, body, of: making.note(
                body, of.case_id, artifact_id=of.artifact_id, task_id=of.task_id, event_id=of.event_id
            ),
            change=lambda tenant, note, body: Changing(tenant).note(note, body),
            remove=lambda changing, note, _call: changing.remove_note(note),
            show=Painter.note,
        ),
        "tasks": _Kind(
            what="task",
            shelf=lambda tenant: tenant.tasks,
            make=lambda making, body, of: making.task(body, of.case_id),
            change=lambda tenant, task, body: Changing(tenant).task(task, body),
            remove=lambda changing, task, _call: changing.remove_task(task),
            show=Painter.task,
        ),
        "artifacts": _Kind(
            what="artifact",
            shelf=lambda tenant: tenant.artifacts,
            make=lambda making, body, of: making.artifact(body, of.case_id, of.task_id),
            change=lambda tenant, artifact, body: Changing(tenant).artifact(artifact, body),
            remove=lambda changing, artifact, _call: changing.remove_artifact(artifact),
            show=Painter.artifact,
        ),
        "workflowEvents": _Kind(
            what="workflow event",
            shelf=lambda tenant: tenant.events,
            make=lambda making, body, of: making.event(body, of.case_id),
            change=lambda tenant, event, body: Changing(tenant).event(event, body),
            remove=lambda changing, event, call: changing.remove_event(event, _reason(call)),
            show=Painter.event,
        ),
        "caseAttributes": _Kind(
            what="attribute",
            shelf=lambda tenant: tenant.attributes,
            make=lambda making, body, of: making.attribute(body, of.case_id),
            change=lambda tenant, attribute, body: Making(tenant).change_attribute(attribute, body),
            remove=lambda changing, attribute, _call: changing.remove_attribute(attribute),
            show=Painter.attribute,
            bulk=False,
        ),
    }
)


class ChildRoutes:
    """`/api/v3/notes`, `/tasks`, `/artifacts`, `/workflowEvents`, `/caseAttributes`, and one of each."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    @route("GET", "/api/v3/{kind}")
    def list_children(self, call: Call, kind: str) -> Reply:
        """List the children that a query lets through, one page of them."""
        _kind(call, kind)
        query = Query.read(call)
        return page(call, query, self._find(kind, query), self._show(call, kind))

    @route("POST", "/api/v3/{kind}")
    def create(self, call: Call, kind: str) -> Reply:
        """Make a child of the case, task, artifact or event that its body names: 201."""
        make, show = _kind(call, kind).make, self._show(call, kind)
        with self._tenant.all_or_nothing():
            body = checked(kind, call.body, creating=True, strict=self._tenant.switches.strict_fields)
            child = make(Making(self._tenant), body, Parents.of(body, self._tenant))
        return one(show(child), "Created")

    @route("GET", "/api/v3/{kind}/{child_id}")
    def get(self, call: Call, kind: str, child_id: str) -> Reply:
        """Show a child, a workflow event also when it is deleted."""
        return one(self._show(call, kind)(self._child(call, kind, child_id)))

    @route("PUT", "/api/v3/{kind}/{child_id}")
    def update(self, call: Call, kind: str, child_id: str) -> Reply:
        """Change what is given; all of it or nothing."""
        child, show = self._living(call, kind, child_id), self._show(call, kind)
        with self._tenant.all_or_nothing():
            child = _KINDS[kind].change(self._tenant, child, call.body)
        return one(show(child), "Updated")

    @route("DELETE", "/api/v3/{kind}/{child_id}")
    def delete(self, call: Call, kind: str, child_id: str) -> Reply:
        """Delete a child; a workflow event with the reason in the body."""
        child = self._living(call, kind, child_id)
        with self._tenant.all_or_nothing():
            _KINDS[kind].remove(Changing(self._tenant), child, call)
        return deleted()

    @route("DELETE", "/api/v3/{kind}")
    def delete_many(self, call: Call, kind: str) -> Reply:
        """Delete what a query finds, where an administrator has allowed it (v3ApiBulkDeleteAllowed)."""
        if not _kind(call, kind).bulk or not self._tenant.switches.bulk_delete_allowed:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "Bulk deletion is not enabled.")
        query = Query.read(call)
        if not query.tql:
            raise bad("Bulk deletion needs a query.")
        with self._tenant.all_or_nothing():
            for child in self._find(kind, query):
                _KINDS[kind].remove(Changing(self._tenant), child, call)
        return deleted()

    # what is there

    def _find(self, kind: str, query: Query) -> Sequence[Any]:
        seen = (child for child in _KINDS[kind].shelf(self._tenant) if self._seen(child))
        return find(query, seen, parameters_of(kind, self._tenant))

    def _seen(self, child: Any) -> bool:
        return visible(self._tenant.cases[child.case_id])

    def _child(self, call: Call, kind: str, segment: str) -> Any:
        shelf = _kind(call, kind).shelf(self._tenant)
        found = shelf.get(int(segment)) if re.fullmatch(r"[0-9]{1,18}", segment) else None
        if found is None and kind == "tasks" and self._tenant.switches.xid_path:
            found = self._tenant.task_by_xid(segment)
        if found is None or not self._seen(found):
            raise not_found(_KINDS[kind].what)
        return found

    def _living(self, call: Call, kind: str, segment: str) -> Any:
        child = self._child(call, kind, segment)
        if getattr(child, "deleted", False):
            raise not_found(_KINDS[kind].what)
        return child

    def _show(self, call: Call, kind: str) -> Callable[[Any], Mapping[str, Any]]:
        show = _kind(call, kind).show
        painter = Painter(self._tenant, fields_of(call, kind), origin=call.origin)
        return lambda child: show(painter, child)


def _kind(call: Call, name: str) -> _Kind:
    if name not in _KINDS:
        raise Refused(HTTPStatus.NOT_FOUND, f"No route matches {call.method} {call.path}")
    return _KINDS[name]
