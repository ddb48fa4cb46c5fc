"""Reading what is live: the recorded and imported cases of every tenant, and of each only what matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from reconciler.engine.progress import Progress
from reconciler.engine.tenant import Tenants
from reconciler.model.address import Address
from reconciler.model.case import Case, Live, OnRemove
from reconciler.model.fields import Kind, Schema
from reconciler.model.record import Record
from reconciler.providers.base import Wanted


class Want(NamedTuple):
    """What is to be read of one case."""

    id: str
    attributes: frozenset[str]
    keys: frozenset[tuple[str, str]]
    """Of maps the keys that are declared or recorded: attribute, key."""


Interest: TypeAlias = Mapping[Address, Want]


def interest(
    cases: Mapping[Address, Case], records: Mapping[Address, Record], schemas: Mapping[str, Schema]
) -> Interest:
    """Return what has to be read: whatever is declared or recorded, and what closing would change."""
    found = {}
    for address in sorted({**cases, **records}):
        case, record = cases.get(address), records.get(address)
        id = record.id if record else case.adopt if case else None
        if id is not None:
            keys = frozenset(_keys(case, record, schemas))
            found[address] = Want(id, frozenset(_attributes(case, record, schemas)), keys)
    return found


def read_all(wanted: Interest, tenants: Tenants, progress: Progress) -> dict[Address, Live]:
    """Read the cases, tenant by tenant; those that are gone are left out."""
    lives: dict[Address, Live] = {}
    for name in sorted({address.provider for address in wanted}):
        mine = {address: want for address, want in wanted.items() if address.provider == name}
        progress.begin(f"Reading {name}", len(mine))
        try:
            lives |= _read(mine, tenants, name, progress)
        finally:
            progress.end()
    return lives


def _read(mine: Interest, tenants: Tenants, name: str, progress: Progress) -> dict[Address, Live]:
    tenant = tenants[name]
    attributes: dict[str, frozenset[str]] = {}
    keys: dict[str, set[str]] = {}
    for want in mine.values():
        attributes[want.id] = attributes.get(want.id, frozenset()) | want.attributes
        for attribute, key in want.keys:
            keys.setdefault(attribute, set()).add(key)
    wanted = Wanted(attributes, {attribute: frozenset(found) for attribute, found in keys.items()})
    by_id: dict[str, Live] = {}
    for live in tenant.read(wanted):
        by_id[live.id] = live
        progress.advance()
    return {address: by_id[want.id] for address, want in mine.items() if want.id in by_id}


def _keys(case: Case | None, record: Record | None, schemas: Mapping[str, Schema]) -> Iterator[tuple[str, str]]:
    declared = [(case.type, case.attributes)] if case else []
    recorded = [(record.type, record.recorded)] if record else []
    for type_, held in (*declared, *recorded):
        for name, value in held.items():
            if isinstance(value, Mapping) and schemas[type_].kind(name) is Kind.MAP:
                yield from ((name, key) for key in value)


def _attributes(case: Case | None, record: Record | None, schemas: Mapping[str, Schema]) -> Iterator[str]:
    if case:
        yield from case.attributes
    if record:
        yield from record.recorded
        if case is None and record.lifecycle.on_remove is OnRemove.CLOSE:
            yield from schemas[record.type].closing
