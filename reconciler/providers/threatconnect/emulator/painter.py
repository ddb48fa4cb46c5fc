"""
How the emulated instance shows a case and its children.

A collection is there only where `fields` asked for it, wrapped as `{"data": […]}`; how an empty one looks is
up to the instance.
"""

from __future__ import annotations

from typing import Any

from reconciler.providers.threatconnect.emulator.answers import stamp
from reconciler.providers.threatconnect.emulator.shapes import Shapes, present
from reconciler.providers.threatconnect.emulator.things import Artifact, Attribute, Event, Note, StoredCase, Task

_SUMMARY_LENGTH = 500


class Painter(Shapes):
    """Shows everything the tenant holds: the case and its children here, the rest by `Shapes`."""

    # cases

    def case(self, case: StoredCase) -> dict[str, Any]:
        """Show a case, with the collections that were asked for."""
        shown = self._scalars(case)
        if not self._fields:
            return shown
        tenant = self._tenant
        self._add(shown, "tags", lambda of: [of.case_tag(tenant.tags[tag_id]) for tag_id in case.tags])
        self._add(shown, "attributes", lambda of: [of.attribute(found) for found in tenant.attributes.of(case.id)])
        self._add(shown, "artifacts", lambda of: [of.artifact(found) for found in tenant.artifacts.of(case.id)])
        self._add(shown, "notes", lambda of: [of.note(found) for found in self._own_notes(case.id)])
        self._add(shown, "tasks", lambda of: [of.task(found) for found in tenant.tasks.of(case.id)])
        self._add(shown, "workflowEvents", lambda of: [of.event(found) for found in tenant.events.of(case.id)])
        self._add(shown, "associatedCases", lambda of: [of.case(tenant.cases[case_id]) for case_id in case.cases])
        self._add(
            shown, "associatedGroups", lambda of: [of.group(tenant.groups[group_id]) for group_id in case.groups]
        )
        self._add(
            shown,
            "associatedIndicators",
            lambda of: [of.indicator(tenant.indicators[indicator_id]) for indicator_id in case.indicators],
        )
        self._add(shown, "userAccess", lambda of: [of.user(tenant.users[user_id]) for user_id in case.user_access])
        self._add(shown, "related", lambda of: [of.case(found) for found in self._related(case)])
        if "workflowTemplate" in self._fields and case.template_id is not None:
            shown["workflowTemplate"] = self.template(tenant.templates[case.template_id])
        return shown

    def _scalars(self, case: StoredCase) -> dict[str, Any]:
        author = self._tenant.users[case.created_by]
        shown: dict[str, Any] = {
            "id": case.id,
            "xid": case.xid,
            "name": case.name,
            "dateAdded": stamp(case.date_added),
            "lastUpdated": stamp(case.last_updated),
            "status": case.status,
            "severity": case.severity,
            "resolution": case.resolution,
            "caseOpenTime": stamp(case.open_time),
            "caseOpenUser": self.login(case.open_user),
            "detectionOverdue": False,
            "responseOverdue": False,
            "createdBy": self.user(author) if "userDetails" in self._fields else self.login(author.id),
            "owner": self._tenant.owners[case.owner_id].name,
            "ownerId": case.owner_id,
        }
        if case.description:
            shown["description"] = case.description
        if case.assignee is not None:
            shown["assignee"] = self.assignee(case.assignee)
        for name, time, user in (
            ("caseClose", case.close_time, case.close_user),
            ("caseDetection", case.detection_time, case.detection_user),
            ("caseOccurrence", case.occurrence_time, case.occurrence_user),
        ):
            if time is not None and user is not None:
                shown[f"{name}Time"] = stamp(time)
                shown[f"{name}User"] = self.login(user)
        return shown

    def _own_notes(self, case_id: int) -> list[Note]:
        notes = self._tenant.notes.of(case_id)
        return [note for note in notes if (note.artifact_id, note.task_id, note.event_id) == (None, None, None)]

    def _related(self, case: StoredCase) -> list[StoredCase]:
        mine = {(found.type, found.summary) for found in self._tenant.artifacts.of(case.id) if found.derived_link}
        linking = (found for found in self._tenant.artifacts if found.derived_link)
        sharing = {found.case_id for found in linking if (found.type, found.summary) in mine}
        return [self._tenant.cases[case_id] for case_id in sorted(sharing - {case.id})]

    # children

    def attribute(self, attribute: Attribute) -> dict[str, Any]:
        """Show a case attribute; pinned and default are shown, and always false."""
        return present(
            id=attribute.id,
            dateAdded=stamp(attribute.date_added),
            type=self._tenant.attribute_types[attribute.type_id].name,
            value=attribute.value,
            source=attribute.source,
            createdBy=self.login(attribute.created_by),
            lastModified=stamp(attribute.last_modified),
            pinned=False,
            default=False,
            caseId=attribute.case_id if "caseId" in self._fields else None,
        )

    def artifact(self, artifact: Artifact) -> dict[str, Any]:
        """Show an artifact."""
        found = self._tenant.artifact_type_named(artifact.type)
        shown = present(
            id=artifact.id,
            summary=artifact.summary,
            type=artifact.type,
            intelType=None if found is None else found.intel_type,
            dateAdded=stamp(artifact.date_added),
            derivedLink=artifact.derived_link,
            hashCode=artifact.hash_code,
            source=artifact.source or None,
            fieldName=artifact.field_name or None,
            fileData=artifact.file_data or None,
        )
        tenant = self._tenant
        self._add_parent(shown, artifact.case_id)
        if "task" in self._fields and artifact.task_id is not None:
            shown["task"] = self._of("task").task(tenant.tasks[artifact.task_id])
        self._add(shown, "notes", lambda of: self._notes(of, artifact.case_id, "artifact_id", artifact.id))
        self._add(
            shown,
            "associatedGroups",
            lambda of: [of.group(tenant.groups[group_id]) for group_id in artifact.groups],
        )
        self._add(
            shown,
            "associatedIndicators",
            lambda of: [of.indicator(tenant.indicators[indicator_id]) for indicator_id in artifact.indicators],
        )
        return shown

    def note(self, note: Note) -> dict[str, Any]:
        """Show a note; one of an artifact, a task or an event names that instead of the case."""
        of_case = (note.artifact_id, note.task_id, note.event_id) == (None, None, None)
        shown = present(
            id=note.id,
            caseId=note.case_id if of_case else None,
            caseXid=self._tenant.cases[note.case_id].xid if of_case else None,
            artifactId=note.artifact_id,
            taskId=note.task_id,
            taskXid=None if note.task_id is None else self._tenant.tasks[note.task_id].xid,
            workflowEventId=note.event_id,
            text=note.text,
            summary=note.text[:_SUMMARY_LENGTH],
            author=self._tenant.users[note.author].user_name,
            dateAdded=stamp(note.date_added),
            lastModified=stamp(note.last_modified),
            edited=note.edited,
        )
        if "parentCase" in self._fields:
            shown["parentCase"] = self._of("parentCase").case(self._tenant.cases[note.case_id])
        if "artifact" in self._fields and note.artifact_id is not None:
            shown["artifact"] = self._of("artifact").artifact(self._tenant.artifacts[note.artifact_id])
        if "task" in self._fields and note.task_id is not None:
            shown["task"] = self._of("task").task(self._tenant.tasks[note.task_id])
        if "workflowEvent" in self._fields and note.event_id is not None:
            shown["workflowEvent"] = self._of("workflowEvent").event(self._tenant.events[note.event_id])
        return shown

    def task(self, task: Task) -> dict[str, Any]:
        """Show a task."""
        shown = present(
            id=task.id,
            xid=task.xid,
            name=task.name,
            description=task.description or None,
            status=task.status,
            required=task.required,
            workflowPhase=task.phase,
            workflowStep=task.step,
            assignee=None if task.assignee is None else self.assignee(task.assignee),
            dueDate=None if task.due_date is None else stamp(task.due_date),
            durationType=task.duration_type,
            dependentOnId=task.depends_on,
            completedDate=None if task.completed_date is None else stamp(task.completed_date),
            completedBy=None if task.completed_by is None else self._tenant.users[task.completed_by].user_name,
            owner=self._tenant.owners[self._tenant.cases[task.case_id].owner_id].name,
        )
        self._add_parent(shown, task.case_id)
        artifacts = self._tenant.artifacts.of(task.case_id)
        self._add(shown, "artifacts", lambda of: [of.artifact(a) for a in artifacts if a.task_id == task.id])
        self._add(shown, "notes", lambda of: self._notes(of, task.case_id, "task_id", task.id))
        return shown

    def event(self, event: Event) -> dict[str, Any]:
        """Show a workflow event, a deleted one included."""
        shown = present(
            id=event.id,
            summary=event.summary,
            eventDate=stamp(event.event_date),
            dateAdded=stamp(event.date_added),
            systemGenerated=event.system_generated,
            user=self.login(event.user_id),
            deleted=True if event.deleted else None,
            deletedReason=event.deleted_reason or None,
        )
        self._add_parent(shown, event.case_id)
        self._add(shown, "notes", lambda of: self._notes(of, event.case_id, "event_id", event.id))
        return shown

    def _add_parent(self, shown: dict[str, Any], case_id: int) -> None:
        if "caseId" in self._fields:
            shown["caseId"] = case_id
        if "parentCase" in self._fields:
            shown["parentCase"] = self._of("parentCase").case(self._tenant.cases[case_id])

    def _notes(self, of: Painter, case_id: int, parent: str, parent_id: int) -> list[dict[str, Any]]:
        return [of.note(note) for note in self._tenant.notes.of(case_id) if getattr(note, parent) == parent_id]
