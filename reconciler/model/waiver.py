"""What is allowed to be live otherwise than it was applied, until when, and who answers for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.errors import Location
from reconciler.model.address import Address
from reconciler.model.values import Path


@dataclass(frozen=True, slots=True)
class Waiver:
    """One entry of `waivers.yaml`."""

    address: Address
    path: str
    """As it is shown: `metadata.region`; `metadata` is about all of it."""
    reason: str
    owner: str
    until: str
    """The last day on which it holds, ISO 8601, UTC."""
    source: Location = field(compare=False)
    expired: bool = False
    """It holds no more."""

    def covers(self, address: Address, path: Path) -> bool:
        """Tell whether it is about a field of a case, or about something that the field is a part of."""
        heads = (".".join(path[:length]) for length in range(1, len(path) + 1))
        return address == self.address and self.path in heads

    def ended(self, today: str) -> bool:
        """Tell whether its last day is over."""
        return today > self.until
