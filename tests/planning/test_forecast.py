from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.model.change import Action, Change
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.planning.forecast import forecast, rated


def change(address: str, *methods: str, id: str | None = "42") -> Change:
    operations = tuple(Operation(method, "/cases", {}, "because") for method in methods)
    action = Action.UPDATE if id else Action.CREATE
    return Change(Address.parse(address), "tines", action, id=id, operations=operations)


def plan(*changes: Change, **rates: int) -> Plan:
    return rated(Plan("acme", "lineage", 7, "2026-01-01T00:00:00Z", changes), rates)


def test_requests_are_counted_by_system_and_method() -> None:
    planned = plan(
        change("soc.a", "PUT", "POST"),
        change("soc.b", "PUT"),
        change("soc.new", "POST", id=None),
        change("community.c", "PUT"),
        change("intel.released"),
        soc=120,
        community=300,
        intel=3000,
    )

    assert [str(each) for each in forecast(planned)] == [
        "community: 1 PUT; 1 case is read again; 1 s at 300 requests a minute",
        "soc: 2 POST, 2 PUT; 2 cases are read again; 2 s at 120 requests a minute",
    ]


@pytest.mark.parametrize(
    ("requests", "per_minute", "seconds"),
    [(1, 3000, 1), (50, 3000, 1), (51, 3000, 2), (2000, 3000, 40), (7, 1, 420), (1, 10**6, 1)],
)
def test_they_take_as_long_as_the_limit_lets_them(requests: int, per_minute: int, seconds: int) -> None:
    (found,) = forecast(plan(change("soc.a", *["PUT"] * requests), soc=per_minute))

    assert (found.requests, found.seconds) == (requests, seconds)


def test_a_plan_that_creates_reads_nothing_again() -> None:
    (found,) = forecast(plan(change("soc.a", "POST", id=None), soc=1))

    assert str(found) == "soc: 1 POST; 60 s at 1 request a minute"


def test_a_plan_without_writes_or_without_a_known_limit_foretells_nothing() -> None:
    assert forecast(plan(change("soc.a"), soc=3000)) == ()
    assert forecast(plan(change("soc.a", "PUT"))) == ()


def test_the_limit_is_no_part_of_what_a_plan_means() -> None:
    planned = plan(change("soc.a", "PUT"), soc=3000)

    assert planned.digest == replace(planned, rates={"soc": 1}).digest == replace(planned, rates={}).digest
