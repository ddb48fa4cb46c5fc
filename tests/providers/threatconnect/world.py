"""An emulated ThreatConnect instance with a clock that stands still, and a client with the right token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from reconciler.providers.threatconnect.emulator import ThreatConnectEmulator, ThreatConnectSwitches

CASES = "/api/v3/cases"
ORIGIN = "https://acme.threatconnect.com"
START = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)
EVERYTHING = (
    "tags",
    "attributes",
    "artifacts",
    "notes",
    "tasks",
    "workflowEvents",
    "associatedCases",
    "associatedGroups",
    "associatedIndicators",
)


class Clock:
    """A clock that stands still until told."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float = 60) -> None:
        self.now += timedelta(seconds=seconds)


class World:
    """An emulator, its clock, and a client with the right token."""

    def __init__(self, **switches: Any) -> None:
        self.clock = Clock()
        self.emulator = ThreatConnectEmulator(switches=ThreatConnectSwitches(**switches), clock=self.clock)
        self.client = self.client_with({"authorization": f"TC-Token {self.emulator.token}"})

    def client_with(self, headers: Mapping[str, str]) -> httpx.Client:
        transport = httpx.MockTransport(self.emulator.handle)
        return httpx.Client(transport=transport, base_url=ORIGIN, headers=headers)

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        return self.client.request(method, path, json=body, params=query or None)

    def read(self, path: str, **query: Any) -> Any:
        answer = self.send("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def create(self, fields: Any = (), **body: Any) -> Any:
        asked = {"name": "n", "status": "Open", "severity": "Low", **body}
        answer = self.send("POST", CASES, asked, fields=list(fields))
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def put(self, case_id: int, fields: Any = (), **body: Any) -> httpx.Response:
        return self.send("PUT", f"{CASES}/{case_id}", body, fields=list(fields))

    def changed(self, case_id: int, fields: Any = (), **body: Any) -> Any:
        answer = self.put(case_id, fields, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def get(self, case_id: int, *fields: str) -> Any:
        return self.read(f"{CASES}/{case_id}", fields=list(fields))["data"]

    def tags(self, case_id: int) -> list[str]:
        return [tag["name"] for tag in self.emulator.case(case_id)["tags"]["data"]]

    def values(self, case_id: int) -> list[str]:
        return [attribute["value"] for attribute in self.emulator.case(case_id)["attributes"]["data"]]

    def ids(self, case_id: int, collection: str) -> list[int]:
        return [item["id"] for item in self.emulator.case(case_id)[collection]["data"]]


def data(*items: Any, mode: str | None = None) -> dict[str, Any]:
    return {"data": list(items)} | ({} if mode is None else {"mode": mode})


def refused(answer: httpx.Response, status: int = 400, code: str | None = None) -> bool:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["status"] == "Error"
    assert isinstance(body["message"], str)
    assert code in (None, body["errCode"]), body
    return True
