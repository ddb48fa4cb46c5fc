"""
The conformance checklist of the ThreatConnect API reference, statement by statement: cases without modes.

The number in a test's name is the statement's. The modes, the children and the query language have files of
their own.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import httpx
import pytest

from reconciler.providers.threatconnect.emulator import SWITCH_SETTINGS, ThreatConnectSwitches
from tests.providers.threatconnect.world import CASES, EVERYTHING, ORIGIN, World, data, refused

JANE, OMAR = "jane@acme.example", "omar@acme.example"


@pytest.fixture
def world() -> World:
    return World()


def ids_of(page: Any) -> list[int]:
    return [item["id"] for item in page["data"]]


def user(user_name: str) -> dict[str, Any]:
    return {"type": "User", "data": {"userName": user_name}}


# ---------------------------------------------------------------------------- auth and transport


def test_01_no_authorization_is_403(world: World) -> None:
    assert refused(world.client_with({}).get(CASES), 403, "0x1003")


def test_02_a_token_that_is_valid_is_let_in_and_another_is_401(world: World) -> None:
    assert world.client.get(CASES).status_code == 200
    assert refused(world.client_with({"authorization": "TC-Token expired"}).get(CASES), 401, "0x1002")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", f"{CASES}/99", None, 404),
        ("GET", f"{CASES}?resultLimit=no", None, 400),
        ("POST", CASES, {"name": "x"}, 400),
        ("POST", CASES, ["no object"], 400),
        ("DELETE", CASES, None, 405),
        ("GET", "/api/v3/nothing", None, 404),
        ("PUT", f"{CASES}/99", {"name": "x"}, 404),
    ],
)
def test_07_every_error_has_a_status_a_message_and_a_code(
    world: World, method: str, path: str, body: Any, status: int
) -> None:
    answer = world.send(method, path, body)

    assert refused(answer, status)
    assert answer.json()["errCode"].startswith("0x")


def test_07_a_body_that_is_no_json_is_400(world: World) -> None:
    answer = world.client.post(CASES, content=b"{", headers={"content-type": "application/json"})

    assert refused(answer, 400, "0x1001")


def test_every_answer_says_when(world: World) -> None:
    for path in (CASES, f"{CASES}/99"):
        assert world.client.get(path).headers["date"] == "Sun, 01 Mar 2026 10:00:00 GMT"


def test_a_slash_at_the_end_makes_no_difference(world: World) -> None:
    case_id = world.create()["id"]

    assert world.client.get(f"{CASES}/{case_id}/").json() == world.client.get(f"{CASES}/{case_id}").json()


# --------------------------------------------------------------------------------------- listing


def test_08_a_list_has_100_items_and_names_the_next_page(world: World) -> None:
    for number in range(101):
        world.emulator.seed_case(name=f"c{number}")

    page = world.read(CASES)

    assert len(page["data"]) == 100
    assert page["next"] == f"{ORIGIN}{CASES}?resultStart=100&resultLimit=100"
    assert "prev" not in page


def test_09_following_next_yields_every_case_once_and_keeps_the_query(world: World) -> None:
    for number in range(7):
        world.emulator.seed_case(name=f"c {number}")
    asked = {
        "tql": 'name startsWith "c"',
        "fields": ["tags", "notes"],
        "sorting": "id desc",
        "owner": "Demo Organization",
        "resultLimit": 3,
    }

    page, found, keys = world.read(CASES, **asked), [], []
    while True:
        found += ids_of(page)
        keys += [set(item) >= {"tags", "notes"} for item in page["data"]]
        if "next" not in page:
            break
        page = world.client.get(page["next"]).json()

    assert found == [7, 6, 5, 4, 3, 2, 1]
    assert all(keys)


def test_10_prev_of_a_page_near_the_start_begins_at_0(world: World) -> None:
    world.emulator.seed_case()

    page = world.read(CASES, resultStart=5, resultLimit=10)

    assert page["prev"] == f"{ORIGIN}{CASES}?resultStart=0&resultLimit=10"
    assert page["data"] == []


def test_11_the_count_comes_when_asked_and_with_the_first_page_only(world: World) -> None:
    world.emulator.seed_case()
    world.emulator.seed_case()

    assert world.read(CASES, count="true", resultLimit=1)["count"] == 2
    assert "count" not in world.read(CASES)
    assert "count" not in world.read(CASES, count="true", resultStart=1)


@pytest.mark.parametrize("query", ["resultLimit=10001", "resultLimit=-1", "resultLimit=x", "resultStart=-1"])
def test_12_a_page_that_cannot_be_is_400(world: World, query: str) -> None:
    assert refused(world.client.get(f"{CASES}?{query}"), 400, "0x1001")


def test_12_the_largest_page_is_10000(world: World) -> None:
    assert world.read(CASES, resultLimit=10_000)["data"] == []


@pytest.mark.parametrize(
    ("sorting", "names"),
    [
        ("id%20desc", ["a", "b", "a"]),
        ("name%20asc%20id%20desc", ["a", "a", "b"]),
        ("name%20id", ["a", "a", "b"]),
    ],
)
def test_16_a_list_is_sorted_as_asked(world: World, sorting: str, names: list[str]) -> None:
    for name in ("a", "b", "a"):
        world.emulator.seed_case(name=name)

    page = world.client.get(f"{CASES}?sorting={sorting}").json()

    assert [item["name"] for item in page["data"]] == names
    if names[1] == "a":
        assert ids_of(page) == ([3, 1, 2] if "desc" in sorting else [1, 3, 2])


def test_16_what_has_no_value_sorts_last_or_first(world: World) -> None:
    for name, closed in (("closed", True), ("open", False)):
        world.emulator.seed_case(name=name, status="Closed" if closed else "Open")

    def names(sorting: str) -> list[str]:
        return [item["name"] for item in world.read(CASES, sorting=sorting)["data"]]

    assert names("caseCloseTime desc") == ["closed", "open"]
    assert names("caseCloseTime asc nullsfirst") == ["open", "closed"]


def test_16_nobody_sorts_by_what_is_unknown(world: World) -> None:
    assert refused(world.send("GET", CASES, sorting="colour asc"), 400)


def test_17_a_get_with_a_body_equals_the_query(world: World) -> None:
    for number in range(3):
        world.emulator.seed_case(name=f"c{number}")
    asked = {"tql": "id in (1,3)", "fields": ["tags"], "sorting": "id desc", "count": True, "resultLimit": 1}

    by_body = world.send("GET", CASES, {"data": asked}).json()
    by_query = world.read(CASES, **{**asked, "count": "true"})

    assert by_body == by_query
    assert (ids_of(by_body), by_body["count"]) == ([3], 2)
    assert ids_of(world.client.get(by_body["next"]).json()) == [1]


def test_18_collections_are_absent_unless_asked_for_and_empty_ones_are_empty_objects(world: World) -> None:
    case_id = world.create()["id"]

    assert not set(EVERYTHING) & set(world.get(case_id))
    assert world.get(case_id, "tags", "notes") | {"tags": {}, "notes": {}} == world.get(case_id, "tags", "notes")
    assert "attributes" not in world.get(case_id, "tags")


@pytest.mark.parametrize(
    ("form", "shown"), [("absent", None), ("data", {"data": []}), ("count", {"count": 0}), ("{}", {})]
)
def test_18_knob_how_an_empty_collection_looks(form: str, shown: Any) -> None:
    world = World(empty_collection_form=form)

    assert world.create(("tags",)).get("tags") == shown


def test_a_dot_asks_for_something_of_a_collections_items(world: World) -> None:
    artifact = {"type": "Host", "summary": "badguy.com", "notes": data({"text": "of the artifact"})}

    shown = world.create(("artifacts.notes",), artifacts=data(artifact))

    assert shown["artifacts"]["data"][0]["notes"]["data"][0]["text"] == "of the artifact"


@pytest.mark.parametrize("name", ["colour", "includeTags", "artifacts.notes.artifact"])
def test_an_unknown_field_is_400(world: World, name: str) -> None:
    assert refused(world.send("GET", CASES, fields=name), 400)


def test_a_child_shows_what_it_hangs_on_when_asked(world: World) -> None:
    notes = data({"text": "deep"})
    artifact = {"type": "Host", "summary": "badguy.com", "notes": notes}
    case_id = world.create(
        tasks=data({"name": "t", "artifacts": data(artifact), "notes": notes}),
        workflowEvents=data({"summary": "e", "notes": notes}),
    )["id"]

    found = world.read("/api/v3/notes", fields=["parentCase", "artifact", "task", "workflowEvent"])["data"]
    [of_task_artifact] = world.read("/api/v3/artifacts", fields=["caseId", "task", "parentCase"])["data"]

    assert {note["parentCase"]["id"] for note in found} == {case_id}
    hung_on = [name for note in found for name in ("artifact", "task", "workflowEvent") if name in note]
    assert sorted(hung_on) == ["artifact", "task", "workflowEvent"]
    assert (of_task_artifact["caseId"], of_task_artifact["task"]["name"]) == (case_id, "t")
    assert of_task_artifact["parentCase"]["id"] == case_id


def test_a_query_about_today_is_asked_anew_every_day(world: World) -> None:
    world.emulator.seed_case()
    asked = {"tql": 'dateAdded >= "TODAY()"'}

    assert ids_of(world.read(CASES, **asked)) == [1]
    world.clock.tick(86_400)
    assert ids_of(world.read(CASES, **asked)) == []


def test_an_owner_that_is_unknown_is_403_and_another_has_no_cases(world: World) -> None:
    world.create()

    for path in (CASES, f"{CASES}/1"):
        assert refused(world.send("GET", path, owner="Nobody"), 403)
    assert world.read(CASES, owner="Threat Lab")["data"] == []
    body = {"name": "n", "status": "Open", "severity": "Low"}
    assert refused(world.send("POST", f"{CASES}?owner=Threat%20Lab", body), 400, "0x2002")


# ---------------------------------------------------------------------------------------- create


def test_21_a_case_of_three_fields_has_defaults(world: World) -> None:
    answer = world.send("POST", CASES, {"name": "n", "status": "Open", "severity": "Low"})
    case = answer.json()["data"]

    assert (answer.status_code, answer.json()["message"]) == (201, "Created")
    assert case["resolution"] == "Not Specified"
    assert len(case["xid"]) == 36
    assert case["caseOpenTime"] == case["dateAdded"] == "2026-03-01T10:00:00Z"
    assert case["createdBy"] == {"id": 3, "userName": "11112222333344445555"}
    assert (case["owner"], case["ownerId"]) == ("Demo Organization", 1)
    assert not {"assignee", "description", "caseCloseTime", "webLink"} & set(case)


def test_21_more_about_the_author_comes_when_asked(world: World) -> None:
    assert world.create(("userDetails",))["createdBy"]["pseudonym"] == "CaseAutomation"


@pytest.mark.parametrize("missing", ["name", "status", "severity"])
def test_22_what_is_required_is_required(world: World, missing: str) -> None:
    body = {"name": "n", "status": "Open", "severity": "Low"}
    del body[missing]

    assert refused(world.send("POST", CASES, body), 400, "0x2003")


@pytest.mark.parametrize(
    "wrong",
    [
        {"severity": "Urgent"},
        {"status": "open"},
        {"resolution": "Gone"},
        {"name": "x" * 256},
        {"description": "x" * 1501},
        {"xid": "x" * 9},
        {"xid": "x" * 101},
        {"assignee": user("nobody@acme.example")},
        {"description": None},
        {"colour": "red"},
        {"owner": "x"},
    ],
)
def test_23_24_what_does_not_fit_is_400_and_makes_no_case(world: World, wrong: dict[str, Any]) -> None:
    body = {"name": "n", "status": "Open", "severity": "Low"} | wrong

    assert refused(world.send("POST", CASES, body), 400)
    assert world.emulator.cases() == []


def test_24_the_longest_values_are_taken(world: World) -> None:
    case = world.create(name="x" * 255, description="x" * 1500, xid="x" * 100)

    assert (len(case["name"]), len(case["description"]), len(case["xid"])) == (255, 1500, 100)


def test_25_an_xid_is_used_once(world: World) -> None:
    world.create(xid="tfcm-case-0001")

    again = world.send("POST", CASES, {"name": "n", "status": "Open", "severity": "Low", "xid": "tfcm-case-0001"})

    assert refused(again, 409, "0x1006")
    assert len(world.emulator.cases()) == 1


def test_25_knob_the_status_of_an_xid_used_twice() -> None:
    world = World(xid_conflict=400)
    body = {"name": "n", "status": "Open", "severity": "Low", "xid": "tfcm-case-0001"}
    world.send("POST", CASES, body)

    assert refused(world.send("POST", CASES, body), 400)


NESTED: dict[str, Any] = {
    "tags": data({"name": "mail-lure"}, {"techniqueId": "T1566"}),
    "attributes": data({"type": "Phishing Open Rate", "value": "30", "source": "lab"}),
    "artifacts": data({"summary": "badguy.com", "type": "Host", "associatedIndicators": data({"id": "9002"})}),
    "notes": data({"text": "first look"}),
    "tasks": data({"name": "Call user", "xid": "tfcm-case-0001-t1", "workflowPhase": 1, "workflowStep": 1}),
    "workflowEvents": data({"summary": "It began"}),
    "associatedGroups": data({"id": 8001}),
    "associatedIndicators": data({"type": "Host", "hostName": "badguy.com"}),
}


def test_26_everything_nested_is_made_and_shown(world: World) -> None:
    other = world.create(("associatedCases",))["id"]

    case = world.create(EVERYTHING, **NESTED, associatedCases=data({"id": other}))

    assert [tag["name"] for tag in case["tags"]["data"]] == ["mail-lure", "Phishing"]
    assert case["tags"]["data"][1]["techniqueId"] == "T1566"
    assert case["attributes"]["data"][0]["source"] == "lab"
    assert case["artifacts"]["data"][0]["intelType"] == "indicator-Host"
    assert case["notes"]["data"][0]["author"] == "11112222333344445555"
    assert case["tasks"]["data"][0]["xid"] == "tfcm-case-0001-t1"
    assert [event["summary"] for event in case["workflowEvents"]["data"]] == ["Case created", "It began"]
    assert [found["id"] for found in case["associatedGroups"]["data"]] == [8001]
    assert [found["hostName"] for found in case["associatedIndicators"]["data"]] == ["badguy.com"]
    assert [found["id"] for found in case["associatedCases"]["data"]] == [other]


@pytest.mark.parametrize(
    "wrong",
    [
        {"attributes": data({"type": "No Such Type", "value": "1"})},
        {"attributes": data({"type": "Host Notes", "value": "1"})},
        {"attributes": data({"type": "Kill Chain", "value": "Nap"})},
        {"artifacts": data({"type": "Banana", "summary": "x"})},
        {"associatedGroups": data({"id": 77})},
        {"associatedCases": data({"id": 77})},
        {"tasks": data({"name": "t", "dependentOnId": 77})},
        {"tags": data({"name": "x" * 129})},
        {"workflowTemplate": {"name": "No such template"}},
    ],
)
def test_27_something_wrong_inside_makes_nothing_at_all(world: World, wrong: dict[str, Any]) -> None:
    tags = world.emulator.tags()
    body = {"name": "n", "status": "Open", "severity": "Low"} | NESTED | wrong

    assert refused(world.send("POST", CASES, body), 400)
    assert world.emulator.cases() == []
    assert world.emulator.tags() == tags
    assert len(world.emulator.groups()) == 2


def test_27_a_nested_task_whose_xid_is_taken_makes_nothing(world: World) -> None:
    world.create(**NESTED)

    assert refused(world.send("POST", CASES, {"name": "n", "status": "Open", "severity": "Low"} | NESTED), 409)
    assert len(world.emulator.cases()) == 1


def test_26_children_bring_children_of_their_own(world: World) -> None:
    artifact = {"type": "Host", "summary": "badguy.com"}
    task = {"name": "t", "artifacts": data(artifact), "notes": data({"text": "of the task"})}
    event = {"summary": "e", "notes": data({"text": "of the event"})}

    case = world.create(
        ("tasks.artifacts", "tasks.notes", "workflowEvents.notes", "notes"),
        tasks=data(task),
        workflowEvents=data(event),
    )

    [task] = case["tasks"]["data"]
    assert [found["summary"] for found in task["artifacts"]["data"]] == ["badguy.com"]
    assert [note["taskId"] for note in task["notes"]["data"]] == [task["id"]]
    event = case["workflowEvents"]["data"][1]
    assert [note["workflowEventId"] for note in event["notes"]["data"]] == [event["id"]]
    assert case["notes"] == {}


def test_28_ids_may_be_strings(world: World) -> None:
    case = world.create(("associatedGroups",), associatedGroups=data({"id": "8002"}))

    assert case["associatedGroups"]["data"][0]["name"] == "Autumn"


def test_29_a_new_case_has_one_system_generated_event(world: World) -> None:
    events = world.create(("workflowEvents",))["workflowEvents"]["data"]

    assert [event["systemGenerated"] for event in events] == [True]


def test_a_template_adds_its_tasks_once(world: World) -> None:
    case = world.create(("tasks", "workflowTemplate"), workflowTemplate={"id": 1})

    assert [(task["name"], task["required"]) for task in case["tasks"]["data"]] == [
        ("Collect headers", True),
        ("Warn the recipients", False),
    ]
    assert case["workflowTemplate"]["name"] == "Phishing triage"
    assert refused(world.put(case["id"], workflowTemplate={"name": "Malware triage"}), 400, "0x2002")
    assert len(world.changed(case["id"], ("tasks",), workflowTemplate={"id": 1})["tasks"]["data"]) == 2


# --------------------------------------------------------------------------------- read, delete


@pytest.mark.parametrize("segment", ["99", "no-such-xid-here"])
def test_30_an_unknown_id_is_404(world: World, segment: str) -> None:
    assert refused(world.send("GET", f"{CASES}/{segment}"), 404, "0x1004")


def test_31_an_xid_in_the_path_is_a_knob() -> None:
    for on, status in ((False, 404), (True, 200)):
        world = World(xid_path=on)
        world.create(xid="tfcm-case-0001")
        assert world.send("GET", f"{CASES}/tfcm-case-0001").status_code == status


def test_32_a_deletion_takes_the_children_and_leaves_what_was_linked(world: World) -> None:
    other = world.create()["id"]
    case = world.create(EVERYTHING, **NESTED, associatedCases=data({"id": other}))
    before = (world.emulator.groups(), world.emulator.indicators(), world.emulator.tags())

    answer = world.send("DELETE", f"{CASES}/{case['id']}")

    assert answer.json() == {"message": "Deleted", "status": "Success"}
    for path in (f"cases/{case['id']}", f"notes/{case['notes']['data'][0]['id']}"):
        assert refused(world.send("GET", f"/api/v3/{path}"), 404)
    assert refused(world.send("DELETE", f"{CASES}/{case['id']}"), 404)
    assert (world.emulator.groups(), world.emulator.indicators(), world.emulator.tags()) == before
    assert world.get(other, "associatedCases")["associatedCases"] == {}


def test_32_the_xid_of_a_deleted_case_is_free_again(world: World) -> None:
    first = world.create(xid="tfcm-case-0001")
    world.send("DELETE", f"{CASES}/{first['id']}")

    assert world.create(xid="tfcm-case-0001")["id"] != first["id"]


def test_33_bulk_deletion_is_a_knob_and_needs_a_query(world: World) -> None:
    assert refused(world.send("DELETE", CASES, tql="id > 0"), 405, "0x1005")

    world = World(bulk_delete_allowed=True)
    for name in ("keep", "go", "go"):
        world.emulator.seed_case(name=name)

    assert refused(world.send("DELETE", CASES), 400)
    assert world.send("DELETE", CASES, tql='name = "go"').status_code == 200
    assert [case["name"] for case in world.emulator.cases()] == ["keep"]


# -------------------------------------------------------------------------------- update scalars


def test_34_one_scalar_changes_and_nothing_else(world: World) -> None:
    case_id = world.emulator.seed_case(description="d", assignee=user(JANE))
    before = world.emulator.case(case_id)

    world.changed(case_id, severity="High")

    after = world.emulator.case(case_id)
    assert {key for key in after if after[key] != before.get(key)} == {"severity", "workflowEvents"}


def test_35_an_update_shows_the_whole_case_later_updated(world: World) -> None:
    case = world.create(("tags",), tags=data({"name": "a"}))
    world.clock.tick()

    answer = world.put(case["id"], ("tags",), name="new")

    assert answer.json()["message"] == "Updated"
    assert answer.json()["data"] == {**case, "name": "new", "lastUpdated": "2026-03-01T10:01:00Z"}


def test_35_an_update_that_changes_nothing_moves_nothing(world: World) -> None:
    case = world.create(EVERYTHING)
    world.clock.tick()

    assert world.changed(case["id"], EVERYTHING, name="n") == case
    assert world.changed(case["id"], EVERYTHING) == case


@pytest.mark.parametrize(
    "wrong",
    [
        {"xid": "another-xid-0001"},
        {"id": 5},
        {"owner": "x"},
        {"dateAdded": "2026-01-01T00:00:00Z"},
        {"colour": "red"},
        {"description": None},
        {"assignee": {"type": "User", "data": {"userName": None}}},
        {"tags": {"data": [{"name": None}]}},
        {"caseOpenTime": "yesterday"},
    ],
)
def test_36_41_what_cannot_be_set_is_400_and_nothing_applies(world: World, wrong: dict[str, Any]) -> None:
    case_id = world.emulator.seed_case()
    before = world.emulator.case(case_id)

    assert refused(world.put(case_id, severity="High", **wrong), 400, "0x2005")
    assert world.emulator.case(case_id) == before


def test_36_knob_what_cannot_be_set_is_ignored() -> None:
    world = World(strict_fields=False)
    case = world.create()

    changed = world.changed(case["id"], xid="another-xid-0001", colour="red", severity="High")

    assert changed == {**case, "severity": "High"}


def test_37_closing_fills_in_when_and_by_whom(world: World) -> None:
    case_id = world.create()["id"]
    world.clock.tick()

    closed = world.changed(case_id, status="Closed")

    assert closed["caseCloseTime"] == "2026-03-01T10:01:00Z"
    assert closed["caseCloseUser"] == {"id": 3, "userName": "11112222333344445555"}


def test_37_a_closing_time_that_is_given_wins(world: World) -> None:
    case_id = world.create()["id"]

    closed = world.changed(case_id, status="Closed", caseCloseTime="2026-02-01T00:00:00Z")

    assert closed["caseCloseTime"] == "2026-02-01T00:00:00Z"
    assert world.changed(case_id, name="still closed")["caseCloseTime"] == "2026-02-01T00:00:00Z"
    assert world.create(status="Closed")["caseCloseTime"] == "2026-03-01T10:00:00Z"


def test_37_an_open_case_has_no_closing_time(world: World) -> None:
    case_id = world.create()["id"]

    assert refused(world.put(case_id, caseCloseTime="2026-02-01T00:00:00Z"), 400, "0x2002")


def test_38_a_required_task_that_is_open_stands_against_closing(world: World) -> None:
    case_id = world.create(workflowTemplate={"id": 1})["id"]
    required = world.ids(case_id, "tasks")[0]

    assert refused(world.put(case_id, status="Closed"), 400, "0x2002")

    world.emulator.edit_task(required, status="Closed")
    assert world.changed(case_id, status="Closed")["status"] == "Closed"


def test_39_reopening_forgets_the_closing_and_keeps_the_opening(world: World) -> None:
    case = world.create(status="Closed", resolution="False Positive")
    world.clock.tick()

    opened = world.changed(case["id"], status="Open")

    assert not {"caseCloseTime", "caseCloseUser"} & set(opened)
    assert opened["caseOpenTime"] == case["caseOpenTime"]
    assert opened["resolution"] == "False Positive"


@pytest.mark.parametrize(
    ("assignee", "shown"),
    [
        (user(JANE), ("User", "userName", JANE)),
        ({"type": "User", "data": {"id": 4}}, ("User", "userName", OMAR)),
        ({"type": "Group", "data": {"name": "SOC Team"}}, ("Group", "name", "SOC Team")),
        ({"type": "Group", "data": {"id": 2}}, ("Group", "name", "Night Shift")),
    ],
)
def test_40_a_case_is_assigned_to_a_user_or_a_group(world: World, assignee: Any, shown: tuple[str, ...]) -> None:
    case_id = world.create()["id"]

    found = world.changed(case_id, assignee=assignee)["assignee"]

    assert (found["type"], found["data"][shown[1]]) == (shown[0], shown[2])
    assert "assignee" not in world.changed(case_id, assignee={"type": "None"})


@pytest.mark.parametrize(
    "wrong", [user("nobody@acme.example"), {"type": "Group", "data": {"name": "Nobody"}}, {"type": "Team"}, {}]
)
def test_40_nobody_unknown_is_assigned(world: World, wrong: Any) -> None:
    case_id = world.create(assignee=user(JANE))["id"]

    assert refused(world.put(case_id, assignee=wrong), 400)
    assert world.get(case_id)["assignee"]["data"]["userName"] == JANE


def test_40_knob_a_server_that_cannot_unassign() -> None:
    world = World(assignee_none_supported=False)

    assert refused(world.put(world.create()["id"], assignee={"type": "None"}), 400)


def test_41_an_empty_description_is_none(world: World) -> None:
    case_id = world.create(description="d")["id"]

    assert "description" not in world.changed(case_id, description="")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2026-02-01T12:00:00+02:00", "2026-02-01T10:00:00Z"),
        ("2026-02-01T12:00:00.999Z", "2026-02-01T12:00:00Z"),
        ("2026-02-01T12:00:00", "2026-02-01T12:00:00Z"),
    ],
)
def test_42_dates_are_the_same_instant_in_utc_to_the_second(world: World, sent: str, shown: str) -> None:
    case = world.create(caseDetectionTime=sent, caseOccurrenceTime=sent, caseOpenTime=sent)

    assert [case[f"case{name}Time"] for name in ("Detection", "Occurrence", "Open")] == [shown] * 3


def test_user_access_shuts_out_whom_it_does_not_name(world: World) -> None:
    case_id = world.create(("userAccess",), userAccess=data({"userName": JANE}, {"id": 3}))["id"]

    assert [found["id"] for found in world.get(case_id, "userAccess")["userAccess"]["data"]] == [2, 3]
    assert refused(world.put(case_id, userAccess=data()), 400)
    assert refused(world.put(case_id, userAccess=data({"id": 4}, mode="append")), 400)

    world.changed(case_id, userAccess=data({"userName": JANE}))
    assert refused(world.send("GET", f"{CASES}/{case_id}"), 404)
    assert world.read(CASES)["data"] == []


def test_cases_that_share_an_artifact_are_related(world: World) -> None:
    one, other = (world.create(artifacts=data({"type": "Host", "summary": "badguy.com"}))["id"] for _ in "12")
    world.create(artifacts=data({"type": "Host", "summary": "badguy.com", "derivedLink": False}))

    assert [case["id"] for case in world.get(one, "related")["related"]["data"]] == [other]


# ------------------------------------------------------------------------------------------ knobs


def test_every_knob_has_a_setting_that_differs_or_is_left_out_on_purpose() -> None:
    varied = {
        field.name
        for field in fields(ThreatConnectSwitches)
        for setting in SWITCH_SETTINGS.values()
        if getattr(setting, field.name) != getattr(ThreatConnectSwitches(), field.name)
    }

    left_out = {field.name for field in fields(ThreatConnectSwitches)} - varied
    assert left_out == {"assignee_none_supported", "retry_after_seconds"}


def test_knob_every_nth_request_is_one_too_many() -> None:
    world = World(rate_limit=3, retry_after_seconds=7)

    answers: list[httpx.Response] = [world.client.get(CASES) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 200, 429]
    assert answers[2].headers["retry-after"] == "7"
    assert refused(answers[2], 429)
