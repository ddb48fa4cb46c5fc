"""The field tables of the emulated ThreatConnect instance, and the check of a body by them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.providers.emulation import Refused
from reconciler.providers.threatconnect.emulator.fields import FIELDS, checked, moment, whole_number

CASE = {"name": "n", "status": "Open", "severity": "Low"}


def code(kind: str, body: Any, *, creating: bool = True) -> str | None:
    with pytest.raises(Refused) as caught:
        checked(kind, body, creating=creating, strict=True)
    assert caught.value.status == 400
    return caught.value.details


def test_a_body_that_fits_is_given_back() -> None:
    body = {**CASE, "description": "", "tags": {"data": [], "mode": "replace"}, "assignee": {"type": "None"}}
    assert checked("cases", body, creating=True, strict=True) == body
    assert checked("cases", {}, creating=False, strict=True) == {}


def test_an_id_may_be_written_as_digits() -> None:
    assert checked("notes", {"text": "x", "caseId": "7"}, creating=True, strict=True)["caseId"] == 7


@pytest.mark.parametrize("missing", CASE)
def test_what_is_required_is_missed(missing: str) -> None:
    assert code("cases", {key: value for key, value in CASE.items() if key != missing}) == "0x2003"


def test_a_tag_needs_its_name_or_its_technique() -> None:
    assert code("tags", {"description": "x"}) == "0x2003"
    assert checked("tags", {"techniqueId": "T1"}, creating=True, strict=True) == {"techniqueId": "T1"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 256},
        {"name": 5},
        {"description": "x" * 1501},
        {"xid": "x" * 9},
        {"xid": "x" * 101},
        {"status": "open"},
        {"severity": "Urgent"},
        {"resolution": "Done"},
        {"caseOpenTime": "yesterday"},
        {"caseOpenTime": 5},
        {"caseOpenTime": "0001-01-01T00:00:00+14:00"},
        {"assignee": "omar"},
        {"assignee": None},
        {"assignee": {"type": "User", "data": {"id": None}}},
        {"tags": ["x"]},
        {"tags": {}},
        {"tags": {"data": ["x"]}},
        {"tags": {"data": [{"name": None}]}},
        {"tags": {"data": [], "count": 0}},
        {"tags": {"data": [{"name": "x"}] * 1001}},
        {"colour": "red"},
        {"id": 7},
        {"related": {"data": []}},
    ],
)
def test_what_does_not_fit_is_improper(wrong: dict[str, Any]) -> None:
    assert code("cases", {**CASE, **wrong}) == "0x2005"


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_a_body_is_an_object(body: Any) -> None:
    assert code("cases", body) == "0x2005"


@pytest.mark.parametrize("value", [-1, 128, "1", True, 1.0])
def test_a_number_is_a_number_between_its_bounds(value: Any) -> None:
    assert code("tasks", {"name": "x", "workflowPhase": value}) == "0x2005"


def test_what_is_set_once_cannot_be_updated() -> None:
    for kind, name in (("cases", "xid"), ("tasks", "dependentOnId"), ("artifacts", "type"), ("notes", "caseId")):
        assert code(kind, {name: "1234567890"}, creating=False) == "0x2005"


def test_what_options_offer_and_the_api_does_not_take_is_refused() -> None:
    for name in ("default", "pinned", "securityLabels"):
        assert code("caseAttributes", {name: True}, creating=False) == "0x2005"


def test_a_lenient_check_leaves_out_what_cannot_be_set() -> None:
    body = {**CASE, "colour": None, "id": 7, "owner": "x"}
    assert checked("cases", body, creating=True, strict=False) == CASE
    assert checked("cases", {"xid": "x"}, creating=False, strict=False) == {}


def test_a_date_is_an_instant_in_whole_seconds_of_utc() -> None:
    expected = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    for text in ("2026-01-02T03:04:05Z", "2026-01-02 03:04:05", "2026-01-02T05:04:05.999+02:00"):
        assert moment(text, "date") == expected


@pytest.mark.parametrize("value", [True, "", "1.5", "-1", "x", None, "٣", "1" * 19])
def test_a_whole_number_is_digits(value: Any) -> None:
    with pytest.raises(Refused, match="id is not a number"):
        whole_number(value, "id")


def test_every_table_begins_with_an_id_that_nobody_sets() -> None:
    assert all(fields["id"].read_only for fields in FIELDS.values())
