"""The store of the emulated tenant: its people, teams, configuration, records and cases."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reconciler.providers.tines.emulator.things import (
    Activity,
    CaseInput,
    Record,
    StoredCase,
    SubStatus,
    Tag,
    Team,
    User,
)

if TYPE_CHECKING:
    from reconciler.providers.emulation import Clock
    from reconciler.providers.tines.emulator.switches import TinesSwitches


def snake(name: str) -> str:
    """Write a name as Tines writes its keys and slugs."""
    return re.sub(r"\W+", "_", name.lower()).strip("_")


class Tenant:
    """The store; not locked by itself, the emulator's lock is held around it."""

    def __init__(self, *, clock: Clock, switches: TinesSwitches, key_user: str) -> None:
        self._clock = clock
        self.switches = switches
        self.teams: dict[int, Team] = {}
        self.users: dict[int, User] = {}
        self.sub_statuses: dict[int, SubStatus] = {}
        self.tags: dict[int, Tag] = {}
        self.inputs: dict[int, CaseInput] = {}
        self.records: dict[int, Record] = {}
        self.cases: dict[int, StoredCase] = {}
        self.verdicts: dict[str, bool] = {}
        self.revision = 0
        self.lists_served = 0
        self._born: dict[int, tuple[int, datetime]] = {}
        self._tag_ids: dict[tuple[int, str], int] = {}
        self._activities: dict[int, list[Activity]] = {}
        self._user_ids: dict[str, int] = {}
        self._case_ids = itertools.count(1)
        self._input_ids = itertools.count(401)
        self._record_ids = itertools.count(7001)
        self._other_ids = itertools.count(100)
        automated = switches.key_user_is_service_account
        self.key_user = self.add_user(key_user, "Case Automation", (), service_account=automated)

    def now(self) -> datetime:
        """Tell the time as the API shows it: whole seconds, UTC."""
        return self._clock().astimezone(UTC).replace(microsecond=0)

    def next_id(self) -> int:
        """Take the id of anything but a case, an input and a record."""
        return next(self._other_ids)

    # people, teams, sub-statuses

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
            id=self.next_id(),
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

    def add_sub_status(
        self, team_id: int, name: str, parent: str, *, default: bool = False, description: str = ""
    ) -> SubStatus:
        """Add a sub-status to a team."""
        now = self.now()
        added = SubStatus(
            id=self.next_id(),
            team_id=team_id,
            name=name,
            parent=parent,
            default=default,
            description=description,
            created_at=now,
            updated_at=now,
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

    # tags

    def tag_key(self, name: str) -> str:
        """Give what makes two tag names the same."""
        return name if self.switches.tag_names_case_sensitive else name.casefold()

    def tag(self, team_id: int, name: str) -> Tag | None:
        """Find a team's tag."""
        tag_id = self._tag_ids.get((team_id, self.tag_key(name)))
        return None if tag_id is None else self.tags[tag_id]

    def ensure_tag(self, team_id: int, name: str, color: str = "grey") -> Tag:
        """Find or create a team's tag."""
        found, now = self.tag(team_id, name), self.now()
        if found is None:
            tag_id = self.next_id()
            found = Tag(id=tag_id, team_id=team_id, name=name, color=color, created_at=now, updated_at=now)
            self.put_tag(found)
        return found

    def put_tag(self, tag: Tag) -> None:
        """Store a tag in the place of its former self."""
        if tag.id in self.tags:
            self.remove_tag(self.tags[tag.id])
        self.tags[tag.id] = tag
        self._tag_ids[tag.team_id, self.tag_key(tag.name)] = tag.id

    def remove_tag(self, tag: Tag) -> None:
        """Forget a tag."""
        del self.tags[tag.id]
        del self._tag_ids[tag.team_id, self.tag_key(tag.name)]

    def tags_of(self, team_id: int | None) -> list[Tag]:
        """List the tags of a team, or of all."""
        return [tag for tag in self.tags.values() if team_id in (None, tag.team_id)]

    # case inputs and records

    def add_input(self, team_id: int, name: str, **more: Any) -> CaseInput:
        """Add a case input to a team, with what else `CaseInput` has."""
        number = next(self._input_ids)
        added = CaseInput(id=number, team_id=team_id, name=name, key=snake(name), created_at=self.now(), **more)
        self.inputs[number] = added
        return added

    def add_record(self, type_name: str, values: Mapping[str, str]) -> Record:
        """Add a record; a type is known by its name."""
        number = next(self._record_ids)
        types = {record.type_name: record.type_id for record in self.records.values()}
        columns = tuple((number * 10 + place, *pair) for place, pair in enumerate(values.items()))
        self.records[number] = Record(
            id=number,
            type_id=types.get(type_name, 1401 + len(types)),
            type_name=type_name,
            values=columns,
            created_at=self.now(),
        )
        return self.records[number]

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
        """Forget a case, its timeline and the links to it."""
        del self.cases[case_id]
        self._activities.pop(case_id, None)
        for other in [case for case in self.cases.values() if case_id in case.links]:
            self.cases[other.id] = replace(other, links=tuple(id for id in other.links if id != case_id))
        self.revision += 1

    def indexed(self, case: StoredCase) -> bool:
        """Tell whether the metadata filter knows the case yet, where it lags."""
        lists, moment = self._born[case.id]
        waited = (self.now() - moment).total_seconds() >= self.switches.metadata_lag_seconds
        return waited and self.lists_served - lists > self.switches.metadata_lag_requests

    # timelines

    def log(self, case_id: int, user_id: int, kind: str, value: str = "") -> Activity:
        """Add to a case's timeline."""
        entry = Activity(id=self.next_id(), kind=kind, value=value, user_id=user_id, created_at=self.now())
        self._activities.setdefault(case_id, []).append(entry)
        self.revision += 1
        return entry

    def relog(self, case_id: int, entry: Activity) -> Activity:
        """Put an entry of a case's timeline in the place of its former self."""
        timeline = self._activities[case_id]
        timeline[[each.id for each in timeline].index(entry.id)] = entry
        self.revision += 1
        return entry

    def activities(self, case_id: int) -> list[Activity]:
        """Give a case's timeline, oldest first."""
        return self._activities.get(case_id, [])
