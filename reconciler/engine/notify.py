"""
Telling of new drift: once, to each receiver, and never at the cost of the run.

    drift now ── minus what this receiver has been told ── message ── POST ── remembered if it was taken

What has gone in the meantime is forgotten, so that it is told again when it comes back.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from reconciler import __version__
from reconciler.config import Receiver
from reconciler.engine.explain import Explain
from reconciler.engine.ratelimit import RateLimiter
from reconciler.engine.sending import Send
from reconciler.engine.surroundings import REPEAT, Bounds, OnRequest, Surroundings
from reconciler.engine.transports import RateLimit, Retry
from reconciler.errors import ApiError, StateError
from reconciler.model.change import DriftReport
from reconciler.model.operation import Repeat
from reconciler.model.redaction import redactor
from reconciler.report.notice import message
from reconciler.report.since import identities, new_since
from reconciler.state import notified

SIGNATURE: Final = "x-reconciler-signature"
"""The header of a webhook that proves who sent it: `sha256=` and the HMAC of the body in hex."""

_BOUNDS: Final = Bounds(
    connect=5.0, read=10.0, total=15.0, largest=1024 * 1024, attempts=4, admissions=4, longest_pause=30.0
)
"""A receiver that does not answer keeps nobody waiting for long."""
_PER_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Notifier:
    """What telling takes beside the drift."""

    receivers: Sequence[Receiver]
    memory: Path
    """The file that remembers what has been told."""
    redact: Callable[[str], str]
    around: Surroundings
    transport: httpx.BaseTransport | None = None
    on_request: OnRequest | None = None

    def tell(self, report: DriftReport, *, partial: bool) -> Iterator[str]:
        """
        Tell each receiver what is new to it, and yield what went wrong.

        `partial` is a report about some cases only: what is not in it may be there all the same.
        """
        if not self.receivers:
            return
        try:
            before = notified.read(self.memory)
        except StateError as error:
            yield error.message
            before = {}
        told: dict[str, frozenset[str]] = {}
        now = {_hashed(key) for key in identities(report.drift, self.redact)}
        for receiver in self.receivers:
            name = _hashed(f"{receiver.type}\n{receiver.url}")
            known = before.get(name, frozenset())
            still = known if partial else known & now
            new = self._new(report, known)
            trouble = self._post(receiver, new) if new.drift else None
            if trouble is not None:
                yield f"{receiver.source}: {receiver.type} is not told of the drift: {trouble}"
            if heard := still if trouble else still | now:
                told[name] = frozenset(heard)
        if told != before:
            yield from self._remember(told)

    def _new(self, report: DriftReport, known: frozenset[str]) -> DriftReport:
        return new_since(report, known, lambda key: _hashed(self.redact(key)))

    def _remember(self, told: notified.Told) -> Iterator[str]:
        try:
            notified.write(self.memory, told)
        except OSError as error:
            yield f"{self.memory} cannot be written, so that drift is told again: {error.strerror}"

    def _post(self, receiver: Receiver, report: DriftReport) -> str | None:
        """Send a message; return what went wrong."""
        body = message(receiver.type, report, self.redact)
        headers = {"content-type": "application/json", "user-agent": f"reconciler/{__version__}"}
        if receiver.secret is not None:
            headers[SIGNATURE] = signature(receiver.secret, body)
        # Sent again also after an answer that was lost: told twice is better than never.
        extensions = {REPEAT: Repeat.SAFE, "timeout": _BOUNDS.timeout.as_dict()}
        try:
            request = httpx.Request("POST", receiver.url, headers=headers, content=body, extensions=extensions)
        except (httpx.InvalidURL, ValueError):  # the latter for names that are no names (idna)
            return "its address cannot be used"
        with closing(self._stack(receiver.type, request.url)) as stack:
            try:
                stack.handle_request(request)
            except ApiError as error:
                return error.message
        return None

    def _stack(self, name: str, url: httpx.URL) -> httpx.BaseTransport:
        """Return what sends; the path of the address is as secret as the address."""
        of_address = redactor((str(url), url.path, url.raw_path.decode()))

        def redact(text: str) -> str:
            return of_address(self.redact(text))

        on_request = self.on_request
        limiter = RateLimiter(_PER_MINUTE, clock=self.around.clock, sleep=self.around.rest)
        send = Send(
            auth=httpx.Auth(),
            bounds=_BOUNDS,
            clock=self.around.clock,
            transport=self.transport,
            on_request=on_request and (lambda method, path, *more: on_request(method, redact(path), *more)),
        )
        limited = RateLimit(send, limiter=limiter, concurrency=1, around=self.around)
        retried = Retry(limited, limiter=limiter, bounds=_BOUNDS, around=self.around)
        return Explain(retried, name=name, redact=redact, now=self.around.now)


def signature(secret: str, body: bytes) -> str:
    """Return what a receiver compares: `sha256=` and the HMAC of the body in hex."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
