"""
A system behind a raw socket that breaks on demand: per request, executed or not, then answered so or so.

kind        on the wire
----------  ------------------------------------------------------------------
reset       RST, and no byte
closed      FIN, and no byte
hang        nothing, until the other side gives up
drip        a byte of the answer every now and then, for longer than the deadline
head        half a head, then FIN
half        the whole head, half the body, then FIN
garbage     what is no HTTP
html        200, and a page
503 …       that status
429         Retry-After in seconds; `429-date`: as a date
redirect    307 to the very same place; `sent-away`: to somebody else
slow        the answer, late
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import format_datetime
from types import TracebackType
from typing import Final, Self, TypeAlias

from reconciler.providers.emulation import Call, Emulator, Reply, utc_now

LATE: Final = 0.1
"""Seconds."""
_LINGER: Final = struct.pack("ii", 1, 0)
_PAGE: Final = b"<!DOCTYPE html><title>Sign in</title>"


@dataclass(frozen=True, slots=True)
class Break:
    """What becomes of one request."""

    kind: str
    executed: bool


class Breaker:
    """The server; `breaks` says what becomes of the nth writing request."""

    def __init__(self, emulator: Emulator, breaks: Mapping[int, Break]) -> None:
        self._emulator = emulator
        self._breaks = dict(breaks)
        self.struck: list[Break] = []
        self._writes = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.settimeout(5)
            thread = threading.Thread(target=self._talk, args=[connection], daemon=True)
            self._threads.append(thread)
            thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            received = connection.makefile("rb")
            while not self._closing.is_set():
                call = _read(received.readline, received.read, self.url)
                if call is None:
                    return
                broken = self._due(call)
                reply = self._emulator.answer(call).reply if broken is None or broken.executed else None
                whole = _bytes(reply) if reply else _bytes(Reply.json(200, {"case_id": 1}))
                if not self._deliver(connection, broken.kind if broken else "", whole):
                    return

    def _due(self, call: Call) -> Break | None:
        if call.method == "GET":
            return None
        with self._lock:
            self._writes += 1
            due = self._breaks.get(self._writes)
            self.struck += [due] if due else []
            return due

    def _deliver(self, connection: socket.socket, kind: str, whole: bytes) -> bool:
        """Send what there is to be sent; tell whether the connection goes on."""
        head, _, body = whole.partition(b"\r\n\r\n")
        match kind:
            case "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            case "closed":
                pass
            case "hang":
                connection.recv(1)
            case "drip":
                self._drip(connection, whole)
            case "head":
                connection.sendall(head[: len(head) // 2])
            case "half":
                connection.sendall(head + b"\r\n\r\n" + body[: len(body) // 2])
            case "garbage":
                connection.sendall(b"\x00\x01 this is no HTTP\r\n\r\n")
            case "slow" | "":
                self._closing.wait(LATE if kind else 0)
                connection.sendall(whole)
                return True
            case _:
                connection.sendall(_instead(kind, self.url))
                return True
        return False

    def _drip(self, connection: socket.socket, whole: bytes) -> None:
        for byte in whole:
            connection.sendall(bytes([byte]))
            if self._closing.wait(LATE):
                return


_Line: TypeAlias = Callable[[], bytes]
_Bytes: TypeAlias = Callable[[int], bytes]


def _read(line: _Line, read: _Bytes, origin: str) -> Call | None:
    """Read one request; None where there is none, or not all of it."""
    start = line().decode("latin-1").split()
    headers: dict[str, str] = {}
    while (text := line().strip()) and b":" in text:
        name, _, value = text.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    if len(start) != len(("method", "target", "version")):
        return None
    length = int(headers.get("content-length", "0"))
    content = read(length)
    return Call.parse(start[0], start[1], headers, content, origin) if len(content) == length else None


def _bytes(reply: Reply) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} Whatever", *(f"{name}: {value}" for name, value in reply.headers)]
    lines += [] if reply.status == 204 else [f"content-length: {len(reply.content)}"]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + reply.content


def _instead(kind: str, url: str) -> bytes:
    now = format_datetime(utc_now(), usegmt=True)
    match kind:
        case "html":
            return _bytes(Reply(200, _PAGE, (("content-type", "text/html"),)))
        case "429":
            return _bytes(Reply(429, b"slow down", (("retry-after", "7"),)))
        case "429-date":
            return _bytes(Reply(429, b"slow down", (("retry-after", now), ("date", now))))
        case "redirect":
            return _bytes(Reply(307, b"", (("location", f"{url}/api/v2/cases"),)))
        case "sent-away":
            return _bytes(Reply(308, b"", (("location", "https://elsewhere.example/"),)))
        case _:
            return _bytes(Reply(int(kind), b"no"))
