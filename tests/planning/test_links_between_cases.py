"""A link that one case declares is seen on the other, and is no edit of that one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.case import Case
from reconciler.model.plan import Plan
from reconciler.model.record import Record
from reconciler.planning.planner import World
from tests.planning.worlds import RICH, address, case, plan, record, world


def related(*ids: str) -> dict[str, Any]:
    return {"name": "A", "related": frozenset(ids)}


def linked(*parts: Case | Record, **lives: Mapping[str, Any]) -> World:
    """Make a world whose cases a and b have the ids 1 and 2."""
    ids = {"a": "1", "b": "2"}
    return world(*parts, lives={ids[name]: live for name, live in lives.items()}, schema=RICH)


def changed(made: Plan) -> dict[str, tuple[set[str], set[str]]]:
    """Return what links come and go, by case."""
    return {
        change.address.name: (set(change.fields[0].add), set(change.fields[0].remove)) for change in made.changes
    }


def test_a_link_from_the_other_side_is_neither_drift_nor_removed() -> None:
    made = plan(
        linked(
            case("a", related("2")),
            case("b", related()),
            record("a", "1", related("2")),
            record("b", "2", related()),
            a=related("2"),
            b=related("1"),
        )
    )

    assert made.is_empty
    assert made.drift == ()
    assert made.refresh == ()


def test_a_link_that_is_not_there_yet_is_made_from_its_own_side_only() -> None:
    made = plan(
        linked(
            case("a", related("2")),
            case("b", related()),
            record("a", "1", related()),
            record("b", "2", related()),
            a=related(),
            b=related(),
        )
    )

    assert changed(made) == {"a": ({"2"}, set())}


def test_a_link_that_nobody_declares_any_more_goes_from_the_side_that_had_it() -> None:
    made = plan(
        linked(
            case("a", related()),
            case("b", related("9")),
            record("a", "1", related("2")),
            record("b", "2", related("9")),
            a=related("2"),
            b=related("9"),
        )
    )

    assert changed(made) == {"a": (set(), {"2"})}


def test_a_set_that_is_written_whole_keeps_the_link_from_the_other_side() -> None:
    made = plan(
        linked(
            case("a", related("2")),
            case("b", related("8")),
            record("a", "1", related("2")),
            record("b", "2", related("9")),
            a=related("2"),
            b=related("1", "9"),
        )
    )

    (change,) = made.changes
    assert change.fields[0].after == {"1", "8"}
    assert changed(made) == {"b": ({"8"}, {"9"})}


@pytest.mark.parametrize("declares", [True, False], ids=["declared elsewhere", "recorded only"])
def test_a_case_outside_of_the_run_claims_its_links_too(*, declares: bool) -> None:
    outside = record("a", "1", related("2"))
    parts = (case("a", related("2")), outside) if declares else ()
    made = linked(case("b", related()), record("b", "2", related()), *parts, b=related("1"))
    if not declares:
        made = replace(made, state=replace(made.state, records={**made.records, address("a"): outside}))
    made = replace(made, lives={address("b"): made.lives[address("b")]})

    assert "b" not in changed(plan(made))
