"""Measuring whole processes, and comparing two of them that ran in turn."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO, Final


@dataclass(frozen=True, slots=True)
class Sampled:
    """What one process took; in a bound, None where there is none."""

    wall: float | None = None
    """Seconds, from before it is started until it has ended."""
    cpu: float | None = None
    """Seconds, user and system, of all its threads."""
    peak: float | None = None
    """MiB, the most that it had in memory at once."""
    characters: float | None = None
    """What it wrote to stdout."""
    requests: float | None = None
    """What the server has counted …"""
    writes: float | None = None
    """… of them, those that write …"""
    bytes: float | None = None
    """… and what it has sent."""


METRICS: Final[Mapping[str, str]] = {
    "wall": "wall",
    "cpu": "CPU",
    "peak": "peak memory",
    "requests": "requests",
    "bytes": "bytes",
    "characters": "characters",
}
"""What is compared, and how it is called."""


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

    def __str__(self) -> str:
        if f"{self.low:.2f}" == f"{self.high:.2f}":
            return f"{self.middle:.2f}"
        return f"{self.middle:.2f} ({self.low:.2f} to {self.high:.2f})"


def ratio(pairs: Sequence[tuple[Sampled, Sampled]], metric: str) -> Spread | None:
    """Compare pair by pair, as what slows down one of a pair mostly slows down the other; None without figures."""
    figures = [(getattr(this, metric), getattr(that, metric)) for this, that in pairs]
    ratios = [this / that for this, that in figures if this and that and that > 0]
    return Spread.of(ratios) if ratios else None


def run(command: Sequence[str], *, folder: Path, env: Mapping[str, str], ends: int = 0) -> Sampled:
    """Run a command to its end and measure it; raise SystemExit with its words if that is not with code `ends`."""
    with tempfile.TemporaryFile() as written, tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=written, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != ends:
            said.seek(0)
            words = said.read().decode(errors="replace")
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}, not {ends}:\n{words}")
        return Sampled(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _UNITS_A_MIB, _characters(written))


def _characters(file: IO[bytes]) -> int:
    """Count them piece by piece: our own memory would be counted as that of the next process."""
    file.seek(0)
    return sum(len(piece.translate(None, _CONTINUATIONS)) for piece in iter(lambda: file.read(1 << 16), b""))


_CONTINUATIONS: Final = bytes(range(0x80, 0xC0))
"""The bytes of UTF-8 that begin no character."""
_UNITS_A_MIB: Final = 1024 * 1024 if sys.platform == "darwin" else 1024
"""The kernel counts the peak in KiB, that of macOS in bytes."""
