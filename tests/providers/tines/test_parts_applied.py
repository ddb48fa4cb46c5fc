"""What is in a case, from the file to the tenant and back, beside what every system is tried with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from reconciler.errors import ConfigError
from reconciler.model.result import Status
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator, TinesSwitches
from reconciler.testing.harness import Harness
from reconciler.testing.transports import bad_gateway, lost, reset

SETTINGS = {"type": "tines", "url": "https://acme.tines.com", "token": "${env.TINES_TOKEN}", "team_id": 2}
TAGGED = {"name": "it is tagged", "formula": "=SIZE(team_case.tags) > 0"}


def harness_of(root: Path, **switches: Any) -> tuple[Harness, TinesEmulator]:
    people = TinesEmulator(switches=TinesSwitches(**switches))
    made = Harness(root, people, settings=SETTINGS, env={"TINES_TOKEN": DEFAULT_TOKEN})
    made.configure(limits={"max_deletes": 100, "max_changed_percent": 100})
    return made, people


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    return harness_of(tmp_path)[0]


def people_of(harness: Harness) -> TinesEmulator:
    return cast(TinesEmulator, harness.emulator)


def assert_settled(harness: Harness) -> None:
    assert harness.plan().is_empty
    assert not harness.drift().drift


# ------------------------------------------------------------------------------------ closing


@pytest.mark.parametrize("read", ["before", "after"])
def test_a_refused_closing_is_sent_again_when_the_rest_is_done(tmp_path: Path, read: str) -> None:
    harness, people = harness_of(tmp_path, closure_conditions_read=read)
    other = {"name": "so that cases are read from a list, which shows no conditions"}
    harness.declare(one={"name": "A", "status": "open", "tags": []}, other=other)
    harness.apply()
    id = int(harness.id_of("one"))
    people.edit(id, closure_conditions=[TAGGED])
    harness.forget_requests()
    harness.declare(one={"name": "A", "status": "closed", "tags": ["seen"]}, other=other)

    (change,) = harness.plan().changes
    harness.apply()

    path = f"/api/v2/cases/{id}"
    merged = ("PUT", path, {"status": "closed", "add_tag_names": ["seen"]})
    assert [(each.method, each.path, each.body) for each in change.operations] == [merged]
    if read == "before":
        assert harness.writes[-2:] == [
            ("PUT", path, {"add_tag_names": ["seen"]}),
            ("PUT", path, {"status": "closed"}),
        ]
    assert people.case(id)["status"] == "CLOSED"
    assert_settled(harness)


def test_a_case_that_cannot_be_closed_has_the_rest_and_says_why(harness: Harness) -> None:
    harness.declare(one={"name": "A", "status": "open"})
    harness.apply()
    people_of(harness).edit(int(harness.id_of("one")), closure_conditions=[TAGGED])
    harness.declare(one={"name": "B", "status": "closed"})

    (outcome,) = harness.apply(complete=False).outcomes

    assert outcome.status is Status.FAILED
    assert "it is tagged" in (outcome.message or "")
    assert people_of(harness).case(int(harness.id_of("one")))["name"] == "B"
    assert [change.fields[0].path for change in harness.plan().changes] == [("status",)]


def test_a_declared_time_of_resolution_outlasts_the_closing(harness: Harness) -> None:
    case = {"name": "A", "status": "open", "resolved_at": "2026-03-01T10:00:00Z"}
    harness.declare(one=case)
    harness.apply()

    harness.declare(one={**case, "status": "closed"})
    harness.apply()

    assert_settled(harness)


# ------------------------------------------------------------------------------------ tasks


def test_a_new_task_that_is_done_takes_a_second_request_which_the_plan_shows(harness: Harness) -> None:
    harness.declare(one={"name": "A", "tasks": {}})
    harness.apply()
    harness.forget_requests()
    harness.declare(one={"name": "A", "tasks": {"call": {"description": "Call", "completed": True}}})

    (change,) = harness.plan().changes
    harness.apply()

    path = f"/api/v2/cases/{harness.id_of('one')}/tasks"
    assert [(each.method, each.path) for each in change.operations] == [
        ("POST", path),
        ("PUT", f"{path}/${{cases.one.tasks.call}}"),
    ]
    id = harness.record_of("one").handles["tasks.call"]
    assert harness.writes == [
        ("POST", path, {"description": "Call"}),
        ("PUT", f"{path}/{id}", {"completed": True}),
    ]
    assert_settled(harness)


@pytest.mark.parametrize("loss", [reset, bad_gateway])
@pytest.mark.parametrize("first", [True, False])
def test_a_lost_answer_makes_no_second_task(harness: Harness, loss: Any, *, first: bool) -> None:
    tasks = {"call": {"description": "Call", "completed": True}, "tell": {"description": "Tell"}}
    if not first:
        harness.declare(one={"name": "A", "tasks": {}})
        harness.apply()
        people_of(harness).add_task(int(harness.id_of("one")), "Call")
    harness.declare(one={"name": "A", "tasks": tasks})

    harness.apply(fate=lost(loss))

    shown = people_of(harness).case(int(harness.id_of("one")))["tasks"]
    done = sorted((each["description"], each["completed"]) for each in shown)
    theirs = [] if first else [("Call", False)]
    assert done == [*theirs, ("Call", True), ("Tell", False)]
    assert_settled(harness)


def test_what_analysts_add_is_never_touched(harness: Harness) -> None:
    declared = {
        "name": "A",
        "tasks": {"call": {"description": "Call"}},
        "notes": {"first": {"title": "Seen"}},
        "actions": {"go": {"label": "Go", "url": "https://go", "type": "webhook"}},
    }
    harness.declare(one=declared)
    harness.apply()
    id, people = int(harness.id_of("one")), people_of(harness)
    people.add_task(id, "Call")
    people.add_note(id, "Seen")
    people.add_action(id, "Go", "https://go")
    assert_settled(harness)

    more = {"label": "More", "url": "https://more", "type": "page"}
    harness.declare(one={**declared, "actions": {"more": more, "most": {**more, "label": "Most"}}, "tasks": {}})
    harness.apply()
    harness.declare(one={"name": "A"})
    harness.apply()

    shown = people.case(id)
    assert [each["description"] for each in shown["tasks"]] == ["Call"]
    assert [each["title"] for each in shown["notes"]] == ["Seen"]
    assert [each["label"] for each in shown["actions"]] == ["Go"]


def test_a_plan_without_reading_knows_what_it_needs(harness: Harness) -> None:
    harness.declare(
        one={
            "name": "A",
            "fields": {"ticket": "SOC-1", "Impact score": 3},
            "subscribers": ["lin@acme.example"],
            "actions": {"go": {"label": "Go", "url": "https://go", "type": "webhook"}},
        }
    )
    harness.apply()
    harness.declare(one={"name": "A", "fields": {"Impact score": 4}, "subscribers": [], "actions": {}})
    read = harness.plan()

    unread = harness.plan(refresh=False)

    assert [(each.path, each.body) for change in unread.changes for each in change.operations] == [
        (each.path, each.body) for change in read.changes for each in change.operations
    ]


# ------------------------------------------------------------------------------------ sets of several requests


@pytest.mark.parametrize("loss", [reset, bad_gateway])
@pytest.mark.parametrize("repeated", ["refuse", "ignore"])
def test_a_lost_answer_in_the_middle_of_a_set_is_looked_for_by_itself(
    tmp_path: Path, loss: Any, repeated: str
) -> None:
    harness, people = harness_of(tmp_path, link_repeated=repeated)
    others = {f"o{number:02}": {"name": "O"} for number in range(60)}
    harness.declare(one={"name": "A", "records": [], "subscribers": [], "links": []}, **others)
    harness.apply()
    links = [f"${{cases.{name}.id}}" for name in others]
    records = [str(people.make_record("Alert", Title=title)) for title in ("one", "two", "three")]
    harness.declare(one={"name": "A", "records": records, "subscribers": [], "links": links}, **others)
    harness.forget_requests()

    harness.apply(fate=lost(loss))

    assert len(harness.writes) == len(records) + 2, "nothing was sent twice"
    assert len(people.case(int(harness.id_of("one")))["linked_cases"]) == 60
    assert_settled(harness)


# ------------------------------------------------------------------------------------ buttons

GO = {"label": "Go", "url": "https://go", "type": "webhook"}
SEE = {"label": "See", "url": "https://see", "type": "page"}
OTHER = {"go": {**GO, "label": "Went"}, "see": {**SEE, "label": "Seen"}}


@pytest.mark.parametrize("comes", [True, False])
def test_a_button_that_others_add_or_remove_before_a_batch_is_a_conflict(harness: Harness, *, comes: bool) -> None:
    harness.declare(one={"name": "A", "actions": {"go": GO, "see": SEE}})
    harness.apply()
    id, people = int(harness.id_of("one")), people_of(harness)
    theirs = 0 if comes else people.add_action(id, "Own", "https://own")
    harness.declare(one={"name": "A", "actions": OTHER})
    plan = harness.plan()
    if comes:
        people.add_action(id, "Own", "https://own")
    else:
        people.remove_action(theirs)

    (outcome,) = harness.apply_saved(plan, complete=False).outcomes

    assert outcome.status is Status.CONFLICT
    assert "actions of others are others now" in (outcome.message or "")
    harness.apply()
    labels = [each["label"] for each in people.case(id)["actions"]]
    assert sorted(labels) == sorted(["Went", "Seen", *(["Own"] if comes else [])])
    assert_settled(harness)


def test_a_secret_in_a_button_of_others_is_carried_by_no_request(tmp_path: Path) -> None:
    harness, people = harness_of(tmp_path)
    harness.env["HOOK"] = "hunter22"
    secret = {**GO, "url": "https://go/${env.HOOK}"}
    harness.declare(one={"name": "A", "actions": {"go": secret, "see": SEE}})
    harness.apply()
    people.add_action(int(harness.id_of("one")), "Own", "https://go/hunter22")
    harness.declare(one={"name": "A", "actions": {"go": {**secret, "label": "Went"}, "see": OTHER["see"]}})

    (change,) = harness.plan().changes

    assert [each.body for each in change.operations] == [{"label": "Went"}, {"label": "Seen"}]
    harness.apply()
    assert_settled(harness)


# ------------------------------------------------------------------------------------ fields, statuses, links


@pytest.mark.parametrize("dropping", ["drop", "keep"])
@pytest.mark.parametrize("more", [{}, {"priority": "high"}, {"fields": {"operating_system": "macOS"}}])
def test_fields_are_there_in_the_new_team_at_once(tmp_path: Path, dropping: str, more: dict[str, Any]) -> None:
    harness, _ = harness_of(tmp_path, team_move_fields=dropping)
    case = {
        "name": "A",
        "assignees": ["lin@acme.example"],
        "fields": {"operating_system": "Linux", "Affected hosts": ["db-7"]},
    }
    harness.declare(one=case)
    harness.apply()
    harness.forget_requests()

    harness.declare(one={**case, "team_id": 3, **more})
    harness.apply()

    assert [(method, path.rpartition("/")[2]) for method, path, _ in harness.writes][:2] == [
        ("PUT", harness.id_of("one")),
        ("POST", "fields"),
    ]
    assert_settled(harness)


def test_a_field_is_not_declared_twice_by_its_key_and_its_name(harness: Harness) -> None:
    harness.declare(one={"name": "A", "fields": {"ticket": "SOC-1"}})
    harness.apply()
    harness.declare(one={"name": "A", "fields": {"ticket": "SOC-1", "Ticket": "SOC-2"}})

    with pytest.raises(ConfigError, match="'Ticket' is the same as 'ticket'"):
        harness.plan()


@pytest.mark.parametrize(("status", "parent"), [("open", "OPEN"), ("closed", "CLOSED")])
def test_a_case_status_that_is_there_twice_is_settled_by_the_status(
    harness: Harness, status: str, parent: str
) -> None:
    people = people_of(harness)
    for each in ("OPEN", "CLOSED"):
        people.add_sub_status(2, "Waiting", each)
    harness.declare(one={"name": "A", "sub_status": "Waiting"})
    with pytest.raises(ConfigError, match="has 2 case statuses 'Waiting': closed and open"):
        harness.plan()

    harness.declare(one={"name": "A", "sub_status": "Waiting", "status": status})
    harness.apply()
    id = int(harness.id_of("one"))
    assert people.case(id)["status"] == parent
    other = people.case(harness.emulator.seed_case())  # type: ignore[attr-defined]
    assert other["sub_status"]["name"] == "To do"
    assert_settled(harness)


@pytest.mark.parametrize("repeated", ["refuse", "ignore"])
def test_a_link_that_only_one_end_shows_is_there(tmp_path: Path, repeated: str) -> None:
    harness, _ = harness_of(tmp_path, links_symmetric=False, link_repeated=repeated)
    harness.declare(a={"name": "A", "links": ["b"]}, b={"name": "B", "links": ["a"]})

    harness.apply()

    assert_settled(harness)


def test_links_that_will_not_agree_are_warned_about_beforehand(harness: Harness) -> None:
    harness.declare(a={"name": "A", "links": ["b"]}, b={"name": "B", "links": []})

    assert harness.plan().warnings == (
        "soc.b: links keeps soc.a, where the link is declared; name it here too, or drop it there",
    )


@pytest.mark.parametrize("after", [["16", "18"], ["18"], []])
def test_shared_links_change_beside_those_of_others(harness: Harness, after: list[str]) -> None:
    people = people_of(harness)
    ids = [harness.emulator.seed_case() for _ in range(3)]  # type: ignore[attr-defined]
    names = dict(zip(("16", "17", "18"), map(str, ids), strict=True))
    case = {"name": "A", "ownership": {"links": "shared"}, "links": [names["16"]]}
    harness.declare(one=case)
    harness.apply()
    people.add_link(int(harness.id_of("one")), int(names["17"]))

    harness.declare(one={**case, "links": [names[each] for each in after]})
    harness.apply()

    shown = {str(each["case_id"]) for each in people.case(int(harness.id_of("one")))["linked_cases"]}
    assert shown == {names["17"], *(names[each] for each in after)}
    assert_settled(harness)
