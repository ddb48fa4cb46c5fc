"""How far the engine is, on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import math
import shutil
import threading
import time
from collections.abc import Callable
from typing import Final, TextIO

from reconciler.report.hostile import inline

Say = Callable[[str], None]
Clock = Callable[[], float]

EVERY_SECONDS: Final = 10.0
"""How often a job's log tells how far it is."""
REDRAW_SECONDS: Final = 0.2

_LENGTH: Final = 30
"""Characters of a bar."""
_FAST: Final = 10
"""Steps a second from which on tenths of them say nothing."""
_REST_ERASED: Final = "\x1b[K"
_ERASED: Final = f"\r{_REST_ERASED}"


class PlainLines:
    """A line when a stage begins, and one every ten seconds."""

    def __init__(self, note: Say, say: Say, *, clock: Clock = time.monotonic) -> None:
        self._note = note
        self.say = say
        self._clock = clock
        self._lock = threading.RLock()
        self._what, self._total, self._done, self._told = "", "", 0, clock()

    def begin(self, what: str, total: int | None) -> None:
        """Name the stage."""
        with self._lock:
            self._what, self._total = what, "" if total is None else f" of {total}"
            self._done, self._told = 0, self._clock()
            self._note(f"{what} …")

    def expect(self, total: int) -> None:
        """Tell from now on of how many."""
        with self._lock:
            self._total = f" of {total}"

    def advance(self, count: int = 1) -> None:
        """Count, and tell it if the last word was long ago."""
        with self._lock:
            self._done += count
            if self._clock() - self._told >= EVERY_SECONDS:
                self._told = self._clock()
                self._note(f"{self._what}: {self._done}{self._total}")

    def end(self) -> None:
        """Say no more about the stage."""


class Bars:
    """
    A bar for the stage at hand, gone when it ends.

    It is drawn by those who advance it, at most five times a second: a thread of its own could fail where nobody
    catches it. It is drawn by hand: to load rich for it takes as long as many a run.
    """

    def __init__(
        self,
        stream: TextIO,
        say: Say,
        *,
        clock: Clock = time.monotonic,
        width: Callable[[], int] = lambda: shutil.get_terminal_size().columns,
    ) -> None:
        self._stream = stream
        self._say = say
        self._clock = clock
        self._width = width
        self._lock = threading.RLock()
        self._what: str | None = None
        self._total: int | None = None
        self._done = 0
        self._began = self._drawn = clock()

    def begin(self, what: str, total: int | None) -> None:
        """Show a bar, in place of the one before."""
        with self._lock:
            self._what, self._total, self._done = inline(what, 60), total, 0
            self._began = self._drawn = self._clock()
            self._draw()

    def expect(self, total: int) -> None:
        """Show from now on how much is left."""
        with self._lock:
            self._total = total
            self._draw()

    def advance(self, count: int = 1) -> None:
        """Count, and draw unless that was done just now."""
        with self._lock:
            self._done += count
            now = self._clock()
            if now - self._drawn >= REDRAW_SECONDS:
                self._drawn = now
                self._draw()

    def end(self) -> None:
        """Take the bar away."""
        with self._lock:
            if self._what is not None:
                self._what = None
                self._write(_ERASED)

    def say(self, text: str) -> None:
        """Tell a line without a bar in it; the bar comes back with the next step."""
        with self._lock:
            if self._what is not None:
                self._write(_ERASED)
            self._say(text)

    def _draw(self) -> None:
        if self._what is not None:
            shown = bar(self._what, self._done, self._total, self._drawn - self._began)
            # The last column stays free: a terminal may begin a new line where it is used.
            self._write(f"\r{shown[: max(self._width() - 1, 0)]}{_REST_ERASED}")

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def bar(what: str, done: int, total: int | None, seconds: float) -> str:
    """
    Return how far a stage is after so many seconds.

        Reading soc ━━━━━━━━━━────────────────────  3000/9000  1500/s  0:04 left
    """
    rate = done / seconds if seconds > 0 else 0.0
    pace = f"  {rate:.{0 if rate >= _FAST else 1}f}/s" if rate else ""
    if total is None:
        return f"{what}  {done}{pace}"
    full = _LENGTH * min(done, total) // total if total else _LENGTH
    left = f"  {_clock_face((total - done) / rate)} left" if rate and done <= total else ""
    return f"{what} {'━' * full}{'─' * (_LENGTH - full)}  {done}/{total}{pace}{left}"


def _clock_face(seconds: float) -> str:
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
