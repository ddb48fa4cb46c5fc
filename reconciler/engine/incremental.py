"""
Looking for drift without reading what is as it was.

a recorded case that                                        is
----------------------------------------------------------  ----------------------------------
was clean, and whose system tells of no change since        not read: it counts as clean
was clean, and was changed since                            read
was drifted or missing, or is new                           read
is recorded or declared otherwise than when it was clean    read: an apply made another of it
is linked with one that is read                             read: a link may show at either end

What is remembered rolls on with every look at all cases; when the last complete read of an instance began stays
until all its cases have been read again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from reconciler import __version__
from reconciler.engine.tenant import Tenants
from reconciler.errors import StateError
from reconciler.model.address import Address
from reconciler.model.case import Case
from reconciler.model.change import Reading
from reconciler.model.move import System
from reconciler.model.record import Record
from reconciler.model.values import Value, leaves, to_json
from reconciler.state import seen
from reconciler.state.seen import Memory, Seen

LAG: Final = timedelta(minutes=5)
"""So long a system may take until its lists show and find a change."""
SKEW: Final = timedelta(hours=1)
"""So much its clock may differ from ours where no answer tells."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The file that remembers what was seen; without it more is read, so its troubles are no errors."""

    path: Path
    say: Callable[[str], object]
    """Told of each trouble."""

    def read(self) -> Memory:
        """Return what was seen; nothing if that cannot be known."""
        try:
            return seen.read(self.path)
        except StateError as error:
            self.say(error.message)
            return {}

    def write(self, memory: Memory) -> None:
        """Keep what was seen, if anything was."""
        try:
            if memory:
                seen.write(self.path, memory)
        except OSError as error:
            self.say(f"{self.path} cannot be written, so that the next look reads more: {error.strerror}")


class _ReadAllError(Exception):
    """Says why all cases of an instance are read."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look for drift: what it is about, and what earlier looks have seen."""

    records: Mapping[Address, Record]
    cases: Mapping[Address, Case]
    """As they are declared; those that are not recorded do not matter."""
    systems: Mapping[str, System]
    tenants: Tenants
    memory: Memory
    began: datetime
    """Before anything was read, by the clock of this machine."""

    def unread(self, within: timedelta | None, say: Callable[[str], object]) -> frozenset[Address]:
        """
        Return the cases that need not be read; `say` is told why all of an instance are.

        A complete read that began earlier than `within` ago counts no more, none if that is None. Raises ApiError.
        """
        found: set[Address] = set()
        if within is None:
            return frozenset()
        for name, addresses in self._by_instance().items():
            try:
                found |= self._apart_from_links(name, addresses, self._unchanged(name, addresses, within))
            except _ReadAllError as why:
                say(f"all cases of {name} are read: {why}")
        return frozenset(found)

    def reading(self, unread: AbstractSet[Address]) -> Reading:
        """Return how much was read, and what nobody can know of the rest."""
        began = (self._complete(name, unread) for name in self._by_instance())
        unseen = {name for address in unread for name in self._unseen(address)}
        return Reading(min(began, default=self.began), len(unread), tuple(sorted(unseen)))

    def remembered(self, unread: AbstractSet[Address], drifted: AbstractSet[Address]) -> Memory:
        """Return what is remembered after this look, if it was about all cases."""
        return {
            name: Seen(
                self._system(name),
                self._complete(name, unread),
                self._since(name),
                {str(address): self._mark(address) for address in addresses if address not in drifted},
            )
            for name, addresses in self._by_instance().items()
        }

    # -- what may be left out

    def _unchanged(self, name: str, addresses: Iterable[Address], within: timedelta) -> set[Address]:
        """Return the cases that were clean, are recorded and declared as they were then, and have not changed."""
        known = self._known(name, within)
        those = {each for each in addresses if known.clean.get(str(each)) == self._mark(each)}
        ids = frozenset(self.records[address].id for address in those)
        tenant = self.tenants[name]
        changed = tenant.provider.changed_since(tenant.channel, ids, known.since) if ids else ids
        if changed is None:
            raise _ReadAllError("its system cannot tell what has changed")
        return {address for address in those if self.records[address].id not in changed}

    def _known(self, name: str, within: timedelta) -> Seen:
        """Return what is remembered of an instance; raise _ReadAllError if that is of no use."""
        known = self.memory.get(name)
        if known is None or known.system != self._system(name):
            raise _ReadAllError("no complete read is remembered")
        if not self.began - within <= known.complete <= self.began:
            raise _ReadAllError(f"the last complete read began at {known.complete:%Y-%m-%dT%H:%M:%SZ}")
        return known

    def _apart_from_links(self, name: str, addresses: Iterable[Address], left: set[Address]) -> set[Address]:
        """Return of what is left those cases that no chain of links leads to from one that is read."""
        names = [field for field, about in self.tenants[name].provider.schema.fields.items() if about.links]
        ends: dict[str, set[str]] = {}
        for address in addresses:
            for end in self._linked(self.records[address], names):
                ends.setdefault(self.records[address].id, set()).add(end)
                ends.setdefault(end, set()).add(self.records[address].id)
        reached: set[str] = set()
        ahead = [self.records[address].id for address in addresses if address not in left] if ends else []
        while ahead:
            if (id := ahead.pop()) not in reached:
                reached.add(id)
                ahead.extend(ends.get(id, ()))
        return {address for address in left if self.records[address].id not in reached}

    @staticmethod
    def _linked(record: Record, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            if name in record.recorded:
                yield from map(str, leaves(record.recorded[name]))

    # -- what is remembered

    def _by_instance(self) -> dict[str, list[Address]]:
        found: dict[str, list[Address]] = {}
        for address in sorted(self.records):
            found.setdefault(address.provider, []).append(address)
        return found

    def _complete(self, name: str, unread: AbstractSet[Address]) -> datetime:
        """Return when the last complete read of an instance began, this look included."""
        return self.memory[name].complete if any(each.provider == name for each in unread) else self.began

    def _since(self, name: str) -> datetime:
        """Return the beginning by the clock of a system, early enough for what its lists do not show yet."""
        ahead = self.tenants[name].channel.ahead
        return self.began - LAG + (-SKEW if ahead is None else ahead)

    def _unseen(self, address: Address) -> AbstractSet[str]:
        return self.records[address].recorded.keys() & self.tenants[address.provider].provider.unseen

    def _system(self, name: str) -> str:
        """Return a hash of what is asked, and of who asks: another version may read other things."""
        return _hashed(__version__, self.systems[name].type, self.systems[name].url)

    def _mark(self, address: Address) -> str:
        """Return a hash of all that it depends on whether a live case has drifted."""
        case, record = self.cases.get(address), self.records[address]
        owners = dict(case.ownership) if case else None
        ignored = case.lifecycle.ignore_changes if case else None
        return _hashed(record.type, record.id, record.recorded, record.handles, record.updated_at, owners, ignored)


def _hashed(*parts: Value) -> str:
    return hashlib.sha256(_ENCODER.encode(parts).encode()).hexdigest()[:32]


def _in_json(value: Value) -> Value:
    """Return what JSON has no word for: far faster than to go through each record in advance."""
    return sorted(map(_ENCODER.encode, value)) if isinstance(value, frozenset) else to_json(value)


_ENCODER: Final = json.JSONEncoder(default=_in_json, sort_keys=True, separators=(",", ":"))
