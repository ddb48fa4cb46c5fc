"""The analysts in front of the emulated product: they change what belongs to a case, without the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.providers.tines.emulator.activities import post_comment
from reconciler.providers.tines.emulator.drafts import Drafts, member, swapped, without
from reconciler.providers.tines.emulator.fields import with_field
from reconciler.providers.tines.emulator.links import link, unlink
from reconciler.providers.tines.emulator.people import PeopledEmulator
from reconciler.providers.tines.emulator.sets import record_ids, subscribed
from reconciler.providers.tines.emulator.things import FieldValue, StoredCase


class StaffedEmulator(PeopledEmulator):
    """
    An emulator with people who change what belongs to a case.

    `by` and what is raised are as in `PeopledEmulator`. Attributes are those of the API's create and update.
    """

    # tasks

    def add_task(
        self, case_id: int, description: str, *, assignees: Sequence[str] = (), by: str | None = None
    ) -> int:
        """Add a task to a case, and give its id."""
        with self.lock:
            case = self._tenant.cases[case_id]
            asked = {"description": description, "assignee_emails": list(assignees)}
            task = self._drafts(case).task(asked)
            self._rules.amend(case, self._actor(by), tasks=(*case.tasks, task))
            return task.id

    def edit_task(self, task_id: int, *, by: str | None = None, **attributes: Any) -> None:
        """Change a task: description, completed, assignee_emails."""
        with self.lock:
            case, task = self._found("tasks", task_id)
            changed = self._drafts(case).changed_task(task, attributes)
            self._rules.amend(case, self._actor(by), tasks=swapped(case.tasks, changed))

    def remove_task(self, task_id: int, *, by: str | None = None) -> None:
        """Delete a task."""
        self._remove("tasks", task_id, by)

    # notes

    def add_note(self, case_id: int, title: str, content: str = "", *, by: str | None = None, **more: Any) -> int:
        """Add a note to a case, and give its id."""
        with self.lock:
            case, author = self._tenant.cases[case_id], self._actor(by)
            note = self._drafts(case).note({"title": title, "content": content, **more}, author)
            self._rules.amend(case, author, notes=(*case.notes, note))
            return note.id

    def edit_note(self, note_id: int, *, by: str | None = None, **attributes: Any) -> None:
        """Change a note: title, content, color, sensitive."""
        with self.lock:
            case, note = self._found("notes", note_id)
            changed = self._drafts(case).changed_note(note, attributes, self._actor(by))
            self._rules.amend(case, self._actor(by), notes=swapped(case.notes, changed))

    def remove_note(self, note_id: int, *, by: str | None = None) -> None:
        """Delete a note."""
        self._remove("notes", note_id, by)

    # actions

    def add_action(
        self, case_id: int, label: str, url: str, *, type: str = "webhook", by: str | None = None, text: str = ""
    ) -> int:
        """Append an action (a button) to a case, and give its id."""
        with self.lock:
            case = self._tenant.cases[case_id]
            asked = {"label": label, "url": url, "action_type": type, "action_text": text}
            action = self._drafts(case).action(asked)
            self._rules.amend(case, self._actor(by), actions=(*case.actions, action))
            return action.id

    def edit_action(self, action_id: int, *, by: str | None = None, **attributes: Any) -> None:
        """Change an action: label, url, action_type, action_text."""
        with self.lock:
            case, action = self._found("actions", action_id)
            changed = self._drafts(case).changed_action(action, attributes)
            self._rules.amend(case, self._actor(by), actions=swapped(case.actions, changed))

    def remove_action(self, action_id: int, *, by: str | None = None) -> None:
        """Delete an action."""
        self._remove("actions", action_id, by)

    # fields

    def add_field(self, case_id: int, name: str, value: Any, *, by: str | None = None) -> int:
        """Give a field, by key or name of its input, a value on a case, also another one; and give its id."""
        with self.lock:
            case = self._tenant.cases[case_id]
            asked = {"input_id": self.case_input_id(case.team_id, name), "value": value}
            written, after = with_field(self._drafts(case), case, asked)
            self._rules.amend(case, self._actor(by), fields=after.fields)
            return written.id

    def edit_field(self, case_id: int, name: str, value: Any, *, by: str | None = None) -> None:
        """Change the value of a field that the case has."""
        with self.lock:
            self._field(case_id, name)
            self.add_field(case_id, name, value, by=by)

    def remove_field(self, case_id: int, name: str, *, by: str | None = None) -> None:
        """Take a field off a case."""
        with self.lock:
            case, gone = self._tenant.cases[case_id], self._field(case_id, name)
            self._rules.amend(case, self._actor(by), fields=without(case.fields, gone))

    def _field(self, case_id: int, name: str) -> FieldValue:
        case = self._tenant.cases[case_id]
        wanted = self.case_input_id(case.team_id, name)
        for value in case.fields:
            if value.input_id == wanted:
                return value
        raise KeyError(name)

    # links, subscribers, records

    def add_link(self, case_id: int, other: int, *, by: str | None = None) -> None:
        """Link two cases."""
        with self.lock:
            link(self._rules, case_id, [other], self._actor(by))

    def remove_link(self, case_id: int, other: int, *, by: str | None = None) -> None:
        """Take the link of two cases away."""
        with self.lock:
            unlink(self._rules, case_id, other, self._actor(by))

    def add_subscriber(self, case_id: int, email: str) -> int:
        """Subscribe somebody of the team, and give the id of the subscription."""
        with self.lock:
            case = self._tenant.cases[case_id]
            user = member(self._tenant, email, case.team_id)
            after = subscribed(self._tenant, case, [user.id])
            self._rules.amend(case, user, subscribers=after.subscribers)
            return next(found.id for found in after.subscribers if found.user_id == user.id)

    def remove_subscriber(self, case_id: int, email: str) -> None:
        """End somebody's subscription."""
        with self.lock:
            case, user = self._tenant.cases[case_id], self._tenant.user(email)
            for found in case.subscribers:
                if user is not None and found.user_id == user.id:
                    self._rules.amend(case, user, subscribers=without(case.subscribers, found))
                    return
            raise KeyError(email)

    def add_record(self, case_id: int, record_id: int, *, by: str | None = None) -> None:
        """Link a record to a case."""
        with self.lock:
            case = self._tenant.cases[case_id]
            linked = dict.fromkeys([*case.records, *record_ids(self._tenant, [record_id])])
            self._rules.amend(case, self._actor(by), records=tuple(linked))

    def remove_record(self, case_id: int, record_id: int, *, by: str | None = None) -> None:
        """Unlink a record from a case."""
        with self.lock:
            case = self._tenant.cases[case_id]
            if record_id not in case.records:
                raise KeyError(record_id)
            left = tuple(each for each in case.records if each != record_id)
            self._rules.amend(case, self._actor(by), records=left)

    # comments

    def add_comment(self, case_id: int, text: str, *, by: str | None = None) -> int:
        """Comment on a case, and give the id of the comment."""
        with self.lock:
            return post_comment(self._rules, self._tenant.cases[case_id], text, self._actor(by)).id

    # all of them

    def _drafts(self, case: StoredCase) -> Drafts:
        return Drafts(self._tenant, case.team_id)

    def _found(self, kind: str, item_id: int) -> tuple[StoredCase, Any]:
        for case in self._tenant.cases.values():
            for item in getattr(case, kind):
                if item.id == item_id:
                    return case, item
        raise KeyError(item_id)

    def _remove(self, kind: str, item_id: int, by: str | None) -> None:
        with self.lock:
            case, gone = self._found(kind, item_id)
            left: Any = without(getattr(case, kind), gone)
            self._rules.amend(case, self._actor(by), **{kind: left})
