"""One trial: a morning that is ours alone, the runs of a script, one that nothing happens to, the oracle."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Self

from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.providers.emulation import Recorded
from reconciler.report.planfile import read_plan
from reconciler.state import LocalStore
from reconciler.testing.harness import Harness
from tests.faults.moments import ERRORS, Act, Disk, Moments, When
from tests.faults.oracle import KILLED, Before, Evidence, Run, judge
from tests.faults.road import Fault, Road, There, here, serve
from tests.faults.scenes import CANARY, Scene
from tests.faults.script import Script, Trouble
from tests.faults.stage import Ended, Stage, operations

ORIGIN: Final = "https://acme.tines.com"
APPLY: Final = ("apply", "--auto-approve", "--lock-timeout", "0s")
PAUSED: Final = "paused"
CALM: Final = (Trouble("calm"),)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a trial."""

    wrong: tuple[str, ...]
    struck: int
    """How many of the troubles really happened."""
    moments: tuple[str, ...] = ()
    """What each moment of the first run was; of a run in another process nobody knows."""
    methods: tuple[str, ...] = ()
    """The method of each request of the first run."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Read what came as JSON."""
        return cls(tuple(data["wrong"]), data["struck"], tuple(data["moments"]), tuple(data["methods"]))


@dataclass
class Morning:
    """Yesterday is applied, today is declared; made once, then each trial has it in a process of its own."""

    scene: Scene
    harness: Harness
    env: Mapping[str, str]

    @classmethod
    def of(cls, scene: Scene, folder: Path) -> Morning:
        scene.theirs()
        env = {**scene.env, "CANARY": CANARY, "PATH": "/usr/bin:/bin"}
        harness = Harness(folder, scene.emulator, settings={**scene.settings, "url": ORIGIN}, env=env)
        harness.configure(limits={"max_deletes": 9, "max_changed_percent": 100})
        harness.declare(**scene.yesterday)
        harness.apply()
        scene.overnight(harness)
        scene.declare(harness)
        harness.forget_requests()
        assert harness.state
        return cls(scene, harness, env)

    def moved(self, folder: Path) -> Morning:
        """Make it one's own: a copy of the folder. The emulator is a copy already, in a process of its own."""
        shutil.copytree(self.harness.root, folder)
        self.harness.root = folder
        seen = self.harness._seen
        self.harness._kept = replace(
            seen, store=LocalStore(folder / "state" / "proof.json", seen.configuration.settings.schemas)
        )
        return self


@dataclass
class Edit:
    """What somebody did to a case, and when."""

    id: int
    word: str
    at: int
    """How many requests of the run had arrived by then."""
    planned: bool


