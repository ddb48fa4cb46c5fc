"""
Runs the command within bounds of memory and time, each in a process of its own, forked where all is imported.

As a script it is the server: a line of JSON in, a line of JSON out. Importing costs 0.3 s and 60 MiB of address
space, a fork a few milliseconds and nothing, so what is measured is what the input costs:

memory    RLIMIT_AS of the child: what it has mapped when it is forked, and MEMORY more. Whoever wants more gets
          MemoryError, or dies of it in libyaml: both fail the test.
peak      what its resident memory grew by, for the record: ru_maxrss less what it had when it was forked
cpu       user and system time of the child; RLIMIT_CPU ends what loops, an alarm what waits
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.faults import forkserver

MEMORY: Final = 128 << 20
"""Bytes above the interpreter with all its imports."""
CPU: Final = 1.0
"""Seconds that reading any input may take."""
STUCK: Final = 20
"""Seconds after which a command that does not end is ended."""

_PAGE: Final = resource.getpagesize()
_ROOT: Final = Path(__file__).parents[2]
_MORE: Final = ("reconciler.cli.local", "reconciler.config.resolve", "reconciler.report.encoding")


@dataclass(frozen=True)
class Ran:
    """How a command ended; `code` is negative where a signal killed it."""

    code: int
    out: str
    err: str
    cpu: float
    peak: int
    """Bytes."""


class Bounded:
    """Runs commands in a folder, one after the other."""

    def __init__(self, scratch: Path) -> None:
        self._out, self._err = scratch / "out", scratch / "err"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.bounded"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Measuring coverage would be measured, too.
            env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
        )

    def run(self, folder: Path, env: Mapping[str, str], *arguments: str, memory: int | None = MEMORY) -> Ran:
        """`memory` None is for what starts threads: each maps 72 MiB that it does not use."""
        job = {
            "arguments": arguments,
            "folder": str(folder),
            "env": dict(env),
            "out": str(self._out),
            "err": str(self._err),
            "dies_at_sync": 0,
            "memory": memory,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Ran(out=self._out.read_text(), err=self._err.read_text(), **answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def main() -> None:
    for name in (*forkserver.PRELOADED, *_MORE):
        importlib.import_module(name)
    importlib.import_module("reconciler.providers.registry").provider_types()
    gc.freeze()
    for line in sys.stdin:
        job = json.loads(line)
        _, resident = _mapped()
        pid = os.fork() or _become(job)
        _, status, usage = os.wait4(pid, 0)
        answer: Mapping[str, Any] = {
            "code": os.waitstatus_to_exitcode(status),
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss * 1024 - resident,
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _become(job: dict[str, Any]) -> int:
    signal.alarm(STUCK)
    resource.setrlimit(resource.RLIMIT_CPU, (STUCK, STUCK))
    if job["memory"] is not None:
        most = _mapped()[0] + job["memory"]
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        return forkserver.run(job)
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(end.code or 0))  # taking all that was imported apart would cost ten times the fork


def _mapped() -> tuple[int, int]:
    """Return the bytes that this process has mapped, and those of them that are resident."""
    mapped, resident, *_ = map(int, Path("/proc/self/statm").read_text().split())
    return mapped * _PAGE, resident * _PAGE


if __name__ == "__main__":
    main()
