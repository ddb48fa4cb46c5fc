"""A system on loopback, a workspace over it, and the day on which things go wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.providers.emulation import Emulator
from reconciler.sandbox.server import serve
from reconciler.testing.harness import Harness
from tests.faults.commands import Command, Commands, Ended
from tests.faults.scenes import CANARY, SCENES, Scene


@dataclass
class Day:
    """The morning: yesterday is applied, today is declared."""

    scene: Scene
    harness: Harness
    commands: Commands
    env: Mapping[str, str]
    foreign: Mapping[int, Any]
    """The cases that are not ours, as they must stay; the one to be released too."""

    @property
    def emulator(self) -> Emulator:
        return self.scene.emulator

    def start(self, *arguments: str) -> Command:
        return self.commands.start(self.harness.root, self.env, *arguments)

    def run(self, *arguments: str) -> Ended:
        return self.start(*arguments).wait()

    def apply(self, *arguments: str) -> Ended:
        return self.run("apply", "--auto-approve", *arguments)

    def assert_converges(self, *ended: Ended) -> None:
        """Apply again; then each declared thing exists once, nothing else was touched, and no secret was told."""
        again = self.apply()
        assert again.code == 0, again.out + again.err
        self.assert_converged(again, *ended)

    def assert_converged(self, *ended: Ended) -> None:
        plan = self.run("plan", "--detailed-exitcode")
        assert plan.code == 0, plan.out + plan.err
        today = self.scene.today
        names = sorted(name for id, name in self.scene.names().items() if id not in self.foreign)
        assert names == sorted(str(case[self.scene.called]) for case in today.values())
        assert {id: self.scene.shown(id) for id in self.foreign} == self.foreign
        assert sorted(address.name for address in self.harness.state.records) == sorted(today)
        assert self.harness.open_intents == ()
        assert not [path.name for path in (self.harness.root / "state").iterdir() if path.name.endswith("tmp")]
        self.scene.assert_complete(self.harness)
        self._assert_discreet(plan, *ended)

    def _assert_discreet(self, *ended: Ended) -> None:
        told = [end.out + end.err for end in ended]
        told += [path.read_text() for path in self.harness.root.rglob("*") if path.is_file()]
        for text in told:
            assert "Traceback" not in text
            for secret in (CANARY, *self.scene.env.values()):
                assert secret not in text


@contextmanager
def morning(folder: Path, commands: Commands, system: str = "tines") -> Iterator[Day]:
    scene = SCENES[system]()
    foreign = scene.theirs()
    env = {**scene.env, "CANARY": CANARY, "PATH": "/usr/bin:/bin"}
    with serve(scene.emulator) as server:
        settings = {**scene.settings, "url": server.url}
        harness = Harness(folder, scene.emulator, settings=settings, env=env)
        harness.configure(limits={"max_deletes": 1, "max_changed_percent": 100})
        harness.declare(**scene.yesterday)
        harness.apply()
        left = [*foreign, *(int(harness.id_of(name)) for name in scene.yesterday if name == "released")]
        scene.overnight(harness)
        scene.declare(harness)
        harness.forget_requests()
        yield Day(scene, harness, commands, env, {id: scene.shown(id) for id in left})
