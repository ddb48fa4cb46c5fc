"""
The case routes of v1, for a tenant that still serves them: Tines removes them on 2026-12-01.

What v2 calls      v1 calls                    in
-------------      -------------------------   -----------------------------------------------
actions            team_case_buttons           create, update and case; and /buttons
activities         team_case_actions           the case, with `action` for `activity_type`
/records           record_ids, add_, remove_   create, update
linked_cases       linked_cases                the case, as ids only
user_id            id                          every user, who does not say what he is

There are no sub-statuses, fields, tasks, notes, blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.actions import MOST_ACTIONS, settled
from reconciler.providers.tines.emulator.desk import DELETED, Desk, find_case
from reconciler.providers.tines.emulator.drafts import Drafts, pick, swapped, without
from reconciler.providers.tines.emulator.lists import ListRoutes
from reconciler.providers.tines.emulator.painter import Painter
from reconciler.providers.tines.emulator.params import known, objects, params
from reconciler.providers.tines.emulator.rules import CREATE, UPDATE
from reconciler.providers.tines.emulator.sets import record_ids, with_records
from reconciler.providers.tines.emulator.things import Action, Activity, StoredCase

_CASES = "/api/v1/cases"
_CASE = _CASES + "/{case_id}"
_BUTTONS = _CASE + "/buttons"
_WORDS = ("button_type", "button_text")
_CREATE = CREATE - {"sub_status_id", "field_values", "tasks", "blocks"}
_UPDATE = (UPDATE - {"sub_status_id"}) | {"add_record_ids", "remove_record_ids", "team_case_buttons"}
_OURS = {"record_ids", "add_record_ids", "remove_record_ids", "team_case_buttons"}
_NAMES = {"activities": "team_case_actions", "actions": "team_case_buttons"}
_UNKNOWN = ("sub_status", "activities_meta", "actions", "activities", "fields", "sla", "slas")


class V1Painter(Painter):
    """Shows cases in the shapes of v1."""

    def case(self, case: StoredCase) -> dict[str, Any]:
        """Show all of a case."""
        whole = super().case(case)
        ours = {_NAMES[key]: whole[key] for key in _NAMES} | {"linked_cases": list(self.ordered(case.links))}
        return {key: value for key, value in whole.items() if key not in _UNKNOWN} | ours

    def list_item(self, case: StoredCase) -> dict[str, Any]:
        """Show a case as an item of a list, without what v2 leaves out there."""
        if self._switches.list_items_full:
            return self.case(case)
        omitted = {_NAMES.get(key, key) for key in self._switches.list_items_lean}
        return {key: value for key, value in self.case(case).items() if key not in omitted}

    def user(self, user_id: int) -> dict[str, Any]:
        """Show a user, by `id`."""
        shown = super().user(user_id)
        return {"id": shown.pop("user_id")} | {k: v for k, v in shown.items() if k != "is_service_account"}

    def activity(self, entry: Activity) -> dict[str, Any]:
        """Show an entry of a timeline, its type as `action`."""
        shown = super().activity(entry)
        return {"action" if key == "activity_type" else key: value for key, value in shown.items()}

    def action(self, action: Action) -> dict[str, Any]:
        """Show an action, here a button."""
        return {key.replace("action_", "button_"): value for key, value in super().action(action).items()}


class V1Routes:
    """`/api/v1/cases`, one of them, and its `/buttons`; `metadata` has the rest."""

    def __init__(self, desk: Desk, lists: ListRoutes) -> None:
        self._desk = desk
        self._tenant = desk.tenant
        self._rules = desk.rules
        self._lists = lists

    @route("GET", _CASES)
    def list_cases(self, call: Call) -> Reply:
        """List the cases that pass every filter, one page of them."""
        return self._lists.page(call, V1Painter(self._tenant, call.origin).list_item)

    @route("POST", _CASES)
    def create(self, call: Call) -> Reply:
        """Create a case, with records and buttons: 201."""
        asked = known(params(call), _CREATE, "TeamCaseCreateInput")
        added = record_ids(self._tenant, asked.get("record_ids", []))
        draft = self._rules.new({key: value for key, value in asked.items() if key not in _OURS})
        draft = self._with_buttons(replace(draft, records=tuple(dict.fromkeys(added))), asked)
        actor = self._rules.actor(asked, draft.team_id)
        return self._answer(HTTPStatus.CREATED, call, self._rules.commit(None, draft, actor))

    @route("GET", _CASE)
    def get(self, call: Call, case_id: str) -> Reply:
        """Show all of a case."""
        return self._answer(HTTPStatus.OK, call, find_case(self._tenant, case_id))

    @route("PUT", _CASE)
    def update(self, call: Call, case_id: str) -> Reply:
        """Change what is given, records and buttons too; all of it or nothing."""
        case = find_case(self._tenant, case_id)
        asked = known(params(call), _UPDATE, "TeamCaseUpdateInput")
        draft = self._rules.changed(case, {key: value for key, value in asked.items() if key not in _OURS})
        after = self._with_buttons(with_records(self._tenant, draft, asked), asked)
        self._rules.check_closing(case, after)
        if after != case:
            after = self._rules.commit(case, self._touched(draft, after), self._rules.actor(asked, after.team_id))
        return self._answer(HTTPStatus.OK, call, after)

    @route("DELETE", _CASE)
    def delete(self, call: Call, case_id: str) -> Reply:  # noqa: ARG002 (a handler takes the call)
        """Delete a case for good: 204."""
        self._tenant.remove(find_case(self._tenant, case_id).id)
        return DELETED

    @route("GET", _BUTTONS)
    def buttons(self, call: Call, case_id: str) -> Reply:
        """List the buttons."""
        visit = self._desk.visit(call, case_id)
        return visit.page("buttons", visit.case.actions, V1Painter(self._tenant, call.origin).action)

    @route("POST", _BUTTONS)
    def add_button(self, call: Call, case_id: str) -> Reply:
        """Append a button: 201."""
        visit = self._desk.visit(call, case_id)
        action = visit.drafts.action(visit.asked, _WORDS)
        visit.amend(actions=(*visit.case.actions, action))
        return visit.answer(HTTPStatus.CREATED, **V1Painter(self._tenant, call.origin).action(action))

    @route("PUT", _BUTTONS + "/{button_id}")
    def update_button(self, call: Call, case_id: str, button_id: str) -> Reply:
        """Change what is given of a button: 200."""
        visit = self._desk.visit(call, case_id)
        found = pick(visit.case.actions, button_id, "button")
        action = visit.drafts.changed_action(found, visit.asked, _WORDS)
        visit.amend(actions=swapped(visit.case.actions, action))
        return visit.answer(HTTPStatus.OK, **V1Painter(self._tenant, call.origin).action(action))

    @route("DELETE", _BUTTONS + "/{button_id}")
    def delete_button(self, call: Call, case_id: str, button_id: str) -> Reply:
        """Delete a button: 204."""
        visit = self._desk.visit(call, case_id)
        visit.amend(actions=without(visit.case.actions, pick(visit.case.actions, button_id, "button")))
        return DELETED

    def _with_buttons(self, case: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
        if "team_case_buttons" not in asked:
            return case
        drafts = Drafts(self._tenant, case.team_id)
        given = objects(asked["team_case_buttons"], "team_case_buttons", MOST_ACTIONS)
        drafted = [drafts.action(each, _WORDS) for each in given]
        kept = self._tenant.switches.actions_batch_ids == "kept"
        return replace(case, actions=settled(case.actions, drafted, kept=kept))

    def _touched(self, draft: StoredCase, after: StoredCase) -> StoredCase:
        """Move `updated_at` where records or buttons of the same update do so."""
        changed = {name for name in ("records", "actions") if getattr(draft, name) != getattr(after, name)}
        moved = not self._tenant.switches.sub_resources_bumping.isdisjoint(changed)
        return self._rules.touched(after) if moved else after

    def _answer(self, status: int, call: Call, case: StoredCase) -> Reply:
        return Reply.json(status, V1Painter(self._tenant, call.origin).case(case))
