"""The cases of the emulated tenant in the shape of the API: whole, as an item of a list, as people see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.providers.tines.emulator.conditions import met
from reconciler.providers.tines.emulator.pages import page_meta
from reconciler.providers.tines.emulator.shapes import Shapes, stamp
from reconciler.providers.tines.emulator.switches import LEAN

if TYPE_CHECKING:
    from reconciler.providers.tines.emulator.things import Condition, StoredCase

_FIRST = 20


class Painter(Shapes):
    """Shows cases too."""

    def case(self, case: StoredCase) -> dict[str, Any]:
        """Show all of a case that its get shows: of activities and records the first page."""
        timeline = self._tenant.activities(case.id)
        return self.item(case) | {
            "activities": [self.activity(entry) for entry in timeline[:_FIRST]],
            "activities_meta": self._first_page(case, "activities", len(timeline)),
            "actions": [self.action(action) for action in case.actions],
            "fields": [self.field(value) for value in case.fields],
            "linked_cases": [self.link(case_id) for case_id in self.ordered(case.links)],
            "sla": {},
            "slas": [],
            "records": self.records(case.records[:_FIRST]),
            "records_meta": self._first_page(case, "records", len(case.records)),
            "closure_conditions": [self._condition(condition, case) for condition in case.conditions],
        }

    def everything(self, case: StoredCase) -> dict[str, Any]:
        """Show a case with what a get leaves out, and all of its records."""
        comments = [entry for entry in self._tenant.activities(case.id) if entry.kind == "COMMENTED"]
        return self.case(case) | {
            "records": self.records(case.records),
            "subscribers": [self.subscriber(found) for found in case.subscribers],
            "tasks": [self.task(task) for task in case.tasks],
            "notes": [self.note(note) for note in case.notes],
            "blocks": [self.block(block, place) for place, block in enumerate(case.blocks)],
            "comments": [self.activity(entry) for entry in comments],
        }

    def item(self, case: StoredCase) -> dict[str, Any]:
        """Show a case without its sub-resources."""
        tenant, status = self._tenant, self._tenant.sub_statuses[case.sub_status_id]
        author = self.user(case.author_id)
        return {
            "case_id": case.id,
            "name": case.name,
            "description": case.description,
            "status": status.parent,
            "sub_status": {"id": status.id, "name": status.name},
            "url": f"{self._origin}/cases/{case.id}",
            "metadata": dict(case.metadata),
            "author": author,
            "opened_by": author,
            "resolved_by": None if case.resolved_by is None else self.user(case.resolved_by),
            "assignees": [self.user(user_id) for user_id in self.ordered(case.assignees)],
            "tags": [self._case_tag(case.team_id, name) for name in self.ordered(case.tags)],
            "team": {"id": case.team_id, "name": tenant.teams[case.team_id].name},
            "priority": case.priority,
            "opened_at": stamp(case.opened_at),
            "resolved_at": stamp(case.resolved_at),
            "created_at": stamp(case.created_at),
            "updated_at": stamp(case.updated_at),
        }

    def list_item(self, case: StoredCase) -> dict[str, Any]:
        """Show a case as an item of a list, with the keys this tenant's list carries."""
        if self._switches.list_items_full:
            return self.case(case)
        omitted = self._switches.list_items_lean
        carried = self.item(case) if set(LEAN) <= set(omitted) else self.case(case)
        return {key: value for key, value in carried.items() if key not in omitted}

    def ordered(self, values: tuple[Any, ...]) -> Iterator[Any]:
        """Give the members of a set in the order of this tenant."""
        return reversed(values) if self._switches.array_order == "reversed" else iter(values)

    def _case_tag(self, team_id: int, name: str) -> dict[str, Any]:
        tag = self._tenant.tag(team_id, name)
        assert tag is not None
        return {"id": tag.id, "name": tag.name} | ({"color": tag.color} if self._switches.case_tag_color else {})

    def _condition(self, condition: Condition, case: StoredCase) -> Mapping[str, Any]:
        shown = {"name": condition.name, "formula": condition.formula}
        if not self._switches.closure_conditions_state:
            return shown
        return {**shown, "satisfied": met(self._tenant, condition, case), "overridden": False}

    def _first_page(self, case: StoredCase, what: str, count: int) -> dict[str, Any]:
        return page_meta(f"{self._origin}/api/v2/cases/{case.id}/{what}", page=1, per_page=_FIRST, count=count)
