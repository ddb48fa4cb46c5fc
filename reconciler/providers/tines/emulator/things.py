"""
What the emulated tenant holds, as values.

A case is replaced whole, never changed in place, and what belongs to a case stands in it; so a request that
fails half-way has changed nothing. Status is not stored: a case has a sub-status, whose parent is the status.

    Case ─┬─ fields (values of case inputs) · links · subscribers · records · actions · tasks · notes
          └─ blocks ── elements
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

PARENTS = ("OPEN", "CLOSED")
PRIORITIES = ("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")

# ------------------------------------------------------------------------------------ what a team has


@dataclass(frozen=True, slots=True)
class Team:
    """A team; its id may be given as `team_id`."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person, or a service account; `teams` are the ids of the teams it is in."""

    id: int
    email: str
    first_name: str
    last_name: str
    teams: frozenset[int]
    is_service_account: bool = False

    @property
    def name(self) -> str:
        """Give the display name, as resolved mentions show it."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubStatus:
    """A sub-status ("case status" in the product) of a team, under OPEN or CLOSED."""

    id: int
    team_id: int
    name: str
    parent: str
    default: bool
    created_at: datetime
    updated_at: datetime
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag of a team."""

    id: int
    team_id: int
    name: str
    color: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseInput:
    """
    The definition of a custom field of a team's cases.

    `options` and `regex` are what a value is validated by, if anything; where `multiple`, a value is several
    joined by a pipe. `multiple` is set in the product only and shown nowhere in the API.
    """

    id: int
    team_id: int
    key: str
    name: str
    created_at: datetime
    input_type: str = "string"
    options: tuple[str, ...] | None = None
    regex: str | None = None
    multiple: bool = False
    sensitive: bool = False
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record of the tenant; `values` are its columns: id, name, value."""

    id: int
    type_id: int
    type_name: str
    values: tuple[tuple[int, str, str], ...]
    created_at: datetime


# ------------------------------------------------------------------------------------ what a case has


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One entry of a case's timeline; a comment is one of type COMMENTED. `reactions` are value and user."""

    id: int
    kind: str
    value: str
    user_id: int
    created_at: datetime
    reactions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A closure condition; `formula` begins with an equals sign."""

    name: str
    formula: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValue:
    """The value of a case input on one case, always text."""

    id: int
    input_id: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Somebody who is told about a case; `id` is not the user's."""

    id: int
    user_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button of a case: `type` is webhook or page."""

    id: int
    url: str
    label: str
    type: str
    text: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task of a case; assignees are ids of users."""

    id: int
    description: str
    created_at: datetime
    updated_at: datetime
    completed: bool = False
    assignees: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note of a case."""

    id: int
    title: str
    content: str
    color: str
    sensitive: bool
    author_id: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A note in a block; `element_id` addresses it, `id` does not."""

    element_id: int
    id: int
    content: str
    note_type: str
    color: str
    author_id: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of a case's page; its position is its place in the case's tuple of them."""

    id: int
    title: str
    block_type: str
    hidden: bool
    group_id: int | None
    elements: tuple[Element, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """A case; users, linked cases and records by id, tags by name, timestamps in whole seconds UTC."""

    id: int
    team_id: int
    name: str
    priority: str
    sub_status_id: int
    author_id: int
    opened_at: datetime | None
    created_at: datetime
    updated_at: datetime
    description: str = ""
    resolved_at: datetime | None = None
    resolved_by: int | None = None
    assignees: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    fields: tuple[FieldValue, ...] = ()
    links: tuple[int, ...] = ()
    subscribers: tuple[Subscription, ...] = ()
    records: tuple[int, ...] = ()
    actions: tuple[Action, ...] = ()
    tasks: tuple[Task, ...] = ()
    notes: tuple[Note, ...] = ()
    blocks: tuple[Block, ...] = ()
