"""This change → these requests."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.case import Lifecycle, OnRemove
from reconciler.model.operation import Operation, Repeat
from reconciler.model.values import Ref, Secret, to_json
from tests.providers.tines.planning import (
    CASE,
    MARKER,
    SETTINGS,
    Request,
    create,
    declared,
    metadata,
    planned,
    put,
    recorded,
    sent,
    told,
)

# ------------------------------------------------------------------------------------ updates


@pytest.mark.parametrize(
    ("desired", "live", "requests"),
    [
        pytest.param(
            {"tags": ["b", "c"]},
            {"tags": ["a", "b"]},
            [put(add_tag_names=["c"], remove_tag_names=["a"])],
            id="tags gain and lose",
        ),
        pytest.param({"tags": ["b", "a"]}, {"tags": ["a"]}, [put(add_tag_names=["b"])], id="a tag is added"),
        pytest.param(
            {"tags": []}, {"tags": ["b", "a"]}, [put(remove_tag_names=["a", "b"])], id="tags are removed"
        ),
        pytest.param(
            {"assignees": ["b@x", "C@x"]},
            {"assignees": ["A@x", "B@x"]},
            [put(add_assignee_emails=["c@x"], remove_assignee_emails=["a@x"])],
            id="assignees, in any letter case",
        ),
        pytest.param({"priority": "low"}, {"priority": "HIGH"}, [put(priority="low")], id="a scalar"),
        pytest.param({"description": None}, {"description": "x"}, [put(description="")], id="null empties"),
        pytest.param({"status": "closed"}, {"status": "OPEN"}, [put(status="closed")], id="closed"),
        pytest.param({"team_id": 3}, {"team_id": 2}, [put(team_id=3)], id="moved to a team"),
        pytest.param(
            {"opened_at": "2026-03-01T12:00:00+02:00"},
            {"opened_at": "2026-03-01T09:00:00Z"},
            [put(opened_at="2026-03-01T10:00:00Z")],
            id="an instant",
        ),
        pytest.param(
            {"name": "B", "priority": "low", "tags": ["b"], "assignees": ["b@x"]},
            {"name": "A", "priority": "low", "tags": ["a"], "assignees": ["b@x"]},
            [put(name="B", add_tag_names=["b"], remove_tag_names=["a"])],
            id="one request for everything on the case, without what is as desired",
        ),
        pytest.param(
            {"metadata": {"k": "1", "n": "2"}},
            {"metadata": {"k": "1", "z": "9"}},
            [metadata("POST", {"n": "2"})],
            id="new metadata alone",
        ),
        pytest.param(
            {"metadata": {"k": "2", "n": "2", "same": "1"}},
            {"metadata": {"k": "1", "same": "1"}},
            [metadata("PUT", {"k": "2", "n": "2"})],
            id="changed metadata takes the new along",
        ),
        pytest.param(
            {"metadata": {"k": "2"}},
            {"metadata": {"k": "1"}},
            [metadata("PUT", {"k": "2"})],
            id="changed metadata",
        ),
        pytest.param(
            {"metadata": {"k": None, "j": None}},
            {"metadata": {"k": "1", "j": "1", "z": "9"}},
            [metadata("DELETE", ["j", "k"])],
            id="removed metadata",
        ),
        pytest.param(
            {"metadata": {"new": "1", "old": None}, "name": "B", "tags": ["b"]},
            {"metadata": {"old": "1"}, "name": "A", "tags": []},
            [metadata("POST", {"new": "1"}), put(name="B", add_tag_names=["b"]), metadata("DELETE", ["old"])],
            id="metadata before the case, removals after it",
        ),
        pytest.param(
            {"metadata": {"new": "1", "k": "2", "old": None}, "status": "closed"},
            {"metadata": {"old": "1", "k": "1"}, "status": "open"},
            [metadata("PUT", {"new": "1", "k": "2"}), put(status="closed"), metadata("DELETE", ["old"])],
            id="at most three requests",
        ),
    ],
)
def test_an_update_takes_the_fewest_requests_with_the_least_in_them(
    desired: dict[str, Any], live: dict[str, Any], requests: list[Request]
) -> None:
    change = planned(declared(desired), recorded({}), live)

    assert sent(change) == requests
    assert told(change) == {field.path for field in change.fields}


def test_a_metadata_key_that_left_the_yaml_is_removed() -> None:
    change = planned(
        declared({"metadata": {}}), recorded({"metadata": {"k": "1"}}), {"metadata": {"k": "1", "z": "9"}}
    )

    assert sent(change) == [metadata("DELETE", ["k"])]


def test_a_shared_set_loses_only_what_was_recorded() -> None:
    live = {"tags": ["a", "b"]}
    case = declared({"tags": ["b", "c"]}, "tags")

    assert sent(planned(case, recorded({}), live)) == [put(add_tag_names=["c"])]
    assert sent(planned(case, recorded({"tags": ["a"]}), live)) == [
        put(add_tag_names=["c"], remove_tag_names=["a"])
    ]


@pytest.mark.parametrize(
    ("desired", "live", "requests"),
    [
        pytest.param({"sub_status": "Done"}, {"sub_status": "To do"}, [put(sub_status_id=7)], id="alone"),
        pytest.param(
            {"sub_status": "Done", "status": "closed"},
            {"sub_status": "To do", "status": "open"},
            [put(sub_status_id=7)],
            id="it implies the status",
        ),
        pytest.param(
            {"sub_status": "Done", "name": "B"},
            {"sub_status": "Done", "name": "A"},
            [put(name="B")],
            id="it is left out where it does not change",
        ),
        pytest.param(
            {"sub_status": "Done", "team_id": 3, "name": "B"},
            {"sub_status": "To do", "team_id": 2, "name": "A"},
            [put(team_id=3), put(name="B", sub_status_id=7)],
            id="the team comes first, since it owns the sub-status",
        ),
        pytest.param(
            {"sub_status": "Done", "team_id": 3},
            {"sub_status": "Done", "team_id": 2},
            [put(team_id=3), put(sub_status_id=7)],
            id="a sub-status of the same name is another one in another team",
        ),
        pytest.param(
            {"sub_status": "Done", "metadata": {"k": "1"}},
            {"sub_status": "Done", "metadata": {}},
            [metadata("POST", {"k": "1"})],
            id="metadata alone",
        ),
    ],
)
def test_a_sub_status_is_sent_by_its_id_and_without_the_status(
    desired: dict[str, Any], live: dict[str, Any], requests: list[Request]
) -> None:
    assert sent(planned(declared(desired), recorded(live), live, sub_status_id=7)) == requests


def test_each_request_says_what_it_is_for() -> None:
    desired = {"name": "B", "tags": ["b", "c"], "assignees": ["b@x"], "metadata": {"n": "1", "k": "2", "o": None}}
    live = {"name": "A", "tags": ["a"], "assignees": ["a@x"], "metadata": {"k": "1", "o": "1"}}

    change = planned(declared(desired), recorded(live), live)

    assert [operation.why for operation in change.operations] == [
        "add 1 metadata key; change 1 metadata key",
        "set name; add 1 assignee; remove 1 assignee; add 2 tags; remove 1 tag",
        "remove 1 metadata key",
    ]


def test_an_imported_case_is_updated_and_not_marked() -> None:
    change = planned(
        declared({"name": "B", "metadata": {"k": "1"}}, adopt="42"), None, {"name": "A", "metadata": {}}
    )

    assert sent(change) == [metadata("POST", {"k": "1"}), put(name="B")]


# ------------------------------------------------------------------------------------ removal


@pytest.mark.parametrize(
    ("on_remove", "requests"),
    [
        (OnRemove.RELEASE, []),
        (OnRemove.CLOSE, [put(status="closed")]),
        (OnRemove.DELETE, [("DELETE", CASE, None, Repeat.SAFE)]),
    ],
)
def test_a_case_whose_block_has_left(on_remove: OnRemove, requests: list[Request]) -> None:
    gone = recorded({"name": "A", "metadata": {"k": "1"}}, Lifecycle(on_remove))

    assert sent(planned(None, gone, {"name": "A", "status": "OPEN", "metadata": {"k": "1"}})) == requests


# ------------------------------------------------------------------------------------ creation


@pytest.mark.parametrize(
    ("desired", "body"),
    [
        ({"name": "A"}, {"team_id": 2, "name": "A"}),
        ({"name": "A", "team_id": 5}, {"team_id": 5, "name": "A"}),
        ({"name": "A", "tags": [], "description": None, "metadata": {"n": None}}, {"team_id": 2, "name": "A"}),
        (
            {
                "name": "A",
                "description": "text",
                "priority": "HIGH",
                "status": "closed",
                "opened_at": "2026-03-01T12:00:00+02:00",
                "assignees": ["Jane@x", "bob@x"],
                "tags": ["b", "a"],
                "metadata": {"k": "1"},
            },
            {
                "team_id": 2,
                "name": "A",
                "description": "text",
                "priority": "high",
                "status": "closed",
                "opened_at": "2026-03-01T10:00:00Z",
                "assignee_emails": ["bob@x", "jane@x"],
                "tag_names": ["a", "b"],
                "metadata": {"k": "1"},
            },
        ),
    ],
)
def test_a_new_case_takes_one_request_that_carries_everything_and_the_marker(
    desired: dict[str, Any], body: dict[str, Any]
) -> None:
    change = planned(declared(desired))

    assert sent(change) == [create(**body)]
    (operation,) = change.operations
    assert operation.creates
    assert operation.body["metadata"]["reconciler"] == MARKER
    assert operation.captures == {"id": ("case_id",), "url": ("url",)}
    assert operation.expects == ((("team", "id"), body["team_id"]),)
    assert set(operation.fields) == {field.path for field in change.fields}


def test_a_new_case_in_a_sub_status_leaves_the_status_to_it() -> None:
    change = planned(declared({"name": "A", "status": "closed", "sub_status": "Done"}), sub_status_id=7)

    assert sent(change) == [create(team_id=2, name="A", sub_status_id=7)]


def test_an_unassigned_new_case_takes_a_second_request_unless_nobody_was_assigned() -> None:
    change = planned(declared({"name": "A", "assignees": []}))
    post, unassign = change.operations

    assert to_json(post.body) == create(team_id=2, name="A")[2]
    assert post.captures["assignees"] == ("assignees", "*", "email")
    assert post.fields == (("name",),)
    assert unassign == Operation(
        "PUT",
        "/api/v2/cases/${cases.a.id}",
        {"remove_assignee_emails": Ref("a", "assignees")},
        "remove the API key's user, whom Tines assigns to a case created without assignees",
        fields=(("assignees",),),
        droppable=True,
    )


def test_whoever_shares_the_assignees_leaves_the_one_whom_tines_assigns() -> None:
    assert len(planned(declared({"name": "A", "assignees": []}, "assignees")).operations) == 1


def test_the_marker_stands_under_the_key_of_the_settings() -> None:
    settings = SETTINGS.model_copy(update={"marker_key": "managed_by"})

    (operation,) = planned(declared({"name": "A", "metadata": {"k": "1"}}), settings=settings).operations

    assert operation.body["metadata"] == {"k": "1", "managed_by": MARKER}


def test_a_case_that_was_deleted_outside_is_created_from_nothing() -> None:
    change = planned(declared({"name": "A"}), recorded({"name": "A", "metadata": {"old": "1"}}))

    assert sent(change) == [create(team_id=2, name="A")]


def test_no_secret_stands_in_a_request() -> None:
    secret = Secret("hunter2")
    case = declared({"name": secret, "tags": [secret], "assignees": [secret], "metadata": {"k": secret}})

    for change in (planned(case), planned(case, recorded({}), {"name": "hunter2", "tags": ["x"], "metadata": {}})):
        assert change.operations
        assert "hunter2" not in repr(change)
