"""The emulated site: a shelf for every kind of thing, and how things are found on them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from reconciler.providers.communifire.emulator.switches import CommunifireSwitches
from reconciler.providers.communifire.emulator.things import (
    Category,
    Milestone,
    Priority,
    Project,
    Space,
    Status,
    StoredCase,
    User,
)
from reconciler.providers.emulation import Clock

KEY_USER_ID = 3
"""The user whose key is used, by whom everything is that comes through the API."""

_TICK = timedelta(milliseconds=1)


class Numbered(Protocol):
    """What has an id of its own."""

    @property
    def id(self) -> int:
        """Give the id, unique among its kind."""


_Thing = TypeVar("_Thing", bound=Numbered)


class Shelf(Generic[_Thing]):
    """Values by id; a value is replaced whole, and `revision` counts the changes."""

    def __init__(self) -> None:
        self.revision = 0
        self._things: dict[int, _Thing] = {}

    def put(self, thing: _Thing) -> _Thing:
        """Keep a value, in the place of its former self."""
        self.revision += 1
        self._things[thing.id] = thing
        return thing

    def remove(self, id: int) -> None:
        """Forget a value; raises `KeyError` for an unknown id."""
        self.revision += 1
        del self._things[id]

    def get(self, id: int) -> _Thing | None:
        """Find a value, or None."""
        return self._things.get(id)

    def next_id(self) -> int:
        """Give the id after the highest."""
        return max(self._things, default=0) + 1

    def __getitem__(self, id: int) -> _Thing:
        return self._things[id]

    def __contains__(self, id: object) -> bool:
        return id in self._things

    def __iter__(self) -> Iterator[_Thing]:
        return iter(self._things.values())


class Tenant:
    """
    The store; not locked by itself, the emulator's lock is held around it.

    `requests` counts the calls that were let in; `notifications` the updates of which people were told.
    """

    def __init__(self, *, clock: Clock, switches: CommunifireSwitches) -> None:
        self._clock = clock
        self._last_case = 0
        self._last_comment = 0
        self.switches = switches
        self.requests = 0
        self.notifications = 0
        self.spaces: Shelf[Space] = Shelf()
        self.statuses: Shelf[Status] = Shelf()
        self.priorities: Shelf[Priority] = Shelf()
        self.projects: Shelf[Project] = Shelf()
        self.categories: Shelf[Category] = Shelf()
        self.milestones: Shelf[Milestone] = Shelf()
        self.users: Shelf[User] = Shelf()
        self.cases: Shelf[StoredCase] = Shelf()

    def now(self) -> datetime:
        """Tell the time as the site keeps it: whole milliseconds, UTC."""
        now = self._clock().astimezone(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def after(self, earlier: datetime) -> datetime:
        """Tell the time of an update, which is later than that of the one before."""
        return max(self.now(), earlier + _TICK)

    def next_case_id(self) -> int:
        """Take the id of a new case; ids are never given twice."""
        self._last_case += 1
        while self._last_case in self.cases:
            self._last_case += 1
        return self._last_case

    def next_comment_id(self) -> int:
        """Take the id of a new comment."""
        self._last_comment += 1
        return self._last_comment
