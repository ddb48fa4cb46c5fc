"""
Links between cases have two ends: what one case declares is seen on the other, and is no edit of that one.

x declares a link to y; y declares its links, and not x: x's link is as good as declared on y while it is there.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeAlias

from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.fields import Ownership, Schema
from reconciler.model.record import Record
from reconciler.model.values import Ref, Value

Claimed: TypeAlias = Mapping[str, frozenset[str]]
"""By attribute, the ids of the cases that declare a link to a case."""
Claims: TypeAlias = Mapping[Address, Claimed]
"""By case."""


def claims(
    cases: Mapping[Address, Case],
    given_up: Container[Address],
    records: Mapping[Address, Record],
    lives: Mapping[Address, Live],
    schemas: Mapping[str, Schema],
) -> Claims:
    """
    Return who declares a link to whom.

    Of a case that is not among `cases` what is recorded counts, unless it is `given_up`. Where nothing is live, no
    link is either, and nobody asks.
    """
    linking = {type_: schema.linking for type_, schema in schemas.items() if schema.linking}
    if not linking or not lives:
        return {}
    known: dict[Address, Record | Live] = {**records, **lives}
    linked = {
        address: links
        for address in known
        if (declared := cases.get(address) or records.get(address)) is not None
        and address not in given_up
        and (links := _links(declared, linking.get(declared.type, frozenset())))
    }
    if not linked:
        return {}
    by_id = {(address.provider, it.id): address for address, it in known.items()}
    found: dict[Address, dict[str, frozenset[str]]] = {}
    for address, links in linked.items():
        for name, member in links:
            if (other := by_id.get((address.provider, member))) is not None:
                mine = found.setdefault(other, {})
                mine[name] = mine.get(name, frozenset()) | {known[address].id}
    return found


def with_claims(
    attributes: Mapping[str, Value], live: Mapping[str, Value], claimed: Claimed
) -> Mapping[str, Value]:
    """Return attributes with the links that others declare and that are there."""
    if not claimed:
        return attributes
    there = {name: ids & (live.get(name) or frozenset()) for name, ids in claimed.items() if name in attributes}
    return {**attributes, **{name: attributes[name] | ids for name, ids in there.items()}}


def disagreements(
    cases: Mapping[Address, Case], lives: Mapping[Address, Live], made: Claims, schemas: Mapping[str, Schema]
) -> Iterator[str]:
    """Yield, as warnings, links that a case does not name although it owns the set, and which others declare."""
    linking = {type_: schema.linking for type_, schema in schemas.items() if schema.linking}
    linked = {address: case for address, case in cases.items() if case.type in linking}
    announced = _announced(linked, linking)
    for address, case in linked.items():
        for name in (name for name in sorted(linking[case.type]) if _is_ours(case, name)):
            others = _linked_there(address, name, cases, lives, made) | announced.get((address, name), set())
            if others:
                yield (
                    f"{address}: {name} keeps {', '.join(map(str, sorted(others)))}, where the link is declared; "
                    "name it here too, or drop it there"
                )


def _linked_there(
    address: Address, name: str, cases: Mapping[Address, Case], lives: Mapping[Address, Live], made: Claims
) -> set[Address]:
    """Return the cases whose links to a case exist, and which it does not name."""
    live = lives.get(address)
    there = (live.attributes.get(name) if live else None) or frozenset()
    ids = (made.get(address, {}).get(name, frozenset()) & there) - cases[address].attributes[name]
    return (
        {other for other, it in lives.items() if other.provider == address.provider and it.id in ids}
        if ids
        else set()
    )


def _announced(
    cases: Mapping[Address, Case], linking: Mapping[str, frozenset[str]]
) -> Mapping[tuple[Address, str], set[Address]]:
    """Return by case and attribute those that will link to it when they exist, and which it does not name."""
    found: dict[tuple[Address, str], set[Address]] = {}
    for address, case in cases.items():
        for name in linking[case.type]:
            for member in (each for each in case.attributes.get(name) or () if isinstance(each, Ref)):
                other = cases.get(Address(address.provider, member.case))
                if other is not None and Ref(address.name, "id") not in (other.attributes.get(name) or ()):
                    found.setdefault((other.address, name), set()).add(address)
    return found


def _is_ours(case: Case, name: str) -> bool:
    return isinstance(case.attributes.get(name), AbstractSet) and case.owns(name) is Ownership.EXACT


def _links(declared: Case | Record, names: frozenset[str]) -> Sequence[tuple[str, str]]:
    attributes = declared.attributes if isinstance(declared, Case) else declared.recorded
    if names.isdisjoint(attributes):
        return ()
    sets = ((name, attributes[name]) for name in sorted(names & attributes.keys()))
    return [
        (name, it) for name, held in sets if isinstance(held, AbstractSet) for it in held if isinstance(it, str)
    ]
