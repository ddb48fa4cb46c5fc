"""The real command in processes of its own, so that it can be killed; see forkserver."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from reconciler.providers.emulation import Recorded

PATIENCE = 60.0
"""Seconds after which something that should have happened has not."""


@dataclass(frozen=True)
class Ended:
    """How a command ended; `code` is negative where a signal killed it."""

    code: int
    out: str
    err: str


class Command:
    """One running command."""

    def __init__(self, server: Commands, pid: int, out: Path, err: Path) -> None:
        self._server = server
        self.pid = pid
        self._out = out
        self._err = err

    def wait(self) -> Ended:
        code = self._server.ask({"wait": self.pid})
        return Ended(code, self._out.read_text(), self._err.read_text())

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, and return when it is dead: no instruction of it is executed any more."""
        self.send(signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while not self._is_dead():
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def await_words(self, words: str) -> None:
        """Return when it has said these words on stderr."""
        deadline = time.monotonic() + PATIENCE
        while words not in self._err.read_text():
            assert time.monotonic() < deadline, self._err.read_text()
            time.sleep(0.01)

    def _is_dead(self) -> bool:
        try:
            status = Path(f"/proc/{self.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True
        return status.rpartition(")")[2].split()[0] == "Z"


class AtRequest:
    """Does something to a command at its nth request, before or after the request is executed."""

    def __init__(self, number: int, moment: Literal["before", "after"], act: Callable[[Command], object]) -> None:
        self._number = number
        self._moment = moment
        self._act = act
        self._seen = itertools.count(1)
        self._lock = threading.Lock()
        self._started = threading.Event()
        self._command: Command | None = None
        self.struck = False

    def __call__(self, moment: Literal["before", "after"], _: Recorded) -> None:
        if moment != self._moment:
            return
        with self._lock:
            if next(self._seen) != self._number:
                return
        assert self._started.wait(10)
        assert self._command is not None
        self.struck = True
        self._act(self._command)

    def watch(self, command: Command) -> Command:
        self._command = command
        self._started.set()
        return command


class Commands:
    """Starts commands in a folder."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("forkserver.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Who is killed cannot tell what was covered, and to measure the others would take twice the time.
            env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
        )

    def start(self, folder: Path, env: Mapping[str, str], *arguments: str) -> Command:
        self._count += 1
        out, err = (self._scratch / f"{self._count}.{end}" for end in ("out", "err"))
        job = {
            "arguments": arguments,
            "folder": str(folder),
            "env": dict(env),
            "out": str(out),
            "err": str(err),
        }
        return Command(self, self.ask({"start": job}), out, err)

    def run(self, folder: Path, env: Mapping[str, str], *arguments: str) -> Ended:
        return self.start(folder, env, *arguments).wait()

    def ask(self, request: Mapping[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
