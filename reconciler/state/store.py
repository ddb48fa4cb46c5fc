"""
The contract of a state backend, and of the journal that it keeps during an apply.

    with store.lock(operation="apply", timeout=30):
        state = store.read() or State(lineage)
        for intent in store.open_intents(): …        # look whether it was executed
        journal = store.begin(state)                 # from here on, what is done survives a kill
        intent = Intent(journal.next_number(), …)
        journal.intent(intent)                       # durable; now the request may be sent
        journal.done(intent, record)                 # durable; now the next one may be
        store.save(state.with_records(…))            # the new snapshot; the journal is gone
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from reconciler.model.address import Address
from reconciler.model.case import Case
from reconciler.model.change import Action
from reconciler.model.record import Record, State

Cases: TypeAlias = Mapping[Address, Case]

NO_CASES: Final[Cases] = {}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock, for a person to read."""

    id: str
    operation: str
    who: str
    pid: int
    created: str
    """ISO 8601, UTC."""

    def __str__(self) -> str:
        return f"{self.who} (process {self.pid}) since {self.created}, for {self.operation} (lock {self.id})"


@dataclass(frozen=True, slots=True)
class Intent:
    """One writing request that is about to be sent; it stays open until it is told to be done or failed."""

    number: int
    """Its name in the journal; no two open intents share one."""
    address: Address
    action: Action
    method: str
    path: str
    marker: str | None = None
    """The text by which what it creates is found again."""
    record: Record | None = None
    """What to remember if the request turns out to have been executed."""
    seeks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Dotted path of each item that it makes → the ids of those that said the same before."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Dotted path of an item that it makes → the name by which the system shows it again."""
    at: str | None = None
    """ISO 8601, UTC: when it was announced."""


class Journal(Protocol):
    """What an apply announces and what it has done; every call is durable when it returns, from any thread."""

    def next_number(self) -> int:
        """Return a number that no intent of this journal has."""
        ...

    def intent(self, intent: Intent) -> None:
        """Announce a request. Raises StateError if that cannot be made durable: then it must not be sent."""
        ...

    def done(self, intent: Intent, record: Record | None) -> None:
        """Close an intent whose request was executed; `record` is the whole new record, None if it is gone."""
        ...

    def failed(self, intent: Intent, message: str) -> None:
        """Close an intent whose request certainly had no effect."""
        ...

    def open_intents(self) -> tuple[Intent, ...]:
        """Return the requests, by number, that were announced and neither done nor failed, also once closed."""
        ...

    def close(self) -> None:
        """Stop writing; what is open stays open."""
        ...


class Store(Protocol):
    """A place that keeps the state of one workspace."""

    def read(self, *, beside: Cases = NO_CASES) -> State | None:
        """
        Return the newest state, None if there is none; needs no lock.

        Values that are equal to those of the case declared at the same address, in `beside`, may be one object
        with them: they are in memory once then. What the journal holds beyond the last save counts as one serial.
        Raises StateError if what is there cannot be read.
        """
        ...

    def open_intents(self) -> tuple[Intent, ...]:
        """Return the requests, by number, that were announced and neither done nor failed."""
        ...

    def lock(self, *, operation: str, timeout: float) -> AbstractContextManager[None]:
        """Keep others from writing; raise LockHeld naming the holder after `timeout` seconds."""
        ...

    def begin(self, state: State) -> Journal:
        """Make the lineage durable if the state is new, then open the journal; call it under the lock."""
        ...

    def save(self, state: State, *, overriding: bool = False) -> None:
        """
        Replace the snapshot at once or not at all, then close and drop the journal; call it under the lock.

        That ends every open intent, so look what became of them first; or do not save, and the journal tells.
        The serial must be above that of the last save, and the lineage the same, unless it is `overriding` that.
        Raises StateError.
        """
        ...

    def fold(self) -> State | None:
        """
        Return the newest state, saved: what a killed apply did is no longer in its journal only.

        So that the backup of what is saved next is the state before it. Call it under the lock, and where no
        intent is open. Raises StateError.
        """
        ...

    def pull(self) -> bytes | None:
        """Return the newest state as it is kept, to the byte; None if there is none. Needs no lock."""
        ...

    def unlock(self, id: str) -> Holder:
        """
        Remove a lock whose holder is gone, and return who that was; `id` is the lock's, as messages tell it.

        Raises LockHeld if its holder is alive, StateError if there is no such lock.
        """
        ...
