"""The part of an emulator that every system shares: routes, the recorder, and the one way out."""

from __future__ import annotations

import inspect
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal, TypeVar

import httpx

from reconciler.providers.emulation.exchange import Call, Outcome, Recorded, Refused, Reply
from reconciler.providers.emulation.faults import Fault, Faults

Clock = Callable[[], datetime]
Observer = Callable[[Literal["before", "after"], Recorded], None]
_Handler = TypeVar("_Handler", bound=Callable[..., Reply])


def utc_now() -> datetime:
    """Tell the time, in UTC: the clock of an emulator that is not given another."""
    return datetime.now(UTC)


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


class Emulator:
    """
    A stand-in for one system, in memory.

    Subclasses write `@route` methods, their own or those of `parts` (objects that share the store), and may
    override `guard`, `decode` and `refusal`. What touches the store outside a route does so under `lock`.
    `observer`, if set, is called before and after each request, outside the lock. `origin` is the address of
    the system as its own answers name it.
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

    def decode(self, content: bytes) -> Any:
        """Read a body that was announced as JSON; raises `ValueError` for what this system takes for none."""
        return json.loads(content)

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
        call = call.decoded(self.decode)
        arrived = _arrived(call)
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


def _arrived(call: Call) -> Recorded:
    return Recorded(
        call.method, call.path, call.query, call.body, status=None, executed=False, content=call.content
    )


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
