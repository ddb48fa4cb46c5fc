"""One attempt of one request: signed, not redirected, within a deadline and a size."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx

from reconciler.engine.answers import safe_text
from reconciler.engine.surroundings import LEFT, NEVER_SENT, Bounds, DeadlineExceeded, OnRequest, UnusableBody
from reconciler.engine.watch import Attempt, Watch
from reconciler.providers.base import LOOPBACK


def _nobody_asks() -> None:
    """Ignore it."""


class Wire:
    """
    The connection of one worker, so that a deadline can cut it.

    A read timeout is renewed by every byte. Cutting the connection from another thread also works while httpx
    waits for the rest of a head, where nothing else can step in.
    """

    def __init__(self) -> None:
        self._stream: Any = None
        self.left: Callable[[], object] = _nobody_asks
        """Told when a request has left; through a proxy also when the way was asked for."""

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Learn of a new connection, and of requests that left (an httpcore trace function)."""
        if event.endswith(".send_request_body.complete"):
            self.left()
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._stream = info["return_value"]

    @contextmanager
    def deadline(self, watch: Watch, request: httpx.Request) -> Iterator[None]:
        """Cut the connection when its time is over; raise DeadlineExceeded then."""
        attempt = Attempt(watch, self._cut)
        try:
            with attempt:
                yield
        except httpx.TransportError as error:
            if attempt.is_late and not isinstance(error, NEVER_SENT):
                raise _late(watch, request) from error
            raise
        # A body without a length ends where the connection does, also where it was cut.
        if attempt.is_late:
            raise _late(watch, request)

    def _cut(self) -> None:
        wire = self._stream and self._stream.get_extra_info("socket")
        if wire is None:
            return
        with suppress(OSError), socket.socket(fileno=os.dup(wire.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)


def _late(watch: Watch, request: httpx.Request) -> DeadlineExceeded:
    return DeadlineExceeded(f"no complete answer within {watch.seconds:g} s", request=request)


class _NoCookies(httpx.Cookies):
    """Holds none."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Take none out of an answer."""


class _Client(httpx.Client):
    """Keeps no cookies: requests that come here ready made are sent without, and to look for them takes long."""

    @property  # type: ignore[misc]  # nobody sets them
    def cookies(self) -> httpx.Cookies:
        """Where httpx puts those of an answer."""
        return _NO_COOKIES


_NO_COOKIES: Final = _NoCookies()


@dataclass(frozen=True, slots=True)
class _Worker:
    client: httpx.Client
    wire: Wire


class Send(httpx.BaseTransport):
    """
    Makes one attempt and reads its answer whole.

    One client a thread: a shared one spends its time waiting for its own locks. Each attempt is signed anew, since
    a signature may carry the time. Proxies of the environment are used, except for plain http to this machine and
    beneath a given `transport`.
    """

    def __init__(
        self,
        *,
        auth: httpx.Auth,
        bounds: Bounds,
        clock: Callable[[], float],
        transport: httpx.BaseTransport | None = None,
        on_request: OnRequest | None = None,
    ) -> None:
        self._auth = auth
        self._bounds = bounds
        self._clock = clock
        self._transport = transport
        self._on_request = on_request
        self._watch = Watch(bounds.total)
        self._tls: ssl.SSLContext | None = None
        self._mine = threading.local()
        self._workers: list[_Worker] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer with its decoded body; raises httpx errors."""
        started = self._clock()
        status = 0
        try:
            worker = self._worker(request.url)
            worker.wire.left = request.extensions.get(LEFT, _nobody_asks)
            with worker.wire.deadline(self._watch, request):
                response = self._attempt(worker, request)
            status = response.status_code
            return response
        finally:
            if self._on_request:
                self._on_request(request.method, request.url.raw_path.decode(), status, self._clock() - started)

    def close(self) -> None:
        """Close every worker's connection."""
        with self._lock:
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.client.close()
        self._watch.close()

    def _attempt(self, worker: _Worker, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "trace": worker.wire.trace}
        response = worker.client.send(request, auth=self._auth, stream=True, follow_redirects=False)
        try:
            body = b"".join(_unpacked(response, self._bounds.largest))
        finally:
            response.close()
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _OF_THE_WIRE]
        if _LOCATION in response.extensions:
            headers.append((b"location", response.extensions[_LOCATION].encode()))
        return httpx.Response(response.status_code, headers=headers, content=body)

    def _worker(self, url: httpx.URL) -> _Worker:
        worker: _Worker | None = getattr(self._mine, "worker", None)
        if worker is None or worker.client.is_closed:
            worker = self._mine.worker = self._new_worker(url)
        return worker

    def _new_worker(self, url: httpx.URL) -> _Worker:
        with self._lock:
            worker = _Worker(self._client(url), Wire())
            self._workers.append(worker)
            return worker

    def _client(self, url: httpx.URL) -> httpx.Client:
        hooks = {"response": [_set_aside]}
        if self._transport is not None:
            return _Client(transport=self._transport, event_hooks=hooks)
        try:
            self._tls = self._tls or _trust(url)
            direct = _is_in_the_clear(url)
            return _Client(verify=self._tls, limits=_ONE_CONNECTION, event_hooks=hooks, trust_env=not direct)
        except (OSError, ImportError, ValueError, httpx.InvalidURL) as error:
            said = str(error) if isinstance(error, OSError | ImportError) else _NO_PROXY
            reason = f"the proxy or the certificates that the environment names cannot be used: {said}"
            raise httpx.UnsupportedProtocol(reason) from None  # the cause may quote the password of a proxy


