"""
Where a new child belongs, by what its body names.

    child       names                                                  (one is enough; two must agree)
    ---------   ----------------------------------------------------
    task        caseId, caseXid
    event       caseId, caseXid
    attribute   caseId
    artifact    caseId, caseXid, taskId, taskXid
    note        caseId, caseXid, taskId, taskXid, artifactId, workflowEventId
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from reconciler.providers.emulation import Refused
from reconciler.providers.threatconnect.emulator.answers import MISSING, bad, mismatched
from reconciler.providers.threatconnect.emulator.cases import visible
from reconciler.providers.threatconnect.emulator.tenant import Tenant
from reconciler.providers.threatconnect.emulator.things import Artifact, Event, StoredCase, Task

_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Parents:
    """A child's case, and what in it the child belongs to."""

    case_id: int
    task_id: int | None
    artifact_id: int | None
    event_id: int | None

    @classmethod
    def of(cls, body: Mapping[str, Any], tenant: Tenant) -> Parents:
        """Find the parents that a checked body names; raises `Refused` for none, an unknown one, or a mixture."""
        found = _Finder(body, tenant)
        task = found.same("task", [*found.by_id("taskId", tenant.tasks.get), *found.task_by_xid()])
        artifact = found.same("artifact", found.by_id("artifactId", tenant.artifacts.get))
        event = found.same("event", found.by_id("workflowEventId", tenant.events.get))
        case = found.same("case", [*found.by_id("caseId", tenant.cases.get), *found.case_by_xid()])
        case_ids = {child.case_id for child in (task, artifact, event) if child is not None}
        case_ids |= {case.id} if case is not None else set()
        if not case_ids:
            raise Refused(HTTPStatus.BAD_REQUEST, "A case is required: caseId or caseXid.", MISSING)
        if len(case_ids) > 1:
            raise mismatched("What the body names belongs to different cases.")
        case_id = case_ids.pop()
        if not visible(tenant.cases[case_id]):
            raise bad(f"There is no case {case_id}.")
        return cls(case_id, _id(task), _id(artifact), _id(event))


@dataclass(frozen=True, slots=True)
class _Finder:
    body: Mapping[str, Any]
    tenant: Tenant

    def by_id(self, key: str, get: Any) -> Iterator[Any]:
        if key in self.body:
            yield self._there(get(self.body[key]), key)

    def case_by_xid(self) -> Iterator[StoredCase]:
        if "caseXid" in self.body:
            yield self._there(self.tenant.case_by_xid(self.body["caseXid"]), "caseXid")

    def task_by_xid(self) -> Iterator[Task]:
        if "taskXid" in self.body:
            yield self._there(self.tenant.task_by_xid(self.body["taskXid"]), "taskXid")

    def _there(self, found: _Thing | None, key: str) -> _Thing:
        if found is None:
            raise bad(f"There is nothing with the {key} {self.body[key]}.")
        return found

    def same(self, what: str, named: Any) -> Any:
        things = {thing.id: thing for thing in named}
        if len(things) > 1:
            raise mismatched(f"The body names two of a {what}.")
        return next(iter(things.values()), None)


def _id(thing: Task | Artifact | Event | None) -> int | None:
    return None if thing is None else thing.id
