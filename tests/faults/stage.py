"""The command in this process, over an emulated system, on a watched disk, with waits that take no time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Final

from reconciler import cli
from reconciler.cli.apply import Question
from reconciler.engine.stop import Stop
from reconciler.engine.surroundings import Surroundings
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.report.jsonplan import write_plan
from reconciler.workspace import Workspace
from tests.faults.road import Road

NAP: Final = 0.001
"""Seconds that the longest wait really takes."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended; `code` is negative where a signal killed it."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        return self.out + self.err


@dataclass
class Stage:
    """
    One workspace, ready to be run in; what it changes in the product holds for the rest of the process.

    `planned` are the plans that were shown in the last run.
    """

    root: Path
    env: Mapping[str, str]
    planned: list[Plan] = field(default_factory=list)
    tells: Callable[[str], object] | None = None
    """Who is told of a plan besides, as the text of its file."""
    _slept: float = 0.0
    _road: Road | None = None
    _runs: int = 0

    INSTALLED: ClassVar[list[Stage]] = []

    def __post_init__(self) -> None:
        if not self.INSTALLED:
            _install()
        self.INSTALLED.append(self)

    def run(self, road: Road, *arguments: str) -> Ended:
        """Run the command here; its streams are files, as a shell would have it."""
        self._road = road
        self.planned.clear()
        streams = self.streams()
        with _redirected(*streams), _environment(self.env, self.root):
            code = cli.main(list(arguments))
        return self.ended(code, streams)

    def streams(self) -> tuple[Path, Path]:
        """Return two new files for the streams of a run."""
        self._runs += 1
        return (self.root.parent / f"{self._runs}.out", self.root.parent / f"{self._runs}.err")

    def ended(self, code: int, streams: Sequence[Path]) -> Ended:
        out, err = (path.read_bytes().decode("utf-8", "backslashreplace") for path in streams)
        return Ended(code, out, err)

    def become(self, road: Road, streams: tuple[Path, Path], *arguments: str) -> int:
        """Run the command in this process, which is to end with it; returns the exit code."""
        self._road = road
        _redirect(*streams)
        os.environ.clear()
        os.environ.update(self.env)
        os.chdir(self.root)
        code = cli.main(list(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
        return code

    def furnished(self, workspace: Workspace) -> Workspace:
        """Give a workspace this road, and this clock."""
        stop = workspace.stop
        around = Surroundings(
            sleep=stop.sleep, stop=stop.is_final, clock=self._clock, jitter=lambda longest: longest / 2
        )
        return replace(workspace, transports=lambda _: self._road, around=around)

    def slept(self, seconds: float) -> None:
        self._slept += seconds
        time.sleep(min(seconds, NAP))

    def noted(self, plan: Plan) -> None:
        self.planned.append(plan)
        if self.tells is not None:
            self.tells("".join(write_plan(plan)))

    def _clock(self) -> float:
        return time.monotonic() + self._slept


def _install() -> None:
    """Put the stage that was set up last beneath whatever opens a workspace, waits, or shows a plan."""
    opened, asked = Workspace.open, Question.__call__
    check = Stop.check

    def open_(*arguments: Any, **options: Any) -> Workspace:
        return Stage.INSTALLED[-1].furnished(opened(*arguments, **options))

    def ask(question: Question, plan: Plan) -> bool:
        Stage.INSTALLED[-1].noted(plan)
        return asked(question, plan)

    def sleep(stop: Stop, seconds: float) -> None:
        if not stop._finishing:
            check(stop)
        Stage.INSTALLED[-1].slept(seconds)

    for owner, name, instead in ((Workspace, "open", open_), (Question, "__call__", ask), (Stop, "sleep", sleep)):
        setattr(owner, name, instead)


def operations(plan: Plan) -> Iterator[Operation]:
    """Yield every request that a plan shows, what may be sent instead too."""
    todo = [operation for change in plan.changes for operation in change.operations]
    while todo:
        operation = todo.pop()
        yield operation
        todo += operation.otherwise


@contextmanager
def _environment(env: Mapping[str, str], folder: Path) -> Iterator[None]:
    before, place = dict(os.environ), Path.cwd()
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _redirected(out: Path, err: Path) -> Iterator[None]:
    streams, kept = (sys.stdout, sys.stderr), (os.dup(1), os.dup(2))
    for stream in streams:
        stream.flush()
    _redirect(out, err)
    try:
        yield
    finally:
        sys.stdout.close()
        sys.stderr.close()
        sys.stdout, sys.stderr = streams
        for number, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)


def _redirect(out: Path, err: Path) -> None:
    for number, path in enumerate((out, err), start=1):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
