"""
An emulator behind a real socket: HTTP/1.1, a thread a connection, its faults in TCP's own words.

    answer lost          reset (RST), not an end of stream
    half a body          the full content-length, half of it, then an end of stream
    late                 the thread waits; the emulator goes on answering others
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from reconciler.providers.emulation import Call, Emulator, Outcome, Reply

if TYPE_CHECKING:
    from types import TracebackType

_POLL_SECONDS = 0.02
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class LoopbackServer:
    """
    One running server; also a context manager that closes it.

    Raises `OSError` where host and port cannot be bound.
    """

    def __init__(self, emulator: Emulator, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = _Server(emulator, (host, port))
        self.url = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name=f"emulator {self.url}", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening and end every connection; waits for no answer in flight. May be called twice."""
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def serve(emulator: Emulator, *, host: str = "127.0.0.1", port: int = 0) -> LoopbackServer:
    """
    Serve an emulator, on a free port unless one is given.

    `with serve(emulator) as server:` and `server.url` is where it is.
    """
    return LoopbackServer(emulator, host=host, port=port)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, emulator: Emulator, address: tuple[str, int]) -> None:
        self.emulator = emulator
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that are still open, so that their threads end too."""
        self.closing.set()
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; show any other error, which is the emulator's own."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def __getattr__(self, name: str) -> Any:
        """Serve every method alike; the base class looks for `do_GET` and its like."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        content = self._content()
        if content is None:
            self.close_connection = True
            return
        origin = f"http://{self.headers.get('host', '')}"
        call = Call.parse(self.command, self.path, dict(self.headers.items()), content, origin)
        outcome = self.server.emulator.answer(call)
        if outcome.delay and self.server.closing.wait(outcome.delay):
            outcome = Outcome(None)
        self._deliver(outcome)

    def _content(self) -> bytes | None:
        """Read the body; None where it did not come whole: what a dying client half sent must not be executed."""
        announced = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not announced.isdecimal():
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return None
        content = self.rfile.read(int(announced))
        return content if len(content) == int(announced) else None

    def _deliver(self, outcome: Outcome) -> None:
        if outcome.reply is None:
            self._reset()
            return
        body = b"" if self.command == "HEAD" else outcome.reply.content
        if outcome.half:
            body = body[: len(body) // 2]
            self.close_connection = True
        # Head and body in one packet: two small writes meet Nagle and the delayed acknowledgement (40 ms).
        self.wfile.write(_head(outcome.reply, self.server.emulator.clock()) + body)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.rfile.close()
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Say nothing on stderr: the emulator's recorder is the log."""


def _head(reply: Reply, now: datetime) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, 'Unknown')}"]
    if all(name.lower() != "date" for name, _ in reply.headers):
        lines.append(f"date: {format_datetime(now.astimezone(UTC), usegmt=True)}")
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if reply.status != HTTPStatus.NO_CONTENT:
        lines.append(f"content-length: {len(reply.content)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
