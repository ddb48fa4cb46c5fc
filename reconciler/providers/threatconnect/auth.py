"""How requests to ThreatConnect are authenticated: by a token, or by a signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Generator

import httpx


class Token(httpx.Auth):
    """An API token in the header."""

    def __init__(self, token: str) -> None:
        self._header = f"TC-Token {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the header."""
        request.headers["Authorization"] = self._header
        yield request


class Signature(httpx.Auth):
    """
    An HMAC over path, method and time.

    What is signed are the bytes of path and query that go over the wire: a query that is encoded another way the
    second time is a 401. Each attempt is signed anew, since a signature is valid for five minutes.
    """

    def __init__(self, access_id: str, secret_key: str, clock: Callable[[], float]) -> None:
        self._access_id = access_id
        self._key = secret_key.encode()
        self._clock = clock

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Sign the request as it is about to be sent."""
        timestamp = str(int(self._clock()))
        signed = f"{request.url.raw_path.decode()}:{request.method}:{timestamp}"
        code = base64.b64encode(hmac.new(self._key, signed.encode(), hashlib.sha256).digest()).decode()
        request.headers["Timestamp"] = timestamp
        request.headers["Authorization"] = f"TC {self._access_id}:{code}"
        yield request
