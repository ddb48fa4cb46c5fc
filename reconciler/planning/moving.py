"""
Records under other addresses: for `moved:` in the files, and for `state mv`.

    soc.a (id 42)                         soc.c (id 42)
    soc.x, which comes after soc.a   →    soc.x, which comes after soc.c

Nothing is sent for it. The marker in a live case keeps the address under which it was created: it is looked for
only when the answer to a create was lost, and then the journal says which marker that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from reconciler.errors import ConfigError, Problem
from reconciler.model.address import Address
from reconciler.model.move import Move, System
from reconciler.model.record import Record, State


def moved(state: State, moves: Iterable[Move]) -> State:
    """
    Return the state with its records under their new addresses; it is the same serial still.

    A case that is recorded under both is there: an older state was put back, and a journal tells of the new one.
    """
    names = {move.origin: move.to for move in moves}
    if not names:
        return state
    left = (record for record in state.records.values() if not _is_there(record, names, state))
    records = (_renamed(record, names) for record in left)
    return replace(state, records={record.address: record for record in records})


def _is_there(record: Record, names: Mapping[Address, Address], state: State) -> bool:
    to = names.get(record.address)
    other = state.records.get(to) if to else None
    return other is not None and other.id == record.id


def _renamed(record: Record, names: Mapping[Address, Address]) -> Record:
    address = names.get(record.address, record.address)
    if address == record.address and names.keys().isdisjoint(record.depends_on):
        return record
    return replace(
        record, address=address, depends_on=tuple(names.get(other, other) for other in record.depends_on)
    )


def pending(moves: Sequence[Move], state: State, systems: Mapping[str, System]) -> tuple[Move, ...]:
    """Return the moves that are still to be made; raise ConfigError for those that cannot be."""
    left = tuple(move for move in moves if move.origin in state.records)
    problems = [
        Problem(move.place, f"{move.origin} cannot become {move.to}: {why}", hint)
        for move, why, hint in _impossible(left, state, systems)
    ]
    if problems:
        raise ConfigError(problems)
    return left


def _impossible(
    moves: Iterable[Move], state: State, systems: Mapping[str, System]
) -> Iterator[tuple[Move, str, str]]:
    taken: dict[Address, Address] = {}
    for move in moves:
        record, other = state.records[move.origin], state.records.get(move.to)
        if other is not None and other.id != record.id:
            hint = "`reconciler state rm` forgets one of the two, and leaves the case as it is"
            yield move, f"{move.to} is recorded already, as case {other.id}", hint
        elif (first := taken.setdefault(move.to, move.origin)) != move.origin:
            yield move, f"{first} becomes that too", "move one of them to another address"
        elif why := elsewhere(record, move.to, systems):
            yield move, why, "an address changes within one system only; see `import` for another one"


def elsewhere(record: Record, to: Address, systems: Mapping[str, System]) -> str | None:
    """Return why a case cannot be one of another provider instance, since that is another system."""
    here, there = systems.get(record.address.provider), systems.get(to.provider)
    if there is None:
        return f"there is no provider {to.provider!r} in reconciler.yaml"
    if record.type != there.type:
        return f"it is a case of {record.type}, and {to.provider} is {there.type}"
    if record.address.provider == to.provider:
        return None
    if here.url == there.url if here else _root(record.url) == _root(there.url):
        return None
    return f"{to.provider} is another system, at {there.url}"


def _root(url: str) -> str:
    """Return scheme, host and port of a url."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
