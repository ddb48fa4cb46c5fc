"""The attributes of one case on their way from the file to normal form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from reconciler.config.expressions import Found
from reconciler.config.nodes import Placed, Steps
from reconciler.errors import Location, Problem
from reconciler.model.values import Ref, Value

Mentions: TypeAlias = list[tuple[Ref, Location]]
"""References and their places."""


@dataclass(slots=True)
class Parts:
    """What is known about the parts of structures: items, members that are objects, objects."""

    said: set[Steps] = field(default_factory=set)
    """Where a problem is that has been reported: the schema's complaint about it is none."""
    secrets: set[Steps] = field(default_factory=set)
    """Where a text holds a secret."""
    unknown: set[Steps] = field(default_factory=set)
    """Where an expression has no value, which has been said."""
    settled: dict[Steps, Value] = field(default_factory=dict)
    """Items, and fields of items, that are decided without the schema."""


@dataclass(slots=True)
class Reading:
    """The attributes of one case on their way."""

    placed: Placed
    raw: dict[str, Any]
    """What the schema will see."""
    problems: list[Problem]
    settled: dict[str, Value] = field(default_factory=dict)
    """What is decided without it."""
    found: dict[str, Found] = field(default_factory=dict)
    """What expressions brought in, by attribute; structures keep account of themselves."""
    references: Mentions = field(default_factory=list)
    links: Mentions = field(default_factory=list)
    """References that may form a circle."""
    parts: Parts | None = None
    """None as long as there are no structures: most systems have none."""

    def place(self, name: str) -> int:
        """Return where the value of an attribute stands."""
        return self.placed.node.place(name)  # type: ignore[no-any-return] # the node of a case is a Block

    def report(self, path: Steps, message: str, hint: str | None = None) -> None:
        """Report what is wrong with the value at a path."""
        self.problems.append(Problem(self.placed.at(path), message, hint))


@dataclass(frozen=True, slots=True)
class Declared:
    """The attributes of one case in normal form, and what they refer to."""

    attributes: Mapping[str, Value]
    references: Mentions
    links: Mentions
