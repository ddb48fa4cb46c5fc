"""
Reading a file whole and replacing it whole, so that a crash leaves the old or the new content.

    temp beside it (O_EXCL, 0600) → write → fsync → rename over it → fsync of the folder

The same steps in the same order as every journaled store; each of them alone is known to lose data.
"""

from __future__ import annotations

import glob
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from reconciler.errors import StateError

PRIVATE: Final = 0o600
"""The mode of a new file: case texts are not for everybody on the machine."""


def read_regular(path: Path) -> bytes | None:
    """Return the content of a regular file, None if there is none; raise StateError for anything else."""
    with opened(path) as file:
        return file.read() if file else None


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO | None]:
    """
    Open a regular file for reading, None if there is none.

    Raises StateError for anything else, and for an OSError while it is open.
    """
    try:
        # Opening a FIFO would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise StateError(f"{path} cannot be read: {error.strerror}") from error
    try:
        _require_regular(path, os.fstat(descriptor).st_mode)
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            yield file
    except OSError as error:
        raise StateError(f"{path} cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise StateError(f"{path} is {kind}", hint="Move it away, or set another `state: path:`.")


def make_folder(path: Path) -> None:
    """Make the folder of a file; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def replacement(path: Path, content: bytes, *, mode: int = PRIVATE) -> Iterator[Path]:
    """
    Offer a durable temporary file beside `path` that holds the content; it is gone afterwards.

    `mode` is for a new file; one that is there keeps its own. Raises OSError.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        _write(temporary, content, _mode(path, mode))
        yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def replace_file(path: Path, content: bytes, *, mode: int = PRIVATE) -> None:
    """Replace a file, durably once its folder is synced; raises OSError and leaves the old one."""
    with replacement(path, content, mode=mode) as temporary:
        os.replace(temporary, path)  # noqa: PTH105 (beside the other system calls)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(path: Path) -> None:
    """Remove what killed runs left half written beside `path`; call it while nobody else can be writing."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*tmp"):
        with suppress(OSError):
            left.unlink()


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte; the system may take them in parts. Raises OSError."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _mode(path: Path, default: int) -> int:
    """Return the mode of the file that is replaced: whoever may read it may still read it afterwards."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return default


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    try:
        write_all(descriptor, content)
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
