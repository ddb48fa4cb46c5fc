from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler import __version__
from reconciler.model.change import Action, DriftReport
from reconciler.model.operation import Operation
from reconciler.model.record import State
from reconciler.model.result import Outcome, Result, Status
from reconciler.model.values import Digest, Marker, Ref, Template, Value
from reconciler.report.encoding import decode, dumps, encode, stream
from reconciler.report.jsonplan import (
    gitlab_counts,
    write_drift,
    write_plan,
    write_record,
    write_result,
    write_state_list,
)
from reconciler.report.planfile import read_plan
from tests.report import worlds
from tests.report.worlds import LINEAGE, address, plan


def test_a_plan_has_the_keys_of_the_contract_in_its_order() -> None:
    data = json.loads("".join(write_plan(plan(worlds.UPDATE, unchanged=11))))

    assert list(data) == [
        "format_version",
        "reconciler_version",
        "workspace",
        "lineage",
        "serial",
        "created_at",
        "digest",
        "changes",
        "drift",
        "summary",
        "warnings",
        "checksum",
    ]
    assert data["format_version"] == "1.0"
    assert data["reconciler_version"] == __version__
    assert data["summary"] == {
        "create": 0,
        "update": 1,
        "delete": 0,
        "release": 0,
        "import": 0,
        "unchanged": 11,
        "requests": 2,
    }
    assert data["digest"] == plan(worlds.UPDATE).digest


def test_a_change_is_written_as_in_the_contract() -> None:
    (change,) = json.loads("".join(write_plan(plan(worlds.UPDATE))))["changes"]

    assert change == {
        "address": "soc.phishing-wave",
        "provider": "soc",
        "type": "tines",
        "id": "42",
        "url": "https://acme.tines.com/cases/42",
        "action": "update",
        "cause": ["config", "drift"],
        "fields": [
            {"path": ["metadata", "region"], "before": None, "after": "emea", "cause": "config"},
            {"path": ["priority"], "before": "low", "after": "high", "cause": "config"},
            {
                "path": ["tags"],
                "add": ["q4"],
                "remove": ["triage"],
                "cause": "both",
                "expected": ["phishing", "triage"],
            },
        ],
        "operations": [
            {
                "method": "PUT",
                "path": "/api/v2/cases/42",
                "body": {"priority": "high", "add_tag_names": ["q4"], "remove_tag_names": ["triage"]},
                "why": "set priority; add 1 tag; remove 1 tag",
            },
            {
                "method": "POST",
                "path": "/api/v2/cases/42/metadata",
                "body": {"metadata": {"region": "emea"}},
                "why": "add 1 key",
                "repeat": "look",
            },
        ],
    }


def test_items_objects_and_what_a_request_needs_are_written_as_json() -> None:
    (change,) = json.loads("".join(write_plan(plan(worlds.ITEMS))))["changes"]
    first, second = change["operations"]

    assert change["fields"] == [
        {
            "path": ["assignee"],
            "before": {"user": "jane@acme.example"},
            "after": {"group": "SOC Team"},
            "cause": "drift",
        },
        {"path": ["attributes", "rate", "value"], "before": "30", "after": "75", "cause": "config"},
        {
            "path": ["groups"],
            "add": [{"type": "Adversary", "name": "Extreme Bad Guy", "associated_artifacts": [4]}],
            "remove": ["Campaign: Autumn"],
            "cause": "config",
            "expected": ["Campaign: Autumn"],
            "shared": True,
        },
        {
            "path": ["notes", "first"],
            "before": None,
            "after": {
                "labels": ["a", "b"],
                "secret": {"secret": "sha256:" + "0" * 64},
                "see": {"unknown": "cases.b.url"},
                "text": "one\ntwo",
                "title": None,
            },
            "cause": "config",
            "kinds": {"after.labels": "set"},
        },
        {
            "path": ["notes", "second"],
            "before": {"text": "gone", "author": {"user": "omar"}},
            "after": None,
            "cause": "both",
        },
    ]
    assert {name: first[name] for name in ("path", "query", "verifies", "after")} == {
        "path": "/v3/cases/1",
        "query": [["fields", "tags"], ["fields", "notes & more"]],
        "verifies": ["tags"],
        "after": ["b"],
    }
    assert second["makes"] == [
        {"path": ["notes", "first"], "name": None},
        {"path": ["tasks", "triage"], "name": "xid-1"},
    ]
    assert not {"makes"} & first.keys()
    assert not {"query", "verifies", "after"} & second.keys()


