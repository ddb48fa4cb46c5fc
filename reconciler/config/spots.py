"""
The place of a character of a text that YAML wrote in its own way: on several lines, indented, folded, quoted.

    deny: >-                                   true && nope
      true &&                ──► text ──►              ^ line 1, column 9
      nope                                     stands in line 3, column 7 of the file

Every style keeps what is not blank, in its order, so the characters of the text are met one after another.
"""

from __future__ import annotations

from typing import Final

from reconciler.config.nodes import COLUMN_BITS

_BLANK: Final = frozenset(" \t\n\r")
_HEADERS: Final = ("|", ">")
_QUOTES: Final = ("'", '"')
_ESCAPED_BLANKS: Final = frozenset("ntr \t\r\n")


def spot(file: str, place: int, text: str, line: int, column: int) -> int:
    """
    Return the place in a file of a line and column (from 1) of a text that stands at `place` in it.

    It is `place` itself where the text is written with escapes by number, or stands elsewhere (an alias).
    """
    first, offset = place >> COLUMN_BITS, place & ((1 << COLUMN_BITS) - 1)
    written = "".join(file.splitlines(keepends=True)[first:])[offset:]
    at = _reach(written, text, sum(char not in _BLANK for char in _until(text, line, column)))
    if at is None:
        return place
    rows = f"{written[:at]}.".splitlines()
    across = len(rows[-1]) - 1 + (offset if len(rows) == 1 else 0)
    return (first + len(rows) - 1) << COLUMN_BITS | across


def _until(text: str, line: int, column: int) -> str:
    """Return what stands before a line and column."""
    *before, last = text.split("\n")[:line]
    return "\n".join([*before, last[: column - 1]])


def _reach(written: str, text: str, wanted: int) -> int | None:
    """Return where the character after `wanted` ones that are not blank is written; None if it is not found."""
    at, quote = _begin(written)
    for number, char in enumerate(char for char in text if char not in _BLANK):
        at = _past_blanks(written, at, quote)
        at += quote == '"' and written[at : at + 1] == "\\"
        if written[at : at + 1] != char:
            return None
        if number == wanted:
            return at
        at += 2 if quote == "'" == char else 1
    return at


def _begin(written: str) -> tuple[int, str]:
    """Return where the characters of a scalar begin, and the quote that they stand in."""
    if written.startswith(_HEADERS):
        return written.find("\n"), ""
    return (1, written[0]) if written.startswith(_QUOTES) else (0, "")


def _past_blanks(written: str, at: int, quote: str) -> int:
    """Return the next position at which something is written; an escaped blank is none."""
    while (char := written[at : at + 1]) and (char in _BLANK or _is_escaped_blank(written, at, quote)):
        at += 1 if char in _BLANK else 2
    return at


def _is_escaped_blank(written: str, at: int, quote: str) -> bool:
    return quote == '"' and written[at] == "\\" and written[at + 1 : at + 2] in _ESCAPED_BLANKS
