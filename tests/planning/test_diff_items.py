"""Items: things of their own in a case, under the user's keys, owned item by item and field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.case import Case
from reconciler.model.change import Cause, DriftedField, FieldChange
from reconciler.model.values import ABSENT, Entry, Ref, Secret
from reconciler.planning import diff
from tests.planning.worlds import LINEAGE, RICH, case, ignoring, shared

CONFIG, DRIFT, BOTH = Cause.CONFIG, Cause.DRIFT, Cause.BOTH
Attributes = Mapping[str, Any]
A, B = {"text": "a"}, {"text": "b"}
ONE, TWO = (Secret(text).digest(LINEAGE) for text in ("one", "two"))


def found(it: Case, recorded: Attributes, live: Attributes) -> list[tuple[str, Any, Any, Cause]]:
    """Return the changes as tuples: path, before, after, cause."""
    changes = diff.changes(it, recorded, live, RICH)
    return [(".".join(item.path), item.before, item.after, item.cause) for item in changes]


def notes(**items: Any) -> dict[str, Any]:
    return {"notes": items}


# ------------------------------------------------------------------------------------ items come, go and change


@pytest.mark.parametrize(
    ("desired", "recorded", "live", "changes"),
    [
        pytest.param({"k": A}, {}, {}, [("notes.k", ABSENT, A, CONFIG)], id="new"),
        pytest.param({"k": A}, {"k": A}, {"k": A}, [], id="as it should be"),
        pytest.param({"k": A}, {}, {"k": A}, [], id="adopted"),
        pytest.param({"k": {}}, {}, {}, [("notes.k", ABSENT, {}, CONFIG)], id="new, and nothing said of it"),
        pytest.param({"k": {}}, {"k": {}}, {"k": A}, [], id="nothing said of it"),
        pytest.param({"k": B}, {"k": A}, {"k": A}, [("notes.k.text", "a", "b", CONFIG)], id="edited"),
        pytest.param({"k": A}, {"k": A}, {"k": B}, [("notes.k.text", "b", "a", DRIFT)], id="drifted"),
        pytest.param(
            {"k": {"text": "c"}}, {"k": A}, {"k": B}, [("notes.k.text", "b", "c", BOTH)], id="edited and drifted"
        ),
        pytest.param({"k": B}, {"k": A}, {"k": B}, [], id="somebody did it already"),
        pytest.param(
            {"k": A}, {"k": A}, {"k": {**A, "pinned": True}}, [], id="a field that is not declared is not ours"
        ),
        pytest.param({"k": {}}, {"k": A}, {"k": B}, [], id="a field that is declared no more is released"),
        pytest.param(
            {"k": {**A, "pinned": True}},
            {"k": A},
            {"k": {**A, "pinned": False}},
            [("notes.k.pinned", False, True, CONFIG)],
            id="a field that is declared now",
        ),
        pytest.param(
            {"k": {**A, "pinned": True}}, {"k": A}, {"k": {**A, "pinned": True}}, [], id="declared as it is"
        ),
        pytest.param(
            {"k": {"text": "b", "pinned": True, "rank": 2}},
            {"k": {"text": "a", "pinned": True, "rank": 1}},
            {"k": {"text": "a", "pinned": False, "rank": 1, "author": "jane"}},
            [
                ("notes.k.pinned", False, True, DRIFT),
                ("notes.k.rank", 1, 2, CONFIG),
                ("notes.k.text", "a", "b", CONFIG),
            ],
            id="each field has its own cause",
        ),
        pytest.param(
            {"k": {"text": None}}, {"k": A}, {"k": A}, [("notes.k.text", "a", None, CONFIG)], id="emptied"
        ),
        pytest.param({"k": {"text": None}}, {"k": {"text": None}}, {"k": {}}, [], id="empty and not shown"),
        pytest.param(
            {"k": {"text": None}},
            {"k": {"text": None}},
            {"k": A},
            [("notes.k.text", "a", None, DRIFT)],
            id="filled",
        ),
        pytest.param({"k": A}, {"k": A}, {}, [("notes.k", ABSENT, A, DRIFT)], id="deleted outside"),
        pytest.param({"k": B}, {"k": A}, {}, [("notes.k", ABSENT, B, BOTH)], id="edited and deleted outside"),
        pytest.param({}, {"k": A}, {"k": A}, [("notes.k", A, ABSENT, CONFIG)], id="left the file"),
        pytest.param({}, {"k": A}, {"k": B}, [("notes.k", B, ABSENT, BOTH)], id="left the file and drifted"),
        pytest.param(
            {}, {"k": A}, {"k": {**A, "rank": 1}}, [("notes.k", A, ABSENT, CONFIG)], id="left, with more"
        ),
        pytest.param({}, {"k": A}, {}, [], id="left the file and deleted outside"),
        pytest.param(None, {"k": A}, {"k": A}, [("notes.k", A, ABSENT, CONFIG)], id="all of them left the file"),
        pytest.param({"k": A}, {"k": A}, {"k": A, "z": B}, [], id="what nobody declared is not ours"),
        pytest.param({}, {}, {"z": B}, [], id="declared empty, nothing of it is ours"),
        pytest.param(
            {"j": A, "l": A},
            {"k": A},
            {"k": A, "l": B},
            [
                ("notes.j", ABSENT, A, CONFIG),
                ("notes.k", A, ABSENT, CONFIG),
                ("notes.l.text", "b", "a", CONFIG),
            ],
            id="sorted",
        ),
        pytest.param({"text": A}, {"text": A}, {"text": A}, [], id="a key that is called like a field"),
        pytest.param(
            {"text": A}, {"text": A}, {"text": B}, [("notes.text.text", "b", "a", DRIFT)], id="and drifts"
        ),
        pytest.param({"__k": B}, {"__k": A}, {"__k": A}, [("notes.__k.text", "a", "b", CONFIG)], id="underscores"),
        pytest.param({"k": {"text": ONE}}, {"k": {"text": ONE}}, {"k": {"text": ONE}}, [], id="secrets alike"),
        pytest.param(
            {"k": {"text": TWO}},
            {"k": {"text": ONE}},
            {"k": {"text": ONE}},
            [("notes.k.text", ONE, TWO, CONFIG)],
            id="secrets differ",
        ),
        pytest.param(
            {"k": {"text": Ref("b", "id")}},
            {"k": {"text": "42"}},
            {"k": {"text": "42"}},
            [("notes.k.text", "42", Ref("b", "id"), CONFIG)],
            id="unknown yet",
        ),
    ],
)
def test_items_are_owned_item_by_item_and_field_by_field(
    desired: Attributes | None, recorded: Attributes, live: Attributes, changes: list[Any]
) -> None:
    declared = case("a", {} if desired is None else {"notes": desired})

    assert found(declared, {"notes": recorded}, {"notes": live}) == changes


@pytest.mark.parametrize("was", ["text", "", 0, 7, True, False, None, "k"])
def test_the_cause_does_not_depend_on_what_the_value_is(was: Any) -> None:
    recorded = notes(k={"rank": was})

    assert found(case("a", notes(k={"rank": "new"})), recorded, recorded) == [("notes.k.rank", was, "new", CONFIG)]
    assert found(case("a", recorded), recorded, notes(k={"rank": "moved"})) == [
        ("notes.k.rank", "moved", was, DRIFT)
    ]


def test_items_that_the_system_does_not_show_at_all_are_made() -> None:
    assert found(case("a", notes(k=A)), {}, {}) == [("notes.k", ABSENT, A, CONFIG)]
    assert found(case("a", notes(k=A)), notes(k=A), {}) == [("notes.k", ABSENT, A, DRIFT)]


@pytest.mark.parametrize("recorded", [{}, notes(k=A), notes(j=A, k=B)])
def test_ignored_items_are_neither_made_nor_changed_nor_removed(recorded: Attributes) -> None:
    declared = case("a", notes(k=A, l=A), lifecycle=ignoring("notes"))

    assert found(declared, recorded, notes(j=A, k=B)) == []


def test_a_new_case_is_given_its_items_one_by_one() -> None:
    declared = case("a", {"name": "A", **notes(k=A, j=B), "groups": frozenset()})

    assert diff.creation(declared, RICH) == (
        FieldChange(("name",), ABSENT, "A"),
        FieldChange(("notes", "j"), ABSENT, B),
        FieldChange(("notes", "k"), ABSENT, A),
    )


# ------------------------------------------------------------------------------------ drift


@pytest.mark.parametrize(
    ("recorded", "live", "drift"),
    [
        ({"k": A}, {"k": A}, []),
        ({"k": A}, {"k": {**A, "pinned": True}}, []),
        ({"k": A}, {"k": A, "z": B}, []),
        ({"k": A}, {"k": B}, [(("notes", "k", "text"), "a", "b")]),
        ({"k": {"text": "a", "rank": 1}}, {"k": {"text": "a", "rank": 2}}, [(("notes", "k", "rank"), 1, 2)]),
        ({"k": A, "l": B}, {"l": B}, [(("notes", "k"), A, ABSENT)]),
        ({"k": A}, None, [(("notes", "k"), A, ABSENT)]),
    ],
)
def test_items_drift_where_live_has_left_the_record(
    recorded: Attributes, live: Attributes | None, drift: list[Any]
) -> None:
    expected = tuple(DriftedField(*item) for item in drift)
    shown = {} if live is None else {"notes": live}

    assert diff.drifted({"notes": recorded}, shown, None, RICH) == expected
    assert diff.drifted({"notes": recorded}, shown, case("a", {"notes": recorded}), RICH) == expected
    assert diff.drifted({"notes": recorded}, shown, case("a", {}), RICH) == ()


# ------------------------------------------------------------------------------------ sets of objects


def test_members_that_are_given_whole_are_compared_by_what_they_are_called() -> None:
    ours = Entry("Adversary: X", {"type": "Adversary", "name": "X", "description": "ours"})
    theirs = Entry("Adversary: X", {})
    new = Entry("Adversary: Y", {"name": "Y"})

    assert found(case("a", {"groups": frozenset({ours})}), {}, {"groups": frozenset({theirs})}) == []
    (change,) = diff.changes(
        case("a", {"groups": frozenset({ours, new})}), {}, {"groups": frozenset({theirs, "12"})}, RICH
    )
    assert (change.add, change.remove) == (frozenset({new}), frozenset({"12"}))


def test_others_keep_their_members_of_a_shared_set_of_objects() -> None:
    ours = Entry("Adversary: X", {})

    declared = shared("a", {"groups": frozenset()}, "groups")
    (change,) = diff.changes(declared, {"groups": frozenset({ours})}, {"groups": frozenset({ours, "12"})}, RICH)
    assert (change.add, change.remove, change.shared) == (frozenset(), frozenset({ours}), True)


# ------------------------------------------------------------------------------------ over generated worlds

VALUES = st.sampled_from(["", "1", "2", "text", "k", 0, 1, True, False, None, ONE, Ref("b", "id")])
FIELDS = st.dictionaries(st.sampled_from(["text", "pinned", "rank"]), VALUES)
KEYS = st.sampled_from(["j", "k", "text", "__l", ""])
SIDES = st.fixed_dictionaries({}, optional={"notes": st.dictionaries(KEYS, FIELDS), "name": st.just("A")})
CASES = st.builds(
    case, st.just("a"), SIDES, lifecycle=st.sampled_from([ignoring(), ignoring(), ignoring("notes")])
)


def apply(changes: tuple[FieldChange, ...], live: Attributes) -> dict[str, Any]:
    """Do to live items what the changes say."""
    now: dict[str, Any] = {key: dict(item) for key, item in live.get("notes", {}).items()}
    other: dict[str, Any] = {}
    for change in changes:
        match change.path:
            case (name,):
                other[name] = change.after
            case (_, key) if change.after is ABSENT:
                del now[key]
            case (_, key):
                assert key not in now
                now[key] = dict(change.after)
            case (_, key, field):
                now[key][field] = change.after
    return {**live, **other, "notes": now}


@given(CASES, SIDES, SIDES)
def test_applying_the_changes_leaves_none(it: Case, recorded: Attributes, live: Attributes) -> None:
    changed = apply(diff.changes(it, recorded, live, RICH), live)

    assert diff.changes(it, recorded, changed, RICH) == ()
    assert diff.changes(it, it.attributes, changed, RICH) == ()


@given(CASES, SIDES, SIDES)
def test_only_what_is_declared_or_was_recorded_changes(it: Case, recorded: Attributes, live: Attributes) -> None:
    for change in diff.changes(it, recorded, live, RICH):
        assert change.path[0] not in it.lifecycle.ignore_changes
        match change.path:
            case (_, key) if change.after is ABSENT:
                assert key in recorded["notes"]
                assert key not in it.attributes.get("notes", {})
                assert set(change.before) <= set(recorded["notes"][key])
            case (_, key):
                assert change.after == it.attributes["notes"][key]
            case (_, key, field):
                assert change.after == it.attributes["notes"][key][field]


@given(CASES, SIDES, SIDES)
def test_the_cause_tells_who_moved(it: Case, recorded: Attributes, live: Attributes) -> None:
    for change in diff.changes(it, recorded, live, RICH):
        if change.cause is DRIFT:
            assert _at(recorded, change.path) == _at(it.attributes, change.path)
        if recorded == live:
            assert change.cause is CONFIG


@given(SIDES)
def test_equal_sides_differ_nowhere(attributes: Attributes) -> None:
    assert diff.changes(case("a", attributes), attributes, attributes, RICH) == ()
    assert diff.drifted(attributes, attributes, case("a", attributes), RICH) == ()


def _at(attributes: Attributes, path: tuple[str, ...]) -> Any:
    value: Any = attributes
    for step in path:
        value = value.get(step, ABSENT) if isinstance(value, Mapping) else ABSENT
    return value
