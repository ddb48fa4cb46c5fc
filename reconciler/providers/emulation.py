"""
What the emulator of every system shares: routes, a recorder, faults, and one way out.

    httpx.MockTransport(emulator.handle) ──┐
                                           ├─► answer(Call) ─► Outcome ─► a response, half of one, or none
    the loopback server ───────────────────┘      │
                                                  ├─ faults.take    what is scripted for this request
                                                  ├─ observer       before and after it
                                                  └─ guard, route   under the emulator's lock

Waiting is left to the two transports, so that a slow answer holds up nobody else.
"""

from __future__ import annotations

import inspect
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Literal, Self, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

Clock = Callable[[], datetime]
Observer = Callable[[Literal["before", "after"], "Recorded"], None]
_Handler = TypeVar("_Handler", bound=Callable[..., "Reply"])


def utc_now() -> datetime:
    """Tell the time, in UTC: the clock of an emulator that is not given another."""
    return datetime.now(UTC)


# ------------------------------------------------------------------------------------ requests and answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    One request as it arrived.

    `path` is percent-decoded; `body` is the decoded JSON, None where there is none; `readable` is False
    where a body was announced as JSON and is none; `origin` is scheme and host, without a slash at the end;
    `target` is path and query as they were sent.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    readable: bool = True
    origin: str = ""
    target: str = ""

    @classmethod
    def parse(cls, method: str, target: str, headers: Mapping[str, str], content: bytes, origin: str) -> Self:
        """Read a request off the wire; a body counts only where its content type says JSON."""
        parts = urlsplit(target)
        lowered = {name.lower(): value for name, value in headers.items()}
        announced = "json" in lowered.get("content-type", "") and bool(content)
        body, readable = _decoded(content) if announced else (None, True)
        return cls(
            method=method,
            path=unquote(parts.path),
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            headers=lowered,
            body=body,
            readable=readable,
            origin=origin,
            target=target,
        )


def _decoded(content: bytes) -> tuple[Any, bool]:
    try:
        return json.loads(content), True
    except ValueError:
        return None, False


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: status, body, headers beside content-length."""

    status: int
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def json(cls, status: int, value: Any) -> Self:
        """Answer with a JSON body."""
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, content, (("content-type", "application/json; charset=utf-8"),))

    @classmethod
    def text(cls, status: int, text: str, kind: str = "text/plain") -> Self:
        """Answer with plain text, or another `text/…` kind."""
        return cls(status, text.encode(), (("content-type", f"{kind}; charset=utf-8"),))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reaches the client: the reply, half of it, or (None) a broken connection; `delay` seconds late."""

    reply: Reply | None
    half: bool = False
    delay: float = 0.0

    @property
    def status(self) -> int | None:
        """Name the status the client saw; None when the connection broke first."""
        return None if self.reply is None else self.reply.status


class Refused(Exception):
    """
    A request that the emulated system refuses; `refusal` of the emulator puts it into the system's shape.

    `details` is for the systems whose error bodies carry more than a sentence; `headers` are added to the
    answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        details: str | None = None,
        *,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Recorded:
    """
    One request in the emulator's memory.

    `status` is None when the client was given no answer. `executed` says that a route handled it, be it by
    refusing it; a request that a fault, the rate limit or the token check stopped was not executed.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    status: int | None
    executed: bool


# ------------------------------------------------------------------------------------ faults


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


# ------------------------------------------------------------------------------------ routes


def route(method: str, template: str) -> Callable[[_Handler], _Handler]:
    """
    Mark a method as the handler of a route.

    It is called as `handler(call, **segments)`; each `{name}` of the template is one path segment. A slash
    at the end of a request's path makes no difference. May be stacked.
    """

    def mark(handler: _Handler) -> _Handler:
        handler.__dict__.setdefault("emulated_routes", []).append((method, template))
        return handler

    return mark


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Callable[..., Reply]


def _routes(parts: Iterable[object]) -> Iterator[_Route]:
    for part in parts:
        for name, function in inspect.getmembers(type(part), inspect.isfunction):
            for method, template in function.__dict__.get("emulated_routes", ()):
                yield _Route(method, template, _pattern(template), getattr(part, name))


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template) + "/?")


def _literal_first(candidate: _Route) -> str:
    return candidate.template.replace("{", "\x7f")


# ------------------------------------------------------------------------------------ the emulator