@dataclass
class Trial:
    """Runs a script in this process, which is good for nothing else afterwards."""

    script: Script
    seed: int
    morning: Morning
    runs: list[Run] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    struck: int = 0
    moments: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    edits: list[Edit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stage = Stage(self.morning.harness.root, self.morning.env)
        self.scene, self.emulator = self.morning.scene, self.morning.scene.emulator
        self.before = Before.of(self.scene, self.morning.harness)
        self.ids = {a.name: int(record.id) for a, record in self.morning.harness.state.records.items()}
        self.chance = random.Random(self.seed)  # noqa: S311 (decides who is served first)
        self.arguments: tuple[str, ...] = (*APPLY, "--parallelism", str(self.script.parallelism))

    def report(self) -> Report:
        """Do it all."""
        for troubles in self.script.runs:
            self._run(troubles)
        last = self.runs[-1]
        done = last.ended.code == 0 and not last.disturbed
        self._run(CALM)
        empty_at_once = self.runs[-1].empty
        if not empty_at_once:
            self._run(CALM)
        evidence = Evidence(
            scene=self.scene,
            harness=self.morning.harness,
            before=self.before,
            runs=self.runs,
            empty_at_once=empty_at_once if done else None,
            complaints=self.complaints,
        )
        return Report(tuple(judge(evidence)), self.struck, self.moments, self.methods)

    # -- runs --------------------------------------------------------------------------------------------------

    def _run(self, troubles: tuple[Trouble, ...]) -> None:
        self.emulator.forget_requests()
        first = troubles[0]
        match first.kind:
            case "cut" if first.says("state"):
                run = self._damaged(first)
            case "kill" | "signal" | "pause":
                run = self._elsewhere(first)
            case "race":
                run = self._race(first)
            case _:
                run = self._here(troubles)
        self.runs.append(run)

    def _here(self, troubles: tuple[Trouble, ...]) -> Run:
        """Run the command in this process."""
        acts: dict[When, Act] = {}
        moments = Moments()
        disk = Disk(self.stage.root / "state", moments)
        faults = {t.when: Fault.named(*t.words[1:3]) for t in troubles if t.kind == "fault"}
        road = Road(here(self.emulator), moments, origin=ORIGIN, faults=faults)
        for trouble in troubles:
            if trouble.kind in ERRORS:
                acts[trouble.when] = _refusing(disk, trouble)
            elif trouble.kind == "edit":
                acts[trouble.when] = self._editing(trouble, road)
            elif trouble.kind == "cut":
                self._torn(trouble)
        moments.expect(acts)
        self.edits.clear()
        with disk:
            ended = self.stage.run(road, *self.arguments)
        self.struck += moments.struck + road.struck
        self.struck += sum(trouble.kind == "cut" for trouble in troubles)
        if not self.moments:
            self.moments, self.methods = tuple(moments.seen), tuple(road.asked)
        run = self._seen(ended, road.strangers)
        run.disturbed = bool(self.edits)
        self._judge_edits()
        return run

    def _seen(self, ended: Ended, strangers: Iterable[str] = ()) -> Run:
        executed = [sent for sent in self.emulator.requests if _writes(sent)]
        planned: list[Operation] = [each for plan in self.stage.planned for each in operations(plan)]
        plans = self.stage.planned
        empty = bool(plans) and plans[-1].is_empty and not plans[-1].drift and not executed
        return Run(ended, executed, planned, empty, list(strangers))

    def _look(self, *arguments: str) -> Ended:
        road = Road(here(self.emulator), Moments(), origin=ORIGIN)
        return self.stage.run(road, *arguments)

    def _damaged(self, trouble: Trouble) -> Run:
        """Run with a state that lost its end: it is refused before anything is sent, and put back then."""
        path = self.stage.root / "state" / "proof.json"
        whole = path.read_bytes()
        path.write_bytes(whole[: -int(trouble.words[1])])
        run = self._here(CALM)
        if run.ended.code == 1:
            if run.executed or str(path.name) not in run.ended.err:
                self.complaints.append(f"a damaged state: {run.ended.told} {run.executed}")
            path.write_bytes(whole)
        self.struck += 1
        return run

    def _torn(self, trouble: Trouble) -> None:
        """Take the end away from the journal, as a torn write does that nobody waited for."""
        path = self.stage.root / "state" / "proof.json.journal"
        path.write_bytes(path.read_bytes()[: -int(trouble.words[1])])

    # -- elsewhere ---------------------------------------------------------------------------------------------

    def _elsewhere(self, trouble: Trouble) -> Run:
        """Run the command in a child that something happens to; the system lives on here."""
        self.stage.planned.clear()
        streams, (ours, theirs) = self.stage.streams(), Pipe()
        pid = os.fork()
        if not pid:
            ours.close()
            self._become(trouble, There(theirs), streams)
        theirs.close()
        interlude: list[Ended] = []
        plans: list[Plan] = []

        def heard(text: str) -> None:
            if text == PAUSED:
                interlude.append(self._meanwhile(pid))
            else:
                plans.append(self._read(text))

        serve([ours], self.emulator, self.chance, heard)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self.stage.planned += plans
        run = self._seen(self.stage.ended(code, streams))
        run.killed, run.signalled = trouble.kind == "kill" and code == KILLED, trouble.kind == "signal"
        self.struck += bool(run.killed or interlude or (trouble.kind == "signal" and code))
        return run

    def _read(self, plan: str) -> Plan:
        return read_plan(plan, self.morning.harness._seen.configuration.settings.schemas)

    def _become(self, trouble: Trouble, carrier: There, streams: tuple[Path, Path]) -> None:
        acts: dict[When, Act] = {}
        moments = Moments()
        death = partial(os.kill, os.getpid(), signal.SIGKILL)
        disk = Disk(self.stage.root / "state", moments, death=death)
        match trouble.kind:
            case "kill" if trouble.says("old") or trouble.says("new"):
                acts[trouble.when] = partial(disk.darken, names_last=trouble.says("new"))
            case "kill" if trouble.says("torn"):
                acts[trouble.when] = disk.tear
            case "kill":
                acts[trouble.when] = death
            case "signal":
                acts[trouble.when] = _signalling(trouble)
            case "pause":
                acts[trouble.when] = _both(
                    partial(carrier.tell, PAUSED), partial(os.kill, os.getpid(), signal.SIGSTOP)
                )
        moments.expect(acts)
        self.stage.tells = carrier.tell
        with disk:
            code = self.stage.become(Road(carrier, moments, origin=ORIGIN), streams, *self.arguments)
        os._exit(code)

    def _meanwhile(self, pid: int) -> Ended:
        """Try an apply while another one is stopped in the middle, then let that one go on."""
        _, status = os.waitpid(pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), status
        written = len([sent for sent in self.emulator.requests if _writes(sent)])
        ended = self._look(*self.arguments)
        if len([sent for sent in self.emulator.requests if _writes(sent)]) != written:
            self.complaints.append("overwritten: a second apply wrote while the first was stopped")
        if ended.code not in {0, 1} or (ended.code == 1 and f"process {pid}" not in ended.err):
            self.complaints.append(f"the second apply does not say who holds the lock: {ended.told}")
        os.kill(pid, signal.SIGCONT)
        return ended

    def _race(self, trouble: Trouble) -> Run:
        """Let two applies run at once; who is served first is a matter of chance."""
        chance = random.Random(trouble.words[0])  # noqa: S311 (as above)
        pairs = [Pipe(), Pipe()]
        streams = [self.stage.streams() for _ in pairs]
        pids = []
        for (ours, theirs), files in zip(pairs, streams, strict=True):
            pid = os.fork()
            if not pid:
                for connection, _ in pairs:
                    connection.close()
                time.sleep(chance.random() * 0.02)
                self.arguments = (*self.arguments, "--lock-timeout", trouble.words[1])
                self._become(Trouble("calm"), There(theirs), files)
            chance.random()
            pids.append(pid)
            del ours
        for _, theirs in pairs:
            theirs.close()
        ends: list[Connection] = [ours for ours, _ in pairs]
        plans: list[Plan] = []
        writers = serve(ends, self.emulator, chance, lambda text: plans.append(self._read(text)))
        ended = []
        for pid, files in zip(pids, streams, strict=True):
            ended.append(self.stage.ended(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), files))
        self._judge_race(ended, writers, pids, patient=trouble.words[1] != "0s")
        self.struck += 1
        self.stage.planned += plans
        return self._seen(max(ended, key=lambda each: each.code))

    def _judge_race(self, ended: list[Ended], writers: list[int], pids: list[int], *, patient: bool) -> None:
        codes = sorted(each.code for each in ended)
        if codes[0] != 0 or (patient and codes[1] != 0):
            self.complaints.append(f"two applies ended with {codes}: {ended[0].err} {ended[1].err}")
        if writers != sorted(writers) and writers != sorted(writers, reverse=True):
            self.complaints.append(f"overwritten: both wrote at the same time: {writers}")
        if codes == [0, 1]:
            loser = ended[0] if ended[0].code else ended[1]
            winner = pids[1] if ended[0].code else pids[0]
            if f"process {winner}" not in loser.err:
                self.complaints.append(f"it does not say that process {winner} holds the lock: {loser.err}")

    # -- edits -------------------------------------------------------------------------------------------------

    def _editing(self, trouble: Trouble, road: Road) -> Act:
        _, name, word = trouble.words

        def act() -> None:
            planned = bool(self.stage.planned) and self.stage._road is road
            id = self.ids.get(name)
            if id is None or id not in self.scene.names() or self._says(id, word):
                return
            self.scene.edit(id, word)
            self.edits.append(Edit(id, word, len(self.emulator.requests), planned))
            if id in self.before.ours:
                self.before.ours[id].update(self.scene.rest(id))
            if id in self.before.foreign:
                self.before.foreign[id] = self.scene.shown(id)

        return act

    def _judge_edits(self) -> None:
        """Fail unless an edit is there still, but where the plan had shown it, or there was no telling."""
        for edit in self.edits:
            key, _ = self.scene.edits[edit.word]
            asked = self.emulator.requests
            about = [n for n, sent in enumerate(asked) if sent.path.rstrip("/").endswith(f"/{edit.id}")]
            reads = [n for n in about if asked[n].method == "GET" and n >= edit.at]
            writes = [n for n in about if asked[n].method != "GET" and n >= edit.at]
            seen_before_write = not writes or (bool(reads) and reads[0] < writes[0])
            if not (edit.planned and seen_before_write) or edit.id not in self.scene.names():
                continue
            if not self._says(edit.id, edit.word):
                now = self.scene.shown(edit.id)[key]
                self.complaints.append(f"overwritten: {key} of case {edit.id}, edited at request {edit.at}: {now}")

    def _says(self, id: int, word: str) -> bool:
        """Tell whether a case is as an edit makes it: one that changes nothing is none."""
        key, value = self.scene.edits[word]
        return str(self.scene.shown(id)[key]).lower() == str(value).lower()


def _refusing(disk: Disk, trouble: Trouble) -> Act:
    def act() -> None:
        if trouble.says("once"):
            raise OSError(ERRORS[trouble.kind], os.strerror(ERRORS[trouble.kind]))
        disk.refuse(ERRORS[trouble.kind])

    return act


def _both(first: Act, second: Act) -> Act:
    def act() -> None:
        first()
        second()

    return act


def _signalling(trouble: Trouble) -> Act:
    number: Any = getattr(signal, f"SIG{trouble.words[1]}")

    def act() -> None:
        for _ in range(1 + trouble.says("twice")):
            os.kill(os.getpid(), number)

    return act


def _writes(sent: Recorded) -> bool:
    return sent.executed and sent.method != "GET"
