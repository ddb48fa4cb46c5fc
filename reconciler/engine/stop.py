"""A wish to stop, heard between two requests and in the middle of a wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.errors import Interrupted


class Stop:
    """Set once, by a signal; everything that waits or begins something asks it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._finishing = 0

    def request(self) -> None:
        """Wish to stop."""
        self._event.set()

    def is_set(self) -> bool:
        """Tell whether somebody wishes to stop."""
        return self._event.is_set()

    def is_final(self) -> bool:
        """Tell whether no request is to be begun: somebody wishes to stop, and nothing is to be finished."""
        return self._event.is_set() and not self._finishing

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Let requests through that belong to one that was sent before: what is in flight is finished first."""
        with self._lock:
            self._finishing += 1
        try:
            yield
        finally:
            with self._lock:
                self._finishing -= 1

    def check(self) -> None:
        """Raise Interrupted if somebody wishes to stop."""
        if self._event.is_set():
            raise Interrupted("interrupted")

    def sleep(self, seconds: float) -> None:
        """Wait; raise Interrupted as soon as somebody wishes to stop, unless something is to be finished."""
        if self._finishing:
            time.sleep(seconds)
        elif self._event.wait(seconds):
            raise Interrupted("interrupted")
