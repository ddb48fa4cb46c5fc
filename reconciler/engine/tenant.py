"""One provider instance as the engine uses it: the adapter, and the way to reach its system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, TypeAlias

from reconciler.model.case import Live
from reconciler.model.operation import Repeat
from reconciler.providers.base import Api, Provider, Wanted


class Channel(Api, Protocol):
    """Reading and, in the engine alone, writing."""

    @property
    def ahead(self) -> timedelta | None:
        """How far the system's clock is ahead of ours, at least; None where no answer has told yet."""
        ...

    def send(self, method: str, path: str, body: Any = None, *, repeat: Repeat = Repeat.SAFE) -> Any:
        """
        Send one writing request and return its decoded answer, None where it has none.

        What is safe to repeat is repeated; otherwise OutcomeUnknown says that somebody has to look first.
        """
        ...


@dataclass(frozen=True, slots=True)
class Tenant:
    """A provider and its channel."""

    provider: Provider
    channel: Channel

    def read(self, wanted: Wanted) -> Iterator[Live]:
        """Yield the cases as they are now; one is gone if it is not found twice: what is gone is forgotten."""
        missing = dict(wanted.attributes)
        for live in self.provider.read(self.channel, wanted):
            missing.pop(live.id, None)
            yield live
        if missing:
            yield from self.provider.read(self.channel, Wanted(missing, wanted.keys))

    def read_one(self, id: str, attributes: frozenset[str]) -> Live | None:
        """Read one case as it is now; None if it is gone."""
        return next(self.read(Wanted({id: attributes})), None)


Tenants: TypeAlias = Mapping[str, Tenant]
"""By the name of the provider instance."""
