"""A wish to stop, heard between two requests and in the middle of a wait."""

from __future__ import annotations

import threading

from reconciler.errors import Interrupted


class Stop:
    """Set once, by a signal; everything that waits or begins something asks it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def request(self) -> None:
        """Wish to stop."""
        self._event.set()

    def is_set(self) -> bool:
        """Tell whether somebody wishes to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Interrupted if somebody wishes to stop."""
        if self._event.is_set():
            raise Interrupted("interrupted")

    def sleep(self, seconds: float) -> None:
        """Wait; raise Interrupted as soon as somebody wishes to stop."""
        if self._event.wait(seconds):
            raise Interrupted("interrupted")
