"""How much a plan may do before it needs a person to say so."""

from __future__ import annotations

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
        return tuple(sentence for sentence in (self._deletes(plan), self._percent(plan)) if sentence)

    def enforce(self, plan: Plan) -> None:
        """Raise LimitExceeded if the plan goes beyond a limit."""
        if sentences := self.exceeded(plan):
            raise LimitExceeded(
                "the plan goes beyond the limits of this workspace: " + "; ".join(sentences),
                hint="nothing was sent; if this is meant, raise `limits` in reconciler.yaml",
            )

    def _deletes(self, plan: Plan) -> str | None:
        deletes = plan.summary.delete
        if self.max_deletes is None or deletes <= self.max_deletes:
            return None
        return f"{deletes} to delete, but limits.max_deletes is {self.max_deletes}"

    def _percent(self, plan: Plan) -> str | None:
        touched = sum(_changes_a_recorded_case(change) for change in plan.changes)
        if self.max_changed_percent is None or plan.recorded < POPULATION:
            return None
        percent = 100 * touched / plan.recorded
        if percent <= self.max_changed_percent:
            return None
        return (
            f"{touched} of {plan.recorded} recorded cases ({percent:.0f} %) would change, "
            f"but limits.max_changed_percent is {self.max_changed_percent}"
        )


def _changes_a_recorded_case(change: Change) -> bool:
    """Tell whether a case of ours is written to; a release writes only to close it."""
    closes = change.action is Action.RELEASE and bool(change.operations)
    return closes or change.action in {Action.UPDATE, Action.DELETE}
