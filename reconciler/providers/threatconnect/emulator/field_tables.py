"""
The fields of every v3 object that is written here, as OPTIONS of a live server lists them (2025-08).

Where the documentation's tables and OPTIONS disagree (`completedDate`, `dependentOnId` of tasks, `hashCode` of
artifacts), OPTIONS is followed: these cannot be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from reconciler.providers.threatconnect.emulator.field_types import (
    Field,
    Fields,
    Kind,
    identifier,
    many,
    moment_field,
    number,
    of_parent,
    one_of,
    shown,
    shown_many,
    text,
    thing,
    truth,
)

_CASE: Fields = {
    "id": shown("Long"),
    "xid": text(10, 100, updatable=False),
    "name": text(1, 255, required=True),
    "description": text(0, 1500),
    "status": one_of("Open", "Closed", required=True),
    "severity": one_of("Low", "Medium", "High", "Critical", required=True),
    "resolution": one_of(
        "Containment Achieved",
        "Deferred / Delayed",
        "Escalated",
        "False Positive",
        "In Progress / Investigating",
        "Not Specified",
        "Rejected",
        "Restoration Achieved",
        default="Not Specified",
    ),
    "assignee": thing("Assignee"),
    "caseOpenTime": moment_field(),
    "caseCloseTime": moment_field(),
    "caseDetectionTime": moment_field(),
    "caseOccurrenceTime": moment_field(),
    "caseOpenUser": shown("User"),
    "caseCloseUser": shown("User"),
    "caseDetectionUser": shown("User"),
    "caseOccurrenceUser": shown("User"),
    "dateAdded": shown("Date"),
    "lastUpdated": shown("Date"),
    "createdBy": shown("User"),
    "owner": shown("String"),
    "ownerId": shown("Long"),
    "detectionDue": shown("Date"),
    "responseDue": shown("Date"),
    "detectionOverdue": shown("Boolean"),
    "responseOverdue": shown("Boolean"),
    "timeToDetect": shown("Integer"),
    "timeToRespond": shown("Integer"),
    "tags": many("Tag"),
    "attributes": many("CaseAttribute", None),
    "associatedCases": many("Case"),
    "associatedGroups": many("Group"),
    "associatedIndicators": many("Indicator"),
    "artifacts": many("Artifact"),
    "notes": many("Note"),
    "tasks": many("Task"),
    "workflowEvents": many("WorkflowEvent"),
    "userAccess": many("User", None),
    "workflowTemplate": thing("WorkflowTemplate", extra=True),
    "related": shown_many("Case"),
}

_CASE_ID = of_parent(identifier(), required=True, alternative="caseXid")
_CASE_XID = of_parent(text(10, 100), required=True, alternative="caseId")

_NOTE: Fields = {
    "id": shown("Long"),
    "text": text(1, 65_500, required=True),
    "caseId": of_parent(identifier()),
    "caseXid": of_parent(text(10, 100)),
    "artifactId": of_parent(identifier()),
    "taskId": of_parent(identifier()),
    "taskXid": of_parent(text(10, 100)),
    "workflowEventId": of_parent(identifier()),
    "author": shown("String"),
    "summary": shown("String"),
    "dateAdded": shown("Date"),
    "lastModified": shown("Date"),
    "edited": shown("Boolean"),
    "parentCase": shown("Case", extra=True),
    "artifact": shown("Artifact", extra=True),
    "task": shown("Task", extra=True),
    "workflowEvent": shown("WorkflowEvent", extra=True),
}

_TASK: Fields = {
    "id": shown("Long"),
    "xid": text(10, 100, updatable=False),
    "name": text(1, 255, required=True),
    "caseId": replace(_CASE_ID, extra=True),
    "caseXid": _CASE_XID,
    "description": text(0, 1500),
    "status": one_of("Pending", "Open", "Reopened", "Closed", default="Open"),
    "assignee": thing("Assignee"),
    "dueDate": moment_field(),
    "durationType": one_of("Days", "Hours", "Minutes"),
    "required": truth(default=False),
    "workflowPhase": number(0, 127, updatable=False),
    "workflowStep": number(1, 127, updatable=False),
    "dependentOnId": identifier(updatable=False),
    "completedDate": moment_field(updatable=False),
    "artifacts": many("Artifact"),
    "notes": many("Note"),
    "owner": shown("String"),
    "completedBy": shown("String"),
    "configPlaybook": shown("String"),
    "configTask": shown("String"),
    "duration": shown("Integer"),
    "parentCase": shown("Case", extra=True),
}

_ARTIFACT: Fields = {
    "id": shown("Long"),
    "summary": text(1, 500, required=True),
    "type": text(1, 100, required=True, updatable=False),
    "caseId": replace(_CASE_ID, extra=True),
    "caseXid": _CASE_XID,
    "taskId": of_parent(identifier()),
    "taskXid": of_parent(text(10, 100)),
    "source": text(0, 100),
    "derivedLink": truth(default=True),
    "fieldName": text(0, 100),
    "fileData": text(),
    "hashCode": text(updatable=False),
    "associatedGroups": many("Group"),
    "associatedIndicators": many("Indicator"),
    "notes": many("Note"),
    "dateAdded": shown("Date"),
    "intelType": shown("String"),
    "analyticsPriority": shown("String"),
    "analyticsScore": shown("Integer"),
    "analyticsStatus": shown("String"),
    "analyticsType": shown("String"),
    "artifactType": shown("ArtifactType"),
    "links": shown("Link"),
    "parentCase": shown("Case", extra=True),
    "task": shown("Task", extra=True),
}

_EVENT: Fields = {
    "id": shown("Long"),
    "summary": text(1, 255, required=True),
    "eventDate": moment_field(),
    "caseId": replace(_CASE_ID, extra=True),
    "caseXid": _CASE_XID,
    "notes": many("Note"),
    "dateAdded": shown("Date"),
    "deleted": shown("Boolean"),
    "deletedReason": shown("String"),
    "systemGenerated": shown("Boolean"),
    "user": shown("User"),
    "link": shown("String"),
    "linkText": shown("String"),
    "parentCase": shown("Case", extra=True),
}

_ATTRIBUTE: Fields = {
    "id": shown("Long"),
    "caseId": of_parent(identifier(), required=True),
    "type": text(1, 100, required=True, updatable=False),
    "value": text(1, required=True),
    "source": text(1),  # whether "" clears it is unknown, so it is refused
    "default": replace(truth(), inert=True),
    "pinned": replace(truth(), inert=True),
    "securityLabels": replace(many("SecurityLabel"), inert=True),
    "dateAdded": shown("Date"),
    "lastModified": shown("Date"),
    "createdBy": shown("User"),
}

_TAG: Fields = {
    "id": shown("Long"),
    "name": replace(text(1, 128, required=True), alternative="techniqueId"),
    "description": text(0, 4000),
    "owner": text(1, 100, updatable=False),
    "techniqueId": text(1, 20, updatable=False),  # OPTIONS calls it read-only; tagging with it is documented
    "securityCoverage": shown("SecurityCoverage"),  # an administrator may set it on ATT&CK tags; nobody does here
    "lastUsed": shown("Date"),
    "normalized": shown("Boolean"),
    "synonymousTagNames": shown("String", extra=True),
    "platforms": shown("String"),
    "tactics": shown("String"),
    "financialImpact": shown("Boolean"),
    "cases": shown_many("Case"),
    "groups": shown_many("Group"),
    "indicators": shown_many("Indicator"),
    "victims": shown_many("Victim"),
}

_GROUP: Fields = {
    "id": shown("Long"),
    "xid": text(1, 100, updatable=False),
    "type": one_of(
        "Adversary",
        "Attack Pattern",
        "Campaign",
        "Course of Action",
        "Document",
        "Email",
        "Event",
        "Incident",
        "Intrusion Set",
        "Malware",
        "Report",
        "Signature",
        "Tactic",
        "Task",
        "Threat",
        "Tool",
        "Vulnerability",
        required=True,
        updatable=False,
    ),
    "name": text(1, 255, required=True),
    "ownerId": identifier(updatable=False),
    "ownerName": text(1, 100, updatable=False),
    "tags": many("Tag"),  # taken, and of no consequence here
    "associatedArtifacts": many("Artifact"),
    "dateAdded": shown("Date"),
    "lastModified": shown("Date"),
    "createdBy": shown("User"),
    "webLink": shown("String"),
}

_INDICATOR: Fields = {
    "id": shown("Long"),
    "type": text(1, 100, required=True, updatable=False),
    "summary": shown("String"),
    "ip": text(1, 45, updatable=False),
    "address": text(1, 255, updatable=False),
    "md5": text(32, 32, updatable=False),
    "sha1": text(40, 40, updatable=False),
    "sha256": text(64, 64, updatable=False),
    "hostName": text(1, 255, updatable=False),
    "text": text(1, 500, updatable=False),
    "AS Number": text(1, 500, updatable=False),
    "value1": text(1, 500, updatable=False),
    "ownerId": identifier(updatable=False),
    "ownerName": text(1, 100, updatable=False),
    "dateAdded": shown("Date"),
    "lastModified": shown("Date"),
    "webLink": shown("String"),
}

_USER: Fields = {
    "id": shown("Long"),
    "userName": shown("String"),
    "firstName": shown("String"),
    "lastName": shown("String"),
    "pseudonym": shown("String"),
    "role": shown("String"),
    "owner": shown("String"),
}


def _all_shown(**types: str) -> Fields:
    return {name: shown(type) for name, type in types.items()}


FIELDS: Mapping[str, Fields] = MappingProxyType(
    {
        "cases": _CASE,
        "notes": _NOTE,
        "tasks": _TASK,
        "artifacts": _ARTIFACT,
        "workflowEvents": _EVENT,
        "caseAttributes": _ATTRIBUTE,
        "tags": _TAG,
        "groups": _GROUP,
        "indicators": _INDICATOR,
        "attributeTypes": {
            **_all_shown(id="Long", name="String", description="String", maxSize="Integer"),
            **_all_shown(allowMarkdown="Boolean", errorMessage="String", validationRule="AttributeValidationRule"),
            "mapping": Field(kind=Kind.COLLECTION, type="AttributeTypeMapping", read_only=True, extra=True),
        },
        "artifactTypes": _all_shown(id="Long", name="String", intelType="String"),
        "workflowTemplates": _all_shown(id="Long", name="String", active="Boolean", version="Integer"),
        "users": _USER,
        "userGroups": _all_shown(id="Long", name="String", description="String"),
        "owners": _all_shown(id="Long", name="String", type="String", permCase="String"),
    }
)
"""The field table of every object, by the last part of its path."""

ENRICHMENTS: Mapping[str, tuple[str, ...]] = MappingProxyType({"cases": ("userDetails",)})
"""What `fields` may ask for that is no field: it enriches one (vendor's page Include Additional Fields)."""
