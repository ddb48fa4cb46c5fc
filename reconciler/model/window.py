"""
A large JSON object, read member by member, and of a list item by item.

    source ─► window ─► name, value
                        name, items ─► item
                        name, members ─► name, value

What was decoded leaves the window, and more is read once a value does not end in it: of a file of a hundred
thousand items one is in memory at a time. The rules are those of `strict_json`, and so are the messages.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, Protocol

from reconciler.model.strict import STRICT

SIZE: Final = 1 << 16
"""Characters that are read at a time; more where one value is longer."""

_AHEAD: Final = 3
"""Characters behind a value without which it may go on: `1` could be the begin of `1e+9`."""
_BLANKS: Final = re.compile(r"[ \t\n\r]*")
_NAME: Final = re.compile(rf'{_BLANKS.pattern}"([^"\\\x00-\x1f]*)"{_BLANKS.pattern}:')
"""Most names, at one go; any other is read bit by bit, until it is clear what is wrong with it."""


class Source(Protocol):
    """What text is read from: a file that was opened as text."""

    def read(self, size: int, /) -> str:
        """Return so many characters; fewer at the end, and then none."""


class NoJson(ValueError):
    """The text is not JSON as its standard has it."""


def members(source: Source, opened: str | None = None) -> Iterator[tuple[str, Any]]:
    """
    Yield the names and values of an object; a list is an iterator of its items, good until the next member.

    What stands under the name `opened` must be an object, and is an iterator of its names and values. Raise NoJson
    for any other text, for NaN, for numbers that overflow and for a name that stands twice; what `source` raises
    passes.
    """
    window = _Window(source)
    for name in window.names():
        inner: Iterator[Any]
        if name == opened:
            inner = ((key, window.value()) for key in window.names())
        elif window.takes("["):
            inner = (window.value() for _ in window.parts("]"))
        else:
            yield name, window.value()
            continue
        yield name, inner
        deque(inner, maxlen=0)
    if window.ahead():
        raise window.wrong("Extra data")


class _Window:
    """The part of a text that is looked at."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = ""
        self._at = 0
        self._is_last = False
        self._passed = self._lines = self._column = 0
        """How much has left the window: characters, lines, and characters of the line that it begins in."""

    def names(self) -> Iterator[str]:
        """Yield the names of an object; the value of each is read before the next one is asked for."""
        self.expect("{", "Expecting an object")
        names: set[str] = set()
        for _ in self.parts("}"):
            name = self._name()
            if name in names:
                raise NoJson(f"the key {name!r} stands there twice")
            names.add(name)
            yield name

    def parts(self, closing: str) -> Iterator[None]:
        """Stop at each part of an object or a list that has begun, up to its end."""
        if self.takes(closing):
            return
        yield
        while self.takes(","):
            yield
        self.expect(closing, "Expecting ',' delimiter")

    def value(self) -> Any:
        """Return the value that comes next."""
        self.ahead()
        while True:
            try:
                value, end = STRICT.raw_decode(self._text, self._at)
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
            self._at = _BLANKS.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches anything
            if self._at < len(self._text) or self._is_last:
                return self._text[self._at : self._at + 1]
            self._more()

    def wrong(self, message: str, at: int | None = None) -> NoJson:
        """Return an error at a place of the window, in the words of the standard library."""
        at = self._at if at is None else at
        lines = self._text.count("\n", 0, at)
        column = at - self._text.rfind("\n", 0, at) if lines else self._column + at + 1
        return NoJson(f"{message}: line {self._lines + lines + 1} column {column} (char {self._passed + at})")

    def _name(self) -> str:
        if found := _NAME.match(self._text, self._at):
            self._at = found.end()
            return found[1]
        if self.ahead() != '"':
            raise self.wrong("Expecting property name enclosed in double quotes")
        name: str = self.value()
        self.expect(":", "Expecting ':' delimiter")
        return name

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
