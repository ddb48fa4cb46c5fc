"""How far the engine is, on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TextIO

from reconciler.report.hostile import inline

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

Say = Callable[[str], None]
Clock = Callable[[], float]

EVERY_SECONDS: Final = 10.0
"""How often a job's log tells how far it is."""
REDRAW_SECONDS: Final = 0.1


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

    It is drawn by those who advance it, at most ten times a second: a thread of its own could fail where nobody
    catches it.
    """

    def __init__(self, stream: TextIO, say: Say, *, clock: Clock = time.monotonic) -> None:
        self._stream = stream
        self._say = say
        self._clock = clock
        self._lock = threading.RLock()
        self._bar: RichProgress | None = None
        self._drawn = clock()

    def begin(self, what: str, total: int | None) -> None:
        """Show a bar, in place of the one before."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            self.end()
            self._bar = _bar(self._stream)
            self._bar.add_task(inline(what, 60), total=total)
            self._bar.start()
            self._draw()

    def advance(self, count: int = 1) -> None:
        """Count, and draw unless that was done just now."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self._bar is None:
                return
            self._bar.advance(self._bar.task_ids[0], count)
            if self._clock() - self._drawn >= REDRAW_SECONDS:
                self._draw()

    def end(self) -> None:
        """Take the bar away."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            bar, self._bar = self._bar, None
            if bar is not None:
                bar.stop()

    def say(self, text: str) -> None:
        """Tell a line without a bar in it; the bar comes back with the next step."""
        with self._lock:
            self._say(text)

    def _draw(self) -> None:
        if self._bar is not None:
            self._bar.refresh()
            self._drawn = self._clock()


def _bar(stream: TextIO) -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(file=stream, force_terminal=True, legacy_windows=False)
    return Progress(*columns, console=console, transient=True, auto_refresh=False, redirect_stdout=False)
