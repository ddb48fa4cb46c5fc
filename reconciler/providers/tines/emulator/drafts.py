"""
How the bodies of requests become what belongs to a case: nothing is stored here.

Every function raises `Refused` for what it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from reconciler.providers.emulation import Refused
from reconciler.providers.tines.emulator.params import (
    Invalid,
    choice,
    filled,
    known,
    moment,
    numbers,
    text,
    texts,
    truth,
    whole_number,
)
from reconciler.providers.tines.emulator.things import Action, CaseInput, FieldValue, Note, StoredCase, Task, User

if TYPE_CHECKING:
    from reconciler.providers.tines.emulator.tenant import Tenant

COLORS = ("white", "gold", "magenta", "green", "blue", "red", "mint", "indigo")
_ACTION_TYPES = ("webhook", "page")


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


_Item = TypeVar("_Item", bound=_Numbered)


def pick(items: Iterable[_Item], item_id: object, what: str) -> _Item:
    """Find the one with an id, given as a number or as it stands in a path."""
    for found in items:
        if str(found.id) == str(item_id):
            return found
    raise Refused(HTTPStatus.NOT_FOUND, f"Couldn't find {what} {item_id}")


def swapped(items: Sequence[_Item], changed: _Item) -> tuple[_Item, ...]:
    """Give the items with one in the place of its former self."""
    return tuple(changed if item.id == changed.id else item for item in items)


def without(items: Sequence[_Item], gone: _Item) -> tuple[_Item, ...]:
    """Give the items without one of them."""
    return tuple(item for item in items if item.id != gone.id)


def member(tenant: Tenant, email: str, team_id: int) -> User:
    """Find a user who is in a team."""
    user = tenant.user(email)
    if user is None or team_id not in user.teams:
        raise Invalid(f"No user {email} in the team")
    return user


@dataclass(frozen=True, slots=True)
class Drafts:
    """What bodies mean on one tenant, for cases of one team."""

    tenant: Tenant
    team_id: int

    # fields

    def input(self, value: Any, case: StoredCase | None = None) -> CaseInput:
        """Find the case input of an id: one of the team's, or one that the case has a value of."""
        found = self.tenant.inputs.get(whole_number(value, "input_id"))
        carried = case is not None and any(each.input_id == found.id for each in case.fields if found)
        if found is None or (found.team_id != self.team_id and not carried):
            raise Invalid("Case input does not belong to the team of the case")
        return found

    def field_values(self, asked: Any) -> tuple[FieldValue, ...]:
        """Read the values of a create; what is no input of the team is dropped (the docs of create say so)."""
        if not isinstance(asked, dict):
            raise Invalid("field_values must be an object")
        mine = {str(each.id): each for each in self.tenant.inputs.values() if each.team_id == self.team_id}
        return tuple(self.field(mine[key], value) for key, value in asked.items() if key in mine)

    def field(self, of: CaseInput, value: Any) -> FieldValue:
        """Make a value of an input."""
        return FieldValue(id=self.tenant.next_id(), input_id=of.id, value=self.field_text(of, value))

    def field_text(self, of: CaseInput, value: Any) -> str:
        """Read a value, of whatever scalar type, as the text it comes back as (seen on a live tenant)."""
        if value is None or isinstance(value, list | dict):
            raise Invalid("value must be a string, a number or a boolean")
        written = str(value).lower() if isinstance(value, bool) else str(value)
        parts = written.split("|") if of.multiple else [written]
        if self.tenant.switches.field_validation == "refuse":
            for part in parts:
                _validate(of, part)
        return written

    # tasks

    def task(self, asked: Mapping[str, Any], *, ids: bool = False) -> Task:
        """Make a task, with assignees by `assignee_ids` too where a create of a case carries it."""
        keys = {"description", "assignee_emails"} | ({"assignee_ids"} if ids else set())
        body, now = known(asked, keys, "TeamCaseTaskInput"), self.tenant.now()
        people = [*self._people(body), *self._people_by_id(body)]
        return Task(
            id=self.tenant.next_id(),
            description=filled(body, "description"),
            assignees=tuple(dict.fromkeys(people)),
            created_at=now,
            updated_at=now,
        )

    def changed_task(self, task: Task, asked: Mapping[str, Any]) -> Task:
        """Change a task; its assignees are replaced."""
        body = known(asked, {"description", "completed", "assignee_emails"}, "TeamCaseTaskInput")
        changes: dict[str, Any] = {}
        if "description" in body:
            changes["description"] = filled(body, "description")
        if "completed" in body:
            changes["completed"] = truth(body["completed"])
        if "assignee_emails" in body:
            changes["assignees"] = tuple(dict.fromkeys(self._people(body)))
        return replace(task, **changes, updated_at=self.tenant.now())

    def _people(self, body: Mapping[str, Any]) -> list[int]:
        emails = texts(body.get("assignee_emails", []), "assignee_emails")
        return [member(self.tenant, email, self.team_id).id for email in emails]

    def _people_by_id(self, body: Mapping[str, Any]) -> list[int]:
        ids = numbers(body.get("assignee_ids", []), "assignee_ids")
        return [self._member_by_id(user_id) for user_id in ids]

    def _member_by_id(self, user_id: int) -> int:
        user = self.tenant.users.get(user_id)
        if user is None:
            raise Invalid(f"No user {user_id} in the team")
        return member(self.tenant, user.email, self.team_id).id

    # actions

    def action(self, asked: Mapping[str, Any], words: tuple[str, str] = ("action_type", "action_text")) -> Action:
        """Make an action; `words` are what type and text are called, which v1 called otherwise."""
        kind, caption = words
        body, now = known(asked, {"url", "label", *words}, "TeamCaseActionInput"), self.tenant.now()
        return Action(
            id=self.tenant.next_id(),
            url=filled(body, "url"),
            label=filled(body, "label"),
            type=choice(body.get(kind), _ACTION_TYPES, kind),
            text=text(body.get(caption, ""), caption),
            created_at=now,
            updated_at=now,
        )

    def changed_action(
        self, action: Action, asked: Mapping[str, Any], words: tuple[str, str] = ("action_type", "action_text")
    ) -> Action:
        """Change what is given of an action."""
        whole = {"url": action.url, "label": action.label, words[0]: action.type, words[1]: action.text}
        drafted = self.action(whole | known(asked, whole, "TeamCaseActionInput"), words)
        return replace(drafted, id=action.id, created_at=action.created_at)

    # notes

    def note(self, asked: Mapping[str, Any], author: User) -> Note:
        """Make a note; its position is taken and means nothing."""
        keys = {"title", "content", "color", "position", "sensitive", "author_email"}
        body, now = known(asked, keys, "TeamCaseNoteInput"), self.tenant.now()
        return Note(
            id=self.tenant.next_id(),
            title=filled(body, "title"),
            content=text(body.get("content", ""), "content"),
            color=choice(body.get("color", COLORS[0]), COLORS, "color"),
            sensitive=truth(body.get("sensitive", False)),
            author_id=author.id,
            created_at=now,
            updated_at=now,
        )

    def changed_note(self, note: Note, asked: Mapping[str, Any], author: User) -> Note:
        """Change what is given of a note."""
        whole = {
            "title": note.title,
            "content": note.content,
            "color": note.color,
            "sensitive": note.sensitive,
        }
        given = known(asked, {*whole, "position", "author_email"}, "TeamCaseNoteInput")
        drafted = self.note(whole | given, author)
        return replace(drafted, id=note.id, author_id=note.author_id, created_at=note.created_at)


def _validate(of: CaseInput, value: str) -> None:
    _CHECKS[of.input_type](value)
    if of.options is not None and value not in of.options:
        raise Invalid(f"Value {value!r} is not one of the options of {of.name}")
    if of.regex is not None and not re.fullmatch(of.regex, value):
        raise Invalid(f"Value {value!r} does not match the format of {of.name}")


def _number(value: str) -> None:
    try:
        float(value)
    except ValueError:
        raise Invalid(f"Value {value!r} is not a number") from None


_BOOLEANS: Collection[str] = ("true", "false")
_CHECKS: Mapping[str, Callable[[str], object]] = {
    "string": lambda value: value,
    "number": _number,
    "boolean": lambda value: choice(value, _BOOLEANS, "value"),
    "timestamp": lambda value: moment(value, "value"),
}
