"""
The functions of texts that expressions may call: those of CEL's strings extension, metered.

The library's own would make a gigabyte of `"a".replace("", b).replace("", b)` without a word.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

LETTERS: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
"""A to a: the functions know ASCII, as their names say."""
_CAPITALS: Final = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


class OverSpent(ValueError):
    """An expression made, or all of them took, more than they may."""


class Meter:
    """Counts what the functions of one evaluation make, and what all evaluations take."""

    def __init__(self, budget: int | None = None) -> None:
        self._budget = budget
        self._left = 0

    def begin(self, text: int, cost: int) -> None:
        """Begin an evaluation that may make so many characters, and takes so many steps; raise OverSpent."""
        self._left = text
        if self._budget is not None:
            self._budget -= cost
            if self._budget < 0:
                raise OverSpent("the expressions of this workspace take too many steps together; let them do less")

    def spend(self, length: int) -> None:
        """Count a text before it is made; raise OverSpent if it is too long."""
        self._left -= length
        if self._left < 0:
            raise OverSpent("the expression makes too much text")


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a text or a list, called as a method."""

    name: str
    parameters: Sequence[str]
    """`string`, `int` or `list`: a list of texts."""
    result: str
    call: Callable[..., Any]


def functions(meter: Meter, parts: int) -> Iterator[Function]:
    """Yield them; none makes more than the meter allows, nor a list of more than so many parts."""

    def replace(text: str, old: str, new: str, limit: int = -1) -> str:
        found = len(text) + 1 if old == "" else text.count(old)
        times = found if limit < 0 else min(found, limit)
        meter.spend(len(text) + times * max(0, len(new) - len(old)))
        return text.replace(old, new, times)

    def join(members: Sequence[str], separator: str = "") -> str:
        if not all(isinstance(member, str) for member in members):
            raise ValueError("`join` takes a list of texts")
        meter.spend(sum(map(len, members)) + len(separator) * len(members))
        return separator.join(members)

    def split(text: str, separator: str, limit: int = -1) -> list[str]:
        meter.spend(len(text))
        made = _split(text, separator, limit)
        if len(made) > parts:
            raise OverSpent(f"`split` makes more than {parts:,} parts")
        return made

    def mapped(table: dict[int, int]) -> Callable[[str], str]:
        def map_(text: str) -> str:
            meter.spend(len(text))
            return text.translate(table)

        return map_

    yield Function("replace", ("string",) * 3, "string", replace)
    yield Function("replace", (*("string",) * 3, "int"), "string", replace)
    yield Function("join", ("list",), "string", join)
    yield Function("join", ("list", "string"), "string", join)
    yield Function("split", ("string",) * 2, "list", split)
    yield Function("split", (*("string",) * 2, "int"), "list", split)
    yield Function("lowerAscii", ("string",), "string", mapped(LETTERS))
    yield Function("upperAscii", ("string",), "string", mapped(_CAPITALS))
    yield from _LOOKING


def _split(text: str, separator: str, limit: int) -> list[str]:
    if limit in {0, 1}:
        return [text] * limit
    if separator == "":
        cut = len(text) if limit < 0 else min(limit - 1, len(text))
        rest = [text[cut:]] if cut < len(text) else []
        return [*text[:cut], *rest]
    return text.split(separator, -1 if limit < 0 else limit - 1)


def _char_at(text: str, at: int) -> str:
    return _substring(text, at, min(at + 1, len(text)))


def _substring(text: str, begin: int, end: int | None = None) -> str:
    end = len(text) if end is None else end
    if not 0 <= begin <= end <= len(text):
        raise ValueError(f"the text has {len(text)} characters: there is nothing from {begin} to {end}")
    return text[begin:end]


_LOOKING: Final = (
    Function("charAt", ("string", "int"), "string", _char_at),
    Function("substring", ("string", "int"), "string", _substring),
    Function("substring", ("string", "int", "int"), "string", _substring),
    Function("indexOf", ("string", "string"), "int", str.find),
    Function("indexOf", ("string", "string", "int"), "int", str.find),
    Function("lastIndexOf", ("string", "string"), "int", str.rfind),
    Function("trim", ("string",), "string", str.strip),
)
"""Those that make nothing longer than what they look at."""
