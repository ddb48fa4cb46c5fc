"""
The emulated instance: a shelf for every kind of thing, and how things are found on them.

Values are replaced whole, inside `all_or_nothing`, so a request that is refused half-way has changed nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.providers.threatconnect.emulator.table import ChildTable, Journal, Table
from reconciler.providers.threatconnect.emulator.things import (
    Artifact,
    ArtifactType,
    Attribute,
    AttributeType,
    Event,
    Group,
    Indicator,
    Note,
    Owner,
    StoredCase,
    Tag,
    Task,
    Template,
    User,
    UserGroup,
)

if TYPE_CHECKING:
    from reconciler.providers.emulation import Clock
    from reconciler.providers.threatconnect.emulator.switches import ThreatConnectSwitches

ORGANIZATION_ID = 1
"""The API user's organization, in which its cases live."""

API_USER_ID = 3
"""The API user, by whom everything is that comes through the API."""


class Tenant:
    """The store; not locked by itself, the emulator's lock is held around it."""

    def __init__(self, *, clock: Clock, switches: ThreatConnectSwitches) -> None:
        self._clock = clock
        self._journal = journal = Journal()
        self.switches = switches
        self.owners: Table[Owner] = Table(journal)
        self.users: Table[User] = Table(journal)
        self.user_groups: Table[UserGroup] = Table(journal)
        self.attribute_types: Table[AttributeType] = Table(journal, 50)
        self.artifact_types: Table[ArtifactType] = Table(journal)
        self.templates: Table[Template] = Table(journal)
        self.tags: Table[Tag] = Table(journal, 500)
        self.groups: Table[Group] = Table(journal, 8001)
        self.indicators: Table[Indicator] = Table(journal, 9001)
        self.cases: Table[StoredCase] = Table(journal)
        self.attributes: ChildTable[Attribute] = ChildTable(journal, 30_001)
        self.artifacts: ChildTable[Artifact] = ChildTable(journal, 40_001)
        self.notes: ChildTable[Note] = ChildTable(journal, 50_001)
        self.tasks: ChildTable[Task] = ChildTable(journal, 60_001)
        self.events: ChildTable[Event] = ChildTable(journal, 70_001)
        self._synonyms: dict[str, str] = {}
        self._tag_ids: dict[str, int] = {}
        self._case_ids: dict[str, int] = {}
        self._task_ids: dict[str, int] = {}
        self._indicator_ids: dict[tuple[int, str, str], int] = {}
        self._born: dict[int, datetime] = {}

    def now(self) -> datetime:
        """Tell the time as the API shows it: whole seconds, UTC."""
        return self._clock().astimezone(UTC).replace(microsecond=0)

    @property
    def revision(self) -> int:
        """Count the changes so far, undone ones included: what was found at one revision still holds at it."""
        return self._journal.revision

    def all_or_nothing(self) -> AbstractContextManager[None]:
        """Undo every change made inside if it ends with an exception."""
        return self._journal.all_or_nothing()

    # owners, people, types

    def owner_named(self, name: str) -> Owner | None:
        """Find an owner by its exact name."""
        return next((owner for owner in self.owners if owner.name == name), None)

    def user_named(self, user_name: str) -> User | None:
        """Find a user by login."""
        return next((user for user in self.users if user.user_name == user_name), None)

    def user_group_named(self, name: str) -> UserGroup | None:
        """Find a group of users by its exact name."""
        return next((group for group in self.user_groups if group.name == name), None)

    def attribute_type_named(self, name: str) -> AttributeType | None:
        """Find a type of attribute by its exact name."""
        return next((found for found in self.attribute_types if found.name == name), None)

    def artifact_type_named(self, name: str) -> ArtifactType | None:
        """Find a type of artifact by its exact name."""
        return next((found for found in self.artifact_types if found.name == name), None)

    def template_named(self, name: str) -> Template | None:
        """Find a workflow template by its exact name."""
        return next((found for found in self.templates if found.name == name), None)

    # tags

    def add_rule(self, synonym: str, main: str) -> None:
        """Have tags that are called `synonym`, in any letter case, become `main` when they are applied."""
        self._synonyms[synonym.casefold()] = main

    def synonyms_of(self, tag: Tag) -> list[str]:
        """List the names, folded, that a rule turns into this tag."""
        return sorted(name for name, main in self._synonyms.items() if main.casefold() == tag.name.casefold())

    def tag_named(self, name: str) -> Tag | None:
        """Find the tag that a name selects, in any letter case and after the rules."""
        found = self._tag_ids.get(self._main_name(name).casefold())
        tag = None if found is None else self.tags.get(found)
        return tag if tag is not None and tag.name.casefold() == self._main_name(name).casefold() else None

    def technique(self, technique_id: str) -> Tag | None:
        """Find an ATT&CK tag by its technique's id."""
        return next((tag for tag in self.tags if tag.technique_id == technique_id), None)

    def use_tag(self, name: str, description: str = "") -> Tag:
        """Find the tag that a name selects, or make it; either way it was used just now."""
        found = self.tag_named(name)
        if found is None:
            main = self._main_name(name)
            found = Tag(id=self.tags.next_id(), name=main, description=description, last_used=self.now())
        return self.put_tag(replace(found, last_used=self.now()))

    def put_tag(self, tag: Tag) -> Tag:
        """Keep a tag, also under a new name."""
        self.tags.put(tag)
        self._tag_ids[tag.name.casefold()] = tag.id
        return tag

    def _main_name(self, name: str) -> str:
        return self._synonyms.get(name.casefold(), name)

    # groups and indicators

    def group_by_xid(self, xid: str, owner_id: int) -> Group | None:
        """Find a group by its external id."""
        return next((group for group in self.groups if (group.xid, group.owner_id) == (xid, owner_id)), None)

    def put_indicator(self, indicator: Indicator) -> Indicator:
        """Keep an indicator."""
        self.indicators.put(indicator)
        self._indicator_ids[indicator.owner_id, indicator.type, indicator.summary] = indicator.id
        return indicator

    def find_indicator(self, owner_id: int, type: str, summary: str) -> Indicator | None:
        """Find an indicator by what makes it unique."""
        found = self._indicator_ids.get((owner_id, type, summary))
        return None if found is None else self.indicators.get(found)

    # cases

    def put_case(self, case: StoredCase, *, fresh: bool = False) -> StoredCase:
        """Keep a case; a fresh one is missing from lists for as long as they lag."""
        if fresh:
            self._born[case.id] = self._clock()
        self._case_ids[case.xid] = case.id
        self.cases.put(case)
        return case

    def case_by_xid(self, xid: str) -> StoredCase | None:
        """Find a case by its external id."""
        case = self.cases.get(self._case_ids.get(xid, 0))
        return case if case is not None and case.xid == xid else None

    def listed(self) -> Iterable[StoredCase]:
        """List the cases that lists know of, in the order they came."""
        lag = self.switches.list_lag_seconds
        if not lag:
            return self.cases
        now = self._clock()
        return [
            case
            for case in self.cases
            if case.id not in self._born or (now - self._born[case.id]).total_seconds() >= lag
        ]

    def remove_case(self, case_id: int) -> None:
        """Delete a case, its children, and its links from other cases; raises `KeyError` for an unknown one."""
        for other in self.cases[case_id].cases:
            self.unlink_cases(case_id, other)
        for shelf in (self.attributes, self.artifacts, self.notes, self.tasks, self.events):
            for child in shelf.of(case_id):
                shelf.remove(child.id)
        self.cases.remove(case_id)

    def link_cases(self, one: int, other: int) -> None:
        """Associate two cases with each other; twice is once."""
        for here, there in ((one, other), (other, one)):
            case = self.cases[here]
            if there not in case.cases:
                self.put_case(replace(case, cases=(*case.cases, there)))

    def unlink_cases(self, one: int, other: int) -> None:
        """Take the association of two cases away, if there is one."""
        for here, there in ((one, other), (other, one)):
            case = self.cases[here]
            self.put_case(replace(case, cases=tuple(linked for linked in case.cases if linked != there)))

    # tasks

    def put_task(self, task: Task) -> Task:
        """Keep a task."""
        self._task_ids[task.xid] = task.id
        self.tasks.put(task)
        return task

    def task_by_xid(self, xid: str) -> Task | None:
        """Find a task by its external id, which is unique over all cases."""
        task = self.tasks.get(self._task_ids.get(xid, 0))
        return task if task is not None and task.xid == xid else None
