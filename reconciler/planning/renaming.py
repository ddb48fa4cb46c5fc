"""
A rename that looks like one: a case that is given up, and another that is created just like it.

It may be meant so; nothing is guessed. A warning says which lines would keep the case under its new name.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final, NamedTuple

from reconciler.model.address import Address
from reconciler.model.case import Case, OnRemove
from reconciler.model.change import Action, Change
from reconciler.model.fields import Schema
from reconciler.model.record import Record
from reconciler.model.values import to_json

ALIKE: Final = 0.6
"""Part of the attributes of two cases that must be equal."""
MOST_PAIRS: Final = 10_000
"""Pairs of cases that are compared attribute by attribute; among more, only twins are found."""
_COMPARED: Final = 200
"""Characters of a title that are compared."""
SHOWN: Final = 50
"""Lines of a warning; the rest is counted."""


class Given(NamedTuple):
    """A case, and its attributes as JSON."""

    address: Address
    attributes: Mapping[str, str]
    required: frozenset[str]
    """What every case of its system has: its title, above all."""


Pair = tuple[Address, Address]
"""What is given up, and what is created."""


def renamed(
    changes: Iterable[Change],
    records: Mapping[Address, Record],
    cases: Mapping[Address, Case],
    schemas: Mapping[str, Schema],
) -> Iterator[str]:
    """Yield a warning for renames that would end a case, and one for those that would leave it alone."""
    listed = list(changes)
    left = {each.address for each in listed if each.action in {Action.RELEASE, Action.DELETE} and not each.reason}
    made = {each.address for each in listed if each.action is Action.CREATE and each.address not in records}
    if not left or not made:
        return
    required = {name: schema.required for name, schema in schemas.items()}
    gone, come = [records[address] for address in sorted(left)], [cases[address] for address in sorted(made)]
    old = [_given(each.address, each.recorded, required[each.type]) for each in gone]
    new = [_given(each.address, each.attributes, required[each.type]) for each in come]
    pairs = sorted(_pairs(old, new))
    ended = [pair for pair in pairs if records[pair[0]].lifecycle.on_remove is not OnRemove.RELEASE]
    if ended:
        yield _warning(ended, "closed or deleted, and created anew under another name")
    if left_alone := [pair for pair in pairs if pair not in ended]:
        yield _warning(left_alone, "given up, and created a second time under another name")


def _warning(pairs: Sequence[Pair], what: str) -> str:
    count = "a case is" if len(pairs) == 1 else f"{len(pairs)} cases are"
    lines = [f"  - {{from: {old}, to: {new}}}" for old, new in pairs[:SHOWN]]
    if len(pairs) > SHOWN:
        lines.append(f"  # and {len(pairs) - SHOWN} more")
    return "\n".join(
        [f"{count} {what}; if it is a rename, keep it with these lines in a case file:", "moved:", *lines]
    )


def _given(address: Address, attributes: Mapping[str, Any], required: frozenset[str]) -> Given:
    texts = {name: json.dumps(to_json(value), sort_keys=True) for name, value in attributes.items()}
    return Given(address, texts, required)


def _pairs(old: Sequence[Given], new: Sequence[Given]) -> Iterator[Pair]:
    """Yield pairs, each case in one at most: first twins, then what is alike and more so than any other."""
    twins = dict(_twins(old, new))
    yield from twins.items()
    taken = set(twins.values())
    old = [each for each in old if each.address not in twins]
    new = [each for each in new if each.address not in taken]
    if len(old) * len(new) <= MOST_PAIRS:
        yield from _alike(old, new)


def _twins(old: Sequence[Given], new: Sequence[Given]) -> Iterator[Pair]:
    """Yield pairs that are equal in everything, where nobody else is."""
    once = [{_key(each): each for each in those} for those in (old, new)]
    many = [Counter(map(_key, those)) for those in (old, new)]
    for key, each in once[0].items():
        other = once[1].get(key)
        if other and many[0][key] == many[1][key] == 1 and each.address.provider == other.address.provider:
            yield each.address, other.address


def _key(given: Given) -> tuple[str, ...]:
    return (given.address.provider, *(f"{name}={text}" for name, text in sorted(given.attributes.items())))


def _alike(old: Sequence[Given], new: Sequence[Given]) -> Iterator[Pair]:
    scored = [(_likeness(one, other), one.address, other.address) for one in old for other in new]
    taken: set[Address] = set()
    for score, one, other in sorted(scored, key=lambda each: (-each[0], each[1:])):
        if score >= ALIKE and taken.isdisjoint((one, other)):
            taken |= {one, other}
            yield one, other


def _likeness(one: Given, other: Given) -> float:
    """Return how much of two cases is equal, from 0 to 1; what is titled the same is the same."""
    if one.address.provider != other.address.provider:
        return 0
    mine, theirs = one.attributes, other.attributes
    names = mine.keys() | theirs.keys()
    if names >= one.required and all(mine.get(name) == theirs.get(name) for name in one.required):
        return 1
    return sum(_equal(name, one, other) for name in names) / len(names)


def _equal(name: str, one: Given, other: Given) -> float:
    mine, theirs = one.attributes.get(name, ""), other.attributes.get(name, "")
    if mine == theirs or name not in one.required:
        return mine == theirs
    return SequenceMatcher(None, mine[:_COMPARED], theirs[:_COMPARED]).ratio()
