"""Plans for the tests of this folder: one of each kind, and any at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from reconciler.errors import Location
from reconciler.model.address import Address
from reconciler.model.case import Lifecycle, OnRemove
from reconciler.model.change import Action, Cause, Change, Drift, DriftedField, FieldChange
from reconciler.model.fields import CaseInsensitive, Clearable, Field, Items, Map, Schema, Set
from reconciler.model.operation import Each, Merge, Operation, Part, Repeat
from reconciler.model.plan import Plan
from reconciler.model.policy import Objection, Severity
from reconciler.model.record import Record
from reconciler.model.values import ABSENT, Digest, Entry, Marker, Ref, Template

LINEAGE = "2f6c1a1e-0000-4000-8000-000000000001"
NOTE = {
    "text": Field("text"),
    "secret": Field.of("secret", [Clearable("")]),
    "labels": Field.of("labels", [Set()]),
}
SCHEMA = Schema(
    {
        "name": Field("name"),
        "priority": Field.of("priority", [CaseInsensitive()]),
        "description": Field("description", clearable=True),
        "tags": Field.of("tags", [Set()]),
        "metadata": Field.of("metadata", [Map()]),
        "assignee": Field("assignee"),
        "groups": Field.of("groups", [Set(key=str.casefold)]),
        "notes": Field.of("notes", [Items(NOTE)]),
    }
)
SCHEMAS = {"tines": SCHEMA}

Plans = st.SearchStrategy[Plan]


def address(name: str) -> Address:
    return Address("soc", name)


def plan(*changes: Change, **more: Any) -> Plan:
    values: dict[str, Any] = {
        "workspace": "acme",
        "lineage": LINEAGE,
        "serial": 7,
        "created_at": "2026-01-01T00:00:00Z",
        "changes": changes,
        **more,
    }
    return Plan(**values)


UPDATE = Change(
    address("phishing-wave"),
    "tines",
    Action.UPDATE,
    id="42",
    url="https://acme.tines.com/cases/42",
    fields=(
        FieldChange(("metadata", "region"), ABSENT, "emea", Cause.CONFIG),
        FieldChange(("priority",), "low", "high", Cause.CONFIG),
        FieldChange(("tags",), frozenset({"triage", "phishing"}), frozenset({"phishing", "q4"}), Cause.BOTH),
    ),
    operations=(
        Operation(
            "PUT",
            "/api/v2/cases/42",
            {"priority": "high", "add_tag_names": ["q4"], "remove_tag_names": ["triage"]},
            "set priority; add 1 tag; remove 1 tag",
        ),
        Operation(
            "POST", "/api/v2/cases/42/metadata", {"metadata": {"region": "emea"}}, "add 1 key", repeat=Repeat.LOOK
        ),
    ),
)

RECORD = Record(
    address("new"),
    "tines",
    "",
    "",
    {"name": "New", "tags": frozenset({"a"}), "metadata": {"k": Digest("sha256:" + "0" * 64)}},
    handles={"tasks.triage": "991"},
    depends_on=(address("other"),),
    lifecycle=Lifecycle(OnRemove.CLOSE, prevent_delete=True, ignore_changes=("description",)),
    updated_at="2026-01-01T00:00:00Z",
)

CREATE = Change(
    address("new"),
    "tines",
    Action.CREATE,
    fields=(
        FieldChange(("metadata", "parent"), ABSENT, Ref("other", "id")),
        FieldChange(("metadata", "see"), ABSENT, Template(("see ", Ref("other", "url")))),
        FieldChange(("metadata", "token"), ABSENT, Digest("sha256:" + "0" * 64)),
        FieldChange(("name",), ABSENT, "New"),
        FieldChange(("tags",), ABSENT, frozenset({"a", "b c"})),
    ),
    operations=(
        Operation(
            "POST",
            "/api/v2/cases",
            {
                "name": "New",
                "metadata": {"reconciler": Marker(LINEAGE, "soc.new", 7), "parent": Ref("other", "id")},
            },
            "create with 1 tag",
            fields=(("name",), ("tags",)),
            captures={"id": ("case_id",), "url": ("url",)},
            expects=(
                (("tags", "*", "name"), ["a", "b c"]),
                (("metadata", "reconciler"), Marker(LINEAGE, "soc.new", 7)),
            ),
            repeat=Repeat.LOOK,
        ),
        Operation("DELETE", "/api/v2/cases/${cases.new.id}/x", None, "remove the key's user", droppable=True),
    ),
    reason="was deleted outside",
    record=RECORD,
    base="sha256:base",
)

MOVED = Change(
    address("new-name"),
    "tines",
    Action.NO_OP,
    id="47",
    url="https://acme.tines.com/cases/47",
    record=replace(RECORD, address=address("new-name"), id="47"),
    base="sha256:base",
    moved_from=address("old-name"),
)

DELETE = Change(
    address("gone"),
    "tines",
    Action.DELETE,
    "9",
    operations=(Operation("DELETE", "/api/v2/cases/9", None, "delete"),),
)
RELEASE = Change(address("left"), "tines", Action.RELEASE, "10")
CLOSE = Change(
    address("done"),
    "tines",
    Action.RELEASE,
    "11",
    fields=(FieldChange(("status",), "open", "closed"),),
    operations=(Operation("PUT", "/api/v2/cases/11", {"status": "CLOSED"}, "close"),),
)
IMPORT = Change(address("found"), "tines", Action.IMPORT, "12")

OBJECTIONS = (
    Objection("mind", Severity.ADVISORY, "Mind.", Location("policies/a.yaml", 7), overridden=False),
    Objection(
        "never",
        Severity.HARD,
        "Cases are closed,\n::error::never deleted.",
        Location("policies/a.yaml", 2),
        address("gone"),
        "https://wiki.acme.example/never",
    ),
    Objection("ask", Severity.SOFT, "Ask.", Location("policies/b.yaml", 2), address("new"), overridden=True),
    Objection(
        "guard",
        Severity.HARD,
        "cannot be evaluated: x",
        Location("policies/b.yaml", 9),
        address("new"),
        unclear=True,
    ),
)

ADVERSARY = Entry.of({"type": "Adversary", "name": "Extreme Bad Guy", "associated_artifacts": [4]})
ITEMS = Change(
    address("vendor"),
    "tines",
    Action.UPDATE,
    id="1",
    fields=(
        FieldChange(("assignee",), {"user": "jane@acme.example"}, {"group": "SOC Team"}, Cause.DRIFT),
        FieldChange(("attributes", "rate", "value"), "30", "75"),
        FieldChange(("groups",), frozenset({"Campaign: Autumn"}), frozenset({ADVERSARY}), shared=True),
        FieldChange(
            ("notes", "first"),
            ABSENT,
            {
                "labels": frozenset({"b", "a"}),
                "secret": Digest("sha256:" + "0" * 64),
                "see": Ref("b", "url"),
                "text": "one\ntwo",
                "title": None,
            },
        ),
        FieldChange(("notes", "second"), {"text": "gone", "author": {"user": "omar"}}, ABSENT, Cause.BOTH),
    ),
    operations=(
        Operation(
            "PUT",
            "/v3/cases/1",
            {"associatedGroups": {"data": [{"type": "Adversary", "name": "Extreme Bad Guy"}], "mode": "append"}},
            "add 1 group",
            query=(("fields", "tags"), ("fields", "notes & more")),
            verifies=("tags",),
            after=("b",),
        ),
        Operation(
            "POST",
            "/v3/notes",
            {"caseId": 1, "text": "one\ntwo"},
            "add note first",
            captures={"notes.first": ("data", "id")},
            repeat=Repeat.LOOK,
            makes={("notes", "first"): None, ("tasks", "triage"): "xid-1"},
        ),
    ),
)

WHOLE = Change(
    address("whole"),
    "tines",
    Action.UPDATE,
    id="2304",
    fields=(
        FieldChange(("name",), "A", 'Ä "B"'),
        FieldChange(("tags",), frozenset({"a"}), frozenset({"a", "b"}), shared=True),
    ),
    operations=(
        Operation(
            "PUT",
            "/api/cases/2304",
            {"IssueTitle": 'Ä "B"', "MilestoneID": 0, "TagsCSV": "a,rc-0123456789abcdef,b"},
            "set name; add 1 tag",
            fields=(("name",), ("tags",)),
            as_text=True,
            merges={"TagsCSV": Merge("tags", ("a", "rc-0123456789abcdef"))},
            along={"category": "Mail", "assignee": 17, "milestone": None},
            reads_back=True,
            otherwise=(
                Operation("PUT", "/api/cases/2304", {"IssueTitle": 'Ä "B"'}, "set name", reads_back=True),
                Operation("PUT", "/api/cases/2304", {"TagsCSV": "a,b"}, "add 1 tag", last=True),
            ),
        ),
        Operation("PUT", "/api/cases/2304", {"IssueTitle": Ref("b", "id")}, "set name", as_text=True),
        Operation("PUT", "/api/cases/2304", {"T": Digest("sha256:" + "0" * 64)}, "set name", as_text=True),
    ),
)

SHARED = Change(
    address("shared"),
    "tines",
    Action.UPDATE,
    id="1",
    fields=(FieldChange(("metadata", "os"), ABSENT, "Linux"),),
    operations=(
        Operation(
            "POST",
            "/api/v2/cases/bulk/fields",
            {"case_ids": [1, 2], "fields": [{"input_id": 1, "value": "Linux", "upsert": True}]},
            "set 1 field on 2 cases",
            fields=(("metadata", "os"),),
            each=Each("case_ids", 50, ("cases", "*", "case_id")),
            others={address("shared-too"): (("metadata", "os"),)},
        ),
        Operation(
            "POST",
            "/api/v2/cases/1/records",
            {"record_id": 7},
            "add 1 record",
            repeat=Repeat.LOOK,
            part=Part(("tags",), add=frozenset({"7"}), remove=frozenset({Digest("sha256:" + "0" * 64)})),
        ),
    ),
)
SHARED_TOO = Change(
    address("shared-too"),
    "tines",
    Action.UPDATE,
    id="2",
    fields=(FieldChange(("metadata", "os"), ABSENT, "Linux"),),
)

DRIFT = (
    Drift(address("missing"), missing=True, id="13"),
    Drift(
        address("phishing-wave"),
        (
            DriftedField(("description",), "text", None),
            DriftedField(("metadata", "owner"), "ann", ABSENT),
            DriftedField(("priority",), "high", "low"),
            DriftedField(("tags",), frozenset({"a"}), frozenset({"a", "b"})),
        ),
        id="42",
        url="https://acme.tines.com/cases/42",
    ),
)


# ------------------------------------------------------------------------------------------ any plan at all

ONE_OF_EACH = plan(UPDATE, CREATE, DELETE, RELEASE, IMPORT, ITEMS, drift=DRIFT)

TEXT = st.text(max_size=8)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,6}", fullmatch=True)
ADDRESSES = st.builds(Address, NAMES, NAMES)
REFS = st.builds(Ref, NAMES, st.sampled_from(["id", "url"]))
DIGESTS = st.binary(min_size=32, max_size=32).map(lambda raw: Digest(f"sha256:{raw.hex()}"))
TEMPLATES = st.builds(
    lambda text, ref, more: Template((text, ref, *([more] if more else []))),
    TEXT.filter(lambda text: bool(text) and not text.endswith("$")),
    REFS,
    TEXT,
)
LEAVES = TEXT | st.integers() | st.none() | st.booleans() | REFS | DIGESTS | TEMPLATES
KEYS = TEXT | st.sampled_from(["unknown", "secret", "literal"])
JSON_VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
OBJECTS = st.dictionaries(KEYS, JSON_VALUES, max_size=2)
ENTRIES = st.builds(
    lambda known, more: Entry.of({**more, **known}),
    st.fixed_dictionaries({"type": TEXT, "name": TEXT | DIGESTS}, optional={"summary": TEXT}),
    OBJECTS,
)
MEMBERS = st.frozensets(TEXT | REFS | DIGESTS | st.integers() | ENTRIES, max_size=4)
ITEM = st.dictionaries(KEYS, JSON_VALUES | MEMBERS, max_size=3)
PATHS = st.lists(TEXT, min_size=1, max_size=2).map(tuple)
STEPS = st.lists(TEXT | st.integers(0, 3), max_size=3).map(tuple)
ABSENTS = st.just(ABSENT)
FIELDS = st.builds(
    FieldChange,
    PATHS,
    JSON_VALUES | MEMBERS | ITEM | ABSENTS,
    JSON_VALUES | ITEM | ABSENTS,
    st.sampled_from(Cause),
) | st.builds(
    FieldChange, PATHS, MEMBERS | ABSENTS | st.none(), MEMBERS, st.sampled_from(Cause), shared=st.booleans()
)
MARKERS = st.builds(Marker, st.just(LINEAGE), ADDRESSES.map(str), st.integers(0, 99))
BODIES = st.none() | st.dictionaries(KEYS, JSON_VALUES | MARKERS, max_size=3)
MERGES = st.builds(Merge, TEXT, st.lists(TEXT, max_size=2).map(tuple))
_PLAIN = st.builds(Operation, st.just("PUT"), st.just("/x"), BODIES, TEXT, last=st.booleans())
OPERATIONS = st.builds(
    Operation,
    st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]),
    st.from_regex(r"/[a-z0-9]{1,5}(/[a-z0-9?=&%$.{}]{0,5}){0,2}", fullmatch=True),
    BODIES,
    TEXT,
    query=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
    fields=st.lists(PATHS, max_size=2).map(tuple),
    captures=st.dictionaries(TEXT, STEPS, max_size=2),
    expects=st.lists(st.tuples(STEPS, JSON_VALUES | MARKERS), max_size=2).map(tuple),
    repeat=st.sampled_from(Repeat),
    droppable=st.booleans(),
    makes=st.dictionaries(st.tuples(TEXT, TEXT), st.none() | TEXT, max_size=2),
    verifies=st.lists(TEXT, max_size=2).map(tuple),
    after=st.lists(NAMES, max_size=2).map(tuple),
    as_text=st.booleans(),
    merges=st.dictionaries(TEXT, MERGES, max_size=2),
    along=st.dictionaries(TEXT, TEXT | st.integers() | st.none(), max_size=2),
    otherwise=st.lists(_PLAIN, max_size=2).map(tuple),
    last=st.booleans(),
    reads_back=st.booleans(),
    each=st.none() | st.builds(Each, TEXT, st.integers(1, 99), STEPS),
    others=st.dictionaries(ADDRESSES, st.lists(PATHS, max_size=2).map(tuple), max_size=2),
    part=st.none() | st.builds(Part, PATHS, MEMBERS, MEMBERS),
)
RECORDED = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXT | DIGESTS | REFS,
        "priority": TEXT.map(str.lower),
        "description": st.none() | TEXT,
        "tags": st.frozensets(TEXT | REFS | DIGESTS | st.integers(), max_size=4),
        "metadata": st.dictionaries(KEYS, TEXT | DIGESTS, max_size=3),
        "assignee": st.none() | OBJECTS,
        "groups": MEMBERS.map(SCHEMA.fields["groups"].normal),
        "notes": st.dictionaries(
            KEYS,
            st.fixed_dictionaries(
                {}, optional={"text": TEXT | DIGESTS, "secret": TEXT, "labels": st.frozensets(TEXT, max_size=2)}
            ),
            max_size=2,
        ),
    },
)
LIFECYCLES = st.builds(Lifecycle, st.sampled_from(OnRemove), st.booleans(), st.lists(TEXT, max_size=2).map(tuple))
RECORDS = st.builds(
    Record,
    ADDRESSES,
    st.just("tines"),
    TEXT,
    TEXT,
    RECORDED,
    st.dictionaries(TEXT, TEXT, max_size=2),
    st.lists(ADDRESSES, max_size=2).map(tuple),
    LIFECYCLES,
    TEXT,
)
CHANGES = st.builds(
    Change,
    ADDRESSES,
    st.just("tines"),
    st.sampled_from(Action),
    st.none() | TEXT,
    st.none() | TEXT,
    st.lists(FIELDS, max_size=3).map(tuple),
    st.lists(OPERATIONS, max_size=2).map(tuple),
    st.none() | TEXT,
    st.none() | RECORDS,
    st.none() | TEXT,
    depends_on=st.lists(ADDRESSES, max_size=3).map(tuple),
    moved_from=st.none() | ADDRESSES,
)
DRIFTED = st.builds(
    DriftedField, PATHS, JSON_VALUES | MEMBERS | ITEM | ABSENTS, JSON_VALUES | MEMBERS | ITEM | ABSENTS
)
DRIFTS = st.builds(
    Drift, ADDRESSES, st.lists(DRIFTED, max_size=2).map(tuple), st.booleans(), st.none() | TEXT, st.none() | TEXT
)
OBJECTED = st.builds(
    Objection,
    NAMES,
    st.sampled_from(Severity),
    TEXT,
    st.builds(Location, TEXT, st.integers(1, 99)),
    st.none() | ADDRESSES,
    st.none() | TEXT,
    st.booleans(),
    st.booleans(),
)
PLANS: Plans = st.builds(
    Plan,
    TEXT,
    st.just(LINEAGE),
    st.integers(0, 99),
    TEXT,
    st.lists(CHANGES, max_size=3).map(tuple),
    st.lists(DRIFTS, max_size=2).map(tuple),
    st.integers(0, 99),
    st.lists(RECORDS, max_size=2).map(tuple),
    st.lists(TEXT, max_size=2).map(tuple),
    st.integers(0, 99),
    st.lists(OBJECTED, max_size=3).map(tuple),
)
