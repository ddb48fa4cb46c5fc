"""
What was understood of case files, kept from run to run: one file a workspace, and never trusted over the content.

    understood … understood    index of them    end: where the index stands, and its checksum

What is kept of a case file is found by the hash of what stands in it, within a namespace: the hash of everything
else that its meaning depends on. Whatever is not as it should be here (cut, altered, of somebody else, of another
release, not to be written) is as if it were not there: a run takes longer, and comes to the same end.

A new file takes the place of the old one at once, so that processes which run side by side never see half of one.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from reconciler.private import cache_folder, open_folder, require_our_file

VARIABLE: Final = "RECONCILER_CACHE_DIR"
"""Names another folder; if it is empty, nothing is kept and nothing that was is looked at."""

MAX_BYTES: Final = 512 * 1024 * 1024
"""Of one workspace, beyond which nothing is added."""
MAX_TOTAL: Final = 1024 * 1024 * 1024
"""Bytes of all workspaces: those that were not used for longest go first."""
_STALE: Final = 30 * 24 * 3600.0
"""Seconds after which what nobody used goes in any case."""
_MOST_AT_ONCE: Final = 64 * 1024 * 1024
"""Bytes of the index, and of what is kept of one case file, which is no larger than 16 MiB."""
_BUFFER: Final = 1024 * 1024

_END: Final = struct.Struct(">QQ32s")

Span: TypeAlias = tuple[int, int, str]
"""Offset, length and checksum of what is kept of a file."""


def folder(env: Mapping[str, str]) -> Path | None:
    """Return where it is kept; None for nowhere."""
    named = env.get(VARIABLE)
    if named is None:
        return cache_folder(env, "cases")
    return Path(named, "cases").absolute() if named else None


class Kept:
    """What is kept of one workspace: nothing here raises, and nothing is kept where there is no folder."""

    def __init__(self, old: _Stored | None, new: _Draft | None, say: Callable[[str], object]) -> None:
        self._old = old
        self._new = new
        self._say = say
        self._used: dict[str, Span] = {}

    def get(self, key: str) -> bytes | None:
        """Return what is kept of a file with this content."""
        found = self._old.read(key) if self._old else None
        if self._old and found is not None:
            self._used[key] = self._old.spans[key]
            if self._new and self._new.is_begun:
                self._write(key, found)
        return found

    @property
    def takes(self) -> bool:
        """Tell whether anything can be kept."""
        return self._new is not None

    def put(self, key: str, data: bytes) -> None:
        """Keep something from now on, together with all that was asked for and found."""
        self._used.pop(key, None)
        if self._new and not self._new.is_begun:
            for used in self._used:
                self._write(used, self._old.read(used) if self._old else None)
        self._write(key, data)

    def _write(self, key: str, data: bytes | None) -> None:
        try:
            if self._new and data is not None:
                self._new.write(key, data)
        except OSError as error:
            self._give_up(error)

    def finish(self) -> None:
        """Let what was put take the place of what was there."""
        try:
            if self._new and self._new.is_begun:
                self._new.finish()
            elif self._old:
                self._old.touch()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._say(f"what was understood of the case files is not kept: {error.strerror}")
        self.close()

    def close(self) -> None:
        """Close the files; what was put is lost unless it was finished."""
        old, new = self._old, self._new
        self._old = self._new = None
        for each in (old, new):
            if each:
                each.close()


@dataclass(frozen=True, slots=True)
class Cache:
    """Where it is kept, and who is told that it is not."""

    folder: Path | None = None
    """None: nowhere, which nobody is told."""
    say: Callable[[str], object] = lambda _: None

    @contextmanager
    def opened(self, root: Path, namespace: str | None) -> Iterator[Kept]:
        """Open what is kept of a workspace; without a namespace nothing is."""
        if self.folder is None or namespace is None:
            yield Kept(None, None, self.say)
            return
        try:
            place = open_folder(self.folder)
        except OSError as error:
            self.say(f"what was understood of the case files is not kept: {self.folder}: {error.strerror}")
            yield Kept(None, None, self.say)
            return
        name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:32]
        kept = Kept(_stored(place, name, namespace), _Draft(place, name, namespace), self.say)
        try:
            yield kept
        finally:
            kept.close()
            os.close(place)


NOT_KEPT: Final = Cache()


# ------------------------------------------------------------------------------------ reading


class _Stored:
    """What an earlier run has kept."""

    def __init__(self, file: int, namespace: str) -> None:
        """Read the index; raise OSError or ValueError."""
        self._file = file
        found = os.fstat(file)
        require_our_file(found)
        self.spans: Mapping[str, Span] = _spans(_index(file, found.st_size), namespace)

    def read(self, key: str) -> bytes | None:
        """Return what is kept under a key, if it is whole."""
        if (span := self.spans.get(key)) is None:
            return None
        try:
            offset, length, checksum = span
            found = os.pread(self._file, min(length, _MOST_AT_ONCE), offset)
            return found if _checksum(found) == checksum else None
        except (OSError, ValueError, TypeError, OverflowError):
            return None

    def touch(self) -> None:
        """Note that it is of use."""
        os.utime(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _stored(place: int, name: str, namespace: str) -> _Stored | None:
    """Return what is kept under a name, if it can be used."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
    except OSError:
        return None
    try:
        return _Stored(file, namespace)
    except (OSError, ValueError, RecursionError):
        os.close(file)
        return None


