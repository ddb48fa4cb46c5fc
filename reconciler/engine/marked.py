"""Whose a live case is, before it is taken over: the marker that it carries tells who made it."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.engine.tenant import Tenants
from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.record import State
from reconciler.model.values import Claim
from reconciler.planning.adopting import is_ours


def foreign(
    cases: Mapping[Address, Case], state: State, lives: Mapping[Address, Live], tenants: Tenants
) -> dict[Address, Claim]:
    """Return which of the cases that are to be taken over another workspace has marked; asks no system."""
    found = {}
    for address, case in cases.items():
        live = lives.get(address)
        if case.adopt is None or case.take_over or address in state.records or live is None or live.marker is None:
            continue
        provider = tenants[address.provider].provider
        claim = provider.claim_of(live.marker)
        if not is_ours(live.marker, claim, address, state, provider.marker_text):
            found[address] = claim
    return found