class Emulator:
    """
    A stand-in for one system, in memory.

    Subclasses write `@route` methods, their own or those of `parts` (objects that share the store), and may
    override `guard` and `refusal`. What touches the store outside a route does so under `lock`. `observer`,
    if set, is called before and after each request, outside the lock. `origin` is the address of the
    system as its own answers name it.
    """

    def __init__(
        self,
        *,
        parts: Iterable[object] = (),
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        origin: str = "https://emulator.example",
    ) -> None:
        self.clock = clock
        self.origin = origin
        self.faults = Faults()
        self.lock = threading.RLock()
        self.observer: Observer | None = None
        self._sleep = sleep
        self._recorded: list[Recorded] = []
        self._routes = sorted(_routes((self, *parts)), key=_literal_first)

    def guard(self, call: Call) -> None:
        """Raise `Refused` for a call that must reach no route: no token, over the limit."""

    def refusal(self, refused: Refused, route: str) -> Reply:  # noqa: ARG002 (for subclasses whose shapes vary)
        """Put a refusal into the system's shape; `route` is `METHOD template`, empty before routing."""
        return Reply.json(refused.status, {"message": refused.message})

    # what was asked

    @property
    def requests(self) -> list[Recorded]:
        """List every request that arrived, in the order of execution."""
        with self.lock:
            return list(self._recorded)

    @property
    def writes(self) -> list[tuple[str, str, Any]]:
        """List `(method, path, body)` of the executed requests that are no GET."""
        return [(r.method, r.path, r.body) for r in self.requests if r.executed and r.method != "GET"]

    @property
    def reads(self) -> list[Recorded]:
        """List the executed GET requests."""
        return [recorded for recorded in self.requests if recorded.executed and recorded.method == "GET"]

    def forget_requests(self) -> None:
        """Begin a new record; the store and the faults stay as they are."""
        with self.lock:
            self._recorded.clear()

    # how it is answered

    def handle(self, request: httpx.Request) -> httpx.Response:
        """
        Answer an httpx request: `httpx.MockTransport(emulator.handle)` is a network.

        Raises what a real client would: `httpx.ReadError` for a broken connection, `httpx.ReadTimeout` for
        an answer later than the request's read timeout, `httpx.RemoteProtocolError` for half a body.
        """
        outcome = self.answer(_call_of(request))
        self._wait(outcome.delay, request)
        if outcome.reply is None:
            raise httpx.ReadError("Connection reset by peer", request=request)
        return _response(outcome.reply, half=outcome.half)

    def answer(self, call: Call) -> Outcome:
        """Answer a call, with its faults: the one way in for every transport."""
        arrived = Recorded(call.method, call.path, call.query, call.body, status=None, executed=False)
        fault = self._next_fault(call)
        self._observe("before", arrived)
        with self.lock:
            outcome, executed = self._perform(call, fault)
            recorded = replace(arrived, status=outcome.status, executed=executed)
            self._recorded.append(recorded)
        self._observe("after", recorded)
        return outcome

    def _next_fault(self, call: Call) -> Fault | None:
        fault = None
        for taken in self.faults.take(call.method, call.path):
            if taken.action is not None:
                taken.action()
            fault = taken
        return fault

    def _observe(self, moment: Literal["before", "after"], recorded: Recorded) -> None:
        if self.observer is not None:
            self.observer(moment, recorded)

    def _perform(self, call: Call, fault: Fault | None) -> tuple[Outcome, bool]:
        if fault is not None and not fault.executes:
            return fault.outcome(None), False
        reply, executed = self._execute(call)
        return (Outcome(reply) if fault is None else fault.outcome(reply)), executed

    def _execute(self, call: Call) -> tuple[Reply, bool]:
        found = None
        try:
            self._admit(call)
            found, segments = self._find(call)
            return found.handler(call, **segments), True
        except Refused as refused:
            name = "" if found is None else f"{found.method} {found.template}"
            reply = self.refusal(refused, name)
            return replace(reply, headers=(*reply.headers, *refused.headers)), found is not None

    def _admit(self, call: Call) -> None:
        self.guard(call)
        if not call.readable:
            raise Refused(HTTPStatus.BAD_REQUEST, "The request body is not valid JSON")

    def _find(self, call: Call) -> tuple[_Route, dict[str, str]]:
        for candidate in self._routes:
            if candidate.method == call.method and (match := candidate.pattern.fullmatch(call.path)):
                return candidate, match.groupdict()
        raise Refused(HTTPStatus.NOT_FOUND, f"No route matches {call.method} {call.path}")

    def _wait(self, delay: float, request: httpx.Request) -> None:
        if not delay:
            return
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and delay > patience:
            self._sleep(patience)
            raise httpx.ReadTimeout("The read operation timed out", request=request)
        self._sleep(delay)


def _call_of(request: httpx.Request) -> Call:
    url = request.url
    origin = f"{url.scheme}://{url.netloc.decode()}"
    return Call.parse(request.method, url.raw_path.decode(), request.headers, request.read(), origin)


def _response(reply: Reply, *, half: bool) -> httpx.Response:
    headers = [*reply.headers, ("content-length", str(len(reply.content)))]
    if half:
        return httpx.Response(reply.status, headers=headers, stream=_HalfStream(reply.content))
    return httpx.Response(reply.status, headers=headers, content=reply.content)


class _HalfStream(httpx.SyncByteStream):
    """Half a body, then the end of the connection; the words are httpcore's."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content[: len(self._content) // 2]
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {len(self._content) // 2} bytes, expected {len(self._content)})"
        )
