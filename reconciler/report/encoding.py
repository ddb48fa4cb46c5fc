"""
JSON as it leaves: harmless to print, one item of a list a line, never one string as a whole.

Values are written as the model writes them (`to_json`), with one thing added so that they can be read back: a map
of the user's own that looks like a reference or a digest stands inside `{"literal": …}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, TypeAlias

from reconciler.model.values import Entry, Value, as_member, from_json, in_order, to_json
from reconciler.report.hostile import inert_json

Members: TypeAlias = Iterable[tuple[str, Any]]
"""The members of a JSON object in order; a list may be any iterable of items."""

LITERAL: Final = "literal"
_RESERVED: Final = frozenset({"unknown", "secret"})
_MOST_KNOWN: Final = 1000
"""Texts that are looked back upon: more of them cost more than they save."""


def stream(members: Members) -> Iterator[str]:
    """
    Yield a JSON object in pieces: one member a line, and of a list one item a line.

    An item may be an iterator itself: of the pieces of its text.
    """
    opening = "{\n  "
    for name, value in members:
        yield f"{opening}{inert_json(json.dumps(name))}: "
        yield from _member(value)
        opening = ",\n  "
    yield "\n}\n"


def _member(value: Any) -> Iterator[str]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        yield dumps(value)
        return
    opening = "[\n    "
    for item in value:
        if isinstance(item, Iterator):
            yield opening
            yield from item
        else:
            yield opening + dumps(item)
        opening = ",\n    "
    yield "[]" if opening.startswith("[") else "\n  ]"


def on_one_line(members: Members) -> Iterator[str]:
    """Yield a JSON object in pieces, as `dumps` writes it; of a list that is an iterator, one item a piece."""
    opening = "{"
    for name, value in members:
        yield f"{opening}{dumps(name)}: "
        opening = ", "
        yield from _items(value) if isinstance(value, Iterator) else [dumps(value)]
    yield "}"


def _items(items: Iterator[Any]) -> Iterator[str]:
    yield "["
    for number, item in enumerate(items):
        yield f"{', ' if number else ''}{dumps(item)}"
    yield "]"


def dumps(value: Any) -> str:
    """Return JSON on one line in which hostile characters are escaped; NaN and infinity are a ValueError."""
    return inert_json(json.dumps(value, ensure_ascii=False, allow_nan=False))


def encode(value: Value) -> Any:
    """Return the JSON form of a value; a set is a sorted list."""
    match value:
        case str():
            return value
        case Mapping():
            data = {key: encode(item) for key, item in value.items()}
            return {LITERAL: data} if _misleads(data) else data
        case Entry(_, fields):
            return encode(fields)
        case AbstractSet():
            return in_order(map(encode, value))
        case tuple() | list():
            return [encode(item) for item in value]
        case _:
            return to_json(value)


def decode(data: Any, text: Callable[[str], Value] = str) -> Value:
    """Read back what `encode` wrote; sets are lists until somebody knows better. `text` reads each string."""
    match data:
        case str():
            return text(data)
        case {"literal": dict(inner), **rest} if not rest:
            return {key: decode(item, text) for key, item in inner.items()}
        case dict():
            special = from_json(data) if len(data) == 1 and data.keys() <= _RESERVED else data
            return {key: decode(item, text) for key, item in data.items()} if special == data else special
        case list():
            return [decode(item, text) for item in data]
        case _:
            return data


class Shared:
    """
    Makes one object of equal texts that come close together, in the JSON of one item or of several in a row.

    A case names its address, its tags and its attributes again and again, and so does the next.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, data: Any) -> Any:
        """Return the same data."""
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        return self._one(data)

    def _one(self, data: Any) -> Any:
        share = self._known.setdefault
        kind = type(data)
        if kind is str:
            return share(data, data)
        if kind is dict:
            return {
                share(key, key): share(item, item) if type(item) is str else self._one(item)
                for key, item in data.items()
            }
        if kind is list:
            return [share(item, item) if type(item) is str else self._one(item) for item in data]
        return data


def members(values: Iterable[Value]) -> frozenset[Value]:
    """Return the set of which a list was decoded; its objects are members that were given whole."""
    return frozenset(map(as_member, values))


def _misleads(data: dict[str, Any]) -> bool:
    """Tell whether a map of the user's own would be read as something else."""
    if len(data) != 1:
        return False
    ((key, item),) = data.items()
    return isinstance(item, dict) if key == LITERAL else key in _RESERVED and from_json(data) != data
