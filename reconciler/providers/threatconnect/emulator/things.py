"""
What an emulated instance holds, as values.

    StoredCase ─┬─ its own:   Attribute · Artifact · Note · Task · Event        (each names its `case_id`)
                └─ linked to: Tag · Group · Indicator · other cases             (ids in the case)

Timestamps are whole seconds UTC; users, tags, groups, … are named by id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """An organization, a community or a source; cases live in the one organization only."""

    id: int
    name: str
    type: Literal["Organization", "Community", "Source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with a login; an API user's is a number of 20 digits."""

    id: int
    user_name: str
    first_name: str
    last_name: str
    pseudonym: str
    role: str = "Organization Administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserGroup:
    """A group of users, to which cases and tasks may be assigned."""

    id: int
    name: str
    description: str = ""
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who a case or a task is assigned to: a User or a Group (of users), by id."""

    kind: Literal["User", "Group"]
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeType:
    """
    A type of attribute; `applies_to` names the objects it is mapped to ("Case", "Group", …).

    `max_allowed` is how many of it one case may have (None: as many as one likes); `options` are those of
    its SelectOne validation rule, empty where it has none; `max_size` is the longest value.
    """

    id: int
    name: str
    description: str = ""
    error_message: str = "Please enter a valid value."
    max_size: int = 500
    max_allowed: int | None = None
    applies_to: frozenset[str] = frozenset({"Case"})
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactType:
    """A type of artifact; `intel_type` is what its artifacts are to the intelligence side, None for nothing."""

    id: int
    name: str
    intel_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateTask:
    """A task that a workflow template puts into a case."""

    name: str
    required: bool
    phase: int = 1
    step: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A workflow template."""

    id: int
    name: str
    tasks: tuple[TemplateTask, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag; one with a `technique_id` is an ATT&CK tag, which has no owner."""

    id: int
    name: str
    last_used: datetime
    description: str = ""
    technique_id: str | None = None
    owner_id: int | None = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of the intelligence side (Adversary, Campaign, …); its name need not be unique."""

    id: int
    type: str
    name: str
    owner_id: int
    date_added: datetime
    xid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """An indicator; unique in its owner by type and summary."""

    id: int
    type: str
    summary: str
    owner_id: int
    date_added: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of a case."""

    id: int
    case_id: int
    type_id: int
    value: str
    created_by: int
    date_added: datetime
    last_modified: datetime
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One artifact of a case."""

    id: int
    case_id: int
    type: str
    summary: str
    hash_code: str
    date_added: datetime
    source: str = ""
    derived_link: bool = True
    field_name: str = ""
    file_data: str = ""
    task_id: int | None = None
    groups: tuple[int, ...] = ()
    indicators: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note of a case, or of one of its artifacts, tasks or events (`case_id` names the case all the same)."""

    id: int
    case_id: int
    text: str
    author: int
    date_added: datetime
    last_modified: datetime
    edited: bool = False
    artifact_id: int | None = None
    task_id: int | None = None
    event_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task of a case; `depends_on` is the id of another task of it."""

    id: int
    case_id: int
    xid: str
    name: str
    status: str = "Open"
    description: str = ""
    assignee: Assignee | None = None
    required: bool = False
    phase: int | None = None
    step: int | None = None
    due_date: datetime | None = None
    duration_type: str | None = None
    depends_on: int | None = None
    completed_date: datetime | None = None
    completed_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One workflow event of a case; deletion only marks it."""

    id: int
    case_id: int
    summary: str
    event_date: datetime
    date_added: datetime
    user_id: int
    system_generated: bool = False
    deleted: bool = False
    deleted_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """
    A case; an empty description is none.

    `cases`, `groups`, `indicators` and `tags` are ids in the order they were linked; a link to another case
    stands in both.
    """

    id: int
    xid: str
    name: str
    status: str
    severity: str
    owner_id: int
    created_by: int
    date_added: datetime
    last_updated: datetime
    open_time: datetime
    open_user: int
    description: str = ""
    resolution: str = "Not Specified"
    assignee: Assignee | None = None
    close_time: datetime | None = None
    close_user: int | None = None
    detection_time: datetime | None = None
    detection_user: int | None = None
    occurrence_time: datetime | None = None
    occurrence_user: int | None = None
    tags: tuple[int, ...] = ()
    cases: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    indicators: tuple[int, ...] = ()
    user_access: tuple[int, ...] = ()
    template_id: int | None = None
