"""Whether a saved plan still fits what is recorded."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.errors import StalePlan
from reconciler.model.move import System
from reconciler.model.plan import Plan
from reconciler.model.record import State
from reconciler.planning.moving import moved


def refuse_stale(plan: Plan, state: State, workspace: str, systems: Mapping[str, System]) -> None:
    """Raise StalePlan if one of the plan's cases is no longer as it was; `systems` are by provider instance."""
    if plan.workspace != workspace:
        raise StalePlan(f"the plan is for workspace {plan.workspace!r}, this is {workspace!r}")
    if plan.lineage != state.lineage:
        raise StalePlan("the plan was made upon another state (its lineage differs)", hint="plan again")
    records = moved(state, plan.moves).records
    for change in plan.changes:
        record = records.get(change.address)
        if (record.fingerprint if record else None) != change.base:
            raise StalePlan(
                f"{change.address} has been applied since the plan was made (state serial {state.serial}, "
                f"plan serial {plan.serial})",
                hint="plan again",
            )
        system = systems.get(change.address.provider)
        if system is None or system.type != change.type:
            raise StalePlan(f"{change.address}: provider {change.address.provider} is no longer as it was")
