"""
How many requests a tenant gets: never more than N in any window of time, and none while it asked for a pause.

The window is a minute, or a second with a sixtieth of the requests for a system that is to be spared bursts.

The times of the last N requests are kept, so a short run is never slowed down and a long one is slowed exactly as
much as the limit asks. The limit counts requests, repeated ones included, as the systems do.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

WINDOW: Final = 60.0
"""Seconds in which a limit counts."""

_TICK: Final = 0.001
"""Seconds; the shortest wait. A rest that rounding leaves may be too short to move any clock."""


class RateLimiter:
    """Lets requests of one tenant through, for all its threads."""

    def __init__(
        self,
        per_minute: int,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
        window: float = WINDOW,
    ) -> None:
        most = max(1, int(per_minute * window / WINDOW))
        self._window = most * WINDOW / per_minute
        self._times: deque[float] = deque(maxlen=most)
        self._paused_until = float("-inf")
        self._lock = threading.Lock()
        self._clock = clock
        self._sleep = sleep

    def acquire(self) -> None:
        """Wait for a turn; what `sleep` raises ends the wait."""
        while (wait := self._take()) > 0:
            self._sleep(max(wait, _TICK))

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long: the tenant said that it is asked too often."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _take(self) -> float:
        """Take a turn and return 0, or return how long to wait before trying again."""
        with self._lock:
            now = self._clock()
            wait = max(self._paused_until - now, self._until_the_window_has_room(now))
            if wait <= 0:
                self._times.append(now)
            return wait

    def _until_the_window_has_room(self, now: float) -> float:
        if len(self._times) < (self._times.maxlen or 0):
            return 0.0
        return self._times[0] + self._window - now
