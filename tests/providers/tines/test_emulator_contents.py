"""What belongs to a case in the emulated tenant: tasks, notes, actions, records, subscribers, comments, blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from reconciler.providers.tines.emulator import SWITCH_SETTINGS, TinesEmulator, TinesSwitches
from reconciler.sandbox.server import LoopbackServer
from tests.providers.tines.test_emulator import CASES, JANE, OMAR, ZOE, World

CASE = f"{CASES}/1"
URL = "https://acme.tines.com/webhook/a"


def begun(switches: TinesSwitches | None = None) -> World:
    world = World(switches)
    for name in ("one", "two", "three"):
        world.create(name=name)
    return world


@pytest.fixture
def world() -> World:
    return begun()


def made(world: World, what: str, body: dict[str, Any]) -> Any:
    answer = world.send("POST", f"{CASE}/{what}", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


# ------------------------------------------------------------------------------------ all of them


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "tasks", {}),
        ("POST", "tasks", {"description": " "}),
        ("POST", "tasks", {"description": "x", "completed": True}),
        ("POST", "tasks", {"description": "x", "assignee_emails": [ZOE]}),
        ("POST", "tasks", {"description": "x", "assignee_ids": [101]}),
        ("POST", "tasks/batch", {"tasks": []}),
        ("POST", "tasks/batch", {"tasks": [{"description": "x"}, {}]}),
        ("POST", "tasks/batch", {"tasks": ["x"]}),
        ("POST", "notes", {"content": "x"}),
        ("POST", "notes", {"title": "x", "color": "black"}),
        ("POST", "notes", {"title": "x", "colour": "red"}),
        ("POST", "actions", {"label": "x", "url": URL}),
        ("POST", "actions", {"label": "x", "url": URL, "action_type": "WEBHOOK"}),
        ("POST", "actions", {"label": "x", "action_type": "page"}),
        ("PUT", "actions/batch", {"actions": [{"label": "x"}]}),
        ("PUT", "actions/batch", {}),
        ("POST", "records", {}),
        ("POST", "records", {"record_id": 99}),
        ("POST", "subscribers", {"user_email": ZOE}),
        ("POST", "subscribers", {"user_email": ["x"]}),
        ("POST", "subscribers/batch", {"user_emails": [JANE, ZOE]}),
        ("POST", "subscribers/batch", {"user_emails": [JANE] * 51}),
        ("POST", "linked_cases/batch", {"ids": [2, 99]}),
        ("POST", "linked_cases/batch", {"ids": [2, 3, 2]}),
        ("POST", "linked_cases/batch", {"ids": 2}),
        ("POST", "linked_cases/batch", {"ids": [*range(2, 53)]}),
        ("POST", "comments", {"value": ""}),
        ("POST", "blocks", {"title": "x", "block_type": "file"}),
        ("POST", "blocks", {"title": "x", "block_type": "metadata", "elements": [{"content": "x"}]}),
        ("POST", "blocks", {"title": "x", "block_type": "note", "elements": [{"content": 1}]}),
        ("POST", "blocks", {"title": "x", "block_type": "note", "elements": [{"note_type": "pdf"}]}),
    ],
)
def test_what_is_senseless_is_422_and_changes_nothing(
    world: World, method: str, path: str, body: dict[str, Any]
) -> None:
    before = world.emulator.cases()

    assert world.send(method, f"{CASE}/{path}", body).status_code == 422
    assert world.emulator.cases() == before


@pytest.mark.parametrize("what", ["tasks", "notes", "records", "comments", "blocks", "activities", "fields"])
def test_what_is_not_there_is_404(world: World, what: str) -> None:
    assert world.client.get(f"{CASE}/{what}/999").status_code == 404
    assert world.client.get(f"{CASES}/99/{what}").status_code == 404


def test_every_list_has_pages() -> None:
    world = begun(TinesSwitches(sub_lists_per_page_max=2))
    for number in range(3):
        world.emulator.add_task(1, f"task {number}")
        world.emulator.add_note(1, f"note {number}")
        world.emulator.add_action(1, f"action {number}", URL)
        world.emulator.add_comment(1, f"comment {number}", by=(JANE, OMAR, None)[number])
        world.emulator.add_record(1, 7001 + number)
    for what in ("tasks", "notes", "actions", "comments", "records", "subscribers"):
        page = world.client.get(f"{CASE}/{what}").json()
        assert (page["meta"]["per_page"], page["meta"]["pages"], page["meta"]["count"]) == (2, 2, 3)
        assert len(page[what]) == (1 if what == "records" else 2), "records come in groups, two in one here"
        assert page["meta"]["next_page"] == f"https://acme.tines.com{CASE}/{what}?per_page=2&page=2"


def test_tasks_and_activities_come_in_pages_of_fifty_at_most(world: World) -> None:
    for what in ("tasks", "activities"):
        page = world.client.get(f"{CASE}/{what}", params={"per_page": 51}).json()
        assert page["meta"]["per_page"] == 50
    assert world.client.get(f"{CASE}/notes", params={"per_page": 51}).json()["meta"]["per_page"] == 51


# ------------------------------------------------------------------------------------ tasks


def test_a_task_is_completed_and_reopened_with_a_trace(world: World) -> None:
    task = made(world, "tasks", {"description": "Call"})["task"]
    path = f"{CASE}/tasks/{task['id']}"

    assert world.send("PUT", path, {"completed": True}).json()["task"] == task | {"completed": True}
    world.send("PUT", path, {"description": "Call again", "completed": False})
    assert world.client.get(path).json()["task"] == task | {"description": "Call again"}
    assert world.timeline(1) == ["CREATED", "CHECKLIST_ITEM_COMPLETED", "CHECKLIST_ITEM_INCOMPLETE"]

    assert world.send("DELETE", path).status_code == 204
    assert world.client.get(f"{CASE}/tasks").json()["tasks"] == []


# ------------------------------------------------------------------------------------ notes


@pytest.mark.parametrize("key", ["author", "user"])
def test_a_note_is_made_changed_appended_to_and_deleted(key: Any) -> None:
    world = begun(TinesSwitches(note_author_key=key))
    note = made(world, "notes", {"title": "Timeline", "author_email": JANE, "position": 1})
    assert (note["case_id"], note["content"], note["color"], note["sensitive"]) == (1, "", "white", False)
    assert note[key]["email"] == JANE

    path = f"{CASE}/notes/{note['id']}"
    changed = world.send("PUT", path, {"content": "09:00", "color": "gold", "author_email": OMAR})
    assert (changed.status_code, changed.json()) == (200, note | {"content": "09:00", "color": "gold"})
    appended = world.send("POST", f"{path}/content", {"content": " mail"})
    assert (appended.status_code, appended.json()["content"]) == (201, "09:00 mail")
    assert world.client.get(path).json() == appended.json()
    assert world.client.get(f"{CASE}/notes").json()["notes"] == world.emulator.case(1)["notes"]

    assert world.send("DELETE", path).status_code == 204
    assert world.emulator.case(1)["notes"] == []


def test_a_case_may_hold_only_so_many_notes() -> None:
    world = begun(TinesSwitches(notes_max=1))
    made(world, "notes", {"title": "One"})

    assert world.send("POST", f"{CASE}/notes", {"title": "Two"}).status_code == 422


# ------------------------------------------------------------------------------------ actions


def test_an_action_is_changed_in_part_and_deleted(world: World) -> None:
    action = made(world, "actions", {"label": "Go", "url": URL, "action_type": "webhook", "action_text": "Run"})
    path = f"{CASE}/actions/{action['id']}"

    assert world.send("PUT", path, {"label": "Stop"}).json() == action | {"label": "Stop"}
    assert world.send("PUT", path, {"colour": "red"}).status_code == 422
    assert world.client.get(path).status_code == 404
    assert world.send("DELETE", path).status_code == 204
    assert world.send("DELETE", path).status_code == 404


def test_a_batch_may_keep_the_ids_of_unchanged_actions_and_refuse_to_be_empty() -> None:
    world = begun(TinesSwitches(actions_batch_ids="kept", actions_batch_empty="refuse"))
    body = {"label": "Go", "url": URL, "action_type": "webhook"}
    old = made(world, "actions", body)["id"]
    batch = {"actions": [body, body, body | {"label": "New"}], "query_params": {"a": "1"}}
    ids = [action["id"] for action in world.send("PUT", f"{CASE}/actions/batch", batch).json()["actions"]]

    assert ids[0] == old
    assert len(set(ids)) == 3
    assert world.send("PUT", f"{CASE}/actions/batch", {"actions": []}).status_code == 422


def test_the_list_of_actions_may_have_no_meta() -> None:
    world = begun(TinesSwitches(actions_list_meta=False))
    world.emulator.add_action(1, "Go", URL)

    assert world.client.get(f"{CASE}/actions").json() == {"case_id": 1, "actions": world.get(1)["actions"]}


# ------------------------------------------------------------------------------------ records


def test_records_are_linked_and_unlinked(world: World) -> None:
    record = made(world, "records", {"record_id": "7001"})["record"]

    assert (record["id"], record["record_type"]["name"]) == (7001, "Alert")
    assert [(cell["name"], cell["value"]) for cell in record["records"]] == [
        ("Title", "Login from two countries"),
        ("Source", "idp"),
    ]
    assert world.client.get(f"{CASE}/records/7001").json() == {"case_id": 1, "record": record}
    assert world.listed(**{"filters[records][]": ["idp", "x"]}) == [1]
    assert world.listed(**{"filters[records][]": "db-7"}) == []
    assert world.send("DELETE", f"{CASE}/records/7001").status_code == 204
    assert world.send("DELETE", f"{CASE}/records/7001").status_code == 404
    assert world.timeline(1) == ["CREATED", "RECORD_RESULT_SET_ADDED", "RECORD_RESULT_SET_REMOVED"]


def test_records_are_listed_in_groups_or_flat() -> None:
    grouped, flat = begun(), begun(TinesSwitches(records_list="flat"))
    for world in (grouped, flat):
        for record_id in (7001, 7003, 7002):
            made(world, "records", {"record_id": record_id})
    shown = flat.client.get(f"{CASE}/records").json()["records"]

    assert [record["id"] for record in shown] == [7001, 7003, 7002]
    groups = grouped.client.get(f"{CASE}/records").json()["records"]
    assert [(group["record_type_name"], len(group["record_type_record_results"])) for group in groups] == [
        ("Alert", 2),
        ("Asset", 1),
    ]
    assert groups[0]["record_type_record_results"] == [shown[0], shown[2]]
    assert grouped.get(1)["records"] == groups
    assert grouped.get(1)["records_meta"]["count"] == 3


@pytest.mark.parametrize(("setting", "status"), [("refuse", 422), ("ignore", 201)])
def test_a_record_linked_twice(setting: Any, status: int) -> None:
    world = begun(TinesSwitches(record_repeated=setting))
    world.emulator.add_record(1, 7001)

    assert world.send("POST", f"{CASE}/records", {"record_id": 7001}).status_code == status
    assert world.get(1)["records_meta"]["count"] == 1


def test_records_have_a_limit_of_their_own() -> None:
    world = begun(TinesSwitches(records_per_minute=1))

    assert [world.client.get(f"{CASE}/records").status_code for _ in range(2)] == [200, 429]
    assert world.client.get(CASE).status_code == 200


# ------------------------------------------------------------------------------------ links, subscribers


@pytest.mark.parametrize(("setting", "status"), [("refuse", 422), ("ignore", 201)])
def test_links_are_made_in_a_batch(setting: Any, status: int) -> None:
    world = begun(TinesSwitches(link_repeated=setting))
    first = made(world, "linked_cases/batch", {"ids": ["2", 3]})
    links = [{"case_id": 2, "name": "two"}, {"case_id": 3, "name": "three"}]

    assert first == {"case_id": 1, "name": "one", "linked_cases": links}
    assert world.client.get(f"{CASE}/linked_cases").json()["linked_cases"] == links == world.get(1)["linked_cases"]
    assert world.get(3)["linked_cases"] == [{"case_id": 1, "name": "one"}]
    assert world.send("POST", f"{CASES}/2/linked_cases/batch", {"ids": [3, 1]}).status_code == status
    assert len(world.get(2)["linked_cases"]) == (1 if status == 422 else 2)


def test_a_batch_of_links_may_be_longer() -> None:
    world = begun(SWITCH_SETTINGS["linked_batch_max=150"])
    for _ in range(60):
        world.emulator.seed_case()

    assert len(made(world, "linked_cases/batch", {"ids": [*range(2, 62)]})["linked_cases"]) == 60


def test_to_delete_an_absent_link_may_be_no_error() -> None:
    world = begun(TinesSwitches(link_delete_absent="ignore"))

    assert world.send("DELETE", f"{CASE}/linked_cases/2").status_code == 204


def test_subscribers_are_nested_in_an_answer_and_flat_in_a_list(world: World) -> None:
    batch = made(world, "subscribers/batch", {"user_emails": [JANE, OMAR.upper()]})
    listed = world.client.get(f"{CASE}/subscribers").json()["subscribers"]

    assert [each["user"]["email"] for each in batch["subscribers"]] == [JANE, OMAR]
    assert [each["id"] for each in batch["subscribers"]] == [each["id"] for each in listed]
    assert set(listed[0]) == {
        "id",
        "user_id",
        "first_name",
        "last_name",
        "email",
        "avatar_url",
        "is_service_account",
    }
    again = made(world, "subscribers", {"user_email": JANE})
    assert again["id"] == listed[0]["id"]
    assert world.client.get(f"{CASE}/subscribers").json()["subscribers"] == listed


def test_a_repeated_subscription_may_be_refused() -> None:
    world = begun(TinesSwitches(subscriber_repeated="refuse"))
    world.emulator.add_subscriber(1, JANE)

    assert world.send("POST", f"{CASE}/subscribers/batch", {"user_emails": [OMAR, JANE]}).status_code == 422
    assert len(world.emulator.case(1)["subscribers"]) == 1


def test_an_assignment_may_subscribe() -> None:
    world = World(TinesSwitches(assignment_subscribes=True))
    world.create(assignee_emails=[JANE])
    world.put(1, add_assignee_emails=[OMAR], remove_assignee_emails=[JANE])

    assert [user["email"] for user in world.emulator.case(1)["subscribers"]] == [JANE, OMAR]


def test_assignees_have_a_list_of_their_own(world: World) -> None:
    listed = world.client.get(f"{CASE}/assignees").json()

    assert (listed["case_id"], listed["assignees"]) == (1, world.get(1)["assignees"])


# ------------------------------------------------------------------------------------ comments, activities


def test_a_comment_is_changed_reacted_to_and_deleted_with_a_trace(world: World) -> None:
    comment = made(world, "comments", {"value": "Look", "author_email": JANE})
    assert (comment["case_id"], comment["activity_type"], comment["reactions"]) == (1, "COMMENTED", [])
    path = f"{CASE}/comments/{comment['id']}"

    assert world.send("PUT", path, {"value": "Looked"}).json() == comment | {"value": "Looked"}
    for _ in range(2):
        assert world.send("POST", f"{path}/reactions", {"value": "eyes"}).status_code == 201
    assert [each["value"] for each in world.client.get(path).json()["reactions"]] == ["eyes"]
    assert world.send("POST", f"{path}/reactions", {"value": "cake"}).status_code == 422
    assert world.send("DELETE", f"{path}/reactions", {"value": "eyes"}).status_code == 204
    assert world.client.get(f"{CASE}/comments").json()["comments"][0]["reactions"] == []

    assert world.send("DELETE", path).status_code == 204
    assert world.client.get(path).status_code == 404
    assert world.timeline(1) == ["CREATED", "DELETED_COMMENT"]
    left = world.client.get(f"{CASE}/activities/{comment['id']}").json()
    assert (left["activity_type"], left["value"]) == ("DELETED_COMMENT", "")


# ------------------------------------------------------------------------------------ blocks


def test_blocks_are_grouped_moved_and_deleted(world: World) -> None:
    group = made(world, "blocks", {"title": "Group", "block_type": "block_group"})["block"]
    for title in ("In", "Out"):
        made(world, "blocks", {"title": title, "block_type": "metadata", "block_group_id": "blk_group"})
    path = f"{CASE}/blocks"
    changed = world.send("PUT", f"{path}/blk_out", {"title": "Left out", "position": 0, "block_group_id": None})

    assert changed.json()["block"]["slug"] == "blk_left_out"
    listed = world.client.get(path, params={"block_type": "metadata"}).json()["blocks"]
    assert [(block["slug"], block["position"], block["block_group_id"]) for block in listed] == [
        ("blk_left_out", 0, None),
        ("blk_in", 2, group["id"]),
    ]
    assert world.client.get(f"{path}/blk_in").json()["block"] == listed[1]
    hidden = world.send("PUT", f"{path}/{group['id']}", {"hidden": True}).json()["block"]
    assert (hidden["hidden"], hidden["position"]) == (True, 1)
    assert world.send("PUT", f"{path}/blk_in", {"block_group_id": "blk_left_out"}).status_code == 422


@pytest.mark.parametrize(("query", "left"), [({}, [None]), ({"include_children": "true"}, [])])
def test_a_group_is_deleted_with_its_children_if_asked(
    world: World, query: dict[str, str], left: list[None]
) -> None:
    made(world, "blocks", {"title": "Group", "block_type": "block_group"})
    made(world, "blocks", {"title": "In", "block_type": "metadata", "block_group_id": "blk_group"})
    deleted = world.client.delete(f"{CASE}/blocks/blk_group", params=query)

    assert deleted.status_code == 204
    assert [block["block_group_id"] for block in world.emulator.case(1)["blocks"]] == left


def test_an_html_block_holds_html_only(world: World) -> None:
    body: dict[str, Any] = {"title": "Page", "block_type": "html", "elements": [{"content": "<b>"}]}
    refused = world.send("POST", f"{CASE}/blocks", body)
    assert (refused.status_code, "HTML block must have note_type of html" in refused.text) == (422, True)

    body["elements"][0]["note_type"] = "html"
    (element,) = made(world, "blocks", body)["block"]["elements"]
    path = f"{CASE}/blocks/blk_page/elements/{element['element_id']}"
    assert world.client.get(path).json() == element
    assert world.send("PUT", path, {"note_type": "text"}).status_code == 422


def test_blocks_come_with_a_create_too() -> None:
    group = {"title": "Group", "block_type": "block_group"}
    note = {"title": "Note", "block_type": "note", "block_group_id": "blk_group", "elements": [{"content": "x"}]}
    world = World()
    world.create(blocks=[group, note])

    assert [block["title"] for block in world.emulator.case(1)["blocks"]] == ["Group", "Note"]


# ------------------------------------------------------------------------------------ more in a case


@pytest.mark.parametrize(
    ("setting", "keys"),
    [
        ("but_fields", {"fields"}),
        ("but_linked_cases", {"linked_cases"}),
        ("but_actions", {"actions"}),
        ("but_records", {"records", "records_meta"}),
        ("but_closure_conditions", {"closure_conditions"}),
    ],
)
def test_list_items_may_carry_one_sub_resource_more(setting: str, keys: set[str]) -> None:
    world, lean = begun(SWITCH_SETTINGS[f"list_items_lean={setting}"]), begun()
    items = [each.client.get(CASES).json()["cases"][0] for each in (world, lean)]

    assert set(items[0]) - set(items[1]) == keys
    assert {key: items[0][key] for key in keys} == {key: world.get(3)[key] for key in keys}


def test_tags_of_a_case_may_have_colours() -> None:
    world = World(TinesSwitches(case_tag_color=True))
    world.emulator.add_tag(2, "vip", "gold")

    assert world.create(tag_names=["vip"])["tags"][0]["color"] == "gold"


CONDITIONS = (
    ("=SIZE(team_case.assignees) > 0", True),
    ("= SIZE( team_case.tags ) >= 2", False),
    ("=SIZE(team_case.linked_cases) = 0", True),
    ("=SIZE(team_case.records) > 0", False),
    ("=SIZE(team_case.fields) > 0", False),
    ("=SIZE(team_case.moods) > 9", True),
    ('=team_case.metadata.runbook = "RB-1"', True),
    ('=team_case.metadata.runbook = "RB-2"', False),
    ('=team_case.metadata.none = "x"', False),
    ("=team_case.name", True),
    ("=said_to_be_unmet", False),
)


@pytest.mark.parametrize(("formula", "met"), CONDITIONS)
def test_closure_conditions_are_evaluated(formula: str, *, met: bool) -> None:
    world = World(TinesSwitches(closure_conditions_state=True))
    world.emulator.set_formula("=said_to_be_unmet", met=False)
    condition = {"name": "c", "formula": formula}
    case = world.create(metadata={"runbook": "RB-1"}, tag_names=["a"], closure_conditions=[condition])

    assert case["closure_conditions"] == [{**condition, "satisfied": met, "overridden": False}]
    assert world.put(1, status="closed").status_code == (200 if met else 422)


# ------------------------------------------------------------------------------------ over loopback


@pytest.fixture
def loopback() -> Iterator[httpx.Client]:
    emulator = TinesEmulator(switches=TinesSwitches(v1_cases="served"))
    emulator.seed_case()
    emulator.seed_case()
    headers = {"authorization": f"Bearer {emulator.token}"}
    with LoopbackServer(emulator) as server, httpx.Client(base_url=server.url, headers=headers) as client:
        yield client


def test_sub_resources_work_over_loopback(loopback: httpx.Client) -> None:
    field = {"input_id": 401, "value": "Linux", "upsert": True}
    answers = [
        loopback.post(f"{CASES}/bulk/fields", json={"case_ids": [1, 2], "fields": [field]}),
        loopback.post(f"{CASE}/linked_cases/batch", json={"ids": [2]}),
        loopback.post(f"{CASE}/tasks/batch", json={"tasks": [{"description": "Call"}]}),
        loopback.put(f"{CASE}/actions/batch", json={"actions": []}),
        loopback.post(f"{CASE}/subscribers/batch", json={"user_emails": [JANE]}),
        loopback.get("/api/v1/case_inputs/401/fields", params={"per_page": 1}),
        loopback.put("/api/v1/cases/2", json={"add_record_ids": [7001], "add_tag_names": ["x"]}),
    ]

    assert [answer.status_code for answer in answers] == [200, 201, 201, 200, 201, 200, 200]
    following = answers[5].json()["meta"]["next_page"]
    assert loopback.get(following).json()["fields"][0]["case"] == {"id": 2}
