"""A plan: every change with its requests, as data that can be shown, saved, compared and applied."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeAlias

from reconciler.model.address import Address
from reconciler.model.change import Action, Change, Drift, FieldChange
from reconciler.model.move import Move
from reconciler.model.operation import Operation
from reconciler.model.policy import Objection
from reconciler.model.record import Record
from reconciler.model.values import Marker, to_json, transform

FORMAT_VERSION = "1.0"
MAX_BYTES: Final = 256 * 1024 * 1024
"""A larger plan file is not read."""

Carried: TypeAlias = tuple[tuple[Address, Operation], ...]
"""Requests, each with the case that sends it."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How many cases get which action, and how many requests that takes."""

    create: int = 0
    update: int = 0
    delete: int = 0
    release: int = 0
    imported: int = 0
    unchanged: int = 0
    requests: int = 0


@dataclass(frozen=True)
class Plan:
    """What is to be done about a workspace, made at one moment against one state."""

    workspace: str
    lineage: str
    serial: int
    created_at: str
    changes: tuple[Change, ...]
    """Sorted by address; cases with nothing to do are counted, not listed, unless their address changes."""
    drift: tuple[Drift, ...] = ()
    unchanged: int = 0
    refresh: tuple[Record, ...] = ()
    """Records to bring up to date without a request: live is already as desired."""
    warnings: tuple[str, ...] = ()
    recorded: int = 0
    """How many cases the state held, for `limits`."""
    policies: tuple[Objection, ...] = ()
    """What the rules of the workspace have against it: by rule, then by address. No part of its meaning."""
    rates: Mapping[str, int] = field(default_factory=dict)
    """By instance that is written to, how many requests a minute it gets at most. No part of its meaning."""

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to apply."""
        return not self.changes

    @property
    def moves(self) -> tuple[Move, ...]:
        """Return which cases change their address."""
        return tuple(Move(each.moved_from, each.address) for each in self.changes if each.moved_from)

    @property
    def summary(self) -> Summary:
        """Return the counts."""
        actions = Counter(change.action for change in self.changes)
        return Summary(
            create=actions[Action.CREATE],
            update=actions[Action.UPDATE],
            delete=actions[Action.DELETE],
            release=actions[Action.RELEASE],
            imported=actions[Action.IMPORT],
            unchanged=self.unchanged,
            requests=sum(len(change.operations) for change in self.changes),
        )

    @property
    def carried(self) -> Mapping[Address, Carried]:
        """Return for each case the requests of other cases that make something of it true."""
        found: dict[Address, Carried] = {}
        for change in self.changes:
            for operation in change.operations:
                for other in operation.others:
                    found[other] = (*found.get(other, ()), (change.address, operation))
        return found

    @cached_property
    def digest(self) -> str:
        """Return the hash of the plan's meaning: the same plan made twice has the same digest."""
        hashed = hashlib.sha256(b"[")
        for number, change in enumerate(sorted(self.changes, key=lambda change: change.address)):
            text = json.dumps(meaning(change), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            hashed.update(b"," * bool(number) + text.encode("utf-8", "surrogatepass"))
        hashed.update(b"]")
        return f"sha256:{hashed.hexdigest()}"


def meaning(change: Change) -> list[Any]:
    """Return what a change does, as JSON; markers are left out, since they name the state and not the meaning."""
    fields = [[list(f.path), to_json(f.before), to_json(f.after), f.cause] for f in _by_path(change.fields)]
    operations = [_sent(operation) for operation in change.operations]
    moved = [str(change.moved_from)] if change.moved_from else []
    return [str(change.address), change.type, change.action, change.id, fields, operations, *moved]


def _sent(operation: Operation) -> list[Any]:
    body = to_json(transform(operation.body, _without_marker))
    others = [[str(other), sorted(map(list, paths))] for other, paths in sorted(operation.others.items())]
    return [operation.method, operation.target, body, operation.why, *([others] if others else [])]


def _by_path(fields: Iterable[FieldChange]) -> list[FieldChange]:
    return sorted(fields, key=lambda field: field.path)


def _without_marker(value: Any) -> Any:
    return {"marker": value.address} if isinstance(value, Marker) else value
