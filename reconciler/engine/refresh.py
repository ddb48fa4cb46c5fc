"""Reading what is live: the recorded and imported cases of every tenant, and of each only what matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from reconciler.engine.progress import Progress
from reconciler.engine.tenant import Tenants
from reconciler.model.address import Address
from reconciler.model.case import Case, Live, OnRemove
from reconciler.model.fields import Schema
from reconciler.model.record import Record
from reconciler.providers.base import Wanted

Interest: TypeAlias = Mapping[Address, tuple[str, frozenset[str]]]
"""For each case its remote id and the attributes to read."""


def interest(
    cases: Mapping[Address, Case], records: Mapping[Address, Record], schemas: Mapping[str, Schema]
) -> Interest:
    """Return what has to be read: whatever is declared or recorded, and what closing would change."""
    found = {}
    for address in sorted({**cases, **records}):
        case, record = cases.get(address), records.get(address)
        id = record.id if record else case.adopt if case else None
        if id is not None:
            found[address] = (id, frozenset(_attributes(case, record, schemas)))
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
    for id, names in mine.values():
        attributes[id] = attributes.get(id, frozenset()) | names
    by_id: dict[str, Live] = {}
    for live in tenant.provider.read(tenant.channel, Wanted(attributes)):
        by_id[live.id] = live
        progress.advance()
    return {address: by_id[id] for address, (id, _) in mine.items() if id in by_id}


def _attributes(case: Case | None, record: Record | None, schemas: Mapping[str, Schema]) -> Iterator[str]:
    if case:
        yield from case.attributes
    if record:
        yield from record.recorded
        if case is None and record.lifecycle.on_remove is OnRemove.CLOSE:
            yield from schemas[record.type].closing
