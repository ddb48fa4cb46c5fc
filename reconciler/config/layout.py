"""
The one form of a workspace's files, which `reconciler fmt` writes.

    extends, for_each, provider, import, attributes by the schema, ownership, lifecycle, depends_on
    keys of maps stay in place
    blocks, two blanks a level; [a, b] and {a: b} stay where they fit in a line and nobody comments in them
    no quotes that say nothing; one blank line at most; comments where they were, in the column where they were

What is written means what was there: both are read and compared, and otherwise it is not written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.config.declared import META
from reconciler.config.documents import MAX_ENTRIES, parse
from reconciler.config.marked import (
    Alias,
    Collection,
    Comment,
    Entry,
    Piece,
    Scalar,
    Written,
    comments_of,
    written,
)
from reconciler.config.nodes import Block, Listing, Node, Plain
from reconciler.config.scalars import folded, is_plain, literal, may_be_plain, quoted, text_of
from reconciler.config.settings import SettingsFile
from reconciler.errors import ReconcilerError
from reconciler.providers.base import Provider

WIDTH: Final = 115
"""Characters of a line that we write; what was one longer line stays one."""

_STEP: Final = 2
_FIRST: Final = ("extends", "for_each", "provider", "import")
_NAMED: Final = ("cases", "templates")
"""What holds blocks under names."""
_LAST: Final = tuple(name for name in ("ownership", "lifecycle", "depends_on") if name in META)
_MODELINE: Final = "yaml-language-server:"
_HEAD: Final = re.compile(r"([|>])([0-9]?)([+-]?)([0-9]?)")

Order: TypeAlias = Callable[[Collection], Sequence[str]]
"""Gives the order of the keys of a case; none if they stay as they are."""


class CannotFormat(ReconcilerError):
    """The file would not mean the same, or lose a comment."""


def format_settings(file: str, data: bytes) -> bytes:
    """Return `reconciler.yaml` in the one form; raise CannotFormat."""
    return _format(file, data, lambda root: _sort(root, list(SettingsFile.model_fields)))


def format_cases(file: str, data: bytes, order: Order) -> bytes:
    """Return a case file in the one form; raise CannotFormat."""

    def arrange(root: Collection) -> None:
        for entry in root.entries:
            is_named = entry.key is not None and entry.key.value in _NAMED
            for case in entry.value.entries if is_named and isinstance(entry.value, Collection) else ():
                if isinstance(case.value, Collection):
                    _sort(case.value, order(case.value))

    return _format(file, data, arrange)


def order_of(types: Mapping[str, str | None], providers: Mapping[str, type[Provider]]) -> Order:
    """Return the order of the keys of cases, whose instances have these types."""
    orders = {name: (*_FIRST, *provider.case_model.model_fields, *_LAST) for name, provider in providers.items()}
    only = next(iter(types), "") if len(types) == 1 else ""

    def order(case: Collection) -> Sequence[str]:
        entry = case.entry("provider")
        name = entry.value.value if entry and isinstance(entry.value, Scalar) and entry.value.value else only
        return orders.get(types.get(name) or "", ())

    return order


def _sort(block: Collection, order: Sequence[str]) -> None:
    """Bring keys into order; what has names for parts of itself, or takes parts of others, stays as it is."""
    if not order or _is_tied(block):
        return
    ranks = {name: rank for rank, name in enumerate(order)}
    keys = [entry.key.value if entry.key else "" for entry in block.entries]
    arranged = sorted(keys, key=lambda key: ranks.get(key, len(ranks)))
    if arranged != keys:
        entries = dict(zip(keys, block.entries, strict=True))
        block.entries = [entries[key] for key in arranged]


def _is_tied(piece: Piece) -> bool:
    if isinstance(piece, Alias) or piece.anchor:
        return True
    return isinstance(piece, Collection) and any(
        _is_tied(entry.value) or (entry.key is not None and entry.key.anchor is not None)
        for entry in piece.entries
    )


def _format(file: str, data: bytes, arrange: Callable[[Collection], None]) -> bytes:
    text = data.decode("utf-8-sig")
    source = written(text)
    for document in source.documents:
        if isinstance(document.root, Collection):
            _keep_the_head(document)
            arrange(document.root)
    lines = list(_Printer().file(source.documents, source.below))
    made = "".join(f"{line}\n" for line in lines).encode()
    comments = sorted(comments_of(text))
    if not means_the_same(data, made) or sorted(comments_of(made.decode())) != comments:
        raise CannotFormat(f"{file}: it is written in a way that cannot be kept in the usual form")
    return made


def _keep_the_head(document: Written) -> None:
    """Keep comments at the beginning there, whichever key is first; those just above a key are about it."""
    first = document.root.entries[0] if isinstance(document.root, Collection) and document.root.entries else None
    if first is None or document.is_explicit:
        return
    ends = [
        number for number, comment in enumerate(first.above) if comment.after_blank or _MODELINE in comment.text
    ]
    end = len(first.above) if first.is_apart else max(ends, default=0)
    if not first.is_apart and first.above and _MODELINE in first.above[end].text:
        end += 1
    document.before, first.above = first.above[:end], first.above[end:]
    document.is_apart = first.is_apart
    first.is_apart = False
    first.after_blank = bool(first.above) and first.above[0].after_blank


def means_the_same(one: bytes, other: bytes) -> bool:
    """Tell whether two files are read as the same, what is a number and what is text included."""
    first, second = (parse("", data, most=10 * MAX_ENTRIES) for data in (one, other))
    if second.problems or first.problems:
        return False
    nodes = [[document.node for document in each.documents] for each in (first, second)]
    return len(nodes[0]) == len(nodes[1]) and all(map(same, *nodes))


def same(one: Node, other: Node) -> bool:
    """Tell whether two values are the same; the order of keys is none."""
    match one, other:
        case Block(), Block():
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
        case Listing(), Listing():
            return len(one) == len(other) and all(map(same, one, other))
        case _:
            return bool(one == other) and isinstance(one, Plain) == isinstance(other, Plain)


# ------------------------------------------------------------------------------------ printing


@dataclass(slots=True)
class _Printer:
    """Writes the lines of one file."""

    kept: bool = False
    """The last line belongs to a text that ends with empty lines: one more would be part of it."""

    def file(self, documents: Sequence[Written], below: Sequence[Comment]) -> Iterator[str]:
        """Yield the lines of a file."""
        first = True
        for number, document in enumerate(documents):
            for line in self._document(document, number):
                if line or not first:
                    yield line
                first = False
        for comment in below:
            if comment.after_blank and not first:
                yield ""
            yield comment.text
            first = False

    def _document(self, document: Written, number: int) -> Iterator[str]:
        yield from self._above(document.before, "")
        if document.is_apart and document.before:
            yield ""
        if document.is_explicit or number:
            yield "---"
        match document.root:
            case Collection(flow=True, entries=[]) | Alias():
                yield self._inline(document.root, flow=False) or ""
            case Collection() as root:
                root.flow = False
                yield from self._levels(root)
            case Scalar(value=value) if value not in {"", "~", "null", "Null", "NULL"}:
                yield document.root.source
            case _:
                pass

    def _levels(self, root: Collection) -> Iterator[str]:
        """Yield a document; its mapping, `cases` and `templates` in it and each of them are blocks."""
        for entry in root.entries:
            if entry.key is not None and entry.key.value in _NAMED and isinstance(entry.value, Collection):
                entry.value.flow = entry.value.flow and not entry.value.entries
                for case in entry.value.entries:
                    if isinstance(case.value, Collection) and case.value.entries:
                        case.value.flow = False
        yield from self._collection(root, 0)

    def _collection(self, block: Collection, indent: int) -> Iterator[str]:
        pad = " " * indent
        for number, entry in enumerate(block.entries):
            yield from self._before(entry, pad, is_first=number == 0 and indent > 0)
            self.kept = False
            yield from self._entry(entry, block, indent) if entry.key else self._item(entry, block, indent)
        yield from self._above(block.below, pad)

    def _before(self, entry: Entry, pad: str, *, is_first: bool) -> Iterator[str]:
        """Yield what stands above an entry; nothing is empty between a key and the first thing below it."""
        if entry.after_blank and not entry.above and not self.kept and not is_first:
            yield ""
        yield from self._above(entry.above, pad, blank=not is_first)
        if entry.is_apart:
            yield ""

    def _above(self, comments: Sequence[Comment], pad: str, *, blank: bool = True) -> Iterator[str]:
        for number, comment in enumerate(comments):
            if comment.after_blank and (number or blank) and not self.kept:
                yield ""
            self.kept = False
            yield f"{pad}{comment.text}"

    def _entry(self, entry: Entry, block: Collection, indent: int) -> Iterator[str]:
        key = _anchored(entry.key, _key(entry.key)) if entry.key else ""
        yield from self._valued(f"{' ' * indent}{key}:", entry, block, indent)

    def _item(self, entry: Entry, block: Collection, indent: int) -> Iterator[str]:
        pad = " " * indent
        value = entry.value
        if not self._is_block(value, indent + _STEP) or value.anchor:
            yield from self._valued(f"{pad}-", entry, block, indent)
            return
        lines = list(self._collection(value, indent + _STEP)) if isinstance(value, Collection) else []
        while lines and (not lines[0] or lines[0].lstrip().startswith("#")):
            yield f"{pad}{lines.pop(0).lstrip()}".rstrip()
        yield f"{pad}- {lines[0].lstrip()}"
        yield from lines[1:]

    def _valued(self, begun: str, entry: Entry, block: Collection, indent: int) -> Iterator[str]:
        value = entry.value
        if isinstance(value, Collection) and self._is_block(value, len(begun) + 1):
            # what stood behind the brace of a mapping in one line has no column here
            keep = entry.behind is not None and entry.behind.index < value.span.start
            yield _commented(_anchored(value, begun, behind=True), entry.behind, keep=keep)
            yield from self._collection(value, indent + _STEP)
            return
        head, lines = self._written(value, block, len(begun) + 1)
        line = _anchored(value, begun, behind=True)
        yield _commented(f"{line} {head}" if head else line, entry.behind)
        pad = " " * (indent + _STEP)
        yield from (f"{pad}{line}" if line else "" for line in lines)
        self.kept = bool(lines) and head.endswith("+")

    def _is_block(self, value: Piece, column: int) -> bool:
        """Tell whether a value takes lines of its own."""
        if not isinstance(value, Collection) or (value.flow and not value.entries and not value.below):
            return False
        if not value.flow or value.is_commented:
            return True
        inline = self._inline(value, flow=False)
        return inline is None or column + len(inline) > WIDTH

    def _written(self, value: Piece, block: Collection, column: int) -> tuple[str, Sequence[str]]:
        """Return what stands behind a key, and the lines below it, not indented."""
        if isinstance(value, Scalar):
            return _scalar(value, block, column)
        return self._inline(value, flow=False) or "", ()

    def _inline(self, value: Piece, *, flow: bool) -> str | None:
        """Return a value in one line; None if it has none."""
        match value:
            case Alias(name=name):
                return f"*{name}"
            case Scalar():
                return _one_line(value, flow=flow)
            case _:
                return self._flow(value)

    def _flow(self, value: Collection) -> str | None:
        parts = []
        for entry in value.entries:
            inline = self._inline(entry.value, flow=True)
            if inline is None:
                return None
            text = _anchored(entry.value, inline)
            if entry.key is not None:
                key = _anchored(entry.key, _key(entry.key, flow=True))
                # a name of an alias may hold a colon, and a value that is left out is nothing
                text = f"{key}: {text}" if text else f"{key}: null"
            parts.append(text or "null")
        inner = ", ".join(parts)
        return f"{{{inner}}}" if value.is_mapping else f"[{inner}]"


def _commented(line: str, comment: Comment | None, *, keep: bool = True) -> str:
    """Return a line with the comment behind it, where that was or further on; or just behind it."""
    if comment is None:
        return line
    column = max(len(line) + 2, comment.column if keep else 0)
    return f"{line.ljust(column)}{comment.text}"


def _anchored(piece: Piece, text: str, *, behind: bool = False) -> str:
    if not piece.anchor:
        return text
    return f"{text} &{piece.anchor}" if behind else f"&{piece.anchor} {text}".rstrip()


def _key(key: Scalar, *, flow: bool = False) -> str:
    if key.style == "":
        return key.value if may_be_plain(key.value, flow=flow) or key.value == "<<" else quoted(key.value)
    if is_plain(key.value, flow=flow):
        return key.value
    return quoted(key.value)


def _one_line(scalar: Scalar, *, flow: bool) -> str | None:
    """Return a value in one line: plain if it was or can be, else as it was or in double quotes."""
    value, source = scalar.value, scalar.source
    if scalar.style == "":
        if source in {"~", "Null", "NULL"}:
            return "null"
        if "\n" not in source and not (flow and source and not may_be_plain(value, flow=True)):
            return source
        return source if value == source and _is_number(value) else quoted(value)
    if is_plain(value, flow=flow):
        return value
    if scalar.style == "'" and ('"' in value or "\\" in value) and "\n" not in source:
        return source
    if scalar.style == '"' and "\n" not in source:
        return source
    return quoted(value)


def _is_number(text: str) -> bool:
    return not may_be_plain(text, flow=True) and not set(text) & set("\n,[]{}:?#\"'&*!|>%@`")


def _scalar(scalar: Scalar, block: Collection, column: int) -> tuple[str, Sequence[str]]:
    """Return a scalar of a block, which may have lines below."""
    if scalar.style in {"|", ">"}:
        return _block(scalar, block)
    if "\n" in scalar.source:
        if is_plain(scalar.value, flow=False) and column + len(scalar.value) <= WIDTH:
            return scalar.value, ()
        found = literal(scalar.value) if "\n" in scalar.value else folded(scalar.value, WIDTH - column // 2)
        if found is not None and (found[0][0] == "|" or column + len(quoted(scalar.value)) > WIDTH):
            return found
        return text_of(scalar.value, flow=False), ()
    return _one_line(scalar, flow=False) or "", ()


def _block(scalar: Scalar, block: Collection) -> tuple[str, Sequence[str]]:
    """Return the head of a block of text as it is, and its lines without their indentation."""
    head, *lines = scalar.source.split("\n")
    found = _HEAD.match(head)
    style, one, chomp, other = found.groups() if found else ("|", "", "", "")
    while lines and not lines[-1].strip(" "):
        lines.pop()
    digit = one or other
    own = int(digit) + block.span.column if digit else _indent(lines)
    if chomp != "-" and scalar.value and not scalar.value.endswith("\n"):
        chomp = "-"
    if chomp == "+":
        lines += [""] * (len(scalar.value) - len(scalar.value.rstrip("\n")) - (1 if lines else 0))
    return f"{style}{'2' if digit else ''}{chomp}", [line[own:] for line in lines]


def _indent(lines: Sequence[str]) -> int:
    return next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), 0)
