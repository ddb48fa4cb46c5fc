"""
Changing what is recorded by hand; no system is asked or told anything.

lock ─ no request is open ─ what a journal holds is saved ─ check ─ backup ─ the next serial
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from reconciler.errors import StateError
from reconciler.model.address import ID, Address
from reconciler.model.fields import Kind, Schema
from reconciler.model.move import Move, System
from reconciler.model.record import Record, State
from reconciler.planning.moving import elsewhere, moved
from reconciler.state.reading import decode
from reconciler.state.store import Store

_NOTHING: Final = State("")


@dataclass(frozen=True, slots=True)
class Edited:
    """What a change by hand did."""

    state: State
    """As it is saved now."""
    records: tuple[Record, ...] = ()
    """Those that it was about, as they were before."""
    overridden: tuple[str, ...] = ()
    """What would have forbidden it."""


@dataclass(frozen=True, slots=True)
class Editor:
    """Changes the state of one workspace by hand."""

    store: Store
    systems: Mapping[str, System]
    """By provider instance."""
    schemas: Mapping[str, Schema]
    """By provider type."""
    lock_timeout: float

    def move(self, origin: str, to: str) -> Edited:
        """Record a case under another address of the same system, for all that come after it too."""
        with self._state("state mv") as found:
            state = found or _NOTHING
            record, target = recorded(state, origin), _address(to)
            if target in state.records:
                raise StateError(
                    f"{to} is recorded already, as case {state.records[target].id}",
                    hint="choose another address, or forget that one first: `reconciler state rm`",
                )
            if why := elsewhere(record, target, self.systems):
                raise StateError(f"{origin} cannot become {to}: {why}")
            return self._saved(moved(state, [Move(record.address, target)]), (record,))

    def remove(self, addresses: Sequence[str]) -> Edited:
        """Forget cases, and leave them as they are; all of them or, if one is not recorded, none."""
        with self._state("state rm") as found:
            state = found or _NOTHING
            records = tuple(recorded(state, address) for address in dict.fromkeys(addresses))
            gone = {record.address for record in records}
            kept = {address: record for address, record in state.records.items() if address not in gone}
            return self._saved(replace(state, records=kept), records)

    def push(self, content: bytes, *, source: str, force: bool) -> Edited:
        """Replace what is recorded; `force` overrides another lineage and an older serial, and nothing else."""
        pushed = decode(content, self.schemas, source=source)
        self._check(pushed, source)
        with self._state("state push") as state:
            if state is None:
                return self._saved(pushed)
            forbidden = tuple(_forbidden(pushed, state))
            if forbidden and not force:
                raise StateError(
                    f"{source} is not pushed: {'; '.join(forbidden)}",
                    hint="`reconciler state pull` shows what is recorded; --force replaces it all the same",
                )
            following = replace(pushed, serial=max(pushed.serial, state.serial))
            return self._saved(following, overridden=forbidden)

    def _check(self, pushed: State, source: str) -> None:
        """Raise StateError for a state that is none of this workspace, or says a case is two."""
        problems = list(_twice(pushed.records.values()))
        for address, record in sorted(pushed.records.items()):
            if ID.fullmatch(record.id) is None:
                problems.append(f"{address}: {record.id!r} is no id of a case")
            problems += self._strange_items(record)
            system = self.systems.get(address.provider)
            if system is None:
                problems.append(f"{address}: there is no provider {address.provider!r} in reconciler.yaml")
            elif system.type != record.type:
                problems.append(f"{address} is a case of {record.type}, and {address.provider} is {system.type}")
        if problems:
            raise StateError(f"{source} is not pushed:\n" + "\n".join(problems))

    def _strange_items(self, record: Record) -> Iterator[str]:
        """Yield items whose ids are none, though they stand in paths of requests, or are those of two."""
        schema = self.schemas.get(record.type)
        items = schema.names(Kind.ITEMS) if schema else frozenset()
        known: dict[tuple[str, str], str] = {}
        for path, id in sorted(record.handles.items()):
            attribute = path.partition(".")[0]
            if attribute not in items:
                continue
            if ID.fullmatch(id) is None:
                yield f"{record.address}: {id!r} is no id of `{path}`"
            elif (other := known.setdefault((attribute, id), path)) != path:
                yield f"{record.address}: `{other}` and `{path}` are one item, {id}"

    @contextmanager
    def _state(self, operation: str) -> Iterator[State | None]:
        """Hold the lock and offer what is recorded; raise StateError while a request is open."""
        with self.store.lock(operation=operation, timeout=self.lock_timeout):
            if intents := self.store.open_intents():
                cases = ", ".join(sorted({str(intent.address) for intent in intents}))
                raise StateError(
                    f"an apply was interrupted, and what became of its last requests is not known ({cases})",
                    hint="run `reconciler apply` first, which looks: it may be declined. Nothing was changed",
                )
            yield self.store.fold()

    def _saved(self, state: State, records: tuple[Record, ...] = (), overridden: tuple[str, ...] = ()) -> Edited:
        following = replace(state, serial=state.serial + 1)
        self.store.save(following, overriding=bool(overridden))
        return Edited(following, records, overridden)


def recorded(state: State, address: str) -> Record:
    """Return the record at an address; raise StateError with the nearest one if there is none."""
    by_name = {str(known): record for known, record in state.records.items()}
    if address not in by_name:
        near = difflib.get_close_matches(address, by_name, n=1)
        hint = f"the nearest is {near[0]}" if near else "`reconciler state list` lists what is recorded"
        raise StateError(f"{address} is not recorded", hint=hint)
    return by_name[address]


def _address(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise StateError(str(error)) from error


def _forbidden(pushed: State, state: State) -> Iterator[str]:
    if pushed.lineage != state.lineage:
        yield f"it is of another history (lineage {pushed.lineage}, recorded is {state.lineage})"
    elif pushed.serial < state.serial:
        yield f"it is older (serial {pushed.serial}) than what is recorded (serial {state.serial})"


def _twice(records: Collection[Record]) -> Iterator[str]:
    first: dict[tuple[str, str], Address] = {}
    for record in sorted(records, key=lambda record: record.address):
        other = first.setdefault((record.address.provider, record.id), record.address)
        if other != record.address:
            yield f"{other} and {record.address} are one case, {record.id}"
