"""
One request on its way, as a stack of small httpx transports.

    Explain     what went wrong becomes one of our errors, in words, without secrets
    Retry       tries again what may be tried again
    RateLimit   waits for a turn, and for a place among the requests in flight
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

import os
import random
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import httpx

from reconciler.engine.answers import hint_for, safe_text, vendor_words
from reconciler.engine.ratelimit import RateLimiter
from reconciler.errors import ApiError, Interrupted, NotFound, NotSent, OutcomeUnknown, ProtocolError, Refused
from reconciler.model.operation import Repeat

REPEAT: Final = "reconciler.repeat"
"""Key of a request's extensions under which its `Repeat` stands."""

RETRIED: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)

NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

OnRequest: TypeAlias = Callable[[str, str, int, float], object]
"""Told of every attempt: method, path with query, status (0: no answer), seconds."""


class RateLimited(Refused):
    """
    The system was asked too often and did not execute the request (429).

    The pause that it asked for is already set: the next request of this tenant waits for it.
    """


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a request may take, how large its answer may be, how often it is tried; times in seconds."""

    connect: float = 10.0
    read: float = 30.0
    """Between two pieces of an answer."""
    total: float = 60.0
    """For one attempt, however steadily its answer drips."""
    largest: int = 32 * 1024 * 1024
    """Bytes of a decoded answer."""
    attempts: int = 5
    first_wait: float = 0.5
    """Doubled after each attempt."""
    longest_wait: float = 30.0
    longest_pause: float = 300.0
    """The longest pause that a system may ask for."""

    @property
    def timeout(self) -> httpx.Timeout:
        """Return what httpx watches over."""
        return httpx.Timeout(self.read, connect=self.connect, pool=self.connect)


def _full_jitter(top: float) -> float:
    return random.uniform(0.0, top)  # noqa: S311 (spreads waits; nothing to guess)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What varies around the requests: time, chance, and the wish to stop."""

    sleep: Callable[[float], object] = time.sleep
    """Waits so many seconds; may return early or raise when the user interrupts."""
    stop: Callable[[], bool] = field(default=lambda: False)
    """Tells whether to begin no further attempt."""
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    jitter: Callable[[float], float] = _full_jitter
    """Picks a wait between 0 and the given seconds."""

    def rest(self, seconds: float) -> None:
        """Wait so many seconds; raise Interrupted if that was cut short by the wish to stop."""
        self.sleep(seconds)
        self.require_going()

    def require_going(self) -> None:
        """Raise Interrupted if no further attempt is wanted."""
        if self.stop():
            raise Interrupted("interrupted")


# ------------------------------------------------------------------------------------------------ one attempt


class DeadlineExceeded(httpx.ReadTimeout):
    """The answer was not complete in time, though some of it kept coming."""


class UnusableBody(httpx.TransportError):
    """The answer arrived, and its body cannot be used: too large, or packed as we did not ask for."""


class Wire:
    """
    The connection of one worker, so that a deadline can cut it.

    A read timeout is renewed by every byte. Cutting the connection from a timer also works while httpx waits for
    the rest of a head, where nothing else can step in.
    """

    def __init__(self) -> None:
        self._stream: Any = None

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Learn of a new connection (an httpcore trace function)."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._stream = info["return_value"]

    @contextmanager
    def deadline(self, seconds: float, request: httpx.Request) -> Iterator[None]:
        """Cut the connection after so many seconds; raise DeadlineExceeded then."""
        expired = threading.Event()
        timer = threading.Timer(seconds, self._cut, [expired])
        timer.daemon = True
        timer.start()
        late = DeadlineExceeded(f"no complete answer within {seconds:g} s", request=request)
        try:
            yield
        except httpx.TransportError as error:
            if expired.is_set() and not isinstance(error, NEVER_SENT):
                raise late from error
            raise
        finally:
            timer.cancel()
        # A body without a length ends where the connection does, also where it was cut.
        if expired.is_set():
            raise late

    def _cut(self, expired: threading.Event) -> None:
        expired.set()
        wire = self._stream and self._stream.get_extra_info("socket")
        if wire is None:
            return
        with suppress(OSError), socket.socket(fileno=os.dup(wire.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class _Worker:
    client: httpx.Client
    wire: Wire


class Send(httpx.BaseTransport):
    """
    Makes one attempt and reads its answer whole.

    One client a thread: a shared one spends its time waiting for its own locks. Each attempt is signed anew, since
    a signature may carry the time. Proxies of the environment are used, except beneath a given `transport`.
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
        self._tls: ssl.SSLContext | None = None
        self._mine = threading.local()
        self._workers: list[_Worker] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer with its decoded body; raises httpx errors."""
        started = self._clock()
        status = 0
        try:
            worker = self._worker()
            with worker.wire.deadline(self._bounds.total, request):
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

    def _attempt(self, worker: _Worker, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "trace": worker.wire.trace}
        response = worker.client.send(request, auth=self._auth, stream=True, follow_redirects=False)
        try:
            body = b"".join(_unpacked(response, self._bounds.largest))
        finally:
            response.close()
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in _OF_THE_WIRE]
        return httpx.Response(response.status_code, headers=headers, content=body)

    def _worker(self) -> _Worker:
        worker: _Worker | None = getattr(self._mine, "worker", None)
        if worker is None or worker.client.is_closed:
            worker = self._mine.worker = self._new_worker()
        return worker

    def _new_worker(self) -> _Worker:
        with self._lock:
            worker = _Worker(self._client(), Wire())
            self._workers.append(worker)
            return worker

    def _client(self) -> httpx.Client:
        if self._transport is not None:
            return httpx.Client(transport=self._transport)
        try:
            self._tls = self._tls or httpx.create_ssl_context()
            return httpx.Client(verify=self._tls, limits=_ONE_CONNECTION)
        except (OSError, ImportError, ValueError, httpx.InvalidURL) as error:
            reason = f"the proxy or the certificates that the environment names cannot be used: {error}"
            raise httpx.UnsupportedProtocol(reason) from error


_ONE_CONNECTION: Final = httpx.Limits(max_connections=1, max_keepalive_connections=1)

_OF_THE_WIRE: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})
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


