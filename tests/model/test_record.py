from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.case import Lifecycle, OnRemove, references
from reconciler.model.record import Record, State
from reconciler.model.values import Digest, Ref, Template

A, B, C = (Address("soc", name) for name in "abc")
RECORD = Record(A, "tines", "42", "https://t/42", {"name": "A", "tags": frozenset({"x", "y"})})


def record(address: Address, id: str) -> Record:
    return replace(RECORD, address=address, id=id)


def test_the_next_state_holds_what_changed_and_not_what_was_removed() -> None:
    state = State("L", 7, {A: record(A, "1"), B: record(B, "2")})

    following = state.with_records([record(A, "9"), record(C, "3")], removed=[B, Address("soc", "never")])

    assert following == State("L", 8, {A: record(A, "9"), C: record(C, "3")})
    assert state.records == {A: record(A, "1"), B: record(B, "2")}


def test_every_next_state_is_one_serial_on() -> None:
    assert State("L").with_records(()).with_records(()).serial == 2


def test_a_record_means_the_same_at_any_time_and_is_another_to_plan_upon() -> None:
    later = replace(RECORD, updated_at="2027-01-01T00:00:00Z")

    assert RECORD.means_the_same_as(later)
    assert RECORD.fingerprint != later.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"id": "43"},
        {"type": "other"},
        {"recorded": {"name": "A", "tags": frozenset({"x"})}},
        {"recorded": {"name": Digest("sha256:" + "0" * 64), "tags": frozenset({"x", "y"})}},
        {"handles": {"tasks.a": "1"}},
        {"depends_on": (B,)},
        {"lifecycle": Lifecycle(prevent_delete=True)},
        {"lifecycle": Lifecycle(OnRemove.DELETE)},
    ],
)
def test_a_saved_plan_notices_any_other_record(change: dict[str, Any]) -> None:
    other = replace(RECORD, **change)

    assert other.fingerprint != RECORD.fingerprint
    assert not other.means_the_same_as(RECORD)


def test_references_are_found_anywhere_in_a_value() -> None:
    value = {"a": Ref("x", "id"), "b": frozenset({Template(("see ", Ref("y", "url")))}), "c": ["plain"]}

    assert references(value) == {Ref("x", "id"), Ref("y", "url")}
