"""A Tines tenant on loopback, a workspace over it, and the day on which things go wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator
from reconciler.sandbox.server import serve
from reconciler.testing.harness import Harness
from tests.faults.commands import Command, Commands, Ended

CANARY: Final = "canary-51c0ffee77"
FULL: Final[Mapping[str, Any]] = {
    "name": "Phishing wave",
    "priority": "high",
    "assignees": ["jane@acme.example"],
    "tags": ["phishing", "q4"],
    "metadata": {"runbook": "RB-17", "region": "emea"},
}
YESTERDAY: Final = {
    "updated": FULL,
    "deleted": {**FULL, "lifecycle": {"on_remove": "delete"}},
    "released": FULL,
    "kept": FULL,
}
TODAY: Final = {
    "updated": {
        **FULL,
        "name": "Phishing wave, second",
        "priority": "low",
        "assignees": ["omar@acme.example"],
        "tags": ["q4", "vip"],
        "metadata": {"runbook": "RB-18", "ticket": "4711"},
    },
    "kept": FULL,
    "new": {**FULL, "name": "New", "metadata": {"key": "${env.CANARY}"}},
    "unassigned": {"name": "Unassigned", "assignees": []},
    "dependent": {"name": "Dependent", "description": "after ${cases.new.url}"},
}


@dataclass
class Day:
    """The morning: yesterday is applied, today is declared."""

    emulator: TinesEmulator
    harness: Harness
    commands: Commands
    env: Mapping[str, str]
    foreign: Mapping[int, Any]
    """The cases that are not ours, as they must stay; the one to be released too."""

    def start(self, *arguments: str, dies_at_sync: int = 0) -> Command:
        return self.commands.start(self.harness.root, self.env, *arguments, dies_at_sync=dies_at_sync)

    def run(self, *arguments: str, dies_at_sync: int = 0) -> Ended:
        return self.start(*arguments, dies_at_sync=dies_at_sync).wait()

    def apply(self, *arguments: str, dies_at_sync: int = 0) -> Ended:
        return self.run("apply", "--auto-approve", *arguments, dies_at_sync=dies_at_sync)

    def assert_converges(self, *ended: Ended) -> None:
        """Apply again; then each declared case exists once, nothing else was touched, and no secret was told."""
        again = self.apply()
        assert again.code == 0, again.err
        self.assert_converged(again, *ended)

    def assert_converged(self, *ended: Ended) -> None:
        plan = self.run("plan", "--detailed-exitcode")
        assert plan.code == 0, plan.out + plan.err
        names = sorted(case["name"] for case in self.emulator.cases() if case["case_id"] not in self.foreign)
        assert names == sorted(str(case["name"]) for case in TODAY.values())
        assert {id: self.emulator.case(id) for id in self.foreign} == self.foreign
        assert sorted(address.name for address in self.harness.state.records) == sorted(TODAY)
        assert self.harness.open_intents == ()
        assert not [path.name for path in (self.harness.root / "state").iterdir() if path.name.endswith("tmp")]
        self._assert_discreet(plan, *ended)

    def _assert_discreet(self, *ended: Ended) -> None:
        told = [end.out + end.err for end in ended]
        told += [path.read_text() for path in self.harness.root.rglob("*") if path.is_file()]
        for text in told:
            assert CANARY not in text
            assert DEFAULT_TOKEN not in text
            assert "Traceback" not in text


@contextmanager
def morning(folder: Path, commands: Commands) -> Iterator[Day]:
    emulator = TinesEmulator()
    foreign = [emulator.seed_case(name="Theirs", tags=["phishing"]) for _ in range(2)]
    env = {"TOKEN": DEFAULT_TOKEN, "CANARY": CANARY, "PATH": "/usr/bin:/bin"}
    with serve(emulator) as server:
        settings = {"type": "tines", "url": server.url, "token": "${env.TOKEN}", "team_id": 2}
        harness = Harness(folder, emulator, settings=settings, env=env)
        harness.configure(limits={"max_deletes": 1, "max_changed_percent": 100})
        harness.declare(**YESTERDAY)
        harness.apply()
        left = [*foreign, int(harness.id_of("released"))]
        harness.declare(**TODAY)
        harness.forget_requests()
        yield Day(emulator, harness, commands, env, {id: emulator.case(id) for id in left})
