"""
One block laid over another, as the schema of their system says.

scalar, object   the upper one counts                       map             key by key
set              both, unless the upper one is              items           key by key, field by field
                 {replace: […]}                             lifecycle,
                                                            ownership       key by key
null             counts like any value: make it empty       depends_on      both

A template's values are shared by all that use it: only the places say where they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, Final, TypeAlias

from reconciler.config.nodes import Block, Elsewhere, Listing, Node, Placed, Plain, within
from reconciler.model.fields import Field, Kind, Schema

REPLACE: Final = "replace"
"""`tags: {replace: [a, b]}`: these, and not those of the templates."""

_TEXTS: Final = frozenset({str, Plain})

Combine: TypeAlias = Callable[[str, Node, Node], Node]
"""Lays a key's upper value over the lower one; None if there is none."""

_META: Final[Mapping[str, Field]] = {
    "lifecycle": Field("lifecycle", Kind.MAP),
    "ownership": Field("ownership", Kind.MAP),
    "depends_on": Field("depends_on", Kind.SET),
}
"""How those meta-arguments are merged that are no scalars."""


def lifted(placed: Placed, name: str) -> Block:
    """Return the block of a template in which everything knows where it comes from."""
    made: Block = _lifted(placed.node, Elsewhere(placed.place, placed.file, name))
    return made


def _lifted(node: Node, around: Elsewhere) -> Node:
    match node:
        case Block():
            made: Any = node.like()
            made.update((key, _lifted(value, around)) for key, value in node.items())
        case Listing():
            made = Listing()
            made.extend(_lifted(value, around) for value in node)
        case _:
            return node
    made.places = [within(around, place) for place in node.places]
    return made


def merged(lower: Block, upper: Block, schema: Schema | None, *, without: frozenset[str] = frozenset()) -> Block:
    """Return what `upper` says, and what `lower` says beside it; the keys `without` are left out of `upper`."""
    fields = {**schema.fields, **_META} if schema else _META
    return _laid_over(lower, upper, partial(_attribute, fields), without)


def _laid_over(lower: Block, upper: Block, combine: Combine, without: frozenset[str] = frozenset()) -> Block:
    """Return a mapping laid over another one."""
    made = Block()
    made.update(lower)
    made.places = list(lower.places)
    for key, value, key_place, place in upper.located():
        if key in without:
            continue
        if key not in made:
            made.put(key, combine(key, None, value), key_place, place)
            continue
        rank = 2 * made.rank(key)
        made[key] = combine(key, made[key], value)
        made.places[rank : rank + 2] = key_place, place
    return made


def _attribute(fields: Mapping[str, Field], key: str, lower: Node, upper: Node) -> Node:
    known = fields.get(key)
    match known.kind if known else Kind.SCALAR, lower, upper:
        case Kind.SET, _, Block() if list(upper) == [REPLACE]:
            return upper[REPLACE]
        case Kind.SET, Listing(), Listing():
            return _united(lower, upper)
        case Kind.MAP, Block(), Block():
            return _laid_over(lower, upper, _nearest)
        case Kind.ITEMS, _, Block() if known:
            whole = lower if isinstance(lower, Block) else Block()
            return _laid_over(whole, upper, partial(_item, known.items))
        case _:
            return upper


def _item(fields: Mapping[str, Field], _: str, lower: Node, upper: Node) -> Node:
    if not isinstance(upper, Block):
        return upper
    whole = lower if isinstance(lower, Block) else Block()
    return _laid_over(whole, upper, partial(_attribute, fields))


def _nearest(_: str, __: Node, upper: Node) -> Node:
    return upper


def _united(lower: Listing, upper: Listing) -> Listing:
    made = Listing()
    seen = {member for member in upper if isinstance(member, str)}
    kept = lower if _has_none_of(lower, seen) else None
    for member, place in zip(lower, lower.places, strict=True) if kept is None else ():
        if not isinstance(member, str) or member not in seen:
            made.append(member)
            made.places.append(place)
    made.extend((*(kept or ()), *upper))
    made.places.extend((*(kept.places if kept else ()), *upper.places))
    return made


def _has_none_of(members: Listing, seen: AbstractSet[str]) -> bool:
    """Tell quickly, where all members are texts, that none of them is one of these."""
    return {*map(type, members)} <= _TEXTS and seen.isdisjoint(members)
