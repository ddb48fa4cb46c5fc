"""One request that writes, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from reconciler.model.address import Address
from reconciler.model.values import NOTHING, Path, Value

Steps: TypeAlias = tuple[str | int, ...]
"""A way into a decoded JSON answer: `("case_id",)`; `"*"` means each item of a list."""


class Repeat(StrEnum):
    """What may be done when the answer to a request was lost."""

    SAFE = "safe"
    """Send it again: twice is the same as once."""
    LOOK = "look"
    """Look first whether it was executed."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A set that is sent whole, as text: what others did to it since the plan is taken in when it is sent."""

    attribute: str
    before: tuple[str, ...]
    """Its members when it was planned, in the system's words."""


@dataclass(frozen=True, slots=True)
class Each:
    """
    The list in a body of the cases that a request is about.

    Requests that differ in nothing else may be sent as one, before everything else of these cases.
    """

    key: str
    """Key of the body."""
    at_most: int
    """How many cases one request takes."""
    shown: Steps
    """Where the answer names the cases that it was done for, `*` among the steps."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one request does to a set that takes several."""

    path: Path
    add: frozenset[Value] = frozenset()
    remove: frozenset[Value] = frozenset()


@dataclass(frozen=True, slots=True)
class Operation:
    """One request that writes; `body` is what is sent once references and secrets are filled in."""

    method: str
    path: str
    """From the root of the system's address; `${cases.NAME.id}` where an id is not yet known."""
    body: Value
    """A JSON value in which Ref, Template, Digest and Marker may stand; None where nothing is sent."""
    why: str
    query: tuple[tuple[str, str], ...] = ()
    """Parameters of the path, not yet encoded."""
    fields: tuple[Path, ...] = ()
    """The paths of the field changes that this request makes true."""
    captures: Mapping[str, Steps] = field(default_factory=lambda: NOTHING)
    """What to remember of the answer, by name: `{"id": ("case_id",)}`."""
    expects: tuple[tuple[Steps, Any], ...] = ()
    """What the answer must hold; another value there means the system did something else."""
    repeat: Repeat = Repeat.SAFE
    droppable: bool = False
    """Not sent when a reference in it turns out to be empty: then there is nothing to do."""
    makes: Mapping[Path, str | None] = field(default_factory=lambda: NOTHING)
    """Items that it brings into being, each with a name by which the system shows it again, if it has one."""
    verifies: tuple[str, ...] = ()
    """Sets to be compared with what the answer shows of them, since systems are known to do otherwise."""
    after: tuple[str, ...] = ()
    """Names of cases that it links to and that come later than its own: it is sent when they are done."""
    as_text: bool = False
    """The body goes as a JSON string that holds it."""
    merges: Mapping[str, Merge] = field(default_factory=lambda: NOTHING)
    """Keys of the body that hold a whole set as text, members joined by commas."""
    along: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    """Attributes that it sets though nobody declares them, since they go with one that is; as they were then."""
    otherwise: tuple[Operation, ...] = ()
    """What is sent instead, in this order, if the system finds that it cannot do all of it at once (422)."""
    last: bool = False
    """Of what is sent instead: it waits until everything else of the case is done."""
    reads_back: bool = False
    """The answer tells nothing of what was done: the case is read again, and every field held against it."""
    each: Each | None = None
    """Given where the like of it for other cases may be sent as one with it."""
    others: Mapping[Address, tuple[Path, ...]] = field(default_factory=lambda: NOTHING)
    """What it makes true of other cases, which send nothing for it themselves."""
    part: Part | None = None
    """Given where its set takes several requests: what tells whether this one was executed."""

    @property
    def target(self) -> str:
        """The path with its query, as a person reads it."""
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return f"{self.path}?{query}" if query else self.path

    @property
    def creates(self) -> bool:
        """Tell whether this request makes the case itself."""
        return "id" in self.captures
