"""
What happens in the demo, as data: who changed what in the systems, what is edited in the files, what that sends.

The twenty cases themselves stand in `workspace/`, as one would write them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from reconciler.providers.communifire.emulator import CommunifireEmulator
from reconciler.providers.threatconnect.emulator import ThreatConnectEmulator
from reconciler.providers.tines.emulator import TinesEmulator

CASES: Final = 20
"""Cases that `workspace/` declares: twelve in Tines, four in ThreatConnect, four in Communifire."""
FIRST_REQUESTS: Final = 21
"""One create each, and one request more to unassign the case that belongs to nobody."""
SHOWN: Final = ("community.staff-notice", "intel.payroll-actor", "intel.payroll-kit", "soc.dormant-admins")
"""Cases of the first plan that are shown; the others are alike."""


@dataclass(frozen=True, slots=True)
class CaseId:
    """Stands in a body where the id of a case stands."""

    case: str


Write = tuple[str, str, Any]
"""Method, path with the case's name where its id stands, body: a text where it goes as a JSON string."""


@dataclass(frozen=True, slots=True)
class Meddling:
    """What an analyst does to one case in the system, behind the back of the files."""

    instance: str
    case: str
    told: str
    act: Callable[[Any, int], None]
    """Does it, with the emulator and the id of the case."""
    drift: str
    """What `drift` must show of it."""
    untouched: tuple[str, str]
    """Attribute of the emulated case, and text in it that no file declares: it must survive every apply."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines of one case in a file, before and after, and the request they must cause."""

    file: str
    before: str
    after: str
    write: Write


def _lower(emulator: TinesEmulator, id: int) -> None:
    emulator.edit(id, by="omar@acme.example", priority="low", tags=["phishing", "payroll", "needs-legal"])


def _take_over(emulator: TinesEmulator, id: int) -> None:
    jane = "jane@acme.example"
    emulator.edit(id, by=jane, assignees=[jane], sub_status="In progress")


def _expose(emulator: TinesEmulator, id: int) -> None:
    metadata = {**emulator.case(id)["metadata"], "exposure": "closed", "ticket": "CLD-881"}
    emulator.edit(id, by="tomas@acme.example", metadata=metadata)


def _rewrite_notes(emulator: ThreatConnectEmulator, id: int) -> None:
    for note in emulator.case(id)["notes"]["data"]:
        emulator.remove_note(note["id"])
    emulator.add_note(id, "Hoster has answered, see my mail.")


def _mark_as_read(emulator: CommunifireEmulator, id: int) -> None:
    emulator.edit(id, IssuePriorityID=6, TagsCSV=f"{emulator.case(id)['TagsCSV']},read-out")


MEDDLING: Final = (
    Meddling(
        instance="soc",
        case="payroll-portal",
        told="Omar lowers the priority of payroll-portal and tags it needs-legal.",
        act=_lower,
        drift='~ priority: "high" → "low"',
        untouched=("tags", "needs-legal"),
    ),
    Meddling(
        instance="soc",
        case="vpn-stuffing",
        told="Jane takes over vpn-stuffing from Priya and files it under In progress.",
        act=_take_over,
        drift="+ jane@acme.example",
        untouched=("sub_status", "In progress"),
    ),
    Meddling(
        instance="soc",
        case="bucket-invoices",
        told="Tomáš writes another exposure into bucket-invoices, and a ticket number.",
        act=_expose,
        drift='~ metadata.exposure: "public" → "closed"',
        untouched=("metadata", "ticket"),
    ),
    Meddling(
        instance="intel",
        case="payroll-kit",
        told="Jane deletes our note on payroll-kit and writes one of her own.",
        act=_rewrite_notes,
        drift="- notes.first-look",
        untouched=("notes", "Hoster has answered"),
    ),
    Meddling(
        instance="community",
        case="staff-notice",
        told="Ana lowers the priority of staff-notice and tags it read-out.",
        act=_mark_as_read,
        drift='~ priority: "High" → "Normal"',
        untouched=("TagsCSV", "read-out"),
    ),
)

REPAIRS: Final[tuple[Write, ...]] = (
    ("PUT", "/api/v2/cases/payroll-portal", {"priority": "high"}),
    (
        "PUT",
        "/api/v2/cases/vpn-stuffing",
        {
            "add_assignee_emails": ["priya@acme.example"],
            "remove_assignee_emails": ["jane@acme.example"],
        },
    ),
    ("PUT", "/api/v2/cases/bucket-invoices/metadata", {"metadata": {"exposure": "public"}}),
    (
        "POST",
        "/api/v3/notes",
        {"caseId": CaseId("payroll-kit"), "text": "Kit downloaded; the drop mailbox is still live."},
    ),
    ("PUT", "/api/cases/staff-notice", '{"IssuePriorityID":5}'),
)
"""What undoes the meddling, and no more than that."""

_BETWEEN: Final = """\
    description: <p>All that came from the addresses of case ${cases.payroll-portal.id}.</p>
    project: Incidents
    category: Identity
    milestone: Autumn
"""
"""The lines of that case between the two that change at once."""

EDITS: Final = (
    Edit(
        file="cases/phishing.yaml",
        before="tags: [phishing, physical]",
        after="tags: [phishing, physical, cctv]",
        write=("PUT", "/api/v2/cases/qr-posters", {"add_tag_names": ["cctv"]}),
    ),
    Edit(
        file="cases/identity.yaml",
        before="priority: medium",
        after="priority: critical",
        write=("PUT", "/api/v2/cases/impossible-travel", {"priority": "critical"}),
    ),
    Edit(
        file="cases/hunting/autumn.yaml",
        before="tags: [hunt]\n    metadata: {runbook: RB-09}",
        after="tags: [hunt]\n    metadata: {runbook: RB-09, result: confirmed}",
        write=("POST", "/api/v2/cases/hunt-inbox-rules/metadata", {"metadata": {"result": "confirmed"}}),
    ),
    Edit(
        file="cases/intel.yaml",
        before="tags: [phishing kit, payroll]",
        after="tags: [phishing kit, payroll, q4]",
        write=(
            "PUT",
            "/api/v3/cases/payroll-kit",
            {"tags": {"data": [{"name": "q4"}], "mode": "append"}},
        ),
    ),
    Edit(
        file="cases/community.yaml",
        before=f"title: Log-ins after the payroll mail\n{_BETWEEN}    status: Open",
        after=f"title: Log-ins after the payroll mails & calls\n{_BETWEEN}    status: In Progress",
        write=(
            "PUT",
            "/api/cases/payroll-logins",
            '{"IssueTitle":"Log-ins after the payroll mails & calls","IssueStatusID":18}',
        ),
    ),
)
"""A tag, a priority, a metadata key; a tag in the second system; a title and a status at once in the third."""
