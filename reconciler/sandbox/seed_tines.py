"""
What the stand-in of Tines holds: a security team's autumn, the same every time.

Three teams, a dozen people, and sixty cases: the incidents below, each told of several places, with the
timestamps, tags, metadata and assignees that such a queue really has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator

SOC, HUNTING, CLOUD = 2, 3, 4

_PEOPLE = (
    ("marta@acme.example", "Marta Kowalczyk", (SOC, CLOUD)),
    ("soeren@acme.example", "Søren Østergaard", (SOC,)),
    ("priya@acme.example", "Priya Raman", (SOC, HUNTING)),
    ("tomas@acme.example", "Tomáš Novák", (CLOUD,)),
    ("aiko@acme.example", "Aiko 田中", (SOC, CLOUD)),
    ("deshawn@acme.example", "DeShawn Carter", (HUNTING,)),
    ("noor@acme.example", "Noor El-Amin", (SOC, HUNTING, CLOUD)),
)

_TAGS = (
    (SOC, "phishing", "blue"),
    (SOC, "ransomware", "red"),
    (SOC, "vip", "gold"),
    (SOC, "false-positive", "grey"),
    (HUNTING, "lateral-movement", "magenta"),
    (CLOUD, "misconfiguration", "mint"),
)

_FIRST_DAY = datetime(2026, 9, 1, 7, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """A kind of incident, told once for each place."""

    name: str
    description: str
    priority: str
    tags: tuple[str, ...]
    places: tuple[str, ...]
    runbook: str
    team_id: int = SOC
    people: tuple[str, ...] = ("jane@acme.example", "omar@acme.example")


_STORIES = (
    _Story(
        name="Phishing: fake payroll portal sent to {place}",
        description=(
            "## What we know\n\nStaff of **{place}** were asked to *re-confirm their bank details*.\n\n"
            "| indicator | value |\n| --- | --- |\n| sender | `hr@acme-payroll.example` |\n"
            "| landing page | `https://acme-payroll.example/login` |\n\n"
            "- [x] sender blocked\n- [ ] mailboxes searched\n"
        ),
        priority="medium",
        tags=("phishing",),
        places=(
            "Finance",
            "Human Resources",
            "Werk Düsseldorf",
            "the Osaka office (大阪)",
            "the board",
            "Sales EMEA",
        ),
        runbook="RB-01",
    ),
    _Story(
        name="QR-code phishing posters in {place}",
        description="Photographed by a guard. The code leads to a consent page for an unknown OAuth app.",
        priority="low",
        tags=("phishing", "physical"),
        places=("the Lisbon lobby", "the Kraków canteen", "building 4", "the visitors' car park"),
        runbook="RB-01",
        people=("soeren@acme.example",),
    ),
    _Story(
        name="Ransomware note found on {place}",
        description=(
            "EDR stopped `wevtutil cl` and a burst of renames to `.l0cked`.\n\n"
            "```\nYOUR FILES ARE ENCRYPTED. 72 HOURS.\n```\n\n> Do **not** power the host off: memory first.\n"
        ),
        priority="critical",
        tags=("ransomware", "containment"),
        places=("FS-LYON-02", "LAPTOP-7719", "the label printer server", "CAD-WS-14"),
        runbook="RB-02",
        people=("marta@acme.example", "noor@acme.example"),
    ),
    _Story(
        name="Credential stuffing against {place}",
        description="Peak of 1,900 log-ins a minute from 412 addresses; 11 accounts succeeded and are locked.",
        priority="high",
        tags=("credential-stuffing", "identity"),
        places=("the customer portal", "the VPN", "the loyalty app", "webmail", "the partner API"),
        runbook="RB-03",
    ),
    _Story(
        name="Impossible travel: {place}",
        description="Two successful log-ins, 40 minutes and 6,000 km apart. The user has been called.",
        priority="medium",
        tags=("identity",),
        places=("Zürich → Lagos", "São Paulo → Hà Nội", "Austin → Reykjavík", "Paris → Perth", "Oslo → Lima"),
        runbook="RB-04",
        people=("aiko@acme.example",),
    ),
    _Story(
        name="Public storage bucket: {place}",
        description="Readable by anyone since the last deployment. Access log requested, owner informed.",
        priority="high",
        tags=("misconfiguration", "cloud"),
        places=(
            "acme-invoices-eu",
            "acme-ml-training",
            "acme-backup-2019",
            "acme-static-assets",
            "acme-legal-hold",
        ),
        runbook="RB-05",
        team_id=CLOUD,
        people=("tomas@acme.example",),
    ),
    _Story(
        name="Access key in a public repository: {place}",
        description="Found by the secret scanner 6 minutes after the push; key revoked, usage under review.",
        priority="critical",
        tags=("secrets", "cloud"),
        places=("terraform-examples", "a contractor's dotfiles", "the docs site", "an intern's notebook"),
        runbook="RB-06",
        team_id=CLOUD,
        people=("tomas@acme.example", "marta@acme.example"),
    ),
    _Story(
        name="Security group open to the world: {place}",
        description="Port 22 from 0.0.0.0/0. Usually somebody debugging, and then lunch.",
        priority="low",
        tags=("misconfiguration",),
        places=("staging-bastion", "legacy-erp", "gpu-sandbox", "vpn-test"),
        runbook="RB-05",
        team_id=CLOUD,
        people=(),
    ),
    _Story(
        name="Unusual download volume: {place}",
        description="Handled under *need to know*. Contact the insider-risk desk before adding anybody.",
        priority="high",
        tags=("insider", "vip"),
        places=("leaver in Research", "departing account manager", "contractor, Tooling", "night-shift admin"),
        runbook="RB-07",
        people=("noor@acme.example",),
    ),
    _Story(
        name="Malware beacon from {place}",
        description="HTTPS to a domain registered yesterday, every 61 s ± 3 s. Host isolated.",
        priority="high",
        tags=("malware", "containment"),
        places=("LAPTOP-3307", "KIOSK-09", "MEETING-ROOM-Ä2", "LAPTOP-5150", "HMI-PRESS-1"),
        runbook="RB-08",
        people=("jane@acme.example", "priya@acme.example"),
    ),
    _Story(
        name="Hunt: {place}",
        description="Hypothesis, query, result. Close as *Done* with a note even when nothing is found.",
        priority="info",
        tags=("hunt", "lateral-movement"),
        places=("renamed PsExec", "Kerberoasting", "WMI persistence", "rogue inbox rules", "DNS tunnelling"),
        runbook="RB-09",
        team_id=HUNTING,
        people=("deshawn@acme.example", "lin@acme.example"),
    ),
    _Story(
        name="Lost device: {place}",
        description="Encrypted, remote wipe sent, police report pending.",
        priority="low",
        tags=("lost-device",),
        places=("phone, taxi in Athens", "laptop, train to Malmö", "token, airport security", "badge, gym 🏋️"),
        runbook="RB-10",
        people=("omar@acme.example",),
    ),
    _Story(
        name="Vendor breach notice: {place}",
        description="We are a customer. Legal has the contract, we have the list of shared data.",
        priority="medium",
        tags=("third-party",),
        places=("survey tool", "payroll processor", "translation agency", "badge printer cloud", "CRM add-on"),
        runbook="RB-11",
        people=("priya@acme.example",),
    ),
)


def seeded_tines(*, token: str = DEFAULT_TOKEN) -> TinesEmulator:
    """Return a tenant with all of this in it, that lets in who has the token."""
    emulator = TinesEmulator(token=token)
    _seed(emulator)
    return emulator


def _seed(emulator: TinesEmulator) -> None:
    emulator.add_team("Cloud Security", team_id=CLOUD)
    for email, name, teams in _PEOPLE:
        emulator.add_user(email, name, teams=teams)
    for team_id in (SOC, HUNTING, CLOUD):
        emulator.add_sub_status(team_id, "Waiting for user", "OPEN")
        emulator.add_sub_status(team_id, "Risk accepted", "CLOSED")
    for team_id, name, color in _TAGS:
        emulator.add_tag(team_id, name, color)
    for attributes in _cases():
        emulator.seed_case(**attributes)


def _cases() -> Iterator[dict[str, Any]]:
    told = ((story, place) for story in _STORIES for place in story.places)
    for number, (story, place) in enumerate(told):
        yield _case(story, place, number)


def _case(story: _Story, place: str, number: int) -> dict[str, Any]:
    opened = _FIRST_DAY + timedelta(hours=29 * number, minutes=7 * number)
    closed = {"sub_status": "Done", "resolved_at": opened + timedelta(hours=5)} if number % 4 == 0 else {}
    return {
        "team_id": story.team_id,
        "name": story.name.format(place=place),
        "description": story.description.format(place=place),
        "priority": story.priority,
        "sub_status": ("To do", "In progress", "Waiting for user")[number % 3],
        "tags": story.tags,
        "assignees": story.people,
        "metadata": {"runbook": story.runbook, "incident": f"INC-{4200 + number}", "region": _region(number)},
        "opened_at": opened,
        "created_at": opened,
        "by": story.people[0] if story.people else None,
    } | closed


def _region(number: int) -> str:
    return ("emea", "apac", "amer")[number % 3]
