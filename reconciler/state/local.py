"""
The state of a workspace in a folder on this machine.

    acme.json             the snapshot        replaced whole
    acme.json.backup      the one before it
    acme.json.journal     what was done since; there only during an apply, or after one that was killed
    acme.json.lock        the kernel's lock   acme.json.lock.info says who holds it
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from reconciler.errors import StateError
from reconciler.model.fields import Schema
from reconciler.model.record import State
from reconciler.state.codec import encode
from reconciler.state.files import (
    make_folder,
    opened,
    read_regular,
    replace_file,
    replacement,
    sweep,
    sync_folder,
)
from reconciler.state.journal import JournalFile, Replay, read_journal
from reconciler.state.lock import Lock
from reconciler.state.reading import read
from reconciler.state.store import NO_CASES, Cases, Holder, Intent


def utc_now() -> datetime:
    """Return the time of day."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the folder holds at one moment."""

    content: bytes | None = None
    snapshot: State | None = None
    journal: Replay | None = None

    @property
    def replay(self) -> Replay | None:
        """The journal, if it comes after the snapshot."""
        if self.snapshot is None or self.journal is None or not self.journal.follows(self.snapshot):
            return None
        return self.journal

    @property
    def state(self) -> State | None:
        """The snapshot with its journal."""
        if self.snapshot is None or self.replay is None:
            return self.snapshot
        return self.replay.applied_to(self.snapshot)


