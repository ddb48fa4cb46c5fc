"""
What happens in the demo, as data: who changed what in the system, what is edited in the files, what that sends.

The twelve cases themselves stand in `workspace/`, as one would write them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

CASES: Final = 12
"""Cases that `workspace/` declares."""
FIRST_REQUESTS: Final = 13
"""One create each, and one request more to unassign the case that belongs to nobody."""

Write = tuple[str, str, Any]
"""Method, path with the case's name where its id stands, body."""


@dataclass(frozen=True, slots=True)
class Meddling:
    """What an analyst does to one case in the system, behind the back of the files."""

    case: str
    told: str
    by: str
    edit: Mapping[str, Any]
    """Arguments of the emulator's `edit`; metadata are what is added to what is there."""
    drift: str
    """What `drift` must show of it."""
    untouched: tuple[str, str]
    """Attribute and value that no file declares: it must survive every apply."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One line of a file, before and after, and the request it must cause."""

    file: str
    before: str
    after: str
    write: Write


MEDDLING: Final = (
    Meddling(
        case="payroll-portal",
        told="Omar lowers the priority of payroll-portal and tags it needs-legal.",
        by="omar@acme.example",
        edit={"priority": "low", "tags": ["phishing", "payroll", "needs-legal"]},
        drift='~ priority: "high" → "low"',
        untouched=("tags", "needs-legal"),
    ),
    Meddling(
        case="vpn-stuffing",
        told="Jane takes over vpn-stuffing from Priya and files it under In progress.",
        by="jane@acme.example",
        edit={"assignees": ["jane@acme.example"], "sub_status": "In progress"},
        drift="+ jane@acme.example",
        untouched=("sub_status", "In progress"),
    ),
    Meddling(
        case="bucket-invoices",
        told="Tomáš writes another exposure into bucket-invoices, and a ticket number.",
        by="tomas@acme.example",
        edit={"metadata": {"exposure": "closed", "ticket": "CLD-881"}},
        drift='~ metadata.exposure: "public" → "closed"',
        untouched=("metadata", "ticket"),
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
)
"""What undoes the meddling, and no more than that."""

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
)
"""A tag, a priority and a metadata key."""
