"""
Recording live cases as ours, without a request: for `reconciler import`.

desired  tags: [a, b], priority: high         what is remembered is what is live of what is declared, so that the
live     tags: [b, c], priority: low          next plan shows how it differs, as an update
recorded tags: [b, c], priority: low
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, NamedTuple

from reconciler.errors import ConfigError, Location, PlanRefused, Problem
from reconciler.model.address import ID, Address
from reconciler.model.case import Case, Live
from reconciler.model.change import FieldChange, is_absent
from reconciler.model.record import Record, State
from reconciler.model.values import Claim, Marker, Value


@dataclass(frozen=True, slots=True)
class Import:
    """A live case to be recorded under an address; both as they are written."""

    address: str
    id: str
    source: Location | None = None
    """Where a file says so; None where the command line does."""


class Obstacle(NamedTuple):
    """Why a case is not imported."""

    what: Import
    message: str
    hint: str | None = None


def refuse(obstacles: Iterable[Obstacle]) -> None:
    """Raise ConfigError or PlanRefused for all that is in the way, if anything is."""
    found = list(obstacles)
    if not found:
        return
    placed = [Problem(each.what.source, each.message, each.hint) for each in found if each.what.source]
    if placed:
        raise ConfigError(placed)
    raise PlanRefused(found[0].message, hint=found[0].hint)


def chosen(
    imports: Sequence[Import], cases: Mapping[Address, Case], state: State, *, take_over: bool
) -> dict[Address, Case]:
    """Return the declared cases with the live cases that they shall be; raise for all that cannot be so."""
    by_name = {str(address): case for address, case in cases.items()}
    refuse(_obstacles(imports, by_name, state))
    found = {}
    for each in imports:
        case = by_name[each.address]
        found[case.address] = replace(case, adopt=each.id, find=None, take_over=take_over or case.take_over)
    return found


def _obstacles(imports: Iterable[Import], cases: Mapping[str, Case], state: State) -> Iterator[Obstacle]:
    owners = {(record.address.provider, record.id): str(record.address) for record in state.records.values()}
    seen: set[str] = set()
    for each in imports:
        case = cases.get(each.address)
        if each.address in seen:
            yield Obstacle(each, f"{each.address} is named twice")
            continue
        seen.add(each.address)
        if case is None:
            yield _undeclared(each, cases)
        elif ID.fullmatch(each.id) is None:
            yield Obstacle(each, f"{each.address}: {each.id!r} is no id", "look it up, such as 42")
        elif (record := state.records.get(case.address)) is not None:
            hint = "`reconciler state rm` forgets it, and leaves the case as it is"
            yield Obstacle(each, f"{each.address} is recorded already, as case {record.id}", hint)
        elif (owner := owners.setdefault((case.address.provider, each.id), each.address)) != each.address:
            hint = f"to give it the other address: `reconciler state mv {owner} {each.address}`"
            yield Obstacle(each, f"{each.address}: case {each.id} is managed as {owner} already", hint)


def _undeclared(each: Import, cases: Collection[str]) -> Obstacle:
    try:
        address = Address.parse(each.address)
    except ValueError as error:
        return Obstacle(each, str(error))
    near = get_close_matches(each.address, cases, 1)
    write = f"declare it first; `reconciler export {address.provider} --id {each.id}` writes its block"
    return Obstacle(each, f"{each.address} is not declared", f"did you mean {near[0]}?" if near else write)


def unfit(
    imports: Iterable[Import], lives: Mapping[Address, Live], foreign: Mapping[Address, Claim]
) -> Iterator[Obstacle]:
    """Yield what is in the way of imports as far as the systems tell."""
    for each in imports:
        address = Address.parse(each.address)
        if address not in lives:
            yield Obstacle(each, f"{each.address}: there is no case {each.id} to import", "look its id up again")
        elif address in foreign:
            message = f"{each.address}: {marked_elsewhere(each.id, foreign[address])}"
            yield Obstacle(each, message, "release it there first; --take-over takes it over all the same")


def marked_elsewhere(id: str, claim: Claim) -> str:
    """Say that a case is marked, and by whom as far as its marker tells."""
    if claim.lineage is not None:
        return f"case {id!r} is managed by another workspace (lineage {claim.lineage}), as {claim.address}"
    name = f", as {claim.address}" if claim.address else ""
    return f"case {id!r} is marked by another workspace, or by this one under another name{name}"


def is_ours(marker: str, claim: Claim, address: Address, state: State, spelled: Callable[[Marker], str]) -> bool:
    """
    Tell whether a marker is one that this workspace gave to a case, which it has forgotten since.

    Where the system keeps a hash of it only, the hashes of all that we may have given are compared.
    """
    if claim.lineage is not None:
        return claim.lineage == state.lineage
    names = {str(address), *([claim.address] if claim.address else [])}
    ours = (Marker(state.lineage, name, serial) for name in names for serial in range(state.serial, -1, -1))
    return any(spelled(each).casefold() == marker.casefold() for each in ours)


def adopted(record: Record, fields: Iterable[FieldChange], now: str) -> Record:
    """
    Return what is remembered of an imported case: what is live of what is declared.

    `record` is what would be remembered if the case were as declared, `fields` how it is not; `now` is ISO 8601.
    """
    recorded: dict[str, Any] = dict(record.recorded)
    for field in fields:
        _put(recorded, field.path, _live(field, record))
    return replace(record, recorded=recorded, updated_at=now)


def _live(field: FieldChange, record: Record) -> Value:
    """Return what is live of a value; of a set that others share, the members that are declared."""
    if not field.shared or is_absent(field.before):
        return field.before
    return field.before & record.recorded[field.path[0]]


def _put(recorded: dict[str, Any], path: Sequence[str], value: Value) -> None:
    """Put a value at a path of nested maps, which are copied; where it is absent, nothing stands there."""
    name, *rest = path
    if rest:
        inner = dict(recorded.get(name) or {})
        _put(inner, rest, value)
        value = inner
    if is_absent(value) and not rest:
        recorded.pop(name, None)
    else:
        recorded[name] = value
