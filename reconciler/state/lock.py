"""
One writer at a time: the kernel's lock on `<state>.lock`, and who holds it in `<state>.lock.info`.

The kernel frees its lock when the holder dies, however it dies, so there is nothing to clean up and no lease to
guess. The info file only tells people; one that a killed holder left is overwritten by the next.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from reconciler.errors import LockHeld, StateError
from reconciler.state.files import make_folder, read_regular, replace_file

POLL: Final = 0.1
"""Seconds between two tries; short, so that a signal is answered at once."""

LOOKS: Final = 50
"""How often to look who holds the lock: one who has just taken it may not have written that down yet."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock, for a person to read."""

    id: str
    operation: str
    who: str
    pid: int
    created: str
    """ISO 8601, UTC."""

    def __str__(self) -> str:
        return f"{self.who} (process {self.pid}) since {self.created}, for {self.operation} (lock {self.id})"


class Lock:
    """The lock of one state file."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], object],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path.with_name(f"{path.name}.lock")
        self.info_path = path.with_name(f"{path.name}.lock.info")
        self._state = path
        self._clock = clock
        self._sleep = sleep
        self._monotonic = monotonic

    @contextmanager
    def held(self, *, operation: str, timeout: float) -> Iterator[None]:
        """Hold the lock; raise LockHeld after `timeout` seconds. What `sleep` raises ends the wait."""
        lock = self._acquire(timeout)
        try:
            self._announce(operation)
            yield
        finally:
            with contextlib.suppress(OSError):
                self.info_path.unlink(missing_ok=True)
            lock.release()

    def holder(self) -> Holder | None:
        """Return who said to hold the lock; None where that cannot be read."""
        try:
            return Holder(**json.loads(read_regular(self.info_path) or b""))
        except (StateError, ValueError, TypeError):
            return None

    def _acquire(self, timeout: float) -> BaseFileLock:
        lock = self._open()
        started = self._monotonic()
        while not self._try(lock):
            waited = self._monotonic() - started
            if waited >= timeout:
                raise self._held(waited)
            self._sleep(min(POLL, timeout - waited))
        return lock

    def _open(self) -> BaseFileLock:
        try:
            make_folder(self.path)
        except OSError as error:
            raise self._unusable(error.strerror) from error
        return FileLock(self.path, thread_local=False)

    def _try(self, lock: BaseFileLock) -> bool:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        except (OSError, NotImplementedError) as error:
            raise self._unusable(getattr(error, "strerror", None) or str(error)) from error
        self._require_kernel_lock(lock)
        return True

    def _require_kernel_lock(self, lock: BaseFileLock) -> None:
        """Refuse what filelock falls back to where there is no flock: nobody frees that after a kill."""
        if isinstance(lock, SoftFileLock):
            lock.release()
            raise self._unusable("this file system has no locks")

    def _unusable(self, reason: str | None) -> StateError:
        return StateError(
            f"{self.path} cannot be locked: {reason}. Nothing was changed",
            hint="Make the folder of the state writable, or set `state: path:` to a place on a local disk.",
        )

    def _announce(self, operation: str) -> None:
        """Write who holds the lock; that nobody can read it is no reason to stop."""
        holder = Holder(
            id=str(uuid.uuid4()),
            operation=operation,
            who=f"{_user()}@{socket.gethostname()}",
            pid=os.getpid(),
            created=self._clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        with contextlib.suppress(OSError):
            replace_file(self.info_path, json.dumps(asdict(holder), indent=2).encode() + b"\n", mode=0o644)

    def _held(self, waited: float) -> LockHeld:
        for _ in range(LOOKS):
            if holder := self.holder():
                break
            self._sleep(POLL)
        who = f"is locked by {holder}" if holder else "is locked by another process"
        return LockHeld(
            f"{self._state} {who}. Waited {waited:.0f} s",
            hint="Wait until it has ended, or wait longer with --lock-timeout 5m. "
            "The lock ends with its process: there is nothing to remove.",
        )


def _user() -> str:
    """Return the user's name; containers run as users that have none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"
