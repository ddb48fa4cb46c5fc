"""Whole plans of cases with items, sets that the system spells its own way, and what is set but once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import ConfigError
from reconciler.model.case import Case, Live
from reconciler.model.change import Action, Cause, Change, Drift, DriftedField, FieldChange
from reconciler.model.plan import Plan
from reconciler.model.record import Record
from reconciler.model.values import ABSENT, Entry, Secret
from reconciler.planning.naming import unnamed
from tests.planning.worlds import LINEAGE, RICH, Somewhere, case, ignoring, live, plan, record, shared, world

CONFIG, DRIFT, BOTH = Cause.CONFIG, Cause.DRIFT, Cause.BOTH
A, B = {"text": "a"}, {"text": "b"}
SECRET = Secret("hunter2")
SEALED = SECRET.digest(LINEAGE)
PHISH = {"groups.phish-syn": "Phishing Email"}


def planned(*parts: Case | Record, **lives: Mapping[str, Any] | Live) -> Plan:
    """Plan upon live cases whose ids begin with an x."""
    return plan(world(*parts, lives=lives, schema=RICH))


def only(*parts: Case | Record, **lives: Mapping[str, Any] | Live) -> Change:
    (change,) = planned(*parts, **lives).changes
    return change


def noted(**notes: Any) -> dict[str, Any]:
    return {"name": "A", "notes": notes}


def grouped(*groups: Any) -> dict[str, Any]:
    return {"name": "A", "groups": frozenset(groups)}


# ------------------------------------------------------------------------------------ items


def test_items_of_a_recorded_case_are_compared_by_their_handles() -> None:
    before = record(
        "a", "x1", noted(k=A, gone=A, old=B), handles={"notes.k": "17", "notes.gone": "18", "notes.old": "19"}
    )
    change = only(
        case("a", noted(k=B, gone=A, new=A)), before, x1=noted() | {"notes": {"17": A, "19": B, "20": A}}
    )

    assert (change.action, change.causes) == (Action.UPDATE, (CONFIG, DRIFT))
    assert change.fields == (
        FieldChange(("notes", "gone"), ABSENT, A, DRIFT),
        FieldChange(("notes", "k", "text"), "a", "b", CONFIG),
        FieldChange(("notes", "new"), ABSENT, A, CONFIG),
        FieldChange(("notes", "old"), B, ABSENT, CONFIG),
    )
    assert change.record is not None
    assert change.record.handles == {"notes.k": "17", "notes.old": "19"}
    assert change.record.recorded == noted(k=B, gone=A, new=A)


def test_items_of_others_neither_change_nor_drift() -> None:
    before = record("a", "x1", noted(k=A), handles={"notes.k": "17"})
    made = planned(case("a", noted(k=A)), before, x1={"name": "A", "notes": {"17": {**A, "rank": 1}, "18": A}})

    assert (made.is_empty, made.refresh, made.drift, made.unchanged) == (True, (), (), 1)


def test_items_that_somebody_edited_or_deleted_have_drifted() -> None:
    before = record("a", "x1", noted(k=A, l=A, m=A), handles={"notes.k": "17", "notes.l": "18", "notes.m": "19"})
    made = planned(case("a", noted(k=A, l=A, m=A)), before, x1={"name": "A", "notes": {"17": B, "19": A}})

    assert made.drift == (
        Drift(
            before.address,
            (DriftedField(("notes", "k", "text"), "a", "b"), DriftedField(("notes", "l"), A, ABSENT)),
            id="x1",
            url="https://toy/x1",
        ),
    )


def test_an_import_takes_over_what_is_declared_and_there() -> None:
    change = only(
        case("a", noted(k=A, l=B), adopt="x1"), x1={"name": "A", "notes": {"17": A, "18": {"text": "c"}}}
    )

    assert change.fields == (FieldChange(("notes", "l"), ABSENT, B),)
    assert change.record is not None
    assert change.record.handles == {"notes.k": "17"}


def test_a_case_that_is_ours_takes_no_item_over() -> None:
    before = record("a", "x1", {"name": "A"})
    change = only(case("a", noted(k=A)), before, x1={"name": "A", "notes": {"17": A}})

    assert change.fields == (FieldChange(("notes", "k"), ABSENT, A),)


def test_a_case_that_was_deleted_outside_is_made_with_all_its_items() -> None:
    change = only(case("a", noted(k=A)), record("a", "x1", noted(k=A), handles={"notes.k": "17"}))

    assert change.action is Action.CREATE
    assert change.fields == (
        FieldChange(("name",), ABSENT, "A", DRIFT),
        FieldChange(("notes", "k"), ABSENT, A, DRIFT),
    )
    assert change.record is not None
    assert change.record.handles == {}


def test_the_secret_of_an_item_is_compared_by_its_digest() -> None:
    declared = case("a", noted(k={"text": SECRET}))
    before = record("a", "x1", noted(k={"text": SEALED}), handles={"notes.k": "17"})

    assert planned(declared, before, x1={"name": "A", "notes": {"17": {"text": "hunter2"}}}).is_empty
    change = only(declared, before, x1={"name": "A", "notes": {"17": {"text": "hunter3"}}})
    assert change.fields == (
        FieldChange(("notes", "k", "text"), Secret("hunter3").digest(LINEAGE), SEALED, DRIFT),
    )
    assert "hunter" not in repr(change)


def test_ignored_items_are_left_alone_and_forgotten() -> None:
    before = record("a", "x1", noted(k=A), handles={"notes.k": "17"})
    made = planned(
        case("a", noted(k=B, l=B), lifecycle=ignoring("notes")), before, x1={"name": "A", "notes": {"17": A}}
    )

    assert made.is_empty
    assert [refreshed.recorded for refreshed in made.refresh] == [{"name": "A"}]


# ------------------------------------------------------------------------------------ sets of other names


@pytest.mark.parametrize(
    ("declared", "recorded", "handles", "shown", "changed"),
    [
        pytest.param({"VIP"}, {"VIP"}, {}, {"vip"}, None, id="spelled otherwise"),
        pytest.param({"phish-syn"}, {"phish-syn"}, PHISH, {"Phishing Email"}, None, id="renamed"),
        pytest.param(
            {"phish-syn"},
            {"phish-syn"},
            {},
            {"Phishing Email"},
            ({"phish-syn"}, {"Phishing Email"}, DRIFT),
            id="not known",
        ),
        pytest.param(
            {"phish-syn", "new"}, {"phish-syn"}, PHISH, {"Phishing Email"}, ({"new"}, set(), CONFIG), id="one more"
        ),
        pytest.param(
            set(), {"phish-syn"}, PHISH, {"Phishing Email"}, (set(), {"phish-syn"}, CONFIG), id="dropped"
        ),
        pytest.param(
            {"phish-syn"}, {"phish-syn"}, PHISH, {"x"}, ({"phish-syn"}, {"x"}, DRIFT), id="removed outside"
        ),
    ],
)
def test_members_are_compared_in_our_words(
    declared: set[str],
    recorded: set[str],
    handles: Mapping[str, str],
    shown: set[str],
    changed: tuple[Any, Any, Cause] | None,
) -> None:
    before = record("a", "x1", grouped(*recorded), handles=handles)
    made = planned(case("a", grouped(*declared)), before, x1=grouped(*shown))

    found = [(field.add, field.remove, field.cause) for change in made.changes for field in change.fields]
    assert found == ([] if changed is None else [changed])
    assert bool(made.drift) is (changed is not None and changed[2] is DRIFT)
    assert made.refresh == ()


def test_a_member_of_others_is_no_cause_in_a_shared_set() -> None:
    before = record("a", "x1", grouped("phish-syn", "old"), handles=PHISH)
    declared = shared("a", grouped("phish-syn"), "groups")
    change = only(declared, before, x1=grouped("Phishing Email", "OLD", "foreign"))

    (field,) = change.fields
    assert (field.add, field.remove, field.cause) == (frozenset(), frozenset({"old"}), CONFIG)


def test_an_object_is_given_whole_only_if_it_is_not_there() -> None:
    known, new = (Entry.of({"type": "Adversary", "name": name}) for name in ("Known", "New"))
    shown = Live("x1", "", grouped("12"), {"groups": {"12": frozenset({"Adversary: Known"})}})

    change = only(case("a", grouped(known, new)), record("a", "x1", {"name": "A"}), x1=shown)

    (field,) = change.fields
    assert (field.add, field.remove) == (frozenset({new}), frozenset())
    assert change.record is not None
    assert change.record.handles == {"groups.Adversary: Known": "12"}


# ------------------------------------------------------------------------------------ once


@pytest.mark.parametrize("more", [{}, {"adopt": "x1"}])
@pytest.mark.parametrize("value", ["theirs", "", 0])
def test_what_is_set_once_and_set_is_refused_with_its_place(value: Any, more: dict[str, Any]) -> None:
    recorded = () if more else (record("a", "x1", {"name": "A"}),)

    with pytest.raises(ConfigError) as caught:
        planned(case("a", {"name": "A", "owner": "ours"}, **more), *recorded, x1={"name": "A", "owner": value})

    (problem,) = caught.value.problems
    assert problem.location == Somewhere().at(("owner",))
    assert problem.message == f"soc.a: `owner` is {value!r} and cannot be changed once it is set"
    assert problem.hint == "declare it as it is, or leave it out"


@pytest.mark.parametrize("shown", [{"name": "A"}, {"name": "A", "owner": None}])
def test_what_is_set_once_may_be_set_while_it_is_not(shown: dict[str, Any]) -> None:
    change = only(case("a", {"name": "A", "owner": "ours"}), record("a", "x1", {"name": "A"}), x1=shown)

    assert [(field.path, field.after) for field in change.fields] == [(("owner",), "ours")]


def test_what_is_set_once_is_given_to_a_new_case() -> None:
    declared = case("a", {"name": "A", "owner": "ours"})

    assert only(declared).action is Action.CREATE
    assert only(declared, record("a", "x1", {"name": "A", "owner": "theirs"})).action is Action.CREATE


@pytest.mark.parametrize("declared", [{"name": "A"}, {"name": "A", "owner": "theirs"}])
def test_what_is_set_once_is_fine_as_it_is_or_undeclared(declared: dict[str, Any]) -> None:
    before = record("a", "x1", {"name": "A", "owner": "theirs"})

    assert planned(case("a", declared), before, x1={"name": "A", "owner": "theirs"}).is_empty


def test_what_is_set_once_and_ignored_is_not_refused() -> None:
    declared = case("a", {"name": "A", "owner": "ours"}, lifecycle=ignoring("owner"))

    assert planned(declared, record("a", "x1", {"name": "A"}), x1={"name": "A", "owner": "theirs"}).is_empty


def test_all_that_cannot_be_changed_is_told_at_once() -> None:
    owners = {"name": "A", "owner": "theirs"}

    with pytest.raises(ConfigError) as caught:
        planned(
            case("a", {"name": "A", "owner": "ours"}),
            case("b", {"name": "A", "owner": "ours"}),
            record("a", "x1", owners),
            record("b", "x2", owners),
            x1=owners,
            x2=owners,
        )

    assert [problem.message[:5] for problem in caught.value.problems] == ["soc.a", "soc.b"]


# ------------------------------------------------------------------------------------ a plan that reads nothing


def unread(before: Record) -> Live:
    """Return a recorded case as if it had been read."""
    return live(before.id, unnamed(before.recorded, RICH, before.handles))


RECORDED = record(
    "a",
    "x1",
    {**noted(k=A, l=B), "groups": frozenset({"vip"}), "metadata": {"k": "1"}},
    handles={"notes.k": "17", "notes.l": "18"},
)


def test_what_is_recorded_is_as_declared_without_looking() -> None:
    made = planned(case("a", RECORDED.recorded), RECORDED, x1=unread(RECORDED))

    assert (made.is_empty, made.refresh, made.drift) == (True, (), ())


def test_an_edit_is_planned_without_looking() -> None:
    declared = case("a", {**RECORDED.recorded, "notes": {"k": {"text": "new"}, "m": A}})
    change = only(declared, RECORDED, x1=unread(RECORDED))

    assert change.fields == (
        FieldChange(("notes", "k", "text"), "a", "new", CONFIG),
        FieldChange(("notes", "l"), B, ABSENT, CONFIG),
        FieldChange(("notes", "m"), ABSENT, A, CONFIG),
    )
    assert change.record is not None
    assert change.record.handles == RECORDED.handles


def test_an_item_that_was_never_found_is_made_again_without_looking() -> None:
    before = replace(RECORDED, handles={"notes.k": "17"})
    change = only(case("a", RECORDED.recorded), before, x1=unread(before))

    assert change.fields == (FieldChange(("notes", "l"), ABSENT, B, DRIFT),)


def test_a_secret_member_is_as_declared_without_looking() -> None:
    before = record("a", "x1", grouped(SEALED, "vip"))

    made = planned(case("a", grouped(SECRET, "vip")), before, x1=unread(before))

    assert (made.is_empty, made.refresh, made.drift) == (True, (), ())
