"""
YAML text → documents whose values know their places. Beside `marked`, the only module that imports yaml.

bytes ── characters ── libyaml's events ── build ── documents, problems (syntax says what libyaml complains about)

We build on libyaml's event stream: its composer overflows the C stack on deep nesting and lets a later key
replace an earlier one in silence, and the constructors above it guess types (`no` → False, `12:30:45` → 45045).
What is wrong but leaves the rest readable (a duplicate key, a tag) is collected; syntax errors and limits end
the file.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from reconciler.config.characters import check
from reconciler.config.nodes import (
    COLUMN_BITS,
    CORE_BEGINS,
    Block,
    Listing,
    Node,
    Plain,
    at_mark,
    is_core,
    location,
    unseen,
)
from reconciler.config.problems import Stop
from reconciler.config.sentences import cut, quoted
from reconciler.config.syntax import syntax_problem
from reconciler.errors import Location, Problem

MAX_DEPTH: Final = 64
"""Of nesting: ten times what a case needs; libyaml takes quadratic time for deep flow collections."""
MAX_NODES: Final = 1_000_000
"""Values in one file, each alias counted as all that it stands for: a second's reading for every 300,000."""
MAX_CASES: Final = 100_000
"""Entries of a mapping that is one level down, as the cases of a file are."""
MAX_ENTRIES: Final = 10_000
"""Entries of any other mapping or list: no system takes as many tags, keys or items in a case."""
MAX_BLOCK: Final = 50_000
"""Values in what is two levels down, as one case is: what is wrong in it is found all at once."""
MAX_DOCUMENTS: Final = 10_000
"""In one file."""
MAX_ALIASES: Final = 10_000
"""Anchors and aliases in one file."""
MAX_EXPANSION: Final = 10
"""How many times larger than the file all that its aliases stand for may be …"""
FREE_EXPANSION: Final = 1024 * 1024
"""… and how many characters of it are free, so that a short file may repeat its few lines as it likes."""
MAX_SCALAR: Final = 1024 * 1024
"""Characters of one scalar: more than any system takes as a description."""
MAX_KEY: Final = 256
"""Characters of one key; what systems take as a key of metadata is shorter."""
MAX_PROBLEMS: Final = 100
"""Collected in one file before it is given up."""

FAST: Final = hasattr(yaml, "CSafeLoader")
"""Whether PyYAML was built with libyaml; without it, reading is thirty times slower."""

PARSER: Final[tuple[str, str]] = (
    yaml.__version__,
    getattr(getattr(yaml, "_yaml", None), "get_version_string", str)(),
)
"""The versions of what reads: of PyYAML, and of libyaml if it is there."""

_LOADER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_CASES_DEPTH: Final = 2
"""Where the cases of a file are: in the mapping under `cases`."""
_BLOCK_DEPTH: Final = 3
"""Where one case is."""

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE: Final = "<<"


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document and where it begins."""

    node: Node
    place: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one file holds, and what is wrong with its YAML."""

    file: str
    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    has_expressions: bool
    """Whether `${` stands anywhere; most files have none and are spared the search."""


def parse(file: str, data: bytes, *, most: int = MAX_CASES, loader: type[Any] = _LOADER) -> Parsed:
    """Read the YAML of a file, with `most` entries one level down; never raises for bad input, however hostile."""
    problems: list[Problem] = []
    documents: list[Document] = []
    try:
        is_ascii = check(file, data)
        documents.extend(_Builder(file, data, loader, problems, most=most, is_ascii=is_ascii).documents())
    except Stop as stop:
        problems.append(stop.problem)
    except yaml.YAMLError as error:
        problems.append(syntax_problem(file, data, error))
    return Parsed(file, tuple(documents), tuple(problems), has_expressions=b"${" in data)


