"""
A Communifire site in memory, as strict as what little is known of its API allows.

    switches                    what nobody says, one switch each
    tenant · things             what the site holds; furnishing: at the beginning
    bodies · params             what requests may say
    rules                       how it makes and changes cases, and for whom
    shapes · markup · answers   how it words answers
    people                      what people do in front of it
    cases · look_ups            its routes
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from reconciler.providers.communifire.emulator.answers import DENIED, NO_RESOURCE, doubled, refusal
from reconciler.providers.communifire.emulator.bodies import lenient
from reconciler.providers.communifire.emulator.cases import CaseRoutes, CommentRoutes, DeleteRoute
from reconciler.providers.communifire.emulator.furnishing import furnish
from reconciler.providers.communifire.emulator.look_ups import ProjectRoutes, SpaceRoutes, UserRoutes
from reconciler.providers.communifire.emulator.params import Params
from reconciler.providers.communifire.emulator.people import PeopledEmulator
from reconciler.providers.communifire.emulator.switches import CommunifireSwitches
from reconciler.providers.communifire.emulator.tenant import Tenant
from reconciler.providers.emulation import Call, Clock, Refused, Reply, utc_now

DEFAULT_KEY = "communifire-demo-key"


class CommunifireEmulator(PeopledEmulator):
    """
    One site behind one key, whose user is Automation (3, automation@acme.example).

    It begins with Ana Ruiz (17), Bo Chen (20) and Zoe Martin (21), whose user names are ana, bo and zoe
    @acme.example, and two spaces with no case in them:

        SOC (61)        statuses New (1, default), Open (2), Closed (4); priorities High (5), Normal (6, default)
                        Incidents (7, default; for 17, 20): category Mail (231), milestone Spring (40)
                        Requests (8; for 20): category Access (300)
        Red Team (62)   statuses Scoping (11, default), Running (12), Closed (14)
                        priorities Normal (15, default), Urgent (16)
                        Exercises (70, default; for 17, 21): category Mail (700), milestone Autumn (90)

    `seed_case`, `edit`, `remove` and the `add_…` methods play the people in front of it.
    """

    def __init__(
        self,
        *,
        api_key: str = DEFAULT_KEY,
        switches: CommunifireSwitches | None = None,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        origin: str = "https://community.acme.example",
    ) -> None:
        self.api_key = api_key
        self.switches = switches or CommunifireSwitches()
        tenant = Tenant(clock=clock, switches=self.switches)
        furnish(tenant)
        routes = [CaseRoutes, CommentRoutes, SpaceRoutes, ProjectRoutes, UserRoutes]
        routes += [DeleteRoute] if self.switches.delete else []
        parts = [part(tenant) for part in routes]
        super().__init__(tenant, parts=parts, clock=clock, sleep=sleep, origin=origin)

    def guard(self, call: Call) -> None:
        """Refuse a call without the key, in the header or in the query, and one request too many."""
        params = Params.of(call)
        keys = (call.headers.get("rest-api-key"), params.text("token"), params.text("Rest-Api-Key"))
        if next(filter(None, keys), None) != self.api_key:
            raise Refused(HTTPStatus.UNAUTHORIZED, DENIED)
        self._tenant.requests += 1
        limit = self.switches.rate_limit
        if limit is not None and self._tenant.requests % limit == 0:
            headers = (("retry-after", str(self.switches.retry_after_seconds)),)
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests.", headers=headers)

    def decode(self, content: bytes) -> Any:
        """Read a body leniently: the vendor's own example of a PUT has raw line breaks in its string."""
        return lenient(content)

    def refusal(self, refused: Refused, route: str) -> Reply:
        """Word a refusal; that of a PUT may come in a string, as its success does."""
        if not route and refused.status == HTTPStatus.NOT_FOUND:
            return refusal(Refused(refused.status, NO_RESOURCE))
        reply = refusal(refused)
        in_string = self.switches.double_wrapped and route.startswith("PUT") and refused.status == HTTPStatus.OK
        return doubled(reply) if in_string else reply
