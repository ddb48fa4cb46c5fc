from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.case import Case
from reconciler.model.change import Action, Cause, Change, DriftedField, FieldChange
from reconciler.model.values import ABSENT, Ref, Secret, Template
from reconciler.planning import diff
from tests.planning.worlds import LINEAGE, SCHEMA, address, after, case, ignoring, shared

CONFIG, DRIFT, BOTH = Cause.CONFIG, Cause.DRIFT, Cause.BOTH
Attributes = Mapping[str, Any]


def found(it: Case, recorded: Attributes, live: Attributes) -> list[tuple[str, Any, Any, Cause]]:
    """Return the changes as tuples: path, before, after, cause."""
    changes = diff.changes(it, recorded, live, SCHEMA)
    return [(".".join(item.path), item.before, item.after, item.cause) for item in changes]


def tags(*names: str) -> dict[str, Any]:
    return {"tags": frozenset(names)}


def meta(**keys: Any) -> dict[str, Any]:
    return {"metadata": keys}


ONE, TWO = (Secret(text).digest(LINEAGE) for text in ("one", "two"))
NEW, OLD = Ref("other", "id"), "42"


# ------------------------------------------------------------------------------------ who owns what


@pytest.mark.parametrize(
    ("desired", "recorded", "live", "changes"),
    [
        pytest.param({}, {}, {"name": "a"}, [], id="undeclared is not ours"),
        pytest.param({"name": "a"}, {}, {"name": "a"}, [], id="equal"),
        pytest.param({"name": "b"}, {"name": "a"}, {"name": "a"}, [("name", "a", "b", CONFIG)], id="edited"),
        pytest.param({"name": "a"}, {"name": "a"}, {"name": "b"}, [("name", "b", "a", DRIFT)], id="drifted"),
        pytest.param({"name": "c"}, {"name": "a"}, {"name": "b"}, [("name", "b", "c", BOTH)], id="both"),
        pytest.param({"name": "c"}, {}, {"name": "b"}, [("name", "b", "c", CONFIG)], id="never recorded"),
        pytest.param({"name": "b"}, {"name": "a"}, {"name": "b"}, [], id="somebody did it already"),
        pytest.param({}, {"name": "a"}, {"name": "b"}, [], id="a scalar declared no more is released"),
        pytest.param({}, tags("a"), tags("a", "b"), [], id="a set declared no more is released"),
        pytest.param(
            {"description": ""},
            {"description": "x"},
            {"description": "x"},
            [("description", "x", "", CONFIG)],
            id="emptied",
        ),
        pytest.param({"name": "a"}, {"name": "a"}, {}, [("name", ABSENT, "a", DRIFT)], id="not shown at all"),
        pytest.param({"name": None}, {}, {}, [], id="nothing is not less than null"),
        pytest.param({"name": NEW}, {"name": OLD}, {"name": OLD}, [("name", OLD, NEW, CONFIG)], id="unknown yet"),
        pytest.param({"name": ONE}, {"name": ONE}, {"name": ONE}, [], id="secrets alike"),
        pytest.param(
            {"name": TWO}, {"name": ONE}, {"name": ONE}, [("name", ONE, TWO, CONFIG)], id="secrets differ"
        ),
    ],
)
def test_scalars(desired: Attributes, recorded: Attributes, live: Attributes, changes: list[Any]) -> None:
    assert found(case("a", desired), recorded, live) == changes


