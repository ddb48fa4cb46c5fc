"""Which cases a run is about: `--target` with what it needs, less `--exclude` with what needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from typing import TypeVar

from reconciler.errors import PlanRefused
from reconciler.model.address import Address
from reconciler.model.case import Case
from reconciler.model.record import Record

Thing = TypeVar("Thing")


def select(
    cases: Mapping[Address, Case],
    records: Mapping[Address, Record],
    targets: Sequence[str] = (),
    excludes: Sequence[str] = (),
) -> frozenset[Address]:
    """Return the addresses of a run; raise PlanRefused for one that is neither declared nor recorded."""
    everything = frozenset({*cases, *records})
    if not targets and not excludes:
        return everything
    needs = {address: _depends_on(address, cases, records) for address in everything}
    chosen = _closure(_named(targets, everything), needs) if targets else everything
    return chosen - _closure(_named(excludes, everything), _reversed(needs))


def narrowed(those: Mapping[Address, Thing], about: AbstractSet[Address]) -> Mapping[Address, Thing]:
    """Return what a run is about; that are the same of 100,000 again in most runs, and no copy of them."""
    return those if those.keys() <= about else {each: thing for each, thing in those.items() if each in about}


def _depends_on(
    address: Address, cases: Mapping[Address, Case], records: Mapping[Address, Record]
) -> frozenset[Address]:
    of = cases.get(address) or records[address]
    return frozenset(of.depends_on)


def _reversed(edges: Mapping[Address, frozenset[Address]]) -> dict[Address, frozenset[Address]]:
    """Return the same edges from their other ends; every edge is looked at once, however many cases there are."""
    found: dict[Address, set[Address]] = {}
    for address, others in edges.items():
        for other in others:
            found.setdefault(other, set()).add(address)
    return {address: frozenset(others) for address, others in found.items()}


def _named(names: Iterable[str], everything: frozenset[Address]) -> frozenset[Address]:
    known = {str(address): address for address in everything}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else "an address is PROVIDER.CASE, such as soc.phishing-wave"
            raise PlanRefused(f"there is no case {name}: it is neither declared nor recorded", hint=hint)
    return frozenset(known[name] for name in names)


def _closure(start: frozenset[Address], edges: Mapping[Address, frozenset[Address]]) -> frozenset[Address]:
    """Return everything that can be reached from `start`, itself included."""
    found: set[Address] = set()
    left = list(start)
    while left:
        address = left.pop()
        if address not in found:
            found.add(address)
            left += edges.get(address, ())
    return frozenset(found)
