"""
A Tines tenant in memory, as strict as the vendor's documentation and live tenants are known to be.

    switches · settings                   what nobody says, one switch each
    tenant · things                       what the tenant holds; furnishing: at the beginning
    rules · sets · conditions · timeline  how it makes and changes cases
    drafts · block_drafts                 how it makes and changes what belongs to them
    params                                how it reads requests
    shapes · painter · pages · errors     how it words answers
    desk                                  what routes of one case have in common
    administrators · people · analysts    what people do in front of it
    cases · lists · filters · metadata ·
    fields · links · subscribers ·
    records · actions · tasks · notes ·
    blocks · activities · v1              the routes of cases
    inputs · sub_statuses · setup         the routes of what a team configures

Without routes are files, case templates, groups of cases, and records beside their links to cases.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from math import ceil

from reconciler.providers.emulation import Call, Clock, Refused, Reply, utc_now
from reconciler.providers.tines.emulator.actions import ActionRoutes
from reconciler.providers.tines.emulator.activities import ActivityRoutes
from reconciler.providers.tines.emulator.analysts import StaffedEmulator
from reconciler.providers.tines.emulator.blocks import BlockRoutes
from reconciler.providers.tines.emulator.cases import CaseRoutes
from reconciler.providers.tines.emulator.desk import Desk
from reconciler.providers.tines.emulator.errors import error
from reconciler.providers.tines.emulator.fields import FieldRoutes
from reconciler.providers.tines.emulator.furnishing import furnish
from reconciler.providers.tines.emulator.inputs import InputRoutes
from reconciler.providers.tines.emulator.links import LinkRoutes
from reconciler.providers.tines.emulator.lists import ListRoutes
from reconciler.providers.tines.emulator.metadata import MetadataRoutes
from reconciler.providers.tines.emulator.notes import NoteRoutes
from reconciler.providers.tines.emulator.records import RecordRoutes
from reconciler.providers.tines.emulator.rules import CaseRules
from reconciler.providers.tines.emulator.settings import SWITCH_SETTINGS
from reconciler.providers.tines.emulator.setup import SetupRoutes
from reconciler.providers.tines.emulator.sub_statuses import SubStatusRoutes
from reconciler.providers.tines.emulator.subscribers import SubscriberRoutes
from reconciler.providers.tines.emulator.switches import TinesSwitches
from reconciler.providers.tines.emulator.tasks import TaskRoutes
from reconciler.providers.tines.emulator.tenant import Tenant
from reconciler.providers.tines.emulator.v1 import V1Routes

__all__ = ["DEFAULT_TOKEN", "SWITCH_SETTINGS", "TinesEmulator", "TinesSwitches"]

DEFAULT_TOKEN = "tines-demo-token"  # noqa: S105 (the emulator's own, known to everybody)
_MINUTE = 60.0
_ROUTES = (
    ActionRoutes,
    ActivityRoutes,
    BlockRoutes,
    CaseRoutes,
    FieldRoutes,
    InputRoutes,
    LinkRoutes,
    MetadataRoutes,
    NoteRoutes,
    RecordRoutes,
    SetupRoutes,
    SubStatusRoutes,
    SubscriberRoutes,
    TaskRoutes,
)


class TinesEmulator(StaffedEmulator):
    """
    One tenant behind one API key.

    It begins with the teams SOC (id 2) and Threat Hunting (id 3); each has the sub-statuses To do (default)
    and In progress under OPEN, Done (default) and False positive under CLOSED, and the case inputs Operating
    system (Linux, macOS or Windows) and Affected hosts (multiple). SOC alone has Ticket (as ABC-123), Impact
    score (a number), Contained (a boolean) and Detected at (a timestamp). jane, omar and lin @acme.example are
    in SOC, lin and zoe @acme.example in Threat Hunting, the key's user in every team. The records 7001 and 7002
    are Alerts, 7003 is an Asset.

    `seed_case`, `edit`, `remove` and the `add_…`, `edit_…`, `remove_…` methods play the people in front of it:
    they are not recorded, not limited and stopped by no closure condition.
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
        tenant = Tenant(clock=clock, switches=self.switches, key_user=self.key_user)
        self._window = (clock(), 0, 0)
        furnish(tenant)
        desk = Desk(tenant, CaseRules(tenant))
        lists = ListRoutes(desk)
        parts = [lists, V1Routes(desk, lists), *(routes(desk) for routes in _ROUTES)]
        super().__init__(tenant, parts=parts, clock=clock, sleep=sleep, origin=origin)

    def guard(self, call: Call) -> None:
        """Refuse an endless URL, a tenant without Cases, a wrong token, one request too many, a removed route."""
        if len(call.target) > self.switches.url_limit:
            raise Refused(HTTPStatus.REQUEST_URI_TOO_LONG, "Request-URI Too Long")
        if not self.switches.cases_enabled and call.path.startswith(("/api/v1/cases", "/api/v2/cases")):
            raise Refused(HTTPStatus.UNAUTHORIZED, "tenant does not have access")
        if self.token not in _tokens(call):
            raise Refused(HTTPStatus.UNAUTHORIZED, "Invalid or missing API token")
        self._count(call)
        self._check_version(call)

    def _count(self, call: Call) -> None:
        (start, count, records), now = self._window, self.clock()
        if (now - start).total_seconds() >= _MINUTE:
            start, count, records = now, 0, 0
        to_records = "/records" in call.path
        self._window = (start, count + 1, records + to_records)
        if _over(count, self.switches.requests_per_minute) or (
            to_records and _over(records, self.switches.records_per_minute)
        ):
            wait = ceil(_MINUTE - (now - start).total_seconds())
            headers = (("retry-after", str(wait)),) if self.switches.retry_after_header else ()
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "Rate limit exceeded", headers=headers)

    def _check_version(self, call: Call) -> None:
        _, _, version, resource, *_ = [*call.path.split("/"), "", "", "", ""]
        if resource != "cases":
            return
        if version == "v1" and self.switches.v1_cases == "gone":
            raise Refused(HTTPStatus.GONE, "This version of the cases API has been removed")
        if {"v1": self.switches.v1_cases, "v2": self.switches.v2_cases}.get(version) == "missing":
            raise Refused(HTTPStatus.NOT_FOUND, f"No route matches {call.method} {call.path}")

    def refusal(self, refused: Refused, route: str) -> Reply:
        """Word a refusal in the shape of its route."""
        return error(refused, route, self.switches)


def _over(count: int, limit: int | None) -> bool:
    return limit is not None and count >= limit


def _tokens(call: Call) -> tuple[str, ...]:
    scheme, _, bearer = call.headers.get("authorization", "").partition(" ")
    return (bearer if scheme.lower() == "bearer" else "", call.headers.get("x-user-token", ""))
