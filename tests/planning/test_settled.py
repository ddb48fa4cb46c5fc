"""What is settled is left out of a plan and of drift without a trace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.case import Case, Lifecycle, Live, OnRemove
from reconciler.model.fields import Field, Ownership, Schema, Spelled
from reconciler.model.record import Record
from reconciler.model.values import Ref, Secret
from reconciler.planning import planner
from reconciler.planning.naming import unnamed
from reconciler.planning.planner import World
from reconciler.planning.settled import IsSettled, Settling, nothing_drifted, nothing_to_do
from tests.planning.worlds import LINEAGE, RICH, address, case, ignoring, live, plan, record, world

KNOWN = Secret("hush").digest("2f6c1a1e-0000-4000-8000-000000000001")
DECLARED: dict[str, Any] = {
    "name": "A",
    "priority": "high",
    "tags": frozenset({"a", "b"}),
    "metadata": {"k": "v"},
}


def judge(made: World, settling: Settling) -> IsSettled:
    return settling(made.cases, made.records, made.schemas, made.state.lineage)


def settled(made: World, settling: Settling) -> frozenset[Any]:
    """Return the cases of a world that are settled, each looked at by itself."""
    is_settled = judge(made, settling)
    return frozenset(address for address, live in made.lives.items() if is_settled(address, live))


def one(case_: Case | None, record_: Record, shown: dict[str, Any]) -> World:
    parts = [part for part in (case_, record_) if part is not None]
    return world(*parts, lives={"1": shown}, schema=RICH)


# ------------------------------------------------------------------------------------------------ what is settled


def test_a_case_that_is_live_as_declared_and_as_recorded_is_settled() -> None:
    made = one(case("a", DECLARED), record("a", "1", DECLARED), DECLARED)
    assert settled(made, nothing_to_do) == settled(made, nothing_drifted) == {address("a")}


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(
            {**DECLARED, "status": "open", "related": frozenset({"7"})}, id="attributes that are not ours"
        ),
        pytest.param({**DECLARED, "metadata": {"k": "v", "theirs": "w"}}, id="keys of a map that are not ours"),
    ],
)
def test_what_is_not_ours_does_not_unsettle(shown: dict[str, Any]) -> None:
    made = one(case("a", DECLARED), record("a", "1", DECLARED), shown)
    assert settled(made, nothing_to_do) == settled(made, nothing_drifted) == {address("a")}


def test_members_that_others_put_into_a_shared_set_do_not_unsettle() -> None:
    shown = {**DECLARED, "tags": frozenset({"a", "b", "theirs"})}
    shared = case("a", DECLARED, ownership={"tags": Ownership.SHARED})
    assert settled(one(shared, record("a", "1", DECLARED), shown), nothing_to_do) == {address("a")}
    assert settled(one(case("a", DECLARED), record("a", "1", DECLARED), shown), nothing_to_do) == frozenset()


@pytest.mark.parametrize(
    ("declared", "recorded"),
    [
        pytest.param(
            case("a", {**DECLARED, "priority": "low"}), record("a", "1", DECLARED), id="declared otherwise"
        ),
        pytest.param(
            case("a", DECLARED, lifecycle=Lifecycle(OnRemove.CLOSE)), record("a", "1", DECLARED), id="lifecycle"
        ),
        pytest.param(case("a", DECLARED, depends_on=(address("b"),)), record("a", "1", DECLARED), id="depends_on"),
        pytest.param(case("a", DECLARED, adopt="2"), record("a", "1", DECLARED), id="another import"),
        pytest.param(
            case("a", DECLARED, lifecycle=ignoring("tags")),
            record("a", "1", DECLARED, lifecycle=ignoring("tags")),
            id="ignored changes",
        ),
        pytest.param(
            case("a", DECLARED), replace(record("a", "1", DECLARED), url="https://toy/old"), id="another address"
        ),
        pytest.param(
            case("a", DECLARED), record("a", "1", DECLARED, handles={"notes.n": "17"}), id="a handle of nothing"
        ),
        pytest.param(
            case("a", DECLARED | {"related": frozenset({"7"})}),
            record("a", "1", DECLARED | {"related": frozenset({"7"})}),
            id="links",
        ),
        pytest.param(
            case("a", {**DECLARED, "name": Secret("hush")}),
            record("a", "1", {**DECLARED, "name": KNOWN}),
            id="secret",
        ),
    ],
)
def test_whatever_takes_a_second_look_is_not_settled(declared: Case, recorded: Record) -> None:
    made = one(declared, recorded, {**DECLARED, "related": frozenset({"7"})})
    assert settled(made, nothing_to_do) == frozenset()


WORDED = Schema(
    {
        **RICH.fields,
        "lead": Field.of("lead", [Spelled(str.casefold)]),
        "text": Field.of("text", [Spelled(str.casefold, digested=True)]),
    }
)
"""What the system may call otherwise than we do, in all the ways there are."""

OURS: dict[str, Any] = {
    "notes": {"first": {"text": "a"}},
    "groups": frozenset({"ana", "Bob"}),
    "lead": "ana",
    "text": "a & b",
}
THEIRS: dict[str, Any] = {
    "notes": {"17": {"text": "a", "author": "eve"}, "18": {"text": "others'"}},
    "groups": frozenset({17, "Bob"}),
    "lead": 17,
    "text": "a &amp; b",
}
SENT, SHOWN = (Secret(each).digest(LINEAGE).text for each in ("a & b", "a &amp; b"))
HANDLES = {"notes.first": "17", "groups.ana": "#17", "lead.ana": "#17", f"text.{SENT}": SHOWN}


def worded(shown: dict[str, Any], handles: dict[str, str]) -> World:
    parts = (case("a", OURS), record("a", "1", OURS, handles=handles))
    return world(*parts, lives={"1": shown}, schema=WORDED)


def test_a_case_whose_handles_tell_all_of_what_is_live_is_settled() -> None:
    made = worded(THEIRS, HANDLES)
    assert settled(made, nothing_to_do) == settled(made, nothing_drifted) == {address("a")}
    assert plan(made).is_empty


def test_texts_in_another_spelling_need_no_second_look() -> None:
    ours: dict[str, Any] = {"groups": frozenset({"Ana", "Bob"}), "lead": "Ana"}
    shown = {"groups": frozenset({"ana", "BOB"}), "lead": "ana"}
    made = world(case("a", ours), record("a", "1", ours), lives={"1": shown}, schema=WORDED)
    assert settled(made, nothing_to_do) == {address("a")}
    assert plan(made).is_empty


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("notes", {"17": {"text": "b"}}, id="an item says something else"),
        pytest.param("notes", {"18": {"text": "a"}}, id="an item of another id"),
        pytest.param("groups", frozenset({17}), id="a member less"),
        pytest.param("groups", frozenset({17, "Bob", "eve"}), id="a member more"),
        pytest.param("lead", 18, id="somebody else"),
        pytest.param("text", "a &amp; c", id="another text"),
    ],
)
def test_an_outside_edit_of_what_handles_tell_unsettles(name: str, value: Any) -> None:
    shown = {**THEIRS, name: value}
    made = worded(shown, HANDLES)
    assert settled(made, nothing_to_do) == settled(made, nothing_drifted) == frozenset()


@pytest.mark.parametrize("path", sorted(HANDLES))
def test_without_a_handle_that_tells_of_it_nothing_is_settled(path: str) -> None:
    handles = {other: handle for other, handle in HANDLES.items() if other != path}
    made = worded(THEIRS, handles)
    assert settled(made, nothing_to_do) == settled(made, nothing_drifted) == frozenset()


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_an_outside_edit_unsettles(name: str) -> None:
    shown = {key: value for key, value in DECLARED.items() if key != name}
    made = one(case("a", DECLARED), record("a", "1", DECLARED), shown)
    assert settled(made, nothing_to_do) == settled(made, nothing_drifted) == frozenset()


# ------------------------------------------------------------------------------------------ and leaves no trace

_attributes = st.fixed_dictionaries(
    {"name": st.sampled_from(["A", "B"])},
    optional={
        "priority": st.sampled_from(["low", "high"]),
        "tags": st.frozensets(st.sampled_from("abc")),
        "metadata": st.dictionaries(st.sampled_from("xyz"), st.sampled_from(["1", None])),
        "groups": st.frozensets(st.sampled_from(["G", "g", "h"]), max_size=2),
        "lead": st.sampled_from(["G", "g", "h"]),
        "text": st.sampled_from(["G", "h"]),
        "related": st.frozensets(st.sampled_from(["1", "2", "3"])),
        "notes": st.dictionaries(st.sampled_from("mn"), st.just({"text": "t"})),
    },
)
_theirs = st.fixed_dictionaries(
    {},
    optional={
        "groups": st.frozensets(st.sampled_from(["G", "g", "h", "H", 7, 8]), max_size=2),
        "lead": st.sampled_from(["G", "g", 7, 8]),
        "text": st.sampled_from(["G", "g", "h", "x"]),
        "notes": st.dictionaries(st.sampled_from("mn1"), st.just({"text": "t", "rank": 1}), max_size=2),
    },
)
"""What a system shows in words of its own."""
_digests = [Secret(each).digest(LINEAGE).text for each in "Ghx"]
_handles = st.fixed_dictionaries(
    {},
    optional={
        **{f"notes.{key}": st.sampled_from("mn1") for key in "mn"},
        **{f"groups.{key}": st.sampled_from(["#7", "#8", "h"]) for key in ("G", "g", "h", "+#7")},
        **{f"lead.{key}": st.sampled_from(["#7", "#8"]) for key in "Gg"},
        **{f"text.{key}": st.sampled_from(_digests) for key in _digests[:2]},
    },
)
_lifecycles = st.sampled_from([Lifecycle(), Lifecycle(OnRemove.CLOSE), ignoring("tags")])
_owners = st.sampled_from(
    [{}, {}, {"tags": Ownership.SHARED, "related": Ownership.SHARED, "groups": Ownership.SHARED}]
)


@st.composite
def _worlds(draw: st.DrawFn) -> World:
    """Draw three cases whose sides are mostly the same."""
    base, other = draw(_attributes), draw(_attributes)
    edits = st.sampled_from([{}, {}, *({name: value} for name, value in other.items())])
    sides = edits.map(lambda edit: {**base, **edit})
    parts: list[Case | Record] = []
    lives: dict[str, Live] = {}
    for number, name in enumerate("abc", 1):
        id, lifecycle = str(number), draw(_lifecycles)
        if declares := draw(st.integers(0, 5)):
            attributes: dict[str, Any] = dict(draw(sides))
            if declares == 1:
                attributes["related"] = frozenset({Ref("a" if name != "a" else "b", "id")})
            parts.append(case(name, attributes, lifecycle=lifecycle, ownership=draw(_owners)))
        recorded = dict(draw(sides))
        told = draw(_handles) if draw(st.booleans()) else {}
        if draw(st.integers(0, 5)):
            held = {
                path: handle
                for path, handle in told.items()
                if _is_of(path, recorded) or draw(st.integers(0, 9)) == 0
            }
            parts.append(record(name, id, recorded, lifecycle=lifecycle, handles=held))
            if draw(st.integers(0, 9)):
                shown = unnamed(draw(sides), WORDED, held) if draw(st.booleans()) else draw(sides)
                lives[id] = live(id, {**shown, **(draw(_theirs) if draw(st.integers(0, 3)) == 0 else {})})
    return world(*parts, lives=lives, schema=WORDED)


def _is_of(path: str, recorded: dict[str, Any]) -> bool:
    """Tell whether a handle is of something that is recorded."""
    name, _, word = path.partition(".")
    value = recorded.get(name, ())
    return word in value if name in {"notes", "groups"} else word in {value, *(_digests if name == "text" else ())}


@given(_worlds())
def test_a_plan_is_the_same_without_what_is_settled(made: World) -> None:
    whole, rest = plan(made), plan(made.apart_from(settled(made, nothing_to_do)))
    assert rest == whole


@given(_worlds())
def test_drift_is_the_same_without_what_is_settled(made: World) -> None:
    assert planner.drift(made.apart_from(settled(made, nothing_drifted))) == planner.drift(made)
