"""Which change comes before which: references and `depends_on`, the other way round for deletes."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.address import Address
from reconciler.model.change import Action, Change


def predecessors(changes: Iterable[Change]) -> dict[Address, frozenset[Address]]:
    """
    Return for each change the changes that must have ended well before it may begin.

    Creates and updates come after what they depend on; a delete comes before it.
    """
    by_address = {change.address: change for change in changes}
    before: dict[Address, set[Address]] = {address: set() for address in by_address}
    for address, change in by_address.items():
        for other in change.depends_on:
            if other not in by_address:
                continue
            if change.action is Action.DELETE:
                before[other].add(address)
            elif by_address[other].action is not Action.DELETE:
                before[address].add(other)
    return {address: frozenset(others) for address, others in before.items()}
