"""
What Ctrl-C and SIGTERM mean.

a command that writes nothing     ends at once
apply, while it asks              ends; nothing has been written
apply, the first time             what is in flight is finished and recorded
apply, the second time            ends at once; the journal tells the next run what was in flight
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from reconciler.cli.faults import INTERRUPTED
from reconciler.errors import Interrupted

if TYPE_CHECKING:
    from reconciler.engine.stop import Stop

Handler = Callable[[int, FrameType | None], Any]

_STDERR: Final = 2
_SHOW_CURSOR: Final = "\x1b[?25h"
SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextlib.contextmanager
def handling(handler: Handler) -> Iterator[None]:
    """Answer signals with `handler` for a while; does nothing outside the main thread, which gets none."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def at_once(_number: int, _frame: FrameType | None) -> None:
    """End the process now. Buffers are left alone: flushing a full pipe could wait for ever."""
    _mutter("Interrupted.")
    os._exit(INTERRUPTED)


class Stopping:
    """Asks an apply to stop the first time, and stops it the second."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.asking = False
        """Set while the user is asked: nothing has been written, so there is nothing to finish."""

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Hear a signal."""
        if self.asking:
            raise Interrupted("interrupted; nothing was written")
        if self.stop.is_set():
            at_once(number, frame)
        self.stop.request()
        _mutter("Interrupted: finishing what is in flight; press Ctrl-C again to stop at once.")


def _mutter(text: str) -> None:
    """Write a line past the buffered stream, which this signal may have caught in the middle of a write."""
    with contextlib.suppress(OSError):
        cursor = _SHOW_CURSOR if os.isatty(_STDERR) else ""
        os.write(_STDERR, f"{cursor}\n{text}\n".encode())
