"""A toy system in memory, whose answers get lost on demand, and a journal that can be read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar, cast

import httpx

from reconciler.engine.apply import apply
from reconciler.engine.means import Known, Means
from reconciler.engine.progress import Silent
from reconciler.engine.recorder import Recorder
from reconciler.engine.stop import Stop
from reconciler.engine.tenant import Channel, Tenant
from reconciler.errors import ApiError, NotFound, OutcomeUnknown, Problem, RateLimited, Refused
from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.change import Change
from reconciler.model.fields import Schema
from reconciler.model.operation import Operation, Repeat
from reconciler.model.plan import Plan
from reconciler.model.record import Record, State
from reconciler.model.result import Result, Status
from reconciler.model.values import Marker, Value
from reconciler.providers.base import (
    Api,
    CaseModel,
    Meanings,
    Provider,
    ProviderSettings,
    Sought,
    Subject,
    Wanted,
)
from reconciler.state import Intent, Journal
from tests.planning.worlds import SCHEMA

Write = tuple[str, str, Any]
Trouble = Callable[["System", Write], Any]
"""What becomes of one write instead of its being executed and answered."""


@dataclass
class System(Provider):
    """Cases by id; each write is executed and answered, unless a trouble is waiting for it."""

    settings_model: ClassVar[type[ProviderSettings]] = ProviderSettings
    case_model: ClassVar[type[CaseModel]] = CaseModel
    schema: ClassVar[Schema] = SCHEMA

    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    troubles: list[Trouble | None] = field(default_factory=list)
    """One for each write to come; None: no trouble."""
    writes: list[Write] = field(default_factory=list)
    looks: int = 0
    asked: list[Mapping[str, Value]] = field(default_factory=list)
    """What each look for a marker said about the case."""
    since: list[str | None] = field(default_factory=list)
    """When each of them says that it was announced."""
    blind: int = 0
    """How many looks for a marker find nothing yet."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def tenant(self) -> Tenant:
        """The system as the engine uses it."""
        return Tenant(self, cast("Channel", self))

    # -- as a provider

    @property
    def auth(self) -> httpx.Auth:
        return httpx.Auth()

    def read(self, api: Api, wanted: Wanted) -> Iterator[Live]:
        for id, names in wanted.attributes.items():
            if id in self.cases:
                shown = {name: value for name, value in self.cases[id].items() if name in names}
                yield Live(id, f"https://toy/{id}", self.schema.normalize(shown))

    def find(self, api: Api, sought: Sought) -> Sequence[str]:
        self.looks += 1
        self.asked.append(sought.declared)
        self.since.append(sought.since)
        if self.looks <= self.blind:
            return ()
        return [id for id, case in self.cases.items() if case.get("marker") == sought.marker.text]

    def lookup(self, api: Api, cases: Sequence[Subject]) -> Meanings:
        return {}

    def check(self, case: Case) -> Iterator[Problem]:
        yield from ()

    def operations(self, change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:
        yield from ()

    # -- as a channel

    @property
    def ahead(self) -> timedelta | None:
        return None

    def send(self, method: str, path: str, body: Any = None, *, repeat: Repeat = Repeat.SAFE) -> Any:
        with self.lock:
            write = (method, path, body)
            self.writes.append(write)
            trouble = self.troubles.pop(0) if self.troubles else None
        return trouble(self, write) if trouble else self.execute(write)

    def execute(self, write: Write) -> Any:
        """Do what is asked and answer."""
        method, path, body = write
        with self.lock:
            if path == "/cases":
                id = str(len(self.cases) + 100)
                self.cases[id] = {}
            else:
                id = path.removeprefix("/cases/")
            if id not in self.cases:
                raise NotFound(f"no case {id}", status=404)
            if method == "DELETE":
                del self.cases[id]
                return None
            self._set(self.cases[id], body)
            return {"case_id": id, "url": f"https://toy/{id}", "team": {"id": 2}, "people": [{"email": "key@x"}]}

    def _set(self, case: dict[str, Any], body: Mapping[str, Any]) -> None:
        for path, value in body.items():
            name, _, key = path.partition(".")
            if not key:
                case[name] = value
            elif value:
                case.setdefault(name, {})[key] = value
            else:
                case[name].pop(key)


def lost_before(_system: System, _write: Write) -> Any:
    """The request does not arrive."""
    raise OutcomeUnknown("no answer")


def lost_after(system: System, write: Write) -> Any:
    """The request is executed, its answer is lost."""
    system.execute(write)
    raise OutcomeUnknown("no answer")


def refused(status: int, *, after: bool = False) -> Trouble:
    """The request is answered with an error, perhaps although it was executed."""

    def trouble(system: System, write: Write) -> Any:
        if after:
            system.execute(write)
        raise _answered(status)

    return trouble


def _answered(status: int) -> ApiError:
    """Return what the HTTP layer makes of a write's answer."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return OutcomeUnknown("the system failed")
    kind = RateLimited if status == HTTPStatus.TOO_MANY_REQUESTS else Refused
    return kind("the system says no", status=status)


def answering(answer: Any) -> Trouble:
    """The request is executed, and answered so."""

    def trouble(system: System, write: Write) -> Any:
        system.execute(write)
        return answer

    return trouble


def first(happening: Callable[[], Any], then: Trouble | None = None) -> Trouble:
    """Something happens while the request is on its way."""

    def trouble(system: System, write: Write) -> Any:
        happening()
        return then(system, write) if then else system.execute(write)

    return trouble


@dataclass
class Notes:
    """A journal in memory."""

    lines: list[tuple[str, str, Any]] = field(default_factory=list)
    """What was written: kind, address, and the record or message."""
    open: dict[int, Intent] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    """The path of each request that was announced."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0

    def next_number(self) -> int:
        with self.lock:
            self.number += 1
            return self.number

    def intent(self, intent: Intent) -> None:
        self.paths.append(intent.path)
        self.open[intent.number] = intent
        self.lines.append(("intent", str(intent.address), intent.record))

    def done(self, intent: Intent, record: Record | None) -> None:
        del self.open[intent.number]
        self.lines.append(("done", str(intent.address), record))

    def failed(self, intent: Intent, message: str) -> None:
        del self.open[intent.number]
        self.lines.append(("failed", str(intent.address), message))

    def open_intents(self) -> tuple[Intent, ...]:
        return tuple(self.open.values())

    def close(self) -> None:
        self.lines.append(("close", "", None))

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.lines]


@dataclass
class Run:
    """One apply against a system, and what came of it."""

    system: System
    state: State
    notes: Notes = field(default_factory=Notes)
    stop: Stop = field(default_factory=Stop)
    secrets: Mapping[str, str] = field(default_factory=dict)
    parallelism: int = 1
    after: State | None = None

    def apply(self, plan: Plan) -> Result:
        recorder = Recorder(cast("Journal", self.notes), lambda: "2026-01-01T00:00:00Z")
        means = Means(
            {"soc": self.system.tenant},
            recorder,
            self.state.records,
            Known({record.address.name: {"id": record.id} for record in self.state.records.values()}),
            self.secrets,
            self.stop,
            Silent(),
            self.parallelism,
            settle=(0.0, 0.0),
        )
        result = apply(plan, means)
        self.after = recorder.next_state(self.state)
        return result

    def recorded(self, name: str) -> Mapping[str, Any] | None:
        """Return what is recorded of a case after the run, by what the journal says or the state."""
        records = (self.after or self.state).records
        found = records.get(Address("soc", name))
        return found.recorded if found else None


def statuses(result: Result) -> dict[str, Status]:
    """Return how each case ended, by name."""
    return {outcome.address.name: outcome.status for outcome in result.outcomes}
