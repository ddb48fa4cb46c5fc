"""This change → these requests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from reconciler.errors import ConfigError, Location
from reconciler.model.address import Address
from reconciler.model.case import Case, Lifecycle, Live, OnRemove
from reconciler.model.change import Action, Change
from reconciler.model.fields import Kind, Ownership
from reconciler.model.operation import Operation, Repeat
from reconciler.model.plan import Plan
from reconciler.model.record import Record, State
from reconciler.model.values import Entry, Marker, Path, Ref, Secret, to_json
from reconciler.planning import planner
from reconciler.planning.planner import HANDLES
from reconciler.providers.threatconnect import reading
from reconciler.providers.threatconnect.provider import ThreatConnect
from reconciler.providers.threatconnect.schema import SCHEMA, ThreatConnectSettings
from reconciler.providers.threatconnect.wire import COLLECTIONS, ITEMS, SCALARS

CASES = "/api/v3/cases"
CASE = f"{CASES}/42"
A, B = Address("soc", "a"), Address("soc", "b")
MARKER = Marker("L", "soc.a", 7)
URL = "https://acme.threatconnect.com"
SETTINGS = ThreatConnectSettings(type="threatconnect", url=URL, token=SecretStr("t0ken"))
FIRST_ID = {"attributes": 31, "notes": 51, "tasks": 61, "artifacts": 71}
"""Ids of the items of a case, in the order of their keys."""


class Nowhere:
    def at(self, path: Path = ()) -> Location:
        return Location("a.yaml", 3, 7)


# ------------------------------------------------------------------------------------ a change


@dataclass(frozen=True)
class World:
    """A case as it was applied, as it is declared now, and what else is so."""

    was: Mapping[str, Any] | None = None
    """Recorded, and live too; None for a new case."""
    now: Mapping[str, Any] | None = None
    """Declared; None where the block has left."""
    live: Mapping[str, Any] = field(default_factory=dict)
    """What the system shows beyond what was applied, in its own shapes."""
    shared: Sequence[str] = ()
    handles: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[Address, ...] = ()
    settings: ThreatConnectSettings = SETTINGS
    groups: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = Lifecycle()
    adopt: str | None = None

    @property
    def change(self) -> Change:
        """What is to be done about the case."""
        return self.plan.changes[0]

    @property
    def plan(self) -> Plan:
        records = {} if self.was is None or self.adopt else {A: self._record}
        cases = {} if self.now is None else {A: self._case}
        lives = {} if self.was is None else {A: self._live}
        state = State("L", 7, records)
        world = planner.World("acme", state, cases, records, lives, {"threatconnect": SCHEMA})
        operations = {"soc": ThreatConnect(self.settings).operations}
        return planner.finish(
            planner.draft(world),
            world,
            operations,
            {A: {HANDLES: {f"associated_groups.{key}": id for key, id in self.groups.items()}}},
            now="",
        )

    @property
    def _case(self) -> Case:
        return Case(
            A,
            "threatconnect",
            SCHEMA.normalize(self.now or {}),
            Nowhere(),
            ownership=dict.fromkeys(self.shared, Ownership.SHARED),
            depends_on=self.depends_on,
            adopt=self.adopt,
            lifecycle=self.lifecycle,
        )

    @property
    def _handles(self) -> dict[str, str]:
        items = {name: sorted(value) for name, value in (self.was or {}).items() if name in FIRST_ID}
        made = {
            f"{name}.{key}": str(FIRST_ID[name] + n) for name, keys in items.items() for n, key in enumerate(keys)
        }
        return {**made, **self.handles}

    @property
    def _record(self) -> Record:
        recorded = SCHEMA.normalize(self.was or {})
        return Record(A, "threatconnect", "42", "", recorded, self._handles, lifecycle=self.lifecycle)

    @property
    def _live(self) -> Live:
        shown = {"id": 42, **shown_as(SCHEMA.normalize(self.was or {}), self._handles), **self.live}
        names = {*(self.was or {}), *(self.now or {}), "status"}
        return reading.live(None, shown, names, SCHEMA.normalize, "")


def shown_as(attributes: Mapping[str, Any], handles: Mapping[str, str]) -> dict[str, Any]:
    """Return a case as the system shows one that has these attributes."""
    shown: dict[str, Any] = {}
    for name, value in attributes.items():
        if name in SCALARS:
            shown[SCALARS[name]] = value_as(name, value)
        elif name in ITEMS:
            shown[COLLECTIONS[name].key] = {
                "data": [
                    {"id": int(handles[f"{name}.{key}"]), **{ITEMS[name][f]: value_as(f, item[f]) for f in item}}
                    for key, item in value.items()
                ]
            }
        else:
            shown[COLLECTIONS[name].key] = {"data": [member_as(name, member, handles) for member in value]}
    return shown


def value_as(name: str, value: Any) -> Any:
    match name, value:
        case "assignee", {"user": login}:
            return {"type": "User", "data": {"id": 2, "userName": login}}
        case "assignee", {"group": group}:
            return {"type": "Group", "data": {"id": 1, "name": group}}
        case "workflow_template", str():
            return {"id": 1, "name": value}
        case _:
            return value


def member_as(name: str, member: Any, handles: Mapping[str, str]) -> dict[str, Any]:
    if isinstance(member, Entry):
        return {**member.fields, "id": int(handles[f"{name}.{member.key}"])}
    return {"tags": {"name": member}, "user_access": {"userName": member}}.get(name) or {"id": int(member)}


# ------------------------------------------------------------------------------------ a request


@dataclass(frozen=True)
class Sent:
    """One request in full."""

    method: str
    path: str
    body: Any = None
    fields: frozenset[str] = frozenset()
    """Paths that it makes true, dotted."""
    query: Sequence[tuple[str, str]] = ()
    makes: Mapping[str, str | None] = field(default_factory=dict)
    verifies: frozenset[str] = frozenset()
    repeat: Repeat = Repeat.SAFE
    captures: frozenset[str] = frozenset()
    after: tuple[str, ...] = ()

    @classmethod
    def of(cls, operation: Operation) -> Sent:
        return cls(
            operation.method,
            operation.path,
            to_json(operation.body),
            frozenset(map(".".join, operation.fields)),
            operation.query,
            {".".join(path): alias for path, alias in operation.makes.items()},
            frozenset(operation.verifies),
            operation.repeat,
            frozenset(operation.captures),
            operation.after,
        )


def sent(change: Change) -> list[Sent]:
    return [Sent.of(operation) for operation in change.operations]


def put(body: Any, *fields: str, path: str = CASE, **more: Any) -> Sent:
    """A PUT; `fields=` is asked for whatever it verifies or makes."""
    made = Sent("PUT", path, body, frozenset(fields), **more)
    names = sorted(COLLECTIONS[name].key for name in {*made.verifies, *(key.split(".")[0] for key in made.makes)})
    return replace(made, query=tuple(("fields", name) for name in names))


def set_tags(body: Any, *fields: str, **more: Any) -> Sent:
    """A PUT that writes tags, whose outcome is verified."""
    return put(body, *fields, verifies=frozenset({"tags"}), **more)


def set_users(body: Any, *fields: str) -> Sent:
    """A PUT that writes who may see the case, whose outcome is verified."""
    return put(body, *fields, verifies=frozenset({"user_access"}))


def attribute(id: int, body: Any, *fields: str) -> Sent:
    return put(body, *fields, path=f"/api/v3/caseAttributes/{id}")


def data(*elements: Any, mode: str) -> dict[str, Any]:
    return {"data": list(elements), "mode": mode}


def names(mode: str, *members: str) -> dict[str, Any]:
    return data(*({"name": member} for member in members), mode=mode)


def ids(mode: str, *members: int) -> dict[str, Any]:
    return data(*({"id": member} for member in members), mode=mode)


def post(kind: str, key: str, body: Any, *fields: str, alias: str | None = None) -> Sent:
    """A POST of an item of the case."""
    path = f"{kind}.{key}"
    more = {} if alias is None else {"xid": alias}
    return Sent(
        "POST",
        f"/api/v3/{kind}",
        {"caseId": 42, **body, **more},
        frozenset(fields or {path}),
        makes={path: alias},
        repeat=Repeat.LOOK,
        captures=frozenset({path}),
    )


def change_of(kind: str, id: int, body: Any, *fields: str) -> Sent:
    return put(body, *fields, path=f"/api/v3/{kind}/{id}")


def delete(kind: str, id: int, *fields: str) -> Sent:
    return Sent("DELETE", f"/api/v3/{kind}/{id}", None, frozenset(fields))


def xid(text: str) -> str:
    """Return the external id that is made of a text."""
    return f"soc.a.{hashlib.sha256(text.encode()).hexdigest()[:32]}"


GUY = {"name": "Extreme Bad Guy", "type": "Adversary"}
GUY_KEY = "Adversary: Extreme Bad Guy"
GUY_XID = xid(f"L/soc.a/{GUY_KEY}")
GUY_LINK = data({**GUY, "xid": GUY_XID}, mode="append")
RATE = {"type": "Rate", "value": "30"}
KILL = {"type": "Kill Chain", "value": "Recon"}
HOST = {"type": "Host", "summary": "badguy.com"}
CALL = {"name": "Call user"}
JANE = {"type": "User", "data": {"userName": "jane@x"}}
SOC = {"type": "Group", "data": {"name": "SOC Team"}}
SETS = ("associated_cases", "associated_groups", "associated_indicators")


# ------------------------------------------------------------------------------------ the table

SCALAR_ROWS: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("name", "A", "B", {"name": "B"}),
    ("description", "a", "b", {"description": "b"}),
    ("description", "a", None, {"description": ""}),
    ("status", "Open", "Closed", {"status": "Closed"}),
    ("status", "Closed", "Open", {"status": "Open"}),
    ("severity", "Low", "High", {"severity": "High"}),
    ("resolution", "Escalated", "Rejected", {"resolution": "Rejected"}),
    ("resolution", "Escalated", None, {"resolution": "Not Specified"}),
    ("assignee", None, {"user": "jane@x"}, {"assignee": JANE}),
    ("assignee", {"user": "jane@x"}, {"group": "SOC Team"}, {"assignee": SOC}),
    ("assignee", {"group": "SOC Team"}, None, {"assignee": {"type": "None"}}),
    ("case_open_time", None, "2026-03-01T12:00:00+02:00", {"caseOpenTime": "2026-03-01T10:00:00Z"}),
    ("case_close_time", None, "2026-03-01T10:00:00Z", {"caseCloseTime": "2026-03-01T10:00:00Z"}),
    ("case_detection_time", None, "2026-03-01T10:00:00Z", {"caseDetectionTime": "2026-03-01T10:00:00Z"}),
    ("case_occurrence_time", None, "2026-03-01T10:00:00Z", {"caseOccurrenceTime": "2026-03-01T10:00:00Z"}),
    ("workflow_template", None, "Phishing triage", {"workflowTemplate": {"name": "Phishing triage"}}),
]

TAG_ROWS = [
    (["a"], ["a", "q4"], (), set_tags({"tags": names("append", "q4")}, "tags")),
    (["a", "q4"], ["a"], (), set_tags({"tags": names("delete", "q4")}, "tags")),
    (["a", "b"], ["b", "c"], (), set_tags({"tags": names("replace", "b", "c")}, "tags")),
    (["a", "b"], [], (), set_tags({"tags": names("delete", "a", "b")}, "tags")),
    ([], ["c", "b"], (), set_tags({"tags": names("append", "b", "c")}, "tags")),
    (
        ["a"],
        ["a", "T1566", "T1055.011", "T15"],
        (),
        set_tags(
            {"tags": data({"techniqueId": "T1055.011"}, {"name": "T15"}, {"techniqueId": "T1566"}, mode="append")},
            "tags",
        ),
    ),
    (["a"], ["a", "q4"], ("tags",), set_tags({"tags": names("append", "q4")}, "tags")),
    (["a", "q4"], ["a"], ("tags",), set_tags({"tags": names("delete", "q4")}, "tags")),
]

TABLE: list[Any] = [
    *(pytest.param(World({n: a}, {n: b}), [put(body, n)], id=f"{n} becomes {b}") for n, a, b, body in SCALAR_ROWS),
    pytest.param(
        World(
            {n: a for n, a, _, _ in reversed(SCALAR_ROWS)},
            {n: b for n, _, b, _ in reversed(SCALAR_ROWS)},
        ),
        [
            put(
                {key: value for _, _, _, body in reversed(SCALAR_ROWS) for key, value in body.items()},
                *{n for n, _, _, _ in SCALAR_ROWS},
            )
        ],
        id="all scalars together",
    ),
    *(
        pytest.param(World({"tags": a}, {"tags": b}, shared=shared), [request], id=f"tags {a} to {b} {shared}")
        for a, b, shared, request in TAG_ROWS
    ),
    pytest.param(
        World(
            {"tags": ["a", "b"]},
            {"tags": ["b", "c"]},
            {"tags": data({"name": "a"}, {"name": "f"}, mode="")},
            ["tags"],
        ),
        [set_tags({"tags": names("append", "b", "c")}), set_tags({"tags": names("delete", "a")}, "tags")],
        id="tags gain and lose and are shared: append, then delete, the foreign one stays",
    ),
    pytest.param(
        World({"tags": ["vip"]}, {"tags": ["vip", "q4"]}, {"tags": data({"name": "VIP"}, {"name": "f"}, mode="")}),
        [set_tags({"tags": names("replace", "q4", "vip")}, "tags")],
        id="a foreign tag goes where tags are exact; the letter case of one that stays is no change",
    ),
    pytest.param(
        World(
            {"tags": ["phish-syn", "T1566"]},
            {"tags": []},
            {"tags": data({"name": "Phishing Email"}, {"name": "Phishing", "techniqueId": "T1566"}, mode="")},
            handles={"tags.phish-syn": "Phishing Email"},
        ),
        [set_tags({"tags": names("delete", "Phishing", "Phishing Email")}, "tags")],
        id="a tag is removed by the name that the system knows",
    ),
    *(
        pytest.param(
            World({n: before}, {n: after}, shared=shared),
            [put({COLLECTIONS[n].key: ids(mode, *members)}, n)],
            id=f"{n} {before} to {after} {shared}",
        )
        for n in SETS
        for before, after, shared, mode, members in [
            (["9"], ["9", "12", "100"], (), "append", (12, 100)),
            (["9", "12"], ["9"], (), "delete", (12,)),
            (["9", "12"], [], (), "delete", (9, 12)),
            (["9", "12"], ["12", "100"], (), "replace", (12, 100)),
            (["9"], ["9", "12"], (n,), "append", (12,)),
            (["9", "12"], ["9"], (n,), "delete", (12,)),
        ]
    ),
    *(
        pytest.param(
            World({n: ["9"]}, {n: ["12"]}, shared=[n]),
            [
                put({COLLECTIONS[n].key: ids("append", 12)}),
                put({COLLECTIONS[n].key: ids("delete", 9)}, n),
            ],
            id=f"{n} gain and lose and are shared",
        )
        for n in SETS
    ),
    pytest.param(
        World(
            {"tags": ["a"], "associated_cases": ["1"], "associated_groups": ["2"], "status": "Open"},
            {"tags": ["b"], "associated_cases": ["3"], "associated_groups": ["4"], "status": "Closed"},
            shared=["tags", "associated_cases"],
        ),
        [
            set_tags(
                {
                    "status": "Closed",
                    "tags": names("append", "b"),
                    "associatedCases": ids("append", 3),
                    "associatedGroups": ids("replace", 4),
                },
                "status",
                "associated_groups",
            ),
            set_tags(
                {"tags": names("delete", "a"), "associatedCases": ids("delete", 1)}, "tags", "associated_cases"
            ),
        ],
        id="two shared sets that gain and lose share the second request",
    ),
    pytest.param(
        World(
            {"status": "Open", "tags": ["a"], "associated_indicators": ["9"], "attributes": {"r": RATE}},
            {"status": "Closed", "tags": ["a", "b"], "associated_indicators": [], "attributes": {}},
        ),
        [
            set_tags(
                {
                    "status": "Closed",
                    "tags": names("append", "b"),
                    "associatedIndicators": ids("delete", 9),
                    "attributes": ids("delete", 31),
                },
                "status",
                "tags",
                "associated_indicators",
                "attributes.r",
            )
        ],
        id="status and three collections are one request",
    ),
    pytest.param(
        World(
            {"severity": "Low", "tags": ["x"], "attributes": {"a": RATE, "b": KILL}, "associated_indicators": []},
            {"severity": "High", "tags": ["vip"], "attributes": {}, "associated_indicators": ["9"]},
        ),
        [
            set_tags(
                {
                    "severity": "High",
                    "tags": names("replace", "vip"),
                    "attributes": ids("delete", 31, 32),
                    "associatedIndicators": ids("append", 9),
                },
                "severity",
                "tags",
                "attributes.a",
                "attributes.b",
                "associated_indicators",
            )
        ],
        id="three modes in one request",
    ),
    # groups and indicators that are given whole
    pytest.param(
        World(
            {"resolution": None, "status": "Open", "associated_groups": []},
            {
                "resolution": "False Positive",
                "status": "Closed",
                "associated_groups": [{**GUY, "associated_artifacts": ("4",)}],
            },
        ),
        [
            put(
                {
                    "resolution": "False Positive",
                    "status": "Closed",
                    "associatedGroups": data(
                        {**GUY, "xid": GUY_XID, "associatedArtifacts": {"data": [{"id": 4}]}}, mode="append"
                    ),
                },
                "resolution",
                "status",
                "associated_groups",
                verifies=frozenset({"associated_groups"}),
                repeat=Repeat.LOOK,
            )
        ],
        id="the vendor's example",
    ),
    pytest.param(
        World(
            {"associated_groups": []},
            {
                "associated_groups": [
                    {**GUY, "xid": "chosen-by-me", "owner": "Lab", "tags": ("apt", "T1566")},
                ]
            },
        ),
        [
            put(
                {
                    "associatedGroups": data(
                        {
                            **GUY,
                            "xid": "chosen-by-me",
                            "ownerName": "Lab",
                            "tags": {"data": [{"name": "apt"}, {"techniqueId": "T1566"}]},
                        },
                        mode="append",
                    )
                },
                "associated_groups",
                verifies=frozenset({"associated_groups"}),
                repeat=Repeat.LOOK,
            )
        ],
        id="a group with everything",
    ),
    pytest.param(
        World({"associated_groups": []}, {"associated_groups": [GUY]}, groups={GUY_KEY: "8001"}),
        [
            put(
                {"associatedGroups": ids("append", 8001)},
                "associated_groups",
                verifies=frozenset({"associated_groups"}),
            )
        ],
        id="a group that exists is linked and not made again",
    ),
    pytest.param(
        World(
            {"associated_groups": [Entry.of(GUY), "5"]},
            {"associated_groups": [GUY, "6"]},
            handles={f"associated_groups.{GUY_KEY}": "8001"},
        ),
        [put({"associatedGroups": ids("replace", 6, 8001)}, "associated_groups")],
        id="a group that is linked already is named by its id where all are",
    ),
    pytest.param(
        World({"associated_groups": ["5", "6"]}, {"associated_groups": [GUY, "6"]}),
        [
            put({"associatedGroups": ids("delete", 5)}),
            put(
                {"associatedGroups": GUY_LINK},
                "associated_groups",
                verifies=frozenset({"associated_groups"}),
                repeat=Repeat.LOOK,
            ),
        ],
        id="a new group cannot be in a replacement: others go, then it is added",
    ),
    pytest.param(
        World(
            {"associated_groups": ["5", "6"], "tags": ["a"]},
            {"associated_groups": [GUY, "6"], "tags": ["b"]},
            shared=["associated_groups", "tags"],
        ),
        [
            set_tags({"associatedGroups": ids("delete", 5), "tags": names("append", "b")}),
            put(
                {"associatedGroups": GUY_LINK, "tags": names("delete", "a")},
                "associated_groups",
                "tags",
                verifies=frozenset({"associated_groups", "tags"}),
                repeat=Repeat.LOOK,
            ),
        ],
        id="a new group is added last where it is shared, too",
    ),
    pytest.param(
        World({"associated_indicators": ["9"], "tags": ["a"]}, {"associated_indicators": [HOST], "tags": ["b"]}),
        [
            set_tags({"tags": names("replace", "b"), "associatedIndicators": ids("delete", 9)}, "tags"),
            put(
                {"associatedIndicators": data({"type": "Host", "hostName": "badguy.com"}, mode="append")},
                "associated_indicators",
                verifies=frozenset({"associated_indicators"}),
            ),
        ],
        id="nor can a new indicator be in a replacement",
    ),
    pytest.param(
        World(
            {"associated_groups": ["5"]},
            {"associated_groups": [GUY]},
            groups={GUY_KEY: "8001"},
        ),
        [
            put(
                {"associatedGroups": ids("replace", 8001)},
                "associated_groups",
                verifies=frozenset({"associated_groups"}),
            )
        ],
        id="a group that exists already can",
    ),
    pytest.param(
        World(
            {"associated_groups": [Entry.of(GUY), "5"]},
            {"associated_groups": ["5"]},
            handles={f"associated_groups.{GUY_KEY}": "8001"},
        ),
        [put({"associatedGroups": ids("delete", 8001)}, "associated_groups")],
        id="a group that was given whole is unlinked by its id",
    ),
    *(
        pytest.param(
            World(
                {"associated_indicators": ["9"]},
                {"associated_indicators": ["9", {"type": kind, "summary": summary}]},
            ),
            [
                put(
                    {"associatedIndicators": data({"type": kind, key: summary}, mode="append")},
                    "associated_indicators",
                    verifies=frozenset({"associated_indicators"}),
                )
            ],
            id=f"an indicator by its {key}",
        )
        for kind, key, summary in [
            ("Address", "ip", "1.2.3.4"),
            ("EmailAddress", "address", "a@b.example"),
            ("File", "md5", "ab" * 16),
            ("File", "sha1", "ab" * 20),
            ("File", "sha256", "ab" * 32),
            ("Host", "hostName", "badguy.com"),
            ("URL", "text", "https://badguy.com/x"),
            ("ASN", "AS Number", "ASN1234"),
        ]
    ),
    pytest.param(
        World(
            {"associated_indicators": [Entry.of(HOST)]},
            {"associated_indicators": []},
            handles={"associated_indicators.Host: badguy.com": "9002"},
        ),
        [put({"associatedIndicators": ids("delete", 9002)}, "associated_indicators")],
        id="an indicator that was given whole is unlinked by its id",
    ),
    # attributes
    pytest.param(
        World({"attributes": {"r": RATE}}, {"attributes": {"r": RATE, "k": {**KILL, "source": "lab"}}}),
        [
            put(
                {"attributes": data({**KILL, "source": "lab"}, mode="append")},
                "attributes.k",
                makes={"attributes.k": None},
                repeat=Repeat.LOOK,
            )
        ],
        id="an attribute is added",
    ),
    pytest.param(
        World({"attributes": {}}, {"attributes": {"k": {**KILL, "source": None}}}),
        [
            put(
                {"attributes": data(KILL, mode="append")},
                "attributes.k",
                makes={"attributes.k": None},
                repeat=Repeat.LOOK,
            )
        ],
        id="an attribute is added, without what is empty",
    ),
    pytest.param(
        World({"attributes": {"a": RATE, "b": KILL}}, {"attributes": {"b": KILL}}),
        [put({"attributes": ids("delete", 31)}, "attributes.a")],
        id="an attribute is removed by its id",
    ),
    pytest.param(
        World({"attributes": {"a": RATE}}, {"attributes": {"b": RATE | {"value": "31"}}}),
        [
            put({"attributes": ids("delete", 31)}, "attributes.a"),
            put(
                {"attributes": data({"type": "Rate", "value": "31"}, mode="append")},
                "attributes.b",
                makes={"attributes.b": None},
                repeat=Repeat.LOOK,
            ),
        ],
        id="attributes go before others come, since a type may be at its Max Allowed",
    ),
    pytest.param(
        World(
            {"attributes": {"a": {**RATE, "source": "x"}, "b": KILL}},
            {"attributes": {"a": {**RATE, "value": "75", "source": "lab"}, "b": {**KILL, "value": "Exploit"}}},
        ),
        [
            attribute(31, {"source": "lab", "value": "75"}, "attributes.a.value", "attributes.a.source"),
            attribute(32, {"value": "Exploit"}, "attributes.b.value"),
        ],
        id="changed values go to the attributes' own endpoint, one request each",
    ),
    pytest.param(
        World({"attributes": {"a": {**RATE, "source": "x"}}}, {"attributes": {"a": {**RATE, "source": None}}}),
        [
            put({"attributes": ids("delete", 31)}),
            put(
                {"attributes": data(RATE, mode="append")},
                "attributes.a.source",
                makes={"attributes.a": None},
                repeat=Repeat.LOOK,
            ),
        ],
        id="a source that is emptied makes the attribute anew",
    ),
    pytest.param(
        World({"attributes": {"a": RATE}}, {"attributes": {"a": {"type": "Score", "value": "75"}}}),
        [
            put({"attributes": ids("delete", 31)}),
            put(
                {"attributes": data({"type": "Score", "value": "75"}, mode="append")},
                "attributes.a.type",
                "attributes.a.value",
                makes={"attributes.a": None},
                repeat=Repeat.LOOK,
            ),
        ],
        id="another type makes the attribute anew",
    ),
    pytest.param(
        World(
            {"name": "A", "tags": ["a"], "attributes": {"a": RATE, "b": KILL, "c": KILL | {"value": "Delivery"}}},
            {
                "name": "B",
                "tags": ["b"],
                "attributes": {"b": KILL | {"value": "Exploit"}, "c": RATE, "d": KILL | {"value": "New"}},
            },
            shared=["tags"],
        ),
        [
            set_tags(
                {"name": "B", "tags": names("append", "b"), "attributes": ids("delete", 31, 33)},
                "name",
                "attributes.a",
            ),
            set_tags(
                {
                    "tags": names("delete", "a"),
                    "attributes": data({"type": "Kill Chain", "value": "New"}, RATE, mode="append"),
                },
                "tags",
                "attributes.d",
                "attributes.c.type",
                "attributes.c.value",
                makes={"attributes.d": None, "attributes.c": None},
                repeat=Repeat.LOOK,
            ),
            attribute(32, {"value": "Exploit"}, "attributes.b.value"),
        ],
        id="all ways of attributes at once, with shared tags",
    ),
    # notes, tasks, artifacts
    pytest.param(
        World({"notes": {}}, {"notes": {"n": {"text": "raised by code"}}}),
        [post("notes", "n", {"text": "raised by code"})],
        id="a note is added",
    ),
    pytest.param(
        World({"notes": {"n": {"text": "a"}}}, {"notes": {"n": {"text": "b"}}}),
        [change_of("notes", 51, {"text": "b"}, "notes.n.text")],
        id="a note is changed",
    ),
    pytest.param(
        World({"notes": {"n": {"text": "a"}}}, {"notes": {}}),
        [delete("notes", 51, "notes.n")],
        id="a note is removed",
    ),
    pytest.param(
        World({"notes": {"n": {"text": "a"}}}, {}),
        [delete("notes", 51, "notes.n")],
        id="a note is removed with the attribute",
    ),
    pytest.param(
        World(
            {"tasks": {}},
            {
                "tasks": {
                    "t": {
                        **CALL,
                        "status": "Open",
                        "assignee": {"user": "jane@x"},
                        "due_date": "2026-03-01T12:00:00+02:00",
                        "required": True,
                        "workflow_phase": 0,
                        "workflow_step": 1,
                        "description": None,
                    }
                }
            },
        ),
        [
            post(
                "tasks",
                "t",
                {
                    "name": "Call user",
                    "status": "Open",
                    "assignee": JANE,
                    "dueDate": "2026-03-01T10:00:00Z",
                    "required": True,
                    "workflowPhase": 0,
                    "workflowStep": 1,
                },
                alias=xid("L/soc.a/7/tasks/t"),
            )
        ],
        id="a task is added, with an xid of its own",
    ),
    pytest.param(
        World({"tasks": {}}, {"tasks": {"t": {**CALL, "required": False, "xid": "my-own-task"}}}),
        [post("tasks", "t", {**CALL, "required": False}, alias="my-own-task")],
        id="a task is added with the xid that the user chose",
    ),
    pytest.param(
        World(
            {"tasks": {"t": {**CALL, "description": "x", "assignee": {"user": "jane@x"}, "status": "Open"}}},
            {"tasks": {"t": {"name": "Call", "description": None, "assignee": None, "status": "Closed"}}},
        ),
        [
            change_of(
                "tasks",
                61,
                {"name": "Call", "description": "", "assignee": {"type": "None"}, "status": "Closed"},
                "tasks.t.name",
                "tasks.t.description",
                "tasks.t.assignee",
                "tasks.t.status",
            )
        ],
        id="a task is changed",
    ),
    pytest.param(
        World(
            {"tasks": {"t": {**CALL, "status": "Open", "workflow_phase": 1}}},
            {"tasks": {"t": {**CALL, "status": "Closed", "workflow_phase": 2}}},
        ),
        [
            delete("tasks", 61),
            post(
                "tasks",
                "t",
                {**CALL, "status": "Closed", "workflowPhase": 2},
                "tasks.t.workflow_phase",
                "tasks.t.status",
                alias=xid("L/soc.a/7/tasks/t"),
            ),
        ],
        id="a task of another phase is made anew",
    ),
    pytest.param(
        World({"tasks": {"t": CALL}}, {"tasks": {}}),
        [delete("tasks", 61, "tasks.t")],
        id="a task is removed",
    ),
    pytest.param(
        World({"artifacts": {}}, {"artifacts": {"h": {**HOST, "source": "lab", "derived_link": False}}}),
        [post("artifacts", "h", {**HOST, "source": "lab", "derivedLink": False})],
        id="an artifact is added",
    ),
    pytest.param(
        World(
            {"artifacts": {"h": {**HOST, "source": "lab", "derived_link": True}}},
            {"artifacts": {"h": {**HOST, "summary": "x.com", "source": None, "derived_link": False}}},
        ),
        [
            change_of(
                "artifacts",
                71,
                {"summary": "x.com", "source": "", "derivedLink": False},
                "artifacts.h.summary",
                "artifacts.h.source",
                "artifacts.h.derived_link",
            )
        ],
        id="an artifact is changed",
    ),
    pytest.param(
        World({"artifacts": {"h": HOST}}, {"artifacts": {"h": {**HOST, "type": "URL"}}}),
        [
            delete("artifacts", 71),
            post("artifacts", "h", {**HOST, "type": "URL"}, "artifacts.h.type"),
        ],
        id="an artifact of another type is made anew",
    ),
    pytest.param(
        World({"artifacts": {"h": HOST}}, {"artifacts": {}}),
        [delete("artifacts", 71, "artifacts.h")],
        id="an artifact is removed",
    ),
    pytest.param(
        World(
            {"notes": {"a": {"text": "a"}, "b": {"text": "b"}}, "name": "A", "tasks": {"t": CALL}},
            {
                "notes": {"a": {"text": "c"}, "c": {"text": "n"}},
                "name": "B",
                "tasks": {"t": {"name": "Mail user"}},
            },
        ),
        [
            put({"name": "B"}, "name"),
            delete("notes", 52, "notes.b"),
            post("notes", "c", {"text": "n"}),
            change_of("notes", 51, {"text": "c"}, "notes.a.text"),
            change_of("tasks", 61, {"name": "Mail user"}, "tasks.t.name"),
        ],
        id="the case first, then what goes, comes and changes",
    ),
    pytest.param(
        World(
            {
                "status": "Open",
                "notes": {},
                "tasks": {"a": {**CALL, "status": "Open"}, "b": CALL, "c": {**CALL, "workflow_step": 1}},
            },
            {
                "status": "Closed",
                "resolution": "Rejected",
                "case_close_time": "2026-03-01T10:00:00Z",
                "notes": {"n": {"text": "done"}},
                "tasks": {"a": {**CALL, "status": "Closed"}, "c": {**CALL, "workflow_step": 2}},
            },
            {"resolution": "Not Specified"},
        ),
        [
            delete("tasks", 62, "tasks.b"),
            delete("tasks", 63),
            post(
                "tasks",
                "c",
                {**CALL, "workflowStep": 2},
                "tasks.c.workflow_step",
                alias=xid("L/soc.a/7/tasks/c"),
            ),
            change_of("tasks", 61, {"status": "Closed"}, "tasks.a.status"),
            put(
                {"status": "Closed", "resolution": "Rejected", "caseCloseTime": "2026-03-01T10:00:00Z"},
                "status",
                "resolution",
                "case_close_time",
            ),
            post("notes", "n", {"text": "done"}),
        ],
        id="a case that is closed: its tasks first, since open ones may forbid it",
    ),
    pytest.param(
        World(
            {"status": "Closed", "tasks": {"a": {**CALL, "status": "Closed"}}},
            {"status": "Open", "tasks": {"a": {**CALL, "status": "Reopened"}}},
        ),
        [
            put({"status": "Open"}, "status"),
            change_of("tasks", 61, {"status": "Reopened"}, "tasks.a.status"),
        ],
        id="a case that is opened again: the case first",
    ),
    # what has neither mode nor endpoint
    pytest.param(
        World({"user_access": ["jane"]}, {"user_access": ["omar", "jane"]}),
        [set_users({"userAccess": {"data": [{"userName": "jane"}, {"userName": "omar"}]}}, "user_access")],
        id="user_access gains: it is sent whole, without a mode",
    ),
    pytest.param(
        World({"user_access": ["jane", "omar"]}, {"user_access": ["omar"]}),
        [set_users({"userAccess": {"data": [{"userName": "omar"}]}}, "user_access")],
        id="user_access loses",
    ),
    pytest.param(
        World(
            {"user_access": ["jane"]},
            {"user_access": ["omar"]},
            {"userAccess": {"data": [{"userName": "jane"}, {"userName": "eve"}]}},
            ["user_access"],
        ),
        [set_users({"userAccess": {"data": [{"userName": "eve"}, {"userName": "omar"}]}}, "user_access")],
        id="user_access is shared",
    ),
    # links to other cases
    pytest.param(
        World({"associated_cases": ["9"]}, {"associated_cases": ["9", Ref("b", "id")]}, depends_on=(B,)),
        [put({"associatedCases": data({"id": {"unknown": "cases.b.id"}}, mode="append")}, "associated_cases")],
        id="a case that comes before is linked at once",
    ),
    pytest.param(
        World({"associated_cases": ["9"], "name": "A"}, {"associated_cases": [Ref("b", "id"), "12"], "name": "B"}),
        [
            put({"name": "B", "associatedCases": ids("replace", 12)}, "name"),
            put(
                {"associatedCases": data({"id": {"unknown": "cases.b.id"}}, mode="append")},
                "associated_cases",
                after=("b",),
            ),
        ],
        id="a case that comes later is linked last",
    ),
    pytest.param(
        World({"associated_cases": []}, {"associated_cases": [Ref("b", "id"), Ref("c", "id")]}, depends_on=(B,)),
        [
            put({"associatedCases": data({"id": {"unknown": "cases.b.id"}}, mode="append")}),
            put(
                {"associatedCases": data({"id": {"unknown": "cases.c.id"}}, mode="append")},
                "associated_cases",
                after=("c",),
            ),
        ],
        id="one before and one later",
    ),
    pytest.param(
        World({"associated_cases": ["9"]}, {"associated_cases": [Ref("b", "id")]}),
        [
            put({"associatedCases": ids("delete", 9)}),
            put(
                {"associatedCases": data({"id": {"unknown": "cases.b.id"}}, mode="append")},
                "associated_cases",
                after=("b",),
            ),
        ],
        id="one goes and one comes later",
    ),
    pytest.param(
        World({"associated_cases": []}, {"associated_cases": [Ref("b", "id")], "notes": {"n": {"text": "x"}}}),
        [
            post("notes", "n", {"text": "x"}),
            put(
                {"associatedCases": data({"id": {"unknown": "cases.b.id"}}, mode="append")},
                "associated_cases",
                after=("b",),
            ),
        ],
        id="a circle is closed after everything else",
    ),
    # removal and adoption
    pytest.param(
        World({"name": "A"}, None, {"status": "Open"}, lifecycle=Lifecycle(OnRemove.CLOSE)),
        [put({"status": "Closed"}, "status")],
        id="a case is closed when its block leaves",
    ),
    pytest.param(
        World({"name": "A", "tags": ["a"]}, None, lifecycle=Lifecycle(OnRemove.DELETE)),
        [Sent("DELETE", CASE)],
        id="a case is deleted when its block leaves",
    ),
    pytest.param(World({"name": "A", "tags": ["a"]}, None), [], id="a case is released when its block leaves"),
    pytest.param(
        World(
            {"name": "A", "notes": {"n": {"text": "x"}}, "tags": ["a"]},
            {"name": "B", "notes": {"m": {"text": "x"}, "o": {"text": "y"}}, "tags": ["A"]},
            adopt="42",
        ),
        [put({"name": "B"}, "name"), post("notes", "o", {"text": "y"})],
        id="an adopted case keeps a note that says the same, and is not marked",
    ),
]


@pytest.mark.parametrize(("world", "requests"), TABLE)
def test_a_change_takes_the_fewest_requests_with_the_least_in_them(world: World, requests: list[Sent]) -> None:
    change = world.change

    assert sent(change) == requests
    if change.action is not Action.DELETE:
        assert_told(change)
        assert_minimal(change)


def assert_told(change: Change) -> None:
    """Every change of a field is made true by just one request."""
    told = [path for operation in change.operations for path in operation.fields]
    assert len(told) == len(set(told))
    assert set(told) == {field.path for field in change.fields}


def assert_minimal(change: Change) -> None:
    """Nothing is in a request that does not change, and the case is written once, twice where that must be."""
    changed = {field.path[0] for field in change.fields}
    keys = {SCALARS[name] if name in SCALARS else COLLECTIONS[name].key for name in changed}
    for operation in change.operations:
        if operation.path == CASE and operation.method == "PUT":
            assert set(operation.body) <= keys
        elif operation.method == "PUT":
            name = next(path[0] for path in operation.fields)
            assert set(operation.body) == {ITEMS[name][path[2]] for path in operation.fields}
    assert all(operation.why for operation in change.operations)


# ------------------------------------------------------------------------------------ any change

WORDS = st.sets(st.sampled_from("abcde"))
IDS = st.sets(st.sampled_from(["1", "2", "12", "100"]))
KEYS = st.sampled_from(["k", "l", "m"])
ATTRIBUTES = st.dictionaries(
    KEYS,
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["T", "U"]),
            "value": st.sampled_from("xyz"),
            "source": st.sampled_from(["", "s"]),
        }
    ),
)
NOTES = st.dictionaries(KEYS, st.fixed_dictionaries({"text": st.sampled_from("xyz")}))
DECLARED = st.fixed_dictionaries(
    {
        "name": st.sampled_from("AB"),
        "description": st.sampled_from(["", "x", "y"]),
        "assignee": st.sampled_from([None, {"user": "jane"}, {"group": "SOC"}]),
        "tags": WORDS,
        "associated_cases": IDS,
        "associated_groups": IDS,
        "associated_indicators": IDS,
        "attributes": ATTRIBUTES,
        "notes": NOTES,
    }
)


@given(DECLARED, DECLARED, st.sets(st.sampled_from(["tags", *SETS])), st.booleans())
def test_any_change_of_a_case_takes_at_most_two_requests_on_it(
    was: dict[str, Any],
    now: dict[str, Any],
    shared: set[str],
    is_adopted: bool,  # noqa: FBT001 (one side of the worlds)
) -> None:
    world = World({**was, "status": "Open"}, {**now, "status": "Closed"}, shared=tuple(shared))
    change = (replace(world, adopt="42") if is_adopted else world).change

    assert_told(change)
    assert_minimal(change)
    puts = [operation for operation in change.operations if operation.path == CASE]
    sets = {field.path[0]: field for field in change.fields if field.is_set}
    both = any(field.add and field.remove and field.shared for field in sets.values())
    gone = {field.path[1] for field in change.fields if field.path[0] == "attributes"}
    assert len(puts) <= (2 if both or gone else 1)
    assert result(puts, world) == wanted(sets, world)


def result(puts: Sequence[Operation], world: World) -> dict[str, Any]:
    """Return what the requests make of the sets of a case, on a server that keeps to the modes."""
    sets = {name: set(value) for name, value in (world.was or {}).items() if SCHEMA.kind(name) is Kind.SET}
    apply: Mapping[str, Callable[[set[str], set[str]], set[str]]] = {
        "append": set.union,
        "delete": set.difference,
        "replace": lambda _, members: members,
    }
    for operation in puts:
        for name in sets.keys() & set(COLLECTIONS):
            if found := operation.body.get(COLLECTIONS[name].key):
                assert found["data"], "an empty replace is not documented"
                members = {str(element.get("name", element.get("id"))) for element in found["data"]}
                sets[name] = apply[found["mode"]](sets[name], members)
    return sets


def wanted(changed: Mapping[str, Any], world: World) -> dict[str, Any]:
    before = {name: set(value) for name, value in (world.was or {}).items() if SCHEMA.kind(name) is Kind.SET}
    return {name: set(changed[name].after) if name in changed else members for name, members in before.items()}


# ------------------------------------------------------------------------------------ creation


def created(body: Any, *fields: str, query: Sequence[tuple[str, str]] = (), **more: Any) -> Sent:
    return Sent(
        "POST",
        CASES,
        {"xid": xid("L/soc.a/7"), **body},
        frozenset(fields),
        query,
        repeat=Repeat.LOOK,
        captures=frozenset({"id"}),
        **more,
    )


PLAIN = {"name": "A", "status": "Open", "severity": "Low"}


@pytest.mark.parametrize(
    ("world", "requests"),
    [
        pytest.param(World(now=PLAIN), [created(PLAIN, *PLAIN)], id="only what must be"),
        pytest.param(
            World(
                now={
                    **PLAIN,
                    "description": None,
                    "resolution": None,
                    "assignee": None,
                    "tags": [],
                    "notes": {},
                    "attributes": {},
                    "associated_cases": [],
                }
            ),
            [created(PLAIN, *PLAIN)],
            id="nothing that is empty",
        ),
        pytest.param(
            World(now={**PLAIN, "xid": "chosen-by-user"}),
            [created({**PLAIN, "xid": "chosen-by-user"}, *PLAIN, "xid")],
            id="the user's own xid",
        ),
        pytest.param(
            World(now={**PLAIN, "owner": "Threat & Lab"}),
            [created(PLAIN, *PLAIN, "owner", query=(("owner", "Threat & Lab"),))],
            id="an owner goes with the address",
        ),
        pytest.param(
            World(now={**PLAIN, "tags": ["b", "a"]}),
            [
                created(
                    {**PLAIN, "tags": {"data": [{"name": "a"}, {"name": "b"}]}},
                    *PLAIN,
                    "tags",
                    query=(("fields", "tags"),),
                    verifies=frozenset({"tags"}),
                )
            ],
            id="tags, which the answer must show",
        ),
        pytest.param(
            World(
                now={
                    **PLAIN,
                    "associated_groups": [GUY, {**GUY, "name": "Known"}, "12"],
                    "associated_indicators": ["9", HOST],
                },
                groups={"Adversary: Known": "8002"},
            ),
            [
                created(
                    {
                        **PLAIN,
                        "associatedGroups": {"data": [{"id": 12}, {**GUY, "xid": GUY_XID}, {"id": 8002}]},
                        "associatedIndicators": {"data": [{"id": 9}, {"type": "Host", "hostName": "badguy.com"}]},
                    },
                    *PLAIN,
                    "associated_groups",
                    "associated_indicators",
                    query=(("fields", "associatedGroups"), ("fields", "associatedIndicators")),
                    verifies=frozenset({"associated_groups", "associated_indicators"}),
                )
            ],
            id="groups, known and unknown, and indicators",
        ),
        pytest.param(
            World(
                now={
                    **PLAIN,
                    "description": "d",
                    "resolution": "Escalated",
                    "assignee": {"group": "SOC Team"},
                    "case_open_time": "2026-03-01T12:00:00+02:00",
                    "workflow_template": "Phishing triage",
                    "user_access": ["omar", "jane"],
                    "tags": ["T1566"],
                    "attributes": {"r": {**RATE, "source": "lab"}, "k": {**KILL, "source": None}},
                    "associated_cases": ["9", Ref("b", "id")],
                    "artifacts": {"h": HOST},
                    "notes": {"n": {"text": "first"}, "m": {"text": "second"}},
                    "tasks": {"t": {**CALL, "workflow_phase": 1}, "u": {**CALL, "xid": "my-own-task"}},
                },
                depends_on=(B,),
                settings=SETTINGS.model_copy(update={"owner": "Demo"}),
            ),
            [
                created(
                    {
                        **PLAIN,
                        "description": "d",
                        "resolution": "Escalated",
                        "assignee": SOC,
                        "caseOpenTime": "2026-03-01T10:00:00Z",
                        "workflowTemplate": {"name": "Phishing triage"},
                        "userAccess": {"data": [{"userName": "jane"}, {"userName": "omar"}]},
                        "tags": {"data": [{"techniqueId": "T1566"}]},
                        "attributes": {"data": [KILL, {**RATE, "source": "lab"}]},
                        "associatedCases": {"data": [{"id": 9}, {"id": {"unknown": "cases.b.id"}}]},
                        "artifacts": {"data": [HOST]},
                        "notes": {"data": [{"text": "second"}, {"text": "first"}]},
                        "tasks": {
                            "data": [
                                {**CALL, "workflowPhase": 1, "xid": xid("L/soc.a/7/tasks/t")},
                                {**CALL, "xid": "my-own-task"},
                            ]
                        },
                    },
                    *PLAIN,
                    *("description", "resolution", "assignee", "case_open_time", "workflow_template"),
                    *("user_access", "tags", "attributes.r", "attributes.k", "associated_cases", "artifacts.h"),
                    *("notes.n", "notes.m", "tasks.t", "tasks.u"),
                    query=(
                        *(
                            ("fields", name)
                            for name in ("artifacts", "attributes", "notes", "tags", "tasks", "userAccess")
                        ),
                        ("owner", "Demo"),
                    ),
                    makes={
                        "attributes.k": None,
                        "attributes.r": None,
                        "artifacts.h": None,
                        "notes.m": None,
                        "notes.n": None,
                        "tasks.t": xid("L/soc.a/7/tasks/t"),
                        "tasks.u": "my-own-task",
                    },
                    verifies=frozenset({"tags", "user_access"}),
                )
            ],
            id="everything is nested in one request",
        ),
        pytest.param(
            World(now={**PLAIN, "associated_cases": ["9", Ref("b", "id")]}),
            [
                created({**PLAIN, "associatedCases": {"data": [{"id": 9}]}}, *PLAIN),
                put(
                    {"associatedCases": data({"id": {"unknown": "cases.b.id"}}, mode="append")},
                    "associated_cases",
                    path=f"{CASES}/${{cases.a.id}}",
                    after=("b",),
                ),
            ],
            id="a circle of links is closed when both cases are there",
        ),
        pytest.param(
            World(now={**PLAIN, "associated_cases": [Ref("b", "id")]}),
            [
                created(PLAIN, *PLAIN),
                put(
                    {"associatedCases": data({"id": {"unknown": "cases.b.id"}}, mode="append")},
                    "associated_cases",
                    path=f"{CASES}/${{cases.a.id}}",
                    after=("b",),
                ),
            ],
            id="a circle of links and no other link",
        ),
    ],
)
def test_a_new_case_takes_one_request_that_carries_everything_and_its_xid(
    world: World, requests: list[Sent]
) -> None:
    change = world.change

    assert sent(change) == requests
    assert_told(change)
    assert change.operations[0].creates


def test_an_xid_keeps_to_its_bounds_and_is_no_number() -> None:
    for name in ("a", "7", "x" * 200):
        address = Address("1", name)
        case = Case(address, "threatconnect", SCHEMA.normalize(PLAIN), Nowhere())
        world = planner.World("w", State("L", 7), {address: case}, {}, {}, {"threatconnect": SCHEMA})
        operations = {"1": ThreatConnect(SETTINGS).operations}
        plan = planner.finish(planner.draft(world), world, operations, {}, now="")
        made = plan.changes[0].operations[0].body["xid"]
        assert 10 <= len(made) <= 100
        assert not made.isdigit()


# ------------------------------------------------------------------------------------ around the table


OWNED = SETTINGS.model_copy(update={"owner": "Demo & Co"})


def test_the_owner_of_the_settings_goes_with_every_request() -> None:
    world = World(
        {"name": "A", "tags": ["a"], "attributes": {"a": RATE}, "notes": {"n": {"text": "a"}, "m": {"text": "b"}}},
        {
            "name": "B",
            "tags": ["b"],
            "attributes": {"a": {**RATE, "value": "9"}},
            "notes": {"n": {"text": "c"}, "o": {"text": "d"}},
            "associated_cases": [Ref("b", "id")],
        },
        shared=["tags"],
        settings=OWNED,
    )
    gone = World({"name": "A"}, None, settings=OWNED, lifecycle=Lifecycle(OnRemove.DELETE))

    operations = [*world.change.operations, *gone.change.operations]
    assert len(operations) == 8
    assert all(operation.query[-1] == ("owner", "Demo & Co") for operation in operations)


@pytest.mark.parametrize(
    ("was", "now", "name"),
    [
        ({"xid": "the-first-one"}, {"xid": "the-second-one"}, "xid"),
        ({"owner": "Demo"}, {"owner": "Lab"}, "owner"),
        ({"workflow_template": "Phishing"}, {"workflow_template": "Malware"}, "workflow_template"),
    ],
)
def test_what_cannot_be_changed_is_said_when_it_is_planned(was: Any, now: Any, name: str) -> None:
    with pytest.raises(ConfigError) as raised:
        _ = World(was, now).change

    assert f"a.yaml:3:7: soc.a: `{name}` is '{was[name]}' and cannot be changed" in str(raised.value.problems[0])


def test_a_case_that_was_deleted_outside_gets_another_xid_unless_the_user_chose_it() -> None:
    record = Record(A, "threatconnect", "42", "", SCHEMA.normalize({"name": "A"}))
    case = Case(A, "threatconnect", SCHEMA.normalize(PLAIN), Nowhere())
    state = State("L", 8, {A: record})
    world = planner.World("w", state, {A: case}, {A: record}, {}, {"threatconnect": SCHEMA})
    plan = planner.finish(planner.draft(world), world, {"soc": ThreatConnect(SETTINGS).operations}, {}, now="")

    (operation,) = plan.changes[0].operations
    assert operation.body == {**PLAIN, "xid": xid("L/soc.a/8")}


def test_no_change_takes_no_request() -> None:
    same = {
        **PLAIN,
        "description": None,
        "tags": ["a"],
        "associated_groups": ["12"],
        "attributes": {"r": RATE},
        "notes": {"n": {"text": "x"}},
    }

    assert World(same, same).plan.changes == ()


def test_no_secret_stands_in_a_request() -> None:
    secret = Secret("hunter2")
    now = {
        **PLAIN,
        "name": secret,
        "tags": [secret],
        "assignee": {"user": secret},
        "attributes": {"a": {"type": "T", "value": secret}},
        "notes": {"n": {"text": secret}},
        "associated_groups": [{"type": "Adversary", "name": "x", "tags": (secret,)}],
    }
    was = {"name": "A", "tags": ["hunter3"], "attributes": {}, "notes": {}, "associated_groups": []}

    for world in (World(now=now), World(was, now)):
        operations = world.change.operations
        assert operations
        assert "hunter2" not in repr(operations)
        assert "sha256:" in str([to_json(operation.body) for operation in operations])


def test_each_request_says_what_it_is_for() -> None:
    world = World(
        {
            "status": "Open",
            "tags": ["a"],
            "associated_cases": ["1"],
            "user_access": ["x"],
            "attributes": {"a": RATE, "b": KILL},
            "notes": {"n": {"text": "x"}},
        },
        {
            "status": "Closed",
            "tags": ["b", "c"],
            "associated_cases": ["2", Ref("b", "id")],
            "user_access": ["x", "y"],
            "attributes": {"b": {**KILL, "value": "y"}, "c": RATE},
            "notes": {"o": {"text": "x"}},
            "tasks": {"t": CALL},
        },
        shared=["associated_cases"],
    )

    assert [operation.why for operation in world.change.operations] == [
        "add the task t",
        "set status; add 1 associated case; add 2 tags, remove 1 tag; set all 2 users; remove 1 attribute",
        "remove 1 associated case; add 1 attribute",
        "set value of the attribute b",
        "remove the note n",
        "add the note o",
        "add 1 associated case of a circle of links",
    ]


def test_a_server_that_does_otherwise_gets_all_tags_at_once_and_nothing_else() -> None:
    change = World({"tags": ["a"]}, {"tags": ["a", "b"]}).change
    provider = ThreatConnect(OWNED)

    whole = provider.whole(change, "tags", frozenset({"b", "a", "T1566"}))

    assert whole is not None
    assert Sent.of(whole) == Sent(
        "PUT",
        CASE,
        {"tags": data({"techniqueId": "T1566"}, {"name": "a"}, {"name": "b"}, mode="replace")},
        frozenset({"tags"}),
        (("fields", "tags"), ("owner", "Demo & Co")),
        verifies=frozenset({"tags"}),
    )
    assert provider.whole(change, "associated_groups", frozenset({"1"})) is None