@pytest.mark.parametrize(
    ("desired", "recorded", "live", "changes"),
    [
        pytest.param({"k": "1"}, {}, {}, [("metadata.k", ABSENT, "1", CONFIG)], id="new key"),
        pytest.param({"k": "1"}, {}, {"z": "9"}, [("metadata.k", ABSENT, "1", CONFIG)], id="others are untouched"),
        pytest.param({"k": "2"}, {"k": "1"}, {"k": "1"}, [("metadata.k", "1", "2", CONFIG)], id="edited"),
        pytest.param({"k": "1"}, {"k": "1"}, {"k": "2"}, [("metadata.k", "2", "1", DRIFT)], id="drifted"),
        pytest.param({"k": "1"}, {"k": "1"}, {}, [("metadata.k", ABSENT, "1", DRIFT)], id="removed outside"),
        pytest.param({"k": "3"}, {"k": "1"}, {"k": "2"}, [("metadata.k", "2", "3", BOTH)], id="both"),
        pytest.param(
            {"j": "1"}, {"j": "1", "k": "1"}, {"j": "1", "k": "1"}, [("metadata.k", "1", ABSENT, CONFIG)]
        ),
        pytest.param({}, {"k": "1"}, {"k": "1", "z": "9"}, [("metadata.k", "1", ABSENT, CONFIG)], id="last key"),
        pytest.param(
            None, {"k": "1"}, {"k": "1", "z": "9"}, [("metadata.k", "1", ABSENT, CONFIG)], id="whole map"
        ),
        pytest.param(None, {"k": "1"}, {"k": "2"}, [("metadata.k", "2", ABSENT, BOTH)], id="dropped and drifted"),
        pytest.param(None, {"k": "1"}, {}, [], id="dropped and gone already"),
        pytest.param({"k": None}, {}, {"k": "1"}, [("metadata.k", "1", ABSENT, CONFIG)], id="null key"),
        pytest.param({"k": None}, {}, {"z": "9"}, [], id="null key that is not there"),
        pytest.param({"k": None}, {"k": "1"}, {"k": "1"}, [("metadata.k", "1", ABSENT, CONFIG)], id="nulled"),
        pytest.param({"k": ""}, {}, {}, [("metadata.k", ABSENT, "", CONFIG)], id="an empty text is a value"),
        pytest.param({"__k": "1"}, {}, {}, [("metadata.__k", ABSENT, "1", CONFIG)], id="underscores"),
        pytest.param({"__k": "2"}, {"__k": "1"}, {"__k": "1"}, [("metadata.__k", "1", "2", CONFIG)]),
        pytest.param({"a']['b": "2"}, {}, {"a']['b": "1"}, [("metadata.a']['b", "1", "2", CONFIG)], id="brackets"),
        pytest.param({"k": ONE}, {"k": ONE}, {"k": ONE}, [], id="secrets alike"),
        pytest.param({"k": TWO}, {"k": ONE}, {"k": ONE}, [("metadata.k", ONE, TWO, CONFIG)], id="secrets differ"),
        pytest.param({"k": ONE}, {"k": "1"}, {"k": "1"}, [("metadata.k", "1", ONE, CONFIG)], id="a secret now"),
        pytest.param({"k": NEW}, {"k": OLD}, {"k": OLD}, [("metadata.k", OLD, NEW, CONFIG)], id="unknown yet"),
        pytest.param(
            {"k": NEW, "l": ONE}, {}, {"k": NEW, "l": TWO}, [("metadata.l", TWO, ONE, CONFIG)], id="mixed"
        ),
        pytest.param(
            {"k": Template(("a", NEW))},
            {},
            {"k": Template(("b", NEW))},
            [("metadata.k", Template(("b", NEW)), Template(("a", NEW)), CONFIG)],
            id="templates",
        ),
        pytest.param(
            {"b": "1", "a": "1"},
            {},
            {"a": "0", "z": "0"},
            [("metadata.a", "0", "1", CONFIG), ("metadata.b", ABSENT, "1", CONFIG)],
            id="sorted",
        ),
    ],
)
def test_maps_are_owned_key_by_key(
    desired: Attributes | None, recorded: Attributes, live: Attributes, changes: list[Any]
) -> None:
    declared = case("a", {} if desired is None else {"metadata": desired})

    assert found(declared, {"metadata": recorded}, {"metadata": live}) == changes


def test_a_map_that_the_system_does_not_show_is_filled() -> None:
    assert found(case("a", meta(k="1")), {}, {}) == [("metadata.k", ABSENT, "1", CONFIG)]


@pytest.mark.parametrize(
    "recorded", [{}, meta(k="1"), meta(k="0", old="x"), {"name": "a", "tags": frozenset("t")}]
)
def test_what_is_ignored_is_neither_set_nor_removed(recorded: Attributes) -> None:
    declared = case("a", {"name": "b", **meta(k="1"), **tags("x")}, lifecycle=ignoring("name", "metadata", "tags"))

    assert found(declared, recorded, {"name": "z", **meta(k="9", old="x"), **tags("y")}) == []


