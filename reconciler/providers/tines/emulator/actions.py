"""The emulated actions of a case, its buttons: one by one, or the whole set at once."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk, Visit
from reconciler.providers.tines.emulator.drafts import pick, swapped, without
from reconciler.providers.tines.emulator.params import Invalid, known, objects
from reconciler.providers.tines.emulator.things import Action

_ACTIONS = "/api/v2/cases/{case_id}/actions"
MOST_ACTIONS = 100


def settled(there: Sequence[Action], drafted: Sequence[Action], *, kept: bool) -> tuple[Action, ...]:
    """Give the actions that replace others; where ids are `kept`, an unchanged action stays itself."""
    if not kept:
        return tuple(drafted)
    known_as = {(action.url, action.label, action.type, action.text): action for action in there}
    return tuple(known_as.pop((each.url, each.label, each.type, each.text), each) for each in drafted)


class ActionRoutes:
    """`/actions` of a case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._switches = desk.tenant.switches

    @route("GET", _ACTIONS)
    def actions(self, call: Call, case_id: str) -> Reply:
        """List the actions; whether in pages is not documented."""
        visit = self._desk.visit(call, case_id)
        if self._switches.actions_list_meta:
            return visit.page("actions", visit.case.actions, visit.shapes.action)
        return visit.answer(HTTPStatus.OK, actions=_shown(visit, visit.case.actions))

    @route("POST", _ACTIONS)
    def create(self, call: Call, case_id: str) -> Reply:
        """Append an action: 201."""
        visit = self._desk.visit(call, case_id)
        action = visit.drafts.action(visit.asked)
        visit.amend(actions=(*visit.case.actions, action))
        return _answer(HTTPStatus.CREATED, visit, action)

    @route("PUT", _ACTIONS + "/batch")
    def replace_all(self, call: Call, case_id: str) -> Reply:
        """Leave exactly the actions sent: 200; `query_params` are taken since 2026-04 and mean nothing here."""
        visit = self._desk.visit(call, case_id)
        body = known(visit.asked, {"actions", "query_params"}, "TeamCaseActionBatchInput")
        given = objects(body.get("actions"), "actions", MOST_ACTIONS)
        if not given and self._switches.actions_batch_empty == "refuse":
            raise Invalid("actions must not be empty")
        drafted = [visit.drafts.action(each) for each in given]
        actions = settled(visit.case.actions, drafted, kept=self._switches.actions_batch_ids == "kept")
        visit.amend(actions=actions)
        return visit.answer(HTTPStatus.OK, actions=_shown(visit, actions))

    @route("PUT", _ACTIONS + "/{action_id}")
    def update(self, call: Call, case_id: str, action_id: str) -> Reply:
        """Change what is given of an action: 200."""
        visit = self._desk.visit(call, case_id)
        action = visit.drafts.changed_action(pick(visit.case.actions, action_id, "action"), visit.asked)
        visit.amend(actions=swapped(visit.case.actions, action))
        return _answer(HTTPStatus.OK, visit, action)

    @route("DELETE", _ACTIONS + "/{action_id}")
    def delete(self, call: Call, case_id: str, action_id: str) -> Reply:
        """Delete an action: 204."""
        visit = self._desk.visit(call, case_id)
        visit.amend(actions=without(visit.case.actions, pick(visit.case.actions, action_id, "action")))
        return DELETED


def _answer(status: int, visit: Visit, action: Action) -> Reply:
    shown: dict[str, Any] = visit.shapes.action(action)
    return visit.answer(status, **shown)


def _shown(visit: Visit, actions: Sequence[Action]) -> list[dict[str, Any]]:
    return [visit.shapes.action(action) for action in actions]
