"""
The case files of a workspace, one after another: those that mean the same whatever the others say at once.

file ──► understood already? ──► its cases
           │ no
           ▼
         documents ──► nothing but `cases:`, without `${`, `extends`, `for_each`? ──► its cases, to be kept
                         │ no
                         ▼
                       its blocks, to be expanded once all templates are known

The tree of a file that is understood is given up at once, so that no more than one is in memory; its cases know
their places all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from reconciler.config import rows
from reconciler.config.cache import Kept
from reconciler.config.characters import MAX_BYTES
from reconciler.config.declared import Cases, Entry, Linked
from reconciler.config.documents import Document, Parsed, parse
from reconciler.config.expressions import MASKED_FROM, Expressions
from reconciler.config.files import Unreadable, case_files, read
from reconciler.config.moves import MOVED, REMOVED, MovesReader
from reconciler.config.nodes import Block, Placed
from reconciler.config.sentences import quoted, unknown_key
from reconciler.config.templates import EXTENDS, FOR_EACH, Template, Templates
from reconciler.config.whereabouts import CaseFile, Whereabouts, digest_of
from reconciler.errors import Location, Problem
from reconciler.model.address import NAME
from reconciler.model.case import Source

_CASES: Final = "cases"
_KEYS: Final = (_CASES, "templates", MOVED, REMOVED)
"""Of a document of a case file."""


@dataclass(frozen=True, slots=True)
class Understood:
    """The cases of a file that is understood."""

    cases: list[Linked]
    others: list[tuple[str, Source]]
    """Names and places of those that cannot be, which was said."""


Part: TypeAlias = Understood | Entry
"""What is understood already, or a block that is not."""


@dataclass(frozen=True, slots=True)
class Files:
    """What the case files below a folder hold."""

    root: Path
    instead: Mapping[str, bytes]
    """What some of them, by their paths, are about to hold."""

    def read(self, path: Path) -> bytes:
        """Return what a file holds; raise Unreadable."""
        data = self.instead.get(str(path))
        return read(path, MAX_BYTES) if data is None else data


class CaseFiles:
    """Reads case files; what is wrong goes to the problems of `expressions`."""

    def __init__(
        self, files: Files, expressions: Expressions, cases: Cases, templates: Templates, moves: MovesReader
    ) -> None:
        self._files = files
        self._expressions = expressions
        self._problems = expressions.problems
        self._cases = cases
        self._templates = templates
        self._moves = moves
        self.is_whole = True
        """Every file could be read whole: otherwise a name that is not found may be in one that was not."""

    def parts(self, kept: Kept, types: Mapping[str, str]) -> Iterator[Part]:
        """Yield what the files hold, in their order; only cases of instances of these types are kept."""
        for path, error in case_files(self._files.root):
            try:
                if error is not None:
                    raise error
                data = self._files.read(path)
            except Unreadable as unreadable:
                self.is_whole = False
                self._problems.append(Problem(Location(str(path)), f"the file {unreadable}"))
            else:
                yield from self._parts(CaseFile(str(path), digest_of(data), self._files.read), data, kept, types)

    def _parts(self, file: CaseFile, data: bytes, kept: Kept, types: Mapping[str, str]) -> Iterator[Part]:
        found = kept.get(file.digest)
        cases = None if found is None else rows.decoded(found, file, types, self._cases.shared)
        if cases is not None:
            yield Understood(cases, [])
            return
        parsed = parse(file.path, data)
        self._problems.extend(parsed.problems)
        self.is_whole = self.is_whole and not parsed.problems
        if not _stands_alone(parsed):
            yield from self._entries(parsed)
            return
        said = len(self._problems)
        made = self._understood(file, parsed)
        is_right = len(self._problems) == said
        if is_right and kept.takes and not self._holds_secret(data):
            written = rows.encoded(made.cases, types)
            if written is not None:
                kept.put(file.digest, written)
        yield made

    def _understood(self, file: CaseFile, parsed: Parsed) -> Understood:
        made = Understood([], [])
        with file.held(parsed.documents):
            for entry in self._entries(parsed):
                source = Whereabouts(file, entry.name, entry.placed.place)
                linked = self._cases.read(entry, source)
                if linked is not None:
                    made.cases.append(linked)
                else:
                    made.others.append((entry.name, source))
        return made

    def _holds_secret(self, data: bytes) -> bool:
        """Tell whether a secret stands in a file in the clear; it shall not stand anywhere else as well."""
        secrets = (each for each in self._expressions.secrets if len(each) >= MASKED_FROM)
        return any(each.encode(errors="surrogateescape") in data for each in secrets)

    # what stands in a file

    def _entries(self, parsed: Parsed) -> Iterator[Entry]:
        for document in parsed.documents:
            placed = Placed(parsed.file, document.node, document.place)
            if not isinstance(document.node, Block):
                self._problems.append(Problem(placed.at(), "this must be a mapping, beginning with `cases:`"))
                continue
            for key in document.node:
                if key not in _KEYS:
                    self._problems.append(unknown_key(placed.key((key,)), key, _KEYS))
            self._moves.take(placed)
            for name, block in self._blocks(placed, "template"):
                self._templates.add(name, Template(block, parsed.has_expressions))
            for name, block in self._blocks(placed, "case"):
                yield Entry(name, block, parsed.has_expressions)

    def _blocks(self, placed: Placed, what: str) -> Iterator[tuple[str, Placed]]:
        blocks = placed.node.get(f"{what}s")
        if blocks is None:
            return
        if not isinstance(blocks, Block):
            message = f"`{what}s` must be a mapping: names and their {what}s"
            self._problems.append(Problem(placed.at((f"{what}s",)), message))
            return
        for name, body, key_place, _ in blocks.located():
            block = Placed(placed.file, body, key_place)
            if self._is_usable(name, block, what):
                yield name, block

    def _is_usable(self, name: str, block: Placed, what: str) -> bool:
        if not NAME.fullmatch(name):
            message = f"{quoted(name)} cannot name a {what}: letters, digits, `_` and `-` only, at most 128"
            self._problems.append(Problem(block.at(), message))
        elif not isinstance(block.node, Block):
            message = f"the {what} {quoted(name)} must be a mapping of its attributes"
            self._problems.append(Problem(block.at(), message))
        else:
            return True
        return False


def _stands_alone(parsed: Parsed) -> bool:
    """Tell whether a file means the same whatever the others say."""
    return not parsed.has_expressions and not parsed.problems and all(map(_is_alone, parsed.documents))


def _is_alone(document: Document) -> bool:
    if not isinstance(document.node, Block) or document.node.keys() != {_CASES}:
        return False
    cases = document.node[_CASES]
    return isinstance(cases, Block) and not any(
        isinstance(block, Block) and (EXTENDS in block or FOR_EACH in block) for block in cases.values()
    )
