"""
What the emulated ThreatConnect instance tells about its objects.

The number in a test's name is the checklist's statement.
"""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.providers.threatconnect.emulator.fields import FIELDS
from tests.providers.threatconnect.world import World, refused

_SECURITY = ("users", "userGroups", "owners")


def path_of(kind: str) -> str:
    return f"/api/v3/security/{kind}" if kind in _SECURITY else f"/api/v3/{kind}"


def options(path: str, **query: str) -> Any:
    answer = World().send("OPTIONS", path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_19_the_fields_come_without_an_envelope() -> None:
    told = options("/api/v3/cases")
    assert told["name"] == {
        "type": "String",
        "description": "Name",
        "required": True,
        "minLength": 1,
        "maxLength": 255,
    }
    assert told["xid"]["updatable"] is False
    assert "updatable" not in told["severity"]
    assert told["severity"]["allowableValues"] == ["Low", "Medium", "High", "Critical"]
    assert told["resolution"]["default"] == "Not Specified"
    assert told["tags"] == {"data": [{"type": "Tag", "description": "Tags", "maxSize": 1000}]}
    assert "id" not in told
    assert "related" not in told


@pytest.mark.parametrize("show", ["readonly", "readOnly", "READONLY"])
def test_19_read_only_fields_come_when_asked_for(show: str) -> None:
    told = options("/api/v3/cases", show=show)
    assert told["dateAdded"] == {
        "type": "Date",
        "description": "Date Added",
        "readOnly": True,
        "updatable": False,
    }
    assert told["id"]["description"] == "ID"
    assert told["related"]["data"][0]["readOnly"] is True


def test_19_a_number_has_values_and_a_parent_an_alternative() -> None:
    told = options("/api/v3/tasks")
    assert (told["workflowPhase"]["minValue"], told["workflowPhase"]["maxValue"]) == (0, 127)
    assert told["caseId"]["requiredAltField"] == "caseXid"
    assert told["required"]["default"] is False


def test_19_the_types_of_artifacts_are_the_instances_own() -> None:
    assert "Email Address" in options("/api/v3/artifacts")["type"]["allowableValues"]


def test_20_what_fields_may_ask_for_comes_in_an_envelope() -> None:
    told = options("/api/v3/cases/fields")
    assert told["status"] == "Success"
    assert told["count"] == len(told["data"]) == 13
    assert {"name": "tags", "description": "Tags", "includedByDefault": False} in told["data"]
    assert "userDetails" in {field["name"] for field in told["data"]}


def test_20_what_tql_may_ask_about_comes_in_an_envelope() -> None:
    told = options("/api/v3/cases/tql")
    assert told["status"] == "Success"
    assert told["count"] == len(told["data"])
    by_keyword = {found["keyword"]: found for found in told["data"]}
    assert by_keyword["xid"] == {"keyword": "xid", "name": "XID", "type": "String", "description": "XID"}
    assert by_keyword["tag"]["type"] == "StringLower"
    assert by_keyword["caseOpenTime"]["name"] == "Case Open Time"
    assert "hasTag" not in by_keyword


@pytest.mark.parametrize("kind", FIELDS)
def test_every_object_tells_about_itself(kind: str) -> None:
    assert "id" in options(path_of(kind), show="readonly")
    names = {field["name"] for field in options(f"{path_of(kind)}/fields")["data"]}
    assert names <= {*FIELDS[kind], "userDetails"}
    assert "id" in {found["keyword"] for found in options(f"{path_of(kind)}/tql")["data"]}


@pytest.mark.parametrize(
    "path", ["/api/v3/nothing", "/api/v3/nothing/fields", "/api/v3/users", "/api/v3/security/cases/tql"]
)
def test_an_unknown_object_tells_nothing(path: str) -> None:
    assert refused(World().send("OPTIONS", path), 404)
