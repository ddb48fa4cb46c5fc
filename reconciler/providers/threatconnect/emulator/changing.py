"""
How the emulated instance changes and removes the children of a case.

    note       edited from then on
    task       closing it opens those that wait for it; one that others wait for cannot go
    artifact   a new summary is a new hash; its links take modes, its notes are added
    event      the server's own stays as it is, but takes notes; a removed one is only marked

Whoever calls holds `all_or_nothing`, as for `Making`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Refused
from reconciler.providers.threatconnect.emulator.answers import bad
from reconciler.providers.threatconnect.emulator.fields import checked, moment
from reconciler.providers.threatconnect.emulator.making import Making, children, hash_code
from reconciler.providers.threatconnect.emulator.references import Collection, joined, referred
from reconciler.providers.threatconnect.emulator.table import Numbered, Table
from reconciler.providers.threatconnect.emulator.tenant import API_USER_ID, Tenant
from reconciler.providers.threatconnect.emulator.things import Artifact, Attribute, Event, Note, Task

HAS_DEPENDENTS = "0x2006"
"""The errCode of an item that others refer to."""

_TASK_SCALARS = {
    "name": "name",
    "description": "description",
    "status": "status",
    "required": "required",
    "durationType": "duration_type",
}
_ARTIFACT_SCALARS = {
    "source": "source",
    "derivedLink": "derived_link",
    "fieldName": "field_name",
    "fileData": "file_data",
}


@dataclass(frozen=True, slots=True)
class Changing:
    """
    Changes and removes children on one tenant, by one user.

    The bodies are those of PUT: what is not in them stays. Every method raises `Refused` for what the API
    refuses.
    """

    tenant: Tenant
    actor: int = API_USER_ID

    @property
    def _making(self) -> Making:
        return Making(self.tenant, self.actor)

    def _checked(self, kind: str, body: Any) -> dict[str, Any]:
        return checked(kind, body, creating=False, strict=self.tenant.switches.strict_fields)

    # notes

    def note(self, note: Note, body: Any) -> Note:
        """Change the text of a note."""
        body = self._checked("notes", body)
        if "text" in body:
            note = replace(note, text=body["text"], edited=True, last_modified=self.tenant.now())
            self.tenant.notes.put(note)
        return note

    def remove_note(self, note: Note) -> None:
        """Remove a note."""
        self.tenant.notes.remove(note.id)

    # tasks

    def task(self, task: Task, body: Any) -> Task:
        """Change a task, and let those that depend on it follow."""
        body = self._checked("tasks", body)
        given: dict[str, Any] = {field: body[key] for key, field in _TASK_SCALARS.items() if key in body}
        if "assignee" in body:
            given["assignee"] = self._making.references.assignee(body["assignee"])
        if "dueDate" in body:
            given["due_date"] = moment(body["dueDate"], "dueDate")
        changed = self.tenant.put_task(self._making.settled(replace(task, **given)))
        for item in children(body, "artifacts"):
            self._making.artifact(item, task.case_id, task_id=task.id)
        for item in children(body, "notes"):
            self._making.note(item, task.case_id, task_id=task.id)
        self._follow(changed)
        return changed

    def _follow(self, task: Task) -> None:
        for waiting in self._depending_on(task):
            opened = waiting.status == "Pending" and task.status == "Closed"
            after = self._making.settled(replace(waiting, status="Open") if opened else waiting)
            if after != waiting:
                self.tenant.put_task(after)
                self._follow(after)

    def _depending_on(self, task: Task) -> list[Task]:
        return [other for other in self.tenant.tasks.of(task.case_id) if other.depends_on == task.id]

    def remove_task(self, task: Task) -> None:
        """Remove a task with its notes and artifacts."""
        if self._depending_on(task):
            raise Refused(HTTPStatus.BAD_REQUEST, f"Other tasks depend on task {task.id}.", HAS_DEPENDENTS)
        for artifact in self.tenant.artifacts.of(task.case_id):
            if artifact.task_id == task.id:
                self.remove_artifact(artifact)
        self._remove_notes(task.case_id, "task_id", task.id)
        self.tenant.tasks.remove(task.id)

    # artifacts

    def artifact(self, artifact: Artifact, body: Any) -> Artifact:
        """Change an artifact, its links by their modes, and add to its notes."""
        body = self._checked("artifacts", body)
        given: dict[str, Any] = {field: body[key] for key, field in _ARTIFACT_SCALARS.items() if key in body}
        if "summary" in body:
            given |= {"summary": body["summary"], "hash_code": hash_code(body["summary"])}
        references, tenant = self._making.references, self.tenant
        groups = self._links(body, "associatedGroups", artifact.groups, tenant.groups, references.group)
        indicators = self._links(
            body, "associatedIndicators", artifact.indicators, tenant.indicators, references.indicator
        )
        changed = replace(artifact, **given, groups=groups, indicators=indicators)
        tenant.artifacts.put(changed)
        for item in children(body, "notes"):
            self._making.note(item, artifact.case_id, artifact_id=artifact.id)
        return changed

    def _links(
        self,
        body: Mapping[str, Any],
        name: str,
        before: tuple[int, ...],
        table: Table[Any],
        make: Callable[[Mapping[str, Any]], Numbered],
    ) -> tuple[int, ...]:
        if name not in body:
            return before
        given = Collection.read(name, body[name])
        match given.mode:
            case "delete":
                return self._without(before, given, table)
            case "replace" if not given.items:
                return self._emptied(before, name)
            case "replace":
                return joined(referred(table, item, name).id for item in given.items)
            case _:
                return joined(before, *(make(item).id for item in given.items))

    def _without(self, before: tuple[int, ...], given: Collection, table: Table[Any]) -> tuple[int, ...]:
        removed = {referred(table, item, given.name).id for item in given.items}
        if not removed <= set(before) and self.tenant.switches.delete_absent == "error":
            raise bad(f"The artifact has no such item in {given.name}.")
        return tuple(link for link in before if link not in removed)

    def _emptied(self, before: tuple[int, ...], name: str) -> tuple[int, ...]:
        if self.tenant.switches.replace_empty == "error":
            raise bad(f"{name} cannot be replaced by nothing.")
        return before if self.tenant.switches.replace_empty == "noop" else ()

    def remove_artifact(self, artifact: Artifact) -> None:
        """Remove an artifact with its notes."""
        self._remove_notes(artifact.case_id, "artifact_id", artifact.id)
        self.tenant.artifacts.remove(artifact.id)

    # events

    def event(self, event: Event, body: Any) -> Event:
        """Change an event of somebody's own, and add to its notes."""
        body = self._checked("workflowEvents", body)
        if event.system_generated and body.keys() - {"notes"}:
            raise bad("A system-generated event cannot be changed.")
        when = moment(body["eventDate"], "eventDate") if "eventDate" in body else event.event_date
        changed = replace(event, summary=body.get("summary", event.summary), event_date=when)
        self.tenant.events.put(changed)
        for item in children(body, "notes"):
            self._making.note(item, event.case_id, event_id=event.id)
        return changed

    def remove_event(self, event: Event, reason: str) -> None:
        """Mark an event of somebody's own as deleted."""
        if event.system_generated:
            raise bad("A system-generated event cannot be deleted.")
        self.tenant.events.put(replace(event, deleted=True, deleted_reason=reason))

    # attributes

    def remove_attribute(self, attribute: Attribute) -> None:
        """Remove an attribute."""
        self.tenant.attributes.remove(attribute.id)

    def _remove_notes(self, case_id: int, parent: str, parent_id: int) -> None:
        for note in self.tenant.notes.of(case_id):
            if getattr(note, parent) == parent_id:
                self.tenant.notes.remove(note.id)
