"""The same value of a custom field on many cases: one request for as many as Tines takes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from reconciler.model.result import Status
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator, TinesSwitches
from reconciler.testing.harness import Harness, Write
from reconciler.testing.story import is_crashed
from reconciler.testing.transports import Loss, bad_gateway, dies, lost, reset

SETTINGS = {"type": "tines", "url": "https://acme.tines.com", "token": "${env.TINES_TOKEN}", "team_id": 2}
BULK = "/api/v2/cases/bulk/fields"


def harness_of(root: Path, **switches: Any) -> Harness:
    people = TinesEmulator(switches=TinesSwitches(**switches))
    made = Harness(root, people, settings=SETTINGS, env={"TINES_TOKEN": DEFAULT_TOKEN})
    made.configure(limits={"max_deletes": 100, "max_changed_percent": 100})
    return made


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    return harness_of(tmp_path)


def people_of(harness: Harness) -> TinesEmulator:
    return cast(TinesEmulator, harness.emulator)


def cases(count: int, ticket: str | None = None, **more: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return so many cases with the same ticket, if any."""
    fields = {} if ticket is None else {"fields": {"ticket": ticket}}
    names = (f"c{number:02}" for number in range(count))
    return {name: {"name": name, **fields, **more.get(name, {})} for name in names}


def begun(harness: Harness, count: int) -> None:
    """Make so many cases without fields."""
    harness.declare(**cases(count))
    harness.apply()
    harness.forget_requests()


def sizes(writes: list[Write]) -> list[int]:
    """Return how many cases each request about fields was about."""
    return [len(body["case_ids"]) for _, path, body in writes if path == BULK]


def tickets(harness: Harness) -> list[str]:
    shown = (people_of(harness).case(int(record.id)) for record in harness.state.records.values())
    return [each["value"] for case in shown for each in case["fields"] if each["case_input"]["key"] == "ticket"]


def assert_settled(harness: Harness) -> None:
    assert harness.plan().is_empty
    assert not harness.drift().drift


def test_sixty_cases_that_get_the_same_value_are_two_requests(harness: Harness) -> None:
    begun(harness, 60)
    harness.declare(**cases(60, "INC-1"))

    plan = harness.plan()
    result = harness.apply_saved(plan)

    assert (plan.summary.requests, result.summary.requests, len(harness.writes)) == (2, 2, 2)
    assert sizes(harness.writes) == [50, 10]
    assert [change.operations[0].why for change in plan.changes if change.operations] == [
        "set 1 field on 50 cases",
        "set 1 field on 10 cases",
    ]
    assert tickets(harness) == ["INC-1"] * 60
    assert_settled(harness)


def test_another_value_is_another_request(harness: Harness) -> None:
    begun(harness, 4)
    harness.declare(**cases(4, "INC-1", c01={"fields": {"ticket": "INC-2"}}))

    harness.apply()

    assert sizes(harness.writes) == [3, 1]
    assert sorted(tickets(harness)) == ["INC-1"] * 3 + ["INC-2"]
    assert_settled(harness)


def test_what_else_a_case_gets_follows(harness: Harness) -> None:
    begun(harness, 3)
    harness.declare(**cases(3, "INC-1", c01={"priority": "high", "metadata": {"k": "v"}}))

    harness.apply()

    path = f"/api/v2/cases/{harness.id_of('c01')}"
    assert [write[:2] for write in harness.writes] == [("POST", BULK), ("POST", f"{path}/metadata"), ("PUT", path)]
    assert_settled(harness)


def test_a_case_in_which_somebody_wrote_meanwhile_is_left_out(harness: Harness) -> None:
    begun(harness, 60)
    harness.declare(**cases(60, "INC-1"))
    plan = harness.plan()
    people_of(harness).add_field(int(harness.id_of("c07")), "ticket", "INC-2")

    result = harness.apply_saved(plan, complete=False)

    assert [(each.address.name, each.status) for each in result.not_done] == [("c07", Status.CONFLICT)]
    assert sizes(harness.writes) == [49, 10]
    assert sorted(tickets(harness)) == ["INC-1"] * 59 + ["INC-2"]
    assert [change.address.name for change in harness.plan().changes] == ["c07"]
    harness.apply()
    assert_settled(harness)


def test_where_tines_takes_fewer_at_once_each_case_is_sent_alone(tmp_path: Path) -> None:
    harness = harness_of(tmp_path, bulk_fields_max=5)
    begun(harness, 8)
    harness.declare(**cases(8, "INC-1"))

    result = harness.apply()

    assert sizes(harness.writes) == [8, *[1] * 8]
    assert result.summary.requests == 8
    assert_settled(harness)


@pytest.mark.parametrize("unknown", ["refuse", "skip"])
def test_a_case_that_is_deleted_at_the_last_moment_hinders_no_other(tmp_path: Path, unknown: str) -> None:
    harness = harness_of(tmp_path, bulk_fields_unknown_case=unknown)
    begun(harness, 4)
    harness.declare(**cases(4, "INC-1"))
    gone = int(harness.id_of("c02"))

    def fate(number: int, _: Any, send: Any) -> Any:
        if number == 1:
            people_of(harness).remove(gone)
        return send()

    result = harness.apply(complete=False, fate=fate)

    assert [(each.address.name, each.status) for each in result.not_done] == [("c02", Status.CONFLICT)]
    harness.apply()
    assert tickets(harness) == ["INC-1"] * 4
    assert_settled(harness)


@pytest.mark.parametrize("loss", [reset, bad_gateway])
def test_a_lost_answer_is_asked_for_again(harness: Harness, loss: Loss) -> None:
    begun(harness, 5)
    harness.declare(**cases(5, "INC-1"))

    harness.apply(fate=lost(loss))

    assert sizes(harness.writes) == [5, 5]
    assert_settled(harness)


@pytest.mark.parametrize("executed", [True, False])
def test_a_crash_at_the_request_is_made_good_by_the_next_run(harness: Harness, *, executed: bool) -> None:
    begun(harness, 5)
    harness.declare(**cases(5, "INC-1", c03={"priority": "high"}))

    assert is_crashed(harness, dies(1, executed=executed))
    assert all("fields" not in record.recorded for record in harness.state.records.values())
    harness.apply()

    assert sizes(harness.writes) == [5], "it was executed once, before or after the crash"
    assert tickets(harness) == ["INC-1"] * 5
    assert_settled(harness)


def test_a_part_of_the_workspace_is_sent_without_the_rest(harness: Harness) -> None:
    begun(harness, 4)
    harness.declare(**cases(4, "INC-1"))

    harness.apply(targets=["soc.c01", "soc.c02"])

    assert sizes(harness.writes) == [2]
    assert len(harness.plan().changes) == 2
