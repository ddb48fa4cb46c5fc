"""
The emulated tenant: its people, teams and cases as values, and the store that holds them.

A case is replaced whole, never changed in place, so a request that fails half-way has changed nothing.
Status is not stored: a case has a sub-status, and its parent is the status.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.providers.emulation import Clock
    from reconciler.providers.tines.emulator.switches import TinesSwitches

PARENTS = ("OPEN", "CLOSED")
PRIORITIES = ("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag of a team."""

    id: int
    team_id: int
    name: str
    color: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One entry of a case's timeline."""

    id: int
    kind: str
    value: str
    user_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A closure condition; `formula` begins with an equals sign."""

    name: str
    formula: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """A case as the tenant keeps it; users by id, tags by name, timestamps in whole seconds UTC."""

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


class Tenant:
    """The store; not locked by itself, the emulator's lock is held around it."""

    def __init__(self, *, clock: Clock, switches: TinesSwitches, key_user: str) -> None:
        self._clock = clock
        self.switches = switches
        self.teams: dict[int, Team] = {}
        self.users: dict[int, User] = {}
        self.sub_statuses: dict[int, SubStatus] = {}
        self.cases: dict[int, StoredCase] = {}
        self.revision = 0
        self.lists_served = 0
        self._born: dict[int, tuple[int, datetime]] = {}
        self._tags: dict[tuple[int, str], Tag] = {}
        self._activities: dict[int, list[Activity]] = {}
        self._user_ids: dict[str, int] = {}
        self._case_ids = itertools.count(1)
        self._other_ids = itertools.count(100)
        automated = switches.key_user_is_service_account
        self.key_user = self.add_user(key_user, "Case Automation", (), service_account=automated)

    def now(self) -> datetime:
        """Tell the time as the API shows it: whole seconds, UTC."""
        return self._clock().astimezone(UTC).replace(microsecond=0)

    # people, teams, sub-statuses, tags

    def add_team(self, name: str, team_id: int) -> Team:
        """Add a team with one default sub-status under each parent; the key's user is in every team."""
        self.teams[team_id] = Team(team_id, name)
        self.key_user = replace(self.key_user, teams=self.key_user.teams | {team_id})
        self.users[self.key_user.id] = self.key_user
        self.add_sub_status(team_id, "To do", "OPEN", default=True)
        self.add_sub_status(team_id, "Done", "CLOSED", default=True)
        return self.teams[team_id]

    def add_user(self, email: str, name: str, teams: Iterable[int], *, service_account: bool) -> User:
        """Add a user; the id is the next free one."""
        first, _, last = name.partition(" ")
        user = User(
            id=next(self._other_ids),
            email=email,
            first_name=first,
            last_name=last,
            teams=frozenset(teams),
            is_service_account=service_account,
        )
        self.users[user.id] = user
        self._user_ids[email.lower()] = user.id
        return user

    def user(self, email: str) -> User | None:
        """Find a user by email, in any letter case."""
        user_id = self._user_ids.get(email.lower())
        return None if user_id is None else self.users[user_id]

    def add_sub_status(self, team_id: int, name: str, parent: str, *, default: bool = False) -> SubStatus:
        """Add a sub-status to a team."""
        added = SubStatus(
            id=next(self._other_ids),
            team_id=team_id,
            name=name,
            parent=parent,
            default=default,
            created_at=self.now(),
        )
        self.sub_statuses[added.id] = added
        return added

    def sub_statuses_of(self, team_id: int, parent: str | None = None) -> list[SubStatus]:
        """List a team's sub-statuses, of one parent if given."""
        mine = (found for found in self.sub_statuses.values() if found.team_id == team_id)
        return [found for found in mine if parent in (None, found.parent)]

    def default_sub_status(self, team_id: int, parent: str) -> SubStatus:
        """Find the sub-status into which a status alone puts a case."""
        return next(found for found in self.sub_statuses_of(team_id, parent) if found.default)

    def status(self, case: StoredCase) -> str:
        """Tell whether a case is OPEN or CLOSED."""
        return self.sub_statuses[case.sub_status_id].parent

    def tag_key(self, name: str) -> str:
        """Give what makes two tag names the same."""
        return name if self.switches.tag_names_case_sensitive else name.casefold()

    def tag(self, team_id: int, name: str) -> Tag | None:
        """Find a team's tag."""
        return self._tags.get((team_id, self.tag_key(name)))

    def ensure_tag(self, team_id: int, name: str, color: str = "grey") -> Tag:
        """Find or create a team's tag."""
        found = self.tag(team_id, name)
        if found is None:
            found = Tag(id=next(self._other_ids), team_id=team_id, name=name, color=color, created_at=self.now())
            self._tags[team_id, self.tag_key(name)] = found
        return found

    def tags_of(self, team_id: int | None) -> list[Tag]:
        """List the tags of a team, or of all."""
        return [tag for tag in self._tags.values() if team_id in (None, tag.team_id)]

    # cases

    def next_case_id(self) -> int:
        """Take the id of a new case; ids are never given twice."""
        return next(self._case_ids)

    def put(self, case: StoredCase) -> None:
        """Store a case in the place of its former self."""
        self._born.setdefault(case.id, (self.lists_served, self.now()))
        self.cases[case.id] = case
        self.revision += 1

    def remove(self, case_id: int) -> None:
        """Forget a case and its timeline."""
        del self.cases[case_id]
        self._activities.pop(case_id, None)
        self.revision += 1

    def indexed(self, case: StoredCase) -> bool:
        """Tell whether the metadata filter knows the case yet, where it lags."""
        lists, moment = self._born[case.id]
        waited = (self.now() - moment).total_seconds() >= self.switches.metadata_lag_seconds
        return waited and self.lists_served - lists > self.switches.metadata_lag_requests

    def log(self, case_id: int, user_id: int, kind: str, value: str = "") -> None:
        """Add to a case's timeline."""
        entry = Activity(id=next(self._other_ids), kind=kind, value=value, user_id=user_id, created_at=self.now())
        self._activities.setdefault(case_id, []).append(entry)
        self.revision += 1

    def activities(self, case_id: int) -> list[Activity]:
        """Give a case's timeline, oldest first."""
        return self._activities.get(case_id, [])


def in_team(tenant: Tenant, case: StoredCase, team_id: int) -> StoredCase:
    """Move a case: same parent status, tags found or created by name, sub-status the new team's default."""
    if case.team_id == team_id:
        return case
    for name in case.tags:
        tenant.ensure_tag(team_id, name)
    sub_status = tenant.default_sub_status(team_id, tenant.status(case))
    return replace(case, team_id=team_id, sub_status_id=sub_status.id)
