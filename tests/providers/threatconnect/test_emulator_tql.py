"""
The query language of the emulated ThreatConnect instance.

The number in a test's name is the checklist's statement.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from reconciler.providers.emulation import Refused
from reconciler.providers.threatconnect.emulator.tql import compile_query
from reconciler.providers.threatconnect.emulator.tql_parameters import parameters_of
from tests.providers.threatconnect.world import CASES, World, data, refused


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def cases(world: World) -> World:
    """One case with something of everything (first-case), a closed one (other-case), and a bare one."""
    seed = world.emulator.seed_case
    first = seed(
        name="First",
        xid="first-case-1",
        severity="High",
        description="100% sure",
        assignee={"type": "User", "data": {"userName": "omar@acme.example"}},
        tags=["Hacker", "Phishing"],
        artifacts=[{"type": "Host", "summary": "badguy.com", "notes": data({"text": "on the host"})}],
        notes=[{"text": "look here"}],
        tasks=[{"name": "Call", "xid": "first-case-task"}],
        associatedGroups=[{"id": 8001}],
        associatedIndicators=[{"id": 9001}],
        workflowTemplate={"id": 2},
    )
    world.clock.tick(86_400)
    empty: dict[str, Any] = dict.fromkeys(("attributes", "artifacts", "notes", "tasks"), ())
    seed(
        name="Second",
        xid="other-case-2",
        status="Closed",
        resolution="False Positive",
        tags=["vip"],
        assignee={"type": "Group", "data": {"name": "SOC Team"}},
        associatedCases=[{"id": first}],
        **empty,
    )
    world.clock.tick(86_400)
    seed(name='Third "3"', xid="third-case-3", tags=[], **empty)
    return world


def found(world: World, tql: str, path: str = CASES) -> list[Any]:
    return [item["id"] for item in world.read(path, tql=tql)["data"]]


@pytest.mark.parametrize(
    "tql",
    [
        "Invalid TQL",
        "xid",
        "xid =",
        "xid in",
        "xid in ()",
        'xid in ("a",)',
        'xid in ("a"',
        'xid in "a"',
        'xid = ("a")',
        'xid = "a" and',
        'xid = "a" xid = "b"',
        'xid = "a" & xid = "b"',
        '(xid = "a"',
        'xid = "a")',
        'unknown = "a"',
        '"xid" = "a"',
        'xid not = "a"',
        'xid not "a"',
        "xid like 5",
        "xid = bare",
        "xid is nothing",
        "xid = 5",
        'id = "5"',
        "id = 5x",
        "id contains 5",
        "detectionOverdue = 1",
        "detectionOverdue > true",
        'dateAdded > "soon"',
        'xid > "a"',
        'hasTag = "a"',
        'hasTag(name = "a"',
        'hasTag(severity = "Low")',
        "hasTag is null",
        'hasNote(text = "no parameter of notes")',
        r'xid = "a\n"',
        "not (id = 1)",
        "hasAllTags(id = 1)",
        "(" * 60 + "id = 1" + ")" * 60,
    ],
)
def test_13_what_is_no_query_is_400(world: World, tql: str) -> None:
    assert refused(world.send("GET", CASES, tql=tql), 400, "0x2001")


@pytest.mark.parametrize(
    ("tql", "ids"),
    [
        ('xid in ("first-case-1","third-case-3")', [1, 3]),
        ('xid in ("first-case-1","unheard-of-9")', [1]),
        ("id in (1,2)", [1, 2]),
        ("id not in (1,2)", [3]),
        ('XID iN ("first-case-1")', [1]),
        ("ID In (2)", [2]),
        ('idAsString = "2"', [2]),
        ("id = 1", [1]),
        ("id == 1", [1]),
        ("id eq 1", [1]),
        ("id EQUALS 1", [1]),
        ("id != 1", [2, 3]),
        ("id ne 1", [2, 3]),
        ("id > 1", [2, 3]),
        ("id GT 2", [3]),
        ("id < 2", [1]),
        ("id lt 3", [1, 2]),
        ("id >= 2", [2, 3]),
        ("id geq 3", [3]),
        ("id <= 1", [1]),
        ("id leq 2", [1, 2]),
        ("id > -1 and id<=2", [1, 2]),
    ],
)
def test_14_identity_is_compared_in_any_letter_case_of_the_words(cases: World, tql: str, ids: list[int]) -> None:
    assert found(cases, tql) == ids


@pytest.mark.parametrize(
    ("tql", "ids"),
    [
        (r'name = "Third \"3\""', [3]),
        ("name = 'Third \"3\"'", [3]),
        (r"name = 'Third \'3\''", []),
        (r'name = "Third \`3\\"', []),
        ('name = "or and in"', []),
    ],
)
def test_15_an_escaped_quote_is_itself(cases: World, tql: str, ids: list[int]) -> None:
    assert found(cases, tql) == ids


@pytest.mark.parametrize("tql", ['name = "Third "3""', 'name = "Third', "name = 'it's'", 'name = "a""b"'])
def test_15_an_unescaped_quote_is_400(world: World, tql: str) -> None:
    assert refused(world.send("GET", CASES, tql=tql), 400, "0x2001")


@pytest.mark.parametrize(
    ("tql", "ids"),
    [
        ('name like "%ir%"', [1, 3]),
        ('name like "ir"', []),
        ('description like "100%"', [1]),
        ('name not like "%ir%"', [2]),
        ('name contains "ir"', [1, 3]),
        ('name not contains "ir"', [2]),
        ('xid startswith "first"', [1]),
        ('xid not STARTSWITH "first"', [2, 3]),
        ('xid endswith "-2"', [2]),
        ('xid not endswith "-2"', [1, 3]),
        ('xid contains "."', []),
        ("description is null", [2, 3]),
        ("description is not null", [1]),
        ('description != "other"', [1]),
        ("tag is null", [3]),
        ("tag IS NOT NULL", [1, 2]),
        ('severity = "High" or status = "Closed"', [1, 2]),
        ('severity = "Low" and status = "Closed" or id = 1', [1, 2]),
        ('severity = "Low" and (status = "Closed" or id = 1)', [2]),
        ("((id = 1))", [1]),
    ],
)
def test_texts_nulls_and_connectives(cases: World, tql: str, ids: list[int]) -> None:
    assert found(cases, tql) == ids


@pytest.mark.parametrize(
    ("tql", "ids"),
    [
        ('tag in ("hacker")', [1]),
        ('tag = "HACKER"', [1]),
        ('tag in ("hacker","VIP")', [1, 2]),
        ('tag not in ("hacker")', [2, 3]),
        ('tag != "vip"', [1, 3]),
        ('tag startswith "Hack"', [1]),
        ('attackTag = "phishing"', [1]),
        ('hasTag(name = "Hacker")', [1]),
        ('hasTag(name = "hacker")', []),
        ('hasTag(summary = "hacker" or techniqueId = "T0000")', [1]),
        ("hasTag(hasCase(id = 2)) and id = 2", [2]),
        ("hasGroup(id = 8001)", [1]),
        ('hasGroup(summary = "known bad guy" and typeName = "Adversary")', [1]),
        ('hasIndicator(typeName = "Address" and summary = "10.0.0.9")', [1]),
        ('hasArtifact(summary = "badguy.com")', [1]),
        ('hasArtifact(hasNote(data contains "host"))', [1]),
        ('hasNote(summary = "look here")', [1]),
        ('hasTask(xid = "first-case-task")', [1]),
        ('hasWorkflowTemplate(name = "Malware triage")', [1]),
    ],
)
def test_tags_and_nested_queries(cases: World, tql: str, ids: list[int]) -> None:
    assert found(cases, tql) == ids


def test_the_cases_linked_to_a_case_come_with_the_case_itself(cases: World) -> None:
    assert found(cases, "hasCase(id = 1)") == [1, 2]
    assert found(cases, "hasCase(id = 3)") == []


@pytest.mark.parametrize(
    ("tql", "ids"),
    [
        ('assigneeName = "omar@acme.example"', [1]),
        ('assigneeName = "SOC Team"', [2]),
        ('assignedToUserOrGroup = "None"', [3]),
        ('assignedToUserOrGroup in ("User","Group")', [1, 2]),
        ("targetId = 4", [1]),
        ('targetType = "Group"', [2]),
        ("targetType is null", [3]),
        ('createdBy = "jane@acme.example"', [1, 2, 3]),
        ("createdById = 2", [1, 2, 3]),
        ('caseCloseUser = "jane@acme.example"', [2]),
        ("caseDetectionUser is null and caseOccurrenceUser is null", [1, 2, 3]),
        ('resolution = "False Positive"', [2]),
        ('typeName = "First"', [1]),
        ("owner = 1", [1, 2, 3]),
        ('ownerName = "Threat Lab"', []),
        ("detectionOverdue = false", [1, 2, 3]),
        ("responseOverdue = TRUE", []),
        ("missingArtifactCount = 0", [1, 2, 3]),
        ("calScore is null", [1, 2, 3]),
    ],
)
def test_people_owners_and_scores(cases: World, tql: str, ids: list[int]) -> None:
    assert found(cases, tql) == ids


@pytest.mark.parametrize(
    ("tql", "ids"),
    [
        ('dateAdded < "2026-03-02"', [1]),
        ('dateAdded >= "2026-03-02 10:00:00"', [2, 3]),
        ('dateAdded > "2026-03-02T12:00:00+02:00"', [3]),
        ('dateAdded = "2026-03-02T10:00:00Z"', [2]),
        ('dateAdded > "TODAY()"', [3]),
        ('caseOpenTime < "today()"', [1, 2]),
        ("caseCloseTime is not null", [2]),
        ("detectionDue is null", [1, 2, 3]),
    ],
)
def test_dates(cases: World, tql: str, ids: list[int]) -> None:
    assert found(cases, tql) == ids


@pytest.mark.parametrize(
    ("kind", "tql", "count"),
    [
        ("notes", "caseId = 1", 2),
        ("notes", "artifactId is not null", 1),
        ("notes", 'hasArtifact(type = "Host")', 1),
        ("notes", "hasTask(id > 0)", 0),
        ("notes", 'author = "jane@acme.example" and hasCase(xid = "first-case-1")', 2),
        ("tasks", 'caseIdAsString = "1" and caseSeverity = "High" and owner = 1', 1),
        ("tasks", 'xid = "first-case-task" and ownerName = "Demo Organization"', 1),
        ("tasks", "required = true or automated = true", 0),
        ("tasks", "completedBy is null and assigneeName is null", 1),
        ("tasks", "hasArtifact(id > 0) or hasNote(id > 0)", 0),
        ("artifacts", 'caseId in (1) and typeName = "Host"', 1),
        ("artifacts", "noteId > 0", 1),
        ("artifacts", "hasGroup(id > 0) or hasIndicator(id > 0) or hasTask(id > 0)", 0),
        ("workflowEvents", "systemGenerated = true and deleted = false", 3),
        ("workflowEvents", 'userName = "jane@acme.example" and link is null', 3),
        ("caseAttributes", 'typeName = "Description" and text startswith "Written"', 1),
        ("caseAttributes", 'type = 52 and maxSize > 100 and user = "jane@acme.example" and owner = 1', 1),
        ("caseAttributes", 'ownerName = "Demo Organization"', 1),
        ("tags", "caseId = 1", 2),
        ("tags", 'techniqueId = "T1566" and ownerName is null', 1),
        ("tags", "normalized = true", 0),
        ("tags", 'associatedCase = 2 and ownerName = "Demo Organization"', 1),
        ("groups", "hasCase(id = 1)", 1),
        ("groups", "hasArtifact(id > 0)", 0),
        ("groups", 'ownerName = "Demo Organization" and dateAdded < "2027-01-01"', 2),
        ("indicators", 'typeName = "Host" and summary = "BADGUY.com"', 1),
        ("attributeTypes", 'name = "Ticket"', 1),
        ("workflowTemplates", 'name contains "triage"', 2),
        ("security/users", 'userName = "omar@acme.example"', 1),
        ("security/userGroups", "id = 1", 1),
    ],
)
def test_other_objects_have_parameters_of_their_own(cases: World, kind: str, tql: str, count: int) -> None:
    assert len(found(cases, tql, f"/api/v3/{kind}")) == count


def test_there_is_no_parameter_for_the_xid_of_a_group(world: World) -> None:
    assert refused(world.send("GET", "/api/v3/groups", tql='xid = "a"'), 400, "0x2001")


def test_a_query_about_10000_things_takes_little_time(world: World) -> None:
    first = world.emulator.seed_case()
    case = world.emulator._tenant.cases[first]
    fits = compile_query("id >= 1 and id <= 2000", parameters_of("cases", world.emulator._tenant))
    begun = time.perf_counter()
    assert sum(fits(case) for _ in range(10_000)) == 10_000
    assert time.perf_counter() - begun < 1.0


def test_the_error_says_what_is_wrong(world: World) -> None:
    with pytest.raises(Refused, match="unknown parameter 'colour'"):
        compile_query('colour = "red"', parameters_of("cases", world.emulator._tenant))
