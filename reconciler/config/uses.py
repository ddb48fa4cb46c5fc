"""
What is wrong in a template, and whom it concerns: told once, at the template's line, with the first who uses it.

cases/base.yaml:4:9: `priority` must be low or high, not `hgih` (used by `wave` at cases/soc.yaml:12:3)
cases/soc.yaml:13:5: `name` must be text, not nothing (in `wave-emea` and 2 other cases)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.config.nodes import Block, Expanded, Listing, Node, location
from reconciler.config.problems import TooMany
from reconciler.errors import Location, Problem, Use
from reconciler.model.case import Source

MOST: Final = 1000
"""Cases with problems, after which nothing more is looked at."""


@dataclass(slots=True)
class _Told:
    """A problem, and how many cases have it."""

    problem: Problem
    use: Use | None
    cases: int = 0


class Uses:
    """Says of the problems of cases that were expanded which ones they are about."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._told: dict[tuple[Location, str], _Told] = {}
        self._noted = 0
        self._own: tuple[Block | None, frozenset[Location]] = None, frozenset()
        """The block that was asked about last, and the places in it: many cases may be of one block."""

    def note(self, placed: Source, case: str, since: int) -> None:
        """Take the problems since a number of them to be about a case; raise TooMany."""
        if len(self._problems) == since or not isinstance(placed, Expanded):
            return
        if self._own[0] is not placed.written:
            self._own = placed.written, frozenset([placed.at(), *_places(placed.written, placed.file)])
        own = self._own[1]
        for problem in dict.fromkeys(self._problems[since:]):
            use = self._use(placed, case, is_own=problem.location in own)
            told = self._told.setdefault((problem.location, problem.message), _Told(problem, use))
            told.cases += 1
        del self._problems[since:]
        self._noted += 1
        if self._noted >= MOST:
            raise TooMany

    @staticmethod
    def _use(placed: Expanded, case: str, *, is_own: bool) -> Use | None:
        if not is_own:
            return Use(case, placed.at())
        return Use(case) if placed.is_instance else None

    def tell(self) -> None:
        """Report what was noted; raise TooMany."""
        told, self._told = self._told, {}
        for each in told.values():
            self._problems.append(each.use.of(each.problem, each.cases) if each.use else each.problem)


def _places(node: Node, file: str) -> Iterator[Location]:
    """Yield the places of what stands in a node."""
    match node:
        case Block() | Listing():
            yield from (location(file, place) for place in node.places)
            for value in node.values() if isinstance(node, Block) else node:
                yield from _places(value, file)
        case _:
            pass
