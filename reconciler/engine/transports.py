"""
One request on its way, as a stack of small httpx transports.

    Explain     what went wrong becomes one of our errors, in words, without secrets
    Retry       tries again what may be tried again
    RateLimit   waits for a turn, and for a place among the requests in flight
    Understand  puts the answer that is meant in the place of one that says it otherwise (forges only)
    Send        one attempt: signed, no redirect, one deadline, one size

What an attempt's failure says about a write (httpx 0.28 against a raw socket, 2026):

    failure                                         class            SAFE      LOOK
    ----------------------------------------------  ---------------  --------  ------------------
    refused, no name, TLS, connect or pool timeout  NotSent          repeated  repeated
    reset, closed, read or write timeout, deadline  OutcomeUnknown   repeated  raised
    500, 502, 503, 504                              OutcomeUnknown   repeated  raised
    429                                             RateLimited      repeated  raised, after the pause is set
    other 4xx                                       Refused          raised    raised
    3xx, unreadable or too large a body             ProtocolError    raised    raised

On a write, a ProtocolError leaves it open whether it was executed, as OutcomeUnknown does. A read that ends with
a 5xx is Refused: nothing is open there.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import httpx

from reconciler.engine.clocks import http_date
from reconciler.engine.ratelimit import RateLimiter
from reconciler.engine.surroundings import (
    LEFT,
    NEVER_SENT,
    REPEAT,
    RETRIED,
    Bounds,
    Surroundings,
    UnusableBody,
    root_of,
)
from reconciler.model.operation import Repeat


class Understand(httpx.BaseTransport):
    """Passes on what an answer means."""

    def __init__(self, inner: httpx.BaseTransport, meant: Callable[[httpx.Response], httpx.Response]) -> None:
        self._inner = inner
        self._meant = meant

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; return the answer that is meant."""
        return self._meant(self._inner.handle_request(request))

    def close(self) -> None:
        """Close what is beneath."""
        self._inner.close()


class RateLimit(httpx.BaseTransport):
    """Waits for a turn under the tenant's limit, then for a place among the requests in flight."""

    def __init__(
        self, inner: httpx.BaseTransport, *, limiter: RateLimiter, concurrency: int, around: Surroundings
    ) -> None:
        self._inner = inner
        self._limiter = limiter
        self._places = threading.BoundedSemaphore(concurrency)
        self._around = around

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request when it is its turn; raise Interrupted if no further one is wanted."""
        with self._places:
            self._around.require_going()
            with self._limiter.turn() as turn:
                self._around.require_going()
                request.extensions = {**request.extensions, LEFT: turn.left}
                return self._inner.handle_request(request)

    def close(self) -> None:
        """Close what is beneath."""
        self._inner.close()


class Retry(httpx.BaseTransport):
    """Tries again, after a growing random wait or the pause that the system asks for."""

    def __init__(
        self, inner: httpx.BaseTransport, *, limiter: RateLimiter, bounds: Bounds, around: Surroundings
    ) -> None:
        self._inner = inner
        self._limiter = limiter
        self._bounds = bounds
        self._around = around

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the last answer; raises the last httpx error."""
        attempt = 0
        while True:
            attempt += 1
            try:
                response = self._inner.handle_request(request)
            except httpx.TransportError as error:
                if attempt >= self._bounds.attempts or not _may_follow(error, request):
                    raise
                self._around.rest(self._wait(attempt))
                continue
            if not self._again(response, request, attempt):
                return response

    def close(self) -> None:
        """Close what is beneath."""
        self._inner.close()

    def _again(self, response: httpx.Response, request: httpx.Request, attempt: int) -> bool:
        """Wait as the answer asks; tell whether to try again."""
        paused = self._pause_all(response, attempt)
        limited = response.status_code == HTTPStatus.TOO_MANY_REQUESTS
        most = self._bounds.admissions if limited else self._bounds.attempts
        if response.status_code not in RETRIED or request.extensions[REPEAT] is Repeat.LOOK or attempt >= most:
            return False
        if not paused:
            self._around.rest(self._wait(attempt))
        return True

    def _pause_all(self, response: httpx.Response, attempt: int) -> bool:
        """Hold back every worker of the tenant if it is asked too often, or says when to come back."""
        asked = self._asked_pause(response) if response.status_code in RETRIED else None
        if asked is None and response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            return False
        self._limiter.pause(max(asked or 0.0, self._wait(attempt)))
        return True

    def _wait(self, attempt: int) -> float:
        return self._around.jitter(min(self._bounds.first_wait * 2 ** (attempt - 1), self._bounds.longest_wait))

    def _asked_pause(self, response: httpx.Response) -> float | None:
        """Return the seconds of Retry-After; the header may stand there twice, and garbage is ignored."""
        asked = [
            seconds
            for value in response.headers.get_list("retry-after")
            if (seconds := _seconds(value, self._server_time(response))) is not None
        ]
        return min(max(asked), self._bounds.longest_pause) if asked else None

    def _server_time(self, response: httpx.Response) -> datetime:
        """Return the system's own idea of the time, so that a wrong clock here does not matter."""
        return http_date(response.headers.get("date", "")) or self._around.now()


def _may_follow(error: httpx.TransportError, request: httpx.Request) -> bool:
    """Tell whether another attempt may follow, and has a chance."""
    match error:
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | UnusableBody():
            return False
        case _ if isinstance(root_of(error), ssl.SSLCertVerificationError):
            return False
        case _ if isinstance(error, NEVER_SENT):
            return True
        case _:
            return request.extensions[REPEAT] is Repeat.SAFE


def _seconds(value: str, now: datetime) -> float | None:
    if re.fullmatch(r"[0-9]{1,12}", value.strip()):
        return float(value)
    moment = http_date(value)
    return max((moment - now).total_seconds(), 0.0) if moment else None
