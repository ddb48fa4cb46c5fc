"""Measuring whole processes, and comparing two of them that ran in turn."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Sampled:
    """What one process took."""

    wall: float
    """Seconds, from before it is started until it has ended."""
    cpu: float
    """Seconds, user and system, of all its threads."""
    peak: float
    """MiB, the most that it had in memory at once."""
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of several figures, and the two outermost."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """Sum up some figures."""
        return cls(median(figures), min(figures), max(figures))

    @classmethod
    def of_ratios(cls, these: Sequence[float], those: Sequence[float]) -> Spread:
        """Compare pair by pair: what slowed down one of a pair has mostly slowed down the other."""
        return cls.of([this / that for this, that in zip(these, those, strict=True)])

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f} to {self.high:.2f})"


def run(command: Sequence[str], *, folder: Path, env: Mapping[str, str]) -> Sampled:
    """Run a command to its end and measure it; raise SystemExit with its words if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    with process.stderr:
        said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{said.decode(errors='replace')}")
    return Sampled(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _UNITS_A_MIB)


_UNITS_A_MIB = 1024 * 1024 if sys.platform == "darwin" else 1024
"""The kernel counts the peak in KiB, that of macOS in bytes."""
