"""The case routes of v1, where the emulated tenant still serves them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.providers.tines.emulator import TinesSwitches
from tests.providers.tines.test_emulator import JANE, OMAR, World, tags

CASES = "/api/v1/cases"
CASE = f"{CASES}/1"
META = f"{CASE}/metadata"
BUTTON = {
    "url": "https://acme.tines.com/webhook/a",
    "label": "Claim",
    "button_type": "webhook",
    "button_text": "Go",
}


def served(**switches: Any) -> World:
    return World(TinesSwitches(v1_cases="served", **switches))


@pytest.fixture
def world() -> World:
    return served()


def made(world: World, **body: Any) -> Any:
    answer = world.send("POST", CASES, {"team_id": 2, "name": "n", **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def records(case: dict[str, Any]) -> list[int]:
    return [record["id"] for group in case["records"] for record in group["record_type_record_results"]]


KEYS = {
    "case_id",
    "name",
    "description",
    "status",
    "url",
    "metadata",
    "author",
    "opened_by",
    "resolved_by",
    "assignees",
    "tags",
    "team_case_actions",
    "team_case_buttons",
    "team",
    "linked_cases",
    "opened_at",
    "resolved_at",
    "created_at",
    "updated_at",
    "records",
    "records_meta",
    "priority",
    "closure_conditions",
}


def test_a_case_has_the_shapes_of_v1(world: World) -> None:
    case = made(
        world, metadata={"a": "1"}, tag_names=["x"], record_ids=[7001], team_case_buttons=[BUTTON], priority="high"
    )
    world.create()
    world.emulator.add_link(1, 2)
    shown = world.client.get(CASE).json()

    assert set(case) == KEYS
    assert (case["metadata"], tags(case), records(case), case["priority"]) == ({"a": "1"}, ["x"], [7001], "HIGH")
    assert {key: case["team_case_buttons"][0][key] for key in BUTTON} == BUTTON
    assert shown["linked_cases"] == [2]
    assert set(shown["author"]) == {"id", "first_name", "last_name", "email", "avatar_url"}
    assert [entry["action"] for entry in shown["team_case_actions"]] == ["CREATED", "LINKED_CASE_ADDED"]


@pytest.mark.parametrize(
    ("switches", "missing"),
    [
        ({}, {"team_case_actions", "team_case_buttons", "linked_cases", "records", "records_meta"}),
        ({"list_items_full": True}, set()),
    ],
)
def test_the_list_is_in_the_shapes_of_v1(switches: dict[str, Any], missing: set[str]) -> None:
    world = served(**switches)
    made(world, metadata={"k": "v"})
    made(world)
    page = world.client.get(CASES, params={"filters[metadata][k]": "v"}).json()

    assert [item["case_id"] for item in page["cases"]] == [1]
    assert set(page["cases"][0]) == KEYS - missing - ({"closure_conditions"} if missing else set())
    assert page["meta"]["current_page"].startswith(f"https://acme.tines.com{CASES}?")


def test_records_tags_assignees_and_buttons_change_in_one_request(world: World) -> None:
    made(world, tag_names=["a"], record_ids=[7001, 7002], assignee_emails=[JANE], team_case_buttons=[BUTTON])
    body = {
        "name": "new",
        "add_tag_names": ["b"],
        "remove_tag_names": ["a"],
        "add_assignee_emails": [OMAR],
        "remove_assignee_emails": [JANE],
        "add_record_ids": ["7003"],
        "remove_record_ids": [7001],
        "team_case_buttons": [BUTTON | {"label": "Other"}],
    }
    once = world.send("PUT", CASE, body)

    assert once.status_code == 200
    case = once.json()
    assert (case["name"], tags(case), sorted(records(case))) == ("new", ["b"], [7002, 7003])
    assert [user["email"] for user in case["assignees"]] == [OMAR]
    assert [button["label"] for button in case["team_case_buttons"]] == ["Other"]
    assert sorted(world.timeline(1)) == sorted(
        [
            "CREATED",
            "ASSIGNED",
            "UNASSIGNED",
            "TAGS_ADDED",
            "TAGS_REMOVED",
            "RECORD_RESULT_SET_ADDED",
            "RECORD_RESULT_SET_REMOVED",
        ]
    )
    assert world.client.get(CASE).json() == case


@pytest.mark.parametrize("bumping", [frozenset(), frozenset({"records"})])
def test_records_move_updated_at_where_the_tenant_says_so(bumping: frozenset[str]) -> None:
    world = served(sub_resources_bumping=bumping)
    before = made(world)
    world.clock.tick()
    after = world.send("PUT", CASE, {"add_record_ids": [7001]}).json()

    assert (after["updated_at"] != before["updated_at"]) is bool(bumping)
    world.clock.tick()
    assert world.send("PUT", CASE, {}).json() == after


@pytest.mark.parametrize(
    "wrong",
    [
        {"add_record_ids": [99]},
        {"add_record_ids": 7001},
        {"add_record_ids": [7001], "remove_record_ids": [7001]},
        {"team_case_buttons": [BUTTON | {"button_type": "story"}]},
        {"team_case_buttons": [{"label": "x", "url": "y", "action_type": "webhook"}]},
        {"sub_status_id": 1},
        {"assignee_emails": [JANE]},
        {"actions": []},
    ],
)
def test_a_refused_update_applies_no_part(world: World, wrong: dict[str, Any]) -> None:
    made(world)
    before = world.emulator.case(1)

    assert world.send("PUT", CASE, {"name": "new", **wrong}).status_code == 422
    assert world.emulator.case(1) == before


@pytest.mark.parametrize("key", ["sub_status_id", "field_values", "tasks", "blocks"])
def test_a_create_knows_nothing_newer(world: World, key: str) -> None:
    assert world.send("POST", CASES, {"team_id": 2, "name": "n", key: {}}).status_code == 422


def test_unmet_closure_conditions_hold_a_case_open_here_too(world: World) -> None:
    made(world, closure_conditions=[{"name": "c", "formula": "=SIZE(team_case.records) > 0"}])

    assert world.send("PUT", CASE, {"status": "closed"}).status_code == 422
    world.send("PUT", CASE, {"add_record_ids": [7001]})
    assert world.send("PUT", CASE, {"status": "closed"}).json()["status"] == "CLOSED"


def test_a_case_is_deleted(world: World) -> None:
    made(world)

    assert world.send("DELETE", CASE).status_code == 204
    assert world.client.get(CASE).status_code == 404


def test_buttons_have_routes(world: World) -> None:
    made(world)
    button = world.send("POST", f"{CASE}/buttons", BUTTON)
    assert (button.status_code, button.json()["button_text"]) == (201, "Go")
    path = f"{CASE}/buttons/{button.json()['id']}"

    assert world.send("PUT", path, {"label": "New"}).json() == button.json() | {"label": "New"}
    assert [each["label"] for each in world.client.get(f"{CASE}/buttons").json()["buttons"]] == ["New"]
    assert world.send("DELETE", path).status_code == 204
    assert world.client.get(CASE).json()["team_case_buttons"] == []


# ------------------------------------------------------------------------------------ metadata


@pytest.mark.parametrize(
    ("setting", "status", "after"),
    [("refuse", 409, {"a": "1"}), ("keep", 201, {"a": "1", "b": "2"})],
)
def test_a_post_adds_only(setting: Any, status: int, after: dict[str, str]) -> None:
    world = served(v1_metadata_post_existing=setting)
    made(world, metadata={"a": "1"})

    assert world.send("POST", META, {"metadata": {"a": "2", "b": "2"}}).status_code == status
    assert world.client.get(META).json() == {"case_id": 1, "metadata": after}
    assert world.send("POST", META, {"metadata": {"c": "3"}}).status_code == 201


@pytest.mark.parametrize(("setting", "status", "a"), [("ignore", 200, "2"), ("missing", 404, "1")])
def test_a_put_only_updates(setting: Any, status: int, a: str) -> None:
    world = served(v1_metadata_put_missing=setting)
    made(world, metadata={"a": "1"})

    assert world.send("PUT", META, {"metadata": {"a": "2", "b": "2"}}).status_code == status
    assert world.client.get(META).json()["metadata"] == {"a": a}
    assert world.send("PUT", META, {"metadata": {"a": "3"}}).json()["metadata"] == {"a": "3"}


def test_a_delete_is_as_in_v2(world: World) -> None:
    made(world, metadata={"a": "1", "b": "2"})

    assert world.send("DELETE", META, {"metadata": ["a"]}).status_code == 204
    assert world.send("DELETE", META, {"keys": ["b"]}).status_code == 400
    assert world.client.get(f"{META}/b").json() == {"case_id": 1, "metadata": {"b": "2"}}
    assert world.timeline(1) == ["CREATED", "METADATA_UPDATED"]
