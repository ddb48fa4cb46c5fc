"""
The systems as providers (reads) and the engine (writes) see them: paths in, decoded JSON out, our errors.

    HttpApi.get, get_all, send
        └─ Explain( Retry( RateLimit( Send ) ) )         reconciler.engine.transports
"""

from __future__ import annotations

import functools
import itertools
import json
import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, unquote, urlencode

import httpx

from reconciler import __version__
from reconciler.config import Instance
from reconciler.engine.answers import LONGEST_SAMPLE, LONGEST_WORDS, LOOKED_AT, parse_answer, safe_text
from reconciler.engine.clocks import ahead
from reconciler.engine.explain import Explain
from reconciler.engine.ratelimit import WINDOW, RateLimiter
from reconciler.engine.sending import Send
from reconciler.engine.surroundings import REPEAT, Bounds, OnRequest, Surroundings
from reconciler.engine.tally import NOT_SHARED, Sharing
from reconciler.engine.transports import RateLimit, Retry, Understand
from reconciler.errors import NotFound, ProtocolError, Refused
from reconciler.model.operation import Repeat
from reconciler.model.values import Value
from reconciler.providers.base import Hidden, Params

_PATH: Final = re.compile(r"/(?!/)[^\s\\#\x00-\x1f\x7f]*")

