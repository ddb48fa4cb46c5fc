"""
A ThreatConnect instance in memory, as strict as the vendor's documentation and a careful guess make it.

    switches                          what nobody says, one switch each
    tenant · things · table           what the instance holds; furnishing: at the beginning
    rules · modes                     how it makes and changes cases
    making · changing                 how it makes and changes what is in them
    fields · field_tables             what bodies may say
    references · parents              what they refer to
    tql · tql_parameters · lists      how it reads queries and pages
    painter · shapes · answers        how it words answers
    auth                              whom it lets in
    people                            what people do in front of it
    cases · children · tags ·
    catalogue · options               its routes
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime
from http import HTTPStatus

from reconciler.providers.emulation import Call, Clock, Outcome, Refused, Reply, utc_now
from reconciler.providers.threatconnect.emulator.answers import error
from reconciler.providers.threatconnect.emulator.auth import Credentials, verify
from reconciler.providers.threatconnect.emulator.cases import CaseRoutes
from reconciler.providers.threatconnect.emulator.catalogue import CatalogueRoutes
from reconciler.providers.threatconnect.emulator.children import ChildRoutes
from reconciler.providers.threatconnect.emulator.furnishing import furnish
from reconciler.providers.threatconnect.emulator.options import OptionsRoutes
from reconciler.providers.threatconnect.emulator.people import PeopledEmulator
from reconciler.providers.threatconnect.emulator.references import References
from reconciler.providers.threatconnect.emulator.switches import SWITCH_SETTINGS, ThreatConnectSwitches
from reconciler.providers.threatconnect.emulator.tags import TagRoutes
from reconciler.providers.threatconnect.emulator.tenant import Tenant

__all__ = [
    "DEFAULT_ACCESS_ID",
    "DEFAULT_SECRET_KEY",
    "DEFAULT_TOKEN",
    "SWITCH_SETTINGS",
    "ThreatConnectEmulator",
    "ThreatConnectSwitches",
]

DEFAULT_TOKEN = "tc-demo-token"  # noqa: S105 (the emulator's own, known to everybody)
DEFAULT_ACCESS_ID = "demo-access"
DEFAULT_SECRET_KEY = "example-secret-key"  # noqa: S105 (as above)


class ThreatConnectEmulator(PeopledEmulator):
    """
    One instance behind one API user, who may come with a token or with signatures.

    It begins with the organization "Demo Organization" (id 1) and the source "Threat Lab" (2); the users
    jane (2) and omar (4) @acme.example and the API user 11112222333344445555 (3); the user groups SOC Team (1)
    and Night Shift (2); the attribute types Phishing Open Rate (one a case), Description, Ticket and
    Kill Chain (Recon, Delivery or Exploit) for cases and Host Notes for hosts; the workflow templates
    Phishing triage (1), with a required task and another, and Malware triage (2); the ATT&CK tags Phishing and
    Process Injection: Extra Window Memory Injection; a rule by which phish-syn becomes Phishing Email; the
    groups 8001 and 8002; the indicators 9001 (an Address) and 9002 (a Host).

    `seed_case`, `edit`, `remove` and the `add_…`, `edit_…`, `link_…` methods play the people in front of it.
    """

    def __init__(
        self,
        *,
        token: str = DEFAULT_TOKEN,
        access_id: str = DEFAULT_ACCESS_ID,
        secret_key: str = DEFAULT_SECRET_KEY,
        switches: ThreatConnectSwitches | None = None,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        origin: str = "https://acme.threatconnect.com",
    ) -> None:
        self.token = token
        self.access_id = access_id
        self.secret_key = secret_key
        self.switches = switches or ThreatConnectSwitches()
        self._count = 0
        tenant = Tenant(clock=clock, switches=self.switches)
        furnish(tenant)
        routes = (CaseRoutes, ChildRoutes, TagRoutes, CatalogueRoutes, OptionsRoutes)
        parts = [part(tenant) for part in routes]
        super().__init__(tenant, parts=parts, clock=clock, sleep=sleep, origin=origin)

    def guard(self, call: Call) -> None:
        """Refuse whom the instance does not know, one request too many, and an owner that is not there."""
        verify(call, Credentials(self.token, self.access_id, self.secret_key), self.clock())
        self._count += 1
        if self.switches.rate_limit is not None and self._count % self.switches.rate_limit == 0:
            headers = (("retry-after", str(self.switches.retry_after_seconds)),)
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests.", headers=headers)
        References(self._tenant).owner(dict(call.query).get("owner"))

    def refusal(self, refused: Refused, route: str) -> Reply:  # noqa: ARG002 (every route refuses alike)
        """Word a refusal."""
        return error(refused)

    def answer(self, call: Call) -> Outcome:
        """Answer a call; every answer says when, for clients whose clocks are wrong."""
        outcome = super().answer(call)
        if outcome.reply is None:
            return outcome
        date = format_datetime(self.clock().astimezone(UTC), usegmt=True)
        return replace(outcome, reply=replace(outcome.reply, headers=(*outcome.reply.headers, ("date", date))))
