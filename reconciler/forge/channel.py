"""The way to a forge: the engine's HTTP, with its bounds, its retries, no redirects and masked errors."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Final

import httpx
from pydantic import ValidationError

from reconciler.engine.http import Endpoint, HttpApi
from reconciler.engine.surroundings import Bounds, Surroundings
from reconciler.errors import ProtocolError, ReconcilerError
from reconciler.model.redaction import redactor
from reconciler.providers.base import Params, ProviderSettings
from reconciler.report.hostile import ways

PAGE: Final = 100
"""Items of a page: the most that GitHub and GitLab give."""
MOST_PAGES: Final = 1000
"""No thread is longer; a server that repeats itself is left alone after as many."""

_PER_MINUTE: Final = 600
_BOUNDS: Final = Bounds(admissions=4, longest_pause=60.0)
"""A job that waits for an hour, until GitHub counts anew, is ended before."""
_SECONDARY: Final = b"secondary rate limit"
_PAUSE: Final = "60"
"""Seconds to wait where GitHub does not say how long."""
_LATEST: Final = 4_102_444_800
"""The year 2100, in seconds: no limit ends later."""


@dataclass(frozen=True, slots=True)
class Header(httpx.Auth):
    """Signs each request with a header."""

    name: str
    value: str

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the header."""
        request.headers[self.name] = self.value
        yield request


def connect(name: str, url: str, *, auth: Header, secret: str, around: Surroundings) -> HttpApi:
    """
    Return the channel to the interface at `url`; messages mask `secret`.

    Raises ReconcilerError for an address to which no token may go: https only, but for this machine.
    """
    try:
        settings = ProviderSettings(type=name, url=url)
    except ValidationError as error:
        reason = "; ".join(str(each["msg"]).removeprefix("Value error, ") for each in error.errors())
        raise ReconcilerError(f"the address of {name}'s interface cannot be used: it {reason}") from None
    endpoint = Endpoint(
        name, settings.url, auth, requests_per_minute=_PER_MINUTE, concurrency=1, meant=too_often_is_429
    )
    return HttpApi(endpoint, around=around, bounds=_BOUNDS, redact=redactor([secret], ways))


def too_often_is_429(response: httpx.Response) -> httpx.Response:
    """
    Return the answer that is meant by one of GitHub, which says 403 too where it is asked too often.

    Such a one names a pause, or says that nothing is left, or that it is about the secondary limit
    (docs.github.com, "Rate limits for the REST API"); any other 403 is about permission.
    """
    if response.status_code != HTTPStatus.FORBIDDEN:
        return response
    headers = response.headers
    if headers.get("retry-after"):
        pause = headers["retry-after"]
    elif headers.get("x-ratelimit-remaining") == "0":
        pause = _until(headers.get("x-ratelimit-reset", ""))
    elif _SECONDARY in response.content.lower():
        pause = _PAUSE
    else:
        return response
    said = {**headers, "retry-after": pause}
    return httpx.Response(HTTPStatus.TOO_MANY_REQUESTS, headers=said, content=response.content)


def _until(reset: str) -> str:
    """Return the moment at which the limit counts anew, as HTTP writes it."""
    is_moment = reset.isascii() and reset.isdecimal() and int(reset[:20]) <= _LATEST
    return formatdate(int(reset), usegmt=True) if is_moment else _PAUSE


def pages(api: HttpApi, path: str, params: Params = ()) -> Iterator[dict[str, Any]]:
    """
    Yield the items of all pages of a list.

    Up to an empty page: GitLab leaves out of a page what the reader may not see, so that a short one is not the
    last (its source, NotesHelpers).
    """
    for number in range(1, MOST_PAGES + 1):
        page = api.get(path, (*params, ("per_page", str(PAGE)), ("page", str(number))))
        if not isinstance(page, list) or not all(isinstance(item, dict) for item in page):
            raise ProtocolError(f"GET {path}: the answer is no list of objects")
        if not page:
            return
        yield from page


def member(data: Any, *path: str) -> str:
    """Return what stands at a path of an answer, as text; empty where it is missing."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return "" if data is None or isinstance(data, dict | list) else str(data)
