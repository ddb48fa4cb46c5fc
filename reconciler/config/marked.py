"""
YAML text → a tree of what is written and where, for those who write it anew.

    key: [a, b]   # why      Entry(key, Sequence, behind=Comment)
    # above                  Entry(…, above=(Comment,))
    other: |                 Scalar(style="|")

`documents` reads what a file means and forgets how it says so; this keeps styles, anchors and comments. It is
given only what `documents` has found right, so it has no limits of its own.

Not ruamel.yaml's round trip (0.19): there a comment hangs on the value before it, so that a key which goes takes
the comment about the next case along; and every list, gap and indentation of the file is written anew, where a
reviewer shall see the accepted value and nothing else.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from reconciler.errors import Location

_BLOCKS: Final = ("|", ">")
_LOADER: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENT: Final = re.compile(r"#[^\n]*")
_HEADER_COMMENT: Final = re.compile(r"[|>][0-9+-]*[ \t]+(#[^\n]*)")


@dataclass(frozen=True, slots=True)
class Comment:
    """`# …` up to the end of its line."""

    text: str
    index: int
    line: int
    column: int
    stands_alone: bool
    """Nothing is before it in its line."""
    after_blank: bool
    """The line before it is empty."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands: characters from 0, lines and columns from 0."""

    start: int
    end: int
    line: int
    column: int
    last_line: int

    def at(self, file: str) -> Location:
        """Return its beginning as people count."""
        return Location(file, self.line + 1, self.column + 1)


@dataclass(slots=True)
class Scalar:
    """A text, a number or nothing."""

    span: Span
    value: str
    style: str
    """Empty where it is plain."""
    source: str
    """As it is written, its anchor aside."""
    anchor: str | None = None


@dataclass(slots=True)
class Alias:
    """`*name`."""

    span: Span
    name: str
    anchor: str | None = None


@dataclass(slots=True)
class Entry:
    """A key and its value, or a value of a list."""

    value: Piece
    key: Scalar | None = None
    above: list[Comment] = field(default_factory=list)
    behind: Comment | None = None
    after_blank: bool = False
    """The line before it is empty, or the one before the comments above it."""
    is_apart: bool = False
    """An empty line is between it and the comments above it."""

    @property
    def start(self) -> Span:
        """Where it begins."""
        return (self.key or self.value).span


@dataclass(slots=True)
class Collection:
    """A mapping or a list."""

    span: Span
    is_mapping: bool
    flow: bool
    anchor: str | None = None
    entries: list[Entry] = field(default_factory=list)
    below: list[Comment] = field(default_factory=list)
    """Comments behind its last entry."""
    is_commented: bool = False
    """Comments stand in it."""

    def entry(self, key: str | int) -> Entry | None:
        """Return the entry of a key, or at a position of a list; None if it is not written here."""
        if isinstance(key, int):
            return self.entries[key] if key < len(self.entries) else None
        return next((item for item in self.entries if item.key is not None and item.key.value == key), None)


Piece: TypeAlias = Scalar | Alias | Collection


@dataclass(slots=True)
class Written:
    """One document."""

    root: Piece
    is_explicit: bool
    """It begins with `---`."""
    before: list[Comment]
    """Comments before its `---`, or at the beginning of the file."""
    is_apart: bool = False
    """An empty line is between it and the comments at the beginning."""


@dataclass(frozen=True, slots=True)
class Text:
    """A whole file."""

    text: str
    """Its lines end with `\\n`."""
    documents: tuple[Written, ...]
    below: tuple[Comment, ...]
    """Comments that stand in no document."""


def written(text: str) -> Text:
    """Return what a file holds; raise yaml.YAMLError for what is no YAML."""
    text = _with_newlines(text)
    comments = deque(all_comments(text))
    documents = list(_Reader(text).documents())
    made = []
    for number, (start, is_explicit, root) in enumerate(documents):
        following = documents[number + 1][0] if number + 1 < len(documents) else len(text) + 1
        before = _taken(comments, start) if is_explicit else []
        _attach(root, comments, text, following, -1)
        made.append(Written(root, is_explicit, before))
    return Text(text, tuple(made), tuple(comments))


def comments_of(text: str) -> list[str]:
    """Return the texts of all comments, in order."""
    return [comment.text for comment in all_comments(_with_newlines(text))]


