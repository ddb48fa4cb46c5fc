"""
The children of cases in the emulated ThreatConnect instance: notes, tasks, artifacts, events, attributes.

The number in a test's name is the checklist's statement.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.providers.threatconnect.world import CASES, World, data, refused

NOTES, TASKS, ARTIFACTS, EVENTS, ATTRIBUTES = (
    f"/api/v3/{kind}" for kind in ("notes", "tasks", "artifacts", "workflowEvents", "caseAttributes")
)
BARE: dict[str, Any] = dict.fromkeys(("tags", "attributes", "artifacts", "notes", "tasks"), ())


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def case_id(world: World) -> int:
    return world.emulator.seed_case(xid="first-case-1", **BARE)


def made(world: World, path: str, body: dict[str, Any], **query: Any) -> Any:
    answer = world.send("POST", path, body, **query)
    assert answer.status_code == 201, answer.text
    assert answer.json()["message"] == "Created"
    return answer.json()["data"]


def updated(world: World, path: str, body: dict[str, Any], **query: Any) -> Any:
    answer = world.send("PUT", path, body, **query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["message"] == "Updated"
    return answer.json()["data"]


def deleted(answer: httpx.Response) -> bool:
    assert answer.status_code == 200, answer.text
    return bool(answer.json() == {"message": "Deleted", "status": "Success"})


def texts(world: World, case_id: int) -> list[str]:
    return [note["text"] for note in world.emulator.case(case_id)["notes"]["data"]]


# ---------------------------------------------------------------------------- notes


def test_60_a_note_in_a_case_put_is_added_every_time(world: World, case_id: int) -> None:
    for _ in range(2):
        world.changed(case_id, notes=data({"text": "x"}))
    assert texts(world, case_id) == ["x", "x"]


def test_61_a_note_is_made_with_a_text_and_a_case(world: World, case_id: int) -> None:
    note = made(world, NOTES, {"caseId": case_id, "text": "look"})
    assert note == {
        "id": note["id"],
        "caseId": case_id,
        "caseXid": "first-case-1",
        "text": "look",
        "summary": "look",
        "author": "11112222333344445555",
        "dateAdded": "2026-03-01T10:00:00Z",
        "lastModified": "2026-03-01T10:00:00Z",
        "edited": False,
    }
    made(world, NOTES, {"caseXid": "first-case-1", "text": "again"})
    made(world, NOTES, {"caseXid": "first-case-1", "caseId": str(case_id), "text": "both"})
    assert texts(world, case_id) == ["look", "again", "both"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"caseId": 1}, "0x2003"),
        ({"text": "x"}, "0x2003"),
        ({"caseId": 1, "text": ""}, "0x2005"),
        ({"caseId": 1, "text": "x" * 65_501}, "0x2005"),
        ({"caseId": 1, "text": None}, "0x2005"),
        ({"caseId": 1, "text": "x", "edited": True}, "0x2005"),
        ({"caseId": "one", "text": "x"}, "0x2005"),
        ({"caseId": 77, "text": "x"}, "0x1001"),
        ({"caseXid": "unheard-of-9", "text": "x"}, "0x1001"),
        ({"taskXid": "unheard-of-9", "text": "x"}, "0x1001"),
        ({"caseId": 1, "caseXid": "other-case-2", "text": "x"}, "0x2002"),
        (["no object"], "0x2005"),
        (None, "0x2005"),
    ],
)
def test_61_a_note_that_does_not_fit_is_400(world: World, case_id: int, body: Any, code: str) -> None:
    world.emulator.seed_case(xid="other-case-2", **BARE)
    assert refused(world.send("POST", NOTES, body), 400, code)
    assert texts(world, case_id) == []


def test_61_an_edited_note_says_so(world: World, case_id: int) -> None:
    note = made(world, NOTES, {"caseId": case_id, "text": "look"})
    world.clock.tick()
    changed = updated(world, f"{NOTES}/{note['id']}", {"text": "look twice"})
    assert changed == note | {
        "text": "look twice",
        "summary": "look twice",
        "edited": True,
        "lastModified": "2026-03-01T10:01:00Z",
    }
    assert updated(world, f"{NOTES}/{note['id']}", {}) == changed
    assert refused(world.send("PUT", f"{NOTES}/{note['id']}", {"caseId": case_id, "text": "y"}), 400, "0x2005")
    assert world.read(f"{NOTES}/{note['id']}")["data"] == changed


def test_a_note_of_an_artifact_a_task_or_an_event_names_that(world: World, case_id: int) -> None:
    task = world.emulator.add_task(case_id, "Call", xid="first-task-1")
    artifact = world.emulator.add_artifact(case_id, "Host", "badguy.com")
    event = made(world, EVENTS, {"caseId": case_id, "summary": "called"})["id"]
    of_task = made(world, NOTES, {"taskXid": "first-task-1", "text": "x"}, fields="task")
    assert (of_task["taskId"], of_task["taskXid"], of_task["task"]["name"]) == (task, "first-task-1", "Call")
    assert "caseId" not in of_task
    assert made(world, NOTES, {"artifactId": artifact, "text": "x"})["artifactId"] == artifact
    assert made(world, NOTES, {"workflowEventId": event, "text": "x"})["workflowEventId"] == event
    assert texts(world, case_id) == []
    other = world.emulator.seed_case(**BARE)
    wrong = {"artifactId": artifact, "caseId": other, "text": "x"}
    assert refused(world.send("POST", NOTES, wrong), 400, "0x2002")


@pytest.mark.parametrize("path", [NOTES, TASKS, ARTIFACTS, EVENTS, ATTRIBUTES])
@pytest.mark.parametrize("segment", ["99", "no-number", "first-task-1"])
def test_an_unknown_child_is_404(world: World, path: str, segment: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert refused(world.send(method, f"{path}/{segment}", {}), 404, "0x1004")


def test_a_deleted_note_is_gone(world: World, case_id: int) -> None:
    path = f"{NOTES}/{world.emulator.add_note(case_id, 'x')}"
    assert deleted(world.send("DELETE", path))
    assert refused(world.send("GET", path), 404)
    assert refused(world.send("DELETE", path), 404)


def test_the_children_of_a_case_that_nobody_may_see_are_not_seen(world: World, case_id: int) -> None:
    note = world.emulator.add_note(case_id, "x")
    world.changed(case_id, userAccess=data({"userName": "jane@acme.example"}))
    assert refused(world.send("GET", f"{NOTES}/{note}"), 404)
    assert world.read(NOTES)["data"] == []
    assert refused(world.send("POST", NOTES, {"caseId": case_id, "text": "y"}), 400, "0x1001")


def test_32_the_children_of_a_deleted_case_are_404(world: World) -> None:
    case = world.emulator.case(world.emulator.seed_case())
    of_case = {"notes": NOTES, "tasks": TASKS, "artifacts": ARTIFACTS, "attributes": ATTRIBUTES}
    paths = [f"{path}/{case[name]['data'][0]['id']}" for name, path in of_case.items()]
    assert all(world.send("GET", path).status_code == 200 for path in paths)
    world.send("DELETE", f"{CASES}/{case['id']}")
    assert all(refused(world.send("GET", path), 404) for path in paths)


# ---------------------------------------------------------------------------- tasks


def test_62_a_task_has_defaults_and_an_xid_of_its_own(world: World, case_id: int) -> None:
    task = made(world, TASKS, {"name": "Call", "caseXid": "first-case-1"})
    assert task == {
        "id": task["id"],
        "xid": task["xid"],
        "name": "Call",
        "status": "Open",
        "required": False,
        "owner": "Demo Organization",
    }
    assert world.read(f"{TASKS}/{task['id']}", fields="caseId")["data"] == task | {"caseId": case_id}


def test_62_everything_about_a_task_can_be_given(world: World, case_id: int) -> None:
    asked = {
        "xid": "first-task-1",
        "name": "Call",
        "description": "at once",
        "dueDate": "2026-04-01T00:00:00Z",
        "durationType": "Days",
        "required": True,
        "workflowPhase": 0,
        "workflowStep": 127,
    }
    group = {"type": "Group", "data": {"name": "SOC Team"}}
    task = made(world, TASKS, {**asked, "caseId": case_id, "assignee": group, "notes": data({"text": "x"})})
    assert {key: task[key] for key in asked} == asked
    assert task["assignee"]["data"]["name"] == "SOC Team"
    assert world.read(NOTES, tql=f"taskId = {task['id']}")["data"][0]["text"] == "x"


def test_62_the_xid_of_a_task_is_used_once(world: World, case_id: int) -> None:
    made(world, TASKS, {"name": "Call", "xid": "first-task-1", "caseId": case_id})
    second = world.send("POST", TASKS, {"name": "Again", "xid": "first-task-1", "caseId": case_id})
    assert refused(second, 409, "0x1006")
    assert len(world.ids(case_id, "tasks")) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"workflowPhase": 2},
        {"workflowStep": 2},
        {"dependentOnId": 1},
        {"completedDate": "2026-01-01"},
        {"xid": "another-xid-1"},
        {"caseId": 1},
        {"owner": "x"},
        {"status": "Done"},
        {"required": "yes"},
        {"dueDate": "soon"},
        {"dueDate": None},
        {"durationType": "Weeks"},
        {"name": ""},
        {"assignee": {"type": "User", "data": {"userName": "nobody"}}},
        {"assignee": "omar"},
        {"notes": {"data": [{"text": "x"}], "mode": "append"}},
        {"notes": [{"text": "x"}]},
        {"notes": {"data": ["x"]}},
    ],
)
def test_62_what_cannot_be_changed_about_a_task_is_400(world: World, case_id: int, wrong: dict[str, Any]) -> None:
    path = f"{TASKS}/{world.emulator.add_task(case_id, 'Call', workflowPhase=1)}"
    before = world.read(path)
    assert refused(world.send("PUT", path, {"description": "new", **wrong}), 400)
    assert world.read(path) == before


@pytest.mark.parametrize(
    "wrong", [{"workflowPhase": 128}, {"workflowStep": 0}, {"workflowStep": "1"}, {"xid": "x"}]
)
def test_62_what_does_not_fit_a_task_is_400(world: World, case_id: int, wrong: dict[str, Any]) -> None:
    assert refused(world.send("POST", TASKS, {"name": "Call", "caseId": case_id, **wrong}), 400, "0x2005")


def test_a_task_is_changed_closed_and_unassigned(world: World, case_id: int) -> None:
    user = {"type": "User", "data": {"id": "4"}}
    path = f"{TASKS}/{world.emulator.add_task(case_id, 'Call', assignee=user, description='old')}"
    asked = {"name": "Ring", "description": "", "dueDate": "2026-04-01", "assignee": {"type": "None"}}
    task = updated(world, path, {**asked, "artifacts": data({"type": "Host", "summary": "x"})}, fields="artifacts")
    assert (task["name"], task["dueDate"]) == ("Ring", "2026-04-01T00:00:00Z")
    assert not task.keys() & {"assignee", "description"}
    assert task["artifacts"]["data"][0]["summary"] == "x"
    closed = updated(world, path, {"status": "Closed", "notes": data({"text": "done"})}, fields="notes")
    assert (closed["completedBy"], closed["completedDate"]) == ("11112222333344445555", "2026-03-01T10:00:00Z")
    assert closed["notes"]["data"][0]["text"] == "done"
    assert "completedDate" not in updated(world, path, {"status": "Reopened"})


def test_62_a_task_waits_for_the_one_it_depends_on(world: World, case_id: int) -> None:
    first = world.emulator.add_task(case_id, "First")
    second = made(world, TASKS, {"name": "2", "caseId": case_id, "dependentOnId": first, "status": "Open"})
    third = made(world, TASKS, {"name": "3", "caseId": case_id, "dependentOnId": second["id"]})

    def statuses() -> list[str]:
        return [task["status"] for task in world.read(TASKS, sorting="id")["data"]]

    assert statuses() == ["Open", "Pending", "Pending"]
    assert updated(world, f"{TASKS}/{second['id']}", {"status": "Open"})["status"] == "Pending"
    updated(world, f"{TASKS}/{first}", {"status": "Closed"})
    assert statuses() == ["Closed", "Open", "Pending"]
    updated(world, f"{TASKS}/{second['id']}", {"status": "Closed"})
    updated(world, f"{TASKS}/{third['id']}", {"status": "Closed"})
    updated(world, f"{TASKS}/{first}", {"status": "Reopened"})
    assert statuses() == ["Reopened", "Pending", "Pending"]


def test_a_task_depends_on_a_task_of_its_own_case(world: World, case_id: int) -> None:
    elsewhere = world.emulator.add_task(world.emulator.seed_case(**BARE), "Elsewhere")
    wrong = {"name": "Call", "caseId": case_id, "dependentOnId": elsewhere}
    assert refused(world.send("POST", TASKS, wrong), 400, "0x2002")


def test_a_task_that_others_depend_on_stays(world: World, case_id: int) -> None:
    first = world.emulator.add_task(case_id, "First", notes=data({"text": "x"}))
    world.emulator.add_task(case_id, "Unconcerned", artifacts=data({"type": "Host", "summary": "kept"}))
    second = world.emulator.add_task(
        case_id,
        "Second",
        dependentOnId=first,
        artifacts=data({"type": "Host", "summary": "x", "notes": data({"text": "y"})}),
    )
    assert refused(world.send("DELETE", f"{TASKS}/{first}"), 400, "0x2006")
    assert deleted(world.send("DELETE", f"{TASKS}/{second}"))
    assert deleted(world.send("DELETE", f"{TASKS}/{first}"))
    assert world.read(NOTES)["data"] == []
    assert [artifact["summary"] for artifact in world.read(ARTIFACTS)["data"]] == ["kept"]


def test_31_the_xid_of_a_task_in_the_path_is_a_knob() -> None:
    for on, status in ((False, 404), (True, 200)):
        world = World(xid_path=on)
        world.emulator.add_task(world.emulator.seed_case(), "Call", xid="first-task-1")
        assert world.send("GET", f"{TASKS}/first-task-1").status_code == status


# ---------------------------------------------------------------------------- artifacts


def test_63_an_artifact_is_made_on_a_case_or_a_task(world: World, case_id: int) -> None:
    task = world.emulator.add_task(case_id, "Call")
    artifact = made(world, ARTIFACTS, {"caseId": case_id, "type": "Host", "summary": "badguy.com"})
    assert artifact["intelType"] == "indicator-Host"
    assert artifact["derivedLink"] is True
    assert not artifact.keys() & {"caseId", "source", "fileData"}
    of_task = made(
        world, ARTIFACTS, {"taskId": task, "type": "Command", "summary": "rm", "source": ""}, fields="task"
    )
    assert of_task["task"]["id"] == task
    assert "intelType" not in of_task


def test_63_two_equal_artifacts_may_exist(world: World, case_id: int) -> None:
    for _ in range(2):
        made(world, ARTIFACTS, {"caseId": case_id, "type": "Host", "summary": "badguy.com"})
    assert len(world.ids(case_id, "artifacts")) == 2


def test_63_a_new_summary_is_a_new_hash(world: World, case_id: int) -> None:
    artifact = made(world, ARTIFACTS, {"caseId": case_id, "type": "Host", "summary": "a", "source": "lab"})
    path = f"{ARTIFACTS}/{artifact['id']}"
    changed = updated(world, path, {"summary": "b", "derivedLink": False, "notes": data({"text": "x"})})
    assert changed["hashCode"] != artifact["hashCode"]
    assert changed == artifact | {"summary": "b", "hashCode": changed["hashCode"], "derivedLink": False}
    assert updated(world, path, {"summary": "a", "source": "field"})["hashCode"] == artifact["hashCode"]
    assert world.read(NOTES)["data"][0]["artifactId"] == artifact["id"]
    assert deleted(world.send("DELETE", path))
    assert world.read(NOTES)["data"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "URL"},
        {"hashCode": "x"},
        {"taskId": 1},
        {"caseXid": "first-case-1"},
        {"intelType": "x"},
        {"summary": "x" * 501},
        {"source": "x" * 101},
        {"derivedLink": "true"},
        {"associatedIndicators": data({"id": 77})},
        {"associatedIndicators": data({"id": 9001}, mode="Append")},
        {"associatedGroups": data({"name": "Known Bad Guy"}, mode="delete")},
        {"associatedGroups": data({"id": 8001, "name": "x"})},
    ],
)
def test_63_what_cannot_be_changed_about_an_artifact_is_400(
    world: World, case_id: int, wrong: dict[str, Any]
) -> None:
    path = f"{ARTIFACTS}/{world.emulator.add_artifact(case_id, 'Host', 'badguy.com')}"
    before = world.read(path)
    assert refused(world.send("PUT", path, {"fieldName": "new", **wrong}), 400)
    assert world.read(path) == before


def test_63_an_artifact_has_a_known_type(world: World, case_id: int) -> None:
    wrong = {"caseId": case_id, "type": "Colour", "summary": "red"}
    assert refused(world.send("POST", ARTIFACTS, wrong), 400, "0x2005")


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        (data({"id": 9002}), [9001, 9002]),
        (data({"id": 9001}, mode="append"), [9001]),
        (data({"type": "Host", "hostName": "badguy.com"}), [9001, 9002]),
        (data({"id": 9001}, mode="delete"), []),
        (data({"id": 9002}, mode="delete"), [9001]),
        (data({"id": 9002}, mode="replace"), [9002]),
        (data(mode="replace"), [9001]),
    ],
)
def test_63_the_links_of_an_artifact_take_modes(
    world: World, case_id: int, given: dict[str, Any], ids: list[int]
) -> None:
    linked = data({"id": 9001})
    artifact = world.emulator.add_artifact(case_id, "Host", "badguy.com", associatedIndicators=linked)
    asked = {"associatedIndicators": given, "associatedGroups": data({"id": 8001})}
    fields = ["associatedIndicators", "associatedGroups"]
    shown = updated(world, f"{ARTIFACTS}/{artifact}", asked, fields=fields)
    assert [item["id"] for item in shown["associatedIndicators"].get("data", [])] == ids
    assert [item["name"] for item in shown["associatedGroups"]["data"]] == ["Known Bad Guy"]


@pytest.mark.parametrize(
    ("switches", "given", "status"),
    [
        ({"replace_empty": "error"}, data(mode="replace"), 400),
        ({"replace_empty": "clear"}, data(mode="replace"), 200),
        ({"delete_absent": "error"}, data({"id": 9002}, mode="delete"), 400),
    ],
)
def test_63_the_knobs_of_modes_hold_for_artifacts_too(
    switches: dict[str, Any], given: dict[str, Any], status: int
) -> None:
    world = World(**switches)
    linked = data({"id": 9001})
    case_id = world.emulator.seed_case()
    artifact = world.emulator.add_artifact(case_id, "Host", "x", associatedIndicators=linked)
    answer = world.send("PUT", f"{ARTIFACTS}/{artifact}", {"associatedIndicators": given}, fields="notes")
    assert answer.status_code == status
    shown = world.read(f"{ARTIFACTS}/{artifact}", fields="associatedIndicators")["data"]
    assert shown["associatedIndicators"] == ({} if status == 200 else shown["associatedIndicators"])
    assert bool(shown["associatedIndicators"]) is (status == 400)


# ---------------------------------------------------------------------------- attributes


def test_64_the_value_and_the_source_of_an_attribute_change(world: World, case_id: int) -> None:
    asked = {"caseId": case_id, "type": "Ticket", "value": "T-1"}
    attribute = made(world, ATTRIBUTES, asked, fields="caseId")
    assert attribute["caseId"] == case_id
    assert attribute["createdBy"]["userName"] == "11112222333344445555"
    path = f"{ATTRIBUTES}/{attribute['id']}"
    world.clock.tick()
    changed = updated(world, path, {"value": "T-2", "source": "desk"})
    del attribute["caseId"]
    assert changed == attribute | {
        "value": "T-2",
        "source": "desk",
        "lastModified": "2026-03-01T10:01:00Z",
    }
    assert deleted(world.send("DELETE", path))
    assert world.values(case_id) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Description", "value": "x"},
        {"value": ""},
        {"value": "x" * 501},
        {"value": 5},
        {"source": ""},
        {"pinned": False},
        {"default": True},
        {"securityLabels": data()},
        {"caseId": 1},
    ],
)
def test_64_what_cannot_be_changed_about_an_attribute_is_400(
    world: World, case_id: int, wrong: dict[str, Any]
) -> None:
    path = f"{ATTRIBUTES}/{world.emulator.add_attribute(case_id, 'Ticket', 'T-1', source='desk')}"
    before = world.read(path)
    assert refused(world.send("PUT", path, wrong), 400)
    assert world.read(path) == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"type": "Ticket", "value": "x"}, "0x2003"),
        ({"caseXid": "first-case-1", "type": "Ticket", "value": "x"}, "0x2005"),
        ({"caseId": 1, "value": "x"}, "0x2003"),
        ({"caseId": 1, "type": "Ticket"}, "0x2003"),
        ({"caseId": 1, "type": "Host Notes", "value": "x"}, "0x1001"),
        ({"caseId": 1, "type": "Unheard", "value": "x"}, "0x1001"),
        ({"caseId": 1, "type": "Kill Chain", "value": "Lunch"}, "0x1001"),
        ({"caseId": 1, "type": "Phishing Open Rate", "value": "31"}, "0x1001"),
    ],
)
def test_64_an_attribute_that_does_not_fit_is_400(world: World, case_id: int, body: Any, code: str) -> None:
    world.emulator.add_attribute(case_id, "Phishing Open Rate", "30")
    assert refused(world.send("POST", ATTRIBUTES, body), 400, code)
    assert world.values(case_id) == ["30"]


# ---------------------------------------------------------------------------- workflow events


def test_65_an_event_is_deleted_with_a_reason_and_stays_marked(world: World, case_id: int) -> None:
    event = made(world, EVENTS, {"caseXid": "first-case-1", "summary": "called", "eventDate": "2026-02-01"})
    assert (event["eventDate"], event["systemGenerated"]) == ("2026-02-01T00:00:00Z", False)
    path = f"{EVENTS}/{event['id']}"
    assert refused(world.send("DELETE", path), 400, "0x2003")
    assert refused(world.send("DELETE", path, {"deletedReason": ""}), 400, "0x2005")
    assert refused(world.send("DELETE", path, {"deletedReason": "x" * 256}), 400, "0x2005")
    assert deleted(world.send("DELETE", path, {"deletedReason": "mistake"}))
    shown = world.read(path)["data"]
    assert (shown["deleted"], shown["deletedReason"]) == (True, "mistake")
    assert refused(world.send("DELETE", path, {"deletedReason": "again"}), 404)
    assert refused(world.send("PUT", path, {"summary": "back"}), 404)


def test_65_a_system_generated_event_stays_and_takes_notes(world: World, case_id: int) -> None:
    path = f"{EVENTS}/{world.ids(case_id, 'workflowEvents')[0]}"
    assert refused(world.send("DELETE", path, {"deletedReason": "x"}), 400)
    assert refused(world.send("PUT", path, {"summary": "x"}), 400)
    shown = updated(world, path, {"notes": data({"text": "seen"})}, fields="notes")
    assert shown["notes"]["data"][0]["text"] == "seen"


def test_65_an_event_of_somebodys_own_is_changed(world: World, case_id: int) -> None:
    event = made(world, EVENTS, {"caseId": case_id, "summary": "called", "notes": data({"text": "x"})})
    assert event["eventDate"] == "2026-03-01T10:00:00Z"
    changed = updated(world, f"{EVENTS}/{event['id']}", {"summary": "rang", "eventDate": "2026-02-01"})
    assert (changed["summary"], changed["eventDate"]) == ("rang", "2026-02-01T00:00:00Z")


# ---------------------------------------------------------------------------- all of them


def test_children_are_listed_a_page_at_a_time(world: World, case_id: int) -> None:
    ids = [world.emulator.add_note(case_id, f"note {number}") for number in range(5)]
    page = world.read(NOTES, tql=f"caseId = {case_id}", sorting="id desc", resultLimit=2, count="true")
    assert [note["id"] for note in page["data"]] == [ids[4], ids[3]]
    assert page["count"] == 5
    assert [note["id"] for note in world.read(page["next"])["data"]] == [ids[2], ids[1]]


@pytest.mark.parametrize("path", [NOTES, TASKS, ARTIFACTS, EVENTS, ATTRIBUTES])
def test_bulk_deletion_is_disabled(world: World, path: str) -> None:
    assert refused(world.send("DELETE", path, tql="id > 0"), 405, "0x1005")


def test_bulk_deletion_where_it_is_allowed_needs_a_query_and_spares_attributes() -> None:
    world = World(bulk_delete_allowed=True)
    case_id = world.emulator.seed_case()
    kept = world.emulator.add_note(case_id, "kept")
    assert refused(world.send("DELETE", NOTES), 400)
    assert deleted(world.send("DELETE", NOTES, tql='summary != "kept"'))
    assert world.ids(case_id, "notes") == [kept]
    assert refused(world.send("DELETE", ATTRIBUTES, tql="id > 0"), 405)


def test_an_unknown_field_of_a_child_is_400(world: World, case_id: int) -> None:
    assert refused(world.send("GET", NOTES, fields="colour"), 400)
    assert refused(world.send("POST", NOTES, {"caseId": case_id, "text": "x"}, fields="colour"), 400)
    assert texts(world, case_id) == []


def test_knob_a_lenient_instance_ignores_what_cannot_be_set() -> None:
    world = World(strict_fields=False)
    case_id = world.emulator.seed_case(**BARE)
    note = made(world, NOTES, {"caseId": case_id, "text": "x", "colour": "red", "author": "me"})
    assert updated(world, f"{NOTES}/{note['id']}", {"caseId": 77, "author": None}) == note


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_kind_is_404(world: World, method: str) -> None:
    assert refused(world.send(method, "/api/v3/victims", {}), 404)
    assert refused(world.send(method, "/api/v3/victims/1", {}), 404)
