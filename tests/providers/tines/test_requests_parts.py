"""This change to what has endpoints of its own → these requests."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.operation import Each, Part, Repeat
from reconciler.model.values import Ref, Secret, to_json
from tests.providers.tines.planning import (
    CASE,
    NEW,
    V1,
    Request,
    bulk,
    change_at,
    create,
    declared,
    metadata,
    planned,
    post,
    put,
    recorded,
    remove,
    sent,
    told,
)

INPUTS: dict[str, Any] = {"inputs": {"os": 1, "count": 2, "hosts": 3}, "fields": {"os": "901", "count": "902"}}
CALL = {"description": "Call user"}
WRITE = {"description": "Write up", "assignees": ["b@x", "A@x"]}
GO = {"label": "Go", "url": "https://go", "type": "webhook"}
SEE = {"label": "See", "url": "https://see", "type": "page"}


def shown(id: int, button: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return a button as the API shows it."""
    return {
        "id": id,
        "label": button["label"],
        "url": button["url"],
        "action_type": button["type"],
        "action_text": "Run",
        "story_name": None,
        **more,
    }


def as_sent(button: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"label": button["label"], "url": button["url"], "action_type": button["type"], **more}


THEIRS = shown(3, {"label": "Theirs", "url": "https://theirs", "type": "page"}, query_params={"a": "1"})
KEPT = {
    "label": "Theirs",
    "url": "https://theirs",
    "action_type": "page",
    "action_text": "Run",
    "query_params": {"a": "1"},
}

# ------------------------------------------------------------------------------------ fields


@pytest.mark.parametrize(
    ("desired", "live", "requests"),
    [
        ({"os": "BSD"}, {"os": "Linux"}, [bulk((1, "BSD"))]),
        (
            {"os": "BSD", "count": "4", "hosts": ["b", "a"]},
            {"os": "Linux", "count": "3", "theirs": "x"},
            [bulk((2, "4"), (3, "a|b"), (1, "BSD"))],
        ),
        ({"os": None, "count": None}, {"os": "x", "count": "3"}, [remove("fields/902"), remove("fields/901")]),
        ({"os": None, "hosts": ["a"]}, {"os": "x"}, [bulk((3, "a")), remove("fields/901")]),
        ({"hosts": []}, {"hosts": "a"}, [bulk((3, ""))]),
    ],
    ids=["one", "three in one request", "two go", "one comes and one goes", "no value of several"],
)
def test_fields_are_set_in_one_request_and_removed_one_by_one(
    desired: dict[str, Any], live: dict[str, Any], requests: list[Request]
) -> None:
    change = planned(declared({"fields": desired}), recorded({}), {"fields": live}, **INPUTS)

    assert sent(change) == requests
    assert told(change) == {field.path for field in change.fields}


def test_values_that_are_not_known_yet_are_joined_when_they_are() -> None:
    several = frozenset({"b", Ref("other", "url"), Ref("other", "id")})

    change = planned(declared({"fields": {"hosts": several}}), recorded({}), {"fields": {}}, **INPUTS)

    (operation,) = change.operations
    assert operation.body["fields"][0]["value"].text == "b|${cases.other.id}|${cases.other.url}"


# ------------------------------------------------------------------------------------ sets


@pytest.mark.parametrize(
    ("desired", "live", "requests"),
    [
        pytest.param(
            {"links": ["43", "7", "100", "44", "45"]},
            {"links": []},
            [post("linked_cases/batch", ids=["7", "43", "44", "45", "100"])],
            id="five links are one request",
        ),
        pytest.param({"links": ["43"]}, {"links": []}, [post("linked_cases", id="43")], id="one link"),
        pytest.param(
            {"links": ["43"]},
            {"links": ["44", "45"]},
            [post("linked_cases", id="43"), remove("linked_cases/44"), remove("linked_cases/45")],
            id="a link comes and two go",
        ),
        pytest.param(
            {"links": [str(id) for id in range(100, 221)]},
            {"links": []},
            [
                post("linked_cases/batch", ids=[str(id) for id in range(100, 150)]),
                post("linked_cases/batch", ids=[str(id) for id in range(150, 200)]),
                post("linked_cases/batch", ids=[str(id) for id in range(200, 221)]),
            ],
            id="fifty links a request",
        ),
        pytest.param(
            {"subscribers": ["B@x", "a@x"]},
            {"subscribers": ["old@x"]},
            [post("subscribers/batch", user_emails=["a@x", "b@x"]), remove("subscribers/77")],
            id="a subscriber goes by the subscription",
        ),
        pytest.param(
            {"subscribers": ["a@x"]},
            {"subscribers": []},
            [post("subscribers", user_email="a@x")],
            id="a subscriber",
        ),
        pytest.param(
            {"records": ["9", "10"]},
            {"records": ["8"]},
            [post("records", record_id=9), post("records", record_id=10), remove("records/8")],
            id="records, one each",
        ),
    ],
)
def test_sets_take_the_fewest_requests(
    desired: dict[str, Any], live: dict[str, Any], requests: list[Request]
) -> None:
    change = planned(declared(desired), recorded({}), live, subscriptions={"old@x": "77"})

    assert sent(change) == requests
    assert told(change) == {field.path for field in change.fields}
    assert change.operations[-1].fields, "the set is as it should be when the last request is done"