@pytest.mark.parametrize(
    ("desired", "recorded", "live", "exact", "three_way", "cause"),
    [
        ("bc", "ab", "ab", ("c", "a"), ("c", "a"), (CONFIG, CONFIG)),
        ("bc", "", "ab", ("c", "a"), ("c", ""), (BOTH, CONFIG)),
        ("bc", None, "ab", ("c", "a"), ("c", ""), (CONFIG, CONFIG)),
        ("ab", "ab", "abz", ("", "z"), ("", ""), (DRIFT, None)),
        ("ab", "ab", "a", ("b", ""), ("b", ""), (DRIFT, DRIFT)),
        ("ab", "ab", "az", ("b", "z"), ("b", ""), (DRIFT, DRIFT)),
        ("a", "ab", "abz", ("", "bz"), ("", "b"), (BOTH, CONFIG)),
        ("a", "ab", "az", ("", "z"), ("", ""), (BOTH, None)),
        ("", "ab", "abz", ("", "abz"), ("", "ab"), (BOTH, CONFIG)),
        ("", None, "z", ("", "z"), ("", ""), (CONFIG, None)),
        ("ab", "ab", "ab", ("", ""), ("", ""), (None, None)),
        ("ac", "ab", "bz", ("ac", "bz"), ("ac", "b"), (BOTH, BOTH)),
    ],
)
def test_sets_are_ours_alone_or_shared(
    desired: str,
    recorded: str | None,
    live: str,
    exact: tuple[str, str],
    three_way: tuple[str, str],
    cause: tuple[Cause | None, Cause | None],
) -> None:
    was = {} if recorded is None else tags(*recorded)
    for declared, (add, remove), why in (
        (case("a", tags(*desired)), exact, cause[0]),
        (shared("a", tags(*desired), "tags"), three_way, cause[1]),
    ):
        changes = diff.changes(declared, was, tags(*live), SCHEMA)

        assert [(item.add, item.remove, item.cause) for item in changes] == (
            [(frozenset(add), frozenset(remove), why)] if why else []
        )
        assert all(item.shared is bool(declared.ownership) for item in changes)


@pytest.mark.parametrize("declare", [case, shared])
def test_an_empty_set_and_one_that_is_not_shown_are_alike(declare: Any) -> None:
    assert found(declare("a", tags()), {}, {}) == []


def test_members_of_a_set_may_be_secret_or_unknown() -> None:
    (change,) = diff.changes(
        case("a", {"tags": frozenset({ONE, NEW})}), {}, {"tags": frozenset({ONE, "x"})}, SCHEMA
    )

    assert (change.add, change.remove) == (frozenset({NEW}), frozenset({"x"}))


# ------------------------------------------------------------------------------------ creation


def test_a_new_case_is_given_all_that_is_declared_and_not_empty_anyhow() -> None:
    declared = case(
        "a",
        {
            "name": "a",
            "description": "",
            "tags": frozenset(),
            "assignees": frozenset(),
            "metadata": {"k": "1", "n": None, "e": ""},
        },
        lifecycle=ignoring("name"),
    )

    assert diff.creation(declared, SCHEMA) == (
        FieldChange(("assignees",), ABSENT, frozenset()),
        FieldChange(("metadata", "e"), ABSENT, ""),
        FieldChange(("metadata", "k"), ABSENT, "1"),
        FieldChange(("name",), ABSENT, "a"),
    )


def test_a_shared_set_that_the_system_fills_stays_as_the_system_fills_it() -> None:
    assert diff.creation(shared("a", {"assignees": frozenset()}, "assignees"), SCHEMA) == ()


# ------------------------------------------------------------------------------------ drift


@pytest.mark.parametrize(
    ("recorded", "live", "drift"),
    [
        ({"name": "a"}, {"name": "a", "priority": "low"}, []),
        ({"name": "a"}, {"name": "b"}, [(("name",), "a", "b")]),
        ({"name": "a"}, {}, [(("name",), "a", ABSENT)]),
        (meta(k="1"), meta(k="1", z="9"), []),
        (meta(k="1"), meta(k="2", z="9"), [(("metadata", "k"), "1", "2")]),
        (meta(k="1"), {}, [(("metadata", "k"), "1", ABSENT)]),
        (meta(__k="1"), meta(__k="2"), [(("metadata", "__k"), "1", "2")]),
        (tags("a"), tags("a", "b"), [(("tags",), frozenset("a"), frozenset("ab"))]),
        ({"name": ONE}, {"name": TWO}, [(("name",), ONE, TWO)]),
        (meta(n=None), meta(z="9"), []),
        (meta(n=None), meta(n="back"), [(("metadata", "n"), None, "back")]),
    ],
)
def test_drift_is_where_live_has_left_the_record(recorded: Attributes, live: Attributes, drift: list[Any]) -> None:
    expected = tuple(DriftedField(*item) for item in drift)

    assert diff.drifted(recorded, live, None, SCHEMA) == expected
    assert diff.drifted(recorded, live, case("a", recorded), SCHEMA) == expected


