"""
Where the parts of a case stand, without the tree of its file in memory: the file is read again when somebody asks.

Nearly nobody asks: who reads a hundred thousand cases in which nothing is wrong needs none of their lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from reconciler.config.documents import Document, parse
from reconciler.config.files import Unreadable
from reconciler.config.nodes import Block, Steps, find, location
from reconciler.errors import Location

Reader: TypeAlias = Callable[[Path], bytes]
"""Returns what a file holds; raises Unreadable."""


def digest_of(data: bytes) -> str:
    """Return what tells one content of a file from all others."""
    return hashlib.sha256(data).hexdigest()


@dataclass(slots=True)
class CaseFile:
    """A file as it was when it was read."""

    path: str
    digest: str
    read: Reader = field(compare=False, repr=False)
    _documents: tuple[Document, ...] | None = field(default=None, compare=False, repr=False)
    """Once somebody has asked; empty if the file is not what it was."""

    @contextmanager
    def held(self, documents: tuple[Document, ...]) -> Iterator[None]:
        """Hold what the file was read as, while its cases are looked at."""
        self._documents = documents
        try:
            yield
        finally:
            self._documents = None

    def block(self, name: str, place: int) -> Block | None:
        """Return the block of the case whose name stands at a place, if the file is what it was."""
        if self._documents is None:
            self._documents = self._again()
        for document in self._documents:
            cases = document.node.get("cases") if isinstance(document.node, Block) else None
            if isinstance(cases, Block) and name in cases and cases.key_place(name) == place:
                found = cases[name]
                return found if isinstance(found, Block) else None
        return None

    def _again(self) -> tuple[Document, ...]:
        try:
            data = self.read(Path(self.path))
        except Unreadable:
            return ()
        return parse(self.path, data).documents if digest_of(data) == self.digest else ()


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a case stands, as the `Source` of its parts."""

    file: CaseFile
    name: str
    place: int
    """Of the name."""

    def at(self, path: Steps = ()) -> Location:
        """Return the place of the value at a path, or of the nearest thing around it."""
        node = self.file.block(self.name, self.place) if path else None
        return location(self.file.path, find(node, path, self.place))
