"""
What TQL may ask about every object of the emulated instance.

Left out is what no page and no SDK explains well enough to be relied on, `hasAllTags` first: asking about it
is a syntax error, as asking about anything unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reconciler.providers.threatconnect.emulator.tenant import Tenant
from reconciler.providers.threatconnect.emulator.things import (
    Artifact,
    Assignee,
    Attribute,
    Event,
    Note,
    StoredCase,
    Tag,
    Task,
)
from reconciler.providers.threatconnect.emulator.tql import Parameter
from reconciler.providers.threatconnect.emulator.tql_readers import (
    boolean,
    date,
    false,
    integer,
    lower,
    nested,
    never,
    parameter_table,
    string,
)

_Parameters = Mapping[str, Parameter]


def parameters_of(kind: str, tenant: Tenant) -> _Parameters:
    """Give the parameters of a kind of object, the last part of its path, by keyword in lower case."""
    return getattr(_Tables(tenant), _TABLES[kind])()  # type: ignore[no-any-return]


_TABLES = {
    "cases": "cases",
    "notes": "notes",
    "tasks": "tasks",
    "artifacts": "artifacts",
    "workflowEvents": "events",
    "caseAttributes": "attributes",
    "tags": "tags",
    "groups": "groups",
    "indicators": "indicators",
    "attributeTypes": "attribute_types",
    "artifactTypes": "named",
    "workflowTemplates": "named",
    "users": "users",
    "userGroups": "named",
    "owners": "named",
}


class _Tables:
    """One method for every table; a nested table is made only when a query enters it."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    # cases

    def cases(self) -> _Parameters:
        return parameter_table(
            *self._case_identity(),
            *self._case_people(),
            *self._case_dates(),
            *self._case_links(),
            integer("owner", "owner_id"),
            string("ownerName", lambda case: self._tenant.owners[case.owner_id].name),
        )

    def _case_identity(self) -> Iterable[Parameter]:
        return (
            integer("id"),
            string("idAsString", lambda case: str(case.id)),
            string("xid"),
            string("name"),
            string("typeName", "name"),
            string("status"),
            string("severity"),
            string("resolution"),
            string("description"),
            boolean("detectionOverdue", false),
            boolean("responseOverdue", false),
            integer("timeToDetect", never),
            integer("timeToRespond", never),
            integer("calScore", never),
            integer("threatAssessScore", never),
            integer("missingArtifactCount", lambda _case: 0),
        )

    def _case_people(self) -> Iterable[Parameter]:
        return (
            string("assigneeName", lambda case: self._assignee_name(case.assignee)),
            string("assignedToUserOrGroup", lambda case: case.assignee.kind if case.assignee else "None"),
            integer("targetId", lambda case: case.assignee.id if case.assignee else None),
            string("targetType", lambda case: case.assignee.kind if case.assignee else None),
            string("createdBy", lambda case: self._login(case.created_by)),
            integer("createdById", "created_by"),
            string("caseOpenUser", lambda case: self._login(case.open_user)),
            string("caseCloseUser", lambda case: self._login(case.close_user)),
            string("caseDetectionUser", lambda case: self._login(case.detection_user)),
            string("caseOccurrenceUser", lambda case: self._login(case.occurrence_user)),
        )

    def _case_dates(self) -> Iterable[Parameter]:
        return (
            self._date("dateAdded", "date_added"),
            self._date("lastUpdated", "last_updated"),
            self._date("caseOpenTime", "open_time"),
            self._date("caseOpenDate", "open_time"),
            self._date("caseCloseTime", "close_time"),
            self._date("caseCloseDate", "close_time"),
            self._date("caseDetectionTime", "detection_time"),
            self._date("caseOccurrenceTime", "occurrence_time"),
            self._date("detectionDue", never),
            self._date("responseDue", never),
        )

    def _case_links(self) -> Iterable[Parameter]:
        tenant = self._tenant
        return (
            lower("tag", lambda case: [tenant.tags[tag_id].name for tag_id in case.tags], many=True),
            lower(
                "attackTag",
                lambda case: [tag.name for tag in self._tags_of(case) if tag.technique_id is not None],
                many=True,
            ),
            nested("hasTag", self._tags_of, self.tags),
            nested("hasCase", self._linked_cases, self.cases),
            nested("hasGroup", lambda case: [tenant.groups[found] for found in case.groups], self.groups),
            nested(
                "hasIndicator",
                lambda case: [tenant.indicators[found] for found in case.indicators],
                self.indicators,
            ),
            nested("hasArtifact", lambda case: tenant.artifacts.of(case.id), self.artifacts),
            nested("hasNote", lambda case: tenant.notes.of(case.id), self.notes),
            nested("hasTask", lambda case: tenant.tasks.of(case.id), self.tasks),
            nested(
                "hasWorkflowTemplate",
                lambda case: [] if case.template_id is None else [tenant.templates[case.template_id]],
                self.named,
            ),
        )

    def _tags_of(self, case: StoredCase) -> list[Tag]:
        return [self._tenant.tags[tag_id] for tag_id in case.tags]

    def _linked_cases(self, case: StoredCase) -> list[StoredCase]:
        """List the linked cases, and the case itself: the vendor's SDK filters it out of what a server finds."""
        linked = [self._tenant.cases[case_id] for case_id in case.cases]
        return [case, *linked] if linked else []

    # the children of cases

    def notes(self) -> _Parameters:
        tenant = self._tenant
        return parameter_table(
            integer("id"),
            *self._of_case(),
            integer("artifactId", "artifact_id"),
            integer("taskId", "task_id"),
            integer("workflowEventId", "event_id"),
            string("author", lambda note: self._login(note.author)),
            string("summary", "text"),
            string("data", "text"),
            self._date("dateAdded", "date_added"),
            self._date("lastModified", "last_modified"),
            nested("hasArtifact", lambda note: _one(tenant.artifacts.get, note.artifact_id), self.artifacts),
            nested("hasTask", lambda note: _one(tenant.tasks.get, note.task_id), self.tasks),
        )

    def tasks(self) -> _Parameters:
        tenant = self._tenant
        return parameter_table(
            integer("id"),
            string("xid"),
            *self._of_case(),
            string("caseIdAsString", lambda task: str(task.case_id)),
            string("caseSeverity", lambda task: self._case_of(task).severity),
            string("name"),
            string("description"),
            string("status"),
            boolean("required"),
            boolean("automated", false),
            integer("workflowPhase", "phase"),
            integer("workflowStep", "step"),
            self._date("dueDate", "due_date"),
            self._date("completedDate", "completed_date"),
            string("completedBy", lambda task: self._login(task.completed_by)),
            string("assigneeName", lambda task: self._assignee_name(task.assignee)),
            *self._owner_of_case(),
            nested(
                "hasArtifact",
                lambda task: [found for found in tenant.artifacts.of(task.case_id) if found.task_id == task.id],
                self.artifacts,
            ),
            nested(
                "hasNote",
                lambda task: [found for found in tenant.notes.of(task.case_id) if found.task_id == task.id],
                self.notes,
            ),
        )

    def artifacts(self) -> _Parameters:
        tenant = self._tenant
        return parameter_table(
            integer("id"),
            *self._of_case(),
            integer("taskId", "task_id"),
            integer("noteId", lambda found: [note.id for note in self._notes_of(found)], many=True),
            string("summary"),
            string("type"),
            string("typeName", "type"),
            string("source"),
            boolean("indicatorActive", false),
            integer("analyticsScore", never),
            self._date("dateAdded", "date_added"),
            nested("hasTask", lambda found: _one(tenant.tasks.get, found.task_id), self.tasks),
            nested("hasNote", self._notes_of, self.notes),
            nested("hasGroup", lambda found: [tenant.groups[group] for group in found.groups], self.groups),
            nested(
                "hasIndicator",
                lambda found: [tenant.indicators[indicator] for indicator in found.indicators],
                self.indicators,
            ),
        )

    def events(self) -> _Parameters:
        return parameter_table(
            integer("id"),
            *self._of_case(),
            string("summary"),
            self._date("eventDate", "event_date"),
            self._date("dateAdded", "date_added"),
            boolean("deleted"),
            string("deletedReason", "deleted_reason"),
            boolean("systemGenerated", "system_generated"),
            string("userName", lambda event: self._login(event.user_id)),
            string("link", never),
        )

    def attributes(self) -> _Parameters:
        return parameter_table(
            integer("id"),
            *self._of_case(),
            integer("type", "type_id"),
            string("typeName", lambda found: self._tenant.attribute_types[found.type_id].name),
            string("source"),
            string("text", "value"),
            string("shortText", "value"),
            integer("maxSize", lambda found: self._tenant.attribute_types[found.type_id].max_size),
            boolean("pinned", false),
            boolean("default", false),
            boolean("displayed", false),
            string("user", lambda found: self._login(found.created_by)),
            self._date("dateAdded", "date_added"),
            self._date("lastModified", "last_modified"),
            *self._owner_of_case(),
        )

    def _of_case(self) -> Iterable[Parameter]:
        return (
            integer("caseId", "case_id"),
            nested("hasCase", lambda child: [self._case_of(child)], self.cases),
        )

    def _owner_of_case(self) -> Iterable[Parameter]:
        return (
            integer("owner", lambda child: self._case_of(child).owner_id),
            string("ownerName", lambda child: self._tenant.owners[self._case_of(child).owner_id].name),
        )

    def _case_of(self, child: Note | Task | Artifact | Event | Attribute) -> StoredCase:
        return self._tenant.cases[child.case_id]

    def _notes_of(self, artifact: Artifact) -> list[Note]:
        return [note for note in self._tenant.notes.of(artifact.case_id) if note.artifact_id == artifact.id]

    # the intelligence side

    def tags(self) -> _Parameters:
        return parameter_table(
            integer("id"),
            string("name"),
            lower("summary", "name"),
            string("description"),
            string("techniqueId", "technique_id"),
            integer("owner", "owner_id"),
            string("ownerName", lambda tag: self._owner_name(tag.owner_id)),
            self._date("lastUsed", "last_used"),
            boolean("normalized", lambda tag: bool(self._tenant.synonyms_of(tag))),
            integer("caseId", lambda tag: [case.id for case in self._cases_with("tags", tag.id)], many=True),
            integer(
                "associatedCase", lambda tag: [case.id for case in self._cases_with("tags", tag.id)], many=True
            ),
            nested("hasCase", lambda tag: self._cases_with("tags", tag.id), self.cases),
        )

    def groups(self) -> _Parameters:
        """Give those of groups; there is none for their external id."""
        return parameter_table(
            *self._intelligence("groups"),
            lower("summary", "name"),
        )

    def indicators(self) -> _Parameters:
        return parameter_table(
            *self._intelligence("indicators"),
            lower("summary"),
        )

    def _intelligence(self, shelf: str) -> Iterable[Parameter]:
        return (
            integer("id"),
            string("typeName", "type"),
            integer("owner", "owner_id"),
            string("ownerName", lambda found: self._owner_name(found.owner_id)),
            self._date("dateAdded", "date_added"),
            nested("hasCase", lambda found: self._cases_with(shelf, found.id), self.cases),
            nested(
                "hasArtifact",
                lambda found: [
                    artifact for artifact in self._tenant.artifacts if found.id in getattr(artifact, shelf)
                ],
                self.artifacts,
            ),
        )

    def _cases_with(self, links: str, linked: int) -> list[StoredCase]:
        return [case for case in self._tenant.cases if linked in getattr(case, links)]

    # the rest of the catalogue

    def attribute_types(self) -> _Parameters:
        return parameter_table(
            integer("id"),
            string("name"),
            string("description"),
            lower("associatedType", "applies_to", many=True),
            integer("maxSize", "max_size"),
            boolean("system", false),
            boolean("default", false),
        )

    def named(self) -> _Parameters:
        return parameter_table(integer("id"), string("name"))

    def users(self) -> _Parameters:
        return parameter_table(
            integer("id"),
            string("userName", "user_name"),
            string("firstName", "first_name"),
            string("lastName", "last_name"),
        )

    # what several ask about

    def _date(self, keyword: str, get: str | Callable[[Any], Any]) -> Parameter:
        return date(keyword, get, self._tenant.now)

    def _login(self, user_id: int | None) -> str | None:
        return None if user_id is None else self._tenant.users[user_id].user_name

    def _assignee_name(self, assignee: Assignee | None) -> str | None:
        if assignee is None:
            return None
        if assignee.kind == "Group":
            return self._tenant.user_groups[assignee.id].name
        return self._tenant.users[assignee.id].user_name

    def _owner_name(self, owner_id: int | None) -> str | None:
        return None if owner_id is None else self._tenant.owners[owner_id].name


def _one(get: Callable[[int], Any], id: int | None) -> list[Any]:
    found = None if id is None else get(id)
    return [] if found is None else [found]
