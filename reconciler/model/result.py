"""What an apply did: one outcome a case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.change import Action
from reconciler.model.plan import Summary
from reconciler.model.policy import Objection


class Status(StrEnum):
    """How a case ended."""

    DONE = "done"
    FAILED = "failed"
    """A request was refused or its outcome could not be settled."""
    CONFLICT = "conflict"
    """Somebody changed what was to be written; nothing was sent."""
    SKIPPED = "skipped"
    """Not tried: something it depends on did not end well, or the run was interrupted."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one change ended."""

    address: Address
    action: Action
    status: Status
    requests: int = 0
    """Writing requests that were sent and answered."""
    message: str | None = None
    """What went wrong, with the system's own words."""
    warnings: tuple[str, ...] = ()
    """What went otherwise than one would expect, though not wrong."""

    @property
    def reason(self) -> str:
        """Return the message for where the address stands already; empty where there is none."""
        return (self.message or "").removeprefix(f"{self.address}: ")


@dataclass(frozen=True, slots=True)
class Result:
    """How an apply ended."""

    outcomes: tuple[Outcome, ...]
    """Sorted by address."""
    interrupted: bool = False
    unchanged: int = 0
    """Cases with nothing to do."""
    overridden: tuple[Objection, ...] = ()
    """What rules had against the plan, and somebody answered for."""

    @property
    def summary(self) -> Summary:
        """Count what was done."""
        done = [outcome.action for outcome in self.outcomes if outcome.status is Status.DONE]
        return Summary(
            create=done.count(Action.CREATE),
            update=done.count(Action.UPDATE),
            delete=done.count(Action.DELETE),
            release=done.count(Action.RELEASE),
            imported=done.count(Action.IMPORT),
            unchanged=self.unchanged,
            requests=sum(outcome.requests for outcome in self.outcomes),
        )

    @property
    def not_done(self) -> tuple[Outcome, ...]:
        """The outcomes that are not what the plan said."""
        return tuple(outcome for outcome in self.outcomes if outcome.status is not Status.DONE)

    @property
    def is_complete(self) -> bool:
        """Tell whether everything was done."""
        return not self.not_done and not self.interrupted
