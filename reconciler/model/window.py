"""
A large JSON object, read member by member, and of a list item by item.

    source ─► window ─► name, value
                        name, items ─► item

What was decoded leaves the window, and more is read once a value does not end in it: of a file of a hundred
thousand items one is in memory at a time. The rules are those of `strict_json`, and so are the messages.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, Protocol

from reconciler.model.strict import strict_decoder

SIZE: Final = 1 << 16
"""Characters that are read at a time; more where one value is longer."""

_AHEAD: Final = 3
"""Characters behind a value without which it may go on: `1` could be the begin of `1e+9`."""
_BLANKS: Final = " \t\n\r"


class Source(Protocol):
    """What text is read from: a file that was opened as text."""

    def read(self, size: int, /) -> str:
        """Return so many characters; fewer at the end, and then none."""


class NoJson(ValueError):
    """The text is not JSON as its standard has it."""


def members(source: Source) -> Iterator[tuple[str, Any]]:
    """
    Yield the names and values of an object; a list is an iterator of its items, good until the next member.

    Raise NoJson for any other text, for NaN, for numbers that overflow and for a name that stands twice; what
    `source` raises passes.
    """
    window = _Window(source)
    window.expect("{", "Expecting an object")
    names: set[str] = set()
    for _ in window.parts("}"):
        name = window.name()
        if name in names:
            raise NoJson(f"the key {name!r} stands there twice")
        names.add(name)
        if window.takes("["):
            items = window.items()
            yield name, items
            deque(items, maxlen=0)
        else:
            yield name, window.value()
    if window.ahead():
        raise window.wrong("Extra data")


class _Window:
    """The part of a text that is looked at."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._decode = strict_decoder().raw_decode
        self._text = ""
        self._at = 0
        self._is_last = False
        self._passed = self._lines = self._column = 0
        """How much has left the window: characters, lines, and characters of the line that it begins in."""

    def parts(self, closing: str) -> Iterator[None]:
        """Stop at each part of an object or a list, up to its end."""
        if self.takes(closing):
            return
        while True:
            yield
            if self.takes(closing):
                return
            self.expect(",", "Expecting ',' delimiter")

    def items(self) -> Iterator[Any]:
        """Yield the items of a list that has begun."""
        return (self.value() for _ in self.parts("]"))

    def name(self) -> str:
        """Return the name of a member."""
        if self.ahead() != '"':
            raise self.wrong("Expecting property name enclosed in double quotes")
        name: str = self.value()
        self.expect(":", "Expecting ':' delimiter")
        return name

    def value(self) -> Any:
        """Return the value that comes next."""
        self.ahead()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._is_last:
                    raise self.wrong(error.msg, error.pos) from error
            except (ValueError, RecursionError) as error:
                raise NoJson(str(error)) from error
            else:
                if self._is_last or end + _AHEAD <= len(self._text):
                    self._at = end
                    return value
            self._more()

    def expect(self, sign: str, message: str) -> None:
        """Go on behind a sign; raise NoJson if another stands there."""
        if not self.takes(sign):
            raise self.wrong(message)

    def takes(self, sign: str) -> bool:
        """Go on behind a sign if it comes next, and tell whether it did."""
        found = self.ahead() == sign
        self._at += found
        return found

    def ahead(self) -> str:
        """Return the next sign that is no blank; nothing at the end."""
        while True:
            while (sign := self._text[self._at : self._at + 1]) and sign in _BLANKS:
                self._at += 1
            if sign or self._is_last:
                return sign
            self._more()

    def wrong(self, message: str, at: int | None = None) -> NoJson:
        """Return an error at a place of the window, in the words of the standard library."""
        at = self._at if at is None else at
        lines = self._text.count("\n", 0, at)
        column = at - self._text.rfind("\n", 0, at) if lines else self._column + at + 1
        return NoJson(f"{message}: line {self._lines + lines + 1} column {column} (char {self._passed + at})")

    def _more(self) -> None:
        """Let go of what was decoded, and read on."""
        passed, self._text = self._text[: self._at], self._text[self._at :]
        if "\n" in passed:
            self._column = -passed.rfind("\n") - 1
        self._column += len(passed)
        self._lines += passed.count("\n")
        self._passed += len(passed)
        self._at = 0
        read = self._source.read(max(SIZE, len(self._text)))  # a long value is not tried again for each few of it
        self._is_last = not read
        self._text += read
