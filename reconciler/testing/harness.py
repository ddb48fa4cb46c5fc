"""
A workspace in a folder over an emulated system, spoken to in sentences.

    harness = Harness(folder, TinesEmulator(), settings={"type": "tines", …}, env={…})
    harness.declare(wave={"name": "Wave", "tags": ["phishing"]})
    harness.apply()
    harness.forget_requests()

    harness.declare(wave={"name": "Wave", "tags": ["phishing", "vip"]})
    harness.apply()

    assert harness.writes == [("PUT", "/api/v2/cases/1", {"add_tag_names": ["vip"]})]
    assert harness.plan().is_empty

Nothing here waits: every sleep of the product is noted in `slept` and moves a clock instead.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeAlias

from reconciler.engine.stop import Stop
from reconciler.engine.surroundings import Surroundings
from reconciler.model.address import Address
from reconciler.model.case import Case
from reconciler.model.change import DriftReport
from reconciler.model.plan import Plan
from reconciler.model.record import Record, State
from reconciler.model.result import Result
from reconciler.model.values import Value
from reconciler.planning.naming import named
from reconciler.providers.base import Wanted
from reconciler.providers.emulation import Emulator, Recorded
from reconciler.report.jsonplan import write_plan
from reconciler.report.planfile import read_plan
from reconciler.state import Intent, seen
from reconciler.testing.transports import Fate, Way
from reconciler.workspace import Workspace

Write: TypeAlias = tuple[str, str, Any]
"""One request that writes: method, path, decoded body."""
Attributes: TypeAlias = Mapping[str, Any]
"""A case as a case file has it."""

_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\ufffe\uffff]")
"""What JSON lets through and YAML does not."""


class Hurry(Stop):
    """A wish to stop whose waits take no time."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Note how long somebody wanted to wait; raise Interrupted as the real one does."""
        self.check()
        with self._lock:
            self.slept.append(seconds)

    def clock(self) -> float:
        """Tell the time in seconds, waits included."""
        with self._lock:
            return time.monotonic() + sum(self.slept)


