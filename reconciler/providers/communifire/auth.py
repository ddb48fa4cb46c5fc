"""How requests to Communifire are authenticated."""

from __future__ import annotations

from collections.abc import Generator

import httpx


class ApiKey(httpx.Auth):
    """The API key in its header; the API takes it in the query as well, where every log would keep it."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the header."""
        request.headers["Rest-Api-Key"] = self._key
        yield request