def test_whoever_subscribes_meanwhile_stays() -> None:
    live = {"subscribers": ["a@x", "theirs@x"]}

    change = planned(declared({"subscribers": ["b@x"]}, "subscribers"), recorded({"subscribers": ["a@x"]}), live)

    assert sent(change) == [post("subscribers", user_email="b@x"), remove("subscribers/a@x")]


def test_a_link_to_a_case_that_comes_later_waits_for_it() -> None:
    change = planned(
        declared({"links": frozenset({"43", Ref("later", "id")})}), recorded({"links": []}), {"links": ["44"]}
    )

    assert sent(change) == [
        post("linked_cases", id="43"),
        remove("linked_cases/44"),
        post("linked_cases", id={"unknown": "cases.later.id"}),
    ]
    assert [operation.after for operation in change.operations] == [(), (), ("later",)]
    assert [operation.fields for operation in change.operations] == [(), (), (("links",),)]


def test_a_link_that_the_other_case_makes_takes_no_request() -> None:
    desired = declared({"links": frozenset({"43", "44"})})

    assert sent(planned(desired, recorded({}), {"links": []}, other_end={"43"})) == [post("linked_cases", id="44")]
    assert sent(planned(desired, recorded({}), {"links": []}, other_end={"43", "44"})) == []


def test_the_links_are_as_they_should_be_when_the_other_case_has_made_its_own() -> None:
    desired = declared({"links": frozenset({"43", "44"})})

    (operation,) = planned(desired, recorded({}), {"links": []}, other_end={"43"}).operations

    assert operation.fields == ()
    assert operation.part == Part(("links",), add=frozenset({"44"}))


def test_a_request_says_for_which_other_case_it_makes_or_takes_a_link_as_well() -> None:
    b, c = Address("soc", "b"), Address("soc", "c")
    ends = {"43": b, "45": c}

    change = planned(
        declared({"links": ["43", "44"]}), recorded({"links": ["45"]}), {"links": ["45"]}, this_end=ends
    )

    assert [operation.others for operation in change.operations] == [{b: (("links",),)}, {c: (("links",),)}]


@pytest.mark.parametrize(
    ("name", "before", "after", "parts"),
    [
        ("records", (), ("7",), [None]),
        ("records", (), ("7", "8"), [("7", ""), ("8", "")]),
        ("subscribers", ("a@x", "b@x"), ("c@x",), [("c@x", ""), ("", "a@x"), ("", "b@x")]),
        ("links", (), ("43", "44"), [None]),
        ("links", ("43",), ("44",), [("44", ""), ("", "43")]),
    ],
)
def test_of_a_set_that_takes_several_requests_each_says_what_it_does(
    name: str, before: tuple[str, ...], after: tuple[str, ...], parts: list[tuple[str, str] | None]
) -> None:
    change = planned(declared({name: after}), recorded({name: before}), {name: before}, subscriptions={})

    assert [operation.part for operation in change.operations] == [
        part and Part((name,), frozenset(filter(None, [part[0]])), frozenset(filter(None, [part[1]])))
        for part in parts
    ]


def test_fields_of_many_cases_may_be_set_at_once_unless_the_case_moves() -> None:
    desired, before = {"team_id": 2, "fields": {"os": "BSD"}}, {"team_id": 2, "fields": {}}

    (stays,) = planned(declared(desired), recorded(before), before, **INPUTS).operations
    moves = planned(declared({**desired, "team_id": 3}), recorded(before), before, **INPUTS).operations

    assert stays.each == Each("case_ids", 50, ("cases", "*", "case_id"))
    assert [operation.each for operation in moves] == [None] * len(moves)


