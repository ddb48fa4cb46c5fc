"""
The rules by which the emulated tenant makes and changes a case.

A draft of the whole case is made first and committed only when all of it is right, so a refused request has
changed nothing:

    new(asked), changed(case, asked) ─► draft ─► check_closing ─► commit: tags, the case, its timeline
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from reconciler.providers.emulation import Refused
from reconciler.providers.tines.emulator.block_drafts import new_block
from reconciler.providers.tines.emulator.conditions import met, read_conditions
from reconciler.providers.tines.emulator.drafts import Drafts
from reconciler.providers.tines.emulator.params import (
    Invalid,
    known,
    moment,
    objects,
    one_of,
    text,
    whole_number,
)
from reconciler.providers.tines.emulator.sets import (
    first_assignees,
    merged_tags,
    subscribed,
    with_assignees,
    with_tags,
)
from reconciler.providers.tines.emulator.things import PARENTS, PRIORITIES, Block, StoredCase
from reconciler.providers.tines.emulator.timeline import events, gained

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.providers.tines.emulator.tenant import Tenant
    from reconciler.providers.tines.emulator.things import SubStatus, User

_MOST_BLOCKS = 50
_SET = frozenset(
    {"name", "description", "priority", "status", "sub_status_id", "team_id", "opened_at", "resolved_at"}
) | {"closure_conditions"}
# v2 ignores what v1 knew on create; on update it ignores metadata and answers 200 (seen on a live tenant).
CREATE = (
    _SET
    | {"author_email", "metadata", "assignee_emails", "tag_names", "field_values", "tasks", "blocks"}
    | {"record_ids", "team_case_buttons"}
)
UPDATE = (
    _SET
    | {"author_email", "metadata"}
    | {"add_assignee_emails", "remove_assignee_emails", "add_tag_names", "remove_tag_names"}
)


@dataclass(frozen=True, slots=True)
class CaseRules:
    """What a create and an update mean, on one tenant; every method raises `Refused` for what it refuses."""

    tenant: Tenant

    # drafts

    def new(self, asked: Mapping[str, Any]) -> StoredCase:
        """Draft a case from the body of a create."""
        asked = known(asked, CREATE, "TeamCaseCreateInput")
        team_id = self._team_id(asked.get("team_id"))
        sub_status = self._sub_status(asked, team_id) or self.tenant.default_sub_status(team_id, "OPEN")
        now = self.tenant.now()
        draft = StoredCase(
            id=0,
            team_id=team_id,
            name=_name(asked.get("name")),
            priority=self.tenant.switches.default_priority,
            sub_status_id=sub_status.id,
            author_id=self.actor(asked, team_id).id,
            opened_at=now,
            created_at=now,
            updated_at=now,
            assignees=first_assignees(self.tenant, team_id, asked),
            tags=merged_tags(self.tenant, team_id, (), asked.get("tag_names", [])),
            metadata=checked_metadata(asked.get("metadata", {}), self.tenant),
        )
        draft = self._with_contents(self._with_fields(draft, asked), asked)
        draft = replace(draft, id=self.tenant.next_case_id())
        return self._resolved(draft, asked) if sub_status.parent == "CLOSED" else draft

    def changed(self, case: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
        """Draft what an update makes of a case; `updated_at` moves where Tines moves it."""
        asked = known(asked, UPDATE, "TeamCaseUpdateInput")
        draft = self._in_team(case, self._team_id(asked.get("team_id", case.team_id)))
        draft = self._with_fields(draft, asked)
        draft = with_assignees(self.tenant, with_tags(self.tenant, draft, asked), asked)
        draft = self._with_status(case, draft, asked)
        repeated = self.tenant.switches.noop_update_bumps and not _SET.isdisjoint(asked)
        return self.touched(draft) if repeated or draft != case else case

    def touched(self, case: StoredCase) -> StoredCase:
        """Give a case with `updated_at` now."""
        return replace(case, updated_at=self.tenant.now())

    def actor(self, asked: Mapping[str, Any], team_id: int) -> User:
        """Find who a request is by: `author_email` if in the team, or else, silently, the key's user."""
        named = self.tenant.user(str(asked.get("author_email", "")))
        return named if named and team_id in named.teams else self.tenant.key_user

    def check_closing(self, case: StoredCase, draft: StoredCase) -> None:
        """Refuse to close a case whose closure conditions are not met."""
        switches = self.tenant.switches
        closing = self.tenant.status(case) == "OPEN" and self.tenant.status(draft) == "CLOSED"
        looked_at = case if switches.closure_conditions_read == "before" else draft
        unmet = [found.name for found in looked_at.conditions if not met(self.tenant, found, looked_at)]
        if closing and unmet and switches.closure_conditions_enforced:
            raise Invalid(f"Closure conditions are not met: {', '.join(unmet)}")

    def commit(self, before: StoredCase | None, after: StoredCase, actor: User) -> StoredCase:
        """Store a draft, with its new tags and with what it adds to the timeline."""
        for name in after.tags:
            self.tenant.ensure_tag(after.team_id, name)
        if self.tenant.switches.assignment_subscribes:
            after = subscribed(self.tenant, after, gained(before.assignees if before else (), after.assignees))
        self.tenant.put(after)
        for kind, value in events(self.tenant, before, after):
            self.tenant.log(after.id, actor.id, kind, value)
        return after

    def amend(self, case: StoredCase, actor: User, **changes: Any) -> StoredCase:
        """Store a change of what belongs to a case; `updated_at` moves where Tines moves it."""
        after = replace(case, **changes)
        if after == case:
            return case
        moved = not self.tenant.switches.sub_resources_bumping.isdisjoint(changes)
        return self.commit(case, self.touched(after) if moved else after, actor)

    # teams and scalars

    def _team_id(self, value: Any) -> int:
        if value is None:
            raise Invalid("Validation failed: Team must exist")
        team_id = whole_number(value, "team_id")
        if team_id not in self.tenant.teams:
            raise Refused(self.tenant.switches.unknown_team_status, f"Team {team_id} not found")
        return team_id

    def _in_team(self, case: StoredCase, team_id: int) -> StoredCase:
        """Move a case: same parent status, tags found or created by name, sub-status the new team's default."""
        if case.team_id == team_id:
            return case
        sub_status = self.tenant.default_sub_status(team_id, self.tenant.status(case))
        kept = case.fields
        if self.tenant.switches.team_move_fields == "drop":
            kept = tuple(each for each in kept if self.tenant.inputs[each.input_id].team_id == team_id)
        return replace(case, team_id=team_id, sub_status_id=sub_status.id, fields=kept)

    def _with_fields(self, case: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
        readers: dict[str, Callable[[Any], Any]] = {
            "name": _name,
            "description": self._description,
            "priority": lambda value: one_of(value, PRIORITIES, "priority"),
            "opened_at": lambda value: self._moment(value, "opened_at"),
            "resolved_at": lambda value: self._moment(value, "resolved_at"),
        }
        given: dict[str, Any] = {key: read(asked[key]) for key, read in readers.items() if key in asked}
        draft = replace(case, **given)
        if "closure_conditions" not in asked:
            return draft
        kept = case.conditions if self.tenant.switches.closure_conditions_update == "append" else ()
        return replace(draft, conditions=(*kept, *read_conditions(asked["closure_conditions"])))

    def _with_contents(self, case: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
        drafts, author = Drafts(self.tenant, case.team_id), self.tenant.users[case.author_id]
        tasks = objects(asked.get("tasks", []), "tasks", self.tenant.switches.tasks_batch_max)
        blocks: tuple[Block, ...] = ()
        for each in objects(asked.get("blocks", []), "blocks", _MOST_BLOCKS):
            blocks = (*blocks, new_block(self.tenant, blocks, each, author))
        return replace(
            case,
            fields=drafts.field_values(asked.get("field_values", {})),
            tasks=tuple(drafts.task(each, ids=True) for each in tasks),
            blocks=blocks,
        )

    def _description(self, value: Any) -> str:
        written = text(value, "description")
        if self.tenant.switches.description_line_endings == "keep":
            return written
        return written.replace("\r\n", "\n").replace("\r", "\n")

    def _moment(self, value: Any, name: str) -> datetime | None:
        if value == "" and self.tenant.switches.empty_timestamp == "clear":
            return None
        return moment(value, name)

    # status

    def _sub_status(self, asked: Mapping[str, Any], team_id: int) -> SubStatus | None:
        status = one_of(asked["status"], PARENTS, "status") if "status" in asked else None
        if "sub_status_id" not in asked:
            return self.tenant.default_sub_status(team_id, status) if status else None
        if asked["sub_status_id"] == "":
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "No object ID provided")
        found = self.tenant.sub_statuses.get(whole_number(asked["sub_status_id"], "sub_status_id"))
        if found is None or found.team_id != team_id:
            raise Invalid("Sub status does not belong to the team of the case")
        if status not in (None, found.parent):
            raise Invalid(f"Sub status {found.name} is not one of status {status}")
        return found

    def _with_status(self, case: StoredCase, draft: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
        wanted = self._sub_status(asked, draft.team_id)
        was = self.tenant.status(case)
        if wanted is None or ("sub_status_id" not in asked and wanted.parent == was):
            return draft
        draft = replace(draft, sub_status_id=wanted.id)
        if wanted.parent == was:
            return draft
        return self._resolved(draft, asked) if wanted.parent == "CLOSED" else self._reopened(draft, asked)

    def _resolved(self, draft: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
        resolved_at = draft.resolved_at if "resolved_at" in asked else self.tenant.now()
        return replace(draft, resolved_at=resolved_at, resolved_by=self.actor(asked, draft.team_id).id)

    def _reopened(self, draft: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
        if not self.tenant.switches.reopen_clears_resolution:
            return draft
        return replace(draft, resolved_at=draft.resolved_at if "resolved_at" in asked else None, resolved_by=None)


def checked_metadata(value: Any, tenant: Tenant) -> dict[str, Any]:
    """Read a metadata object; a strict tenant takes strings only."""
    if not isinstance(value, dict):
        raise Invalid("Invalid metadata")
    strict = tenant.switches.metadata_values == "strict"
    for key, item in value.items():
        if strict and not isinstance(item, str):
            raise Invalid(f"Metadata value of {key} must be a string")
    return dict(value)


def _name(value: Any) -> str:
    if value is None or not text(value, "name").strip():
        raise Invalid("Validation failed: Name can't be blank")
    return text(value, "name")
