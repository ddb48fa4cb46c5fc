"""
The rules by which the emulated instance makes and changes a case.

    create(body) ─┐                    ┌─ scalars ─► collections ─► template ─► closing, times
                  ├─ checked, then ────┤
    change(case) ─┘                    └─ a Refused from any of them: nothing has happened
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reconciler.providers.emulation import Refused
from reconciler.providers.threatconnect.emulator.answers import improper, mismatched
from reconciler.providers.threatconnect.emulator.fields import checked, moment
from reconciler.providers.threatconnect.emulator.making import Making, children, generated_xid
from reconciler.providers.threatconnect.emulator.modes import MODE_FIELDS, Modes
from reconciler.providers.threatconnect.emulator.references import Collection
from reconciler.providers.threatconnect.emulator.tenant import API_USER_ID, Tenant
from reconciler.providers.threatconnect.emulator.things import StoredCase

_PLAIN = {
    "name": "name",
    "description": "description",
    "status": "status",
    "severity": "severity",
    "resolution": "resolution",
}


@dataclass(frozen=True, slots=True)
class CaseRules:
    """What a create and an update of a case mean, on one tenant and by one user."""

    tenant: Tenant
    actor: int = API_USER_ID

    @property
    def _making(self) -> Making:
        return Making(self.tenant, self.actor)

    def create(self, body: Any, owner: str | None = None, *, fresh: bool = True) -> StoredCase:
        """
        Make a case and everything nested in it; raises `Refused`, and then nothing was made.

        A fresh case is missing from lists for as long as these lag.
        """
        with self.tenant.all_or_nothing():
            checked_body = checked("cases", body, creating=True, strict=self.tenant.switches.strict_fields)
            case = self._new(checked_body, self._home(owner))
            self.tenant.put_case(case, fresh=fresh)
            self._making.system_event(case.id, "Case created")
            case = self._filled(case, checked_body, creating=True)
            return self.tenant.put_case(self._closed(None, case, checked_body))

    def change(self, case: StoredCase, body: Any) -> StoredCase:
        """Change what is given; raises `Refused`, and then nothing has changed."""
        with self.tenant.all_or_nothing():
            checked_body = checked("cases", body, creating=False, strict=self.tenant.switches.strict_fields)
            before = self._everything(case)
            after = self._filled(self._with_scalars(case, checked_body), checked_body, creating=False)
            after = self.tenant.put_case(self._closed(case, after, checked_body))
            if self._everything(after) == before:
                return after
            self._making.system_event(case.id, "Case updated")
            return self.tenant.put_case(replace(after, last_updated=self.tenant.now()))

    def _everything(self, case: StoredCase) -> tuple[Any, ...]:
        tenant = self.tenant
        shelves = (tenant.attributes, tenant.artifacts, tenant.notes, tenant.tasks, tenant.events)
        return (case, *(shelf.of(case.id) for shelf in shelves))

    def _home(self, owner: str | None) -> int:
        found = self._making.references.owner(owner)
        if found.type != "Organization":
            raise mismatched(f"Cases belong to organizations, and {found.name} is a {found.type}.")
        return found.id

    def _new(self, body: Mapping[str, Any], owner_id: int) -> StoredCase:
        number, now = self.tenant.cases.next_id(), self.tenant.now()
        xid = body.get("xid", generated_xid("case", number))
        if self.tenant.case_by_xid(xid) is not None:
            status = self.tenant.switches.xid_conflict
            raise Refused(status, f"A case with the xid {xid} exists already.")
        case = StoredCase(
            id=number,
            xid=xid,
            name=body["name"],
            status=body["status"],
            severity=body["severity"],
            owner_id=owner_id,
            created_by=self.actor,
            date_added=now,
            last_updated=now,
            open_time=now,
            open_user=self.actor,
        )
        return self._with_scalars(case, body)

    # scalars

    def _with_scalars(self, case: StoredCase, body: Mapping[str, Any]) -> StoredCase:
        given: dict[str, Any] = {field: body[key] for key, field in _PLAIN.items() if key in body}
        if "assignee" in body:
            given["assignee"] = self._making.references.assignee(body["assignee"])
        for name in ("open", "close", "detection", "occurrence"):
            key = f"case{name.capitalize()}Time"
            if key in body:
                given |= {f"{name}_time": moment(body[key], key), f"{name}_user": self.actor}
        return replace(case, **given)

    def _closed(self, before: StoredCase | None, case: StoredCase, body: Mapping[str, Any]) -> StoredCase:
        """Settle what goes with being open or closed: the closing time, and the tasks that stand against it."""
        if case.status == "Open":
            if "caseCloseTime" in body:
                raise mismatched("caseCloseTime is for closed cases.")
            return replace(case, close_time=None, close_user=None)
        if before is not None and before.status == "Closed":
            return case
        open_tasks = [
            task.name for task in self.tenant.tasks.of(case.id) if task.required and task.status != "Closed"
        ]
        if open_tasks:
            raise mismatched(
                f"Required tasks must be completed for the case to be closed: {', '.join(open_tasks)}."
            )
        closed_at: datetime = case.close_time or self.tenant.now()
        return replace(case, close_time=closed_at, close_user=self.actor)

    # what is not a scalar

    def _filled(self, case: StoredCase, body: Mapping[str, Any], *, creating: bool) -> StoredCase:
        self.tenant.put_case(case)
        modes = Modes(self.tenant, self)
        for name in MODE_FIELDS:
            if name in body:
                modes.apply(case.id, Collection.read(name, body[name]), creating=creating)
        self._add_children(case.id, body)
        case = self.tenant.cases[case.id]
        if "userAccess" in body:
            case = replace(case, user_access=self._user_access(body["userAccess"]))
        if "workflowTemplate" in body:
            case = self._with_template(case, body["workflowTemplate"])
        return case

    def _add_children(self, case_id: int, body: Mapping[str, Any]) -> None:
        making = self._making
        for item in children(body, "tasks"):
            making.task(item, case_id)
        for item in children(body, "artifacts"):
            making.artifact(item, case_id)
        for item in children(body, "notes"):
            making.note(item, case_id)
        for item in children(body, "workflowEvents"):
            making.event(item, case_id)

    def _user_access(self, value: Any) -> tuple[int, ...]:
        collection = Collection.read("userAccess", value)
        if collection.mode is not None or not collection.items:
            raise improper("userAccess takes no mode, and somebody must have access.")
        return tuple(dict.fromkeys(self._making.references.user(item).id for item in collection.items))

    def _with_template(self, case: StoredCase, value: Any) -> StoredCase:
        template = self._making.references.template(value)
        if case.template_id not in (None, template.id):
            raise mismatched("The case has a workflow template already.")
        if case.template_id is None:
            for task in template.tasks:
                self._making.task(
                    {
                        "name": task.name,
                        "required": task.required,
                        "workflowPhase": task.phase,
                        "workflowStep": task.step,
                    },
                    case.id,
                )
        return replace(case, template_id=template.id)