# ------------------------------------------------------------------------------------ tasks and notes


@pytest.mark.parametrize(
    ("desired", "live", "requests"),
    [
        pytest.param({"call": CALL}, {}, [post("tasks", description="Call user")], id="one"),
        pytest.param(
            {"call": CALL, "write": WRITE},
            {},
            [
                post(
                    "tasks/batch",
                    tasks=[
                        {"description": "Call user"},
                        {"description": "Write up", "assignee_emails": ["a@x", "b@x"]},
                    ],
                )
            ],
            id="two are one request",
        ),
        pytest.param(
            {f"t{at:02}": {"description": str(at)} for at in range(26)},
            {},
            [
                post("tasks/batch", tasks=[{"description": str(at)} for at in range(25)]),
                post("tasks", description="25"),
            ],
            id="twenty-five a request",
        ),
        pytest.param(
            {"call": {**CALL, "completed": True, "assignees": []}},
            {},
            [
                post("tasks", description="Call user"),
                ("PUT", f"{CASE}/tasks/${{cases.a.tasks.call}}", {"completed": True}, Repeat.SAFE),
            ],
            id="a completed one takes a second request",
        ),
        pytest.param(
            {"call": {**CALL, "completed": False}}, {}, [post("tasks", description="Call user")], id="to be done"
        ),
        pytest.param(
            {"call": {"description": "Call user", "completed": True}},
            {"5": {"description": "Renamed", "completed": False, "assignees": []}},
            [change_at("tasks/5", completed=True, description="Call user")],
            id="what was changed",
        ),
        pytest.param(
            {"call": {"description": "Call user", "assignees": ["b@x"]}},
            {"5": {"description": "Call user", "completed": False, "assignees": ["a@x"]}},
            [change_at("tasks/5", assignee_emails=["b@x"])],
            id="assignees are given whole",
        ),
        pytest.param(
            {"call": {"description": "Call user", "assignees": []}},
            {"5": {"description": "Call user", "completed": False, "assignees": ["a@x"]}},
            [change_at("tasks/5", assignee_emails=[])],
            id="nobody",
        ),
        pytest.param({}, {"5": CALL, "6": CALL}, [remove("tasks/5")], id="ours goes and theirs stays"),
    ],
)
def test_tasks(desired: dict[str, Any], live: dict[str, Any], requests: list[Request]) -> None:
    known = recorded({"tasks": {"call": CALL}}, handles={"tasks.call": "5"} if live else {})

    change = planned(declared({"tasks": desired}), known, {"tasks": live})

    assert sent(change) == requests


def test_of_a_new_completed_task_the_first_request_makes_all_but_that_true() -> None:
    task = {"description": "Call user", "assignees": ["a@x"], "completed": True}

    change = planned(declared({"tasks": {"call": task, "other": CALL}}), recorded({}), {"tasks": {}})

    first, second = change.operations
    assert first.fields == (("tasks", "call", "assignees"), ("tasks", "call", "description"), ("tasks", "other"))
    assert first.captures == {"tasks.call": ("tasks", 0, "id"), "tasks.other": ("tasks", 1, "id")}
    assert first.makes == {("tasks", "call"): None, ("tasks", "other"): None}
    assert second.fields == (("tasks", "call"),)


@pytest.mark.parametrize(
    ("desired", "live", "requests"),
    [
        pytest.param(
            {
                "first": {"title": "Seen", "content": "x", "color": "gold"},
                "second": {"title": "B", "content": None},
            },
            {},
            [post("notes", title="Seen", content="x", color="gold"), post("notes", title="B")],
            id="one request each",
        ),
        pytest.param(
            {"first": {"title": "Seen", "content": None}},
            {"6": {"title": "Renamed", "content": "x", "color": "white"}},
            [change_at("notes/6", title="Seen", content="")],
            id="what was changed",
        ),
        pytest.param({}, {"6": {"title": "Seen"}, "7": {"title": "Seen"}}, [remove("notes/6")], id="ours goes"),
    ],
)
def test_notes(desired: dict[str, Any], live: dict[str, Any], requests: list[Request]) -> None:
    known = recorded({"notes": {"first": {"title": "Seen"}}}, handles={"notes.first": "6"} if live else {})

    assert sent(planned(declared({"notes": desired}), known, {"notes": live})) == requests