# ------------------------------------------------------------------------------------ building


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A value with an anchor."""

    node: Node
    nodes: int
    """How many it stands for."""
    size: int
    """Characters that it stands for."""


def _index(mark: Any) -> int:
    index: int = mark.index
    return index


class _Builder:
    """Turns the events of one file into documents."""

    def __init__(
        self, file: str, data: bytes, loader: type[Any], problems: list[Problem], *, most: int, is_ascii: bool
    ) -> None:
        self._file = file
        self._next: Callable[[], Any] = loader(data).get_event
        self._problems = problems
        self._most_cases = most
        self._ascii = is_ascii
        """Whether all keys are."""
        self._keys: dict[str, str] = {}
        """Keys seen and found good: one object for all their repetitions."""
        self._anchors: dict[str, _Anchored] = {}
        self._open: set[str] = set()
        self._nodes = 0
        self._most = MAX_NODES
        """What `nodes` may become: less within a block."""
        self._repeated = 0
        """Characters that aliases stand for."""
        self._most_repeated = MAX_EXPANSION * len(data) + FREE_EXPANSION
        self._aliases = 0
        self._depth = 0
        self._end = 0
        """Where the last collection ended, in characters."""

    def documents(self) -> Iterator[Document]:
        """Yield each document that holds anything."""
        self._next()
        number = 0
        while type(start := self._next()) is DocumentStartEvent:
            number += 1
            if number > MAX_DOCUMENTS:
                raise self._stop(start, f"more than {MAX_DOCUMENTS:,} documents in one file", "split it")
            self._anchors.clear()
            event = self._next()
            node = self._node(event)
            self._next()
            if node is not None:
                yield Document(node, at_mark(event.start_mark))

    def _node(self, event: Any) -> Node:
        if type(event) is ScalarEvent:
            return self._scalar(event)
        if type(event) is AliasEvent:
            return self._alias(event)
        return self._collection(event)

    # scalars

    def _scalar(self, event: Any) -> str | None:
        self._nodes += 1
        if self._nodes > self._most:
            raise self._too_many(event)
        value = self._text(event)
        if event.tag is not None:
            self._tag(event)
        if event.anchor is not None:
            self._anchor(event, _Anchored(value, 1, len(event.value)))
        return value

    def _text(self, event: Any) -> str | None:
        value: str = event.value
        if event.style:
            self._check_quoted(event, value)
        elif value in _NULLS:
            return None
        elif value[0] in CORE_BEGINS and is_core(value):
            return Plain(value)
        if len(value) > MAX_SCALAR:
            raise self._stop(event, f"this value is longer than {MAX_SCALAR:,} characters", "use a file")
        return value

    def _check_quoted(self, event: Any, value: str) -> None:
        """Refuse what only an escape can bring in: it would be lost or stand for something else later."""
        if "\x00" in value or "\ufffe" in value or "\uffff" in value:
            self._report(event, "this text holds a character that no system stores (U+0000, U+FFFE or U+FFFF)")

    # collections

    def _collection(self, event: Any) -> Block | Listing:
        self._count(event, 1)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._stop(event, f"nested deeper than {MAX_DEPTH} levels")
        if event.tag is not None:
            self._tag(event)
        if self._depth == _BLOCK_DEPTH:
            self._most = min(MAX_NODES, self._nodes + MAX_BLOCK)
        made = self._fill(event) if event.anchor is None else self._anchored(event)
        if self._depth == _BLOCK_DEPTH:
            self._most = MAX_NODES
        self._depth -= 1
        return made

    def _anchored(self, event: Any) -> Block | Listing:
        nodes, repeated = self._nodes, self._repeated
        self._open.add(event.anchor)
        made = self._fill(event)
        self._open.discard(event.anchor)
        written = self._end - _index(event.start_mark)
        self._anchor(event, _Anchored(made, self._nodes - nodes + 1, written + self._repeated - repeated))
        return made

    def _fill(self, event: Any) -> Block | Listing:
        return self._block() if type(event) is MappingStartEvent else self._listing()

    def _listing(self) -> Listing:
        made = Listing()
        while type(event := self._next()) is not SequenceEndEvent:
            if len(made) >= MAX_ENTRIES:
                raise self._stop(event, f"more than {MAX_ENTRIES:,} entries in one list")
            made.places.append(at_mark(event.start_mark))
            made.append(self._scalar(event) if type(event) is ScalarEvent else self._node(event))
        self._end = _index(event.end_mark)
        return made

    def _block(self) -> Block:
        made = Block()
        most = self._most_cases if self._depth == _CASES_DEPTH else MAX_ENTRIES
        merged: list[tuple[Any, Node]] = []
        while type(event := self._next()) is not MappingEndEvent:
            if len(made) >= most:
                raise self._stop(event, f"more than {most:,} keys in one mapping")
            key = self._key(event)
            value_event = self._next()
            value = self._scalar(value_event) if type(value_event) is ScalarEvent else self._node(value_event)
            if key == _MERGE and not event.style:
                merged.append((event, value))
            elif key is None:
                continue
            elif key in made:
                self._duplicate(event, made, key)
            else:
                # as `put` and `at_mark` do: calls for each of a million keys are dear
                mark, value_mark = event.start_mark, value_event.start_mark
                made[key] = value
                made.places += (
                    mark.line << COLUMN_BITS | mark.column,
                    value_mark.line << COLUMN_BITS | value_mark.column,
                )
        self._end = _index(event.end_mark)
        self._merge(made, merged)
        if not self._ascii:
            self._check_form(made)
        return made

    # keys

    def _key(self, event: Any) -> str | None:
        """Return a key; None for one that was refused."""
        if type(event) is ScalarEvent and not event.style and event.tag is None and event.anchor is None:
            known = self._keys.get(event.value)
            return known if known is not None else self._new_key(event, event.value)
        return self._unusual_key(event)

    def _unusual_key(self, event: Any) -> str | None:
        if type(event) is not ScalarEvent:
            self._report(event, "a key must be plain text, not a list, a mapping or an alias")
            self._node(event)
            return None
        if event.tag is not None:
            self._tag(event)
        if event.anchor is not None:
            self._anchor(event, _Anchored(event.value, 1, len(event.value)))
        return self._quoted_key(event) if event.style else self._new_key(event, event.value)

    def _quoted_key(self, event: Any) -> str:
        key: str = event.value
        self._ascii = self._ascii and key.isascii()
        self._check_key(event, key)
        return key

    def _new_key(self, event: Any, key: str) -> str | None:
        if key in _NULLS or is_core(key):
            what = "nothing" if key in _NULLS else "a number or a truth value"
            self._report(event, f"the key {key or '(empty)'} is {what}, not text", f'quote it: "{key}"')
            return None
        self._check_key(event, key)
        return self._keys.setdefault(key, key)

    def _check_key(self, event: Any, key: str) -> None:
        """Refuse a key that holds what nobody sees: it would look like another one."""
        if len(key) > MAX_KEY:
            raise self._stop(event, f"this key is longer than {MAX_KEY} characters")
        if hidden := unseen(key):
            self._report(event, f"the key {quoted(key)} holds U+{ord(hidden):04X}, which nobody sees", "remove it")

    def _duplicate(self, event: Any, made: Block, key: str) -> None:
        first = location(self._file, made.key_place(key))
        self._report(event, f"duplicate key `{key}`: it stands at line {first.line} already", "remove one of them")

    def _check_form(self, made: Block) -> None:
        """Refuse keys with accents encoded in an unusual form: they look like those in the usual one."""
        seen: dict[str, int] = {}
        for key, _, place, _ in made.located():
            normal = key if key.isascii() else unicodedata.normalize("NFC", key)
            if normal in seen:
                line = location(self._file, seen[normal]).line
                self._report_at(
                    location(self._file, place),
                    f"duplicate key `{key}`: line {line} has the same in another Unicode form (NFC, NFD)",
                    "remove one of them",
                )
            elif normal != key:
                self._report_at(
                    location(self._file, place),
                    f"the key `{key}` is not in the usual Unicode form (NFC)",
                    f"type it anew: `{normal}`",
                )
            seen.setdefault(normal, place)

    # aliases, merge keys, tags

    def _alias(self, event: Any) -> Node:
        self._count_alias(event)
        if event.anchor in self._open:
            raise self._stop(event, f"the alias *{event.anchor} stands inside what it refers to")
        if event.anchor not in self._anchors:
            raise self._stop(event, f"the alias *{event.anchor} has no anchor &{event.anchor} before it")
        anchored = self._anchors[event.anchor]
        self._count(event, anchored.nodes)
        self._repeated += anchored.size
        if self._repeated > self._most_repeated:
            message = f"the aliases stand for more than {MAX_EXPANSION} times the size of the file"
            raise self._stop(event, message, "repeat less")
        return anchored.node

    def _anchor(self, event: Any, anchored: _Anchored) -> None:
        self._count_alias(event)
        self._anchors[event.anchor] = anchored

    def _count_alias(self, event: Any) -> None:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise self._stop(event, f"more than {MAX_ALIASES:,} anchors and aliases in one file")

    def _merge(self, made: Block, merged: list[tuple[Any, Node]]) -> None:
        """Add the keys of `<<` that are not there: explicit keys win, then the first mapping that has the key."""
        for event, value in merged:
            sources = value if isinstance(value, Listing) else [value]
            if event is not merged[0][0]:
                self._report(event, "duplicate key `<<`", "write a list: `<<: [*a, *b]`")
            elif not all(isinstance(source, Block) for source in sources):
                self._report(event, "`<<` takes a mapping or a list of mappings")
            else:
                self._merge_all(event, made, sources)

    def _merge_all(self, event: Any, made: Block, sources: list[Block]) -> None:
        for source in sources:
            self._count(event, len(source))
            for key, value, key_place, place in source.located():
                if key not in made:
                    made.put(key, value, key_place, place)

    def _tag(self, event: Any) -> None:
        self._report(event, f"the tag {cut(event.tag)} is not allowed", "no tags are: remove it")

    # limits and problems

    def _count(self, event: Any, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._most:
            raise self._too_many(event)

    def _too_many(self, event: Any) -> Stop:
        if self._nodes <= MAX_NODES:
            return self._stop(event, f"more than {MAX_BLOCK:,} values in one block, aliases expanded")
        return self._stop(event, f"more than {MAX_NODES:,} values in one file, aliases expanded", "split it")

    def _stop(self, event: Any, message: str, hint: str | None = None) -> Stop:
        return Stop(location(self._file, at_mark(event.start_mark)), message, hint)

    def _report(self, event: Any, message: str, hint: str | None = None) -> None:
        self._report_at(location(self._file, at_mark(event.start_mark)), message, hint)

    def _report_at(self, place: Location, message: str, hint: str | None = None) -> None:
        if len(self._problems) >= MAX_PROBLEMS:
            raise Stop(place, f"more than {MAX_PROBLEMS} problems in this file; the rest is not looked at")
        self._problems.append(Problem(place, message, hint))
