"""
The people in front of the emulated product: they look at its cases and change them without the API.

What they do is not recorded, not limited, and never late in a list. It follows the rules of the API, in the
words of the API's bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.providers.emulation import Emulator
from reconciler.providers.threatconnect.emulator.changing import Changing
from reconciler.providers.threatconnect.emulator.furnishing import JANE_ID
from reconciler.providers.threatconnect.emulator.making import Making
from reconciler.providers.threatconnect.emulator.painter import Painter
from reconciler.providers.threatconnect.emulator.references import joined
from reconciler.providers.threatconnect.emulator.rules import CaseRules
from reconciler.providers.threatconnect.emulator.tenant import ORGANIZATION_ID, Tenant
from reconciler.providers.threatconnect.emulator.things import AttributeType, Indicator, StoredCase

_SEED: Mapping[str, Any] = {
    "name": "A case",
    "status": "Open",
    "severity": "Low",
    "tags": ["seeded", "by-hand"],
    "attributes": [{"type": "Description", "value": "Written by a person"}],
    "artifacts": [{"type": "Host", "summary": "badguy.com"}],
    "notes": [{"text": "Seen by a person"}],
    "tasks": [{"name": "Call the user"}],
}
_EVERYTHING = (
    "tags",
    "attributes",
    "artifacts.associatedGroups",
    "artifacts.associatedIndicators",
    "artifacts.notes",
    "notes",
    "tasks.artifacts",
    "tasks.notes",
    "workflowEvents.notes",
    "associatedCases",
    "associatedGroups",
    "associatedIndicators",
    "userAccess",
    "userDetails",
    "workflowTemplate",
)


class PeopledEmulator(Emulator):
    """
    An emulator of an instance with people in front of it; jane@acme.example is the one who acts.

    Methods that take an id raise `KeyError` for an unknown one, and `Refused` for what the API would refuse.
    """

    def __init__(self, tenant: Tenant, **more: Any) -> None:
        super().__init__(**more)
        self._tenant = tenant
        self._rules = CaseRules(tenant, JANE_ID)
        self._making = Making(tenant, JANE_ID)
        self._changing = Changing(tenant, JANE_ID)

    # what is there now

    def case(self, case_id: int) -> dict[str, Any]:
        """
        Show a case with every collection it has, empty ones as `{"data": []}`, in the API's shapes.

        Left out is `related`, which other cases can change.
        """
        with self.lock:
            return self._painter().case(self._tenant.cases[case_id])

    def cases(self) -> list[dict[str, Any]]:
        """Show every case as `case` does, by id."""
        with self.lock:
            return [self.case(case_id) for case_id in sorted(case.id for case in self._tenant.cases)]

    def groups(self) -> list[dict[str, Any]]:
        """Show every group of the intelligence side."""
        with self.lock:
            return [self._painter().group(group) for group in self._tenant.groups]

    def indicators(self) -> list[dict[str, Any]]:
        """Show every indicator."""
        with self.lock:
            return [self._painter().indicator(indicator) for indicator in self._tenant.indicators]

    def tags(self) -> list[dict[str, Any]]:
        """Show every tag of the instance, used or not."""
        with self.lock:
            return [self._painter().tag(tag) for tag in self._tenant.tags]

    def _painter(self) -> Painter:
        return Painter(self._tenant, _EVERYTHING, origin=self.origin, empty="data")

    # whole cases

    def seed_case(self, **attributes: Any) -> int:
        """
        Put a case there, and give its id.

        Attributes are those of the API's create; a collection may be given as a list, of tags as their names.
        What is not given is: a name, Open, Low, two tags, an attribute, an artifact, a note and a task.
        """
        with self.lock:
            asked = {**_SEED, **attributes}
            body = {name: _collection(name, value) for name, value in asked.items()}
            return self._rules.create(body, fresh=False).id

    def edit(self, case_id: int, **attributes: Any) -> None:
        """Change scalars of a case, and its assignee, in the words of the API's update."""
        with self.lock:
            self._rules.change(self._tenant.cases[case_id], attributes)

    def remove(self, case_id: int) -> None:
        """Delete a case with its children."""
        with self.lock:
            self._tenant.remove_case(case_id)

    # what a case is linked to

    def add_tag(self, case_id: int, name: str) -> None:
        """Put a tag on a case."""
        with self.lock:
            self._link(case_id, "tags", lambda ids: joined(ids, self._making.references.tag({"name": name}).id))

    def remove_tag(self, case_id: int, name: str) -> None:
        """Take a tag off a case, named in any letter case; raises `KeyError` if it is not on it."""
        with self.lock:
            tag = self._tenant.tag_named(name)
            self._unlink(case_id, "tags", 0 if tag is None else tag.id)

    def link_case(self, case_id: int, other: int) -> None:
        """Associate two cases."""
        with self.lock:
            self._tenant.link_cases(case_id, other)

    def unlink_case(self, case_id: int, other: int) -> None:
        """Take the association of two cases away."""
        with self.lock:
            self._tenant.unlink_cases(case_id, other)

    def link_group(self, case_id: int, group_id: int) -> None:
        """Associate a case with a group."""
        with self.lock:
            self._link(case_id, "groups", lambda ids: joined(ids, self._tenant.groups[group_id].id))

    def unlink_group(self, case_id: int, group_id: int) -> None:
        """Take the association with a group away; raises `KeyError` if there is none."""
        with self.lock:
            self._unlink(case_id, "groups", group_id)

    def link_indicator(self, case_id: int, indicator_id: int) -> None:
        """Associate a case with an indicator."""
        with self.lock:
            self._link(case_id, "indicators", lambda ids: joined(ids, self._tenant.indicators[indicator_id].id))

    def unlink_indicator(self, case_id: int, indicator_id: int) -> None:
        """Take the association with an indicator away; raises `KeyError` if there is none."""
        with self.lock:
            self._unlink(case_id, "indicators", indicator_id)

    def _unlink(self, case_id: int, shelf: str, linked: int) -> None:
        if linked not in getattr(self._tenant.cases[case_id], shelf):
            raise KeyError(linked)
        self._link(case_id, shelf, lambda ids: tuple(found for found in ids if found != linked))

    def _link(self, case_id: int, shelf: str, change: Callable[[Iterable[int]], tuple[int, ...]]) -> None:
        case: StoredCase = self._tenant.cases[case_id]
        changed: dict[str, Any] = {shelf: change(getattr(case, shelf)), "last_updated": self._tenant.now()}
        self._tenant.put_case(replace(case, **changed))

    # what a case has for its own

    def add_attribute(self, case_id: int, type: str, value: str, source: str | None = None) -> int:
        """Add an attribute to a case, and give its id."""
        body = {"type": type, "value": value} | ({} if source is None else {"source": source})
        with self.lock:
            return self._making.attribute(body, self._tenant.cases[case_id].id).id

    def edit_attribute(self, attribute_id: int, value: str) -> None:
        """Change the value of an attribute."""
        with self.lock:
            self._making.change_attribute(self._tenant.attributes[attribute_id], {"value": value})

    def remove_attribute(self, attribute_id: int) -> None:
        """Delete an attribute."""
        with self.lock:
            self._tenant.attributes.remove(attribute_id)

    def add_note(self, case_id: int, text: str) -> int:
        """Add a note to a case, and give its id."""
        with self.lock:
            return self._making.note({"text": text}, self._tenant.cases[case_id].id).id

    def edit_note(self, note_id: int, text: str) -> None:
        """Change the text of a note."""
        with self.lock:
            self._changing.note(self._tenant.notes[note_id], {"text": text})

    def remove_note(self, note_id: int) -> None:
        """Delete a note."""
        with self.lock:
            self._tenant.notes.remove(note_id)

    def add_task(self, case_id: int, name: str, **more: Any) -> int:
        """Add a task to a case, in the words of the API's create, and give its id."""
        with self.lock, self._tenant.all_or_nothing():
            return self._making.task({"name": name, **more}, self._tenant.cases[case_id].id).id

    def edit_task(self, task_id: int, **attributes: Any) -> None:
        """Change a task, in the words of the API's update."""
        with self.lock, self._tenant.all_or_nothing():
            self._changing.task(self._tenant.tasks[task_id], attributes)

    def remove_task(self, task_id: int) -> None:
        """Delete a task, with its notes and artifacts."""
        with self.lock, self._tenant.all_or_nothing():
            self._changing.remove_task(self._tenant.tasks[task_id])

    def add_artifact(self, case_id: int, type: str, summary: str, **more: Any) -> int:
        """Add an artifact to a case, in the words of the API's create, and give its id."""
        with self.lock, self._tenant.all_or_nothing():
            body = {"type": type, "summary": summary, **more}
            return self._making.artifact(body, self._tenant.cases[case_id].id).id

    def edit_artifact(self, artifact_id: int, **attributes: Any) -> None:
        """Change an artifact, in the words of the API's update."""
        with self.lock, self._tenant.all_or_nothing():
            self._changing.artifact(self._tenant.artifacts[artifact_id], attributes)

    def remove_artifact(self, artifact_id: int) -> None:
        """Delete an artifact, with its notes."""
        with self.lock, self._tenant.all_or_nothing():
            self._changing.remove_artifact(self._tenant.artifacts[artifact_id])

    # what belongs to no case

    def add_group(self, type: str, name: str, *, xid: str | None = None) -> int:
        """Add a group to the organization, and give its id."""
        body = {"type": type, "name": name} | ({} if xid is None else {"xid": xid})
        with self.lock:
            return self._making.references.group(body).id

    def add_indicator(self, type: str, summary: str) -> int:
        """Add an indicator to the organization, and give its id."""
        with self.lock:
            number, now = self._tenant.indicators.next_id(), self._tenant.now()
            added = Indicator(id=number, type=type, summary=summary, owner_id=ORGANIZATION_ID, date_added=now)
            return self._tenant.put_indicator(added).id

    def add_rule(self, synonym: str, main: str) -> None:
        """Have tags called `synonym` become `main` from now on."""
        with self.lock:
            self._tenant.add_rule(synonym, main)

    def add_attribute_type(self, name: str, max_allowed: int | None = None, **more: Any) -> int:
        """Add a type of attribute, for cases unless `applies_to` says otherwise, and give its id."""
        with self.lock:
            number = self._tenant.attribute_types.next_id()
            added = AttributeType(id=number, name=name, max_allowed=max_allowed, **more)
            self._tenant.attribute_types.put(added)
            return number


def _collection(name: str, value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    items = [{"name": item} if isinstance(item, str) and name == "tags" else item for item in value]
    return {"data": items}