# ------------------------------------------------------------------------------------------------ a turn


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
            self._limiter.acquire()
            self._around.require_going()
            return self._inner.handle_request(request)

    def close(self) -> None:
        """Close what is beneath."""
        self._inner.close()


# ------------------------------------------------------------------------------------------------ again


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
        for attempt in range(1, self._bounds.attempts):
            try:
                response = self._inner.handle_request(request)
            except httpx.TransportError as error:
                if not _may_follow(error, request):
                    raise
                self._around.rest(self._wait(attempt))
                continue
            if not self._again(response, request, attempt):
                return response
        response = self._inner.handle_request(request)
        self._pause_all(response, self._bounds.attempts)
        return response

    def close(self) -> None:
        """Close what is beneath."""
        self._inner.close()

    def _again(self, response: httpx.Response, request: httpx.Request, attempt: int) -> bool:
        """Wait as the answer asks; tell whether to try again."""
        paused = self._pause_all(response, attempt)
        if response.status_code not in RETRIED or request.extensions[REPEAT] is Repeat.LOOK:
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
        return _http_date(response.headers.get("date", "")) or self._around.now()


def _may_follow(error: httpx.TransportError, request: httpx.Request) -> bool:
    """Tell whether another attempt may follow, and has a chance."""
    match error:
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | UnusableBody():
            return False
        case _ if isinstance(_root(error), ssl.SSLCertVerificationError):
            return False
        case _ if isinstance(error, NEVER_SENT):
            return True
        case _:
            return request.extensions[REPEAT] is Repeat.SAFE


def _root(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def _seconds(value: str, now: datetime) -> float | None:
    if re.fullmatch(r"[0-9]{1,12}", value.strip()):
        return float(value)
    moment = _http_date(value)
    return max((moment - now).total_seconds(), 0.0) if moment else None


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# ------------------------------------------------------------------------------------------------ in words


class Explain(httpx.BaseTransport):
    """Lets answers with a 2xx status through, and turns everything else into an ApiError in words."""

    def __init__(self, inner: httpx.BaseTransport, *, name: str, redact: Callable[[str], str]) -> None:
        self._inner = inner
        self._name = name
        self._redact = redact

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return an answer with a 2xx status; raises ApiError."""
        try:
            response = self._inner.handle_request(request)
        except httpx.RequestError as error:
            raise self._failure(error, request) from error
        if not response.is_success:
            raise self._refusal(response, request)
        return response

    def close(self) -> None:
        """Close what is beneath."""
        self._inner.close()

    def _failure(self, error: Exception, request: httpx.Request) -> ApiError:
        what = self._what(request)
        reason = safe_text(str(error) or type(error).__name__, 300, self._redact)
        root = _root(error)
        if isinstance(root, ssl.SSLCertVerificationError):
            return NotSent(
                f"{what}: the certificate of {request.url.host} is not trusted: "
                f"{safe_text(root.verify_message, 200)}; nothing was sent",
                hint="Check `url`; a certificate authority of your own is named by SSL_CERT_FILE.",
            )
        if isinstance(error, NEVER_SENT):
            return NotSent(
                f"{what}: {request.url.host} cannot be reached: {reason}; nothing was sent",
                hint=f"Check `url` of provider {self._name}, the network and the proxy.",
            )
        if isinstance(error, UnusableBody):
            return ProtocolError(f"{what}: {reason}", hint=_DOUBT)
        return OutcomeUnknown(f"{what}: no answer: {reason}{_open_end(request)}", hint=hint_for(500, self._name))

    def _refusal(self, response: httpx.Response, request: httpx.Request) -> ApiError:
        status = response.status_code
        if status < HTTPStatus.BAD_REQUEST:
            return self._redirect(response, request)
        words = vendor_words(_text(response), response.headers.get("content-type", ""), redact=self._redact)
        message = f"{self._what(request)}: {status} {words or _phrase(status)}"
        hint = hint_for(status, self._name)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and request.method != "GET":
            return OutcomeUnknown(message + _open_end(request), hint=hint)
        return _KINDS.get(status, Refused)(message, status=status, hint=hint)

    def _redirect(self, response: httpx.Response, request: httpx.Request) -> ApiError:
        location = response.headers.get("location", "")
        target = _host(location) or request.url.host
        where = (
            f"redirects to {safe_text(target, 100, self._redact)}" if location else "is no answer to this request"
        )
        return ProtocolError(
            f"{self._what(request)}: {response.status_code} {where}; redirects are not followed, "
            "and no credentials were sent there",
            hint=f"Set `url` of provider {self._name} to the address that answers itself.",
        )

    def _what(self, request: httpx.Request) -> str:
        return f"{request.method} {safe_text(request.url.path, 200, self._redact)}"


_DOUBT: Final = "Check `url`: something other than the system's interface seems to answer there."
_KINDS: Final[Mapping[int, type[Refused]]] = {404: NotFound, 410: NotFound, 429: RateLimited}


def _open_end(request: httpx.Request) -> str:
    return "" if request.method == "GET" else "; it may have been executed"


def _text(response: httpx.Response) -> str:
    return response.content.decode("utf-8", "replace")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "without a word"


def _host(location: str) -> str | None:
    try:
        return urlsplit(location).hostname
    except ValueError:
        return None
