"""
`templates:` of the case files: what cases and other templates build upon, by `extends`.

    extends: [base, night]     base first, then night, then the case's own words: what comes later counts

What several of them build upon is laid down once, before the first of them that builds upon it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.config.documents import MAX_NODES
from reconciler.config.merging import lifted, merged
from reconciler.config.nodes import Block, Listing, Node, Placed
from reconciler.config.sentences import nearest, quoted, shown
from reconciler.errors import Location, Problem
from reconciler.model.fields import Schema

EXTENDS: Final = "extends"
FOR_EACH: Final = "for_each"
TEMPLATES_LACK: Final = ("import", FOR_EACH)
"""Keys of a case that cannot stand in a template."""
MAX_LAYERS: Final = 32
"""Templates that one case builds upon."""

_WITHOUT: Final = frozenset({EXTENDS})


@dataclass(frozen=True, slots=True)
class Template:
    """A declared template."""

    placed: Placed
    """Its block; the place is that of the name."""
    has_expressions: bool


@dataclass(frozen=True, slots=True)
class Layers:
    """Templates laid over each other."""

    names: tuple[str, ...]
    block: Block
    size: int
    """How many values it holds."""
    has_expressions: bool


class Templates:
    """The templates of a workspace."""

    def __init__(self, problems: list[Problem]) -> None:
        self.is_whole = True
        """Every file could be read: a name that is not found is wrong."""
        self._problems = problems
        self._declared: dict[str, Template] = {}
        self._lines: dict[str, tuple[str, ...] | None] = {}
        self._laid: dict[tuple[tuple[str, ...], int], Layers] = {}

    def add(self, name: str, template: Template) -> None:
        """Declare a template."""
        first = self._declared.setdefault(name, template)
        if first is not template:
            message = f"the template {quoted(name)} is declared already, at {first.placed.at()}"
            self._problems.append(Problem(template.placed.at(), message, "give one of them another name"))
        for key in TEMPLATES_LACK:
            if key in template.placed.node:
                message = f"`{key}` cannot stand in a template: it is about one case"
                self._problems.append(Problem(template.placed.key((key,)), message, "write it into the case"))

    def check(self) -> None:
        """Report what is wrong between templates."""
        for name in self._declared:
            self._line(name, ())

    def names_of(self, placed: Placed) -> tuple[str, ...] | None:
        """Return all that a case builds upon, the farthest first; None if it cannot be told, which is reported."""
        if EXTENDS not in placed.node:
            return ()
        return self._lines_of(placed, ())

    def layers(self, names: tuple[str, ...], schema: Schema | None) -> Layers:
        """Return templates laid over each other."""
        found = self._laid.get((names, id(schema)))
        if found is None:
            block = Block()
            for name in names:
                block = merged(block, lifted(self._declared[name].placed, name), schema, without=_WITHOUT)
            has_expressions = any(self._declared[name].has_expressions for name in names)
            found = Layers(names, block, size_of(block), has_expressions)
            self._laid[names, id(schema)] = found
        return found

    def provider(self, names: tuple[str, ...]) -> tuple[Node, Placed] | None:
        """Return what the nearest of these that names a provider says, and where."""
        for name in reversed(names):
            placed = self._declared[name].placed
            if (said := placed.node.get("provider")) is not None:
                return said, placed
        return None

    # who builds upon whom

    def _line(self, name: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return a template and all that it builds upon, the farthest first."""
        if name not in self._lines:
            placed = self._declared[name].placed
            below = self._lines_of(placed, (*path, name)) if EXTENDS in placed.node else ()
            self._lines[name] = None if below is None else (*below, name)
        return self._lines[name]

    def _lines_of(self, placed: Placed, path: tuple[str, ...]) -> tuple[str, ...] | None:
        made: dict[str, None] = {}
        is_whole = True
        for name, where in self._extended(placed):
            line = None if name is None else self._followed(name, where, path)
            is_whole = is_whole and line is not None
            made |= dict.fromkeys(line or ())
            if len(made) > MAX_LAYERS:
                self._too_many(where)
                return None
        return tuple(made) if is_whole else None

    def _followed(self, name: str, where: Location, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if name in path:
            circle = " → ".join((*path[path.index(name) :], name))
            message = f"these templates extend each other: {circle}"
            self._problems.append(Problem(where, message, "remove one `extends`"))
            return None
        if name not in self._declared:
            if self.is_whole:
                hint = nearest(name, self._declared) or "declare it under `templates:` in a case file"
                self._problems.append(Problem(where, f"there is no template {quoted(name)}", hint))
            return None
        if len(path) > MAX_LAYERS:
            self._too_many(where)
            return None
        return self._line(name, path)

    def _too_many(self, where: Location) -> None:
        message = f"more than {MAX_LAYERS} templates build upon each other here"
        self._problems.append(Problem(where, message, "write fewer, larger ones"))

    def _extended(self, placed: Placed) -> Iterator[tuple[str | None, Location]]:
        """Yield each name with its place; None for what is none, which is reported."""
        said = placed.node[EXTENDS]
        listed = [(EXTENDS, at) for at in range(len(said))] if isinstance(said, Listing) else [(EXTENDS,)]
        for path in listed:
            name = said[path[1]] if len(path) > 1 else said
            where = placed.at(path)
            if isinstance(name, str) and "${" not in name:
                yield str(name), where
                continue
            what = f"`extends` must name a template, or list some, not {shown(name)}"
            message = "`${…}` cannot stand in `extends`" if isinstance(name, str) else what
            self._problems.append(Problem(where, message))
            yield None, where


def size_of(node: Node) -> int:
    """Return how many values a node holds; beyond what a file may hold it does not matter how many."""
    left, size = [node], 0
    while left and size <= MAX_NODES:
        match left.pop():
            case Block() as block:
                size += 1 + len(block)
                left.extend(value for value in block.values() if isinstance(value, dict | list))
            case Listing() as listing:
                size += 1 + len(listing)
                left.extend(value for value in listing if isinstance(value, dict | list))
            case _:
                size += 1
    return size
