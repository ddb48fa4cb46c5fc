"""
Which systems this machine can stand in for, and what one must know to talk to each: one entry a system.

The sandbox, the demo and the tests of the examples serve what is listed here; a new system is a new entry, and a
`seed_….py` beside this file.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.providers.emulation import Emulator
from reconciler.sandbox.seed_communifire import seeded_communifire
from reconciler.sandbox.seed_threatconnect import seeded_threatconnect
from reconciler.sandbox.seed_tines import seeded_tines
from reconciler.sandbox.server import LoopbackServer, serve


@dataclass(frozen=True, slots=True)
class StandIn:
    """What stands in for one system."""

    title: str
    """What its vendor calls it."""
    type: str
    """What `type:` in `reconciler.yaml` calls it."""
    make: Callable[..., Emulator]
    """Makes an emulator with a tenant in it; takes its credentials by the names of the settings."""
    instance: str
    """What our own workspaces call the instance that talks to it."""
    credentials: Mapping[str, str]
    """Setting → the environment variable that it is read from. The emulator has an attribute for each."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What else an instance must say."""


STAND_INS: Final = (
    StandIn(
        title="Tines",
        type="tines",
        make=seeded_tines,
        instance="soc",
        credentials={"token": "TINES_API_KEY"},
        settings={"team_id": "2"},
    ),
    StandIn(
        title="ThreatConnect",
        type="threatconnect",
        make=seeded_threatconnect,
        instance="intel",
        credentials={"access_id": "TC_ACCESS_ID", "secret_key": "TC_SECRET_KEY"},
    ),
    StandIn(
        title="Communifire",
        type="communifire",
        make=seeded_communifire,
        instance="community",
        credentials={"api_key": "COMMUNIFIRE_API_KEY"},
        settings={"space": "SOC"},
    ),
)
"""In the order of their ports."""

FIRST_PORT: Final = 8765
"""Where our own workspaces expect the first of them; the others follow."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A stand-in that is being served."""

    stand_in: StandIn
    emulator: Any
    """An `Emulator` with `case(id)` and `cases()`, whatever else its people can do."""
    server: LoopbackServer
    written_url: str
    """The address by which our own workspaces name it."""

    @property
    def url(self) -> str:
        """Return where it listens."""
        return self.server.url

    @property
    def environment(self) -> Mapping[str, str]:
        """Return its credentials, as environment variables."""
        names = self.stand_in.credentials
        return {variable: str(getattr(self.emulator, name)) for name, variable in names.items()}

    @property
    def settings(self) -> Mapping[str, str]:
        """Return what `reconciler.yaml` says of an instance that talks to it, key by key."""
        names = self.stand_in.credentials
        read = {name: f"${{env.{variable}}}" for name, variable in names.items()}
        return {"type": self.stand_in.type, "url": self.url, **read, **self.stand_in.settings}


@contextmanager
def standing(*, port: int = 0, private: bool = False) -> Iterator[tuple[Standing, ...]]:
    """
    Serve all of them: at `port` and those that follow, or at any free ones if it is 0.

    A private one takes fresh credentials, that nobody else knows. Raises `OSError` for a port that cannot be
    served, with the port in its `filename`.
    """
    with ExitStack() as running:
        yield tuple(
            _stand(running, stand_in, port and port + place, FIRST_PORT + place, private=private)
            for place, stand_in in enumerate(STAND_INS)
        )


def pointed_at(text: str, stand_ins: tuple[Standing, ...]) -> str:
    """Return settings of one of our own workspaces with the addresses of what is being served."""
    for each in stand_ins:
        text = text.replace(each.written_url, each.url)
    return text


def _stand(running: ExitStack, stand_in: StandIn, port: int, written: int, *, private: bool) -> Standing:
    names = stand_in.credentials if private else ()
    emulator = stand_in.make(**{name: f"demo-{secrets.token_hex(16)}" for name in names})
    try:
        server = serve(emulator, port=port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "there is no such port"
        raise OSError(getattr(error, "errno", None), reason, str(port)) from error
    running.enter_context(server)
    return Standing(stand_in, emulator, server, f"http://127.0.0.1:{written}")
