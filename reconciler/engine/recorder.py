"""Writing down what was done, as it is done: the only thing that the parallel workers of an apply share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from reconciler.engine.perform import Request
from reconciler.model.address import Address
from reconciler.model.change import Change
from reconciler.model.record import Record, State
from reconciler.state import Intent, Journal


class Recorder:
    """Announces each request in the journal, then notes its outcome; thread-safe."""

    def __init__(self, journal: Journal, now: Callable[[], str]) -> None:
        self._journal = journal
        self._now = now
        self._lock = threading.Lock()
        self._changed: dict[Address, Record] = {}
        self._removed: set[Address] = set()

    def announce(self, change: Change, request: Request, record: Record) -> Intent:
        """Write the intent to disk; `record` is what will hold once the request is done."""
        operation = request.operation
        intent = Intent(
            number=self._journal.next_number(),
            address=change.address,
            action=change.action,
            method=operation.method,
            path=request.path,
            marker=request.marker.text if operation.creates else None,
            record=record,
            seeks={".".join(path): tuple(request.known.get(".".join(path), ())) for path in operation.makes},
            names={".".join(path): name for path, name in operation.makes.items() if name is not None},
            at=self._now() if operation.creates else None,
        )
        self._journal.intent(intent)
        return intent

    def done(self, intent: Intent, record: Record | None) -> None:
        """Write to disk that the request was executed; None: the case is no more."""
        record = self._note(intent.address, record)
        self._journal.done(intent, record)

    def failed(self, intent: Intent, message: str) -> None:
        """Write to disk that the request was refused and changed nothing."""
        self._journal.failed(intent, message)

    def settle(self, address: Address, record: Record | None) -> None:
        """Note how a case ended; it reaches the disk with the state."""
        self._note(address, record)

    def next_state(self, state: State) -> State | None:
        """Return the state with everything noted, None if nothing was."""
        with self._lock:
            if not self._changed and not self._removed:
                return None
            return state.with_records(self._changed.values(), self._removed)

    def _note(self, address: Address, record: Record | None) -> Record | None:
        if record is not None:
            record = replace(record, updated_at=self._now())
        with self._lock:
            if record is None:
                self._changed.pop(address, None)
                self._removed.add(address)
            else:
                self._changed[address] = record
        return record
