"""A line of text with a little style: what `text` yields, a test reads and the terminal paints."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from reconciler.report.hostile import inline, is_harmless


class Style(StrEnum):
    """What a piece of a line is, not how it looks."""

    PLAIN = "plain"
    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    RELEASE = "release"
    QUIET = "quiet"
    STRONG = "strong"
    WARNING = "warning"
    ERROR = "error"


class Span(NamedTuple):
    """A piece of a line in one style."""

    text: str
    style: Style = Style.PLAIN


Line: TypeAlias = tuple[Span, ...]
"""One line, without its line feed; harmless if it was made by `line`."""


def line(*pieces: str | Span) -> Line:
    """Make a line; each piece passes the boundary for hostile text."""
    return tuple([_span(piece) for piece in pieces if piece and piece[0]])  # the text of a span is its first


def _span(piece: str | Span) -> Span:
    text, style = (piece, Style.PLAIN) if isinstance(piece, str) else piece
    if not is_harmless(text):
        return Span(inline(text), style)
    return Span(text) if isinstance(piece, str) else piece


def unstyled(spans: Line) -> str:
    """Return the text of a line."""
    return "".join(span.text for span in spans)


def plain(lines: Iterable[Line]) -> str:
    """Return lines as one text, each ending in a line feed."""
    return "".join(f"{unstyled(spans)}\n" for spans in lines)