def test_what_is_declared_no_more_does_not_drift() -> None:
    assert diff.drifted({"name": "a"}, {"name": "b"}, case("a", {}), SCHEMA) == ()


def test_what_others_add_to_a_shared_set_is_no_drift() -> None:
    declared = shared("a", tags("a", "b"), "tags")

    assert diff.drifted(tags("a", "b"), tags("a", "b", "z"), declared, SCHEMA) == ()
    assert diff.drifted(tags("a", "b"), tags("b", "z"), declared, SCHEMA) == (
        DriftedField(("tags",), frozenset("ab"), frozenset("b")),
    )


def test_what_is_ignored_does_not_drift() -> None:
    declared = case("a", {"name": "a"}, lifecycle=ignoring("name"))

    assert diff.drifted({"name": "a"}, {"name": "b"}, declared, SCHEMA) == ()


# ------------------------------------------------------------------------------------ over generated worlds

SCALARS = st.sampled_from(["", "1", "2", ONE, TWO, NEW])
SETS = st.frozensets(st.sampled_from([*"abcd", ONE, NEW]))
MAPS = st.dictionaries(st.sampled_from(["j", "k", "__l", "m.n", ""]), SCALARS)


def sides(maps: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Generate attributes of one side, any of which may be missing."""
    return st.fixed_dictionaries(
        {}, optional={"name": SCALARS, "description": SCALARS, "tags": SETS, "assignees": SETS, "metadata": maps}
    )


DESIRED = sides(st.dictionaries(st.sampled_from(["j", "k", "__l", ""]), SCALARS | st.none()))
CASES = st.builds(shared, st.just("a"), DESIRED, *[st.sampled_from(["tags", "assignees"])] * 2) | st.builds(
    case, st.just("a"), DESIRED, lifecycle=st.sampled_from([ignoring(), ignoring("tags", "metadata")])
)
SIDES = sides(MAPS)


def apply(changes: tuple[FieldChange, ...], live: Attributes) -> dict[str, Any]:
    return after(live, Change(address("a"), "toy", Action.UPDATE, fields=changes))


@given(CASES, SIDES, SIDES)
def test_applying_the_changes_leaves_none(it: Case, recorded: Attributes, live: Attributes) -> None:
    changed = apply(diff.changes(it, recorded, live, SCHEMA), live)

    assert diff.changes(it, recorded, changed, SCHEMA) == ()
    assert diff.changes(it, it.attributes, changed, SCHEMA) == ()


@given(CASES, SIDES, SIDES)
def test_only_what_is_declared_or_was_recorded_changes(it: Case, recorded: Attributes, live: Attributes) -> None:
    for change in diff.changes(it, recorded, live, SCHEMA):
        name, *key = change.path
        assert name not in it.lifecycle.ignore_changes
        if key:
            assert key[0] in {*it.attributes.get(name, ()), *recorded.get(name, ())}
        else:
            assert name in it.attributes


@given(CASES, SIDES, SIDES)
def test_a_shared_set_loses_nothing_that_was_not_recorded(
    it: Case, recorded: Attributes, live: Attributes
) -> None:
    for change in diff.changes(it, recorded, live, SCHEMA):
        if change.shared:
            assert change.remove <= recorded.get(change.path[0], frozenset())
            assert change.add <= it.attributes[change.path[0]]


@given(SIDES)
def test_equal_sides_differ_nowhere(attributes: Attributes) -> None:
    assert diff.changes(case("a", attributes), attributes, attributes, SCHEMA) == ()
    assert diff.drifted(attributes, attributes, case("a", attributes), SCHEMA) == ()


@given(SIDES, SIDES)
def test_differences_are_sorted_and_are_all_there_are(before: Attributes, other: Attributes) -> None:
    paths = []
    for path, old, new in diff.differences(before, other, SCHEMA):
        paths.append(path)
        assert old != new
        assert (_at(before, path), _at(other, path)) == (old, new)

    assert paths == sorted(set(paths))
    for name, value in other.items():
        if name == "metadata":
            was = before.get(name, {})
            assert {p[1] for p in paths if p[0] == name} == {
                key for key in {*was, *value} if was.get(key, ABSENT) != value.get(key, ABSENT)
            }
        else:
            assert ((name,) in paths) == (before.get(name, ABSENT) != value)


def _at(attributes: Attributes, path: tuple[str, ...]) -> Any:
    value: Any = attributes
    for step in path:
        value = value.get(step, ABSENT) if isinstance(value, Mapping) else ABSENT
    return value
