"""What an apply works with, and what it comes to know on the way."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.engine.perform import SETTLE, Captured
from reconciler.engine.progress import Progress
from reconciler.engine.recorder import Recorder
from reconciler.engine.stop import Stop
from reconciler.engine.tenant import Tenants
from reconciler.model.address import Address
from reconciler.model.record import Record
from reconciler.model.values import Value
from reconciler.planning.normalize import fill


class Known:
    """
    What references stand for, growing as cases are created; thread-safe.

    What is told about a case is replaced whole and never changed, so that it may be read at any time.
    """

    def __init__(self, known: Mapping[str, Mapping[str, Value]]) -> None:
        self._lock = threading.Lock()
        self._known = dict(known)

    def learn(self, case: str, told: Captured) -> None:
        """Add what was told about a case."""
        with self._lock:
            self._known[case] = {**self._known.get(case, {}), **told}

    def fill(self, value: Value) -> Value:
        """Return the value with its references filled in."""
        return fill(value, self._known)


@dataclass(frozen=True, slots=True)
class Means:
    """What an apply works with."""

    tenants: Tenants
    recorder: Recorder
    records: Mapping[Address, Record]
    """The records that the plan was made upon."""
    known: Known
    secrets: Mapping[str, str]
    """What digests stand for, by their text."""
    stop: Stop
    progress: Progress
    parallelism: int = 8
    settle: tuple[float, ...] = SETTLE
