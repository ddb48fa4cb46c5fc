"""Which case comes before which: links may form circles, needs must not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.links import predecessors
from reconciler.model.address import Address
from tests.config.rig import RigFolder

NAMES = "abcdefgh"

Edges = dict[str, list[str]]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Edges, Edges]:
    ranked = draw(st.permutations(NAMES))
    pairs = [(one, other) for at, one in enumerate(ranked) for other in ranked[:at]]
    needed = draw(st.sets(st.sampled_from(pairs), max_size=8))
    linked = draw(st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=24))

    def edges(chosen: set[tuple[str, str]]) -> Edges:
        made = {case: sorted(other for one, other in chosen if one == case != other) for case in NAMES}
        return {case: others for case, others in made.items() if others}

    return edges(needed), edges(linked)


def leads(edges: Mapping[str, Collection[str]], one: str, goal: str) -> bool:
    """Tell whether one case leads to another in one step or more."""
    reached = set(edges.get(one, ()))
    while new := {further for case in reached for further in edges.get(case, ())} - reached:
        reached |= new
    return goal in reached


@given(world=worlds())
def test_links_order_unless_they_are_part_of_a_circle(world: tuple[Edges, Edges]) -> None:
    needs, links = world
    everything = {case: {*needs.get(case, ()), *links.get(case, ())} for case in NAMES}

    before = predecessors(needs, links)

    TopologicalSorter(before).prepare()
    for case in NAMES:
        kept, asked = before.get(case, frozenset()), everything[case]
        assert set(needs.get(case, ())) <= kept <= asked
        assert all(leads(everything, other, case) for other in asked - kept)
    assert before == predecessors(dict(reversed(needs.items())), dict(reversed(links.items())))


MANY = 50_000
LARGE: dict[str, tuple[list[tuple[int, int]], int]] = {
    "one ring": ([(at, (at + 1) % MANY) for at in range(MANY)], MANY - 1),
    "pairs": ([(at, at ^ 1) for at in range(MANY)], MANY // 2),
}


@pytest.mark.parametrize(("edges", "kept"), LARGE.values(), ids=LARGE.keys())
def test_a_circle_gives_up_one_link_however_large_it_is(edges: list[tuple[int, int]], kept: int) -> None:
    links: Edges = {}
    for one, other in edges:
        links.setdefault(f"{one:06}", []).append(f"{other:06}")

    assert sum(map(len, predecessors({}, links).values())) == kept


# ------------------------------------------------------------------------------------ in files


def order(rig: RigFolder, text: str) -> dict[str, tuple[str, ...]]:
    return {
        address.name: tuple(other.name for other in case.depends_on)
        for address, case in rig.load(text).cases.items()
    }


def linked(**cases: str) -> str:
    return "cases:\n" + "".join(f"  {name}: {{name: x, {body}}}\n" for name, body in cases.items())


def test_a_link_orders_like_a_reference(rig: RigFolder) -> None:
    text = linked(a="linked: ['${cases.b.id}', '${cases.c.id}', '17']", b="code: x", c="code: y")

    assert order(rig, text) == {"a": ("b", "c"), "b": (), "c": ()}


def test_a_name_links_like_a_reference_and_a_number_is_an_id(rig: RigFolder) -> None:
    by_name = linked(a="linked: [b, '17', 17, c]", b="linked: [a]", c="code: x")
    by_reference = linked(
        a="linked: ['${cases.b.id}', '17', '${cases.c.id}', '${cases.b.id}']",
        b="linked: ['${cases.a.id}']",
        c="code: x",
    )

    assert order(rig, by_name) == order(rig, by_reference) == {"a": ("b", "c"), "b": (), "c": ()}
    named, referred = rig.load(by_name).cases, rig.load(by_reference).cases
    assert [case.attributes for case in named.values()] == [case.attributes for case in referred.values()]


def test_links_that_form_a_circle_order_as_far_as_they_can(rig: RigFolder) -> None:
    text = linked(
        c="linked: ['${cases.a.id}']", b="linked: ['${cases.c.id}']", a="linked: ['${cases.b.id}']", d="code: x"
    )

    assert order(rig, text) == {"a": ("b",), "b": ("c",), "c": (), "d": ()}


@pytest.mark.parametrize("hard", ["depends_on: [a]", "notes: {n: {text: '${cases.a.id}'}}"])
def test_a_link_gives_way_to_what_is_needed(rig: RigFolder, hard: str) -> None:
    assert order(rig, linked(a="linked: ['${cases.b.id}']", b=hard)) == {"a": (), "b": ("a",)}


def test_links_keep_their_references(rig: RigFolder) -> None:
    text = linked(a="linked: ['${cases.b.id}']", b="linked: ['${cases.a.id}']")

    cases = rig.load(text).cases

    assert [str(next(iter(case.attributes["linked"])).text) for case in cases.values()] == [
        "cases.b.id",
        "cases.a.id",
    ]
    assert cases[Address("soc", "b")].depends_on == ()


def test_a_circle_of_needs_stays_an_error_beside_links(rig: RigFolder) -> None:
    text = linked(a="linked: ['${cases.b.id}'], depends_on: [b]", b="depends_on: [a]")

    (problem,) = rig.problems(text)

    assert problem.startswith("cases/a.yaml:2:3: these cases depend on each other: ")


def test_a_case_does_not_link_to_itself_nor_to_what_is_not_there(rig: RigFolder) -> None:
    assert rig.problems(linked(one="linked: ['${cases.one.id}', '${cases.oen.id}']")) == [
        "cases/a.yaml:2:27: the case `one` refers to itself",
        "cases/a.yaml:2:46: there is no case `oen`; did you mean `one`?",
    ]
    assert rig.problems(linked(one="linked: [17, one, oen]")) == [
        "cases/a.yaml:2:31: the case `one` refers to itself",
        "cases/a.yaml:2:36: there is no case `oen`; did you mean `one`?",
    ]
