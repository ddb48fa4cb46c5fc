"""What a team configures in the emulated tenant: tags and sub-statuses."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.providers.tines.emulator import TinesSwitches
from tests.providers.tines.test_emulator import World, tags

TAGS = "/api/v1/tags"
STATUSES = "/api/v1/case_sub_statuses"


@pytest.fixture
def world() -> World:
    return World()


# ------------------------------------------------------------------------------------ tags


def test_a_tag_is_made_renamed_on_its_cases_and_deleted_off_them(world: World) -> None:
    made = world.send("POST", TAGS, {"name": "vip", "team_id": 2, "color": "#FFCC00"})
    assert made.status_code == 201
    world.create(tag_names=["a", "vip", "b"])
    world.create(tag_names=["b"])
    path = f"{TAGS}/{made.json()['id']}"
    world.clock.tick()

    renamed = world.send("PUT", path, {"name": "VIP"})
    assert renamed.json() == made.json() | {"name": "VIP", "updated_at": "2026-03-01T10:01:00.000Z"}
    assert [tag["name"] for tag in world.get(1)["tags"]] == ["a", "VIP", "b"]
    assert world.client.get(path).json() == renamed.json()
    assert world.send("PUT", path, {"color": "gold"}).json()["color"] == "gold"

    assert world.client.delete(path, params={"team_id": 3}).status_code == 422
    assert world.client.delete(path, params={"team_id": 2}).status_code == 204
    assert tags(world.get(1)) == ["a", "b"]
    assert world.client.get(path).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"name": "taken"}, {"name": ""}, {"team_id": 99}, {"team_id": None}, {"color": None}, {"color": "#12"}],
)
def test_a_senseless_tag_is_refused(world: World, wrong: dict[str, Any]) -> None:
    world.emulator.add_tag(2, "taken")

    assert world.send("POST", TAGS, {"name": "new", "team_id": 2, "color": "gold"} | wrong).status_code == 422
    assert len(world.client.get(TAGS).json()["tags"]) == 1


def test_a_tag_can_not_take_the_name_of_another(world: World) -> None:
    world.emulator.add_tag(2, "taken")
    mine = world.emulator.add_tag(2, "mine")

    assert world.send("PUT", f"{TAGS}/{mine}", {"name": "taken"}).status_code == 422


# ------------------------------------------------------------------------------------ sub-statuses


def test_a_sub_status_is_made_under_open_unless_told(world: World) -> None:
    opened = world.send("POST", STATUSES, {"team_id": 2, "name": "Waiting for vendor"})
    closed = world.send("POST", STATUSES, {"team_id": 2, "name": "Moot", "parent_status": "CLOSED"})

    assert opened.status_code == closed.status_code == 201
    assert (opened.json()["slug"], opened.json()["default"]) == ("waiting_for_vendor", False)
    assert (opened.json()["parent_status"], closed.json()["parent_status"]) == ("OPEN", "CLOSED")
    assert world.create(sub_status_id=closed.json()["id"])["status"] == "CLOSED"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "n"},
        {"team_id": 99, "name": "n"},
        {"team_id": 2},
        {"team_id": 2, "name": "n", "parent_status": "HALF"},
        {"team_id": 2, "name": "n", "default": True},
    ],
)
def test_a_senseless_sub_status_is_refused(world: World, body: dict[str, Any]) -> None:
    assert world.send("POST", STATUSES, body).status_code == 422


@pytest.mark.parametrize("fallback", [None, "Done", "In progress", "theirs"])
def test_a_sub_status_is_not_deleted_without_a_proper_fallback(world: World, fallback: str | None) -> None:
    gone = world.emulator.sub_status_id(2, "In progress")
    team, name = (3, "To do") if fallback == "theirs" else (2, fallback)
    params = {} if name is None else {"fallback_status_id": world.emulator.sub_status_id(team, name)}

    assert world.client.delete(f"{STATUSES}/{gone}", params=params).status_code == 422
    assert world.client.get(f"{STATUSES}/{gone}").status_code == 200


def test_a_sub_status_may_be_deleted_in_favour_of_the_default() -> None:
    world = World(TinesSwitches(sub_status_delete_without_fallback="default"))
    gone = world.emulator.sub_status_id(2, "In progress")
    world.create(sub_status_id=gone)

    assert world.client.delete(f"{STATUSES}/{gone}").status_code == 204
    assert world.get(1)["sub_status"]["name"] == "To do"
    assert world.timeline(1) == ["CREATED", "SUB_STATUS_UPDATED"]


def test_the_default_sub_status_stays(world: World) -> None:
    ids = {name: world.emulator.sub_status_id(2, name) for name in ("To do", "In progress")}
    params = {"fallback_status_id": ids["In progress"]}

    assert world.client.delete(f"{STATUSES}/{ids['To do']}", params=params).status_code == 422
