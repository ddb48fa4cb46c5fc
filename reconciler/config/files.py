"""
Reading a workspace's files safely: regular files inside its folder, whole, once, of a known size.

A pull request may bring a symbolic link to /etc/passwd, a FIFO that never ends or a file of 10 GB; none of
them may be read, waited for or held in memory.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SUFFIXES: Final = (".yaml", ".yml")
MAX_FILES: Final = 20_000
"""Case files of a workspace."""
MAX_FOLDERS: Final = 64
"""Folders in each other below the workspace: each is one more call, and Python has a thousand."""


class Unreadable(Exception):
    """A file that is not read; the message completes "the file …"."""


class Missing(Unreadable):
    """There is no such file."""


def read(path: Path, limit: int) -> bytes:
    """Return the bytes of a regular file of at most `limit` bytes; raise Unreadable."""
    try:
        # Non-blocking, because opening a FIFO waits for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise Missing("does not exist") from error
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
    try:
        return _read(descriptor, limit)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _read(descriptor: int, limit: int) -> bytes:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        raise Unreadable("is not a regular file")
    if before.st_size > limit:
        raise Unreadable(f"is larger than {limit >> 20} MiB")
    data = b"".join(_chunks(descriptor, limit))
    after = os.fstat(descriptor)
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size) or len(data) != after.st_size:
        raise Unreadable("changed while it was read; try again")
    return data


def _chunks(descriptor: int, limit: int) -> Iterator[bytes]:
    left = limit + 1
    while left > 0 and (chunk := os.read(descriptor, left)):
        left -= len(chunk)
        yield chunk


def inside(root: Path, name: str) -> Path:
    """Return the real path of a file named relative to the root; raise Unreadable if it leads outside."""
    if "\0" in name:
        raise Unreadable("cannot exist: its name holds U+0000")
    if Path(name).is_absolute():
        raise Unreadable("must be named relative to the workspace")
    if ".." in Path(name).parts:
        raise Unreadable("must be inside the workspace: `..` is not allowed")
    return real(root, root / name)


def real(root: Path, path: Path) -> Path:
    """Return where a path really leads; raise Unreadable if that is outside the root."""
    target = Path(os.path.realpath(path))
    if not target.is_relative_to(os.path.realpath(root)):
        raise Unreadable("is a link that leads out of the workspace")
    return target


def case_files(root: Path) -> Iterator[tuple[Path, Unreadable | None]]:
    """
    Yield each case file below `cases` that is not hidden, sorted, with what stands in the way of reading it.

    Beyond `MAX_FILES` there is one error, and the rest is not looked for.
    """
    folder = root / "cases"
    for number, (path, error) in enumerate(_below(root, folder)):
        if number >= MAX_FILES:
            yield folder, Unreadable(f"cannot be read: it holds more than {MAX_FILES:,} files; write larger ones")
            return
        yield path, error


def _below(root: Path, folder: Path) -> Iterator[tuple[Path, Unreadable | None]]:
    try:
        is_folder = stat.S_ISDIR(real(root, folder).lstat().st_mode)
    except FileNotFoundError:
        is_folder = None
    except OSError as error:
        yield folder, Unreadable(f"cannot be read: {error.strerror}")
        return
    except Unreadable as error:
        yield folder, error
        return
    if is_folder:
        yield from _walk(root, folder, 1)
    elif is_folder is not None or folder.is_symlink():
        yield folder, Unreadable("is not a folder")


def _walk(root: Path, folder: Path, depth: int) -> Iterator[tuple[Path, Unreadable | None]]:
    if depth > MAX_FOLDERS:
        yield folder, Unreadable(f"is nested deeper than {MAX_FOLDERS} folders")
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield folder, Unreadable(f"cannot be read: {error.strerror}")
        return
    for entry in entries:
        if not entry.name.startswith("."):
            yield from _entry(root, entry, depth)


def _entry(root: Path, entry: os.DirEntry[str], depth: int) -> Iterator[tuple[Path, Unreadable | None]]:
    path = Path(entry.path)
    if entry.is_symlink():
        yield from _link(root, path)
    elif entry.is_dir():
        yield from _walk(root, path, depth + 1)
    elif path.suffix in SUFFIXES:
        yield path, None


def _link(root: Path, path: Path) -> Iterator[tuple[Path, Unreadable | None]]:
    if path.suffix in SUFFIXES or not path.suffix:
        error = _link_error(root, path)
        if error is not None or path.suffix:
            yield path, error


def _link_error(root: Path, path: Path) -> Unreadable | None:
    """Return why a link is not followed."""
    try:
        if real(root, path).is_dir():
            return Unreadable("is a link to a folder, which is not followed: link the files, or move them here")
    except OSError as error:
        return Unreadable(f"cannot be read: {error.strerror}")
    except Unreadable as error:
        return error
    return None
