"""An emulated site behind the real client, whose answers may be twisted on their way."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any

import httpx

from reconciler.engine.http import Endpoint, HttpApi
from reconciler.engine.surroundings import Surroundings
from reconciler.model.case import Live
from reconciler.providers.base import Wanted
from reconciler.providers.communifire.emulator import CommunifireEmulator, CommunifireSwitches
from reconciler.providers.communifire.reading import read_cases
from reconciler.providers.communifire.wire import refusal
from tests.providers.communifire.emulated import ORIGIN, Clock

Twist = Callable[[str, dict[str, str], Any], Any]
"""Path, query and decoded answer of a GET → what the client gets instead."""


class Key(httpx.Auth):
    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["rest-api-key"] = self._key
        yield request


class Reader:
    """An emulator with nothing in it, its clock, and a client; `asked` are the requests in order."""

    def __init__(self, *, twist: Twist | None = None, concurrency: int = 4, **switches: Any) -> None:
        self.clock = Clock()
        self.emulator = CommunifireEmulator(
            switches=CommunifireSwitches(**switches), clock=self.clock, origin=ORIGIN
        )
        self.twist = twist
        self.asked: list[str] = []
        auth = Key(self.emulator.api_key)
        self.api = HttpApi(
            Endpoint("cf", ORIGIN, auth, 10**6, concurrency, refusal=refusal, in_strings=True),
            around=Surroundings(sleep=lambda _: None),
            transport=httpx.MockTransport(self._handle),
        )

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.raw_path.decode())
        answer = self.emulator.handle(request)
        if self.twist is None or answer.status_code != 200:
            return answer
        twisted = self.twist(request.url.path, dict(request.url.params), answer.json())
        return httpx.Response(200, json=twisted)

    def seed(self, count: int, **wire: Any) -> list[int]:
        return [self.emulator.seed_case(IssueTitle=f"Case {number}", **wire) for number in range(count)]

    def read(self, ids: Iterable[int], attributes: Iterable[str] = ("title", "description")) -> dict[str, Live]:
        """Read the cases; each must come once."""
        lives = self.read_each({str(id): attributes for id in ids})
        assert len({live.id for live in lives}) == len(lives)
        return {live.id: live for live in lives}

    def read_each(self, attributes: Mapping[str, Iterable[str]]) -> list[Live]:
        wanted = Wanted({id: frozenset(names) for id, names in attributes.items()})
        return list(read_cases(self.api, wanted, "https://x/{}".format))

    def lists(self, path: str = "/api/cases") -> list[str]:
        return [asked for asked in self.asked if asked.partition("?")[0] == path]


def long_items(emulator: CommunifireEmulator) -> Twist:
    """Make a site whose lists show cases whole."""

    def twist(path: str, query: dict[str, str], answer: Any) -> Any:
        if path == "/api/cases":
            items = [emulator.case(item["IssueID"]) for item in answer["ResponseData"]]
            return answer | {"ResponseData": items}
        return answer

    return twist


def denying(*ids: int) -> Twist:
    """Make a site that keeps some cases from who asks for them by their ids."""
    paths: Sequence[str] = [f"/api/cases/{id}" for id in ids]

    def twist(path: str, query: dict[str, str], answer: Any) -> Any:
        if path in paths:
            return {"IsError": True, "ResponseMessage": "You may not see this.", "ResponseData": None}
        return answer

    return twist


def envelope(data: Any, **more: Any) -> dict[str, Any]:
    return {"IsError": False, "ResponseMessage": "", "ResponseData": data, **more}
