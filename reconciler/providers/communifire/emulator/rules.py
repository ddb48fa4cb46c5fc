"""
How the emulated site makes and changes cases: the whole body or nothing of it.

    rights      which of the attributes may be given
    _fit        whether an id belongs to the space, or to the project
    _settled    what the site adds of itself
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.providers.communifire.emulator.answers import failed
from reconciler.providers.communifire.emulator.bodies import WIRE
from reconciler.providers.communifire.emulator.tenant import Shelf, Tenant
from reconciler.providers.communifire.emulator.things import (
    Category,
    Milestone,
    Priority,
    Project,
    Status,
    StoredCase,
)

PERMISSIONS = (
    "Create",
    "Update",
    "AdminEntityUpdate",
    "AssignToUser",
    "UpdateIssuePriority",
    "UpdateIssueStatus",
    "AddRecipients",
    "UploadAttachment",
)
"""The permissions on cases."""

_NEEDED: Mapping[str, str] = {
    "assignee_id": "AssignToUser",
    "priority_id": "UpdateIssuePriority",
    "status_id": "UpdateIssueStatus",
    "recipients": "AddRecipients",
}
_OF_PROJECT = ("section_id", "milestone_id", "assignee_id")


@dataclass(frozen=True, slots=True)
class Rules:
    """Makes and changes cases for a user; with `limited`, within what the switches allow the key's user."""

    tenant: Tenant
    actor: int
    limited: bool = True

    def create(self, given: Mapping[str, Any]) -> StoredCase:
        """Make a case; raises `Refused` and makes nothing where a value is missing or does not fit."""
        if self.limited and "Create" in self.tenant.switches.denied:
            raise failed("You do not have permission to create cases in this space.")
        given = self._permitted(given)
        for required in ("title", "description", "space_id"):
            if required not in given:
                raise failed(f"{WIRE[required]} is required.")
        now = self.tenant.now()
        made = StoredCase(
            **{**self._defaults(given["space_id"]), **given},
            id=0,
            reporter_id=self.actor,
            created=now,
            updated=now,
            written_at=self.tenant.requests,
        )
        self._verify(made, given)
        return self.tenant.cases.put(replace(self._settled(made, given), id=self.tenant.next_case_id()))

    def change(self, case: StoredCase, given: Mapping[str, Any]) -> StoredCase:
        """Change a case; a body that repeats what is there is a change too, and people are told of it."""
        given = self._permitted(given, case)
        if given.get("space_id", case.space_id) != case.space_id:
            raise failed("A case cannot be moved to another space.")
        changed = replace(case, **given)
        named = set(given)
        if changed.project_id != case.project_id:
            changed, more = self._in_new_project(changed, set(_OF_PROJECT) - named)
            named |= more
        self._verify(changed, named)
        return self._kept(case, self._settled(changed, given))

    def move(self, case: StoredCase, space_id: int) -> StoredCase:
        """Move a case to another space, where it begins anew with that one's defaults; people can."""
        anew: dict[str, Any] = {**dict.fromkeys(_OF_PROJECT, 0), **self._defaults(space_id)}
        moved = replace(case, space_id=space_id, **anew)
        self._verify(moved, ("space_id",))
        return self._kept(case, moved)

    def _kept(self, before: StoredCase, changed: StoredCase) -> StoredCase:
        stamped = replace(changed, updated=self.tenant.after(before.updated), written_at=self.tenant.requests)
        return self.tenant.cases.put(stamped)

    # rights

    def _permitted(self, given: Mapping[str, Any], case: StoredCase | None = None) -> dict[str, Any]:
        """Give what may be written; raise `Refused` for the rest, or pass over it in silence."""
        forbidden = self._forbidden(given, case) if self.limited else set()
        if forbidden and self.tenant.switches.rights == "error":
            names = ", ".join(sorted(WIRE[attribute] for attribute in forbidden))
            raise failed(f"You do not have permission to change {names}.")
        return {attribute: value for attribute, value in given.items() if attribute not in forbidden}

    def _forbidden(self, given: Mapping[str, Any], case: StoredCase | None) -> set[str]:
        denied = self.tenant.switches.denied
        if case is not None:
            right = "Update" if case.reporter_id == self.actor else "AdminEntityUpdate"
            if right in denied:
                return set(given)
        return {attribute for attribute in given if _NEEDED.get(attribute) in denied}

    # what fits

    def _verify(self, case: StoredCase, named: Iterable[str]) -> None:
        for attribute in named:
            if not self._fits(case, attribute):
                raise failed(f"{WIRE[attribute]} is not valid here: {getattr(case, attribute)}")

    def _fits(self, case: StoredCase, attribute: str) -> bool:
        tenant = self.tenant
        match attribute:
            case "space_id":
                return case.space_id in tenant.spaces
            case "project_id":
                project = tenant.projects.get(case.project_id)
                return project is not None and project.space_id == case.space_id
            case "status_id":
                return _of_space(tenant.statuses, case.status_id, case)
            case "priority_id":
                return _of_space(tenant.priorities, case.priority_id, case)
            case "section_id":
                return _of_project(tenant.categories, case.section_id, case)
            case "milestone_id":
                return _of_project(tenant.milestones, case.milestone_id, case)
            case "assignee_id":
                project = tenant.projects.get(case.project_id)
                return case.assignee_id in (0, *(project.assignable if project else ()))
            case "recipients":
                return all(user in tenant.users for user in case.recipients)
            case _:
                return True

    def _in_new_project(self, case: StoredCase, left: set[str]) -> tuple[StoredCase, set[str]]:
        """Do what the site does with what a body leaves as the old project had it; say what is to be verified."""
        match self.tenant.switches.project_change:
            case "strict":
                return case, left
            case "clears":
                cleared: dict[str, Any] = {name: 0 for name in left if not self._fits(case, name)}
                return replace(case, **cleared), set()
            case _:
                return case, set()

    # what the site adds

    def _defaults(self, space_id: int) -> dict[str, int]:
        return {
            "status_id": _default(self.tenant.statuses, space_id),
            "priority_id": _default(self.tenant.priorities, space_id),
            "project_id": _default(self.tenant.projects, space_id),
        }

    def _settled(self, case: StoredCase, given: Mapping[str, Any]) -> StoredCase:
        switches = self.tenant.switches
        tags = case.tags if switches.keeps_tags else ()
        if switches.folds_tags:
            tags = tuple(sorted(tag.lower() for tag in tags))
        recipients = case.recipients
        if switches.adds_assignee_as_recipient and given.get("assignee_id", 0) not in (0, *recipients):
            recipients = (*recipients, case.assignee_id)
        return replace(case, tags=tags, recipients=recipients)


def _default(things: Iterable[Status | Priority | Project], space_id: int) -> int:
    return next((thing.id for thing in things if thing.space_id == space_id and thing.default), 0)


def _of_space(shelf: Shelf[Status] | Shelf[Priority], id: int, case: StoredCase) -> bool:
    found = shelf.get(id)
    return found is not None and found.space_id == case.space_id


def _of_project(shelf: Shelf[Category] | Shelf[Milestone], id: int, case: StoredCase) -> bool:
    found = shelf.get(id)
    return id == 0 or (found is not None and found.project_id == case.project_id)
