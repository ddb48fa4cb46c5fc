"""
Requests that differ in nothing but the case that they are about: sent as one, where the system takes that.

    soc.a  POST /bulk {"ids": [1], "set": …}         soc.a  POST /bulk {"ids": [1, 2, 3], "set": …}
    soc.b  POST /bulk {"ids": [2], "set": …}    ⇄    soc.b
    soc.c  POST /bulk {"ids": [3], "set": …}         soc.c

The first case by address carries it, and it says what it makes true of the others; `apart` is the way back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from reconciler.model.address import Address
from reconciler.model.change import Action, Change
from reconciler.model.operation import Each, Operation
from reconciler.model.values import leaves, to_json
from reconciler.planning.order import predecessors

Mine: TypeAlias = tuple[Change, Operation, Each]
"""A case with a request that may be sent together with others."""


def together(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes with as few requests as their likeness allows; in the order in which they are given."""
    before = predecessors(changes)
    groups: dict[str, list[Mine]] = {}
    for change in sorted(changes, key=lambda change: change.address):
        for key, mine in _shareable(change) if not before[change.address] else ():
            groups.setdefault(key, []).append(mine)
    joined = {change.address: change for group in groups.values() for change in _joined(group)}
    return tuple(joined.get(change.address, change) for change in changes)


def apart(carrier: Address, operation: Operation) -> dict[Address, Operation]:
    """Return for each case that a request is about the one that is about it alone, the carrier's first."""
    assert operation.each is not None
    paths = {carrier: operation.fields, **operation.others}
    ids: Sequence[Any] = operation.body[operation.each.key]
    why = operation.why.removesuffix(_for(len(ids)))
    return {
        address: replace(about(operation, [id]), why=why, fields=paths[address], others={})
        for address, id in zip(sorted(paths), ids, strict=True)
    }


def about(operation: Operation, ids: Sequence[Any]) -> Operation:
    """Return the request about these cases only."""
    assert operation.each is not None
    return replace(operation, body={**operation.body, operation.each.key: list(ids)})


def _shareable(change: Change) -> Iterator[tuple[str, Mine]]:
    """Yield the first request of a case that may be sent with others, under what must be equal in all of them."""
    if change.action is not Action.UPDATE:
        return
    for operation in change.operations:
        if (each := operation.each) is not None and _is_plain(operation, each):
            alike = [
                change.address.provider,
                operation.method,
                operation.target,
                to_json(about(operation, []).body),
            ]
            yield json.dumps(alike, sort_keys=True), (change, operation, each)
            return


def _is_plain(operation: Operation, each: Each) -> bool:
    """Tell whether a request is nothing more than what it sends, all of it known and none of it secret."""
    o = operation
    bare = Operation(o.method, o.path, o.body, o.why, o.query, o.fields, each=each)
    is_known = all(leaf is None or isinstance(leaf, str | int | float) for leaf in leaves(o.body))
    return o == bare and is_known and "${" not in o.path and len(o.body[each.key]) == 1


def _joined(group: Sequence[Mine]) -> Iterator[Change]:
    most = group[0][2].at_most
    for at in range(0, len(group), most):
        chunk = group[at : at + most]
        if len(chunk) > 1:
            yield from _carried(chunk)


def _carried(chunk: Sequence[Mine]) -> Iterator[Change]:
    """Yield the first case with the request of all, and the others without theirs."""
    (carrier, own, each), *others = chunk
    one = replace(
        about(own, [id for _, operation, _ in chunk for id in operation.body[each.key]]),
        why=f"{own.why}{_for(len(chunk))}",
        others={change.address: operation.fields for change, operation, _ in others},
    )
    yield replace(carrier, operations=(one, *(o for o in carrier.operations if o is not own)))
    for change, operation, _ in others:
        yield replace(change, operations=tuple(o for o in change.operations if o is not operation))


def _for(cases: int) -> str:
    return f" on {cases} cases"
