"""
The people in front of the emulated product: they look at its cases and change them without the API.

What they do is not recorded, not limited, and stopped by no closure condition. It follows the rules of the API
beside that, in the words of the API's bodies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from reconciler.providers.tines.emulator.administrators import AdministeredEmulator
from reconciler.providers.tines.emulator.painter import Painter
from reconciler.providers.tines.emulator.rules import CaseRules
from reconciler.providers.tines.emulator.tenant import Tenant
from reconciler.providers.tines.emulator.things import User


class PeopledEmulator(AdministeredEmulator):
    """
    An emulator of a tenant with people who look at cases and change them.

    `by` is the email of who acts, the key's user unless given. Methods that take an id raise `KeyError` for an
    unknown one, and `Refused` for what the API would refuse.
    """

    def __init__(self, tenant: Tenant, **more: Any) -> None:
        super().__init__(tenant, **more)
        self._rules = CaseRules(tenant)

    # what is there now

    def case(self, case_id: int) -> dict[str, Any]:
        """
        Show a case as the API's get does, and what that leaves out, as its own lists do.

        That is `subscribers`, `tasks`, `notes`, `blocks`, `comments`, and every one of its `records`.
        """
        with self.lock:
            return Painter(self._tenant, self.origin).everything(self._tenant.cases[case_id])

    def cases(self) -> list[dict[str, Any]]:
        """Show every case as `case` does, by id."""
        with self.lock:
            return [self.case(case_id) for case_id in sorted(self._tenant.cases)]

    def activities(self, case_id: int) -> list[dict[str, Any]]:
        """Show a case's whole timeline, oldest first."""
        with self.lock:
            paint = Painter(self._tenant, self.origin).activity
            return [paint(entry) for entry in self._tenant.activities(case_id)]

    # whole cases

    def seed_case(
        self,
        *,
        assignees: Sequence[str] = (),
        tags: Sequence[str] = (),
        created_at: datetime | None = None,
        by: str | None = None,
        **attributes: Any,
    ) -> int:
        """
        Put a case there, and give its id.

        Attributes are those of the API's create, and `sub_status` by name; the team is 2 and the name "A case"
        unless given. Without assignees nobody is assigned.
        """
        with self.lock:
            asked: dict[str, Any] = {
                "team_id": 2,
                "name": "A case",
                "tag_names": list(tags),
                "author_email": by,
            } | attributes
            asked["assignee_emails"] = list(assignees)
            draft = self._rules.new(self._in_api_words(asked, asked["team_id"]))
            draft = draft if assignees else replace(draft, assignees=())
            if created_at is not None:
                draft = replace(draft, created_at=created_at, updated_at=created_at)
            return self._rules.commit(None, draft, self._actor(by)).id

    def edit(
        self,
        case_id: int,
        *,
        by: str | None = None,
        tags: Collection[str] | None = None,
        assignees: Collection[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        **attributes: Any,
    ) -> None:
        """
        Change a case as a person would; tags, assignees and metadata are given whole.

        Attributes are those of the API's update, and `sub_status` by name.
        """
        with self.lock:
            case = self._tenant.cases[case_id]
            emails = [self._tenant.users[user_id].email for user_id in case.assignees]
            asked = self._in_api_words(attributes, attributes.get("team_id", case.team_id))
            asked |= {"author_email": by} | _deltas("tag_names", case.tags, tags)
            draft = self._rules.changed(case, asked | _deltas("assignee_emails", emails, assignees))
            if metadata is not None:
                draft = self._rules.touched(replace(draft, metadata=dict(metadata)))
            self._rules.commit(case, draft, self._actor(by))
            if draft.metadata != case.metadata:
                self._tenant.log(case_id, self._actor(by).id, "METADATA_UPDATED", ", ".join(draft.metadata))

    def remove(self, case_id: int) -> None:
        """Delete a case."""
        with self.lock:
            self._tenant.remove(case_id)

    def _actor(self, email: str | None) -> User:
        return (self._tenant.user(email) if email else None) or self._tenant.key_user

    def _in_api_words(self, attributes: Mapping[str, Any], team_id: int) -> dict[str, Any]:
        asked = {
            key: value.isoformat() if isinstance(value, datetime) else value
            for key, value in attributes.items()
            if key != "sub_status"
        }
        if "sub_status" in attributes:
            asked["sub_status_id"] = self.sub_status_id(team_id, attributes["sub_status"])
        return asked


def _deltas(name: str, now: Collection[str], wanted: Collection[str] | None) -> dict[str, list[str]]:
    if wanted is None:
        return {}
    return {
        f"add_{name}": [item for item in wanted if item not in now],
        f"remove_{name}": [item for item in now if item not in wanted],
    }