# ------------------------------------------------------------------------------------ buttons


@pytest.mark.parametrize(
    ("desired", "live", "requests"),
    [
        pytest.param({"go": GO}, [], [post("actions", **as_sent(GO))], id="one comes"),
        pytest.param(
            {"go": {**GO, "text": "Wait"}},
            [shown(1, GO), THEIRS],
            [change_at("actions/1", action_text="Wait")],
            id="one changes",
        ),
        pytest.param({}, [shown(1, GO), THEIRS], [remove("actions/1")], id="one goes"),
        pytest.param(
            {"go": GO, "see": SEE},
            [],
            [change_at("actions/batch", actions=[as_sent(GO), as_sent(SEE)])],
            id="two come",
        ),
        pytest.param(
            {"go": {**GO, "url": "https://new"}, "see": SEE},
            [shown(1, GO), THEIRS],
            [
                change_at(
                    "actions/batch",
                    actions=[
                        as_sent({**GO, "url": "https://new"}, action_text="Run"),
                        KEPT,
                        as_sent(SEE),
                    ],
                )
            ],
            id="one changes and one comes, and those of others are kept",
        ),
        pytest.param(
            {"see": SEE},
            [THEIRS, shown(1, GO)],
            [change_at("actions/batch", actions=[KEPT, as_sent(SEE)])],
            id="one for another",
        ),
    ],
)
def test_of_several_buttons_all_are_sent_at_once(
    desired: dict[str, Any], live: list[Any], requests: list[Request]
) -> None:
    known = recorded({"actions": {"go": GO}}, handles={"actions.go": "1"} if live else {})
    words = {"label": "label", "url": "url", "type": "action_type", "text": "action_text"}
    items = {str(each["id"]): {name: each[key] for name, key in words.items()} for each in live}

    change = planned(declared({"actions": desired}), known, {"actions": items}, buttons=live)

    assert sent(change) == requests
    assert told(change) == {field.path for field in change.fields}


def test_all_buttons_of_a_case_are_removed_one_by_one_since_an_empty_batch_may_do_nothing() -> None:
    known = recorded({"actions": {"go": GO, "see": SEE}}, handles={"actions.go": "1", "actions.see": "2"})
    live = [shown(1, GO), shown(2, SEE)]

    change = planned(declared({"actions": {}}), known, {"actions": {"1": GO, "2": SEE}}, buttons=live)

    assert sent(change) == [remove("actions/1"), remove("actions/2")]


def test_a_batch_learns_the_ids_of_all_our_buttons_and_says_that_it_carries_others() -> None:
    known = recorded({"actions": {"go": GO}}, handles={"actions.go": "1"})
    live = [shown(1, GO), THEIRS]
    more = {"see": SEE, "third": {**SEE, "label": "Third"}}

    change = planned(declared({"actions": {"go": GO, **more}}), known, {"actions": {"1": GO}}, buttons=live)

    (operation,) = change.operations
    assert operation.makes == {("actions", "go"): None, ("actions", "see"): None, ("actions", "third"): None}
    assert operation.captures == {
        "actions.go": ("actions", 0, "id"),
        "actions.see": ("actions", 2, "id"),
        "actions.third": ("actions", 3, "id"),
    }
    assert operation.fields == (("actions", "see"), ("actions", "third"))
    assert operation.why == (
        "set all 4 buttons, of which 2 differ; it carries 1 button of others as shown when this was planned"
    )


# ------------------------------------------------------------------------------------ one after the other


