"""The systems that a story can be told about: the tenant, the settings, and what a step says of them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from reconciler.providers.communifire.emulator import (
    DEFAULT_KEY,
    CommunifireEmulator,
    CommunifireSwitches,
)
from reconciler.providers.emulation import Emulator, Fault, FaultKind, Match, utc_now
from reconciler.providers.threatconnect.emulator import (
    DEFAULT_ACCESS_ID,
    DEFAULT_SECRET_KEY,
    ThreatConnectEmulator,
    ThreatConnectSwitches,
)
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator, TinesSwitches


class System(ABC):
    """One system as the stories speak of it."""

    tenant: Emulator
    settings: ClassVar[Mapping[str, Any]]
    """Of the provider instance, but for its url."""
    env: ClassVar[Mapping[str, str]]
    """What the settings refer to."""
    secret: ClassVar[str]
    """What must never be said."""

    def __init__(self) -> None:
        """Make the system; a subclass takes what nobody knows about it, by the names of its switches."""
        self.minutes_off = 0.0

    def now(self) -> datetime:
        """Tell the time as the tenant has it."""
        return utc_now() + timedelta(minutes=self.minutes_off)

    @abstractmethod
    def edit(self, case: int, attributes: Mapping[str, Any]) -> None:
        """Do what people do who edit a case."""

    @abstractmethod
    def seen(self, case: int) -> Mapping[str, Any]:
        """Return what the tenant shows of a case, in the words of a story."""

    def sent(self) -> list[tuple[str, str, Any]]:
        """Return the requests that wrote, as a story can know them beforehand."""
        return self.tenant.writes


class TinesSystem(System):
    settings: ClassVar[Mapping[str, Any]] = {"type": "tines", "token": "${env.TOKEN}", "team_id": 2}
    env: ClassVar[Mapping[str, str]] = {"TOKEN": DEFAULT_TOKEN}
    secret = DEFAULT_TOKEN

    def __init__(self, **switches: Any) -> None:
        super().__init__()
        self.tenant: TinesEmulator = TinesEmulator(clock=self.now, switches=TinesSwitches(**switches))

    def edit(self, case: int, attributes: Mapping[str, Any]) -> None:
        if "metadata" in attributes:  # others know nothing of our marker, and leave it alone
            attributes = {**attributes, "metadata": {**self._marker(case), **attributes["metadata"]}}
        self.tenant.edit(case, **attributes)

    def seen(self, case: int) -> Mapping[str, Any]:
        shown = self.tenant.case(case)
        return {
            **shown,
            "tags": sorted(tag["name"] for tag in shown["tags"]),
            "assignees": sorted(user["email"] for user in shown["assignees"]),
            "metadata": {key: value for key, value in shown["metadata"].items() if key != "reconciler"},
            **{name: _brief(words, shown[name]) for name, words in _BRIEF_OF_TINES.items()},
        }

    def _marker(self, case: int) -> dict[str, str]:
        metadata = self.tenant.case(case)["metadata"]
        return {key: value for key, value in metadata.items() if key == "reconciler"}


class ThreatConnectSystem(System):
    settings: ClassVar[Mapping[str, Any]] = {
        "type": "threatconnect",
        "access_id": "${env.TC_ACCESS_ID}",
        "secret_key": "${env.TC_SECRET_KEY}",
    }
    env: ClassVar[Mapping[str, str]] = {
        "TC_ACCESS_ID": DEFAULT_ACCESS_ID,
        "TC_SECRET_KEY": DEFAULT_SECRET_KEY,
    }
    secret = DEFAULT_SECRET_KEY

    def __init__(self, **switches: Any) -> None:
        super().__init__()
        self.tenant: ThreatConnectEmulator = ThreatConnectEmulator(
            clock=self.now, switches=ThreatConnectSwitches(**switches)
        )

    def edit(self, case: int, attributes: Mapping[str, Any]) -> None:
        self.tenant.edit(case, **attributes)

    def seen(self, case: int) -> Mapping[str, Any]:
        shown = self.tenant.case(case)
        return {**shown, **{name: _brief(words, shown[name]["data"]) for name, words in _BRIEF.items()}}

    def rename_group(self, group_id: int, name: str) -> None:
        """Do what people do who rename a group of the intelligence side."""
        with self.tenant.lock:
            groups = self.tenant._tenant.groups
            groups.put(replace(groups[group_id], name=name))

    def sent(self) -> list[tuple[str, str, Any]]:
        return [(method, path, _without_hashes(body)) for method, path, body in self.tenant.writes]


class CommunifireSystem(System):
    settings: ClassVar[Mapping[str, Any]] = {
        "type": "communifire",
        "api_key": "${env.COMMUNIFIRE_API_KEY}",
        "requests_per_minute": 60000,
        "space": "SOC",
    }
    env: ClassVar[Mapping[str, str]] = {"COMMUNIFIRE_API_KEY": DEFAULT_KEY}
    secret = DEFAULT_KEY

    def __init__(self, denied: Iterable[str] = (), **switches: Any) -> None:
        super().__init__()
        self.tenant: CommunifireEmulator = CommunifireEmulator(
            clock=self.now, switches=CommunifireSwitches(denied=frozenset(denied), **switches)
        )

    def edit(self, case: int, attributes: Mapping[str, Any]) -> None:
        if "TagsCSV" in attributes:  # others leave a tag alone of which they know nothing
            kept = _MARKER_TAG.findall(self.tenant.case(case)["TagsCSV"])
            attributes = {**attributes, "TagsCSV": ",".join([*filter(None, [attributes["TagsCSV"]]), *kept])}
        self.tenant.edit(case, **attributes)

    def seen(self, case: int) -> Mapping[str, Any]:
        shown = self.tenant.case(case)
        return {**shown, "TagsCSV": _MARKER_TAG.sub("rc-…", shown["TagsCSV"])}

    def sign_out(self, method: str, path: str) -> None:
        """Have the next such request answered by the page that asks for a password."""
        self.tenant.faults.add(Fault(FaultKind.HTML, Match(method, path)))

    def sent(self) -> list[tuple[str, str, Any]]:
        return [(method, path, _without_hashes(body)) for method, path, body in self.tenant.writes]


_BRIEF_OF_TINES: Final[Mapping[str, str]] = {
    "fields": "{case_input[key]}: {value}",
    "linked_cases": "{case_id}",
    "subscribers": "{email}",
    "actions": "{label}",
    "tasks": "{description}: {completed}",
    "notes": "{title}: {content}",
    "closure_conditions": "{formula}",
}
_BRIEF: Final[Mapping[str, str]] = {
    "tags": "{name}",
    "notes": "{text}",
    "tasks": "{name}: {status}",
    "artifacts": "{type}: {summary}",
    "attributes": "{type}: {value}",
    "associatedCases": "{id}",
    "associatedGroups": "{type}: {name}",
    "associatedIndicators": "{type}: {summary}",
    "userAccess": "{userName}",
}
"""Collection of a case → what a story says of one element; all of them are sorted."""

_HASH: Final = re.compile(r"(?<=\.)[0-9a-f]{32}$")
"""The end of an external id of our making, which no story can know: it is made of the lineage."""

_MARKER_TAG: Final = re.compile(r"\brc-[0-9a-f]{16}\b")
"""A tag of our making, which no story can know either."""


def _brief(words: str, elements: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(words.format(**element) for element in elements)


def _without_hashes(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_hashes(item) for key, item in value.items()}
        case list():
            return [_without_hashes(item) for item in value]
        case str():
            return _MARKER_TAG.sub("rc-…", _HASH.sub("…", value))
        case _:
            return value


SYSTEMS: Final[Mapping[str, Callable[..., System]]] = {
    "tines": TinesSystem,
    "threatconnect": ThreatConnectSystem,
    "communifire": CommunifireSystem,
}
"""By type; each is made with the switches of its emulator."""