def _with_newlines(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


# ------------------------------------------------------------------------------------ comments


def all_comments(text: str) -> Iterator[Comment]:
    """Yield all comments of a text without carriage returns: between tokens, or behind the head of a block."""
    begins = [0, *(found.end() for found in re.finditer("\n", text))]
    for found, group in _found(text):
        yield _comment(text, found, group, begins)


def _found(text: str) -> Iterator[tuple[re.Match[str], int]]:
    at = 0
    for token in yaml.scan(text, _LOADER):
        if isinstance(token, yaml.ScalarToken | yaml.AnchorToken | yaml.AliasToken):
            start = token.start_mark.index
            yield from ((found, 0) for found in _COMMENT.finditer(text, at, start))
            at = token.end_mark.index
            if getattr(token, "style", None) in _BLOCKS and (found := _HEADER_COMMENT.match(text, start)):
                yield found, 1
    yield from ((found, 0) for found in _COMMENT.finditer(text, at))


def _comment(text: str, found: re.Match[str], group: int, begins: list[int]) -> Comment:
    index = found.start(group)
    line = bisect_right(begins, index) - 1
    begin = begins[line]
    stands_alone = not text[begin:index].strip()
    after_blank = stands_alone and _after_blank(text, begin)
    return Comment(found[group].rstrip(), index, line, index - begin, stands_alone, after_blank)


def _after_blank(text: str, begin: int) -> bool:
    """Tell whether the line before the one at `begin` is empty."""
    return begin > 1 and not text[text.rfind("\n", 0, begin - 1) + 1 : begin].strip()


def _taken(comments: deque[Comment], end: int) -> list[Comment]:
    """Take the comments before a place."""
    made = []
    while comments and comments[0].index < end:
        made.append(comments.popleft())
    return made


def _attach(piece: Piece, comments: deque[Comment], text: str, end: int, around: int) -> None:
    """Give the comments before `end` to what they are about; `around` is the column of what holds the piece."""
    if not isinstance(piece, Collection):
        return
    end = min(end, piece.span.end) if piece.flow else end
    piece.is_commented = bool(comments) and comments[0].index < piece.span.end
    for number, entry in enumerate(piece.entries):
        following = piece.entries[number + 1].start.start if number + 1 < len(piece.entries) else end
        begin = text.rfind("\n", 0, entry.start.start) + 1
        entry.above = _taken(comments, entry.start.start)
        entry.is_apart = bool(entry.above) and _after_blank(text, begin)
        entry.after_blank = entry.above[0].after_blank if entry.above else _after_blank(text, begin)
        _about(entry, comments)
        _attach(entry.value, comments, text, min(following, end), piece.span.column)
        _behind(entry, comments, following)
    # A list may stand at the column of its key: a comment at that column is about the next key.
    least = max(piece.span.column, around + 1) if around >= 0 and not piece.flow else 0
    while comments and comments[0].index < end and comments[0].column >= least:
        piece.below.append(comments.popleft())


def _about(entry: Entry, comments: deque[Comment]) -> None:
    """Take what stands between a key and its value."""
    if entry.key is None:
        return
    is_block = isinstance(entry.value, Collection) and not entry.value.flow
    while comments and comments[0].index < entry.value.span.start:
        if is_block and (comments[0].stands_alone or entry.behind is not None):
            return  # it is above the first thing in the block
        comment = comments.popleft()
        if comment.stands_alone or entry.behind is not None:
            entry.above.append(comment)
        else:
            entry.behind = comment


def _behind(entry: Entry, comments: deque[Comment], end: int) -> None:
    """Take what stands behind a value in its line."""
    if not comments or comments[0].stands_alone or comments[0].index >= end:
        return
    if isinstance(entry.value, Collection) and not entry.value.flow:
        return
    if entry.behind is None:
        entry.behind = comments.popleft()
    else:
        entry.above.append(comments.popleft())


# ------------------------------------------------------------------------------------ pieces


class _Reader:
    """Makes pieces of libyaml's events."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._events: Iterator[Any] = yaml.parse(text, _LOADER)

    def documents(self) -> Iterator[tuple[int, bool, Piece]]:
        """Yield where each document begins, whether it says so, and what it holds."""
        next(self._events)
        while isinstance(event := next(self._events), yaml.DocumentStartEvent):
            root = self._piece(next(self._events))
            next(self._events)
            yield _span(event).start, bool(event.explicit), root

    def _next(self) -> Any:
        return next(self._events)

    def _piece(self, event: Any) -> Piece:
        if isinstance(event, yaml.AliasEvent):
            return Alias(_span(event), str(event.anchor))
        return self._scalar(event) if isinstance(event, yaml.ScalarEvent) else self._collection(event)

    def _scalar(self, event: Any) -> Scalar:
        span = _span(event)
        source = self._text[span.start : span.end]
        if event.anchor:
            source = re.sub(r"\A&\S+(?:[ \t]*(?:#[^\n]*)?\n?)*[ \t]*", "", source)
        return Scalar(span, event.value, event.style or "", source, event.anchor)

    def _collection(self, event: Any) -> Collection:
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        made = Collection(_span(event), is_mapping, bool(event.flow_style), event.anchor)
        while not isinstance(item := self._next(), yaml.MappingEndEvent | yaml.SequenceEndEvent):
            if is_mapping:
                key = self._piece(item)
                value = self._piece(next(self._events))
                made.entries.append(Entry(value, key if isinstance(key, Scalar) else None))
            else:
                made.entries.append(Entry(self._piece(item)))
        begin = made.entries[0].start if made.entries and not made.flow and event.anchor else made.span
        last = _span(item)
        made.span = Span(made.span.start, last.end, made.span.line, begin.column, last.last_line)
        return made


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.index, end.index, start.line, start.column, end.line)
