"""
What a YAML file turns into: text, None, mappings and lists that remember where each of their values stands.

text       str; every scalar keeps its source text, so `no`, `1e3`, `0777` and `2024-01-01` are just that
Plain      str of an unquoted scalar that YAML 1.2 reads as a number or a truth value
None       an unquoted `null`, `Null`, `NULL`, `~` or nothing
Block      a mapping: keys are text
Listing    a list

A place is line and column from 0 in one int: two ints a value would double the memory of a large file. It is of
the file that what is around it is of, unless it is Elsewhere: so a template's values are shared by all its users.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeAlias

from reconciler.errors import Location, Use

Node: TypeAlias = Any
"""str, Plain, None, Block or Listing."""

Steps: TypeAlias = tuple[str | int, ...]
"""A way into a node: keys and indices."""

COLUMN_BITS: Final = 24
"""A column is less than this many bits wide, since a file is no larger than 16 MiB."""

_CORE: Final = re.compile(
    r"true|True|TRUE|false|False|FALSE"
    r"|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
"""What YAML 1.2 reads as no text: section 10.3.2, the core schema."""

CORE_BEGINS: Final = frozenset("tTfF+-.0123456789")
"""The first characters of those, to tell most texts apart quickly."""

_NUMBER_LENGTH: Final = 64

_SMALL: Final = 64
"""Keys of a mapping in which looking for one is faster than remembering where they are."""

_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that show nothing, though Unicode counts them as what is printed."""


class Plain(str):
    """An unquoted scalar that YAML 1.2 does not read as text: `42`, `1e3`, `true`."""

    __slots__ = ()


class Bound(str):
    """A text with `${…}` of which some has been put in; the string itself is as it was written."""

    __slots__ = ("parts",)

    parts: tuple[Any, ...]
    """Texts; matches of expressions that are put in later; Secret; None for what has no value, which was said."""

    def __new__(cls, written: str, parts: tuple[Any, ...]) -> Self:
        """Make one; `written` holds `${`, so that it is looked at again."""
        made = super().__new__(cls, written)
        made.parts = parts
        return made


class Elsewhere(int):
    """The place of a value that comes from a template; what is below it is of that template's file too."""

    file: str
    template: str

    def __new__(cls, place: int, file: str, template: str) -> Self:
        """Make one of a place in a file."""
        made = super().__new__(cls, place)
        made.file = file
        made.template = template
        return made


class Block(dict[str, Node]):
    """A mapping that remembers the places of its keys and values, in its own order."""

    __slots__ = ("_ranks", "places")

    def __init__(self) -> None:
        super().__init__()
        self.places: list[int] = []
        """Key, value, key, value …"""
        self._ranks: dict[str, int] | None = None

    def put(self, key: str, value: Node, key_place: int, place: int) -> None:
        """Add a key that is not there yet."""
        self[key] = value
        self.places += (key_place, place)

    def located(self) -> Iterator[tuple[str, Node, int, int]]:
        """Yield each key and value with their places."""
        places = iter(self.places)
        for key, value in self.items():
            yield key, value, next(places), next(places)

    def key_place(self, key: str) -> int:
        """Return where a key stands."""
        return self.places[2 * self.rank(key)]

    def place(self, key: str) -> int:
        """Return where the value of a key stands."""
        return self.places[2 * self.rank(key) + 1]

    def like(self) -> Block:
        """Return one with the same keys and places, whose values may be replaced; no key may be added."""
        made = Block()
        made.update(self)
        made.places = self.places
        return made

    def rank(self, key: str) -> int:
        """Return how many keys come before it; in a large mapping all are numbered once."""
        if len(self) <= _SMALL:
            return list(self).index(key)
        if self._ranks is None or len(self._ranks) < len(self):
            self._ranks = {each: rank for rank, each in enumerate(self)}
        return self._ranks[key]


class Listing(list[Node]):
    """A list that remembers the places of its values."""

    __slots__ = ("places",)

    def __init__(self) -> None:
        super().__init__()
        self.places: list[int] = []

    def like(self) -> Listing:
        """Return one with the same places, whose values may be replaced; none may be added."""
        made = Listing()
        made.extend(self)
        made.places = self.places
        return made


