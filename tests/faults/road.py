"""
The way of a command's requests to an emulator in this process or in its parent, and what becomes of each.

    HttpApi ──► Road ──► Carrier ──► the emulator
                 └─ the nth request: executed or not, and answered so or so

    Here          the emulator is in the same process
    There         it is in another, at the other end of a pair of sockets, and outlives a kill
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from multiprocessing.connection import Connection, wait
from typing import Any, Final, TypeAlias

import httpx

from reconciler.providers.emulation import Call, Emulator, utc_now
from tests.faults.moments import Moments, Named, When

Carrier: TypeAlias = Callable[[httpx.Request], httpx.Response]
Answer: TypeAlias = Callable[[httpx.Request, httpx.Response | None], httpx.Response]
"""What arrives instead of an answer; the answer is there if the request was executed. May raise as httpx does."""


def _raising(error: type[httpx.TransportError], words: str) -> Answer:
    def answer(request: httpx.Request, _: httpx.Response | None) -> httpx.Response:
        raise error(words, request=request)

    return answer


def _saying(status: int, text: str = "", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(request: httpx.Request, _: httpx.Response | None) -> httpx.Response:
        return httpx.Response(status, text=text, headers=named, request=request)

    return answer


class _Broken(httpx.SyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def _half(request: httpx.Request, response: httpx.Response | None) -> httpx.Response:
    content = response.content if response else b'{"id": 1}'
    return httpx.Response(
        response.status_code if response else 200, stream=_Broken(content[: len(content) // 2]), request=request
    )


def _cut(request: httpx.Request, response: httpx.Response | None) -> httpx.Response:
    content = response.content if response else b'{"id": 1}'
    return httpx.Response(200, content=content[: len(content) // 2] or b"{", request=request)


def _dated(request: httpx.Request, _: httpx.Response | None) -> httpx.Response:
    now = format_datetime(utc_now(), usegmt=True)
    return httpx.Response(429, headers={"retry-after": now, "date": now}, text="slow down", request=request)


def _redirected(request: httpx.Request, _: httpx.Response | None) -> httpx.Response:
    return httpx.Response(307, headers={"location": str(request.url)}, request=request)


def _sent_away(request: httpx.Request, _: httpx.Response | None) -> httpx.Response:
    return httpx.Response(308, headers={"location": "https://elsewhere.example/"}, request=request)


_PAGE: Final = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"

ANSWERS: Final[Mapping[str, Answer]] = {
    "reset": _raising(httpx.ReadError, "Connection reset by peer"),
    "closed": _raising(httpx.RemoteProtocolError, "Server disconnected without sending a response."),
    "hang": _raising(httpx.ReadTimeout, "The read operation timed out"),
    "half": _half,
    "cut": _cut,
    "html": _saying(200, _PAGE, content_type="text/html"),
    "empty": _saying(200),
    "500": _saying(500, "Internal Server Error"),
    "502": _saying(502, "Bad Gateway"),
    "503": _saying(503, "Service Unavailable", retry_after="3"),
    "504": _saying(504, "Gateway Timeout"),
    "redirect": _redirected,
    "sent-away": _sent_away,
}
"""Of these nobody can tell whether the request was executed."""

NOT_EXECUTED: Final[Mapping[str, Answer]] = {
    "refused": _raising(httpx.ConnectError, "Connection refused"),
    "429": _saying(429, "slow down", retry_after="7"),
    "429-date": _dated,
    "404": _saying(404, "not here"),
    "422": _saying(422, "not so\x1b[31m\u202e"),
}
"""These say that it was not."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of one request."""

    answer: Answer
    executed: bool

    @classmethod
    def named(cls, kind: str, done: str) -> Fault:
        return cls({**ANSWERS, **NOT_EXECUTED}[kind], executed=done == "done")


class Road(httpx.BaseTransport):
    """Carries the requests of one run; each is two moments: about to be sent, and answered."""

    def __init__(
        self, carrier: Carrier, moments: Moments, *, origin: str, faults: Mapping[When, Fault] | None = None
    ) -> None:
        self._carrier = carrier
        self._moments = moments
        self._origin = origin
        self._faults = dict(faults or {})
        self._names = Named()
        self._lock = threading.Lock()
        self.struck = 0
        self.strangers: list[str] = []
        """The addresses that requests were sent to and that are not the system's."""
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        what = f"{request.method} {request.url.path}"
        with self._lock:
            self.asked.append(request.method)
            struck = [self._faults[each] for each in self._names.find(what, self._faults)]
            self.struck += len(struck)
            if not str(request.url).startswith(self._origin):
                self.strangers.append(str(request.url))
        fault = struck[0] if struck else None
        self._moments.pass_(f"send {what}")
        if fault is not None and not fault.executed:
            return fault.answer(request, None)
        response = self._carrier(request)
        self._moments.pass_(f"answer {what}")
        return fault.answer(request, response) if fault is not None else response


def here(emulator: Emulator) -> Carrier:
    """Return what carries requests to an emulator in this process."""
    return httpx.MockTransport(emulator.handle).handle_request


class There:
    """Carries requests to the other end of a connection, one at a time; for several threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = {
            "method": request.method,
            "target": request.url.raw_path.decode(),
            "headers": dict(request.headers),
            "content": request.read().decode("latin-1"),
            "origin": f"{request.url.scheme}://{request.url.netloc.decode()}",
        }
        with self._lock:
            self._connection.send_bytes(json.dumps(asked).encode())
            status, headers, content = json.loads(self._connection.recv_bytes())
        return httpx.Response(status, headers=headers, content=content.encode("latin-1"), request=request)

    def tell(self, word: str) -> None:
        """Say something that is no request and has no answer."""
        with self._lock:
            self._connection.send_bytes(json.dumps(word).encode())


def serve(
    ends: Sequence[Connection], emulator: Emulator, chance: random.Random, heard: Callable[[str], object] = str
) -> list[int]:
    """Answer what comes from others until all have gone; return whose writes were executed, in their order."""
    left, writers = list(ends), []
    while left:
        ready = [end for end in wait(left) if isinstance(end, Connection)]
        end = chance.choice(ready)
        try:
            asked = json.loads(end.recv_bytes())
            if isinstance(asked, str):
                heard(asked)
                continue
            if asked["method"] != "GET":
                writers.append(ends.index(end))
            end.send_bytes(json.dumps(_answered(emulator, asked)).encode())
        except (EOFError, OSError):
            left.remove(end)
    return writers


def _answered(emulator: Emulator, asked: Mapping[str, Any]) -> tuple[int, list[tuple[str, str]], str]:
    call = Call.parse(
        asked["method"], asked["target"], asked["headers"], asked["content"].encode("latin-1"), asked["origin"]
    )
    reply = emulator.answer(call).reply
    assert reply is not None
    return reply.status, list(reply.headers), reply.content.decode("latin-1")
