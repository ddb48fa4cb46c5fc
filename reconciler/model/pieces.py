"""
A large JSON object member by member, so that only one of many is there at a time.

    {"cases": {"soc.a": {…}, "soc.b": {…}}, "serial": 7}
               └─ taken ──┘  └─ taken ──┘   └─ returned

What is read this way is strict JSON, as `strict_json` has it. What is none is only told apart: whoever wants to
know what is wrong and where reads the whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, Final

from reconciler.model.strict import StrictReader

_SPACE: Final = r"[ \t\n\r]*"
_MEMBER: Final = rf'{_SPACE}"([^"\\\x00-\x1f]*)"{_SPACE}:'
_FIRST: Final = re.compile(rf"{_SPACE}\{{(?:{_MEMBER}|{_SPACE}\}})")
_NEXT: Final = re.compile(rf"{_SPACE}(?:,{_MEMBER}|\}})")
_BEFORE: Final = re.compile(_SPACE)
_AFTER: Final = frozenset(" \t\n\r,}")
_REST: Final = re.compile(rf"{_SPACE}\Z")


class UnusualError(Exception):
    """This is no strict JSON, or not of the expected shape; what exactly it is has to be found out otherwise."""


def members(pieces: Iterable[str], name: str, take: Callable[[str, Any], object]) -> dict[str, Any]:
    """
    Return the members of the object that the pieces of text are, but for those of the object under `name`.

    Each of these is handed to `take`, which has to see to it that none comes twice. Raises UnusualError.
    """
    text = _Text(pieces)
    made: dict[str, Any] = {}
    for key in _keys(text):
        if key in made:
            raise UnusualError
        if key == name:
            made[key] = {}
            for inner in _keys(text):
                take(inner, text.value())
        else:
            made[key] = text.value()
    text.end()
    return made


def _keys(text: _Text) -> Iterator[str]:
    """Yield the keys of an object; the value of each is read before the next one is asked for."""
    key = text.key(_FIRST)
    while key is not None:
        yield key
        key = text.key(_NEXT)


class _Text:
    """Text of which no more is held than is needed to read on."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self._held = ""
        self._at = 0
        self._reader = StrictReader()

    def key(self, pattern: re.Pattern[str]) -> str | None:
        """Read up to the value of the next member and return its key; None at the end of the object."""
        while (found := pattern.match(self._held, self._at)) is None:
            self._hold_more()
        self._at = found.end()
        return found[1]

    def value(self) -> Any:
        """Read a value; a number is read to its end only if something follows that is no part of one."""
        while True:
            start = _BEFORE.match(self._held, self._at).end()  # type: ignore[union-attr]  # it matches anything
            try:
                value, end = self._reader.read(self._held, start)
            except json.JSONDecodeError:
                end = len(self._held)
            except (ValueError, RecursionError) as error:
                raise UnusualError from error
            if self._held[end : end + 1] in _AFTER:
                self._at = end
                return value
            self._hold_more()

    def end(self) -> None:
        """Read what follows the whole, which must be nothing."""
        for piece in chain((self._held[self._at :],), self._pieces):
            if _REST.match(piece) is None:
                raise UnusualError

    def _hold_more(self) -> None:
        """Go on by at least as much as is held: then what is read again and again is read a few times only."""
        held = self._held[self._at :]
        more: list[str] = []
        for piece in self._pieces:
            more.append(piece)
            if sum(map(len, more)) >= len(held):
                break
        if not more:
            raise UnusualError
        self._held, self._at = "".join((held, *more)), 0
