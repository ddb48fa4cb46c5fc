"""What differs about one case, and what has drifted."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.errors import Location
from reconciler.model.address import Address
from reconciler.model.operation import Operation
from reconciler.model.record import Record
from reconciler.model.values import ABSENT, Path, Value
from reconciler.model.waiver import Waiver


class Action(StrEnum):
    """What is done about a case."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RELEASE = "release"
    IMPORT = "import"
    NO_OP = "no-op"


class Cause(StrEnum):
    """Why a field changes."""

    CONFIG = "config"
    """desired ≠ recorded: somebody edited the YAML."""
    DRIFT = "drift"
    """live ≠ recorded: somebody edited the system."""
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that is to change from `before` (live) to `after`; ABSENT where there is none."""

    path: Path
    before: Value
    after: Value
    cause: Cause = Cause.CONFIG
    shared: bool = False
    """A set in which others may come and go: only the members that it gains or loses are our business."""

    @property
    def is_set(self) -> bool:
        """Tell whether this is about the members of a set."""
        return isinstance(self.after, AbstractSet)

    @property
    def add(self) -> frozenset[Value]:
        """The members that a set gains."""
        return frozenset(self.after) - self._members_before

    @property
    def remove(self) -> frozenset[Value]:
        """The members that a set loses."""
        return self._members_before - frozenset(self.after)

    @property
    def _members_before(self) -> frozenset[Value]:
        return frozenset(self.before) if isinstance(self.before, AbstractSet) else frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done about one case."""

    address: Address
    type: str
    action: Action
    id: str | None = None
    url: str | None = None
    fields: tuple[FieldChange, ...] = ()
    """Sorted by path."""
    operations: tuple[Operation, ...] = ()
    reason: str | None = None
    """Said beside the action where it is not plain: "was deleted outside"."""
    record: Record | None = None
    """What is remembered once it is done; None where the case is no longer ours."""
    base: str | None = None
    """Fingerprint of the record that this was planned upon; None where there was none."""
    depends_on: tuple[Address, ...] = ()
    """The cases that must come first; for a delete, that must come afterwards."""
    moved_from: Address | None = None
    """The address under which it is recorded, where that is another one."""

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes of all fields, each once: config, drift or both of them."""
        found = {field.cause for field in self.fields}
        if Cause.BOTH in found:
            return (Cause.CONFIG, Cause.DRIFT)
        return tuple(sorted(found)) or (Cause.CONFIG,)

    def field(self, path: Path) -> FieldChange | None:
        """Return the change at a path."""
        return next((field for field in self.fields if field.path == path), None)


@dataclass(frozen=True, slots=True)
class Edit:
    """Who changed something and when, as far as the system tells."""

    by: str | None
    at: str | None
    """As the system writes it."""


@dataclass(frozen=True, slots=True)
class DriftedField:
    """One value that is live otherwise than we last applied it."""

    path: Path
    recorded: Value
    live: Value
    source: Location | None = field(default=None, compare=False)
    """Where it is declared, from the root of the workspace; None where nobody has looked."""
    waiver: Waiver | None = None
    """Says that it may be so, or once did."""
    edit: Edit | None = None
    """The latest of its kind in the system's log of activities; None where there is none."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How one case of ours differs from what we last applied."""

    address: Address
    fields: tuple[DriftedField, ...] = ()
    missing: bool = False
    """The case is gone from the system."""
    id: str | None = None
    url: str | None = None
    source: Location | None = field(default=None, compare=False)
    """Where the case is declared; of one that is declared no more, where its provider is."""


def is_absent(value: Value) -> bool:
    """Tell whether there is nothing: no key, or a null."""
    return value is ABSENT or value is None


def is_same(one: Value, other: Value) -> bool:
    """Tell whether two values are equal; no key and a null are."""
    return bool(one == other) or (is_absent(one) and is_absent(other))


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of the live cases a look for drift at all of them has read."""

    last_complete: datetime
    """When the last complete read began, UTC; of several systems the oldest."""
    unread: int = 0
    """Cases that were not read, since nothing says that they have changed since then."""
    unseen: tuple[str, ...] = ()
    """Attributes of theirs that may have changed all the same."""

    @property
    def at(self) -> str:
        """When the last complete read began, as reports write it."""
        return f"{self.last_complete:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def is_complete(self) -> bool:
        """Tell whether every case was read."""
        return self.unread == 0


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Drift of a whole workspace."""

    workspace: str
    drift: tuple[Drift, ...]
    """Sorted by address; the drifted and the missing. Only this counts."""
    clean: int = 0
    checked: tuple[Address, ...] = field(default=(), compare=False)
    """Every case that was looked at, sorted."""
    waived: tuple[Drift, ...] = ()
    """Fields that may have drifted."""
    as_before: tuple[Drift, ...] = ()
    """What an earlier report has told."""
    warnings: tuple[str, ...] = ()
    reading: Reading | None = None
    """None for a look at some cases that has read them all."""

    @property
    def missing(self) -> int:
        """How many recorded cases are gone."""
        return sum(item.missing for item in self.drift)

    @property
    def drifted(self) -> int:
        """How many recorded cases are there, but not as we last applied them."""
        return len(self.drift) - self.missing

    @property
    def waived_fields(self) -> int:
        """How many fields may have drifted."""
        return sum(len(item.fields) for item in self.waived)

    @property
    def told_before(self) -> int:
        """How many fields and missing cases an earlier report has told."""
        return sum(item.missing or len(item.fields) for item in self.as_before)

    @property
    def apart(self) -> Mapping[str, tuple[Drift, ...]]:
        """What is told, and does not count, by its kind."""
        return {"as_before": self.as_before, "waived": self.waived}
