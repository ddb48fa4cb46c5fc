"""The moments of a command at which something can happen: requests, answers, calls to the disk."""

from __future__ import annotations

import errno
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

Act: TypeAlias = Callable[[], object]


When: TypeAlias = int | str
"""The number of a moment; or `answer_POST#2`: how it begins, and which of those."""


def when(word: str) -> When:
    """Read a word of a script."""
    return int(word) if word.isdecimal() else word


class Named:
    """Tells things apart by their number, or by how they begin and which of those they are."""

    def __init__(self) -> None:
        self.count = 0
        self._counts: Counter[str] = Counter()

    def find(self, what: str, wanted: Iterable[When]) -> list[When]:
        """Return which of those that are wanted this is, the next one."""
        self.count += 1
        return [each for each in wanted if self._is(what, each)]

    def _is(self, what: str, wanted: When) -> bool:
        if isinstance(wanted, int):
            return wanted == self.count
        beginning, _, nth = wanted.partition("#")
        if not f"{what} ".startswith(f"{beginning.replace('_', ' ')} "):
            return False
        self._counts[wanted] += 1
        return self._counts[wanted] == int(nth or 1)


class Moments:
    """Counts them from 1, and acts when it is time; `seen` says what each was."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.struck = 0
        self._acts: dict[When, Act] = {}
        self._names = Named()
        self._lock = threading.Lock()

    def expect(self, acts: Mapping[When, Act]) -> None:
        """Act so from now on."""
        self._acts = dict(acts)

    def pass_(self, what: str) -> None:
        """Say what is about to happen; may raise as an act does, or never return."""
        with self._lock:
            self.seen.append(what)
            due = [self._acts[each] for each in self._names.find(what, self._acts)]
            self.struck += len(due)
        for act in due:
            act()


_CALLS: Final = ("open", "write", "fsync", "fdatasync", "replace", "unlink", "ftruncate", "close")
_REAL: Final = {name: getattr(os, name) for name in _CALLS}
_MAKING: Final = os.O_CREAT | os.O_TRUNC


@dataclass(slots=True)
class _Renamed:
    """A name that was given to another file, or taken away, and is not yet sure to be so after a loss of power."""

    path: Path
    before: bytes | None
    after: bytes | None


class Disk:
    """
    What is between the product and one folder: each call is a moment, may fail, and is durable only once synced.

    `death` comes where a write is to be torn, once its first half got through, and where the power goes.
    """

    def __init__(self, folder: Path, moments: Moments, *, death: Act = lambda: None) -> None:
        self._folder = str(folder)
        self._moments = moments
        self._death = death
        self._tears = False
        self._error: int | None = None
        self._paths: dict[int, Path] = {}
        self._durable: dict[Path, bytes | None] = {}
        self._renamed: list[_Renamed] = []
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        for name in _CALLS:
            setattr(os, name, getattr(self, f"_{name}"))
        return self

    def __exit__(self, *_: object) -> None:
        for name, call in _REAL.items():
            setattr(os, name, call)

    def refuse(self, error: int) -> None:
        """Fail from now on, this call included, until `relent`."""
        self._error = error

    def relent(self) -> None:
        """Work again."""
        self._error = None

    def tear(self) -> None:
        """Let only the first half of this write through."""
        self._tears = True

    def darken(self, *, names_last: bool) -> None:
        """
        Bring the folder into a state that it may have after the power went, and die.

        Both at one moment for all threads: none may sync anything in between, and act upon that. What was written
        and not synced is gone. Names that changed in a folder that was not synced since are as before; or, where
        `names_last`, the names are new and what stands under them is what was synced of it.
        """
        with self._lock:
            kept = dict(self._durable)
            for renamed in self._renamed if names_last else ():
                kept[renamed.path] = renamed.after
            for path, content in kept.items():
                _put(path, content)
            self._death()

    # the calls

    def _pass(self, call: str, path: Path) -> None:
        self._moments.pass_(f"{call} {path.name}")
        if self._error is not None:
            raise OSError(self._error, os.strerror(self._error), str(path))

    def _within(self, path: object) -> Path | None:
        text = os.path.abspath(os.fspath(path)) if isinstance(path, str | os.PathLike) else ""  # noqa: PTH100
        return Path(str(text)) if str(text).startswith(self._folder) else None

    def _open(self, path: Any, flags: int, *more: Any, **options: Any) -> int:
        place = self._within(path)
        if place is None:
            return int(_REAL["open"](path, flags, *more, **options))
        if flags & _MAKING:
            self._pass("open", place)
        with self._lock:
            before = self._content(place) if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else None
            descriptor = int(_REAL["open"](path, flags, *more, **options))
            self._paths[descriptor] = place
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self._durable.setdefault(place, before)
        return descriptor

    def _close(self, descriptor: int) -> None:
        with self._lock:
            self._paths.pop(descriptor, None)
            _REAL["close"](descriptor)

    def _write(self, descriptor: int, content: Any) -> int:
        place = self._paths.get(descriptor)
        if place is None:
            return int(_REAL["write"](descriptor, content))
        self._pass("write", place)
        if self._tears:
            _REAL["write"](descriptor, bytes(content)[: max(1, len(content) // 2)])
            self._death()
        return int(_REAL["write"](descriptor, content))

    def _ftruncate(self, descriptor: int, size: int) -> None:
        place = self._paths.get(descriptor)
        if place is not None:
            self._pass("ftruncate", place)
        _REAL["ftruncate"](descriptor, size)

    def _fsync(self, descriptor: int) -> None:
        self._sync("fsync", descriptor)

    def _fdatasync(self, descriptor: int) -> None:
        self._sync("fdatasync", descriptor)

    def _sync(self, call: str, descriptor: int) -> None:
        place = self._paths.get(descriptor)
        if place is None:
            _REAL[call](descriptor)
            return
        self._pass(call, place)
        with self._lock:
            if place.is_dir():
                for renamed in self._renamed:
                    self._durable[renamed.path] = renamed.after
                self._renamed.clear()
            else:
                self._durable[place] = self._content(place)

    def _replace(self, source: Any, target: Any, **options: Any) -> None:
        old, new = self._within(source), self._within(target)
        if old is None or new is None:
            _REAL["replace"](source, target, **options)
            return
        self._pass("replace", new)
        with self._lock:
            before = self._durable.setdefault(new, self._content(new))
            synced = self._durable[old] if old in self._durable else self._content(old)
            _REAL["replace"](source, target, **options)
            self._renamed += [_Renamed(new, before, synced or b""), _Renamed(old, synced, None)]

    def _unlink(self, path: Any, **options: Any) -> None:
        place = self._within(path)
        if place is None:
            _REAL["unlink"](path, **options)
            return
        self._moments.pass_(f"unlink {place.name}")
        with self._lock:
            before = self._durable.setdefault(place, self._content(place))
            _REAL["unlink"](path, **options)
            self._renamed.append(_Renamed(place, before, None))

    @staticmethod
    def _content(path: Path) -> bytes | None:
        return path.read_bytes() if path.is_file() else None


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


ERRORS: Final[Mapping[str, int]] = {
    "full": errno.ENOSPC,
    "broken": errno.EIO,
    "readonly": errno.EROFS,
    "denied": errno.EACCES,
}
