"""What lists of cases leave out is read for the cases that declare it, in as few requests as that takes."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.errors import ProtocolError
from reconciler.providers.base import Wanted
from tests.providers.tines.tenant import Tenant

PARTS = ("fields", "links", "subscribers", "records", "actions", "tasks", "notes", "closure_conditions")


def filled(tenant: Tenant) -> int:
    """Return a case with one of everything."""
    emulator = tenant.emulator
    other, id = tenant.seed(2, closure_conditions=[{"name": "a", "formula": "=1"}])
    emulator.add_field(id, "ticket", "SOC-1")
    emulator.add_link(id, other)
    emulator.add_subscriber(id, "lin@acme.example")
    emulator.add_record(id, 7001)
    emulator.add_action(id, "Go", "https://go")
    emulator.add_task(id, "Call")
    emulator.add_note(id, "Seen")
    return id


@pytest.mark.parametrize(
    "switches",
    [{}, {"list_items_full": True}, {"records_list": "flat"}, {"sub_lists_per_page_max": 1}, {"per_page_max": 1}],
)
def test_everything_is_read(switches: dict[str, Any]) -> None:
    tenant = Tenant(**switches)
    id = filled(tenant)

    live = tenant.read([id, id - 1], *PARTS)[id]

    shown = live.attributes
    assert shown["fields"] == {"ticket": "SOC-1"}
    assert shown["links"] == {str(id - 1)}
    assert shown["subscribers"] == {"lin@acme.example"}
    assert shown["records"] == {"7001"}
    assert [item["label"] for item in shown["actions"].values()] == ["Go"]
    assert [item["description"] for item in shown["tasks"].values()] == ["Call"]
    assert [item["title"] for item in shown["notes"].values()] == ["Seen"]
    assert shown["closure_conditions"] == [{"name": "a", "formula": "=1"}]
    assert live.shown.keys() == {"fields", "subscribers", "actions", "closure_conditions"}


@pytest.mark.parametrize(
    ("switches", "attributes", "asked"),
    [
        ({}, ("name", "metadata"), {"cases": 1}),
        ({}, ("links", "actions"), {"cases": 1, "cases/*": 3}),
        ({"list_items_full": True}, ("links", "actions", "fields", "records"), {"cases": 1}),
        ({}, ("tasks", "notes"), {"cases": 1, "cases/*/tasks": 3, "cases/*/notes": 3}),
        ({}, ("tasks", "links"), {"cases": 1, "cases/*": 3, "cases/*/tasks": 3}),
        ({"list_items_full": True}, ("tasks", "links"), {"cases": 1, "cases/*/tasks": 3}),
    ],
)
def test_only_what_is_declared_is_asked_for(
    switches: dict[str, Any], attributes: tuple[str, ...], asked: dict[str, int]
) -> None:
    tenant = Tenant(**switches)

    assert len(tenant.read(tenant.seed(3), *attributes)) == 3
    assert tenant.counted == asked


def test_a_single_case_is_one_request_beside_its_own_lists() -> None:
    tenant = Tenant()

    tenant.read(tenant.seed(1), *PARTS)

    assert tenant.counted == {"cases/*": 1, "cases/*/tasks": 1, "cases/*/notes": 1, "cases/*/subscribers": 1}


def test_every_page_of_a_part_is_followed() -> None:
    tenant = Tenant()
    (id,) = tenant.seed(1)
    for number in range(120):
        tenant.emulator.add_task(id, f"Step {number}")
    for number in range(45):
        tenant.emulator.add_record(id, tenant.emulator.make_record("Alert", Title=str(number)))

    shown = tenant.read([id], "tasks", "records")[id].attributes

    assert len(shown["tasks"]) == 120
    assert len(shown["records"]) == 45
    assert tenant.counted["cases/*/tasks"] == 3


def test_a_case_that_vanishes_between_two_requests_is_left_out() -> None:
    def vanish(path: str, answer: Any) -> Any:
        if path == "/api/v2/cases":
            tenant.emulator.remove(gone)
        return answer

    tenant = Tenant(twist=vanish)
    gone, *left = tenant.seed(3)

    assert list(tenant.read([gone, *left], "tasks")) == left


def test_pages_that_shift_show_nothing_twice() -> None:
    def shift(path: str, answer: Any) -> Any:
        if path.endswith("/tasks") and answer["meta"]["next_page"] is None:
            answer["tasks"] = [first[0], *answer["tasks"]]
        elif path.endswith("/tasks"):
            first.append(answer["tasks"][-1])
        return answer

    first: list[Any] = []
    tenant = Tenant(twist=shift)
    (id,) = tenant.seed(1)
    for number in range(60):
        tenant.emulator.add_task(id, f"Step {number}")

    assert len(tenant.read([id], "tasks")[id].attributes["tasks"]) == 60


@pytest.mark.parametrize("answer", [[], {}, {"tasks": None}, {"tasks": [{"id": 1}]}, {"tasks": ["x"]}])
def test_a_list_of_another_shape_is_an_error_in_words(answer: Any) -> None:
    tenant = Tenant(twist=lambda path, shown: answer if path.endswith("/tasks") else shown)

    with pytest.raises(ProtocolError, match="Tines answered"):
        tenant.read(tenant.seed(1), "tasks")


# ------------------------------------------------------------------------------------ fields of many cases


def with_fields(tenant: Tenant, count: int) -> list[int]:
    ids = tenant.seed(count)
    for number, id in enumerate(ids):
        tenant.emulator.add_field(id, "Impact score", number)
        if number % 2:
            tenant.emulator.add_field(id, "ticket", f"SOC-{number}")
    return ids


@pytest.mark.parametrize("team_shown", [True, False])
@pytest.mark.parametrize("count", [2, 6, 60])
def test_fields_of_many_cases_are_read_field_by_field(count: int, *, team_shown: bool) -> None:
    lean = ("fields",) if team_shown else ("fields", "team")
    tenant = Tenant(list_items_lean=lean)
    ids = with_fields(tenant, count)

    shown = {id: live.attributes["fields"] for id, live in tenant.read(ids, "fields").items()}

    one_by_one = {id: tenant.read([id], "fields")[id].attributes["fields"] for id in ids[-2:]}
    assert {id: shown[id] for id in one_by_one} == one_by_one
    assert shown[ids[1]] == {"impact_score": "1", "ticket": "SOC-1"}
    assert len(shown) == count


def test_fields_of_sixty_cases_take_few_requests() -> None:
    tenant = Tenant()
    ids = with_fields(tenant, 60)

    tenant.read(ids, "fields")

    assert tenant.counted["cases/*"] == 0
    assert tenant.counted["case_inputs"] == 1
    assert len(tenant.asked) < 15


def test_where_fields_take_more_requests_than_cases_the_cases_are_read() -> None:
    tenant = Tenant(sub_lists_per_page_max=1)
    ids = with_fields(tenant, 10)

    assert len(tenant.read(ids, "fields")) == 10
    assert tenant.counted["cases/*"] == 10


def test_ids_of_values_come_along() -> None:
    tenant = Tenant()
    ids = with_fields(tenant, 20)

    live = tenant.read(ids, "fields")[ids[0]]

    (value,) = live.shown["fields"]
    assert value["case_input"]["id"] == tenant.emulator.case_input_id(2, "Impact score")
    assert value["id"] == tenant.emulator.case(ids[0])["fields"][0]["id"]
    assert live.aliases["fields"] == {"impact_score": frozenset({"Impact score"})}


def test_where_a_team_has_no_fields_no_case_has_any() -> None:
    tenant = Tenant(twist=lambda path, shown: {"case_inputs": []} if path.endswith("/case_inputs") else shown)

    shown = tenant.read(tenant.seed(10), "fields")

    assert {id: live.attributes["fields"] for id, live in shown.items()} == {id: {} for id in shown}


def test_a_value_that_comes_again_on_the_next_page_is_there_once() -> None:
    def again(path: str, answer: Any) -> Any:
        return {**answer, "fields": answer["fields"] * 2} if path.endswith("/fields") else answer

    tenant = Tenant(twist=again)
    ids = with_fields(tenant, 20)

    assert len(tenant.read(ids, "fields")[ids[0]].shown["fields"]) == 1


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/v1/case_inputs", {"case_inputs": [{"id": 1}]}),
        ("/api/v1/case_inputs", {}),
        ("/fields", {"fields": [{"id": 1, "value": "x"}]}),
    ],
)
def test_values_of_another_shape_are_an_error_in_words(path: str, answer: Any) -> None:
    tenant = Tenant(twist=lambda asked, shown: answer if asked.endswith(path) else shown)

    with pytest.raises(ProtocolError, match="Tines answered"):
        tenant.read(with_fields(tenant, 20), "fields")


# ------------------------------------------------------------------------------------ v1


def test_v1_shows_records_and_buttons_in_the_case() -> None:
    tenant = Tenant(api_version="v1", v1_cases="served", v2_cases="missing")
    (id,) = tenant.seed(1)
    tenant.emulator.add_record(id, 7001)
    tenant.emulator.add_action(id, "Go", "https://go", text="Run")

    live = tenant.read([id], "records", "actions", "assignees")[id]

    assert live.attributes["records"] == {"7001"}
    (item,) = live.attributes["actions"].values()
    assert item == {"label": "Go", "url": "https://go", "type": "webhook", "text": "Run"}


def test_v1_cannot_show_more_records_than_the_case_does() -> None:
    tenant = Tenant(api_version="v1", v1_cases="served", v2_cases="missing")
    (id,) = tenant.seed(1)
    for number in range(30):
        tenant.emulator.add_record(id, tenant.emulator.make_record("Alert", Title=str(number)))

    with pytest.raises(ProtocolError, match="v1 of its API has no way to the rest"):
        tenant.read([id], "records")


# ------------------------------------------------------------------------------------ of fields those that matter


def test_only_the_fields_that_matter_are_read_over_all_cases() -> None:
    tenant = Tenant()
    for number in range(40):
        tenant.emulator.add_case_input(2, f"Column {number}")
    ids = with_fields(tenant, 30)
    wanted = {str(id): frozenset({"fields"}) for id in ids}

    lives = list(tenant.provider.read(tenant.api, Wanted(wanted, {"fields": frozenset({"Impact score"})})))

    assert tenant.counted == {"cases": 1, "case_inputs": 1, "case_inputs/*/fields": 1}
    assert {key for live in lives for key in live.attributes["fields"]} == {"impact_score"}
