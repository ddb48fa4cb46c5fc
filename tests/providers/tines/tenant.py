"""An emulated Tines tenant behind the real client, and what it was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from reconciler.engine.http import Endpoint, HttpApi
from reconciler.engine.surroundings import Surroundings
from reconciler.providers.base import Wanted
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator, TinesSwitches
from reconciler.providers.tines.provider import Tines
from reconciler.providers.tines.schema import TinesSettings
from reconciler.providers.tines.wire import TinesLive

ORIGIN = "https://acme.tines.com"
Twist = Callable[[str, Any], Any]
"""Path and decoded answer of a GET → what the client gets instead."""


class Tenant:
    """An emulator, a provider and a client; `asked` are the requests in order."""

    def __init__(
        self, *, twist: Twist | None = None, api_version: str = "v2", team_id: int | None = 2, **switches: Any
    ) -> None:
        self.emulator = TinesEmulator(switches=TinesSwitches(**switches), origin=ORIGIN)
        settings = TinesSettings(
            type="tines",
            url=ORIGIN,
            token=SecretStr(DEFAULT_TOKEN),
            team_id=team_id,
            api_version=cast(Any, api_version),
        )
        self.provider = Tines(settings)
        self.asked: list[str] = []
        self._twist = twist
        self.api = HttpApi(
            Endpoint("soc", ORIGIN, self.provider.auth, 10**6, 4),
            around=Surroundings(sleep=lambda _: None),
            transport=httpx.MockTransport(self._handle),
        )

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.raw_path.decode())
        answer = self.emulator.handle(request)
        if self._twist is None or not answer.is_success:
            return answer
        return httpx.Response(answer.status_code, json=self._twist(request.url.path, answer.json()))

    def seed(self, count: int, **attributes: Any) -> list[int]:
        return [self.emulator.seed_case(name=f"Case {number}", **attributes) for number in range(count)]

    def read(self, ids: Iterable[int], *attributes: str) -> dict[int, TinesLive]:
        """Read some attributes of some cases."""
        wanted = Wanted({str(id): frozenset(attributes) for id in ids})
        found = list(self.provider.read(self.api, wanted))
        assert len(found) == len({live.id for live in found})
        return {int(live.id): cast(TinesLive, live) for live in found}

    @property
    def counted(self) -> Counter[str]:
        """How often each path was asked for, ids as stars."""
        paths = (urlsplit(each).path.split("/")[3:] for each in self.asked)
        return Counter("/".join("*" if part.isdecimal() else part for part in path) for path in paths)
