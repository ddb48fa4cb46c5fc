"""
The tally of all processes of this user on this machine that ask the same tenant, as a small file.

    XDG_CACHE_HOME or ~/.cache / reconciler / limits / <hash of the boot and the address>

    next number · end of the pause · CAPACITY times          each eight bytes; see `Tally` for what the times mean

The kernel's lock on it is held for a few microseconds a request, and ends with its holder, however that dies.
What a killed process leaves is a request on its way, which counts as one that arrived as late as can be. The
times are those of the clock that all processes of one boot share and that nobody can set; the boot is part of the
name, so that neither the times of an earlier one nor those of another machine with the same home are believed. The
folder is not the runtime directory of a session: jobs of cron have none, and would count apart.

The lock is flock itself: a FileLock opens its file each time, and takes seventeen times as long (106 to 6 µs).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import math
import os
import platform
import struct
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from reconciler.engine.ratelimit import CAPACITY, LATEST, NEVER
from reconciler.private import cache_folder, open_folder, require_our_file, unusable
from reconciler.state.files import write_all

_HEAD: Final = struct.Struct("=qd")
_TIME: Final = struct.Struct("=d")
_SIZE: Final = _HEAD.size + CAPACITY * _TIME.size

_CLOSED: Final = -1
"""No file has this number, so that nothing is written to the next one that gets ours."""

_TRIES: Final = 1000
_BETWEEN: Final = 0.001
"""Seconds. Who holds the lock for longer than all tries take was stopped while it did."""

_STALE: Final = 24 * 3600.0
"""Seconds after which a tally that nobody used is removed."""

_LONGEST_PAUSE: Final = 3600.0
"""Seconds; nobody here pauses for longer."""

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def folder(env: Mapping[str, str]) -> Path | None:
    """Return where tallies are kept; None where the environment names no place of this user's."""
    return cache_folder(env, "limits")


def boot() -> str:
    """Return what is another on every machine and after every start of it, as far as the system says."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return platform.node()


class SharedTally:
    """The tally of the tenant at an address. Every method may raise OSError, after which it is of no more use."""

    def __init__(
        self,
        folder: Path,
        url: str,
        *,
        boot: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Open it, and remove those that nobody has used for a day."""
        self._clock = clock
        self._sleep = sleep
        name = hashlib.sha256(f"{boot}\n{httpx.URL(url)}".encode()).hexdigest()[:32]
        place = open_folder(folder)
        try:
            self._file = self._opened(place, name)
            _sweep(place)
        finally:
            os.close(place)

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, _CLOSED
        os.close(file)

    def __enter__(self) -> None:
        """Take the lock of the file."""
        self._acquire(self._file)

    def __exit__(self, *_: object) -> None:
        """Release it."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def look(self, back: int) -> tuple[float, float]:
        """Return the time of the so-manieth last request, and the end of the pause."""
        number, paused_until = self._head()
        time, now = self._time((number - back) % CAPACITY), self._clock()
        if (time > NEVER and abs(time) > now + LATEST) or paused_until > now + _LONGEST_PAUSE:
            raise unusable("its times are those of another clock")
        return time, paused_until

    def add(self, time: float) -> int:
        """Note a request; killed in between, it is not noted, and was not sent either."""
        number, paused_until = self._head()
        self._write(_TIME.pack(time), _offset(number))
        self._write(_HEAD.pack((number + 1) % CAPACITY, paused_until), 0)
        return number

    def settle(self, number: int, time: float, *, instead: float) -> None:
        """Note another time."""
        if self._time(number) == instead:
            self._write(_TIME.pack(time), _offset(number))

    def pause(self, until: float) -> None:
        """Note a pause; the longest counts."""
        number, paused_until = self._head()
        self._write(_HEAD.pack(number, max(until, paused_until)), 0)

    # -- the file ----------------------------------------------------------------------------------------------

    def _head(self) -> tuple[int, float]:
        number, paused_until = _HEAD.unpack(self._read(_HEAD.size, 0))
        if not 0 <= number < CAPACITY or math.isnan(paused_until):
            raise unusable("it does not hold what it should")
        return number, paused_until

    def _time(self, number: int) -> float:
        (time,) = _TIME.unpack(self._read(_TIME.size, _offset(number)))
        if math.isnan(time):
            raise unusable("it does not hold what it should")
        return float(time)

    def _read(self, size: int, offset: int) -> bytes:
        content = os.pread(self._file, size, offset)
        if len(content) != size:
            raise unusable("it was cut")
        return content

    def _write(self, content: bytes, offset: int) -> None:
        if os.pwrite(self._file, content, offset) != len(content):
            raise unusable("it cannot be written")

    def _opened(self, place: int, name: str) -> int:
        """Return a file that holds a tally and is not being swept away."""
        while True:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            file = os.open(name, flags, 0o600, dir_fd=place)
            try:
                self._acquire(file)
                if _is_whole(file):
                    fcntl.flock(file, fcntl.LOCK_UN)
                    return file
            except BaseException:
                os.close(file)
                raise
            os.close(file)

    def _acquire(self, file: int) -> None:
        if file == _CLOSED:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        for _ in range(_TRIES):
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            self._sleep(_BETWEEN)
        raise unusable("another process holds it")


@dataclass(frozen=True, slots=True)
class Sharing:
    """Where limits are shared with other processes, and who is told that one is not."""

    folder: Path | None = None
    """None: nowhere, which nobody is told."""
    say: Callable[[str], object] = lambda _: None

    def tally(self, name: str, url: str) -> SharedTally | None:
        """Return the tally of the tenant of a provider instance; None where it cannot be shared."""
        if self.folder is None:
            return None
        try:
            return SharedTally(self.folder, url, boot=boot())
        except OSError as error:
            self.lost(name, error)
            return None

    def lost(self, name: str, error: OSError) -> None:
        """Tell that a limit is kept by this process alone."""
        self.say(
            f"{name}: requests_per_minute is kept by this process alone, not shared with others of this user: "
            f"{self.folder}: {error.strerror}"
        )


NOT_SHARED: Final = Sharing()


def _is_whole(file: int) -> bool:
    """Make a new file one that holds a tally; False for a file that was removed in the meantime."""
    found = os.fstat(file)
    require_our_file(found)
    if found.st_nlink == 0:
        return False
    if found.st_size != _SIZE:
        # Every byte is written, so that a disk which is full says so now and not at some request.
        os.ftruncate(file, 0)
        write_all(file, _HEAD.pack(0, NEVER) + _TIME.pack(NEVER) * CAPACITY)
    os.utime(file)
    return True


def _sweep(place: int) -> None:
    """Remove what nobody used for long; one whom that hits all the same counts alone from then on."""
    for name in os.listdir(place):
        with suppress(OSError):
            if time.time() - os.stat(name, dir_fd=place, follow_symlinks=False).st_mtime > _STALE:
                _remove(place, name)


def _remove(place: int, name: str) -> None:
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if time.time() - os.fstat(file).st_mtime > _STALE:
            os.unlink(name, dir_fd=place)
    finally:
        os.close(file)


def _offset(number: int) -> int:
    return _HEAD.size + number * _TIME.size