def test_a_body_that_goes_as_text_is_written_as_that_text() -> None:
    (change,) = json.loads("".join(write_plan(plan(worlds.WHOLE))))["changes"]

    assert change["operations"][0] == {
        "method": "PUT",
        "path": "/api/cases/2304",
        "body": r'{"IssueTitle":"Ä \"B\"","MilestoneID":0,"TagsCSV":"a,rc-0123456789abcdef,b"}',
        "why": "set name; add 1 tag",
        "fields": [["name"], ["tags"]],
        "as_text": True,
        "merges": {"TagsCSV": {"attribute": "tags", "before": ["a", "rc-0123456789abcdef"]}},
        "along": {"category": "Mail", "assignee": 17, "milestone": None},
        "otherwise": [
            {
                "method": "PUT",
                "path": "/api/cases/2304",
                "body": {"IssueTitle": 'Ä "B"'},
                "why": "set name",
                "reads_back": True,
            },
            {
                "method": "PUT",
                "path": "/api/cases/2304",
                "body": {"TagsCSV": "a,b"},
                "why": "add 1 tag",
                "last": True,
            },
        ],
        "reads_back": True,
    }


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ({}, "{}"),
        ({"a": [1, None, True]}, '{"a":[1,null,true]}'),
        ({"a": {"b": Ref("c", "id")}}, {"a": {"b": {"unknown": "cases.c.id"}}}),
        ({"a": Template(("see ", Ref("c", "id")))}, {"a": {"unknown": "see ${cases.c.id}"}}),
        ({"a": 1, "b": Digest("sha256:" + "0" * 64)}, {"a": 1, "b": {"secret": "sha256:" + "0" * 64}}),
        ({"a": Marker(LINEAGE, "soc.a", 7)}, {"a": f"{LINEAGE}/soc.a/7"}),
    ],
)
def test_a_body_that_is_not_all_known_is_written_as_an_object_though_it_goes_as_text(
    body: Value, written: Any
) -> None:
    change = replace(worlds.DELETE, operations=(Operation("PUT", "/x", body, "why", as_text=True),))

    text = "".join(write_plan(plan(change)))

    assert json.loads(text)["changes"][0]["operations"][0]["body"] == written
    assert read_plan(text, worlds.SCHEMAS) == plan(change)


def test_unknown_values_secrets_and_markers_are_written_as_in_the_contract() -> None:
    (change,) = json.loads("".join(write_plan(plan(worlds.CREATE))))["changes"]

    assert [field.get("after") for field in change["fields"][:3]] == [
        {"unknown": "cases.other.id"},
        {"unknown": "see ${cases.other.url}"},
        {"secret": "sha256:" + "0" * 64},
    ]
    assert change["operations"][0]["body"]["metadata"]["reconciler"] == f"{LINEAGE}/soc.new/7"
    assert change["record"]["address"] == "soc.new"


def test_a_drift_report_is_written_as_in_the_contract() -> None:
    data = json.loads("".join(write_drift(DriftReport("acme", worlds.DRIFT, 10))))

    assert list(data) == ["format_version", "workspace", "drift", "summary"]
    assert data["summary"] == {"drifted": 1, "clean": 10, "missing": 1}
    assert data["drift"][0] == {"address": "soc.missing", "fields": [], "missing": True, "id": "13"}
    assert data["drift"][1]["fields"][2] == {"path": ["priority"], "recorded": "high", "live": "low"}


def test_a_result_says_what_was_done_and_what_was_not() -> None:
    outcomes = (
        Outcome(address("a"), Action.CREATE, Status.DONE, 1),
        Outcome(address("b"), Action.UPDATE, Status.FAILED, 0, "no", ("odd", "too")),
    )

    data = json.loads("".join(write_result(Result(outcomes))))

    assert data["complete"] is False
    assert data["summary"]["create"] == 1
    assert data["outcomes"] == [
        {"address": "soc.a", "action": "create", "status": "done", "requests": 1, "message": None},
        {
            "address": "soc.b",
            "action": "update",
            "status": "failed",
            "requests": 0,
            "message": "no",
            "warnings": ["odd", "too"],
        },
    ]


def test_the_state_is_listed_with_ids_and_a_record_shown_whole() -> None:
    listed = json.loads("".join(write_state_list(State(LINEAGE, 3, {address("new"): worlds.RECORD}))))
    shown = json.loads("".join(write_record(worlds.RECORD)))

    assert listed["serial"] == 3
    assert listed["cases"] == [{"address": "soc.new", "provider": "soc", "type": "tines", "id": "", "url": ""}]
    assert shown["address"] == "soc.new"
    assert shown["recorded"]["tags"] == ["a"]


def test_json_leaves_one_item_a_line_and_hostile_text_escaped() -> None:
    text = "".join(write_plan(plan(worlds.UPDATE, worlds.DELETE, workspace="\x1b\x9b\u202e\x7f##[x]")))

    assert '"workspace": "\\u001b\\u009b\\u202e\\u007f##\\u005bx]"' in text
    assert sum(line.startswith("    {") for line in text.splitlines()) == 2
    assert json.loads(text)["workspace"] == "\x1b\x9b\u202e\x7f##[x]"


@pytest.mark.parametrize(
    "value",
    [
        {"unknown": "cases.a.id"},
        {"secret": "sha256:" + "0" * 64},
        {"literal": {"a": "b"}},
        {"literal": {"unknown": "cases.a.id"}},
        {"literal": "text"},
        {"unknown": "no reference"},
        {"unknown": "cases.a.id", "more": 1},
        {"first": {"secret": "sha256:" + "0" * 64}, "unknown": {"unknown": "cases.a.id"}},
    ],
)
def test_a_map_of_the_users_own_is_never_taken_for_a_reference(value: Any) -> None:
    assert decode(json.loads(dumps(encode(value)))) == value


def test_numbers_that_are_no_json_are_an_error() -> None:
    with pytest.raises(ValueError, match="JSON"):
        list(stream([("x", float("nan"))]))


def test_gitlab_is_told_three_counts_and_what_is_no_create_and_no_delete_is_an_update() -> None:
    everything = (worlds.UPDATE, worlds.CREATE, worlds.DELETE, worlds.RELEASE, worlds.CLOSE, worlds.IMPORT)

    counts = json.loads(gitlab_counts(plan(*everything)))

    assert counts == {"create": 1, "update": 4, "delete": 1}


def test_gitlab_is_told_no_more_than_it_shows() -> None:
    many = replace(plan(), changes=(worlds.UPDATE,) * 1_000_001)

    assert json.loads(gitlab_counts(many))["update"] == 999_999