def test_what_comes_goes_before_the_case_and_what_goes_after_it() -> None:
    desired = {
        "name": "B",
        "metadata": {"new": "1", "old": None},
        "fields": {"os": "BSD", "count": None},
        "tasks": {"write": WRITE},
        "links": ["43"],
        "actions": {"see": SEE},
        "notes": {"second": {"title": "B"}},
        "subscribers": ["a@x"],
        "records": ["9"],
    }
    live = {
        "name": "A",
        "metadata": {"old": "1"},
        "fields": {"os": "Linux", "count": "3"},
        "tasks": {"5": CALL},
        "links": ["44"],
        "actions": {},
        "notes": {"6": {"title": "Seen"}},
        "subscribers": ["old@x"],
        "records": ["8"],
    }
    known = recorded(
        {"tasks": {"call": CALL}, "notes": {"first": {"title": "Seen"}}},
        handles={"tasks.call": "5", "notes.first": "6"},
    )

    change = planned(declared(desired), known, live, **INPUTS, subscriptions={"old@x": "77"}, buttons=[])

    assert [(method, path.removeprefix(CASE)) for method, path, _, _ in sent(change)] == [
        ("POST", "/metadata"),
        ("POST", "/api/v2/cases/bulk/fields"),
        ("POST", "/tasks"),
        ("POST", "/linked_cases"),
        ("POST", "/actions"),
        ("POST", "/notes"),
        ("POST", "/subscribers"),
        ("POST", "/records"),
        ("PUT", ""),
        ("DELETE", "/metadata"),
        ("DELETE", "/fields/902"),
        ("DELETE", "/tasks/5"),
        ("DELETE", "/notes/6"),
        ("DELETE", "/linked_cases/44"),
        ("DELETE", "/subscribers/77"),
        ("DELETE", "/records/8"),
    ]
    assert told(change) == {field.path for field in change.fields}


@pytest.mark.parametrize(
    ("desired", "live", "requests"),
    [
        (
            {"team_id": 3, "fields": {"os": "BSD"}, "name": "B"},
            {"team_id": 2, "fields": {"os": "Linux"}, "name": "A"},
            [put(team_id=3), bulk((1, "BSD")), put(name="B")],
        ),
        (
            {"team_id": 3, "metadata": {"k": "1"}, "name": "B"},
            {"team_id": 2, "metadata": {}, "name": "A"},
            [metadata("POST", {"k": "1"}), put(name="B", team_id=3)],
        ),
    ],
)
def test_the_team_goes_first_where_something_follows_that_only_it_knows(
    desired: dict[str, Any], live: dict[str, Any], requests: list[Request]
) -> None:
    assert sent(planned(declared(desired), recorded({}), live, **INPUTS)) == requests


# ------------------------------------------------------------------------------------ creation


def test_a_new_case_takes_what_it_can_in_one_request() -> None:
    desired = {
        "name": "A",
        "fields": {"os": "Linux", "hosts": ["b", "a"], "none": None},
        "tasks": {"call": CALL, "write": WRITE},
        "closure_conditions": [{"name": "a", "formula": "=1"}],
    }

    change = planned(declared(desired), **INPUTS)

    assert sent(change) == [
        create(
            team_id=2,
            name="A",
            closure_conditions=[{"name": "a", "formula": "=1"}],
            field_values={"1": "Linux", "3": "a|b"},
            tasks=[{"description": "Call user"}, {"description": "Write up", "assignee_emails": ["a@x", "b@x"]}],
        )
    ]
    (operation,) = change.operations
    assert operation.makes == {("tasks", "call"): None, ("tasks", "write"): None}
    assert operation.reads_back
    assert told(change) == {field.path for field in change.fields}


def test_a_new_case_gets_the_rest_at_once_afterwards() -> None:
    desired = {
        "name": "A",
        "links": frozenset({"43", Ref("later", "id")}),
        "subscribers": ["a@x", "b@x"],
        "records": ["9"],
        "actions": {"go": GO, "see": SEE},
        "notes": {"first": {"title": "Seen"}},
        "tasks": {"done": {**CALL, "completed": True}, "call": CALL},
    }

    change = planned(declared(desired))

    created, *rest = sent(change)
    tasks = [{"description": "Call user"}, {"description": "Call user"}]
    assert created == create(team_id=2, name="A", tasks=tasks)
    assert rest == [
        ("PUT", f"{NEW}/tasks/${{cases.a.tasks.done}}", {"completed": True}, Repeat.SAFE),
        ("PUT", f"{NEW}/actions/batch", {"actions": [as_sent(GO), as_sent(SEE)]}, Repeat.SAFE),
        ("POST", f"{NEW}/notes", {"title": "Seen"}, Repeat.LOOK),
        ("POST", f"{NEW}/linked_cases", {"id": "43"}, Repeat.LOOK),
        ("POST", f"{NEW}/subscribers/batch", {"user_emails": ["a@x", "b@x"]}, Repeat.LOOK),
        ("POST", f"{NEW}/records", {"record_id": 9}, Repeat.LOOK),
        ("POST", f"{NEW}/linked_cases", {"id": {"unknown": "cases.later.id"}}, Repeat.LOOK),
    ]
    makes = change.operations[0].makes
    assert list(makes.items()) == [(("tasks", "call"), None), (("tasks", "done"), "Call user")]


