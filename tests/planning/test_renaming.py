"""What looks like a rename, and what does not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.case import Lifecycle, OnRemove
from reconciler.model.record import Record
from reconciler.planning import planner, renaming
from tests.planning.worlds import address, case, plan, record, world

OLD = {"name": "Phishing wave", "priority": "high", "tags": frozenset({"q4"}), "metadata": {"region": "emea"}}


def warnings(old: Mapping[str, Any], new: Mapping[str, Any], **how: Any) -> tuple[str, ...]:
    """Plan that a case is given up and another created."""
    gone = record("old", "1", old, lifecycle=Lifecycle(**how))
    return plan(world(gone, case("new", new), lives={"1": old})).warnings


@pytest.mark.parametrize(
    ("new", "is_one"),
    [
        (OLD, True),
        ({"name": "Phishing wave"}, True),
        ({**OLD, "name": "Phishing wave, November"}, True),
        ({**OLD, "priority": "low"}, True),
        ({**OLD, "name": "Payroll portal"}, True),
        ({"name": "Phishing waves", "priority": "low", "tags": frozenset({"q1"}), "metadata": {}}, False),
        ({"name": "Payroll portal", "priority": "high"}, False),
    ],
)
def test_what_is_alike_or_has_the_same_title_looks_like_a_rename(new: Mapping[str, Any], is_one: bool) -> None:  # noqa: FBT001 - a column of the table
    said = warnings(OLD, new)

    lines = "moved:\n  - {from: soc.old, to: soc.new}"
    assert [warning.endswith(lines) for warning in said] == [True] * is_one


@pytest.mark.parametrize(
    ("on_remove", "said"),
    [
        (OnRemove.RELEASE, "a case is given up, and created a second time under another name"),
        (OnRemove.CLOSE, "a case is closed or deleted, and created anew under another name"),
        (OnRemove.DELETE, "a case is closed or deleted, and created anew under another name"),
    ],
)
def test_what_becomes_of_the_old_case_is_said(on_remove: OnRemove, said: str) -> None:
    (warning,) = warnings(OLD, OLD, on_remove=on_remove)

    assert warning.startswith(f"{said}; if it is a rename, keep it with these lines in a case file:\n")


def test_what_ends_a_case_is_said_first() -> None:
    gone = [record(f"a{n}", f"{n}", {"name": f"Case {n}"}) for n in range(2)]
    ended = record("z", "9", {"name": "Ended"}, lifecycle=Lifecycle(on_remove=OnRemove.DELETE))
    new = [case(f"b{n}", {"name": f"Case {n}"}) for n in range(2)]
    lives = {each.id: each.recorded for each in (*gone, ended)}

    said = plan(world(*gone, ended, *new, case("y", {"name": "Ended"}), lives=lives)).warnings

    assert [warning.split(",")[0] for warning in said] == ["a case is closed or deleted", "2 cases are given up"]
    assert said[1].endswith("moved:\n  - {from: soc.a0, to: soc.b0}\n  - {from: soc.a1, to: soc.b1}")


def test_a_case_that_is_gone_already_or_is_to_be_created_again_is_no_rename() -> None:
    gone = plan(world(record("old", "1", OLD), case("new", OLD), lives={}))
    again = plan(world(record("old", "1", OLD), record("new", "2", OLD), case("new", OLD), lives={"1": OLD}))

    assert (gone.warnings, again.warnings) == ((), ())


def test_a_case_that_is_removed_by_name_is_no_rename() -> None:
    made = world(record("old", "1", OLD), case("new", OLD), lives={"1": OLD})

    assert planner.draft(replace(made, removed=frozenset({address("old")}))).warnings == ()


def test_of_many_each_is_one_once_and_a_long_list_is_cut() -> None:
    old = [record(f"old{n}", f"{n}", {"name": f"Case {n}"}) for n in range(3000)]
    new = [case(f"new{n}", {"name": f"Case {n}"}) for n in range(3000)]
    started = time.perf_counter()

    (said,) = plan(world(*old, *new, lives={each.id: each.recorded for each in old})).warnings

    lines = said.splitlines()
    assert lines[0].startswith("3000 cases are given up")
    assert (len(lines), lines[-1]) == (renaming.SHOWN + 3, f"  # and {3000 - renaming.SHOWN} more")
    assert time.perf_counter() - started < 10


def test_among_several_that_are_equal_no_twin_is_guessed() -> None:
    old = [record(f"old{n}", f"{n}", OLD) for n in range(101)]
    new = [case(f"new{n}", OLD) for n in range(101)]

    assert plan(world(*old, *new, lives={each.id: OLD for each in old})).warnings == ()


def test_a_case_of_another_instance_is_no_rename() -> None:
    elsewhere = Record(Address("desk", "old"), "toy", "1", "", OLD)

    assert plan(world(elsewhere, case("new", OLD), lives={"1": OLD})).warnings == ()