def _index(file: int, size: int) -> bytes:
    """Return the index as it stands; raise OSError or ValueError."""
    end = os.pread(file, _END.size, max(size - _END.size, 0))
    if len(end) != _END.size:
        raise ValueError("it was cut")
    offset, length, checksum = _END.unpack(end)
    if length > _MOST_AT_ONCE or offset + length + _END.size != size:
        raise ValueError("it was cut, or altered")
    found = os.pread(file, length, offset)
    if hashlib.sha256(found).digest() != checksum:
        raise ValueError("it was altered")
    return found


def _spans(index: bytes, namespace: str) -> Mapping[str, Span]:
    read: Any = json.loads(index)
    if not isinstance(read, list) or read[:1] != [namespace] or not isinstance(read[-1], dict):
        raise ValueError("it is about other settings, or another release")
    return read[-1]


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


# ------------------------------------------------------------------------------------ writing


class _Draft:
    """What the next run will find; every method but `close` may raise OSError."""

    def __init__(self, place: int, name: str, namespace: str) -> None:
        self._place = place
        self._name = name
        self._namespace = namespace
        self._temporary = f".{name}.{secrets.token_hex(4)}.tmp"
        self._file: IO[bytes] | None = None
        self._spans: dict[str, Span] = {}
        self._size = 0

    @property
    def is_begun(self) -> bool:
        """Tell whether anything was written."""
        return self._file is not None

    def write(self, key: str, data: bytes) -> None:
        """Add something as long as there is room."""
        file = self._file or self._begin()
        if self._size + len(data) <= MAX_BYTES:
            file.write(data)
            self._spans[key] = (self._size, len(data), _checksum(data))
            self._size += len(data)

    def _begin(self) -> IO[bytes]:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(self._temporary, flags, 0o600, dir_fd=self._place)
        self._file = open(descriptor, "wb", buffering=_BUFFER)  # noqa: SIM115, PTH123 - closed by `close`
        return self._file

    def finish(self) -> None:
        """Put what was begun in place of what was there, and remove what is no longer of use."""
        assert self._file is not None
        index = json.dumps([self._namespace, self._spans], separators=(",", ":")).encode()
        self._file.write(index + _END.pack(self._size, len(index), hashlib.sha256(index).digest()))
        self._file.flush()
        os.rename(self._temporary, self._name, src_dir_fd=self._place, dst_dir_fd=self._place)
        _sweep(self._place)

    def close(self) -> None:
        """Remove what was not finished."""
        if self._file is None:
            return
        with suppress(OSError):
            os.unlink(self._temporary, dir_fd=self._place)
        with suppress(OSError):
            self._file.close()


def _sweep(place: int) -> None:
    """Remove what was not used for long, and beyond what all may take; also what killed runs have left."""
    total, now = 0, time.time()
    for found, name in sorted(_files(place), key=lambda each: each[0].st_mtime, reverse=True):
        total += found.st_size
        if total > MAX_TOTAL or now - found.st_mtime > _STALE:
            with suppress(OSError):
                os.unlink(name, dir_fd=place)


def _files(place: int) -> Iterator[tuple[os.stat_result, str]]:
    for name in os.listdir(place):
        with suppress(OSError):
            found = os.stat(name, dir_fd=place, follow_symlinks=False)
            if stat.S_ISREG(found.st_mode):
                yield found, name
