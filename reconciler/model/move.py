"""A case that goes under another address than it is recorded under; nothing about the case itself changes."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.errors import Location
from reconciler.model.address import Address


@dataclass(frozen=True, slots=True)
class Move:
    """One change of address."""

    origin: Address
    """Under which it is recorded."""
    to: Address
    source: Location | None = field(default=None, compare=False)
    """Where the files say so; None where a command does."""

    @property
    def place(self) -> Location:
        """Where to look if something is wrong with it."""
        return self.source or Location(str(self.origin))


@dataclass(frozen=True, slots=True)
class System:
    """Which cases an instance of a provider is about: two with the same system are about the same ones."""

    type: str
    url: str
