"""
The rules by which the emulated tenant makes and changes a case.

A draft of the whole case is made first and committed only when all of it is right, so a refused request has
changed nothing:

    new(asked), changed(case, asked) ─► draft ─► check_closing ─► commit: tags, the case, its timeline
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from reconciler.providers.emulation import Refused
from reconciler.providers.tines.emulator.params import Invalid, moment, one_of, texts, whole_number
from reconciler.providers.tines.emulator.tenant import PARENTS, PRIORITIES, Condition, StoredCase, in_team

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.providers.tines.emulator.tenant import SubStatus, Tenant, User

_SCALARS = (
    "name",
    "description",
    "priority",
    "status",
    "sub_status_id",
    "team_id",
    "opened_at",
    "resolved_at",
    "closure_conditions",
)
# v2 ignores what v1 knew on create; on update it ignores metadata and answers 200 (seen on a live tenant).
_CREATE = {
    *_SCALARS,
    "author_email",
    "metadata",
    "assignee_emails",
    "tag_names",
    "record_ids",
    "team_case_buttons",
}
_UPDATE = {
    *_SCALARS,
    "author_email",
    "metadata",
    "add_assignee_emails",
    "remove_assignee_emails",
    "add_tag_names",
    "remove_tag_names",
}
_HAS_ASSIGNEE = re.compile(r"=\s*SIZE\(\s*team_case\.assignees\s*\)\s*>\s*0\s*")


@dataclass(frozen=True, slots=True)
class CaseRules:
    """What a create and an update mean, on one tenant; every method raises `Refused` for what it refuses."""

    tenant: Tenant

    # drafts

    def new(self, asked: Mapping[str, Any]) -> StoredCase:
        """Draft a case from the body of a create."""
        asked = _known(asked, _CREATE, "TeamCaseCreateInput")
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
            assignees=self._first_assignees(asked, team_id),
            tags=self._merged_tags(team_id, (), asked.get("tag_names", [])),
            metadata=checked_metadata(asked.get("metadata", {}), self.tenant),
        )
        draft = replace(self._with_fields(draft, asked), id=self.tenant.next_case_id())
        return self._resolved(draft, asked) if sub_status.parent == "CLOSED" else draft

    def changed(self, case: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
        """Draft what an update makes of a case; `updated_at` moves where Tines moves it."""
        asked = _known(asked, _UPDATE, "TeamCaseUpdateInput")
        draft = in_team(self.tenant, case, self._team_id(asked.get("team_id", case.team_id)))
        draft = self._with_fields(draft, asked)
        draft = self._with_assignees(self._with_tags(draft, asked), asked)
        draft = self._with_status(case, draft, asked)
        repeated = self.tenant.switches.noop_update_bumps and any(key in asked for key in _SCALARS)
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
        unmet = [found.name for found in looked_at.conditions if not _met(found, looked_at)]
        if closing and unmet and switches.closure_conditions_enforced:
            raise Invalid(f"Closure conditions are not met: {', '.join(unmet)}")

    def commit(self, before: StoredCase | None, after: StoredCase, actor: User) -> StoredCase:
        """Store a draft, with its new tags and with what it adds to the timeline."""
        for name in after.tags:
            self.tenant.ensure_tag(after.team_id, name)
        self.tenant.put(after)
        for kind, value in self._events(before, after):
            self.tenant.log(after.id, actor.id, kind, value)
        return after

    # teams and scalars

    def _team_id(self, value: Any) -> int:
        if value is None:
            raise Invalid("Validation failed: Team must exist")
        team_id = whole_number(value, "team_id")
        if team_id not in self.tenant.teams:
            raise Refused(self.tenant.switches.unknown_team_status, f"Team {team_id} not found")
        return team_id

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
        return replace(draft, conditions=(*kept, *_conditions(asked["closure_conditions"])))

    def _description(self, value: Any) -> str:
        text = _text(value, "description")
        if self.tenant.switches.description_line_endings == "keep":
            return text
        return text.replace("\r\n", "\n").replace("\r", "\n")

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

    # tags

    def _with_tags(self, case: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
        removed = {self.tenant.tag_key(name) for name in _names(asked, "remove_tag_names")}
        added = _names(asked, "add_tag_names")
        _refuse_both({self.tenant.tag_key(name) for name in added} & removed)
        kept = tuple(name for name in case.tags if self.tenant.tag_key(name) not in removed)
        return replace(case, tags=self._merged_tags(case.team_id, kept, added))

    def _merged_tags(self, team_id: int, kept: Sequence[str], added: Any) -> tuple[str, ...]:
        merged = {self.tenant.tag_key(name): name for name in kept}
        for name in texts(added, "tag names"):
            merged.setdefault(self.tenant.tag_key(name), self._tag_name(team_id, name))
        return tuple(merged.values())

    def _tag_name(self, team_id: int, name: str) -> str:
        known = self.tenant.tag(team_id, name)
        if known is None and self.tenant.switches.unknown_tag == "refuse":
            raise Invalid(f"Tag {name} does not exist")
        return known.name if known else name

    # assignees

    def _first_assignees(self, asked: Mapping[str, Any], team_id: int) -> tuple[int, ...]:
        emails = _names(asked, "assignee_emails")
        nobody = "assignee_emails" in asked and self.tenant.switches.empty_assignees_means == "nobody"
        if not emails:
            return () if nobody else (self.tenant.key_user.id,)
        return tuple(dict.fromkeys(self._member(email, team_id).id for email in emails))

    def _with_assignees(self, case: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
        leaving = [self._leaver(email, case) for email in _names(asked, "remove_assignee_emails")]
        coming = [self._member(email, case.team_id).id for email in _names(asked, "add_assignee_emails")]
        _refuse_both(set(leaving) & set(coming))
        kept = [user_id for user_id in case.assignees if user_id not in leaving]
        return replace(case, assignees=tuple(dict.fromkeys([*kept, *coming])))

    def _member(self, email: str, team_id: int) -> User:
        user = self.tenant.user(email)
        if user is None or team_id not in user.teams:
            raise Invalid(f"No user {email} in the team")
        return user

    def _leaver(self, email: str, case: StoredCase) -> int:
        user = self.tenant.user(email)
        return user.id if user and user.id in case.assignees else self._member(email, case.team_id).id

    # timeline

    def _events(self, before: StoredCase | None, after: StoredCase) -> Iterator[tuple[str, str]]:
        if before is None:
            yield "CREATED", str(after.id)
            return
        yield from self._scalar_events(before, after)
        for kind, ids in (
            ("ASSIGNED", _gained(before.assignees, after.assignees)),
            ("UNASSIGNED", _gained(after.assignees, before.assignees)),
        ):
            for user_id in ids:
                yield kind, self.tenant.users[user_id].email
        for kind, names in (
            ("TAGS_ADDED", _gained(before.tags, after.tags)),
            ("TAGS_REMOVED", _gained(after.tags, before.tags)),
        ):
            if names:
                yield kind, ", ".join(names)

    def _scalar_events(self, before: StoredCase, after: StoredCase) -> Iterator[tuple[str, str]]:
        if before.description != after.description:
            yield "DESCRIPTION_UPDATED", after.description
        if before.priority != after.priority:
            yield "SEVERITY_UPDATED", after.priority
        if self.tenant.status(before) != self.tenant.status(after):
            yield "STATUS_UPDATED", self.tenant.status(after)
        if before.sub_status_id != after.sub_status_id:
            yield "SUB_STATUS_UPDATED", self.tenant.sub_statuses[after.sub_status_id].name


def checked_metadata(value: Any, tenant: Tenant) -> dict[str, Any]:
    """Read a metadata object; a strict tenant takes strings only."""
    if not isinstance(value, dict):
        raise Invalid("Invalid metadata")
    strict = tenant.switches.metadata_values == "strict"
    for key, item in value.items():
        if strict and not isinstance(item, str):
            raise Invalid(f"Metadata value of {key} must be a string")
    return dict(value)


def _known(asked: Mapping[str, Any], keys: Collection[str], input_type: str) -> dict[str, Any]:
    """Refuse unknown keys; drop nulls, which mean "unchanged" (seen on a live tenant)."""
    for key in asked:
        if key not in keys:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"{key}: Field is not defined on {input_type}",
                f"Variable $input was provided invalid value for {key}",
            )
    return {key: value for key, value in asked.items() if value is not None}


def _names(asked: Mapping[str, Any], key: str) -> list[str]:
    return texts(asked.get(key, []), key)


def _refuse_both(both: Collection[object]) -> None:
    if both:
        raise Invalid("The same name is both added and removed")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{name} must be a string")
    return value


def _name(value: Any) -> str:
    if value is None or not _text(value, "name").strip():
        raise Invalid("Validation failed: Name can't be blank")
    return _text(value, "name")


def _conditions(value: Any) -> tuple[Condition, ...]:
    if not isinstance(value, list):
        raise Invalid("closure_conditions must be a list")
    return tuple(_condition(item) for item in value)


def _condition(item: Any) -> Condition:
    if not isinstance(item, dict) or set(item) != {"name", "formula"}:
        raise Invalid("A closure condition has a name and a formula")
    formula = _text(item["formula"], "formula")
    if not formula.startswith("="):
        raise Invalid("The formula of a closure condition begins with an equals sign")
    return Condition(name=_text(item["name"], "name"), formula=formula)


def _met(condition: Condition, case: StoredCase) -> bool:
    """Evaluate the one formula that is understood; any other counts as met."""
    return bool(case.assignees) or not _HAS_ASSIGNEE.fullmatch(condition.formula)


def _gained(before: Sequence[Any], after: Sequence[Any]) -> list[Any]:
    return [item for item in after if item not in before]
