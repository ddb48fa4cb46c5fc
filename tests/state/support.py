"""What the tests of the state share: a schema, records, states, and a store in a folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from reconciler.model.address import Address
from reconciler.model.case import Lifecycle, OnRemove
from reconciler.model.change import Action
from reconciler.model.fields import CaseInsensitive, Clearable, Field, Items, Map, Schema, Set, Timestamp
from reconciler.model.record import Record, State
from reconciler.model.values import Digest, Entry
from reconciler.state import Intent, LocalStore

NOTE = {
    "text": Field.of("text", ()),
    "due": Field.of("due", (Timestamp(),)),
    "secret": Field.of("secret", (Clearable(""),)),
    "unknown": Field.of("unknown", ()),
    "author": Field.of("author", ()),
    "labels": Field.of("labels", (Set(),)),
    "extra": Field.of("extra", (Map(),)),
}
SCHEMA = Schema(
    {
        "name": Field.of("name", ()),
        "priority": Field.of("priority", (CaseInsensitive(),)),
        "opened_at": Field.of("opened_at", (Timestamp(),)),
        "tags": Field.of("tags", (Set(),)),
        "metadata": Field.of("metadata", (Map(),)),
        "assignee": Field.of("assignee", ()),
        "groups": Field.of("groups", (Set(key=str.casefold),)),
        "notes": Field.of("notes", (Items(NOTE),)),
    }
)
SCHEMAS = {"tines": SCHEMA}
SECRET = Digest("sha256:" + "a" * 64)
ADVERSARY = Entry.of({"type": "Adversary", "name": "Extreme Bad Guy", "xid": SECRET, "associated_artifacts": [4]})


def record(name: str, number: int = 1, **recorded: object) -> Record:
    return Record(
        address=Address("soc", name),
        type="tines",
        id=str(number),
        url=f"https://acme.tines.com/cases/{number}",
        recorded=recorded or {"priority": "high", "tags": frozenset({"q4", "phishing"})},
    )


FULL = Record(
    address=Address("soc", "full"),
    type="tines",
    id="42",
    url="https://acme.tines.com/cases/42",
    recorded={
        "name": "Größe \ud800 \u2028 \r\n",
        "priority": "high",
        "tags": frozenset({"b", "a"}),
        "metadata": {"region": "emea", "unknown": "cases.other.id", "key": SECRET},
        "assignee": {"user": "jane@acme.example"},
        "groups": frozenset({"12", ADVERSARY}),
        "notes": {
            "first": {"text": "one\n\x1b[2J", "author": {"group": "SOC Team"}, "labels": frozenset({"b", "a"})},
            "secret": {"secret": "sha256:" + "0" * 64},
            "unknown": {"unknown": "cases.other.id", "secret": SECRET, "extra": {"secret": "sha256:" + "1" * 64}},
            "": {},
        },
    },
    handles={"tasks.triage": "991", "notes.first": "17"},
    depends_on=(Address("soc", "other"),),
    lifecycle=Lifecycle(OnRemove.CLOSE, prevent_delete=True, ignore_changes=("name",)),
    updated_at="2026-01-01T00:00:00Z",
)


def state(*records: Record, serial: int = 7, lineage: str = "lineage-1") -> State:
    return State(lineage, serial, {item.address: item for item in records})


def store_in(folder: Path) -> LocalStore:
    return LocalStore(folder / "state" / "acme.json", SCHEMAS, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))


def creation(number: int, name: str = "new") -> Intent:
    return Intent(
        number=number,
        address=Address("soc", name),
        action=Action.CREATE,
        method="POST",
        path="/api/v2/cases",
        marker=f"lineage-1/soc.{name}/7",
        record=record(name, 0),
    )
