"""
How the emulated instance makes the children of a case, from the body of one of them.

It makes no difference whether the body came to the child's own endpoint or inside a case. Whoever calls holds
`all_or_nothing`: a child is stored before its own children are looked at.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Refused
from reconciler.providers.threatconnect.emulator.answers import bad, improper, mismatched
from reconciler.providers.threatconnect.emulator.fields import checked, moment, whole_number
from reconciler.providers.threatconnect.emulator.references import Collection, References, joined
from reconciler.providers.threatconnect.emulator.tenant import API_USER_ID, Tenant
from reconciler.providers.threatconnect.emulator.things import (
    Artifact,
    Attribute,
    AttributeType,
    Event,
    Note,
    Task,
)


@dataclass(frozen=True, slots=True)
class Making:
    """
    Makes children on one tenant, by one user.

    Every method takes the body of one element and the parent that was found for it, stores what it makes, and
    raises `Refused` for what the API refuses.
    """

    tenant: Tenant
    actor: int = API_USER_ID

    @property
    def references(self) -> References:
        """Give the reader of what bodies refer to."""
        return References(self.tenant)

    def _checked(self, kind: str, body: Any) -> dict[str, Any]:
        return checked(kind, body, creating=True, strict=self.tenant.switches.strict_fields)

    # attributes

    def attribute(self, body: Any, case_id: int) -> Attribute:
        """Make an attribute of a type that is mapped to cases, as many of it as are allowed."""
        body = self._checked("caseAttributes", body)
        type_ = self.attribute_type(body["type"])
        self.check_value(type_, body["value"])
        same = sum(found.type_id == type_.id for found in self.tenant.attributes.of(case_id))
        if type_.max_allowed is not None and same >= type_.max_allowed:
            raise bad(f"The maximum number of attributes of type {type_.name} is {type_.max_allowed}.")
        now = self.tenant.now()
        attribute = Attribute(
            id=self.tenant.attributes.next_id(),
            case_id=case_id,
            type_id=type_.id,
            value=body["value"],
            source=body.get("source"),
            created_by=self.actor,
            date_added=now,
            last_modified=now,
        )
        self.tenant.attributes.put(attribute)
        return attribute

    def change_attribute(self, attribute: Attribute, body: Any) -> Attribute:
        """Change the value or the source of an attribute; without either nothing changes."""
        body = checked("caseAttributes", body, creating=False, strict=self.tenant.switches.strict_fields)
        if "value" in body:
            self.check_value(self.tenant.attribute_types[attribute.type_id], body["value"])
        value, source = body.get("value", attribute.value), body.get("source", attribute.source)
        if (value, source) == (attribute.value, attribute.source):
            return attribute
        changed = replace(attribute, value=value, source=source, last_modified=self.tenant.now())
        self.tenant.attributes.put(changed)
        return changed

    def attribute_type(self, name: str) -> AttributeType:
        """Find a type of attribute that is mapped to cases."""
        found = self.tenant.attribute_type_named(name)
        if found is None or "Case" not in found.applies_to:
            raise bad(f"Attribute type {name} is not valid for a case.")
        return found

    def check_value(self, type_: AttributeType, value: str) -> None:
        """Refuse a value that is too long for its type, or that its validation rule rejects."""
        if len(value) > type_.max_size or (type_.options and value not in type_.options):
            raise bad(type_.error_message)

    # artifacts, notes, events

    def artifact(self, body: Any, case_id: int, task_id: int | None = None) -> Artifact:
        """Make an artifact of a known type, with its notes and links; two equal ones may exist."""
        body = self._checked("artifacts", body)
        self.check_artifact_type(body["type"])
        artifact = Artifact(
            id=self.tenant.artifacts.next_id(),
            case_id=case_id,
            task_id=task_id,
            type=body["type"],
            summary=body["summary"],
            hash_code=body.get("hashCode", hash_code(body["summary"])),
            source=body.get("source", ""),
            derived_link=body.get("derivedLink", True),
            field_name=body.get("fieldName", ""),
            file_data=body.get("fileData", ""),
            date_added=self.tenant.now(),
        )
        self.tenant.artifacts.put(artifact)
        groups = [self.references.group(item).id for item in _appended(body, "associatedGroups")]
        indicators = [self.references.indicator(item).id for item in _appended(body, "associatedIndicators")]
        artifact = replace(artifact, groups=joined(groups), indicators=joined(indicators))
        self.tenant.artifacts.put(artifact)
        for note in children(body, "notes"):
            self.note(note, case_id, artifact_id=artifact.id)
        return artifact

    def check_artifact_type(self, name: str) -> None:
        """Refuse a type of artifact that the instance does not have."""
        if self.tenant.artifact_type_named(name) is None:
            raise improper(f"{name!r} is not a type of artifact.")

    def note(
        self,
        body: Any,
        case_id: int,
        *,
        artifact_id: int | None = None,
        task_id: int | None = None,
        event_id: int | None = None,
    ) -> Note:
        """Make a note of a case, or of an artifact, a task or an event of it."""
        body = self._checked("notes", body)
        now = self.tenant.now()
        note = Note(
            id=self.tenant.notes.next_id(),
            case_id=case_id,
            text=body["text"],
            author=self.actor,
            date_added=now,
            last_modified=now,
            artifact_id=artifact_id,
            task_id=task_id,
            event_id=event_id,
        )
        self.tenant.notes.put(note)
        return note

    def event(self, body: Any, case_id: int) -> Event:
        """Make a workflow event, of now unless it says when."""
        body = self._checked("workflowEvents", body)
        when = moment(body["eventDate"], "eventDate") if "eventDate" in body else self.tenant.now()
        event = self._event(case_id, body["summary"], when)
        for note in children(body, "notes"):
            self.note(note, case_id, event_id=event.id)
        return event

    def system_event(self, case_id: int, summary: str) -> Event:
        """Make an event that the server writes by itself."""
        return self._event(case_id, summary, self.tenant.now(), system_generated=True)

    def _event(self, case_id: int, summary: str, when: datetime, *, system_generated: bool = False) -> Event:
        event = Event(
            id=self.tenant.events.next_id(),
            case_id=case_id,
            summary=summary,
            event_date=when,
            date_added=self.tenant.now(),
            user_id=self.actor,
            system_generated=system_generated,
        )
        self.tenant.events.put(event)
        return event

    # tasks

    def task(self, body: Any, case_id: int) -> Task:
        """Make a task, with its artifacts and notes; one that depends on an unfinished one is Pending."""
        body = self._checked("tasks", body)
        number = self.tenant.tasks.next_id()
        xid = body.get("xid", generated_xid("task", number))
        if self.tenant.task_by_xid(xid) is not None:
            raise Refused(HTTPStatus.CONFLICT, f"A task with the xid {xid} exists already.")
        task = Task(
            id=number,
            case_id=case_id,
            xid=xid,
            name=body["name"],
            description=body.get("description", ""),
            status=body.get("status", "Open"),
            assignee=self.references.assignee(body["assignee"]) if "assignee" in body else None,
            required=body.get("required", False),
            phase=_number(body, "workflowPhase"),
            step=_number(body, "workflowStep"),
            due_date=moment(body["dueDate"], "dueDate") if "dueDate" in body else None,
            duration_type=body.get("durationType"),
            depends_on=_number(body, "dependentOnId"),
            completed_date=moment(body["completedDate"], "completedDate") if "completedDate" in body else None,
        )
        task = self.tenant.put_task(self.settled(task))
        for item in children(body, "artifacts"):
            self.artifact(item, case_id, task_id=task.id)
        for item in children(body, "notes"):
            self.note(item, case_id, task_id=task.id)
        return task

    def settled(self, task: Task) -> Task:
        """Give a task what its status and what it depends on make of it: Pending, or its completion."""
        if task.depends_on is not None:
            before = self.tenant.tasks.get(task.depends_on)
            if before is None or before.case_id != task.case_id:
                raise mismatched(f"Task {task.depends_on} is no task of the same case.")
            if before.status != "Closed":
                task = replace(task, status="Pending")
        if task.status != "Closed":
            return replace(task, completed_date=None, completed_by=None)
        completed = task.completed_date or self.tenant.now()
        return replace(task, completed_date=completed, completed_by=task.completed_by or self.actor)


def children(body: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    """
    Read a collection that is only ever added to; nothing if the body has none.

    A mode is refused, except on artifacts, where the vendor's SDK sends "append"; so is an item with an id.
    """
    if name not in body:
        return ()
    collection = Collection.read(name, body[name])
    if collection.mode is not None and name != "artifacts":
        raise improper(f"{name} takes no mode.")
    for item in collection.appended():
        if "id" in item:
            raise improper(f"{name} adds new ones: an item with an id is changed through its own endpoint.")
    return collection.items


def hash_code(summary: str) -> str:
    """Compute what the server computes from an artifact's summary, or something just as opaque."""
    return hashlib.sha256(summary.encode()).hexdigest()


def generated_xid(kind: str, number: int) -> str:
    """Give the external id of something that came without one: a UUID, the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{number}"))


def _appended(body: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    return Collection.read(name, body[name]).appended() if name in body else ()


def _number(body: Mapping[str, Any], name: str) -> int | None:
    return whole_number(body[name], name) if name in body else None
