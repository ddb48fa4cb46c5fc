"""
Cutting what takes too long, by one thread for all requests of a tenant.

A thread for each, as threading.Timer has it, takes about as long to start as a request takes to send, and
whoever starts it waits. All requests get the same time, so who began first is late first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(eq=False, slots=True)
class Attempt:
    """Something that is watched until it ends; it is never cut after that."""

    watch: Watch
    cut: Callable[[], object]
    is_late: bool = False

    def __enter__(self) -> Self:
        self.watch.begin(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.watch.end(self)


class Watch:
    """Cuts every attempt that takes longer than `seconds`; its thread begins with the first one. Close it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Condition()
        self._due: dict[Attempt, float] = {}  # by when it has to have ended, the earliest first
        self._is_idle = False
        self._thread: threading.Thread | None = None

    def begin(self, attempt: Attempt) -> None:
        """Watch over an attempt."""
        with self._lock:
            self._due[attempt] = time.monotonic() + self.seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
                self._thread.start()
            elif self._is_idle:
                self._lock.notify()

    def end(self, attempt: Attempt) -> None:
        """Watch over it no longer."""
        with self._lock:
            self._due.pop(attempt, None)

    def close(self) -> None:
        """End the thread; what begins later is watched by another one."""
        with self._lock:
            self._thread = None
            self._lock.notify()

    def _run(self) -> None:
        with self._lock:
            while self._thread is threading.current_thread():
                self._cut_late()
                self._is_idle = not self._due
                # It is not woken for what begins meanwhile: that is due later.
                self._lock.wait(next(iter(self._due.values())) - time.monotonic() if self._due else None)

    def _cut_late(self) -> None:
        now = time.monotonic()
        for attempt in [attempt for attempt, due in self._due.items() if due <= now]:
            del self._due[attempt]
            attempt.is_late = True
            attempt.cut()
