"""
The conformance checklist of the Tines API reference, statement by statement.

The number in a test's name is the statement's. 16, 17 and 52 to 60 are about what belongs to a case; they stand
in `test_statements`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from reconciler.providers.emulation import Refused
from reconciler.providers.tines.emulator import SWITCH_SETTINGS, TinesEmulator, TinesSwitches

CASES = "/api/v2/cases"
START = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)
JANE, OMAR, ZOE = "jane@acme.example", "omar@acme.example", "zoe@acme.example"


class Clock:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float = 60) -> None:
        self.now += timedelta(seconds=seconds)


class World:
    """An emulator, its clock, and a client with the right token."""

    def __init__(self, switches: TinesSwitches | None = None) -> None:
        self.clock = Clock()
        self.emulator = TinesEmulator(switches=switches, clock=self.clock)
        self.client = self.client_with({"authorization": f"Bearer {self.emulator.token}"})

    def client_with(self, headers: Mapping[str, str]) -> httpx.Client:
        transport = httpx.MockTransport(self.emulator.handle)
        return httpx.Client(transport=transport, base_url="https://acme.tines.com", headers=headers)

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.client.request(method, path, json=body)

    def create(self, **body: Any) -> Any:
        answer = self.send("POST", CASES, {"team_id": 2, "name": "n", **body})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def put(self, case_id: int, **body: Any) -> httpx.Response:
        return self.send("PUT", f"{CASES}/{case_id}", body)

    def listed(self, **query: Any) -> list[int]:
        answer = self.client.get(CASES, params={"order": "CREATED_ASC", **query})
        assert answer.status_code == 200, answer.text
        return [item["case_id"] for item in answer.json()["cases"]]

    def get(self, case_id: int) -> Any:
        """Give what a get shows, without a trace."""
        extra = {"subscribers", "tasks", "notes", "blocks", "comments"}
        return {key: value for key, value in self.emulator.case(case_id).items() if key not in extra}

    def timeline(self, case_id: int) -> list[str]:
        return [entry["activity_type"] for entry in self.emulator.activities(case_id)]


@pytest.fixture
def world() -> World:
    return World()


def emails(case: Mapping[str, Any]) -> list[str]:
    return [user["email"] for user in case["assignees"]]


def tags(case: Mapping[str, Any]) -> list[str]:
    return sorted(tag["name"] for tag in case["tags"])


# ------------------------------------------------------------------------------------ transport


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer no"}, {"x-user-token": "no"}, {"authorization": "Basic x"}]
)
@pytest.mark.parametrize("path", [CASES, "/api/v1/tags", "/api/v1/cases"])
def test_01_no_token_or_a_wrong_one_is_401_with_a_body(world: World, headers: dict[str, str], path: str) -> None:
    answer = world.client_with(headers).get(path)

    assert answer.status_code == 401
    assert answer.json()["error"]


@pytest.mark.parametrize("name", ["Authorization", "X-User-Token"])
def test_02_either_header_carries_the_token(world: World, name: str) -> None:
    token = world.emulator.token
    client = world.client_with({name: f"Bearer {token}" if name == "Authorization" else token})

    assert client.get(CASES).status_code == 200


@pytest.mark.parametrize("path", [CASES, CASES + "/1", CASES + "/1/metadata"])
def test_03_a_tenant_without_cases_answers_401(path: str) -> None:
    world = World(TinesSwitches(cases_enabled=False))

    answer = world.client.get(path)

    assert answer.status_code == 401
    assert "tenant does not have access" in answer.text
    assert world.client.get("/api/v1/teams").status_code == 200


def test_03_a_url_that_no_server_takes_is_414(world: World) -> None:
    assert world.client.get(CASES, params={"filters[search]": "x" * 8000}).status_code == 414


def seeded(count: int, switches: TinesSwitches | None = None) -> World:
    world = World(switches)
    for _ in range(count):
        world.emulator.seed_case()
    return world


def test_04_a_list_has_twenty_items_and_the_total() -> None:
    page = seeded(42).client.get(CASES).json()

    assert len(page["cases"]) == 20
    assert page["meta"] == {
        "current_page": "https://acme.tines.com/api/v2/cases?per_page=20&page=1",
        "previous_page": None,
        "next_page": "https://acme.tines.com/api/v2/cases?per_page=20&page=2",
        "next_page_number": 2,
        "per_page": 20,
        "pages": 3,
        "count": 42,
    }


@pytest.mark.parametrize(
    ("maximum", "asked", "given"), [(50, 500, 50), (500, 500, 60), (50, 5, 5), (500, 501, 60), (50, 50, 50)]
)
def test_05_per_page_is_clamped_to_the_maximum(maximum: int, asked: int, given: int) -> None:
    world = seeded(60, TinesSwitches(per_page_max=maximum))
    page = world.client.get(CASES, params={"per_page": asked}).json()

    assert len(page["cases"]) == given
    assert page["meta"]["per_page"] == min(maximum, asked)


def test_05_per_page_over_the_maximum_may_be_refused() -> None:
    world = seeded(1, TinesSwitches(per_page_over="refuse"))

    assert world.client.get(CASES, params={"per_page": 51}).status_code == 422
    assert world.client.get(CASES, params={"per_page": 50}).status_code == 200


@pytest.mark.parametrize("per_page", ["0", "-1", "x", ""])
def test_05_a_senseless_per_page_is_422(world: World, per_page: str) -> None:
    assert world.client.get(CASES, params={"per_page": per_page}).status_code == 422


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize("keep", [True, False])
def test_06_walking_the_pages_visits_every_case_once(*, present: bool, keep: bool) -> None:
    world = seeded(45, TinesSwitches(next_page_number_present=present, page_urls_keep_query=keep))
    seen: list[int] = []
    meta: dict[str, Any] = {"next_page": f"{CASES}?order=CREATED_ASC&team_id=2"}
    while meta["next_page"]:
        address = httpx.URL(meta["next_page"]).copy_merge_params({"order": "CREATED_ASC", "team_id": "2"})
        page = world.client.get(address).json()
        meta = page["meta"]
        seen += [item["case_id"] for item in page["cases"]]

    assert seen == list(range(1, 46))
    assert ("next_page_number" in meta) is present
    assert meta["previous_page"].startswith("https://acme.tines.com/api/v2/cases?")
    assert ("team_id=2" in meta["previous_page"]) is keep


def test_06_a_page_beyond_the_end_is_empty(world: World) -> None:
    page = world.client.get(CASES, params={"page": 7}).json()

    assert (page["cases"], page["meta"]["next_page"]) == ([], None)


def test_06_a_page_beyond_the_end_may_be_404() -> None:
    world = seeded(1, TinesSwitches(page_beyond_end="missing"))

    assert world.client.get(CASES, params={"page": 2}).status_code == 404


@pytest.mark.parametrize("told", [True, False])
def test_07_one_request_too_many_is_429_without_effect(*, told: bool) -> None:
    world = World(TinesSwitches(requests_per_minute=2, retry_after_header=told))
    world.create()
    world.clock.tick(15)
    world.create()

    refused = world.send("POST", CASES, {"team_id": 2, "name": "n"})
    assert refused.status_code == 429
    assert refused.headers.get("retry-after") == ("45" if told else None)
    assert len(world.emulator.cases()) == 2
    assert len(world.emulator.writes) == 2

    world.clock.tick(45)
    world.create()


def refusals(world: World) -> list[Any]:
    world.create(metadata={"a": "1"})
    asked: list[tuple[str, str, Any]] = [
        ("POST", CASES, {}),
        ("PUT", f"{CASES}/1", {"name": ""}),
        ("GET", f"{CASES}?order=UP", None),
        ("PUT", f"{CASES}/1/metadata", {"metadata": {}}),
        ("GET", f"{CASES}/99", None),
    ]
    return [world.send(*request).text for request in asked]


def test_08_error_bodies_vary_by_route(world: World) -> None:
    strings, errors, objects, text, error = refusals(world)

    assert json.loads(strings) == ["Validation failed: Team must exist"]
    assert json.loads(errors)["errors"][0]["message"] == "Validation failed: Name can't be blank"
    assert set(json.loads(objects)[0]) == {"message", "details"}
    assert text == "Invalid metadata"
    assert json.loads(error)["error"] == "Couldn't find case 99"


@pytest.mark.parametrize(
    ("shape", "beginning"),
    [
        ("strings", '["'),
        ("errors", '{"errors":[{'),
        ("objects", '[{"'),
        ("error", '{"status":'),
        ("html", "<html>"),
    ],
)
def test_08_one_shape_may_be_forced_on_every_route(shape: str, beginning: str) -> None:
    bodies = refusals(World(SWITCH_SETTINGS[f"error_shape={shape}"]))

    assert [body[: len(beginning)] for body in bodies] == [beginning] * 5


@pytest.mark.parametrize(("setting", "status"), [("gone", 410), ("missing", 404), ("served", 200)])
@pytest.mark.parametrize("path", ["/api/v1/cases", "/api/v1/cases/1", "/api/v1/cases/1/metadata"])
def test_09_the_v1_case_routes_are_gone(setting: Any, status: int, path: str) -> None:
    assert seeded(1, TinesSwitches(v1_cases=setting)).client.get(path).status_code == status


def test_09_an_old_tenant_may_have_no_v2_case_routes() -> None:
    world = seeded(1, TinesSwitches(v1_cases="served", v2_cases="missing"))

    assert world.client.get(CASES).status_code == 404
    assert world.client.get("/api/v1/case_sub_statuses?team_id=2").status_code == 200


# ------------------------------------------------------------------------------------ create


def test_10_create_answers_201_with_defaults(world: World) -> None:
    case = world.create()

    assert case["status"] == "OPEN"
    assert isinstance(case["case_id"], int)
    assert case["created_at"] == case["updated_at"] == case["opened_at"] == "2026-03-01T10:00:00Z"
    assert case["sub_status"] == {"id": world.emulator.sub_status_id(2, "To do"), "name": "To do"}
    assert case["priority"] == "LOW"
    assert case["description"] == ""
    assert world.timeline(case["case_id"]) == ["CREATED"]


def test_10_a_slash_at_the_end_makes_no_difference(world: World) -> None:
    assert world.send("POST", CASES + "/", {"team_id": "2", "name": "n"}).status_code == 201


def test_11_without_assignees_the_keys_user_is_assigned(world: World) -> None:
    assert emails(world.create()) == [world.emulator.key_user]


def test_12_given_assignees_are_exactly_the_assignees(world: World) -> None:
    assert emails(world.create(assignee_emails=[JANE.upper(), OMAR, JANE])) == [JANE, OMAR]


@pytest.mark.parametrize(("means", "expected"), [("key_user", ["automation@acme.example"]), ("nobody", [])])
def test_12_an_empty_list_of_assignees(means: Any, expected: list[str]) -> None:
    world = World(TinesSwitches(empty_assignees_means=means))

    assert emails(world.create(assignee_emails=[])) == expected
    assert emails(world.create()) == ["automation@acme.example"]


def test_13_metadata_and_tags_are_stored(world: World) -> None:
    world.create(metadata={"a": "1"}, tag_names=["x", "y", "x"])
    case = world.client.get(f"{CASES}/1").json()

    assert case["metadata"] == {"a": "1"}
    assert tags(case) == ["x", "y"]
    listed = world.client.get("/api/v1/tags", params={"team_id": 2}).json()["tags"]
    assert {tag["id"] for tag in listed} == {tag["id"] for tag in case["tags"]}


def test_13_unknown_tags_may_be_refused() -> None:
    world = World(TinesSwitches(unknown_tag="refuse"))
    world.emulator.add_tag(2, "known")

    assert tags(world.create(tag_names=["known"])) == ["known"]
    assert world.send("POST", CASES, {"team_id": 2, "name": "n", "tag_names": ["new"]}).status_code == 422
    assert world.put(1, add_tag_names=["new"]).status_code == 422


@pytest.mark.parametrize("written", ["high", "HIGH", "High"])
def test_14_priority_is_shown_in_upper_case(world: World, written: str) -> None:
    assert world.create(priority=written)["priority"] == "HIGH"


def test_15_the_same_create_twice_makes_two_cases(world: World) -> None:
    assert world.create()["case_id"] != world.create()["case_id"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "n"},
        {"team_id": 2},
        {"team_id": 2, "name": ""},
        {"team_id": 2, "name": None},
        {"team_id": 99, "name": "n"},
        {"team_id": "x", "name": "n"},
        {"team_id": 2, "name": "n", "nome": "n"},
        {"team_id": 2, "name": "n", "assignees": []},
        {"team_id": 2, "name": "n", "priority": "urgent"},
        {"team_id": 2, "name": "n", "status": "done"},
        {"team_id": 2, "name": "n", "opened_at": "yesterday"},
        {"team_id": 2, "name": "n", "description": 7},
        {"team_id": 2, "name": "n", "tag_names": "x"},
        {"team_id": 2, "name": "n", "tag_names": [""]},
        {"team_id": 2, "name": "n", "assignee_emails": ["who@acme.example"]},
        {"team_id": 2, "name": "n", "assignee_emails": [ZOE]},
        {"team_id": 2, "name": "n", "metadata": {"a": 1}},
        {"team_id": 2, "name": "n", "metadata": "a"},
        {"team_id": 2, "name": "n", "closure_conditions": [{"name": "c"}]},
        {"team_id": 2, "name": "n", "field_values": ["Linux"]},
        {"team_id": 2, "name": "n", "field_values": {"401": "BeOS"}},
        {"team_id": 2, "name": "n", "tasks": [{"description": "d", "assignee_ids": [9999]}]},
        {"team_id": 2, "name": "n", "tasks": [{"description": "d"}] * 26},
        {"team_id": 2, "name": "n", "blocks": [{"title": "t"}]},
        {"team_id": 2, "name": "n", "closure_conditions": [{"name": "c", "formula": "1"}]},
        ["team_id"],
    ],
)
def test_18_an_incomplete_or_invalid_create_makes_no_case(world: World, body: Any) -> None:
    assert world.send("POST", CASES, body).status_code == 422
    assert world.emulator.cases() == []


def test_18_what_v1_knew_is_ignored_on_create(world: World) -> None:
    world.create(record_ids=[1], team_case_buttons=[])


def test_18_a_case_may_be_created_closed(world: World) -> None:
    case = world.create(status="closed", resolved_at="2026-02-01T00:00:00+01:00", author_email=JANE)

    assert (case["status"], case["sub_status"]["name"]) == ("CLOSED", "Done")
    assert case["resolved_at"] == "2026-01-31T23:00:00Z"
    assert case["resolved_by"]["email"] == case["author"]["email"] == JANE


def test_18_an_author_outside_the_team_is_silently_the_keys_user(world: World) -> None:
    assert world.create(author_email=ZOE)["author"]["email"] == world.emulator.key_user


# ------------------------------------------------------------------------------------ get and list

ALL_KEYS = {
    "case_id",
    "name",
    "description",
    "status",
    "sub_status",
    "url",
    "metadata",
    "author",
    "opened_by",
    "resolved_by",
    "assignees",
    "tags",
    "activities",
    "activities_meta",
    "team",
    "actions",
    "fields",
    "linked_cases",
    "sla",
    "slas",
    "opened_at",
    "resolved_at",
    "created_at",
    "updated_at",
    "records",
    "records_meta",
    "priority",
    "closure_conditions",
}


def test_19_get_shows_every_key(world: World) -> None:
    world.create()

    assert set(world.client.get(f"{CASES}/1").json()) == ALL_KEYS


@pytest.mark.parametrize("path", ["99", "x", "99999999999999999999"])
@pytest.mark.parametrize("status", [404, 410])
def test_19_an_unknown_case_is_missing(path: str, status: int) -> None:
    world = World(TinesSwitches(missing_status=status))

    assert world.client.get(f"{CASES}/{path}").status_code == status


def test_20_resolved_mentions_change_what_is_shown_only(world: World) -> None:
    jane = world.create(assignee_emails=[JANE])["assignees"][0]["user_id"]
    text = f"ask <@user-{jane}> or <@user-99999>"
    world.put(1, description=text)

    shown = world.client.get(f"{CASES}/1", params={"resolve_mentions": "true"}).json()["description"]
    assert shown == "ask @Jane Doe or <@user-99999>"
    assert world.client.get(f"{CASES}/1").json()["description"] == text


def test_21_the_metadata_filter_is_exact_and_immediate(world: World) -> None:
    for value in ("one", "two", "one"):
        world.create(metadata={"marker": value, "other": "x"})
    world.create()

    assert world.listed(**{"filters[metadata][marker]": "one"}) == [1, 3]
    assert world.listed(**{"filters[metadata][marker]": "one", "filters[metadata][other]": "y"}) == []


def test_21_the_metadata_filter_may_be_ignored() -> None:
    world = seeded(2, TinesSwitches(metadata_filter="ignored"))

    assert world.listed(**{"filters[metadata][marker]": "one"}) == [1, 2]


def test_21_the_metadata_filter_may_lag_for_some_requests() -> None:
    world = World(TinesSwitches(metadata_filter="lagging", metadata_lag_requests=2))
    world.create(metadata={"marker": "one"})

    assert [world.listed(**{"filters[metadata][marker]": "one"}) for _ in range(3)] == [[], [], [1]]


def test_21_the_metadata_filter_may_lag_for_some_seconds() -> None:
    switches = TinesSwitches(metadata_filter="lagging", metadata_lag_requests=0, metadata_lag_seconds=5)
    world = World(switches)
    world.create(metadata={"marker": "one"})

    assert world.listed(**{"filters[metadata][marker]": "one"}) == []
    assert world.listed() == [1]
    world.clock.tick(5)
    assert world.listed(**{"filters[metadata][marker]": "one"}) == [1]


def test_22_cases_are_found_by_id_in_order() -> None:
    world = seeded(5)

    assert world.listed(**{"filters[case_ids][]": [4, 2, 99]}) == [2, 4]
    assert world.listed(order="CREATED_DESC", **{"filters[case_ids][]": [2, 4]}) == [4, 2]


def test_22_a_filter_may_be_ignored_by_the_server() -> None:
    world = seeded(3, SWITCH_SETTINGS["filters_ignored=case_ids"])

    assert world.listed(**{"filters[case_ids][]": [2]}) == [1, 2, 3]


def queue() -> World:
    """Four cases that differ in everything a filter looks at."""
    world = World()
    seed = world.emulator.seed_case
    seed(name="Disk full", tags=["a", "b"], assignees=[JANE], priority="high", by=JANE)
    world.clock.tick()
    seed(name="Rain", description="wet DISKS", tags=["a"], status="closed", assignees=[JANE, OMAR])
    world.clock.tick()
    seed(name="Snow", tags=["c"], sub_status="In progress", opened_at="2026-01-01T00:00:00Z", by=OMAR)
    world.clock.tick()
    seed(name="Storm", team_id=3, priority="critical", assignees=[world.emulator.key_user])
    world.emulator.edit(1, priority="medium")
    return world


MINUTES = [f"2026-03-01T10:0{minute}:00Z" for minute in range(4)]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"tags": ["a", "b"]}, [1]),
        ({"tags": "a"}, [1, 2]),
        ({"and_tags": ["a", "b"]}, [1]),
        ({"or_tags": ["b", "c"]}, [1, 3]),
        ({"exclude_tags": ["a"]}, [3, 4]),
        ({"excluded_tags": ["a", "c"]}, [4]),
        ({"status": "CLOSED"}, [2]),
        ({"status": "OPEN", "tags": ["a"]}, [1]),
        ({"sub_status_names": ["In progress", "Done"]}, [2, 3]),
        ({"priority": "CRITICAL"}, [4]),
        ({"priority": ["CRITICAL", "MEDIUM"]}, [1, 4]),
        ({"search": "disk"}, [1, 2]),
        ({"search": "3"}, [3]),
        ({"assignees": JANE}, [1, 2]),
        ({"assignees": ["unassigned", OMAR]}, [2, 3]),
        ({"assignees": "nobody@acme.example"}, []),
        ({"assignee_emails": [OMAR]}, [2]),
        ({"unassigned": "true"}, [3]),
        ({"unassigned": "false"}, [1, 2, 3, 4]),
        ({"assigned_to_me": "true"}, [4]),
        ({"authors": [JANE, OMAR]}, [1, 3]),
        ({"authors": "tines"}, []),
        ({"author_emails": JANE}, [1]),
        ({"start_date": MINUTES[1]}, [2, 4]),
        ({"end_date": MINUTES[0]}, [1, 3]),
        ({"start_date": MINUTES[0], "end_date": MINUTES[1]}, [1, 2]),
        ({"resolved_at_start_date": MINUTES[0]}, [2]),
        ({"resolved_at_end_date": MINUTES[0]}, []),
        ({"updated_at_start_date": MINUTES[2]}, [1, 3, 4]),
        ({"updated_at_end_date": MINUTES[2]}, [2, 3]),
        ({"mistyped": ["a"]}, [1, 2, 3, 4]),
    ],
)
def test_23_to_26_filters_and_28_as_a_body_on_get(filters: dict[str, Any], found: list[int]) -> None:
    world = queue()
    bracketed = {
        f"filters[{name}]" + ("[]" if isinstance(value, list) else ""): value for name, value in filters.items()
    }

    assert world.listed(**bracketed) == found
    body = world.send("GET", CASES, {"order": "CREATED_ASC", "filters": filters}).json()
    assert [item["case_id"] for item in body["cases"]] == found


def test_23_cases_are_found_by_the_ids_of_people() -> None:
    world = queue()
    jane, omar = world.emulator.case(2)["assignees"]

    assert world.listed(**{"filters[assignees][]": [jane["user_id"]]}) == [1, 2]
    assert world.listed(**{"filters[and_assignees][]": [jane["user_id"], omar["user_id"]]}) == [2]
    assert world.listed(**{"filters[exclude_assignees]": omar["user_id"]}) == [1, 3, 4]
    assert world.listed(**{"filters[exclude_authors]": jane["user_id"]}) == [2, 3, 4]


def test_23_an_authors_filter_of_tines_finds_what_automation_created() -> None:
    world = World(TinesSwitches(key_user_is_service_account=True))
    world.create()
    world.create(author_email=JANE)

    assert world.listed(**{"filters[authors]": "tines"}) == [1]


def test_24_the_team_narrows_the_list() -> None:
    assert queue().listed(team_id=3) == [4]


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("CREATED_ASC", [1, 2, 3, 4]),
        ("CREATED_DESC", [4, 3, 2, 1]),
        (None, [4, 3, 2, 1]),
        ("OPENED_ASC", [3, 1, 2, 4]),
        ("OPENED_DESC", [4, 2, 1, 3]),
        ("RECENTLY_EDITED", [4, 1, 3, 2]),
        ("LEAST_RECENTLY_EDITED", [2, 3, 1, 4]),
        ("PRIORITY_ASC", [2, 3, 1, 4]),
        ("PRIORITY_DESC", [4, 1, 3, 2]),
    ],
)
def test_24_orders(order: str | None, found: list[int]) -> None:
    page = queue().client.get(CASES, params={"order": order} if order else {}).json()

    assert [item["case_id"] for item in page["cases"]] == found


@pytest.mark.parametrize(
    "query",
    [
        {"order": "UPWARDS"},
        {"team_id": "x"},
        {"page": "x"},
        {"filters[status]": "DONE"},
        {"filters[case_ids][]": "x"},
        {"filters[updated_at_start_date]": "then"},
        {"filters[metadata]": "x"},
        {"filters[a]": "x", "filters[a][]": "y"},
    ],
)
def test_24_a_senseless_list_is_422(world: World, query: dict[str, str]) -> None:
    assert world.client.get(CASES, params=query).status_code == 422


def test_25_a_list_sees_what_was_written_since_the_last_one(world: World) -> None:
    world.create(tag_names=["a"])
    assert world.listed(**{"filters[tags][]": "a"}) == [1]
    world.put(1, remove_tag_names=["a"])

    assert world.listed(**{"filters[tags][]": "a"}) == []


def test_26_filters_that_are_no_object_filter_nothing() -> None:
    assert seeded(2).listed(filters="x") == [1, 2]


def test_26_an_unknown_filter_may_be_refused() -> None:
    world = seeded(2, TinesSwitches(unknown_filter="refuse"))

    assert world.client.get(CASES, params={"filters[mistyped]": "x"}).status_code == 422


LEAN_KEYS = {
    "case_id",
    "name",
    "description",
    "status",
    "sub_status",
    "url",
    "metadata",
    "author",
    "opened_by",
    "resolved_by",
    "assignees",
    "tags",
    "team",
    "priority",
    "opened_at",
    "resolved_at",
    "created_at",
    "updated_at",
}


@pytest.mark.parametrize(
    ("switches", "keys"),
    [
        (TinesSwitches(), LEAN_KEYS),
        (TinesSwitches(list_items_full=True), ALL_KEYS),
        (TinesSwitches(list_items_lean=("fields",)), ALL_KEYS - {"fields"}),
        (
            SWITCH_SETTINGS["list_items_lean=leaner"],
            LEAN_KEYS - {"team", "priority", "opened_at", "resolved_at", "created_at", "updated_at"},
        ),
    ],
)
def test_27_list_items_carry_what_the_switch_says(switches: TinesSwitches, keys: set[str]) -> None:
    world = World(switches)
    full = world.create(tag_names=["a"], metadata={"a": "1"})
    item = world.client.get(CASES).json()["cases"][0]

    assert item == {key: value for key, value in full.items() if key in keys}


# ------------------------------------------------------------------------------------ update


def without(case: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in case.items() if key not in {*keys, "updated_at"}}


def test_29_a_name_changes_the_name_only(world: World) -> None:
    before = world.create(description="d", tag_names=["a"], metadata={"a": "1"})
    world.clock.tick()
    after = world.put(1, name="new").json()

    assert after["name"] == "new"
    assert without(after, "name") == without(before, "name")
    assert after["updated_at"] == "2026-03-01T10:01:00Z"


def test_30_null_changes_nothing_and_an_empty_description_clears(world: World) -> None:
    before = world.create(description="text", opened_at="2026-01-01T00:00:00Z")
    world.clock.tick()

    assert world.put(1, description=None, name=None, opened_at=None, status=None).json() == before
    assert world.put(1, description="").json()["description"] == ""
    assert world.timeline(1) == ["CREATED", "DESCRIPTION_UPDATED"]


def test_31_sub_status_null_empty_and_foreign(world: World) -> None:
    before = world.create()
    foreign = world.emulator.sub_status_id(3, "In progress")

    assert world.put(1, sub_status_id=None).json() == before
    refused = world.put(1, sub_status_id="")
    assert (refused.status_code, "No object ID provided" in refused.text) == (422, True)
    assert world.put(1, sub_status_id=foreign).status_code == 422
    assert world.put(1, sub_status_id=99999).status_code == 422
    assert world.get(1) == before


def test_32_metadata_on_the_case_is_ignored(world: World) -> None:
    before = world.create(metadata={"a": "1"})
    world.clock.tick()

    for method in ("PUT", "PATCH"):
        answer = world.send(method, f"{CASES}/1", {"metadata": {"a": "2"}})
        assert (answer.status_code, answer.json()) == (200, before)


@pytest.mark.parametrize(
    "key", ["assignee_emails", "tag_names", "assignees", "add_record_ids", "team_case_buttons", "colour"]
)
def test_33_an_undefined_field_is_422_and_nothing_changes(world: World, key: str) -> None:
    before = world.create()
    refused = world.put(1, name="new", **{key: ["x"]})

    assert refused.status_code == 422
    assert "Field is not defined on TeamCaseUpdateInput" in refused.text
    assert world.get(1) == before


def test_34_tags_are_added_and_removed_in_one_request(world: World) -> None:
    world.create(tag_names=["a", "b"])
    body = {"add_tag_names": ["c"], "remove_tag_names": ["a"]}

    once = world.put(1, **body).json()
    assert tags(once) == ["b", "c"]
    assert world.timeline(1) == ["CREATED", "TAGS_ADDED", "TAGS_REMOVED"]

    world.clock.tick()
    assert world.put(1, **body).json() == once
    assert world.timeline(1) == ["CREATED", "TAGS_ADDED", "TAGS_REMOVED"]


@pytest.mark.parametrize("letters", ["case", "Case"])
def test_34_letter_case_of_tags_may_not_matter(letters: str) -> None:
    world = World(TinesSwitches(tag_names_case_sensitive=False))
    world.create(tag_names=["CASE"])

    assert tags(world.put(1, add_tag_names=[letters]).json()) == ["CASE"]
    assert world.listed(**{"filters[tags][]": letters}) == [1]
    assert tags(world.put(1, remove_tag_names=[letters]).json()) == []


def test_34_the_order_of_arrays_may_be_any() -> None:
    world = World(TinesSwitches(array_order="reversed"))
    case = world.create(tag_names=["a", "b"], assignee_emails=[JANE, OMAR])

    assert [tag["name"] for tag in case["tags"]] == ["b", "a"]
    assert emails(case) == [OMAR, JANE]


def test_35_assignees_are_added_and_removed_in_one_request(world: World) -> None:
    world.create(assignee_emails=[JANE])
    body = {"add_assignee_emails": [OMAR], "remove_assignee_emails": [JANE]}

    once = world.put(1, **body).json()
    assert emails(once) == [OMAR]
    assert world.put(1, **body).json() == once
    assert world.timeline(1) == ["CREATED", "ASSIGNED", "UNASSIGNED"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"add_assignee_emails": ["who@acme.example"]},
        {"add_assignee_emails": [ZOE]},
        {"add_assignee_emails": JANE},
        {"remove_assignee_emails": ["who@acme.example"]},
        {"add_assignee_emails": [JANE], "remove_assignee_emails": [JANE]},
        {"add_tag_names": ["x"], "remove_tag_names": ["x"]},
        {"add_tag_names": [1]},
        {"name": ""},
        {"priority": "urgent"},
        {"opened_at": ""},
        {"resolved_at": ""},
        {"team_id": 99},
        {"closure_conditions": {}},
    ],
)
@pytest.mark.parametrize("status", [422, 400])
def test_35_a_refused_update_applies_no_part(wrong: dict[str, Any], status: int) -> None:
    world = World(TinesSwitches(refusal_status=status, unknown_team_status=status))
    before = world.create()
    body = {"description": "new", "add_tag_names": ["new"]} | wrong

    assert world.put(1, **body).status_code == status
    assert world.get(1) == before
    assert world.client.get("/api/v1/tags").json()["tags"] == []


def test_35_an_assignee_who_left_the_team_can_be_removed(world: World) -> None:
    world.create(assignee_emails=[JANE])
    world.put(1, team_id=3)

    assert emails(world.put(1, remove_assignee_emails=[JANE]).json()) == []


def test_36_patch_behaves_as_put(world: World) -> None:
    world.create()

    assert world.send("PATCH", f"{CASES}/1", {"priority": "high"}).json()["priority"] == "HIGH"


def test_36_the_author_of_an_update_labels_the_activity(world: World) -> None:
    world.create()
    case = world.put(1, priority="high", author_email=OMAR).json()

    assert case["author"]["email"] == world.emulator.key_user
    assert case["activities"][-1]["user"]["email"] == OMAR


@pytest.mark.parametrize("bumps", [True, False])
def test_36_an_identical_value_logs_nothing(*, bumps: bool) -> None:
    world = World(TinesSwitches(noop_update_bumps=bumps))
    before = world.create(priority="high")
    world.clock.tick()
    after = world.put(1, priority="high").json()

    assert without(after) == without(before)
    assert (after["updated_at"] != before["updated_at"]) is bumps
    world.clock.tick()
    assert world.put(1).json() == after


def test_37_closing_and_opening_again(world: World) -> None:
    world.create(status="open")
    world.clock.tick()

    closed = world.put(1, status="closed").json()
    assert (closed["status"], closed["sub_status"]["name"]) == ("CLOSED", "Done")
    assert closed["resolved_at"] == "2026-03-01T10:01:00Z"
    assert closed["resolved_by"]["email"] == world.emulator.key_user

    opened = world.put(1, status="open").json()
    assert (opened["status"], opened["sub_status"]["name"]) == ("OPEN", "To do")
    assert (opened["resolved_at"], opened["resolved_by"]) == (None, None)
    assert world.timeline(1) == ["CREATED"] + ["STATUS_UPDATED", "SUB_STATUS_UPDATED"] * 2


def test_37_a_resolution_may_survive_opening_again() -> None:
    world = World(TinesSwitches(reopen_clears_resolution=False))
    closed = world.create(status="closed")

    assert world.put(1, status="open").json()["resolved_at"] == closed["resolved_at"]


def test_37_resolved_at_may_be_given(world: World) -> None:
    world.create()

    assert world.put(1, status="closed", resolved_at="2026-02-02").json()["resolved_at"] == "2026-02-02T00:00:00Z"


def test_37_the_status_it_has_keeps_the_sub_status(world: World) -> None:
    progress = world.emulator.sub_status_id(2, "In progress")
    world.create(sub_status_id=progress)

    assert world.put(1, status="open").json()["sub_status"]["id"] == progress


def test_37_an_empty_timestamp_may_clear() -> None:
    world = World(TinesSwitches(empty_timestamp="clear"))
    world.create(status="closed")

    assert world.put(1, resolved_at="").json()["resolved_at"] is None


def test_38_a_sub_status_moves_the_status(world: World) -> None:
    world.create()
    closed = world.put(1, sub_status_id=world.emulator.sub_status_id(2, "False positive")).json()

    assert (closed["status"], closed["sub_status"]["name"]) == ("CLOSED", "False positive")
    assert closed["resolved_at"] is not None


def test_38_a_contradictory_pair_is_422(world: World) -> None:
    before = world.create()
    done = world.emulator.sub_status_id(2, "Done")

    assert world.put(1, status="open", sub_status_id=done).status_code == 422
    assert world.get(1) == before


HAS_ASSIGNEE = {"name": "has an assignee", "formula": "=SIZE(team_case.assignees) > 0"}
OTHER = {"name": "other", "formula": "=team_case.name"}


@pytest.mark.parametrize(
    ("switches", "statuses"),
    [
        (TinesSwitches(), (422, 422)),
        (TinesSwitches(closure_conditions_read="after"), (422, 200)),
        (TinesSwitches(closure_conditions_enforced=False), (200, 200)),
        (TinesSwitches(empty_assignees_means="key_user"), (422, 422)),
    ],
)
def test_39_unmet_closure_conditions_hold_a_case_open(switches: TinesSwitches, statuses: tuple[int, int]) -> None:
    world = World(switches)
    for case_id in (1, 2):
        world.create(closure_conditions=[HAS_ASSIGNEE, OTHER])
        world.put(case_id, remove_assignee_emails=[world.emulator.key_user])

    assert world.put(1, status="closed").status_code == statuses[0]
    assert world.put(2, status="closed", add_assignee_emails=[JANE]).status_code == statuses[1]
    assert (world.emulator.case(2)["status"] == "OPEN") is (statuses[1] == 422)


def test_39_met_conditions_let_a_case_close(world: World) -> None:
    world.create(closure_conditions=[HAS_ASSIGNEE, OTHER])

    assert world.put(1, status="closed").json()["status"] == "CLOSED"


@pytest.mark.parametrize(("update", "expected"), [("replace", [OTHER]), ("append", [HAS_ASSIGNEE, OTHER])])
def test_40_closure_conditions_are_replaced(update: Any, expected: list[dict[str, str]]) -> None:
    world = World(TinesSwitches(closure_conditions_update=update))
    world.create(closure_conditions=[HAS_ASSIGNEE])

    assert world.put(1, closure_conditions=[OTHER]).json()["closure_conditions"] == expected


def test_41_a_team_id_moves_the_case(world: World) -> None:
    world.create(tag_names=["a"], sub_status_id=world.emulator.sub_status_id(2, "In progress"))
    moved = world.put(1, team_id=3).json()

    assert world.client.get(f"{CASES}/1").json() == moved
    assert moved["team"] == {"id": 3, "name": "Threat Hunting"}
    assert moved["sub_status"] == {"id": world.emulator.sub_status_id(3, "To do"), "name": "To do"}
    assert tags(moved) == ["a"]


def test_42_a_deleted_case_is_gone(world: World) -> None:
    world.create()
    deleted = world.send("DELETE", f"{CASES}/1")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert world.client.get(f"{CASES}/1").status_code == 404
    assert world.send("DELETE", f"{CASES}/1").status_code == 404
    assert world.listed() == []
    assert world.create()["case_id"] == 2


# ------------------------------------------------------------------------------------ metadata

META = f"{CASES}/1/metadata"


def test_43_metadata_is_read_whole_or_by_key(world: World) -> None:
    world.create(metadata={"a": "1", "b c": "2", "d.e": "3"})

    assert world.client.get(META).json() == {"case_id": 1, "metadata": {"a": "1", "b c": "2", "d.e": "3"}}
    assert world.client.get(META + "/b%20c").json() == {"case_id": 1, "metadata": {"b c": "2"}}
    assert world.client.get(META + "/z").status_code == 404
    assert world.client.get(META + "/d.e").status_code == 404


def test_44_post_inserts_beside_other_keys(world: World) -> None:
    world.create(metadata={"a": "1"})
    answer = world.send("POST", META, {"metadata": {"b": "2"}})

    assert (answer.status_code, answer.json()) == (201, {"case_id": 1, "metadata": {"a": "1", "b": "2"}})


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_44_the_answer_may_be_the_sent_pairs_only(method: str) -> None:
    world = World(TinesSwitches(metadata_response="delta"))
    world.create(metadata={"a": "1"})

    assert world.send(method, META, {"metadata": {"b": "2"}}).json()["metadata"] == {"b": "2"}


@pytest.mark.parametrize("given", [{"a": "2"}, {"a": "2", "b": "2"}])
def test_45_post_of_an_existing_key_is_409(world: World, given: dict[str, str]) -> None:
    before = world.create(metadata={"a": "1"})
    answer = world.send("POST", META, {"metadata": given})

    assert answer.status_code == 409
    assert "Metadata key a already exists" in answer.text
    assert world.get(1) == before


def test_45_a_mixed_post_may_insert_the_new_keys() -> None:
    world = World(TinesSwitches(metadata_post_mixed="insert_new"))
    world.create(metadata={"a": "1"})

    assert world.send("POST", META, {"metadata": {"a": "2", "b": "2"}}).status_code == 201
    assert world.emulator.case(1)["metadata"] == {"a": "1", "b": "2"}
    assert world.send("POST", META, {"metadata": {"a": "2"}}).status_code == 409


def test_46_put_overwrites_creates_and_keeps(world: World) -> None:
    world.create(metadata={"a": "1", "b": "1"})
    answer = world.send("PUT", META, {"metadata": {"a": "2", "c": ""}})

    assert (answer.status_code, answer.json()["metadata"]) == (200, {"a": "2", "b": "1", "c": ""})


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("body", [{"metadata": {}}, {}, {"metadata": ["a"]}, {"metadata": "a"}, None])
def test_47_empty_metadata_is_400(world: World, method: str, body: Any) -> None:
    world.create()
    answer = world.send(method, META, body)

    assert answer.status_code == 400
    assert "Invalid metadata" in answer.text


def test_48_delete_removes_the_listed_keys(world: World) -> None:
    world.create(metadata={"a": "1", "b": "2", "c": "3"})
    answer = world.send("DELETE", META, {"metadata": ["a", "b"]})

    assert (answer.status_code, answer.content) == (204, b"")
    assert world.emulator.case(1)["metadata"] == {"c": "3"}


@pytest.mark.parametrize(
    "body", [{"keys": ["a"]}, {"metadata": {"a": "1"}}, {"metadata": []}, None, {"metadata": ["a", "z"]}]
)
def test_48_any_other_delete_is_400_and_removes_nothing(world: World, body: Any) -> None:
    before = world.create(metadata={"a": "1"})
    answer = world.send("DELETE", META, body)

    assert answer.status_code == 400
    assert "Invalid metadata keys" in answer.text
    assert world.get(1) == before


def test_48_an_unknown_key_may_be_ignored() -> None:
    world = World(TinesSwitches(metadata_delete_unknown="ignore"))
    world.create(metadata={"a": "1"})

    assert world.send("DELETE", META, {"metadata": ["a", "z"]}).status_code == 204
    assert world.emulator.case(1)["metadata"] == {}


def test_49_patch_has_no_route(world: World) -> None:
    world.create()

    assert world.send("PATCH", META, {"metadata": {"a": "1"}}).status_code == 404


@pytest.mark.parametrize("value", [1, True, None, ["x"], {"x": "y"}])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_50_values_that_are_no_strings(value: Any, method: str) -> None:
    strict, lenient = World(), World(TinesSwitches(metadata_values="lenient"))
    for world in (strict, lenient):
        world.create()

    assert strict.send(method, META, {"metadata": {"a": value}}).status_code == 422
    lenient.send(method, META, {"metadata": {"a": value}})
    assert lenient.emulator.case(1)["metadata"] == {"a": value}


@pytest.mark.parametrize("bumps", [True, False])
def test_51_every_metadata_write_adds_one_activity(*, bumps: bool) -> None:
    world = World(TinesSwitches(metadata_bumps_updated_at=bumps))
    before = world.create()
    world.clock.tick()
    world.send("POST", META, {"metadata": {"a": "1"}})
    world.send("PUT", META, {"metadata": {"a": "1"}})
    world.send("DELETE", META, {"metadata": ["a"]})
    world.send("DELETE", META, {"metadata": ["a"]})

    assert world.timeline(1) == ["CREATED"] + ["METADATA_UPDATED"] * 3
    assert (world.emulator.case(1)["updated_at"] != before["updated_at"]) is bumps


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", META), ("GET", META + "/a"), ("POST", META), ("PUT", META), ("DELETE", META), ("PUT", f"{CASES}/1")],
)
def test_51_nothing_can_be_done_to_a_missing_case(world: World, method: str, path: str) -> None:
    assert world.send(method, path, {"metadata": {"a": "1"}}).status_code == 404


# ------------------------------------------------------------------------------------ configuration, timeline


def test_sub_statuses_are_listed_by_team(world: World) -> None:
    path = "/api/v1/case_sub_statuses"
    listed = world.client.get(path, params={"team_id": 2}).json()["case_sub_statuses"]

    assert [(found["name"], found["parent_status"], found["default"]) for found in listed] == [
        ("To do", "OPEN", True),
        ("Done", "CLOSED", True),
        ("In progress", "OPEN", False),
        ("False positive", "CLOSED", False),
    ]
    assert listed[2]["slug"] == "in_progress"
    assert listed[2]["created_at"] == "2026-03-01T10:00:00.000Z"
    assert world.client.get(f"{path}/{listed[2]['id']}").json() == listed[2]
    assert world.client.get(f"{path}/99999").status_code == 404
    assert world.client.get(path).status_code == 422


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"parent_status": "CLOSED"}, ["Done", "False positive"]),
        ({"search": "PROG"}, ["In progress"]),
        ({"per_page": 3, "page": 2}, ["False positive"]),
    ],
)
def test_sub_statuses_are_narrowed(world: World, query: dict[str, Any], names: list[str]) -> None:
    answer = world.client.get("/api/v1/case_sub_statuses", params={"team_id": 2, **query})

    assert [found["name"] for found in answer.json()["case_sub_statuses"]] == names


def test_teams_and_tags_are_listed(world: World) -> None:
    tag_id = world.emulator.add_tag(3, "hunt", "gold")

    assert world.client.get("/api/v1/teams").json()["teams"] == [
        {"id": 2, "name": "SOC", "groups": []},
        {"id": 3, "name": "Threat Hunting", "groups": []},
    ]
    found = world.client.get("/api/v1/tags").json()["tags"][0]
    assert (found["id"], found["color"]) == (tag_id, "gold")
    assert found["teams"] == [{"id": 3, "name": "Threat Hunting"}]
    assert world.client.get("/api/v1/tags", params={"team_id": 2}).json()["tags"] == []


def test_activities_are_listed_by_type(world: World) -> None:
    world.create()
    world.put(1, priority="high", add_tag_names=["a"])
    path = f"{CASES}/1/activities"
    shown = world.client.get(path, params={"activity_type[]": ["TAGS_ADDED", "CREATED"]}).json()

    assert [(entry["activity_type"], entry["value"]) for entry in shown["activities"]] == [
        ("CREATED", "1"),
        ("TAGS_ADDED", "a"),
    ]
    assert world.client.get(path, params={"per_page": 51}).json()["meta"]["per_page"] == 50


@pytest.mark.parametrize("path", ["files", "pdf", "buttons", "tags"])
def test_what_is_not_emulated_has_no_route(world: World, path: str) -> None:
    world.create()

    assert world.client.get(f"{CASES}/1/{path}").status_code == 404


# ------------------------------------------------------------------------------------ switches


@pytest.mark.parametrize(("kind", "of"), [("str", str), ("int", int)])
def test_user_ids_are_strings_or_numbers(kind: Any, of: type) -> None:
    case = World(TinesSwitches(user_id_type=kind)).create()

    assert isinstance(case["assignees"][0]["user_id"], of)


@pytest.mark.parametrize(("endings", "stored"), [("keep", "a\r\nb\rc\n"), ("lf", "a\nb\nc\n")])
def test_line_endings_of_descriptions(endings: Any, stored: str) -> None:
    world = World(TinesSwitches(description_line_endings=endings))

    assert world.create(description="a\r\nb\rc\n")["description"] == stored


def test_the_date_filter_may_look_at_creation() -> None:
    world = World(TinesSwitches(date_filter="created_at"))
    world.create(opened_at="2020-01-01T00:00:00Z")

    assert world.listed(**{"filters[start_date]": "2026-01-01T00:00:00Z"}) == [1]


def test_every_setting_differs_from_the_default_in_the_switch_it_is_named_after() -> None:
    default = TinesSwitches()
    for name, setting in SWITCH_SETTINGS.items():
        changed = [f.name for f in fields(setting) if getattr(setting, f.name) != getattr(default, f.name)]
        assert changed == ([] if name == "default" else [name.partition("=")[0]])


# ------------------------------------------------------------------------------------ people behind our back


def test_people_are_not_recorded(world: World) -> None:
    world.emulator.remove(world.emulator.seed_case())

    assert (world.emulator.requests, world.emulator.cases()) == ([], [])


def test_a_seeded_case_has_what_it_was_given(world: World) -> None:
    earlier = START - timedelta(days=3)
    case_id = world.emulator.seed_case(
        name="x", sub_status="False positive", created_at=earlier, resolved_at=START, metadata={"a": "1"}, by=JANE
    )
    case = world.get(case_id)

    assert case == world.client.get(f"{CASES}/{case_id}").json()
    assert (case["assignees"], case["status"], case["author"]["email"]) == ([], "CLOSED", JANE)
    assert (case["created_at"], case["updated_at"]) == ("2026-02-26T10:00:00Z",) * 2


def test_an_edit_sets_whole_collections_as_its_author(world: World) -> None:
    case_id = world.emulator.seed_case(tags=["a", "b"], assignees=[JANE], metadata={"a": "1"})
    world.clock.tick()
    world.emulator.edit(
        case_id,
        by=OMAR,
        name="y",
        sub_status="In progress",
        tags=["b", "c"],
        assignees=[OMAR],
        metadata={"z": "1"},
    )
    case = world.emulator.case(case_id)

    assert (case["name"], tags(case), emails(case), case["metadata"]) == ("y", ["b", "c"], [OMAR], {"z": "1"})
    assert case["sub_status"]["name"] == "In progress"
    assert {entry["user"]["email"] for entry in case["activities"][1:]} == {OMAR}
    assert case["updated_at"] == "2026-03-01T10:01:00Z"
    assert world.timeline(case_id)[-1] == "METADATA_UPDATED"


def test_an_edit_is_refused_as_the_api_refuses(world: World) -> None:
    case_id = world.emulator.seed_case()

    with pytest.raises(Refused, match="No user"):
        world.emulator.edit(case_id, assignees=["who@acme.example"])
    with pytest.raises(LookupError, match="no sub-status 'Nope'"):
        world.emulator.edit(case_id, sub_status="Nope")


def in_parallel(work: Callable[[int], object], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_parallel_writers_lose_nothing(world: World) -> None:
    world.create()
    in_parallel(lambda number: world.put(1, add_tag_names=[f"t{number}"]), 16)
    in_parallel(lambda number: world.create(), 16)

    assert len(world.emulator.case(1)["tags"]) == 16
    assert sorted(case["case_id"] for case in world.emulator.cases()) == list(range(1, 18))
    assert len(world.emulator.writes) == 33
