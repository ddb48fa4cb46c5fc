"""
A Tines tenant in memory, as strict as the vendor's documentation and live tenants are known to be.

    switches                             what nobody says, one switch each
    tenant                               what the tenant holds
    rules                                how it makes and changes cases
    params · shapes                      how it reads requests, how it words answers
    cases · lists · metadata · setup     its routes

Cases come with their scalars, tags, assignees and metadata. Every other sub-resource of a case has no route.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from math import ceil
from typing import Any

from reconciler.providers.emulation import Call, Clock, Emulator, Refused, Reply, utc_now
from reconciler.providers.tines.emulator.cases import CaseRoutes
from reconciler.providers.tines.emulator.lists import ListRoutes
from reconciler.providers.tines.emulator.metadata import MetadataRoutes
from reconciler.providers.tines.emulator.rules import CaseRules
from reconciler.providers.tines.emulator.setup import SetupRoutes
from reconciler.providers.tines.emulator.shapes import Painter, error
from reconciler.providers.tines.emulator.switches import SWITCH_SETTINGS, TinesSwitches
from reconciler.providers.tines.emulator.tenant import Tenant, User

__all__ = ["DEFAULT_TOKEN", "SWITCH_SETTINGS", "TinesEmulator", "TinesSwitches"]

DEFAULT_TOKEN = "tines-demo-token"  # noqa: S105 (the emulator's own, known to everybody)
_MINUTE = 60.0


class TinesEmulator(Emulator):
    """
    One tenant behind one API key.

    It begins with the teams SOC (id 2) and Threat Hunting (id 3); each has the sub-statuses To do (default)
    and In progress under OPEN, Done (default) and False positive under CLOSED. jane, omar and lin
    @acme.example are in SOC, lin and zoe @acme.example in Threat Hunting, the key's user in every team.

    `seed_case`, `edit`, `remove` and the `add_…` methods play the people in front of the product: they are
    not recorded, not limited and stopped by no closure condition.
    """

    key_user = "automation@acme.example"
    """The user behind the API key."""

    def __init__(
        self,
        *,
        token: str = DEFAULT_TOKEN,
        switches: TinesSwitches | None = None,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        origin: str = "https://acme.tines.com",
    ) -> None:
        self.token = token
        self.switches = switches or TinesSwitches()
        self._tenant = Tenant(clock=clock, switches=self.switches, key_user=self.key_user)
        self._rules = CaseRules(self._tenant)
        self._window = (clock(), 0)
        parts = (
            CaseRoutes(self._tenant, self._rules),
            ListRoutes(self._tenant),
            MetadataRoutes(self._tenant, self._rules),
            SetupRoutes(self._tenant),
        )
        super().__init__(parts=parts, clock=clock, sleep=sleep, origin=origin)
        self._furnish()

    def _furnish(self) -> None:
        for team_id, name in ((2, "SOC"), (3, "Threat Hunting")):
            self.add_team(name, team_id=team_id)
        for email, name, teams in (
            ("jane@acme.example", "Jane Doe", (2,)),
            ("omar@acme.example", "Omar Haddad", (2,)),
            ("lin@acme.example", "Lin Wei", (2, 3)),
            ("zoe@acme.example", "Zoe Martin", (3,)),
        ):
            self.add_user(email, name, teams=teams)

    # what stands before every route

    def guard(self, call: Call) -> None:
        """Refuse an endless URL, a tenant without Cases, a wrong token, one request too many, a v1 case route."""
        if len(call.target) > self.switches.url_limit:
            raise Refused(HTTPStatus.REQUEST_URI_TOO_LONG, "Request-URI Too Long")
        if not self.switches.cases_enabled and call.path.startswith("/api/v2/cases"):
            raise Refused(HTTPStatus.UNAUTHORIZED, "tenant does not have access")
        if self.token not in _tokens(call):
            raise Refused(HTTPStatus.UNAUTHORIZED, "Invalid or missing API token")
        self._count()
        if call.path == "/api/v1/cases" or call.path.startswith("/api/v1/cases/"):
            raise Refused(self.switches.v1_cases, "This version of the cases API has been removed")

    def _count(self) -> None:
        (start, count), now = self._window, self.clock()
        if (now - start).total_seconds() >= _MINUTE:
            start, count = now, 0
        self._window = (start, count + 1)
        limit = self.switches.requests_per_minute
        if limit is not None and count >= limit:
            wait = ceil(_MINUTE - (now - start).total_seconds())
            headers = (("retry-after", str(wait)),) if self.switches.retry_after_header else ()
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "Rate limit exceeded", headers=headers)

    def refusal(self, refused: Refused, route: str) -> Reply:
        """Word a refusal in the shape of its route."""
        return error(refused, route, self.switches)

    # what the tenant is made of

    def add_team(self, name: str, *, team_id: int) -> int:
        """Add a team with four sub-statuses, and give its id."""
        with self.lock:
            self._tenant.add_team(name, team_id)
            self._tenant.add_sub_status(team_id, "In progress", "OPEN")
            self._tenant.add_sub_status(team_id, "False positive", "CLOSED")
            return team_id

    def add_user(self, email: str, name: str, *, teams: Iterable[int], service_account: bool = False) -> int:
        """Add a user to some teams, and give the user's id."""
        with self.lock:
            return self._tenant.add_user(email, name, teams, service_account=service_account).id

    def add_sub_status(self, team_id: int, name: str, parent: str) -> int:
        """Add a sub-status under OPEN or CLOSED, and give its id."""
        with self.lock:
            return self._tenant.add_sub_status(team_id, name, parent).id

    def add_tag(self, team_id: int, name: str, color: str = "grey") -> int:
        """Add a tag to a team, and give its id."""
        with self.lock:
            return self._tenant.ensure_tag(team_id, name, color).id

    def sub_status_id(self, team_id: int, name: str) -> int:
        """Give the id of a team's sub-status; raises `LookupError` where it has none of that name."""
        for found in self._tenant.sub_statuses_of(team_id):
            if found.name == name:
                return found.id
        raise LookupError(f"team {team_id} has no sub-status {name!r}")

    # what its people do

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
        unless given. Without assignees nobody is assigned. Raises `Refused` for what the API would refuse.
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

        Attributes are those of the API's update, and `sub_status` by name. Raises `Refused` for what the API
        would refuse, `KeyError` for an unknown case.
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
        """Delete a case; raises `KeyError` for an unknown one."""
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

    # what is there now

    def case(self, case_id: int) -> dict[str, Any]:
        """Show a case as the API's get does; raises `KeyError` for an unknown one."""
        with self.lock:
            return Painter(self._tenant, self.origin).case(self._tenant.cases[case_id])

    def cases(self) -> list[dict[str, Any]]:
        """Show every case as the API's get does, by id."""
        with self.lock:
            return [self.case(case_id) for case_id in sorted(self._tenant.cases)]

    def activities(self, case_id: int) -> list[dict[str, Any]]:
        """Show a case's whole timeline, oldest first."""
        with self.lock:
            paint = Painter(self._tenant, self.origin).activity
            return [paint(entry) for entry in self._tenant.activities(case_id)]


def _tokens(call: Call) -> tuple[str, ...]:
    scheme, _, bearer = call.headers.get("authorization", "").partition(" ")
    return (bearer if scheme.lower() == "bearer" else "", call.headers.get("x-user-token", ""))


def _deltas(name: str, now: Collection[str], wanted: Collection[str] | None) -> dict[str, list[str]]:
    if wanted is None:
        return {}
    return {
        f"add_{name}": [item for item in wanted if item not in now],
        f"remove_{name}": [item for item in now if item not in wanted],
    }
