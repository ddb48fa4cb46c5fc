"""The emulated custom fields: their definitions, and their values on cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from reconciler.providers.tines.emulator import SWITCH_SETTINGS, TinesSwitches
from tests.providers.tines.test_emulator import CASES, World

INPUTS = "/api/v1/case_inputs"
FIELDS = f"{CASES}/1/fields"
BULK = f"{CASES}/bulk/fields"


def begun(switches: TinesSwitches | None = None, cases: int = 1) -> World:
    world = World(switches)
    for _ in range(cases):
        world.create()
    return world


@pytest.fixture
def world() -> World:
    return begun()


def values(case: Mapping[str, Any]) -> list[str]:
    return [field["value"] for field in case["fields"]]


# ------------------------------------------------------------------------------------ definitions


@pytest.mark.parametrize(("setting", "key"), [("team_case_input", "team_case_input"), ("bare", None)])
def test_an_input_is_defined_and_shown_in_three_wrappings(setting: Any, key: str | None) -> None:
    world = begun(TinesSwitches(case_input_wrapped=setting))
    body = {
        "name": "Kill-chain phase",
        "input_type": "string",
        "team_id": "2",
        "validation_type": "options",
        "validation_options": {"options": ["recon", "exploit"]},
        "group_name": "ATT&CK",
        "sensitive": True,
    }
    answer = world.send("POST", INPUTS, body)

    assert answer.status_code == 201
    shown = answer.json() if key is None else answer.json()[key]
    assert shown["key"] == "kill_chain_phase"
    assert (shown["validation_type"], shown["validation_options"]) == (
        "options",
        {"options": ["recon", "exploit"]},
    )
    assert (shown["team"], shown["sensitive"]) == ({"id": 2, "name": "SOC"}, True)
    assert shown["team_case_input_group"] == {"name": "ATT&CK"}
    assert world.client.get(f"{INPUTS}/{shown['id']}").json() == {"case_input": shown}
    assert shown in world.client.get(INPUTS, params={"team_id": 2}).json()["case_inputs"]
    assert world.client.get(f"{INPUTS}/99").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"team_id": 99},
        {"team_id": None},
        {"input_type": "colour"},
        {"input_type": None},
        {"validation_type": "spelling"},
        {"validation_type": "options"},
        {"validation_type": "options", "validation_options": {"options": "a"}},
        {"validation_type": "regex", "validation_options": {"regex": "("}},
        {"validation_type": "regex", "validation_options": {"regex": "a"}, "input_type": "number"},
        {"colour": "red"},
    ],
)
def test_a_senseless_input_is_not_defined(world: World, wrong: dict[str, Any]) -> None:
    before = world.client.get(INPUTS).json()

    assert (
        world.send("POST", INPUTS, {"name": "n", "input_type": "string", "team_id": 2} | wrong).status_code == 422
    )
    assert world.client.get(INPUTS).json() == before


def test_an_input_is_validated_only_if_it_says_so(world: World) -> None:
    body = {"name": "Free", "input_type": "string", "team_id": 2}
    made = world.send("POST", INPUTS, body).json()["team_case_input"]

    assert (made["validation_type"], made["validation_options"]) == ("none", {})
    regex = {"validation_type": "regex", "validation_options": {"regex": "[a-z]+"}}
    other = world.send("POST", INPUTS, body | {"name": "Lower"} | regex).json()["team_case_input"]
    assert {key: other[key] for key in regex} == regex
    world.emulator.add_field(1, "Free", "what | ever")
    assert values(world.get(1)) == ["what | ever"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_input_can_not_be_changed_or_deleted(world: World, method: str) -> None:
    assert world.send(method, f"{INPUTS}/401", {"name": "n"}).status_code == 404


def test_inputs_are_listed_for_every_team_or_one(world: World) -> None:
    listed = world.client.get(INPUTS).json()["case_inputs"]
    hunting = world.client.get(INPUTS, params={"team_id": 3}).json()["case_inputs"]

    assert len(listed) == 8
    assert [each["key"] for each in hunting] == ["operating_system", "affected_hosts"]
    ticket = world.client.get(f"{INPUTS}/{world.emulator.case_input_id(2, 'Ticket')}").json()["case_input"]
    assert (ticket["validation_type"], ticket["validation_options"]) == ("regex", {"regex": r"[A-Z]{2,5}-\d+"})


# ------------------------------------------------------------------------------------ values


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("operating_system", "Linux", "Linux"),
        ("operating_system", "BeOS", None),
        ("operating_system", "Linux|macOS", None),
        ("affected_hosts", "a|b", "a|b"),
        ("ticket", "ABC-12", "ABC-12"),
        ("ticket", "x", None),
        ("impact_score", 7, "7"),
        ("impact_score", "7.5", "7.5"),
        ("impact_score", "high", None),
        ("contained", True, "true"),
        ("contained", "false", "false"),
        ("contained", "yes", None),
        ("detected_at", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("detected_at", "yesterday", None),
    ],
)
def test_a_value_is_text_and_valid(world: World, name: str, value: Any, stored: str | None) -> None:
    body = {"input_id": world.emulator.case_input_id(2, name), "value": value}

    assert world.send("POST", FIELDS, body).status_code == (422 if stored is None else 201)
    assert values(world.get(1)) == ([] if stored is None else [stored])


def test_an_invalid_value_may_be_stored() -> None:
    world = begun(TinesSwitches(field_validation="store"))
    body = {"input_id": world.emulator.case_input_id(2, "ticket"), "value": "x"}

    assert world.send("POST", FIELDS, body).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"input_id": 401},
        {"value": "Linux"},
        {"input_id": 401, "value": None},
        {"input_id": 401, "value": ["Linux"]},
        {"input_id": 401, "value": "Linux", "upsert": True},
        {"input_id": 403, "value": "Linux"},
        {"input_id": 99, "value": "Linux"},
    ],
)
def test_a_senseless_field_is_refused(world: World, body: dict[str, Any]) -> None:
    assert world.send("POST", FIELDS, body).status_code == 422
    assert world.timeline(1) == ["CREATED"]


def test_a_field_may_be_made_by_the_query(world: World) -> None:
    params = {"input_id": world.emulator.case_input_id(2, "impact_score"), "value": 3}
    made = world.client.post(FIELDS, params=params)

    assert (made.status_code, made.json()["field"]["value"]) == (201, "3")


@pytest.mark.parametrize(("setting", "status", "value"), [("overwrite", 201, "BB-2"), ("refuse", 422, "AB-1")])
def test_a_repeated_post_overwrites(setting: Any, status: int, value: str) -> None:
    world = begun(TinesSwitches(field_post_repeated=setting))
    field_id = world.emulator.add_field(1, "ticket", "AB-1")
    body = {"input_id": world.emulator.case_input_id(2, "ticket"), "value": "BB-2"}

    assert world.send("POST", FIELDS, body).status_code == status
    (field,) = world.get(1)["fields"]
    assert (field["id"], field["value"]) == (field_id, value)


def test_the_fields_of_a_team_a_case_left_stay_or_go() -> None:
    for setting, kept in (("keep", ["AB-1"]), ("drop", [])):
        world = begun(SWITCH_SETTINGS.get(f"team_move_fields={setting}"))
        field_id = world.emulator.add_field(1, "ticket", "AB-1")
        world.put(1, team_id=3)

        assert values(world.get(1)) == kept
        changed = world.send("PUT", f"{FIELDS}/{field_id}", {"value": "AB-2"})
        assert changed.status_code == (200 if kept else 404)


@pytest.mark.parametrize("name", ["default", "sub_resources_bumping=none", "sub_resources_bumping=every"])
def test_what_moves_updated_at(name: str) -> None:
    world = begun(SWITCH_SETTINGS[name])
    moved: set[str] = set()
    acts: dict[str, Callable[[], object]] = {
        "fields": lambda: world.emulator.add_field(1, "ticket", "AB-1"),
        "tasks": lambda: world.emulator.add_task(1, "Call"),
        "records": lambda: world.emulator.add_record(1, 7001),
        "actions": lambda: world.emulator.add_action(1, "Go", "https://acme.tines.com/webhook/a"),
    }
    for what, act in acts.items():
        before = world.get(1)["updated_at"]
        world.clock.tick()
        act()
        moved |= {what} if world.get(1)["updated_at"] != before else set()

    assert moved == {"default": {"fields"}, "sub_resources_bumping=none": set()}.get(name, set(acts))


# ------------------------------------------------------------------------------------ many cases at once


@pytest.mark.parametrize(
    "wrong",
    [
        {"case_ids": [1, 99]},
        {"case_ids": []},
        {"case_ids": None},
        {"case_ids": "1"},
        {"case_ids": [*range(1, 52)]},
        {"fields": []},
        {"fields": [{"value": "a"}]},
        {"fields": [{"input_id": 402, "value": "a"}, {"input_id": 401, "value": "BeOS"}]},
        {"fields": [{"input_id": 402, "value": "a", "colour": "red"}]},
        {"upsert": True},
    ],
)
def test_a_bulk_write_is_all_or_nothing(wrong: dict[str, Any]) -> None:
    world = begun(cases=51)
    world.emulator.add_field(1, "affected_hosts", "z")
    body = {"case_ids": [1, 2], "fields": [{"input_id": 402, "value": "a", "upsert": True}]}

    assert world.send("POST", BULK, body | wrong).status_code == 422
    assert [values(world.get(case_id)) for case_id in (1, 2)] == [["z"], []]


def test_a_bulk_write_may_skip_unknown_cases_and_answer_201() -> None:
    body = {"case_ids": [1, 99], "fields": [{"input_id": 402, "value": "a", "upsert": True}]}
    world = begun(TinesSwitches(bulk_fields_unknown_case="skip", bulk_fields_status=201))
    answer = world.send("POST", BULK, body)

    assert answer.status_code == 201
    assert [case["case_id"] for case in answer.json()["cases"]] == [1]
    assert world.send("POST", BULK, body | {"case_ids": [98, 99]}).json() == {"cases": []}


def test_a_bulk_write_of_several_values_logs_each(world: World) -> None:
    fields = [
        {"input_id": 402, "value": "a|b", "upsert": True},
        {"input_id": 401, "value": "macOS", "upsert": True},
    ]
    world.send("POST", BULK, {"case_ids": [1], "fields": fields})

    assert sorted(values(world.get(1))) == ["a|b", "macOS"]
    assert world.timeline(1) == ["CREATED", "FIELD_UPDATED", "FIELD_UPDATED"]
