"""What goes wrong on purpose: scripted for a request, one after the other."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus

from reconciler.providers.emulation.exchange import Outcome, Reply


class FaultKind(StrEnum):
    """
    How a request can go wrong.

    kind            executed   the client sees
    -------------   --------   -----------------------------------------------
    drop_before     no         the connection breaks
    drop_after      yes        the connection breaks, the answer is lost
    rate_limited    no         429, with Retry-After if given
    server_error    no *       the fault's status
    html            no *       200 and an HTML page
    truncated       yes        the head and half the body; of an empty answer, nothing
    slow            yes        the answer, late
    hang            no *       nothing for a while, then the connection breaks
    second_writer   yes        the answer; the action was run just before
                               * unless the fault says executed=True
    """

    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    HTML = "html"
    TRUNCATED = "truncated"
    SLOW = "slow"
    HANG = "hang"
    SECOND_WRITER = "second_writer"


_EXECUTED = {FaultKind.DROP_AFTER, FaultKind.TRUNCATED, FaultKind.SLOW, FaultKind.SECOND_WRITER}


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests a fault is for: method (None: any), a regex found in the path, from the nth such on."""

    method: str | None = None
    path: str = ""
    nth: int = 1

    def fits(self, method: str, path: str) -> bool:
        """Tell whether a request is of this kind, whichever its number."""
        return self.method in (None, method) and re.search(self.path, path) is not None


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One scripted fault.

    `times` is how often it strikes (None: for ever). `seconds` is the wait of slow and hang. `retry_after`
    goes into the header as it is given: seconds or an HTTP date. `executed` overrules the starred rows of
    `FaultKind`. `action` is what the second writer does.
    """

    kind: FaultKind
    match: Match = field(default_factory=Match)
    times: int | None = 1
    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    retry_after: int | str | None = None
    seconds: float = 0.0
    executed: bool | None = None
    action: Callable[[], object] | None = None

    @property
    def executes(self) -> bool:
        """Tell whether the request takes effect all the same."""
        return self.kind in _EXECUTED if self.executed is None else self.executed

    def outcome(self, reply: Reply | None) -> Outcome:
        """Turn the real reply (None: not executed) into what the client gets."""
        match self.kind:
            case FaultKind.RATE_LIMITED:
                return Outcome(self._rate_limited())
            case FaultKind.SERVER_ERROR:
                return Outcome(Reply.text(self.status, _phrase(self.status)))
            case FaultKind.HTML:
                return Outcome(Reply.text(HTTPStatus.OK, _LOGIN_PAGE, "text/html"))
            case FaultKind.TRUNCATED:
                return Outcome(reply, half=True) if reply and reply.content else Outcome(None)
            case FaultKind.SLOW:
                return Outcome(reply, delay=self.seconds)
            case FaultKind.HANG:
                return Outcome(None, delay=self.seconds)
            case FaultKind.DROP_BEFORE | FaultKind.DROP_AFTER:
                return Outcome(None)
            case _:
                return Outcome(reply)

    def _rate_limited(self) -> Reply:
        reply = Reply.text(HTTPStatus.TOO_MANY_REQUESTS, "Rate limit exceeded")
        if self.retry_after is None:
            return reply
        return replace(reply, headers=(*reply.headers, ("retry-after", str(self.retry_after))))


_LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


class _Script:
    """A fault with its counters."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.left = fault.times
        self.seen = 0

    def due(self, method: str, path: str) -> bool:
        if not self.fault.match.fits(method, path):
            return False
        self.seen += 1
        return self.left != 0 and self.seen >= self.fault.match.nth

    def strike(self) -> Fault:
        if self.left is not None:
            self.left -= 1
        return self.fault


class Faults:
    """
    The scripted faults of one emulator, struck in the order they were added.

    Every matching request counts for every fault; of those that are due, the first strikes and the others
    wait for the next request. Second writers stand in nobody's way: all that are due act.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scripts: list[_Script] = []

    def add(self, fault: Fault) -> None:
        """Script one more fault; its count of matching requests begins now."""
        with self._lock:
            self._scripts.append(_Script(fault))

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._scripts.clear()

    @property
    def unspent(self) -> tuple[Fault, ...]:
        """List the faults with strikes left, so that a test can tell that its faults really happened."""
        with self._lock:
            return tuple(script.fault for script in self._scripts if script.left)

    def take(self, method: str, path: str) -> tuple[Fault, ...]:
        """Take what strikes this request: the second writers, and at most one fault of another kind."""
        with self._lock:
            due = [script for script in self._scripts if script.due(method, path)]
            writers = [script for script in due if script.fault.kind is FaultKind.SECOND_WRITER]
            others = [script for script in due if script.fault.kind is not FaultKind.SECOND_WRITER]
            return tuple(script.strike() for script in (*writers, *others[:1]))