def unseen(text: str) -> str | None:
    """
    Return the first character of a name or a key that nobody sees, or that moves what others see; None if none.

    Those are controls, bidirectional and zero-width characters, and all spaces but the usual one.
    """
    if text.isascii() and text.isprintable():
        return None
    return next((each for each in text if not each.isprintable() or each in _BLANK), None)


def is_core(text: str) -> bool:
    """Tell whether YAML 1.2 reads an unquoted scalar as a number or a truth value."""
    return _CORE.fullmatch(text) is not None


def core_value(text: Plain) -> bool | int | float:
    """Return what YAML 1.2 reads; raise ValueError for what JSON cannot say."""
    lower = text.lower()
    if lower in {"true", "false"}:
        return lower == "true"
    if lower.endswith(("inf", "nan")) or len(text) > _NUMBER_LENGTH:
        raise ValueError("this number cannot be written in JSON")
    if lower.startswith(("0x", "0o")):
        return int(lower, 0)
    return _decimal(text)


def core_values(node: Node) -> Any:
    """Return a value as JSON has it, unquoted scalars read as YAML 1.2 does; raise ValueError as `core_value`."""
    match node:
        case dict():
            return {key: core_values(item) for key, item in node.items()}
        case list():
            return [core_values(item) for item in node]
        case Plain():
            return core_value(node)
        case _:
            return node


def _decimal(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("this number cannot be written in JSON")
    return number


def at_mark(mark: Any) -> int:
    """Return the place of a mark of PyYAML."""
    place: int = mark.line << COLUMN_BITS | mark.column
    return place


def location(file: str, place: int) -> Location:
    """Return a place of a file as people count."""
    if type(place) is Elsewhere:
        file = place.file
    return Location(file, (place >> COLUMN_BITS) + 1, (place & ((1 << COLUMN_BITS) - 1)) + 1)


def within(place: int, inner: int) -> int:
    """Return a place below another one."""
    if type(place) is not Elsewhere or type(inner) is Elsewhere:
        return inner
    return Elsewhere(inner, place.file, place.template)


def find(node: Node, path: Steps, place: int, *, key: bool = False) -> int:
    """Return the place of the value (or key) at a path below a node at `place`, or of what is around it."""
    for depth, step in enumerate(path, 1):
        match node:
            case Block() if str(step) in node:
                name = str(step)
                inner = node.key_place(name) if key and depth == len(path) else node.place(name)
                place = within(place, inner)
                node = node[name]
            case Listing() if str(step).isdecimal() and int(step) < len(node):
                place = within(place, node.places[int(step)])
                node = node[int(step)]
            case _:
                return place
    return place


def value_at(node: Node, path: Steps) -> Node:
    """Return the value at a path below a node; None where there is none."""
    for step in path:
        match node:
            case Block() if str(step) in node:
                node = node[str(step)]
            case Listing() if str(step).isdecimal() and int(step) < len(node):
                node = node[int(step)]
            case _:
                return None
    return node


@dataclass(frozen=True, slots=True)
class Placed:
    """A value with its place; gives the places of what is in it, and is the `Source` of a case."""

    file: str
    node: Node
    place: int

    def at(self, path: Steps = ()) -> Location:
        """Return the place of the value at a path, or of the nearest thing around it."""
        return location(self.file, find(self.node, path, self.place))

    def key(self, path: Steps) -> Location:
        """Return the place of the key at a path, or of the nearest thing around it."""
        return location(self.file, find(self.node, path, self.place, key=True))

    def template(self, path: Steps) -> str | None:
        """Return the template from which the value at a path comes; None if none."""
        place = find(self.node, path, self.place)
        return place.template if isinstance(place, Elsewhere) else None


@dataclass(frozen=True, slots=True)
class Expanded(Placed):
    """The block of a case that uses templates, or that is one of several of one block: what it became."""

    written: Block
    """As it stands in the file."""
    name: str
    """Under which it stands there."""
    is_instance: bool
    """It is one of the cases of a `for_each`."""
    case: str
    """The name of the case that it became."""

    def at(self, path: Steps = ()) -> Location:
        """Return the place of the value at a path, for this case, or of the nearest thing around it."""
        place = find(self.node, path, self.place)
        use = None
        if isinstance(place, Elsewhere):
            use = Use(self.case, location(self.file, self.place))
        elif self.is_instance:
            use = Use(self.case)
        return replace(location(self.file, place), use=use)
