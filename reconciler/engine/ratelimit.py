"""
How many requests a tenant gets: never more than N in any window of time, and none while it asked for a pause.

    taken ─────► left ───────► arrived ───────► answered
                                        counts from here for one window, or from a quarter second after it left

The window is a minute, or a second with a sixtieth of the requests for a system that is to be spared bursts. It
is the system that counts, and it counts arrivals; nobody here sees one. So a request counts from the moment at
which it has arrived for sure: a short run is never slowed down, and a long one as much as the limit asks and the
way there takes. Repeated requests count as systems count them.

The times are kept in a tally, of this process and, where there is one, of all processes of this user.
"""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Callable
from typing import Final, Protocol, Self, TypeVar

WINDOW: Final = 60.0
"""Seconds in which a limit counts."""

CAPACITY: Final = 4096
"""Requests that a tally remembers; a larger limit is kept as one of so many in a part of its window."""

NEVER: Final = -math.inf
"""In a tally: no request yet, and no pause."""

_TICK: Final = 0.001
"""Seconds; the shortest wait. A rest that rounding leaves may be too short to move any clock."""

_LEAVES: Final = 1.0
"""Seconds, or a twentieth of the window if that is longer, in which a request connects and leaves."""

_ARRIVES: Final = 0.25
"""Seconds, or a twentieth of the window if that is longer, in which a request that left is sure to arrive."""

LATEST: Final = max(_LEAVES, WINDOW / 20)
"""Seconds; no request is expected to arrive any later."""

_Noted = TypeVar("_Noted")


class Tally(Protocol):
    """
    When the last `CAPACITY` requests to a tenant were, in seconds of the monotonic clock.

    A positive time is that from which a request counts. A negative one is that of a request on its way: it counts
    from when it is answered, at the latest from then. As a context, a tally keeps everybody else out.
    """

    def __enter__(self) -> object: ...

    def __exit__(self, *_: object) -> None: ...

    def look(self, back: int) -> tuple[float, float]:
        """Return the time of the so-manieth last request, and until when nobody may ask anything."""
        ...

    def add(self, time: float) -> int:
        """Note a request; return its number."""
        ...

    def settle(self, number: int, time: float, *, instead: float) -> None:
        """Note another time for a request, unless its place is taken by a later one."""
        ...

    def pause(self, until: float) -> None:
        """Note that nobody may ask anything until then."""
        ...


class OwnTally:
    """The tally of one process; its limiter keeps others out."""

    def __init__(self) -> None:
        self._times = array("d", [NEVER]) * CAPACITY
        self._next = 0
        self._paused_until = NEVER

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def look(self, back: int) -> tuple[float, float]:
        """Return the time of the so-manieth last request, and the end of the pause."""
        return self._times[(self._next - back) % CAPACITY], self._paused_until

    def add(self, time: float) -> int:
        """Note a request."""
        number, self._next = self._next, (self._next + 1) % CAPACITY
        self._times[number] = time
        return number

    def settle(self, number: int, time: float, *, instead: float) -> None:
        """Note another time."""
        if self._times[number] == instead:
            self._times[number] = time

    def pause(self, until: float) -> None:
        """Note a pause; the longest counts."""
        self._paused_until = max(self._paused_until, until)


class Turn:
    """A request that was let through: a context that ends with its answer, however that is."""

    __slots__ = ("_limiter", "numbers", "time")

    def __init__(self, limiter: RateLimiter, time: float, numbers: tuple[tuple[Tally, int], ...]) -> None:
        self._limiter = limiter
        self.time = time
        """As the tallies have it."""
        self.numbers = numbers
        """Under which number it stands in which tally."""

    def left(self) -> None:
        """Note that it is on its way to the system."""
        self._limiter.leave(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._limiter.end(self)


class RateLimiter:
    """
    Lets requests of one tenant through, for all its threads, and for other processes that have the same tally.

    `clock` is monotonic, and with a shared tally the one that all its processes read. A shared tally that fails is
    given up, and `lost` is told why, once: the limit is then kept by this process alone.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
        window: float = WINDOW,
        shared: Tally | None = None,
        lost: Callable[[OSError], object] = lambda _: None,
    ) -> None:
        most = max(1, int(per_minute * window / WINDOW))
        parts = math.ceil(most / CAPACITY)
        self._most = most // parts
        self._window = most * WINDOW / per_minute / parts
        self._leaves = max(self._window / 20, _LEAVES)
        self._arrives = max(self._window / 20, _ARRIVES)
        self._tallies: tuple[Tally, ...] = (OwnTally(),) if shared is None else (shared, OwnTally())
        self._lost = lost
        self._lock = threading.Lock()
        self._clock = clock
        self._sleep = sleep

    def turn(self) -> Turn:
        """Wait for a turn, and return it, within which one request is sent; what `sleep` raises ends the wait."""
        while not isinstance(taken := self._noting(self._take), Turn):
            self._sleep(max(taken, _TICK))
        return taken

    def leave(self, turn: Turn) -> None:
        """Note that the request of a turn has left, where that says more than that it had its turn."""
        if self._arrives < self._leaves:
            self._noting(self._settle, turn, -self._clock() - self._arrives)

    def end(self, turn: Turn) -> None:
        """Note that the request of a turn is answered, or will not be."""
        self._noting(self._settle, turn, min(self._clock(), -turn.time))

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long: the tenant said that it is asked too often."""
        self._noting(self._pause, self._clock() + seconds)

    def _noting(self, note: Callable[..., _Noted], *about: object) -> _Noted:
        """Look and write where nobody else does; without the shared tally if that fails."""
        with self._lock:
            try:
                with self._tallies[0]:
                    return note(*about)
            except OSError as error:
                self._tallies = self._tallies[1:]
                self._lost(error)
                return note(*about)

    def _take(self) -> Turn | float:
        """Take a turn, or return how long to wait before trying again."""
        now = self._clock()
        wait = max(self._wait(tally, now) for tally in self._tallies)
        if wait > 0:
            return wait
        time = -now - self._leaves
        return Turn(self, time, tuple((tally, tally.add(time)) for tally in self._tallies))

    def _wait(self, tally: Tally, now: float) -> float:
        time, paused_until = tally.look(self._most)
        # One on its way may arrive as late as now: it does not cease to count before a window from now.
        counts_from = min(now, -time) if NEVER < time < 0 else time
        return max(paused_until, counts_from + self._window) - now

    def _settle(self, turn: Turn, time: float) -> None:
        for tally, number in turn.numbers:
            if tally in self._tallies:
                tally.settle(number, time, instead=turn.time)
        turn.time = time

    def _pause(self, until: float) -> None:
        for tally in self._tallies:
            tally.pause(until)