class Listener:
    """Keeps what the engine tells."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, what: str, total: int | None) -> None:
        """Keep what begins."""
        self.said.append(f"{what} ({total})")

    def expect(self, total: int) -> None:
        """Keep how much it is."""
        self.said.append(f"of {total}")

    def advance(self, count: int = 1) -> None:
        """Ignore it."""

    def end(self) -> None:
        """Ignore it."""

    def say(self, text: str) -> None:
        """Keep it."""
        self.said.append(text)


class Harness:
    """
    One workspace and one system.

    `settings` are those of the provider instance as reconciler.yaml has them, `type` included; `env` is all the
    environment there is. `parallelism` is 1 unless given, so that requests come in one order.
    """

    def __init__(
        self,
        root: Path,
        emulator: Emulator,
        *,
        settings: Mapping[str, Any],
        env: Mapping[str, str],
        instance: str = "soc",
        parallelism: int = 1,
    ) -> None:
        self.root = root
        self.emulator = emulator
        self.env = dict(env)
        self.instance = instance
        self.parallelism = parallelism
        self.listener = Listener()
        self.slept: list[float] = []
        self._settings = dict(settings)
        self._kept: Workspace | None = None
        (root / "cases").mkdir(parents=True, exist_ok=True)
        self.configure()

    # writing the files

    def configure(self, **more: Any) -> None:
        """Write reconciler.yaml, with more top-level keys such as `limits`."""
        data = {"version": 1, "workspace": "proof", "providers": {self.instance: self._settings}, **more}
        self.write(as_yaml(data), file="reconciler.yaml")

    def declare(self, **cases: Attributes) -> None:
        """Write the case file: these cases and no other."""
        self.write(as_yaml({"cases": {name: {"provider": self.instance, **case} for name, case in cases.items()}}))

    def write(self, yaml: str, *, file: str = "cases/cases.yaml") -> None:
        """Write one file of the workspace as it is given."""
        (self.root / file).write_text(yaml)
        self._kept = None

    # running

    def workspace(self, fate: Fate | None = None) -> Workspace:
        """Open the workspace as a new process would; `fate` decides over its writing requests."""
        stop = Hurry()
        self.slept = stop.slept
        opened = self._opened(stop)
        way = Way(self.emulator, fate)
        around = Surroundings(sleep=stop.sleep, stop=stop.is_set, clock=stop.clock, jitter=lambda longest: longest)
        return replace(opened, transports=lambda _: way, around=around)

    def _opened(self, stop: Stop) -> Workspace:
        return Workspace.open(
            self.root,
            env=self.env,
            progress=self.listener,
            stop=stop,
            parallelism=self.parallelism,
            lock_timeout=0,
        )

    def plan(self, **options: Any) -> Plan:
        """Plan, as `reconciler plan` does."""
        return self.workspace().plan(**options)

    def apply(
        self,
        *,
        complete: bool = True,
        confirm: Callable[[Plan], bool] = lambda _: True,
        fate: Fate | None = None,
        **options: Any,
    ) -> Result:
        """Plan and apply; fail unless everything was done, if it is to be `complete`."""
        result = self.workspace(fate).apply(confirm=confirm, **options)
        assert result is not None
        return _checked(result, complete=complete)

    def apply_saved(self, plan: Plan, *, complete: bool = True) -> Result:
        """Write a plan to a file's text, read it back, and apply that."""
        workspace = self.workspace()
        text = "".join(write_plan(plan))
        return _checked(
            workspace.apply_saved(read_plan(text, workspace.configuration.settings.schemas)), complete=complete
        )

    def drift(self, **options: Any) -> DriftReport:
        """Look for drift, as `reconciler drift` does."""
        return self.workspace().drift(**options)

    # looking

    @property
    def _seen(self) -> Workspace:
        """
        The workspace for looking, opened once for all looks until its files are written again.

        What is declared follows from the files alone, and the state is read from the disk each time. Every run
        opens a workspace of its own, as a new process does.
        """
        if self._kept is None:
            self._kept = self._opened(Hurry())
        return self._kept

    @property
    def writes(self) -> list[Write]:
        """The requests other than GET that were executed since the last `forget_requests`."""
        return self.emulator.writes

    @property
    def reads(self) -> list[Recorded]:
        """The GETs that were executed since the last `forget_requests`."""
        return self.emulator.reads

    def forget_requests(self) -> None:
        """Begin a new record of requests."""
        self.emulator.forget_requests()

    @property
    def state(self) -> State:
        """What is recorded."""
        state = self._seen.state()
        assert state is not None, "nothing has been applied yet"
        return state

    @property
    def state_text(self) -> str:
        """The text of every file about what is recorded: state, backup, journal, lock; not what was seen last."""
        files = (file for file in sorted((self.root / "state").glob("*")) if file.suffix != seen.SUFFIX)
        return "\n".join(file.read_text() for file in files if file.is_file())

    def id_of(self, name: str) -> str:
        """Return the recorded id of a case."""
        return self.record_of(name).id

    def record_of(self, name: str) -> Record:
        """Return what is recorded of a case."""
        return self.state.records[Address(self.instance, name)]

    @property
    def desired(self) -> Mapping[str, Attributes]:
        """What is declared, by case, in normal form; keys of a map that must not be there are left out."""
        return {address.name: _desired(case) for address, case in self._cases.items()}

    @property
    def live(self) -> Mapping[str, Attributes]:
        """What the provider reads of the declared cases, by case, cut down to what is declared of them."""
        records = self.state.records
        desired = {records[address].id: _desired(case) for address, case in self._cases.items()}
        wanted = Wanted({id: frozenset(attributes) for id, attributes in desired.items()})
        with self.workspace().tenants() as tenants:
            tenant = tenants[self.instance]
            read = {live.id: live for live in tenant.provider.read(tenant.channel, wanted)}
            schema = tenant.provider.schema
        ours = {record.id: (address.name, record.handles) for address, record in records.items()}
        lineage = self.state.lineage
        seen = {id: named(live, schema, ours[id][1], (desired[id],), lineage) for id, live in read.items()}
        return {ours[id][0]: _within(desired[id], found.attributes) for id, found in seen.items()}

    @property
    def _cases(self) -> Mapping[Address, Case]:
        return self._seen.configuration.cases

    def seen(self, id: str, attributes: frozenset[str]) -> Mapping[str, Value]:
        """Return what the provider reads of any case; fail if it is gone."""
        with self.workspace().tenants() as tenants:
            live = tenants[self.instance].read_one(id, attributes)
        assert live is not None, f"case {id} is gone"
        return {name: value for name, value in live.attributes.items() if name in attributes}

    @property
    def open_intents(self) -> tuple[Intent, ...]:
        """What the journal announces and does not settle."""
        return self._seen.store.open_intents()


def as_yaml(data: Any) -> str:
    """Return JSON that is YAML as well."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _desired(case: Case) -> Attributes:
    return {name: _pairs(value, lambda _, item: item is not None) for name, value in case.attributes.items()}


def _within(desired: Attributes, live: Attributes) -> Attributes:
    """Return of live what is desired; of maps, the same keys, and of items the same fields."""
    return {name: _same_shape(desired[name], live[name]) for name in desired}


def _same_shape(desired: Value, live: Value) -> Value:
    if not (isinstance(desired, Mapping) and isinstance(live, Mapping)):
        return live
    return {key: _same_shape(desired[key], item) for key, item in live.items() if key in desired}


def _pairs(value: Value, kept: Callable[[str, Value], bool]) -> Value:
    """Return of a map the pairs that are kept, and any other value as it is."""
    if not isinstance(value, Mapping):
        return value
    return {key: item for key, item in value.items() if kept(key, item)}


def _checked(result: Result, *, complete: bool) -> Result:
    assert result.is_complete or not complete, "\n".join(str(outcome) for outcome in result.not_done)
    return result
