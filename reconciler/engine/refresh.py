"""Reading what is live: the recorded and imported cases of every tenant, and of each only what matters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from reconciler.engine.progress import Progress
from reconciler.engine.tenant import Tenants
from reconciler.model.address import Address
from reconciler.model.case import Case, Live, OnRemove
from reconciler.model.fields import Kind, Schema
from reconciler.model.record import Record
from reconciler.planning.naming import unnamed
from reconciler.planning.settled import IsSettled
from reconciler.providers.base import Wanted


class Want(NamedTuple):
    """What is to be read of one case."""

    id: str
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Interest:
    """What is to be read."""

    wants: Mapping[Address, Want]
    keys: Mapping[str, Mapping[str, frozenset[str]]]
    """By provider instance, of maps the keys that are declared or recorded in any of its cases."""

    def without(self, known: Collection[Address]) -> Interest:
        """Return what is left where some cases are known."""
        wants = (
            {address: want for address, want in self.wants.items() if address not in known}
            if known
            else self.wants
        )
        return Interest(wants, self.keys)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read."""

    lives: Mapping[Address, Live]
    settled: frozenset[Address]
    """The cases that need no second look, of which nothing is kept."""


def interest(
    cases: Mapping[Address, Case], records: Mapping[Address, Record], schemas: Mapping[str, Schema]
) -> Interest:
    """Return what has to be read: whatever is declared or recorded, and what closing would change."""
    keys: dict[str, dict[str, set[str]]] = {}
    maps = {type_: schema.names(Kind.MAP) for type_, schema in schemas.items()}
    wants = {}
    for address in sorted({**cases, **records}):
        case, record = cases.get(address), records.get(address)
        id = record.id if record else case.adopt if case else None
        if id is not None:
            wants[address] = Want(id, _attributes(case, record, schemas))
            _note_keys(keys.setdefault(address.provider, {}), case, record, maps)
    return Interest(
        wants,
        {
            name: {attribute: frozenset(those) for attribute, those in found.items()}
            for name, found in keys.items()
        },
    )


def read_all(wanted: Interest, tenants: Tenants, progress: Progress, is_settled: IsSettled) -> Seen:
    """Read the cases, tenant by tenant; those that are gone are left out."""
    lives: dict[Address, Live] = {}
    settled: set[Address] = set()
    for name in sorted({address.provider for address in wanted.wants}):
        mine, addresses = _by_id(name, wanted.wants)
        progress.begin(f"Reading {name}", len(mine))
        try:
            for live in tenants[name].read(Wanted(mine, wanted.keys[name])):
                for address in addresses[live.id]:
                    if is_settled(address, live):
                        settled.add(address)
                    else:
                        lives[address] = live
                progress.advance()
        finally:
            progress.end()
    return Seen(lives, frozenset(settled - lives.keys()))


def as_recorded(records: Mapping[Address, Record], schemas: Mapping[str, Schema]) -> dict[Address, Live]:
    """Return the recorded cases as if they were live, for a plan that reads nothing."""
    return {
        address: Live(record.id, record.url, unnamed(record.recorded, schemas[record.type], record.handles))
        for address, record in records.items()
    }


def _by_id(
    name: str, wants: Mapping[Address, Want]
) -> tuple[Mapping[str, frozenset[str]], Mapping[str, Sequence[Address]]]:
    """Return by id what is to be read of the cases of an instance, and the addresses that it is read for."""
    attributes: dict[str, frozenset[str]] = {}
    addresses: dict[str, tuple[Address, ...]] = {}
    for address, (id, names) in wants.items():
        if address.provider == name:
            before = attributes.get(id)
            attributes[id] = names if before is None else before | names
            addresses[id] = (*addresses.get(id, ()), address)
    return attributes, addresses


def _note_keys(
    found: dict[str, set[str]], case: Case | None, record: Record | None, maps: Mapping[str, frozenset[str]]
) -> None:
    """Add the keys of a case's maps."""
    declared = (case.type, case.attributes) if case else None
    recorded = (record.type, record.recorded) if record and not _is_as_declared(record, case) else None
    for type_, held in filter(None, (declared, recorded)):
        for name in maps[type_] & held.keys():
            found.setdefault(name, set()).update(held[name] or ())


def _is_as_declared(record: Record, case: Case | None) -> bool:
    """Tell whether the attributes of both are one object, as they are of most."""
    return case is not None and record.recorded is case.attributes


def _attributes(case: Case | None, record: Record | None, schemas: Mapping[str, Schema]) -> frozenset[str]:
    declared = tuple(case.attributes) if case else ()
    recorded = tuple(record.recorded) if record else ()
    if case is None and record is not None and record.lifecycle.on_remove is OnRemove.CLOSE:
        return _united(recorded, tuple(schemas[record.type].closing))
    return _united(declared, recorded)


@lru_cache(maxsize=4096)
def _united(some: tuple[str, ...], others: tuple[str, ...]) -> frozenset[str]:
    """Return the names of both: one object for all the cases that have the same."""
    return frozenset((*some, *others))
