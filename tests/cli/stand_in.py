"""A workspace that answers what a test wants, behind the real command line."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import main
from reconciler.config import Given
from reconciler.engine.progress import Progress
from reconciler.engine.stop import Stop
from reconciler.model.address import Address
from reconciler.model.change import Action, Change, DriftReport, FieldChange
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.model.record import State
from reconciler.model.result import Outcome, Result, Status
from reconciler.planning import policies
from reconciler.planning.limits import Allowed, Limits

SECRET = "hunter2-token"

UPDATE = Change(
    Address("soc", "a"),
    "tines",
    Action.UPDATE,
    "42",
    fields=(FieldChange(("priority",), "low", "high"),),
    operations=(Operation("PUT", "/api/v2/cases/42", {"priority": "high"}, "set priority"),),
)
PLAN = Plan("acme", "lineage", 7, "2026-01-01T00:00:00Z", (UPDATE,), unchanged=11)
EMPTY = Plan("acme", "lineage", 7, "2026-01-01T00:00:00Z", (), unchanged=12)
DONE = Result((Outcome(UPDATE.address, Action.UPDATE, Status.DONE, 1),))
FAILED = Result((Outcome(UPDATE.address, Action.UPDATE, Status.FAILED, 0, "Tines said: no"),))
STOPPED = Result((Outcome(UPDATE.address, Action.UPDATE, Status.SKIPPED),), interrupted=True)

CLEAN = DriftReport("acme", (), 12)

SUMMARY = "Plan: 0 to create, 1 to update, 0 to delete, 0 to release, 0 to import. 1 requests."
APPLIED = "Applied: 0 created, 1 updated, 0 deleted, 0 released, 0 imported. 1 requests."


@dataclass
class StandInConfiguration:
    """As much of a configuration as the command line looks at."""

    secrets: frozenset[str] = frozenset({SECRET})


@dataclass
class StandIn:
    """Plays the class Workspace and its one instance."""

    planned: Plan = PLAN
    result: Result = DONE
    report: DriftReport = CLEAN
    recorded: State | None = None
    fault: BaseException | None = None
    meanwhile: Callable[[], None] = lambda: None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    configuration: StandInConfiguration = field(default_factory=StandInConfiguration)
    limits: Limits = field(default_factory=Limits)
    allowed: Allowed | None = None
    offline: bool = False
    given: Given | None = None
    progress: Progress | None = None
    stop: Stop | None = None

    def open(self, root: Path, *, env: Mapping[str, str], progress: Progress, stop: Stop, **more: Any) -> StandIn:
        more.pop("on_request")
        more.pop("sharing")
        more.pop("cache")
        self.allowed = more.pop("allowed")
        self.offline = more.pop("offline")
        self.given = more.pop("given")
        self.calls.append(("open", more))
        self.progress, self.stop = progress, stop
        return self

    def plan(self, **given: Any) -> Plan:
        self.calls.append(("plan", given))
        self._act()
        return self.planned

    def apply(self, *, confirm: Callable[[Plan], bool], **given: Any) -> Result | None:
        self.calls.append(("apply", given))
        self._act()
        return self.result if confirm(self.planned) else None

    def apply_saved(self, plan: Plan) -> Result:
        self.calls.append(("apply_saved", {"plan": plan}))
        self._act()
        return self.result

    def judged(self, plan: Plan) -> Plan:
        return plan

    def enforce(self, plan: Plan) -> None:
        self.limits.enforce(plan)
        policies.enforce(plan)

    def drift(self, **given: Any) -> DriftReport:
        self.calls.append(("drift", given))
        self._act()
        return self.report

    def notify(self, report: DriftReport, **given: Any) -> Iterator[str]:
        assert report is self.report, given
        return iter(())

    def state(self) -> State | None:
        return self.recorded

    def _act(self) -> None:
        self.meanwhile()
        if self.fault is not None:
            raise self.fault


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str


@dataclass
class CommandLine:
    """Runs commands in this process against a stand-in."""

    workspace: StandIn
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str, stdin: str | None = None) -> Answer:
        self.monkeypatch.setattr("sys.stdin", None if stdin is None else io.StringIO(stdin))
        code = main(arguments)
        out, err = self.capsys.readouterr()
        return Answer(code, out, err)