def _set_aside(response: httpx.Response) -> None:
    """Take where an answer points out of httpx's sight: it makes a request of that, though it never sends it."""
    if "location" in response.headers:
        response.extensions[_LOCATION] = response.headers.pop("location")


def _is_in_the_clear(url: httpx.URL) -> bool:
    """Tell whether a proxy, which is another machine, would read the token."""
    return url.scheme == "http" and url.host in LOOPBACK


def _trust(url: httpx.URL) -> ssl.SSLContext:
    """Return what certificates are held against; where none will come, nobody is trusted and none is read."""
    if url.scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading them takes tens of milliseconds
    return httpx.create_ssl_context()


_ONE_CONNECTION: Final = httpx.Limits(max_connections=1, max_keepalive_connections=1)

_LOCATION: Final = "reconciler.location"
"""Key of an answer's extensions under which stands where it points."""

_NO_PROXY: Final = "a proxy has no address of a kind that is known"

_OF_THE_WIRE: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers that describe the packed body."""


def _unpacked(response: httpx.Response, largest: int) -> Iterator[bytes]:
    """Yield the decoded body; httpx would unpack a bomb whole before anybody could count."""
    left = largest
    for chunk in _decoded(response.stream, response.headers.get("content-encoding", ""), largest + 1):
        left -= len(chunk)
        if left < 0:
            raise UnusableBody(f"the answer is larger than {largest} bytes")
        yield chunk


def _decoded(stream: Any, encoding: str, limit: int) -> Iterator[bytes]:
    match encoding.strip().lower():
        case "" | "identity":
            yield from stream
        case "gzip" | "x-gzip":
            yield from _gunzipped(stream, limit)
        case other:
            raise UnusableBody(f"the answer is packed as {safe_text(other, 40)}, which was not asked for")


def _gunzipped(stream: Iterable[bytes], limit: int) -> Iterator[bytes]:
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    empty = True
    try:
        for chunk in stream:
            empty = empty and not chunk
            yield unpack.decompress(chunk, limit)
    except zlib.error as error:
        raise UnusableBody(f"the answer is broken gzip ({error})") from error
    if not (unpack.eof or empty):
        raise UnusableBody("the answer is broken gzip (it ends too early)")
