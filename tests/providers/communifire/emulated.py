"""An emulated Communifire site with a clock that stands still, and a client with the right key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from reconciler.providers.communifire.emulator import CommunifireEmulator, CommunifireSwitches

CASES = "/api/cases"
CASE = "/api/cases/2304"
ORIGIN = "https://community.acme.example"
START = datetime(2026, 3, 2, 10, 0, 0, tzinfo=UTC)
JSON = {"content-type": "application/json"}


class Clock:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float = 60) -> None:
        self.now += timedelta(seconds=seconds)


class Site:
    """An emulator with the fixture case, its clock, and a client with the right key."""

    def __init__(self, **switches: Any) -> None:
        self.clock = Clock()
        self.emulator = CommunifireEmulator(switches=CommunifireSwitches(**switches), clock=self.clock)
        self.emulator.add_fixture_case()
        self.client = self.client_with({"Rest-Api-Key": self.emulator.api_key})

    def client_with(self, headers: Mapping[str, str]) -> httpx.Client:
        transport = httpx.MockTransport(self.emulator.handle)
        return httpx.Client(transport=transport, base_url=ORIGIN, headers=headers)

    def envelope(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self.client.request(method, path, json=body, params=query or None)
        assert answer.status_code == 200, answer.text
        assert answer.json().keys() >= {"IsError", "ResponseMessage", "ResponseData"}
        return answer.json()

    def read(self, path: str, **query: Any) -> Any:
        """Give what a successful GET holds."""
        found = self.envelope("GET", path, **query)
        assert found["IsError"] is False, found
        return found["ResponseData"]

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Give what a successful write holds."""
        found = self.envelope(method, path, body)
        assert found["IsError"] is False, found
        return found["ResponseData"]

    def put(self, **wire: Any) -> Any:
        """Update the fixture case in the vendor's form, and give the envelope."""
        return self.envelope("PUT", CASE, json.dumps(wire))

    def changed(self, **wire: Any) -> Any:
        """Update the fixture case with success, and give what a GET then shows."""
        assert self.put(**wire)["IsError"] is False
        return self.read(CASE)

    def refuses(self, **wire: Any) -> bool:
        """Tell whether an update is refused and leaves the fixture case, and everybody's peace, as they were."""
        before = self.read(CASE), self.emulator.notifications
        answer = self.put(**wire)
        assert (self.read(CASE), self.emulator.notifications) == before
        return failed(answer)

    def create(self, **wire: Any) -> int:
        asked = {"SpaceID": 61, "IssueTitle": "n", "IssueDescription": "d", **wire}
        made = self.send("POST", CASES, asked)
        assert isinstance(made, int)
        return made

    def listed(self, **query: Any) -> list[int]:
        return [item["IssueID"] for item in self.read(CASES, **query)]


def failed(envelope: Any) -> bool:
    assert envelope["IsError"] is True, envelope
    assert envelope["ResponseMessage"]
    assert envelope["ResponseData"] is None
    return True