# ------------------------------------------------------------------------------------ closing

CONDITIONS = [{"name": "a", "formula": "=SIZE(team_case.tags) > 0"}]


@pytest.mark.parametrize(
    ("desired", "live", "meanings", "requests"),
    [
        pytest.param(
            {"status": "closed", "closure_conditions": CONDITIONS, "tags": ["a"], "links": []},
            {"status": "open", "closure_conditions": CONDITIONS, "tags": [], "links": ["44"]},
            {},
            [put(add_tag_names=["a"]), remove("linked_cases/44"), put(status="closed")],
            id="conditions are declared",
        ),
        pytest.param(
            {"status": "closed", "tags": ["a"]},
            {"status": "open", "tags": []},
            {"conditions": True},
            [put(add_tag_names=["a"]), put(status="closed")],
            id="conditions are seen",
        ),
        pytest.param(
            {"status": "closed", "closure_conditions": CONDITIONS},
            {"status": "open", "closure_conditions": []},
            {},
            [put(closure_conditions=CONDITIONS), put(status="closed")],
            id="conditions come",
        ),
        pytest.param(
            {"status": "closed", "closure_conditions": []},
            {"status": "open", "closure_conditions": CONDITIONS},
            {},
            [put(closure_conditions=[]), put(status="closed")],
            id="conditions go",
        ),
        pytest.param(
            {"sub_status": "Done", "resolved_at": "2026-03-01T10:00:00Z", "tags": ["a"]},
            {"sub_status": "To do", "resolved_at": None, "tags": []},
            {"conditions": True, "sub_status_id": 7, "sub_status_parent": "closed"},
            [put(add_tag_names=["a"]), put(resolved_at="2026-03-01T10:00:00Z", sub_status_id=7)],
            id="by a sub-status, with the time",
        ),
        pytest.param(
            {"sub_status": "In progress", "tags": ["a"]},
            {"sub_status": "To do", "tags": []},
            {"conditions": True, "sub_status_id": 7, "sub_status_parent": "open"},
            [put(sub_status_id=7, add_tag_names=["a"])],
            id="a sub-status that does not close",
        ),
        pytest.param(
            {"status": "closed", "resolved_at": "2026-03-01T10:00:00Z"},
            {"status": "open", "resolved_at": "2026-03-01T10:00:00Z"},
            {},
            [put(status="closed", resolved_at="2026-03-01T10:00:00Z")],
            id="the declared time, lest it become the present",
        ),
    ],
)
def test_a_case_with_closure_conditions_is_closed_when_everything_else_is_done(
    desired: dict[str, Any], live: dict[str, Any], meanings: dict[str, Any], requests: list[Request]
) -> None:
    change = planned(declared(desired), recorded({}), live, **meanings)

    assert sent(change) == requests
    assert told(change) == {field.path for field in change.fields}
    assert all(operation.otherwise == () for operation in change.operations)


def test_a_new_case_with_conditions_is_closed_when_it_has_everything() -> None:
    desired = {"name": "A", "status": "closed", "closure_conditions": CONDITIONS, "links": ["43"]}

    change = planned(declared(desired))

    assert sent(change) == [
        create(team_id=2, name="A", closure_conditions=CONDITIONS),
        ("POST", f"{NEW}/linked_cases", {"id": "43"}, Repeat.LOOK),
        ("PUT", NEW, {"status": "closed"}, Repeat.SAFE),
    ]
    assert told(change) == {field.path for field in change.fields}


@pytest.mark.parametrize(
    ("desired", "live", "instead"),
    [
        pytest.param(
            {"name": "B", "status": "closed", "tags": ["a"]},
            {"name": "A", "status": "open", "tags": []},
            [
                ({"name": "B", "add_tag_names": ["a"]}, (("name",), ("tags",)), False),
                ({"status": "closed"}, (("status",),), True),
            ],
            id="the rest, then the status",
        ),
        pytest.param(
            {"status": "closed", "links": []},
            {"status": "open", "links": ["44"]},
            [({"status": "closed"}, (("status",),), True)],
            id="the status, when the rest is done",
        ),
        pytest.param({"status": "closed"}, {"status": "open"}, [], id="there is no other way"),
        pytest.param({"name": "B", "status": "open"}, {"name": "A", "status": "closed"}, [], id="opened again"),
    ],
)
def test_a_refused_closing_is_tried_again_when_the_rest_is_done(
    desired: dict[str, Any], live: dict[str, Any], instead: list[Any]
) -> None:
    merged = next(
        each for each in planned(declared(desired), recorded({}), live).operations if each.method == "PUT"
    )

    assert [(to_json(each.body), each.fields, each.last) for each in merged.otherwise] == instead


