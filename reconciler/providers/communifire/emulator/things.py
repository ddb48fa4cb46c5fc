"""What the emulated site holds: plain values, replaced whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Space:
    """A space; `state` is 0 pending, 1 published, 3 declined."""

    id: int
    name: str
    state: int = 1


@dataclass(frozen=True, slots=True)
class Status:
    """A status of the cases of one space."""

    id: int
    space_id: int
    name: str
    default: bool = False


@dataclass(frozen=True, slots=True)
class Priority:
    """A priority of the cases of one space."""

    id: int
    space_id: int
    name: str
    default: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """A project in the tracker of one space; `assignable` are the users who may be given its cases."""

    id: int
    space_id: int
    title: str
    default: bool = False
    assignable: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """A section of a project, which the product's pages call a category."""

    id: int
    project_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone of a project."""

    id: int
    project_id: int
    title: str


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account; the user name is what stands before the @ of the address."""

    id: int
    display_name: str
    email: str

    @property
    def user_name(self) -> str:
        """Give the name to log in with."""
        return self.email.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a case."""

    id: int
    case_id: int
    user_id: int
    text: str
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """
    A case; an id of 0 is none.

    `written_at` is the number of the last request before or at its last change, for the search index, which
    lags behind.
    """

    id: int
    space_id: int
    title: str
    description: str
    project_id: int = 0
    section_id: int = 0
    milestone_id: int = 0
    status_id: int = 0
    priority_id: int = 0
    assignee_id: int = 0
    reporter_id: int
    tags: tuple[str, ...] = ()
    recipients: tuple[int, ...] = ()
    created: datetime
    updated: datetime
    written_at: int = 0
    comments: tuple[Comment, ...] = field(default=())
