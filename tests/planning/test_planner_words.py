"""Plans where the system has names of its own: for what closes a case, and for what a look-up has found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.case import Lifecycle, Live, OnRemove
from reconciler.model.change import Action, Cause, Change, Drift, DriftedField, FieldChange
from reconciler.model.fields import Field, Schema, Set, Spelled
from reconciler.model.record import Record
from reconciler.planning import planner
from reconciler.planning.planner import HANDLES, World, handles_in
from tests.planning.worlds import address, case, plan, record, world

A, B = address("a"), address("b")
SCHEMA = Schema(
    {
        "name": Field("name"),
        "status": Field.of("status", [Spelled(str.casefold)]),
        "assignee": Field.of("assignee", [Spelled(str.casefold)]),
        "watchers": Field.of("watchers", [Set(key=str.casefold)]),
    },
    closing={"status": "closed"},
)
ANA = {"assignee.ana@x": "#17"}


def shown(status: str = "Open", **more: Any) -> Live:
    ids = {"Open": "#2", "Erledigt": "#4", "Closed": "#5"}
    return Live("42", "https://toy/42", {"status": status, **more}, {"status": {status: frozenset({ids[status]})}})


def made(*parts: Any, live: Live | None = None, **more: Any) -> World:
    return replace(world(*parts, lives={"42": live} if live else {}, schema=SCHEMA), **more)


def changes(it: World) -> tuple[Change, ...]:
    return planner.draft(it).changes


# ------------------------------------------------------------------------------------ closing


def left(**recorded: Any) -> Record:
    return record("a", "42", recorded, lifecycle=Lifecycle(OnRemove.CLOSE))


@pytest.mark.parametrize(
    ("closing", "status", "fields"),
    [
        ({}, "Open", (FieldChange(("status",), "Open", "closed"),)),
        ({}, "Closed", ()),
        ({"other": {"status": "Gone"}}, "Open", (FieldChange(("status",), "Open", "closed"),)),
        ({"soc": {"status": "Erledigt"}}, "Open", (FieldChange(("status",), "Open", "Erledigt"),)),
        ({"soc": {"status": "erledigt"}}, "Erledigt", ()),
        ({"soc": {"status": 4}}, "Erledigt", ()),
        ({"soc": {"status": 4}}, "Closed", (FieldChange(("status",), "Closed", 4),)),
    ],
)
def test_each_instance_says_what_closes_its_cases(
    closing: Mapping[str, Any], status: str, fields: tuple[FieldChange, ...]
) -> None:
    it = made(left(), live=shown(status), closing=closing)

    (change,) = changes(it)

    assert (change.action, change.fields) == (Action.RELEASE, fields)
    assert it.closed(A) == closing.get("soc", {"status": "closed"})


def test_a_case_that_was_closed_in_its_own_word_is_only_released() -> None:
    (change,) = changes(made(left(status="ERLEDIGT"), live=shown("Erledigt"), closing={"soc": {"status": 4}}))

    assert change.fields == ()


# ------------------------------------------------------------------------------------ names and ids


@pytest.mark.parametrize("status", ["Open", "OPEN", 2])
def test_another_spelling_or_the_id_is_no_change_but_is_recorded(status: Any) -> None:
    it = made(case("a", {"status": status}), record("a", "42", {"status": "open"}), live=shown())

    drafted = planner.draft(it)

    assert (drafted.changes, drafted.drift, drafted.unchanged) == ((), (), 1)
    assert [each.recorded for each in drafted.refresh] == [{"status": status}]


def test_drift_and_edits_are_told_in_our_words() -> None:
    it = made(case("a", {"status": 2}), record("a", "42", {"status": "open"}), live=shown("Closed"))

    drafted = planner.draft(it)

    (change,) = drafted.changes
    # from the name to its id: nobody can tell offline that they are one
    assert change.fields == (FieldChange(("status",), "Closed", 2, Cause.BOTH),)
    assert drafted.drift == (Drift(A, (DriftedField(("status",), "open", "Closed"),), id="42", url=shown().url),)


# ------------------------------------------------------------------------------------ what a look-up has found


def test_what_was_looked_up_tells_who_is_meant() -> None:
    it = made(case("a", {"assignee": "ana@x"}, adopt="42"), live=shown(assignee=17))
    (blind,) = changes(it)

    (change,) = changes(replace(it, handles={A: ANA}))

    assert blind.fields == (FieldChange(("assignee",), 17, "ana@x"),)
    assert (change.action, change.fields) == (Action.IMPORT, ())
    assert change.record == Record(A, "toy", "42", "https://toy/42", {"assignee": "ana@x"}, handles=ANA)


def test_what_is_recorded_counts_more_than_what_was_looked_up() -> None:
    old = record("a", "42", {"assignee": "ana@x"}, handles=ANA)
    it = made(case("a", {}), old, handles={A: {"assignee.ana@x": "#99", "watchers.bo": "#20"}, B: {"x.y": "1"}})

    assert it.known_handles(A) == {**ANA, "watchers.bo": "#20"}
    assert it.known_handles(B) == {"x.y": "1"}


def test_the_handles_of_look_ups_are_taken_from_their_meanings() -> None:
    meanings: dict[Any, dict[str, Any]] = {A: {HANDLES: ANA, "ids": {"status": 2}}, B: {"ids": {}}}

    assert handles_in(meanings) == {A: ANA}
    assert handles_in({}) == {}


def test_the_record_of_a_change_remembers_what_was_looked_up() -> None:
    old = record("a", "42", {"assignee": "bo@x"}, handles={"assignee.bo@x": "#20"})
    it = made(case("a", {"assignee": "ana@x"}), old, live=shown(assignee=20))

    (change,) = plan(it, {A: {HANDLES: ANA}}).changes

    assert change.record is not None
    assert change.record.handles == {**ANA, "assignee.bo@x": "#20"}


def test_what_the_system_puts_into_a_set_is_neither_drift_nor_removed() -> None:
    own = {"watchers.+#17": "#17"}
    declared = {"watchers": frozenset({20})}
    live = shown(watchers=frozenset({17, 20}))

    drafted = planner.draft(made(case("a", declared), record("a", "42", declared, handles=own), live=live))
    (change,) = changes(made(case("a", declared), record("a", "42", declared), live=live))

    assert (drafted.changes, drafted.drift, drafted.refresh) == ((), (), ())
    assert change.fields == (FieldChange(("watchers",), frozenset({17, 20}), frozenset({20}), Cause.DRIFT),)
