"""How much a plan may do before it needs a person to say so."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.errors import LimitExceeded
from reconciler.model.change import Action, Change
from reconciler.model.plan import Plan

POPULATION = 10
"""A percentage of fewer recorded cases than this says nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The brakes of a workspace; None is no limit."""

    max_deletes: int | None = None
    max_changed_percent: int | None = None

    def exceeded(self, plan: Plan) -> tuple[str, ...]:
        """Return a sentence for each limit that the plan goes beyond."""
        return tuple(f"{excess.sentence} ({excess.flag} allows it)" for excess in self._excesses(plan))

    def enforce(self, plan: Plan) -> None:
        """Raise LimitExceeded if the plan goes beyond a limit; it names the numbers that would allow the plan."""
        excesses = tuple(self._excesses(plan))
        if not excesses:
            return
        flags = " ".join(excess.flag for excess in excesses)
        entries = ", ".join(excess.setting for excess in excesses)
        raise LimitExceeded(
            "the plan goes beyond the limits of this workspace: "
            + "; ".join(excess.sentence for excess in excesses),
            hint=f"nothing was sent; if this is meant, allow it once with {flags}, "
            f"or for good with `limits: {{{entries}}}` in reconciler.yaml",
        )

    def _excesses(self, plan: Plan) -> Iterator[_Excess]:
        deletes = plan.summary.delete
        if self.max_deletes is not None and deletes > self.max_deletes:
            yield _Excess("max_deletes", deletes, f"{deletes} to delete, but max_deletes is {self.max_deletes}")
        touched = sum(_changes_a_recorded_case(change) for change in plan.changes)
        if self.max_changed_percent is None or plan.recorded < POPULATION:
            return
        percent = math.ceil(100 * touched / plan.recorded)
        if percent > self.max_changed_percent:
            sentence = f"{touched} of {plan.recorded} recorded cases ({percent} %) would change"
            yield _Excess(
                "max_changed_percent",
                percent,
                f"{sentence}, but max_changed_percent is {self.max_changed_percent}",
            )


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is said for one run; None leaves the brakes of the workspace as they are."""

    max_deletes: int | None = None
    max_changed_percent: int | None = None
    empty: bool = False
    """Whether a workspace that declares no case at all may give up those that it recorded."""
    policies: frozenset[str] = frozenset()
    """Soft rules that somebody answers for: their objections do not stop this run."""

    def over(self, limits: Limits) -> Limits:
        """Return the brakes that hold."""
        return Limits(
            limits.max_deletes if self.max_deletes is None else self.max_deletes,
            limits.max_changed_percent if self.max_changed_percent is None else self.max_changed_percent,
        )


NOTHING_MORE = Allowed()


@dataclass(frozen=True, slots=True)
class _Excess:
    """A limit that a plan goes beyond, and the number that would allow the plan."""

    name: str
    needed: int
    sentence: str

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')} {self.needed}"

    @property
    def setting(self) -> str:
        return f"{self.name}: {self.needed}"


def _changes_a_recorded_case(change: Change) -> bool:
    """Tell whether a case of ours is written to; a release writes only to close it."""
    closes = change.action is Action.RELEASE and bool(change.operations)
    return closes or change.action in {Action.UPDATE, Action.DELETE}