class LocalStore:
    """
    Keeps a state in a file; a `Store`.

    `schemas`, by provider type, bring recorded values back into their normal form. `sleep` waits between two tries
    for the lock; it may raise to end the wait.
    """

    def __init__(
        self,
        path: Path,
        schemas: Mapping[str, Schema],
        *,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.path = _behind_link(path)
        self.backup_path = self.path.with_name(f"{self.path.name}.backup")
        self.journal_path = self.path.with_name(f"{self.path.name}.journal")
        self._schemas = schemas
        self._lock = Lock(self.path, clock=clock, sleep=sleep)
        self._journal: JournalFile | None = None

    def read(self, *, beside: Cases = NO_CASES) -> State | None:
        """Return the snapshot with the journal replayed; right also while another process applies."""
        return self._kept(beside=beside).state

    def open_intents(self) -> tuple[Intent, ...]:
        """Return the requests, by number, that were announced and neither done nor failed."""
        if not self.journal_path.exists():
            return ()
        replay = self._kept().replay
        return tuple(replay.open[number] for number in sorted(replay.open)) if replay else ()

    def lock(self, *, operation: str, timeout: float) -> AbstractContextManager[None]:
        """Keep others from writing; raise LockHeld naming the holder after `timeout` seconds."""
        return self._locked(operation, timeout)

    def begin(self, state: State) -> JournalFile:
        """Save the state if it is the first, then open the journal; go on with what an interrupted apply left."""
        kept = self._kept()
        if kept.state is not None:
            self._require_lineage(kept.state, state)
            self._require_serial(state, at_least=kept.state.serial)
        with self._explained("the journal cannot be begun, so nothing was sent"):
            self._journal = self._open_journal(kept, state)
        return self._journal

    def save(self, state: State, *, overriding: bool = False) -> None:
        """Replace the snapshot, keep the one before as backup, then close and drop the journal."""
        kept = self._kept(whole=True)
        if kept.state is not None and kept.snapshot is not None and not overriding:
            self._require_lineage(kept.state, state)
            last = kept.replay or kept.snapshot
            self._require_serial(state, at_least=last.serial + 1)
        with self._explained(
            "the state could not be saved. The one before it is unchanged, what was done since stands in its "
            "journal, and the next command reads both"
        ):
            self._replace(state, previous=kept.content)
            self._drop_journal(kept)

    def fold(self) -> State | None:
        """Return the newest state, saved: what a killed apply did is no longer in its journal only."""
        kept = self._kept()
        if kept.state is not None and kept.state != kept.snapshot:
            self.save(kept.state)
        return kept.state

    def pull(self) -> bytes | None:
        """Return the snapshot to the byte; with what a journal holds beyond it, as it would be saved."""
        kept = self._kept(whole=True)
        return kept.content if kept.state is None or kept.state == kept.snapshot else encode(kept.state)

    def unlock(self, id: str) -> Holder:
        """Remove the note of a holder that is gone, and return it; raise LockHeld or StateError."""
        return self._lock.remove(id)

    @contextmanager
    def _locked(self, operation: str, timeout: float) -> Iterator[None]:
        with self._lock.held(operation=operation, timeout=timeout):
            sweep(self.path)
            yield

    # reading

    def _kept(self, *, whole: bool = False, beside: Cases = NO_CASES) -> _Kept:
        """Return what the folder holds, the content of the snapshot only if the `whole` is asked for."""
        content, snapshot, journal = self._read_files(beside, whole=whole)
        lines = read_journal(journal, self._schemas, source=str(self.journal_path)) if journal else None
        if snapshot is None and lines and not lines.is_empty:
            raise StateError(
                f"{self.path} is missing, but {self.journal_path} holds what an interrupted apply did",
                hint=f"{self._way_back()} To begin anew, remove the journal too.",
            )
        return _Kept(content, snapshot, lines)

    def _read_files(self, beside: Cases, *, whole: bool) -> tuple[bytes | None, State | None, bytes | None]:
        """
        Read a snapshot and the journal beside it.

        Between the two reads another process may have saved and begun a new journal. A snapshot that is the same
        file before and after, which nobody else can be while we have it open, was there all the time.
        """
        while True:
            with opened(self.path) as file:
                before = _identity(os.fstat(file.fileno())) if file else None
                content = file.read() if file and whole else None
                snapshot = self._decoded(file, beside) if file else None
                journal = read_regular(self.journal_path)
                if self._there() == before:
                    return content, snapshot, journal

    def _there(self) -> tuple[int, ...] | None:
        """Return which file the snapshot is now, None if there is none."""
        with suppress(FileNotFoundError):
            return _identity(os.stat(self.path))  # noqa: PTH116 (beside the other system calls)
        return None

    def _decoded(self, file: BinaryIO, beside: Cases) -> State:
        file.seek(0)
        return read(file, self._schemas, source=str(self.path), hint=self._way_back, beside=beside)

    def _way_back(self) -> str:
        if self.backup_path.is_file():
            return f"Put the state before it back with: cp {self.backup_path} {self.path}"
        return "There is no backup beside it; restore it from version control or from your own backups."

    # writing

    def _open_journal(self, kept: _Kept, state: State) -> JournalFile:
        if kept.replay is not None:
            return JournalFile.resume(self.journal_path, kept.replay)
        if kept.journal is not None and kept.journal.lineage != state.lineage and not kept.journal.is_empty:
            self._put_aside()
        if kept.snapshot is None:
            self._replace(state, previous=None)
        return JournalFile.create(self.journal_path, kept.snapshot or state)

    def _put_aside(self) -> None:
        """Keep a journal of another history: its state may come back, and nothing else knows what it says."""
        self.journal_path.replace(self.journal_path.with_name(f"{self.journal_path.name}.other"))

    def _drop_journal(self, kept: _Kept) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        if kept.replay is not None:
            self.journal_path.unlink(missing_ok=True)

    def _replace(self, state: State, *, previous: bytes | None) -> None:
        """Replace the snapshot; the new one is on the disk before the backup of the old one is touched."""
        make_folder(self.path)
        with replacement(self.path, encode(state)) as temporary:
            if previous is not None:
                replace_file(self.backup_path, previous)
            os.replace(temporary, self.path)  # noqa: PTH105 (beside the other system calls)
        sync_folder(self.path.parent)

    def _require_lineage(self, kept: State, state: State) -> None:
        if kept.lineage != state.lineage:
            raise StateError(
                f"{self.path} belongs to another history (lineage {kept.lineage}, not {state.lineage})",
                hint="Set another `state: path:`, or move that file away if it is not needed.",
            )

    def _require_serial(self, state: State, *, at_least: int) -> None:
        if state.serial < at_least:
            raise StateError(
                f"{self.path} has changed since it was read: what was to be saved is serial {state.serial}, "
                f"but must be {at_least} or later",
                hint="Plan and apply again.",
            )

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateError(
                f"{self.path}: {what}: {error.strerror or error}",
                hint="Free some space or make the folder writable, then run the same command again.",
            ) from error


def _identity(about: os.stat_result) -> tuple[int, ...]:
    """Return what differs between two files, and between a file and what it is when somebody has written to it."""
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns


def _behind_link(path: Path) -> Path:
    """Return what a link points to: a rename would replace the link, and others look for the lock there."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path
