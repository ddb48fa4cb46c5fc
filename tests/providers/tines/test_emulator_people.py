"""The people in front of the emulated tenant change what belongs to a case, by the rules of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.providers.emulation import Refused
from reconciler.providers.tines.emulator import TinesEmulator
from tests.providers.tines.test_emulator import CASES, JANE, OMAR, ZOE, World

URL = "https://acme.tines.com/webhook/a"


@pytest.fixture
def world() -> World:
    world = World()
    for _ in range(2):
        world.emulator.seed_case()
    return world


def listed(world: World, what: str) -> Any:
    return world.client.get(f"{CASES}/1/{what}").json()[what]


def test_a_case_shows_everything_as_the_lists_of_the_api_do(world: World) -> None:
    people = world.emulator
    people.add_task(1, "Call", assignees=[JANE])
    people.add_note(1, "Timeline", "09:00", color="gold")
    people.add_subscriber(1, OMAR)
    people.add_record(1, 7001)
    people.add_comment(1, "Look")
    people.add_field(1, "Operating system", "Linux")
    people.add_link(1, 2)
    people.add_action(1, "Go", URL, text="Run")
    shown = people.case(1)

    for what in ("tasks", "notes", "subscribers", "records", "comments", "linked_cases", "actions", "blocks"):
        assert shown[what] == listed(world, what), what
    assert [field["value"] for field in shown["fields"]] == ["Linux"]
    assert people.cases()[0] == shown
    assert world.emulator.writes == []


def test_tasks_are_changed_by_people(world: World) -> None:
    people = world.emulator
    kept, gone = people.add_task(1, "Call"), people.add_task(1, "Write")
    people.edit_task(kept, description="Call now", completed=True, assignee_emails=[JANE], by=JANE)
    people.remove_task(gone)

    (task,) = people.case(1)["tasks"]
    assert (task["id"], task["description"], task["completed"]) == (kept, "Call now", True)
    assert people.activities(1)[-1]["user"]["email"] == JANE


def test_notes_are_changed_by_people(world: World) -> None:
    people = world.emulator
    kept, gone = people.add_note(1, "One", by=JANE), people.add_note(1, "Two")
    people.edit_note(kept, content="x", sensitive=True, by=OMAR)
    people.remove_note(gone)

    (note,) = people.case(1)["notes"]
    assert (note["id"], note["content"], note["sensitive"], note["author"]["email"]) == (kept, "x", True, JANE)


def test_actions_are_changed_by_people(world: World) -> None:
    people = world.emulator
    kept, gone = people.add_action(1, "One", URL), people.add_action(1, "Two", URL, type="page")
    people.edit_action(kept, label="New")
    people.remove_action(gone)

    assert [(action["id"], action["label"]) for action in people.case(1)["actions"]] == [(kept, "New")]


def test_fields_are_changed_by_people(world: World) -> None:
    people = world.emulator
    people.add_field(1, "contained", value=True)
    field_id = people.add_field(1, "ticket", "AB-1")
    assert people.add_field(1, "Ticket", "AB-2") == field_id
    people.edit_field(1, "ticket", "AB-3", by=JANE)
    assert [field["value"] for field in people.case(1)["fields"]] == ["true", "AB-3"]

    people.remove_field(1, "ticket")
    assert [field["value"] for field in people.case(1)["fields"]] == ["true"]
    assert world.timeline(1) == ["CREATED"] + ["FIELD_UPDATED"] * 5


def test_sets_are_changed_by_people(world: World) -> None:
    people = world.emulator
    subscription = people.add_subscriber(1, JANE)
    assert people.add_subscriber(1, JANE) == subscription
    people.add_subscriber(1, OMAR)
    people.add_link(2, 1, by=OMAR)
    people.add_record(1, 7001)
    people.add_record(1, 7001)
    before = people.case(1)
    people.remove_subscriber(1, OMAR)
    people.remove_link(1, 2)
    people.remove_record(1, 7001)
    after = people.case(1)

    assert len(before["linked_cases"]) == len(before["records"]) == 1
    assert [user["email"] for user in before["subscribers"]] == [JANE, OMAR]
    assert [user["email"] for user in after["subscribers"]] == [JANE]
    assert (after["linked_cases"], after["records"], people.case(2)["linked_cases"]) == ([], [], [])


def test_a_tenant_is_furnished_by_its_administrators(world: World) -> None:
    people = world.emulator
    people.add_team("Forensics", team_id=9)
    people.add_user("kim@acme.example", "Kim", teams=[9])
    cooling = people.add_sub_status(9, "Cooling", "OPEN")
    phase = people.add_case_input(9, "Kill-chain phase", options=["recon", "exploit"], multiple=True)
    values = {str(phase): "recon|exploit"}
    case_id = people.seed_case(
        team_id=9, field_values=values, sub_status="Cooling", assignees=["kim@acme.example"]
    )
    record = people.make_record("Host", Hostname="db-9")
    people.add_record(case_id, record)
    shown = people.case(case_id)

    assert (shown["sub_status"]["id"], shown["assignees"][0]["first_name"]) == (cooling, "Kim")
    assert people.case_input_id(9, "kill_chain_phase") == phase
    assert shown["fields"][0]["value"] == "recon|exploit"
    assert shown["records"][0]["record_type_name"] == "Host"
    assert [people.make_record("Alert"), people.make_record("Alert", a="b")] == [record + 1, record + 2]


@pytest.mark.parametrize(
    "act",
    [
        lambda people: people.edit_task(9999, completed=True),
        lambda people: people.remove_note(9999),
        lambda people: people.edit_action(9999, label="x"),
        lambda people: people.add_task(99, "x"),
        lambda people: people.edit_field(1, "ticket", "AB-1"),
        lambda people: people.remove_field(1, "ticket"),
        lambda people: people.remove_link(1, 2),
        lambda people: people.remove_subscriber(1, JANE),
        lambda people: people.remove_subscriber(1, "who@acme.example"),
        lambda people: people.remove_record(1, 7001),
    ],
)
def test_what_is_not_there_is_a_key_error(world: World, act: Callable[[TinesEmulator], object]) -> None:
    with pytest.raises(KeyError):
        act(world.emulator)


@pytest.mark.parametrize(
    "act",
    [
        lambda people: people.add_task(1, " "),
        lambda people: people.add_subscriber(1, ZOE),
        lambda people: people.add_link(1, 1),
        lambda people: people.add_record(1, 99),
        lambda people: people.add_field(1, "ticket", "x"),
    ],
)
def test_what_the_api_would_refuse_is_refused(world: World, act: Callable[[TinesEmulator], object]) -> None:
    with pytest.raises(Refused):
        act(world.emulator)


def test_an_unknown_input_is_a_lookup_error(world: World) -> None:
    with pytest.raises(LookupError, match="team 2 has no case input 'mood'"):
        world.emulator.add_field(1, "mood", "x")


def test_people_are_stopped_by_no_closure_condition(world: World) -> None:
    condition = {"name": "c", "formula": "=SIZE(team_case.tags) > 0"}
    case_id = world.emulator.seed_case(closure_conditions=[condition])
    world.emulator.edit(case_id, status="closed")

    assert world.emulator.case(case_id)["status"] == "CLOSED"
