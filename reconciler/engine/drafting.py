"""What is to change, with what names in it mean to the systems: only cases that change are asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.config import Instance
from reconciler.engine.tenant import Tenants
from reconciler.model.address import Address
from reconciler.model.case import Case
from reconciler.model.change import Change
from reconciler.planning import planner
from reconciler.planning.planner import Draft, World
from reconciler.providers.base import Meanings, Subject


def drafted(world: World, tenants: Tenants, instances: Mapping[str, Instance]) -> tuple[Draft, Meanings]:
    """Compare the three sides of every case, and ask what the names in those that change mean."""
    draft = planner.draft(world)
    meanings = _meanings(draft, world, tenants, instances)
    handles = planner.handles_in(meanings)
    if any(not found.items() <= world.known_handles(address).items() for address, found in handles.items()):
        draft = planner.draft(replace(world, handles=handles))
    return draft, meanings


def _meanings(draft: Draft, world: World, tenants: Tenants, instances: Mapping[str, Instance]) -> Meanings:
    """Ask what names in the cases that change mean; system by system, each in one go."""
    meanings: dict[Address, Mapping[str, Any]] = {}
    for name, tenant in tenants.items():
        changing = [change for change in draft.changes if change.address.provider == name and change.fields]
        subjects = [_subject(change, world, instances) for change in changing]
        meanings |= tenant.provider.lookup(tenant.channel, subjects) if subjects else {}
    return meanings


def _subject(change: Change, world: World, instances: Mapping[str, Instance]) -> Subject:
    address = change.address
    case = world.cases.get(address)
    if case is None:
        case = Case(address, change.type, world.closed(address), instances[address.provider].source)
    return Subject(change, case, world.lives.get(address), planner.marker_of(address, world.state))
