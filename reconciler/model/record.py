"""What we remember: for each case what was last applied (`Record`), and all of it (`State`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.address import Address
from reconciler.model.case import Lifecycle
from reconciler.model.values import NOTHING, Value, to_json


@dataclass(frozen=True, slots=True)
class Record:
    """What was last applied to one case of ours."""

    address: Address
    type: str
    id: str
    url: str
    recorded: Mapping[str, Value]
    """Attributes in normal form; secrets as digests, references resolved."""
    handles: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Remote ids of items in the case, by dotted path: `{"tasks.triage": "991"}`."""
    depends_on: tuple[Address, ...] = ()
    lifecycle: Lifecycle = Lifecycle()
    updated_at: str = ""
    """ISO 8601, UTC, microseconds."""

    def means_the_same_as(self, other: Record) -> bool:
        """Tell whether nothing but the time differs."""
        return self == replace(other, updated_at=self.updated_at)

    @property
    def fingerprint(self) -> str:
        """
        Return a hash of everything but the url: a saved plan names the records that it was made upon.

        The time is in it, since a record that was changed and changed back is not the one that was planned upon.
        """
        after = [str(address) for address in self.depends_on]
        life = [self.lifecycle.on_remove, self.lifecycle.prevent_delete, list(self.lifecycle.ignore_changes)]
        meaning = [str(self.address), self.type, self.id, to_json(self.recorded), dict(self.handles), after, life]
        meaning.append(self.updated_at)
        text = json.dumps(meaning, sort_keys=True, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class State:
    """All records of a workspace."""

    lineage: str
    """Made once, with the first state; another lineage is another history."""
    serial: int = 0
    """Grows by one with every saved state."""
    records: Mapping[Address, Record] = field(default_factory=dict)

    def with_records(self, changed: Iterable[Record], removed: Iterable[Address] = ()) -> State:
        """Return the next state, one serial on."""
        records = {**self.records, **{record.address: record for record in changed}}
        for address in removed:
            records.pop(address, None)
        return replace(self, serial=self.serial + 1, records=records)
