"""What the transports share: how long, how often, what varies around them, and the failures they tell apart."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, TypeAlias

import httpx

from reconciler.errors import Interrupted

REPEAT: Final = "reconciler.repeat"
"""Key of a request's extensions under which its `Repeat` stands."""

LEFT: Final = "reconciler.left"
"""Key of a request's extensions under which stands what to call when its last byte has left."""

RETRIED: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)

NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

OnRequest: TypeAlias = Callable[[str, str, int, float], object]
"""Told of every attempt: method, path with query, status (0: no answer), seconds."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a request may take, how large its answer may be, how often it is tried; times in seconds."""

    connect: float = 10.0
    read: float = 30.0
    """Between two pieces of an answer."""
    total: float = 60.0
    """For one attempt, however steadily its answer drips."""
    largest: int = 32 * 1024 * 1024
    """Bytes of a decoded answer."""
    attempts: int = 5
    admissions: int = 10
    """How often it is offered to a system that says "too often" (429): limits are counted by the minute."""
    first_wait: float = 0.5
    """Doubled after each attempt."""
    longest_wait: float = 30.0
    longest_pause: float = 300.0
    """The longest pause that a system may ask for."""

    @property
    def timeout(self) -> httpx.Timeout:
        """Return what httpx watches over."""
        return httpx.Timeout(self.read, connect=self.connect, pool=self.connect)


def _full_jitter(top: float) -> float:
    return random.uniform(0.0, top)  # noqa: S311 (spreads waits; nothing to guess)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What varies around the requests: time, chance, and the wish to stop."""

    sleep: Callable[[float], object] = time.sleep
    """Waits so many seconds; may return early or raise when the user interrupts."""
    stop: Callable[[], bool] = field(default=lambda: False)
    """Tells whether to begin no further attempt."""
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    jitter: Callable[[float], float] = _full_jitter
    """Picks a wait between 0 and the given seconds."""

    def rest(self, seconds: float) -> None:
        """Wait so many seconds; raise Interrupted if that was cut short by the wish to stop."""
        self.sleep(seconds)
        self.require_going()

    def require_going(self) -> None:
        """Raise Interrupted if no further attempt is wanted."""
        if self.stop():
            raise Interrupted("interrupted")


class DeadlineExceeded(httpx.ReadTimeout):
    """The answer was not complete in time, though some of it kept coming."""


class UnusableBody(httpx.TransportError):
    """The answer arrived, and its body cannot be used: too large, or packed as we did not ask for."""


def root_of(error: BaseException) -> BaseException:
    """Return the error at the bottom of a chain."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
