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
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from reconciler.errors import LockHeld, StateError
from reconciler.state.files import make_folder, read_regular, replace_file
from reconciler.state.store import Holder

POLL: Final = 0.1
"""Seconds between two tries; short, so that a signal is answered at once."""

LOOKS: Final = 50
"""How often to look who holds the lock: one who has just taken it may not have written that down yet."""


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

    def remove(self, id: str) -> Holder:
        """Remove the note of a holder that is gone, and return it; raise LockHeld if it lives, else StateError."""
        if not self.path.exists():
            raise self._not_locked()
        lock = self._open()
        if not self._try(lock):
            raise self._alive(id)
        try:
            holder = self.holder()
            if holder is None:
                raise self._not_locked()
            if holder.id != id:
                raise StateError(
                    f"{self._state}: there is no lock {id}",
                    hint=f"what is left there is lock {holder.id}, of {holder.who} (process {holder.pid})",
                )
            self.info_path.unlink(missing_ok=True)
        finally:
            lock.release()
        return holder

    def _not_locked(self) -> StateError:
        return StateError(f"{self._state} is not locked", hint="There is nothing to unlock: go on.")

    def _alive(self, id: str) -> LockHeld:
        holder = self._seen()
        other = "" if holder is None or holder.id == id else f", and not by {id}"
        end = f"end process {holder.pid} ({holder.who})" if holder else "end the process that holds it"
        return LockHeld(
            f"{self._state} is locked by {holder or 'another process'}{other}. It is alive, so it keeps its lock",
            hint=f"Wait until it has ended, or {end}: the lock ends with its process.",
        )

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
        holder = self._seen()
        who = f"is locked by {holder}" if holder else "is locked by another process"
        return LockHeld(
            f"{self._state} {who}. Waited {waited:.0f} s",
            hint="Wait until it has ended, or wait longer with --lock-timeout 5m. "
            "The lock ends with its process: there is nothing to remove.",
        )

    def _seen(self) -> Holder | None:
        for _ in range(LOOKS):
            if holder := self.holder():
                return holder
            self._sleep(POLL)
        return None


def _user() -> str:
    """Return the user's name; containers run as users that have none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"
