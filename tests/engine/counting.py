"""A server that counts, as a system with a limit does: when each request arrived, by the clock of the machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from reconciler.engine.http import Endpoint, HttpApi
from reconciler.engine.surroundings import Bounds
from reconciler.engine.tally import NOT_SHARED, Sharing

WINDOW = 0.4
QUICK = Bounds(attempts=30, first_wait=0.002, longest_wait=0.004)


class Counting(ThreadingHTTPServer):
    """Notes the time of every request and answers it with what `status` says for its number."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, status: Callable[[int], int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.arrivals: list[float] = []
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Counting
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.arrivals.append(time.monotonic())
            status = self.server.status(len(self.server.arrivals))
        self.send_response(status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def counting(status: Callable[[int], int] = lambda _: 200) -> Iterator[Counting]:
    """Serve until the end of the block."""
    server = Counting(status)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def crowded(arrivals: list[float], most: int, window: float) -> list[tuple[float, float]]:
    """Return where more than so many requests arrived within a window, wherever it begins."""
    ordered = sorted(arrivals)
    return [(early, late) for early, late in zip(ordered, ordered[most:], strict=False) if late - early < window]


def asking(url: str, most: int, concurrency: int, sharing: Sharing = NOT_SHARED) -> HttpApi:
    """Return a channel that may send so many requests in a window."""
    per_minute = round(most * 60 / WINDOW)
    endpoint = Endpoint("soc", url, httpx.Auth(), per_minute, concurrency, window=WINDOW)
    return HttpApi(endpoint, bounds=QUICK, sharing=sharing)


def ask(api: HttpApi, times: int) -> None:
    assert list(api.get_all(("/x", ()) for _ in range(times))) == [{}] * times
