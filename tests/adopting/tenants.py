"""Tenants full of mixed cases: every status, empty fields, every script, hostile text, far too many tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.providers.communifire.emulator import CommunifireEmulator
from reconciler.providers.emulation import Refused
from reconciler.providers.threatconnect.emulator import ThreatConnectEmulator
from reconciler.providers.tines.emulator import TinesEmulator
from tests.hostile.strings import STRINGS

MANY_TAGS: Final = 2000
_SCRIPTS: Final = (
    "Überfall in Łódź",
    "大阪支社",
    "Тихий Лис",
    "عملية",
    "🔥 fire",
    "naïve café",
    "no",
    "0412",
    "1e3",
)
_TEXTS: Final = (*_SCRIPTS, *STRINGS)


@dataclass(frozen=True)
class Tenant:
    """A system full of cases, and what a workspace says to reach it."""

    emulator: Any
    settings: Mapping[str, str]
    env: Mapping[str, str]

    def seed(self, **case: Any) -> int:
        """Put a case there and give its id."""
        id: int = self.emulator.seed_case(**case)
        return id


_SETTINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "tines": {"type": "tines", "token": "${env.KEY}", "team_id": "2"},
    "threatconnect": {"type": "threatconnect", "token": "${env.KEY}"},
    "communifire": {
        "type": "communifire",
        "api_key": "${env.KEY}",
        "space": "SOC",
        "requests_per_minute": "600000",
    },
}


def filled(kind: str, emulator: Any, count: int) -> Tenant:
    """Put so many mixed cases into a system; tell how it is reached."""
    key = emulator.api_key if kind == "communifire" else emulator.token
    tenant = Tenant(emulator, _SETTINGS[kind], {"KEY": key})
    _fill(tenant, _CASES[kind](count))
    return tenant


def tines(count: int = 0) -> Tenant:
    """A tenant of Tines with so many mixed cases."""
    return filled("tines", TinesEmulator(), count)


def threatconnect(count: int = 0) -> Tenant:
    """An instance of ThreatConnect with so many mixed cases."""
    return filled("threatconnect", ThreatConnectEmulator(), count)


def communifire(count: int = 0) -> Tenant:
    """A site of Communifire with so many mixed cases."""
    return filled("communifire", CommunifireEmulator(), count)


MAKERS: Final = {"tines": tines, "threatconnect": threatconnect, "communifire": communifire}


def _fill(tenant: Tenant, cases: Iterator[Mapping[str, Any]]) -> None:
    """Put the cases there; a text that the system itself would refuse is not to be met in it."""
    for case in cases:
        try:
            tenant.seed(**case)
        except (Refused, UnicodeEncodeError):
            tenant.seed()


def _tines_cases(count: int) -> Iterator[Mapping[str, Any]]:
    for number in range(count):
        text = _TEXTS[number % len(_TEXTS)]
        case: dict[str, Any] = {
            "name": f"{text} {number}",
            "description": ("", text, f"# {text}\n\n- [x] done\n  - deeper\n", f"  {text}")[number % 4],
            "priority": ("critical", "high", "medium", "low", "info")[number % 5],
            "status": ("open", "closed")[number % 2],
            "team_id": 2 + number % 2,
            "tags": ([], ["phishing"], [text, "q4"])[number % 3],
            "metadata": ({}, {"region": text}, {text: "value", "runbook": "RB-17"})[number % 3],
        }
        if number == 0:
            case["tags"] = [f"tag {at}" for at in range(MANY_TAGS)]
        yield case


def _threatconnect_cases(count: int) -> Iterator[Mapping[str, Any]]:
    for number in range(count):
        text = _TEXTS[number % len(_TEXTS)][:200]
        yield {
            "name": f"{text} {number}",
            "description": ("", text, f"# {text}\n\n- [x] done\n")[number % 3],
            "status": ("Open", "Closed")[number % 2],
            "severity": ("Low", "Medium", "High", "Critical")[number % 4],
            "tags": ([], ["phishing"], [text[:100], "q4"], [f"tag {at}" for at in range(990)])[
                3 if number == 1 else number % 3
            ],
            "attributes": ([], [{"type": "Description", "value": text}], [{"type": "Ticket", "value": "T-1"}] * 2)[
                number % 3
            ],
            "notes": [],
            "tasks": [],
            "artifacts": [],
        }


def _communifire_cases(count: int) -> Iterator[Mapping[str, Any]]:
    for number in range(count):
        text = _TEXTS[number % len(_TEXTS)]
        case: dict[str, Any] = {
            "IssueTitle": f"{text} {number}",
            "IssueDescription": f"<p>{text}</p>",
            "IssueStatusID": (1, 2, 4)[number % 3],
            "IssuePriorityID": (5, 6)[number % 2],
            "ProjectSectionID": (0, 231)[number % 2],
            "MilestoneID": (0, 40)[number % 2],
            "TagsCSV": ("", "phishing", f"{text.replace(',', '')},q4")[number % 3],
            "RecipientUserIDCSV": ("", "17,20")[number % 2],
        }
        if number == 0:
            case["TagsCSV"] = ",".join(f"tag {at}" for at in range(MANY_TAGS))
        yield case


_CASES: Final = {"tines": _tines_cases, "threatconnect": _threatconnect_cases, "communifire": _communifire_cases}
