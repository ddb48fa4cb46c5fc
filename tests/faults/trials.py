"""Trials, from where they are asked for: a pytest, or `python -m tests.faults`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final, Self

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial went."""

    script: str
    seed: int
    wrong: tuple[str, ...]
    struck: int
    moments: tuple[str, ...]
    methods: tuple[str, ...]

    @property
    def replay(self) -> str:
        """The line that does it again."""
        how = f"python -m tests.faults replay {self.seed} '{self.script}'"
        return f"REPLAY seed={self.seed} script='{self.script}'   {how}"

    def __str__(self) -> str:
        return "\n  ".join((self.replay, *self.wrong))


class Trials:
    """Processes that run trials side by side."""

    def __init__(self, width: int = 1, *, package: Path = ROOT) -> None:
        self._servers = [_started(package) for _ in range(width)]
        self._free: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        for server in self._servers:
            self._free.put(server)

    def run(self, script: str, seed: int = 0) -> Outcome:
        """Run one trial."""
        server = self._free.get()
        try:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(json.dumps({"script": script, "seed": seed}) + "\n")
            server.stdin.flush()
            answer = server.stdout.readline()
            assert answer, f"the process that runs trials has died at {script}"
            data: dict[str, Any] = json.loads(answer)
        finally:
            self._free.put(server)
        return Outcome(script, seed, **{name: _frozen(value) for name, value in data.items()})

    def run_all(self, scripts: Iterable[tuple[str, int]]) -> list[Outcome]:
        """Run many, in any order."""
        with ThreadPoolExecutor(len(self._servers)) as pool:
            return list(pool.map(lambda job: self.run(*job), scripts))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.communicate()


def _started(package: Path) -> subprocess.Popen[str]:
    """Start a server that tries the product as it is in the folder `package`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.trialserver"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=package,
        env={**env, "PYTHONPATH": str(package)},
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
