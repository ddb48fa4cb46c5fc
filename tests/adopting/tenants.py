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


def tines(count: int = 0) -> Tenant:
    """A tenant of Tines with so many mixed cases."""
    tenant = Tenant(TinesEmulator(), {"type": "tines", "token": "${env.KEY}", "team_id": "2"}, {})
    _fill(tenant, _tines_cases(count))
    return Tenant(tenant.emulator, tenant.settings, {"KEY": tenant.emulator.token})


def threatconnect(count: int = 0) -> Tenant:
    """An instance of ThreatConnect with so many mixed cases."""
    tenant = Tenant(ThreatConnectEmulator(), {"type": "threatconnect", "token": "${env.KEY}"}, {})
    _fill(tenant, _threatconnect_cases(count))
    return Tenant(tenant.emulator, tenant.settings, {"KEY": tenant.emulator.token})


def communifire(count: int = 0) -> Tenant:
    """A site of Communifire with so many mixed cases."""
    settings = {"type": "communifire", "api_key": "${env.KEY}", "space": "SOC", "requests_per_minute": "600000"}
    tenant = Tenant(CommunifireEmulator(), settings, {})
    _fill(tenant, _communifire_cases(count))
    return Tenant(tenant.emulator, tenant.settings, {"KEY": tenant.emulator.api_key})


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
