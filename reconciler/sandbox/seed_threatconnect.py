"""
What the stand-in of ThreatConnect holds: a threat intelligence desk's queue, the same every time.

Forty cases: the investigations below, each told of several subjects, with the tags, attributes, artifacts, notes,
tasks, groups and indicators that such a queue really has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from reconciler.providers.threatconnect.emulator import (
    DEFAULT_ACCESS_ID,
    DEFAULT_SECRET_KEY,
    ThreatConnectEmulator,
)

_FIRST_DAY: Final = datetime(2026, 9, 2, 6, 45, tzinfo=UTC)

_ATTRIBUTE_TYPES: Final = (("Business Unit", 1), ("Confidence", 1), ("Report", None))
"""Type of attribute, and how many of it a case may have."""

_GROUPS: Final = (
    ("Adversary", "Brass Heron"),
    ("Adversary", "Тихий Лис"),
    ("Campaign", "Payroll Autumn"),
    ("Campaign", "Invoice Drift 2026"),
    ("Incident", "FS-LYON-02 encryption"),
    ("Intrusion Set", "Copper Tide"),
)
_INDICATORS: Final = (
    ("Host", "acme-payroll.example"),
    ("Host", "updates-cdn.example"),
    ("Address", "192.0.2.44"),
    ("Address", "198.51.100.7"),
    ("EmailAddress", "hr@acme-payroll.example"),
    ("URL", "https://acme-payroll.example/login"),
)
_RULES: Final = (("spear phish", "spearphishing"), ("cred-stuffing", "credential stuffing"))
"""Synonym → the tag that it becomes."""

_PEOPLE: Final = (
    {"type": "User", "data": {"userName": "jane@acme.example"}},
    {"type": "Group", "data": {"name": "SOC Team"}},
    {"type": "User", "data": {"userName": "omar@acme.example"}},
    {"type": "Group", "data": {"name": "Night Shift"}},
)
_UNITS: Final = ("Finance", "Research & Development", "Werk Düsseldorf", "大阪支社")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """A kind of investigation, told once for each subject."""

    name: str
    description: str
    severity: str
    tags: tuple[str, ...]
    subjects: tuple[str, ...]
    artifact: tuple[str, str]
    """Type and summary; `{number}` is that of the case."""
    note: str
    tasks: tuple[str, ...]
    groups: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    attributes: Mapping[str, str] | None = None


_STORIES: Final = (
    _Story(
        name="Phishing kit: {subject}",
        description="Kit found behind a look-alike domain. Builder, exfiltration address and victims to be named.",
        severity="High",
        tags=("phishing kit", "credential theft", "payroll"),
        subjects=("payroll portal", "Société Générale look-alike", "parcel tracking", "tax refund 令和8年"),
        artifact=("Host", "kit-{number}.example"),
        note="Kit downloaded before it went away; SHA-256 in the report. Drop mailbox is still **live**.",
        tasks=("Ask the registrar to suspend the domain", "Search mail logs for the sender"),
        groups=("Payroll Autumn", "Brass Heron"),
        indicators=("acme-payroll.example", "hr@acme-payroll.example"),
        attributes={"Kill Chain": "Delivery"},
    ),
    _Story(
        name="Spearphishing wave against {subject}",
        description="Lures in the language of the target; the attachment asks for a sign-in.",
        severity="Medium",
        tags=("spearphishing", "T1566"),
        subjects=("the board", "Recruiting", "the Kraków plant", "the front desks"),
        artifact=("Email Subject", "RE: Änderung Ihrer Bankverbindung #{number}"),
        note="Three of nine recipients clicked, nobody signed in.",
        tasks=("Collect headers",),
        groups=("Invoice Drift 2026",),
        attributes={"Phishing Open Rate": "33"},
    ),
    _Story(
        name="Command and control: {subject}",
        description="Beacon of 61 s ± 3 s over HTTPS; the certificate was seen with Copper Tide before.",
        severity="Critical",
        tags=("c2", "malware", "containment"),
        subjects=("updates-cdn.example", "LAPTOP-3307", "KIOSK-09", "MEETING-ROOM-Ä2"),
        artifact=("IP Address", "203.0.113.{number}"),
        note="Sinkholed. Do not visit the domain from the office network.",
        tasks=("Isolate the host", "Take a memory image", "Hand over to forensics"),
        groups=("Copper Tide",),
        indicators=("updates-cdn.example", "192.0.2.44"),
        attributes={"Kill Chain": "Exploit"},
    ),
    _Story(
        name="Ransomware precursor on {subject}",
        description="Backup deletion stopped by EDR. Same tooling as in Lyon.",
        severity="Critical",
        tags=("ransomware", "precursor"),
        subjects=("FS-LYON-02", "CAD-WS-14", "the label printer server"),
        artifact=("Command", "wevtutil cl Security & rem {number}"),
        note="> Memory first, then power.\n\n- [x] network isolated\n- [ ] memory captured",
        tasks=("Take a memory image", "Check the backups"),
        groups=("FS-LYON-02 encryption",),
        attributes={"Report": "IR-2026-031"},
    ),
    _Story(
        name="Leaked credentials: {subject}",
        description="From a stealer log on a market. Passwords are reset, tokens are revoked.",
        severity="Medium",
        tags=("credential theft", "stealer log"),
        subjects=("contractor mailbox", "VPN account", "CI service account", "loyalty app, 412 customers"),
        artifact=("Email Address", "user{number}@acme.example"),
        note="Source rated B2. The seller is new.",
        tasks=("Reset and tell the user",),
        attributes={"Confidence": "60"},
    ),
    _Story(
        name="Typosquat watch: {subject}",
        description="Registered yesterday, parked. Watched for a mail server.",
        severity="Low",
        tags=("typosquat", "watch"),
        subjects=(
            "acrne.example",
            "acme-login.example",
            "аcme.example (in Cyrillic)",  # noqa: RUF001 (that it looks like another letter is the point)
            "acme-jobs.example",
        ),
        artifact=("URL", "https://typo-{number}.example/"),
        note="No MX record so far.",
        tasks=(),
        indicators=("198.51.100.7",),
    ),
    _Story(
        name="Actor profile: {subject}",
        description="What is known, how sure we are, what would change our mind.",
        severity="Low",
        tags=("profile", "quarterly"),
        subjects=("Brass Heron", "Тихий Лис", "Copper Tide"),
        artifact=("Hashtag", "#profile{number}"),
        note="Two analysts have to agree before the confidence goes up.",
        tasks=("Review the sources", "Write the summary"),
        groups=("Тихий Лис",),
        attributes={"Confidence": "75"},
    ),
    _Story(
        name="Request for information: {subject}",
        description="Asked by the business; answered with sources and a level of confidence.",
        severity="Low",
        tags=("rfi",),
        subjects=("merger target", "supplier in São Paulo", "new payment provider", "trade fair in Hà Nội"),
        artifact=("Phone Number", "+49 30 5550{number}"),
        note="Answer due within five working days.",
        tasks=("Answer the request",),
    ),
    _Story(
        name="Vulnerability in the wild: {subject}",
        description="Exploited elsewhere; exposure with us is being measured.",
        severity="High",
        tags=("vulnerability", "exposure"),
        subjects=("edge VPN", "file transfer server", "PDF viewer", "hypervisor", "badge system 🔑"),
        artifact=("User Agent", "scan/{number}.0 (probe)"),
        note="Scans since Tuesday, no success so far.",
        tasks=("Measure the exposure", "Patch or shield"),
        attributes={"Kill Chain": "Recon"},
    ),
    _Story(
        name="Brand abuse: {subject}",
        description="Fake profile or shop with our name. Legal is informed.",
        severity="Low",
        tags=("brand", "takedown"),
        subjects=("fake shop", "fake recruiter", "fake support hotline", "fake app", "fake director video"),
        artifact=("URL", "https://brand-{number}.example/"),
        note="Reported to the platform; ticket number follows.",
        tasks=("Ask for the take-down",),
        attributes={"Ticket": "LEGAL-88"},
    ),
)


def seeded_threatconnect(
    *, access_id: str = DEFAULT_ACCESS_ID, secret_key: str = DEFAULT_SECRET_KEY
) -> ThreatConnectEmulator:
    """Return an instance with all of this in it, that lets in who signs with the key."""
    emulator = ThreatConnectEmulator(access_id=access_id, secret_key=secret_key)
    _seed(emulator)
    return emulator


def _seed(emulator: ThreatConnectEmulator) -> None:
    for name, most in _ATTRIBUTE_TYPES:
        emulator.add_attribute_type(name, max_allowed=most)
    for synonym, main in _RULES:
        emulator.add_rule(synonym, main)
    groups = {name: emulator.add_group(type_, name) for type_, name in _GROUPS}
    indicators = {summary: emulator.add_indicator(type_, summary) for type_, summary in _INDICATORS}
    for story, subject, number in _told():
        body = _case(story, subject, number)
        id = emulator.seed_case(**body)
        for name in story.groups:
            emulator.link_group(id, groups[name])
        for summary in story.indicators:
            emulator.link_indicator(id, indicators[summary])
        if subject != story.subjects[0]:
            emulator.link_case(id, id - 1)


def _told() -> Iterator[tuple[_Story, str, int]]:
    pairs = ((story, subject) for story in _STORIES for subject in story.subjects)
    return ((story, subject, number) for number, (story, subject) in enumerate(pairs, 1))


def _case(story: _Story, subject: str, number: int) -> dict[str, Any]:
    opened = _FIRST_DAY + timedelta(hours=31 * number, minutes=11 * number)
    is_closed = number % 5 == 0
    attributes = {"Business Unit": _UNITS[number % len(_UNITS)], **(story.attributes or {})}
    body: dict[str, Any] = {
        "name": story.name.format(subject=subject),
        "description": story.description,
        "status": "Closed" if is_closed else "Open",
        "severity": story.severity,
        "resolution": "Containment Achieved" if is_closed else "In Progress / Investigating",
        "xid": f"queue-2026-{number:04}",
        "caseOpenTime": _stamp(opened),
        "caseDetectionTime": _stamp(opened - timedelta(minutes=20)),
        "tags": [_tag(name) for name in story.tags],
        "attributes": [{"type": name, "value": value} for name, value in attributes.items()],
        "artifacts": [
            {"type": story.artifact[0], "summary": story.artifact[1].format(number=number), "source": "desk"}
        ],
        "notes": [{"text": story.note}],
        "tasks": [_task(name, place, number, is_closed=is_closed) for place, name in enumerate(story.tasks, 1)],
    }
    if number % 7:
        body["assignee"] = _PEOPLE[number % len(_PEOPLE)]
    if is_closed:
        body["caseCloseTime"] = _stamp(opened + timedelta(hours=9))
    return body


def _tag(name: str) -> dict[str, str]:
    return {"techniqueId" if name.startswith("T1") else "name": name}


def _task(name: str, place: int, number: int, *, is_closed: bool) -> dict[str, Any]:
    return {
        "name": name,
        "xid": f"queue-2026-{number:04}-t{place}",
        "status": "Closed" if is_closed else "Open",
        "workflowPhase": 1,
        "workflowStep": place,
    }


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
