"""What is remembered of an imported case, and whose it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zlib import crc32

import pytest

from reconciler.model.case import Case
from reconciler.model.record import Record, State
from reconciler.model.values import Claim, Marker
from reconciler.planning import planner
from reconciler.planning.adopting import adopted, is_ours
from tests.planning.worlds import LINEAGE, RICH, address, case, plan, shared, world

LIVE: Mapping[str, Any] = {
    "name": "A",
    "priority": "low",
    "tags": frozenset({"a", "b"}),
    "metadata": {"region": "emea", "other": "x"},
    "notes": {"77": {"text": "first look", "author": "ana"}},
}


def imported(declared: Case) -> Record:
    made = world(declared, lives={"42": LIVE}, schema=RICH)
    (change,) = planner.draft(made).changes
    assert change.record is not None
    return adopted(change.record, change.fields, "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("declared", "recorded"),
    [
        ({"name": "A"}, {"name": "A"}),
        ({"priority": "high", "description": "new"}, {"priority": "low"}),
        ({"tags": frozenset({"b", "c"})}, {"tags": frozenset({"a", "b"})}),
        ({"metadata": {"region": "apac", "owner": "ana"}}, {"metadata": {"region": "emea"}}),
        (
            {"notes": {"one": {"text": "first look"}, "two": {"text": "new"}}},
            {"notes": {"one": {"text": "first look"}}},
        ),
    ],
)
def test_what_is_live_of_what_is_declared_is_remembered(
    declared: Mapping[str, Any], recorded: Mapping[str, Any]
) -> None:
    record = imported(case("a", declared, adopt="42"))

    assert (record.recorded, record.id, record.updated_at) == (recorded, "42", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "declared", [{"name": "B"}, {"tags": frozenset({"b", "c"})}, {"metadata": {"region": "apac"}}, dict(LIVE)]
)
def test_the_next_plan_is_what_an_import_in_the_files_would_do_and_no_drift(declared: Mapping[str, Any]) -> None:
    declared = {**declared, **({"notes": {"one": {"text": "first look"}}} if "notes" in declared else {})}
    block = case("a", declared, adopt="42")
    at_once = plan(world(block, lives={"42": LIVE}, schema=RICH))

    following = plan(world(block, imported(block), lives={"42": LIVE}, schema=RICH))

    fields = [change.fields for change in following.changes]
    assert fields == [change.fields for change in at_once.changes if change.fields]
    assert (following.drift, following.refresh) == ((), ())


def test_of_a_set_that_others_share_only_what_is_declared_is_ours() -> None:
    record = imported(Case(**_fields(shared("a", {"tags": frozenset({"b", "c"})}, "tags"))))

    assert record.recorded == {"tags": frozenset({"b"})}


def _fields(made: Case) -> dict[str, Any]:
    return {name: getattr(made, name) for name in Case.__slots__} | {"adopt": "42"}


# --------------------------------------------------------------------------------------------------- whose

STATE = State(LINEAGE, 7)


def hashed(marker: Marker) -> str:
    return f"rc-{crc32(marker.text.encode()):08x}"


@pytest.mark.parametrize(
    ("claim", "marker", "ours"),
    [
        (Claim(LINEAGE, "soc.b"), "shown", True),
        (Claim("another", "soc.a"), "shown", False),
        (Claim(), hashed(Marker(LINEAGE, "soc.a", 0)), True),
        (Claim(), hashed(Marker(LINEAGE, "soc.a", 7)).upper(), True),
        (Claim(), hashed(Marker(LINEAGE, "soc.a", 8)), False),
        (Claim(), hashed(Marker(LINEAGE, "soc.b", 3)), False),
        (Claim(None, "soc.b"), hashed(Marker(LINEAGE, "soc.b", 3)), True),
        (Claim(None, "soc.a"), hashed(Marker("another", "soc.a", 3)), False),
    ],
)
def test_a_marker_that_we_gave_is_known_also_by_its_hash(claim: Claim, marker: str, *, ours: bool) -> None:
    assert is_ours(marker, claim, address("a"), STATE, hashed) is ours