def test_whether_conditions_are_replaced_is_looked_at_where_there_were_some() -> None:
    desired = declared({"closure_conditions": CONDITIONS})

    (added,) = planned(desired, recorded({}), {"closure_conditions": []}).operations
    (replaced,) = planned(
        desired, recorded({}), {"closure_conditions": [{"name": "b", "formula": "=1"}]}
    ).operations

    assert (added.reads_back, replaced.reads_back) == (False, True)


def test_no_secret_stands_in_a_request() -> None:
    secret = Secret("hunter2")
    case = declared(
        {
            "fields": {"os": secret},
            "subscribers": [secret],
            "tasks": {"call": {"description": secret, "completed": True}},
            "notes": {"first": {"title": secret}},
            "actions": {"go": {**GO, "url": secret}, "see": SEE},
        }
    )
    live: dict[str, Any] = {"fields": {}, "subscribers": [], "tasks": {}, "notes": {}, "actions": {}}

    for change in (planned(case, **INPUTS), planned(case, recorded({}), live, **INPUTS, buttons=[])):
        assert change.operations
        assert "hunter2" not in repr(change)


# ------------------------------------------------------------------------------------ v1

V1_CASE = "/api/v1/cases/42"
OLD = {"id": 1, "label": "Go", "url": "https://go", "button_type": "webhook", "button_text": "Run"}
V1_SEE = {"label": "See", "url": "https://see", "button_type": "page"}


@pytest.mark.parametrize(
    ("desired", "live", "requests"),
    [
        pytest.param(
            {"metadata": {"old": "2", "new": "1"}},
            {"metadata": {"old": "1"}},
            [("POST", "/metadata", {"metadata": {"new": "1"}}), ("PUT", "/metadata", {"metadata": {"old": "2"}})],
            id="a new and a changed key",
        ),
        pytest.param(
            {"records": ["9", "10"], "tags": ["b"]},
            {"records": ["8"], "tags": ["a"]},
            [
                (
                    "PUT",
                    "",
                    {
                        "add_record_ids": [9, 10],
                        "remove_record_ids": [8],
                        "add_tag_names": ["b"],
                        "remove_tag_names": ["a"],
                    },
                )
            ],
            id="records travel with tags",
        ),
        pytest.param(
            {"actions": {"go": {**GO, "label": "Went"}}},
            {"actions": {"1": GO}},
            [("PUT", "/buttons/1", {"label": "Went"})],
            id="a button",
        ),
        pytest.param(
            {"actions": {"go": {**GO, "label": "Went"}, "see": SEE}},
            {"actions": {"1": GO}},
            [
                (
                    "PUT",
                    "",
                    {
                        "team_case_buttons": [
                            {"label": "Went", "url": "https://go", "button_type": "webhook", "button_text": "Run"},
                            V1_SEE,
                        ]
                    },
                )
            ],
            id="two buttons",
        ),
    ],
)
def test_v1(desired: dict[str, Any], live: dict[str, Any], requests: list[Any]) -> None:
    known = recorded({"actions": {"go": GO}} if "actions" in desired else {}, handles={"actions.go": "1"})

    change = planned(declared(desired), known, live, V1, buttons=[OLD])

    assert [(each.method, each.path.removeprefix(V1_CASE), each.body) for each in change.operations] == requests
    assert told(change) == {field.path for field in change.fields}


def test_v1_takes_records_and_buttons_with_a_new_case() -> None:
    change = planned(declared({"name": "A", "records": ["9"], "actions": {"see": SEE}}), settings=V1)

    (operation,) = change.operations
    assert operation.path == "/api/v1/cases"
    assert operation.body["record_ids"] == [9]
    assert operation.body["team_case_buttons"] == [V1_SEE]
    assert operation.captures["actions.see"] == ("team_case_buttons", 0, "id")
    assert operation.makes == {("actions", "see"): None}
    assert told(change) == {field.path for field in change.fields}
