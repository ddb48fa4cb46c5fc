"""
The statements of the conformance checklist that are about what belongs to a case; the others have their place.

The number in a test's name is the statement's. 1 to 15 and 18 to 51 stand in `test_emulator`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.providers.tines.emulator import TinesSwitches
from tests.providers.tines.test_emulator import CASES, JANE, OMAR, World

FIELDS = f"{CASES}/1/fields"
STATUSES = "/api/v1/case_sub_statuses"


@pytest.fixture
def world() -> World:
    world = World()
    for name in ("one", "two", "three"):
        world.create(name=name)
    return world


def values(case: Mapping[str, Any]) -> dict[str, str]:
    return {field["case_input"]["key"]: field["value"] for field in case["fields"]}


def linked(world: World, case_id: int) -> list[int]:
    listed = world.client.get(f"{CASES}/{case_id}/linked_cases").json()
    assert listed["case_id"] == case_id
    return [case["case_id"] for case in listed["linked_cases"]]


def test_16_a_field_value_for_an_input_of_another_team_is_dropped(world: World) -> None:
    ours, theirs = (world.emulator.case_input_id(team, "operating_system") for team in (2, 3))
    case = world.create(field_values={str(ours): "Linux", str(theirs): "Windows", "99": "x"})

    assert values(case) == {"operating_system": "Linux"}


def test_17_tasks_of_a_create_are_listed_and_not_completed(world: World) -> None:
    jane = world.create(assignee_emails=[JANE])["assignees"][0]["user_id"]
    tasks: list[dict[str, Any]] = [
        {"description": "Call"},
        {"description": "Write", "assignee_ids": [jane], "assignee_emails": [OMAR]},
    ]
    case_id = world.create(tasks=tasks)["case_id"]
    listed = world.client.get(f"{CASES}/{case_id}/tasks").json()

    assert [task["description"] for task in listed["tasks"]] == ["Call", "Write"]
    assert [task["completed"] for task in listed["tasks"]] == [False, False]
    assert [user["email"] for user in listed["tasks"][1]["assignees"]] == [OMAR, JANE]
    assert set(listed) == {"tasks", "meta"}


def test_42_links_to_a_deleted_case_vanish(world: World) -> None:
    world.send("POST", f"{CASES}/1/linked_cases", {"id": "2"})
    world.send("DELETE", f"{CASES}/2")

    assert linked(world, 1) == []
    assert world.get(1)["linked_cases"] == []


def test_52_a_field_is_made_changed_and_deleted_as_text(world: World) -> None:
    score = world.emulator.case_input_id(2, "impact_score")

    made = world.send("POST", FIELDS, {"input_id": score, "value": 1})
    assert made.status_code == 201
    field = made.json()["field"]
    assert (made.json()["case_id"], field["value"]) == (1, "1")
    assert field["case_input"] == {
        "id": score,
        "key": "impact_score",
        "name": "Impact score",
        "validation_type": "none",
        "validation_options": {},
    }

    changed = world.send("PUT", f"{FIELDS}/{field['id']}", {"value": 2.5})
    assert (changed.status_code, changed.json()["field"]) == (200, field | {"value": "2.5"})
    assert world.client.get(f"{FIELDS}/{field['id']}").json() == changed.json()
    assert world.client.get(FIELDS).json()["fields"] == [changed.json()["field"]]

    deleted = world.send("DELETE", f"{FIELDS}/{field['id']}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert world.send("DELETE", f"{FIELDS}/{field['id']}").status_code == 404
    assert world.timeline(1) == ["CREATED"] + ["FIELD_UPDATED"] * 3


@pytest.mark.parametrize(("upsert", "changed"), [({}, [1]), ({"upsert": False}, [1]), ({"upsert": True}, [1, 2])])
def test_53_bulk_fields_reach_new_cases_with_upsert_only(
    world: World, upsert: dict[str, bool], changed: list[int]
) -> None:
    world.emulator.add_field(1, "ticket", "ABC-1")
    ticket = world.emulator.case_input_id(2, "ticket")
    body = {"case_ids": [1, "2"], "fields": [{"input_id": ticket, "value": "ABC-2", **upsert}]}
    answer = world.send("POST", f"{CASES}/bulk/fields", body)

    assert answer.status_code == 200
    assert {id for id in (1, 2, 3) if values(world.get(id)) == {"ticket": "ABC-2"}} == set(changed)
    shown = {case["case_id"]: case["fields"] for case in answer.json()["cases"]}
    assert shown[1] == [
        {
            "id": world.get(1)["fields"][0]["id"],
            "value": "ABC-2",
            "case_input": {"id": ticket, "name": "Ticket"},
        }
    ]
    assert [id for id in shown if shown[id]] == changed


def test_54_the_values_of_one_input_are_listed_over_all_cases(world: World) -> None:
    ticket = world.emulator.case_input_id(2, "ticket")
    for case_id in (3, 1, 2):
        world.emulator.add_field(case_id, "ticket", f"ABC-{case_id}")
    world.emulator.add_field(1, "contained", value=True)
    path = f"/api/v1/case_inputs/{ticket}/fields"

    pages = [world.client.get(path, params={"per_page": 2, "page": page}).json() for page in (1, 2)]
    found = [(field["case"]["id"], field["value"]) for page in pages for field in page["fields"]]
    assert found == [(1, "ABC-1"), (2, "ABC-2"), (3, "ABC-3")]
    assert (pages[0]["meta"]["count"], pages[1]["meta"]["next_page"]) == (3, None)
    assert pages[0]["fields"][0]["case_input"] == {"id": ticket, "key": "ticket", "name": "Ticket"}
    assert world.client.get("/api/v1/case_inputs/99/fields").status_code == 404


BUTTON = {"url": "https://acme.tines.com/webhook/a", "label": "Claim", "action_type": "webhook"}


def test_55_a_batch_of_actions_leaves_exactly_these_and_a_post_appends(world: World) -> None:
    path = f"{CASES}/1/actions"
    first = world.send("POST", path, BUTTON)
    assert first.status_code == 201
    assert (first.json()["case_id"], first.json()["action_text"]) == (1, "")

    page = {**BUTTON, "label": "Page", "action_type": "page", "action_text": "Open"}
    batch = world.send("PUT", f"{path}/batch", {"actions": [page, BUTTON]})
    assert batch.status_code == 200
    assert [action["label"] for action in batch.json()["actions"]] == ["Page", "Claim"]
    assert first.json()["id"] not in [action["id"] for action in batch.json()["actions"]]

    last = world.send("POST", path, {**BUTTON, "label": "Last"}).json()
    listed = world.client.get(path).json()
    assert [action["label"] for action in listed["actions"]] == ["Page", "Claim", "Last"]
    assert world.get(1)["actions"] == listed["actions"]
    assert last == {"case_id": 1, **listed["actions"][-1]}

    world.send("PUT", f"{path}/batch", {"actions": []})
    assert world.get(1)["actions"] == []


def test_56_the_assignees_of_a_task_are_replaced_and_a_batch_has_an_end(world: World) -> None:
    path = f"{CASES}/1/tasks"
    task = world.send("POST", path, {"description": "Call", "assignee_emails": [JANE]}).json()["task"]
    assert task["assignees"] == [
        {"id": task["assignees"][0]["id"], "email": JANE, "first_name": "Jane", "last_name": "Doe"}
    ]

    changed = world.send("PUT", f"{path}/{task['id']}", {"assignee_emails": [OMAR]}).json()["task"]
    assert [user["email"] for user in changed["assignees"]] == [OMAR]
    assert changed["description"] == "Call"

    bodies = [{"description": str(number)} for number in range(26)]
    assert world.send("POST", f"{path}/batch", {"tasks": bodies}).status_code == 422
    assert len(world.emulator.case(1)["tasks"]) == 1
    made = world.send("POST", f"{path}/batch", {"tasks": bodies[:25]})
    assert (made.status_code, len(made.json()["tasks"])) == (201, 25)
    assert len(world.emulator.case(1)["tasks"]) == 26


def test_57_a_link_is_seen_from_both_sides_and_gone_from_both(world: World) -> None:
    made = world.send("POST", f"{CASES}/1/linked_cases", {"id": "2"})

    assert made.status_code == 201
    assert made.json() == {"case_id": 1, "name": "one", "linked_case": {"case_id": 2, "name": "two"}}
    assert (linked(world, 1), linked(world, 2)) == ([2], [1])
    for case_id, other in ((1, "2"), (2, 1), (1, 1), (1, 99), (1, "x")):
        assert world.send("POST", f"{CASES}/{case_id}/linked_cases", {"id": other}).status_code == 422

    assert world.send("DELETE", f"{CASES}/2/linked_cases/1").status_code == 204
    assert (linked(world, 1), linked(world, 2)) == ([], [])
    assert world.send("DELETE", f"{CASES}/1/linked_cases/2").status_code == 404
    assert world.timeline(2) == ["CREATED", "LINKED_CASE_ADDED", "LINKED_CASE_REMOVED"]


def test_57_a_link_may_be_seen_from_one_side_only() -> None:
    world = World(TinesSwitches(links_symmetric=False))
    for _ in range(2):
        world.create()
    world.send("POST", f"{CASES}/1/linked_cases", {"id": 2})

    assert (linked(world, 1), linked(world, 2)) == ([2], [])
    assert world.send("POST", f"{CASES}/2/linked_cases", {"id": 1}).status_code == 201
    assert world.send("DELETE", f"{CASES}/1/linked_cases/2").status_code == 204
    assert (linked(world, 1), linked(world, 2)) == ([], [])


def test_58_a_subscriber_is_deleted_by_the_id_of_the_subscription(world: World) -> None:
    path = f"{CASES}/1/subscribers"
    made = world.send("POST", path, {"user_email": JANE}).json()

    assert made["user"]["email"] == JANE
    assert world.send("DELETE", f"{path}/{made['user']['user_id']}").status_code == 404
    assert world.send("DELETE", f"{path}/{made['id']}").status_code == 204
    assert world.emulator.case(1)["subscribers"] == []


@pytest.mark.parametrize(("subscribes", "found"), [(True, [OMAR]), (False, [])])
def test_58_a_comment_subscribes_its_author(*, subscribes: bool, found: list[str]) -> None:
    world = World(TinesSwitches(comment_subscribes=subscribes))
    world.create()
    for _ in range(2):
        world.send("POST", f"{CASES}/1/comments", {"value": "Seen.", "author_email": OMAR})

    listed = world.client.get(f"{CASES}/1/subscribers").json()["subscribers"]
    assert [user["email"] for user in listed] == found


def test_59_an_element_is_addressed_by_element_id_and_a_block_comes_last(world: World) -> None:
    path = f"{CASES}/1/blocks"
    note = {"block_type": "note", "elements": [{"content": "Text"}], "position": 0}
    for title in ("First steps", "Second"):
        made = world.send("POST", path, {"title": title, **note})
        assert made.status_code == 201
    block = made.json()["block"]
    (element,) = block["elements"]
    assert (block["position"], block["slug"]) == (1, "blk_second")

    refused = world.send("PUT", f"{path}/{block['id']}/elements/{element['id']}", {"content": "New"})
    assert (refused.status_code, "TeamCaseBlockElement not found" in refused.text) == (404, True)
    changed = world.send("PUT", f"{path}/blk_second/elements/{element['element_id']}", {"content": "New"})
    assert (changed.status_code, changed.json()) == (200, element | {"content": "New"})
    assert world.send("POST", f"{path}/{block['id']}/elements", {"content": "More"}).status_code == 404


def test_60_a_deleted_sub_status_leaves_its_cases_to_another(world: World) -> None:
    progress, todo = (world.emulator.sub_status_id(2, name) for name in ("In progress", "To do"))
    world.put(1, sub_status_id=progress)
    deleted = world.client.delete(f"{STATUSES}/{progress}", params={"fallback_status_id": todo})

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert world.get(1)["sub_status"] == {"id": todo, "name": "To do"}
    assert world.client.get(f"{STATUSES}/{progress}").status_code == 404


def test_60_a_renamed_sub_status_has_another_slug(world: World) -> None:
    progress = world.emulator.sub_status_id(2, "In progress")
    world.clock.tick()
    changed = world.send("PUT", f"{STATUSES}/{progress}", {"name": "Being done", "description": "Now"}).json()

    assert (changed["slug"], changed["description"], changed["parent_status"]) == ("being_done", "Now", "OPEN")
    assert changed["updated_at"] > changed["created_at"]
    assert world.send("PUT", f"{STATUSES}/{progress}", {"parent_status": "CLOSED"}).status_code == 422
