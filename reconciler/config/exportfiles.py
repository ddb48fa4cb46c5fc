"""
Where exported cases are written, so that an interruption loses nothing and a file is there whole or not at all.

one file        FILE.part grows, and becomes FILE at the end
one per case    DIR/NAME.yaml each; DIR/.export.part says which have been begun, and goes at the end

The same command again goes on where it stopped: what is written already is known by its id. The last case of a
part may have been cut and is written anew. A part that another command began is left alone, and is an error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from reconciler.config.characters import MAX_BYTES
from reconciler.config.export import Exported
from reconciler.errors import ReconcilerError

PART: Final = ".part"
JOURNAL: Final = f".export{PART}"

_CASES: Final = "cases:\n"
_BETWEEN: Final = "\n"
_NONE: Final = "cases: {}\n"
_NAME: Final = re.compile(rb"  ([A-Za-z0-9_-]+):\n")
_ID: Final = re.compile(rb'    import: (?:\{id: )?"(.*)"(?:, take_over: true\})?\n')
_BEGUN: Final = re.compile("([^ ]+) (.+)\n")


class Target(Protocol):
    """What takes exported cases."""

    done: dict[str, str]
    """The cases that an earlier run has written: ids, and their names."""

    def add(self, exported: Exported) -> None:
        """Write a case; raises ReconcilerError."""
        ...

    def finish(self) -> None:
        """Make it final: everything has been written."""
        ...

    def close(self) -> None:
        """Give it up or be done with it; what was written stays for the next run."""
        ...


class Stream:
    """All cases as one text that somebody reads; it is not gone on with."""

    def __init__(self, write: Callable[[str], None], header: str) -> None:
        """Hand each piece of text to `write`."""
        self.done: dict[str, str] = {}
        self._write = write
        self._header = header

    def add(self, exported: Exported) -> None:
        """Hand on a case, before the first one the header."""
        before = _BETWEEN if self.done else f"{self._header}{_CASES}"
        self._write(f"{before}{exported.text}")
        self.done[exported.id] = exported.name

    def finish(self) -> None:
        """Say so if there was no case."""
        if not self.done:
            self._write(f"{self._header}{_NONE}")

    def close(self) -> None:
        """Do nothing: the text is somebody else's."""


class OneFile:
    """All cases in one file."""

    def __init__(self, path: Path, header: str, *, force: bool) -> None:
        """Begin, or go on; raise ReconcilerError for a file that is there, or a part of another command."""
        self._path = path
        self._part = path.with_name(path.name + PART)
        self._header = header
        self.done: dict[str, str] = {}
        with _explained(path):
            _refuse_present(path, force=force)
            self._file, self._size = self._opened()

    def add(self, exported: Exported) -> None:
        """Append a case."""
        data = f"{_BETWEEN if self.done else ''}{exported.text}".encode()
        self._size += len(data)
        if self._size > MAX_BYTES:
            raise ReconcilerError(
                f"{self._path} would be larger than {MAX_BYTES >> 20} MiB, and no larger file is read",
                hint=f"write a file for each case: --split {self._path.parent}; or fewer of them: --filter",
            )
        with _explained(self._part):
            self._file.write(data)
            self._file.flush()
        self.done[exported.id] = exported.name

    def finish(self) -> None:
        """Put the file in its place."""
        with _explained(self._path):
            if not self.done:
                self._file.seek(len(self._header.encode()))
                self._file.truncate()
                self._file.write(_NONE.encode())
            self._file.flush()
            os.fsync(self._file.fileno())
            os.replace(self._part, self._path)  # noqa: PTH105 (beside the other system calls)

    def close(self) -> None:
        """Leave what was written."""
        self._file.close()

    def _opened(self) -> tuple[BinaryIO, int]:
        """Open the part, behind its last whole case."""
        self._part.parent.mkdir(parents=True, exist_ok=True)
        begun = f"{self._header}{_CASES}".encode()
        if not self._part.exists():
            file = self._part.open("w+b")
            file.write(begun)
            return file, len(begun)
        file = self._part.open("r+b")
        head = file.read(len(begun))
        if not begun.startswith(head):
            file.close()
            raise _of_another(self._part)
        file.seek(0)
        file.write(begun)
        end = len(begun)
        for start, id, name in _blocks(file, len(begun)):
            end = start
            if id is not None:
                self.done[id] = name
        file.seek(end)
        file.truncate()
        return file, end


def _blocks(file: BinaryIO, start: int) -> Iterator[tuple[int, str | None, str]]:
    """Yield where each block but the first begins, and the case that ends there; the last may not be whole."""
    at, name, id, before = start, None, None, b""
    for line in file:
        if found := _NAME.fullmatch(line):
            if name is not None:
                yield (at - len(before) if before == _BETWEEN.encode() else at), id, name
            name, id = found[1].decode(), None
        elif found := _ID.fullmatch(line):
            id = found[1].decode()
        at, before = at + len(line), line


class FilePerCase:
    """Each case in a file of its own, called as the case."""

    def __init__(self, folder: Path, header: str, *, force: bool) -> None:
        """Begin, or go on; raise ReconcilerError for a part of another command."""
        self._folder = folder
        self._header = header
        self._force = force
        self._journal = folder / JOURNAL
        self._begun: set[str] = set()
        self.done: dict[str, str] = {}
        with _explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._resume()
            self._file = self._journal.open("a", encoding="utf-8")
            if self._file.tell() == 0:
                self._file.write(header)

    def add(self, exported: Exported) -> None:
        """Write the file of a case; raise ReconcilerError if another is there."""
        path = self._folder / f"{exported.name}.yaml"
        part = path.with_name(path.name + PART)
        with _explained(path):
            _refuse_present(path, force=self._force or exported.name in self._begun)
            self._file.write(f"{exported.name} {exported.id}\n")
            self._file.flush()
            part.write_bytes(f"{self._header}{_CASES}{exported.text}".encode())
            os.replace(part, path)  # noqa: PTH105 (beside the other system calls)
        self.done[exported.id] = exported.name

    def finish(self) -> None:
        """Forget that it was under way."""
        with _explained(self._journal):
            self._journal.unlink()

    def close(self) -> None:
        """Leave what was written."""
        self._file.close()

    def _resume(self) -> None:
        """Learn what has been written; a file is there whole or not at all."""
        if not self._journal.exists():
            return
        text = self._journal.read_text(encoding="utf-8")
        if not (text.startswith(self._header) or self._header.startswith(text)):
            raise _of_another(self._journal)
        for name, id in _BEGUN.findall(text[len(self._header) :]):
            self._begun.add(name)
            if (self._folder / f"{name}.yaml").exists():
                self.done[id] = name


def _refuse_present(path: Path, *, force: bool) -> None:
    """Raise for a file that is there; a device, a pipe or a folder is replaced by no force."""
    if path.exists() and not path.is_file():
        raise ReconcilerError(
            f"{path} is no regular file; it was left as it is",
            hint="choose another; what is for a pipe or a device goes to stdout: leave --out out",
        )
    if not force and (path.exists() or path.is_symlink()):
        raise ReconcilerError(
            f"{path} is there already; it was left as it is", hint="choose another, or replace it: --force"
        )


def _of_another(part: Path) -> ReconcilerError:
    return ReconcilerError(
        f"{part} was begun by another export, which was interrupted",
        hint=f"repeat that one (its head tells it), or begin anew: rm {part}",
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn errors of the machine into ours."""
    try:
        yield
    except OSError as error:
        raise ReconcilerError(f"{error.filename or path} cannot be written: {error.strerror}") from error
