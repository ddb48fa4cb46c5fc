"""Going through what is live, and telling of each case who manages it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.engine.tenant import Tenant
from reconciler.model.address import Address
from reconciler.model.case import Live
from reconciler.model.coverage import Keeper
from reconciler.model.record import State
from reconciler.planning.adopting import is_ours
from reconciler.providers.base import Expect, Provider, Selection


def survey(
    tenant: Tenant, name: str, state: State, selection: Selection, expect: Expect
) -> Iterator[tuple[Live, Keeper]]:
    """
    Yield the cases of the instance `name` that fit; nothing is asked for a case of ours by itself.

    `expect` is told how many these are, where the system tells.
    """
    ours = frozenset(record.id for address, record in state.records.items() if address.provider == name)
    wanted = replace(selection, known=selection.known | ours)
    for live in tenant.provider.browse(tenant.channel, wanted, expect):
        yield live, Keeper.MANAGED if live.id in ours else _keeper(live, tenant.provider, state)


def _keeper(live: Live, provider: Provider, state: State) -> Keeper:
    """Tell who manages a case that is not recorded; a marker that we cannot have given is of others."""
    if live.marker is None:
        return Keeper.UNMANAGED
    claim = provider.claim_of(live.marker)
    try:
        address = Address.parse(claim.address or "")
    except ValueError:  # it tells none, or the beginning of one
        return Keeper.UNMANAGED if claim.lineage == state.lineage else Keeper.ELSEWHERE
    given = is_ours(live.marker, claim, address, state, provider.marker_text)
    return Keeper.UNMANAGED if given else Keeper.ELSEWHERE