_NOTHING_TO_SAY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One provider instance as HTTP sees it."""

    name: str
    """As `reconciler.yaml` calls it; messages do too."""
    url: str
    """Without a slash at the end."""
    auth: httpx.Auth
    requests_per_minute: int
    concurrency: int
    refusal: Callable[[Any], str | None] = lambda _: None
    """What an answer with a 2xx status says if it says no all the same."""
    in_strings: bool = False
    """An answer may come as a JSON string that holds it."""
    window: float = WINDOW
    """Seconds in which the limit of requests counts."""
    meant: Callable[[httpx.Response], httpx.Response] | None = None
    """The answer that is meant, where a system says with another status what HTTP has one for."""

    @classmethod
    def of(cls, instance: Instance) -> Endpoint:
        """Return where a provider instance is reached, and how."""
        settings, provider = instance.settings, instance.provider
        return cls(
            instance.name,
            settings.url,
            provider.auth,
            settings.requests_per_minute,
            settings.concurrency,
            provider.refusal,
            provider.answers_in_strings,
            settings.window,
        )


class HttpApi:
    """
    One tenant over HTTP; an `Api` for providers, and `send` for the engine. For several threads; close it.

    `transport` takes the place of the network, `redact` masks secrets in every message, `on_request` is told of
    every attempt. With `sharing`, whose clock is that of the machine, other processes count towards the limit too.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        around: Surroundings = Surroundings(),  # noqa: B008 (a frozen value)
        bounds: Bounds = Bounds(),  # noqa: B008 (a frozen value)
        redact: Callable[[str], str] = str,
        transport: httpx.BaseTransport | None = None,
        on_request: OnRequest | None = None,
        sharing: Sharing = NOT_SHARED,
    ) -> None:
        _quiet_loggers()
        self._endpoint = endpoint
        self._hidden: set[str] = set()
        self._redact: Callable[[str], str] = lambda text: self._without_hidden(redact(text))
        self._bounds = bounds
        self._now = around.now
        self._ahead: timedelta | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._tally = sharing.tally(endpoint.name, endpoint.url)
        limiter = RateLimiter(
            endpoint.requests_per_minute,
            clock=around.clock,
            sleep=around.rest,
            window=endpoint.window,
            shared=self._tally,
            lost=functools.partial(sharing.lost, endpoint.name),
        )
        send = Send(
            auth=endpoint.auth,
            bounds=bounds,
            clock=around.clock,
            transport=transport,
            on_request=_masked(on_request, self._redact),
        )
        attempt = Understand(send, endpoint.meant) if endpoint.meant else send
        limited = RateLimit(attempt, limiter=limiter, concurrency=endpoint.concurrency, around=around)
        retried = Retry(limited, limiter=limiter, bounds=bounds, around=around)
        self._stack: httpx.BaseTransport = Explain(
            retried, name=endpoint.name, redact=self._redact, now=around.now
        )

    def get(self, path: str, params: Params = ()) -> Any:
        """Return the decoded object or array of one GET; raise NotFound on 404, ApiError otherwise."""
        return self._data(self._read(path, params), "GET", path)

    def get_all(self, requests: Iterable[tuple[str, Params]], *, denied: bool = False) -> Iterator[Any]:
        """
        Yield the answers of several GETs in the order asked, read at the same time; None for a 404.

        With `denied`, None also for an answer that says no with a 2xx status.

        No request is sent before the first answer is asked for, and only a few more than are in flight are taken
        from `requests` ahead of the answers. The first error cancels those not yet sent.
        """
        rest = iter(requests)
        firsts = tuple(itertools.islice(rest, 2))
        if len(firsts) == 1:  # to hand it over to another thread takes as long as to send it
            yield self._answered(firsts[0][0], functools.partial(self._read, *firsts[0]), denied=denied)
            return
        waiting: deque[tuple[str, Future[httpx.Response]]] = deque()

        def next_one() -> Any:
            path, future = waiting.popleft()
            return self._answered(path, future.result, denied=denied)

        try:
            for path, params in itertools.chain(firsts, rest):
                waiting.append((path, self._workers().submit(self._read, path, params)))
                if len(waiting) >= 2 * self._endpoint.concurrency:
                    yield next_one()
            while waiting:
                yield next_one()
        finally:
            for _, future in waiting:
                future.cancel()

    def _read(self, path: str, params: Params) -> httpx.Response:
        return self._request("GET", path, params, None, Repeat.SAFE)

    def _answered(self, path: str, answer: Callable[[], httpx.Response], *, denied: bool) -> Any:
        """Decode an answer once it is wanted: so it takes several times as much memory as on its way."""
        try:
            return self._data(answer(), "GET", path)
        except Refused as error:
            if isinstance(error, NotFound) or (denied and error.status < HTTPStatus.MULTIPLE_CHOICES):
                return None
            raise

    def send(self, method: str, path: str, body: Value = None, *, repeat: Repeat | None = None) -> Any:
        """
        Send a write and return its decoded answer, None where the system had nothing to say.

        `body` is a JSON value without references or secrets in it; None sends no body. `repeat` says what may be
        done when the answer is lost; without it a POST is looked for and everything else is sent again.
        Raises ApiError; after OutcomeUnknown and ProtocolError the write may have been executed.
        """
        chosen = repeat or (Repeat.LOOK if method == "POST" else Repeat.SAFE)
        response = self._request(method, path, (), body, chosen)
        silent = response.status_code in _NOTHING_TO_SAY or (method == "DELETE" and not response.content.strip())
        return None if silent else self._data(response, method, path)

    @property
    def ahead(self) -> timedelta | None:
        """How far the system's clock is ahead of ours, by the answer that says least; None: no answer has told."""
        return self._ahead

    def close(self) -> None:
        """Wait for what is in flight, begin nothing more, close the connections."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)
        self._stack.close()
        if self._tally is not None:
            self._tally.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _workers(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                name = f"read-{self._endpoint.name}"
                self._pool = ThreadPoolExecutor(self._endpoint.concurrency, thread_name_prefix=name)
            return self._pool

    def _request(self, method: str, path: str, params: Params, body: Value, repeat: Repeat) -> httpx.Response:
        headers = {**_HEADERS, **({} if body is None else {"content-type": "application/json"})}
        extensions = {REPEAT: repeat, "timeout": self._bounds.timeout.as_dict()}
        content = None if body is None else _encoded(body)
        url = self._url(path, params)
        request = httpx.Request(method, url, headers=headers, content=content, extensions=extensions)
        response = self._stack.handle_request(request)
        self._look_at_the_clock(response)
        return response

    def _look_at_the_clock(self, response: httpx.Response) -> None:
        if (found := ahead(response, self._now())) is not None:
            with self._lock:
                self._ahead = found if self._ahead is None else min(found, self._ahead)

    def _url(self, path: str, params: Params) -> httpx.URL:
        """Return the address of a path of this tenant; raise ProtocolError for anything that leads elsewhere."""
        try:
            self._hidden.update(quote(value, safe="") for _, value in params if isinstance(value, Hidden))
            query = urlencode(params, quote_via=quote)  # a ValueError, too, for half a surrogate pair
            _require_beneath(path)
            return httpx.URL(f"{self._endpoint.url}{path}{_joint(path) if query else ''}{query}")
        except (ValueError, httpx.InvalidURL) as error:
            shown = safe_text(path, LONGEST_SAMPLE, self._redact)
            raise ProtocolError(
                f"{shown!r} is no path on {self._endpoint.url}: {error}; nothing was sent"
            ) from error

    def _without_hidden(self, text: str) -> str:
        for value in tuple(self._hidden):
            text = text.replace(f"={value}", "=(secret)")
        return text

    def _data(self, response: httpx.Response, method: str, path: str) -> Any:
        try:
            data = parse_answer(response.content, in_string=self._endpoint.in_strings)
        except ValueError as error:
            raise self._unreadable(response, f"{method} {path}", error) from error
        if (words := self._endpoint.refusal(data)) is not None:
            said = safe_text(f"{method} {path}: {response.status_code} {words}", LONGEST_WORDS, self._redact)
            raise Refused(said, status=response.status_code)
        return data

    def _unreadable(self, response: httpx.Response, what: str, error: ValueError) -> ProtocolError:
        # Masked before it is cut: what is left of a secret at the end would not be known for one.
        content = self._redact(response.content[:LOOKED_AT].decode("utf-8", "replace"))[:4096]
        sample = safe_text(content, LONGEST_SAMPLE, self._redact)
        shown = f": {sample}" if sample else ""
        return ProtocolError(
            f"{safe_text(what, LONGEST_SAMPLE, self._redact)}: the answer ({response.status_code}) "
            f"cannot be used: {safe_text(str(error), LONGEST_SAMPLE, self._redact)}{shown}",
            hint=f"Check `url` of provider {self._endpoint.name}: a login page or a proxy may be answering.",
        )


_HEADERS: Final = {
    "user-agent": f"reconciler/{__version__}",
    "accept": "application/json",
    "accept-encoding": "gzip",
}


def _encoded(body: Value) -> bytes:
    r"""Return JSON in UTF-8; a lone surrogate, which UTF-8 cannot hold, becomes JSON's own escape \ud800."""
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def _require_beneath(path: str) -> None:
    """Refuse an address of elsewhere, and segments that lead upwards, as an id from outside might."""
    segments = path.partition("?")[0].split("/")
    if not _PATH.fullmatch(path) or any(unquote(segment) in {".", ".."} for segment in segments):
        raise ValueError("it must begin with one slash and lead nowhere else")


def _joint(path: str) -> str:
    return "&" if "?" in path else "?"


def _masked(on_request: OnRequest | None, redact: Callable[[str], str]) -> OnRequest | None:
    if on_request is None:
        return None
    return lambda method, path, status, seconds: on_request(method, redact(path), status, seconds)


def _quiet_loggers() -> None:
    """Keep httpx and httpcore from logging: they tell addresses and headers as they are, tokens included."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
