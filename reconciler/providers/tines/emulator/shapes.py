"""The objects of the emulated tenant in the shapes of the API, beside the case itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from reconciler.providers.tines.emulator.block_drafts import slug
from reconciler.providers.tines.emulator.tenant import snake

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.providers.tines.emulator.tenant import Tenant
    from reconciler.providers.tines.emulator.things import (
        Action,
        Activity,
        Block,
        CaseInput,
        Element,
        FieldValue,
        Note,
        Subscription,
        SubStatus,
        Tag,
        Task,
        Team,
    )


def stamp(moment: datetime | None) -> str | None:
    """Write a case's timestamp: whole seconds."""
    return None if moment is None else f"{moment.replace(tzinfo=None).isoformat()}Z"


def milli_stamp(moment: datetime) -> str:
    """Write the timestamp of a tag or a sub-status: milliseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Shapes:
    """Shows what the tenant holds, seen from one origin."""

    def __init__(self, tenant: Tenant, origin: str) -> None:
        self._tenant = tenant
        self._origin = origin
        self._switches = tenant.switches

    # people and configuration

    def user(self, user_id: int) -> dict[str, Any]:
        """Show a user."""
        user = self._tenant.users[user_id]
        return {
            "user_id": user.id if self._switches.user_id_type == "int" else str(user.id),
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "avatar_url": "",
            "is_service_account": user.is_service_account,
        }

    def team(self, team: Team) -> dict[str, Any]:
        """Show a team."""
        return {"id": team.id, "name": team.name, "groups": []}

    def sub_status(self, status: SubStatus) -> dict[str, Any]:
        """Show a sub-status."""
        return {
            "id": status.id,
            "name": status.name,
            "slug": snake(status.name),
            "description": status.description,
            "parent_status": status.parent,
            "default": status.default,
            "team": {"id": status.team_id},
            "created_at": milli_stamp(status.created_at),
            "updated_at": milli_stamp(status.updated_at),
        }

    def tag(self, tag: Tag) -> dict[str, Any]:
        """Show a team's tag."""
        return {
            "id": tag.id,
            "name": tag.name,
            "color": tag.color,
            "teams": [{"id": tag.team_id, "name": self._tenant.teams[tag.team_id].name}],
            "created_at": milli_stamp(tag.created_at),
            "updated_at": milli_stamp(tag.updated_at),
        }

    def input(self, of: CaseInput) -> dict[str, Any]:
        """Show a case input."""
        group = {} if of.group is None else {"team_case_input_group": {"name": of.group}}
        return {
            "id": of.id,
            "name": of.name,
            "key": of.key,
            "input_type": of.input_type,
            "sensitive": of.sensitive,
            **_validation(of),
            "team": {"id": of.team_id, "name": self._tenant.teams[of.team_id].name},
            **group,
            "created_at": milli_stamp(of.created_at),
            "updated_at": milli_stamp(of.created_at),
        }

    # what belongs to a case

    def activity(self, entry: Activity) -> dict[str, Any]:
        """Show an entry of a timeline; only comments have reactions."""
        return {
            "id": entry.id,
            "activity_type": entry.kind,
            "value": entry.value,
            "created_at": stamp(entry.created_at),
            "user": self.user(entry.user_id),
        } | ({"reactions": self._reactions(entry)} if entry.kind == "COMMENTED" else {})

    def _reactions(self, entry: Activity) -> list[dict[str, Any]]:
        return [{"value": value, "user": self.user(user_id)} for value, user_id in entry.reactions]

    def field(self, value: FieldValue, keys: Sequence[str] = ("id", "key", "name")) -> dict[str, Any]:
        """Show the value of a field with its input; routes differ in the keys they show of that."""
        of = self._tenant.inputs[value.input_id]
        whole = {"id": of.id, "key": of.key, "name": of.name, **_validation(of)}
        return {"id": value.id, "value": value.value, "case_input": {key: whole[key] for key in keys}}

    def link(self, case_id: int) -> dict[str, Any]:
        """Show a linked case."""
        return {"case_id": case_id, "name": self._tenant.cases[case_id].name}

    def subscriber(self, subscription: Subscription) -> dict[str, Any]:
        """Show a subscriber as a list does: flat."""
        return {"id": subscription.id, **self.user(subscription.user_id)}

    def record(self, record_id: int) -> dict[str, Any]:
        """Show a record."""
        record = self._tenant.records[record_id]
        return {
            "id": record.id,
            "record_type": {"id": record.type_id, "name": record.type_name},
            "records": [{"id": id, "name": name, "value": value} for id, name, value in record.values],
            "created_at": stamp(record.created_at),
        }

    def records(self, record_ids: Iterable[int]) -> list[dict[str, Any]]:
        """Show records in groups by type (seen on live tenants), or one by one as the docs have it."""
        shown = [self.record(record_id) for record_id in record_ids]
        if self._switches.records_list == "flat":
            return shown
        types = {each["record_type"]["id"]: each["record_type"]["name"] for each in shown}
        return [
            {
                "record_type_id": type_id,
                "record_type_name": name,
                "record_type_record_results": [each for each in shown if each["record_type"]["id"] == type_id],
            }
            for type_id, name in types.items()
        ]

    def action(self, action: Action) -> dict[str, Any]:
        """Show an action; what it knows of a story is derived by the server."""
        return {
            "id": action.id,
            "url": action.url,
            "label": action.label,
            "story_name": None,
            "story_emoji": None,
            "page_emoji": None,
            "action_type": action.type,
            "action_text": action.text,
            "created_at": stamp(action.created_at),
            "updated_at": stamp(action.updated_at),
        }

    def task(self, task: Task) -> dict[str, Any]:
        """Show a task."""
        people = [self._tenant.users[user_id] for user_id in task.assignees]
        return {
            "id": task.id,
            "description": task.description,
            "completed": task.completed,
            "assignees": [
                {
                    "id": str(user.id),
                    "email": user.email,
                    "first_name": user.first_name,
                    "last_name": user.last_name,
                }
                for user in people
            ],
            "created_at": stamp(task.created_at),
            "updated_at": stamp(task.updated_at),
        }

    def note(self, note: Note) -> dict[str, Any]:
        """Show a note; older samples call the author `user`."""
        return {
            "id": note.id,
            "title": note.title,
            "content": note.content,
            "color": note.color,
            "sensitive": note.sensitive,
            self._switches.note_author_key: self.user(note.author_id),
            "created_at": stamp(note.created_at),
            "updated_at": stamp(note.updated_at),
        }

    def block(self, block: Block, position: int) -> dict[str, Any]:
        """Show a block at its position, from 0."""
        return {
            "id": block.id,
            "slug": slug(block),
            "title": block.title,
            "block_type": block.block_type,
            "position": position,
            "hidden": block.hidden,
            "block_group_id": block.group_id,
            "elements": [self.element(element) for element in block.elements],
            "created_at": stamp(block.created_at),
            "updated_at": stamp(block.updated_at),
        }

    def element(self, element: Element) -> dict[str, Any]:
        """Show a note in a block."""
        return {
            "element_id": element.element_id,
            "id": element.id,
            "element_type": "note",
            "content": element.content,
            "note_type": element.note_type,
            "color": element.color,
            "author": self.user(element.author_id),
            "created_at": stamp(element.created_at),
            "updated_at": stamp(element.updated_at),
        }


def _validation(of: CaseInput) -> dict[str, Any]:
    if of.options is not None:
        return {"validation_type": "options", "validation_options": {"options": list(of.options)}}
    if of.regex is not None:
        return {"validation_type": "regex", "validation_options": {"regex": of.regex}}
    return {"validation_type": "none", "validation_options": {}}
