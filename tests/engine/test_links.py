"""Cases that link to each other in a circle: the last link is made when both ends are there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.case import Case
from reconciler.model.change import Action, Change
from reconciler.model.plan import Plan
from reconciler.model.result import Status
from reconciler.model.values import Ref
from tests.engine.fakes import Run, first, lost_after, lost_before, refused, statuses
from tests.engine.shop import Shop, again, is_settled, meet
from tests.planning.worlds import address, case, record

DONE, FAILED, SKIPPED = Status.DONE, Status.FAILED, Status.SKIPPED


def linked(name: str, *others: str, **more: Any) -> Case:
    return case(name, {"name": name.upper(), "related": frozenset(Ref(other, "id") for other in others)}, **more)


CIRCLE = (linked("a", "b"), linked("b", "a"))


def paths(it: Shop) -> list[str]:
    return [path for _, path, _ in it.writes]


def test_cases_that_link_to_each_other_are_made_and_then_linked() -> None:
    run, it, plan = meet(*CIRCLE)

    assert run.apply(plan).is_complete
    assert paths(it) == ["/cases", "/cases", "/cases/100/related", "/cases/101/related"]
    assert {id: found["related"] for id, found in it.cases.items()} == {"100": ["101"], "101": ["100"]}
    assert run.recorded("a") == {"name": "A", "related": frozenset({"101"})}
    assert run.recorded("b") == {"name": "B", "related": frozenset({"100"})}
    assert run.notes.kinds == ["intent", "done"] * 4
    assert is_settled(run, it, *CIRCLE)


def test_a_case_may_link_to_itself() -> None:
    run, it, plan = meet(linked("a", "a"))

    assert run.apply(plan).is_complete
    assert it.cases["100"]["related"] == ["100"]
    assert is_settled(run, it, linked("a", "a"))


@pytest.mark.parametrize("parallelism", [1, 4])
def test_a_ring_of_cases_is_linked_whatever_their_order(parallelism: int) -> None:
    names = "abcdefgh"
    ring = [linked(name, names[(n + 1) % len(names)], names[n - 1]) for n, name in enumerate(names)]
    run, it, plan = meet(*ring, parallelism=parallelism)

    result = run.apply(plan)

    assert result.is_complete
    assert result.summary.requests == 16
    assert [len(set(found["related"])) for found in it.cases.values()] == [2] * 8
    assert is_settled(run, it, *ring)


def test_until_the_link_is_made_the_record_does_not_have_it() -> None:
    run, _, plan = meet(*CIRCLE)
    run.apply(plan)

    done = [(where, what.recorded) for kind, where, what in run.notes.lines if kind == "done"]
    assert done[:2] == [("soc.a", {"name": "A"}), ("soc.b", {"name": "B"})]
    announced = [what.recorded for kind, _, what in run.notes.lines if kind == "intent"]
    assert announced[0] == {"name": "A"}
    assert announced[2] == {"name": "A", "related": frozenset({"101"})}


def test_a_link_to_a_case_that_failed_is_not_made() -> None:
    run, it, plan = meet(*CIRCLE)
    it.troubles = [None, refused(422)]

    result = run.apply(plan)

    assert statuses(result) == {"a": FAILED, "b": FAILED}
    assert result.outcomes[0].message == "not linked: b did not end well"
    assert result.outcomes[0].requests == 1
    assert paths(it) == ["/cases", "/cases"]
    assert (run.recorded("a"), run.recorded("b")) == ({"name": "A"}, None)
    changes = again(run, it, *CIRCLE).changes
    assert [(change.action, [field.path for field in change.fields]) for change in changes] == [
        (Action.UPDATE, [("related",)]),
        (Action.CREATE, [("name",), ("related",)]),
    ]


def test_the_next_run_makes_the_link_that_was_not_made() -> None:
    run, it, plan = meet(*CIRCLE)
    it.troubles = [None, refused(422)]
    run.apply(plan)

    assert run.after is not None
    rerun, it, plan = meet(*CIRCLE, *run.after.records.values(), shop=it)

    assert rerun.apply(plan).is_complete
    assert {id: found["related"] for id, found in it.cases.items()} == {"100": ["101"], "101": ["100"]}
    assert is_settled(rerun, it, *CIRCLE)


def test_a_link_that_is_refused_fails_its_own_case_only() -> None:
    run, it, plan = meet(*CIRCLE)
    it.troubles = [None, None, refused(422)]

    result = run.apply(plan)

    assert statuses(result) == {"a": FAILED, "b": DONE}
    assert result.outcomes[0].message == "the system says no"
    assert (run.recorded("a"), run.recorded("b")) == ({"name": "A"}, {"name": "B", "related": frozenset({"100"})})


@pytest.mark.parametrize("trouble", [lost_after, refused(500, after=True)])
def test_a_create_whose_answer_was_lost_is_linked_all_the_same(trouble: Any) -> None:
    run, it, plan = meet(*CIRCLE, shop=Shop(troubles=[trouble, trouble]))

    assert run.apply(plan).is_complete
    assert sorted(it.cases) == ["100", "101"]
    assert is_settled(run, it, *CIRCLE)


def test_a_wish_to_stop_leaves_the_link_for_the_next_run() -> None:
    run, it, plan = meet(*CIRCLE)
    it.troubles = [None, first(run.stop.request)]

    result = run.apply(plan)

    assert result.interrupted
    assert statuses(result) == {"a": SKIPPED, "b": SKIPPED}
    assert {outcome.message for outcome in result.outcomes} == {"not finished: interrupted"}
    assert (run.recorded("a"), run.recorded("b")) == ({"name": "A"}, {"name": "B"})


def test_what_depends_on_a_case_goes_on_before_its_links_are_made() -> None:
    dependent = case("c", {"name": "C", "description": Ref("a", "id")}, depends_on=(address("a"),))
    run, it, plan = meet(*CIRCLE, dependent)
    it.troubles = [None, None, None, lost_before]

    result = run.apply(plan)

    assert statuses(result) == {"a": FAILED, "b": DONE, "c": DONE}
    assert paths(it)[:3] == ["/cases"] * 3


def test_recorded_cases_are_linked_to_a_new_one_when_it_is_there() -> None:
    before = record("a", "1", {"name": "A", "related": frozenset()})
    run, it, plan = meet(*CIRCLE, before, shop=Shop({"1": {"name": "A", "related": []}}))

    assert run.apply(plan).is_complete
    assert {id: found["related"] for id, found in it.cases.items()} == {"1": ["101"], "101": ["1"]}
    assert is_settled(run, it, *CIRCLE)


def test_a_case_whose_first_request_fails_is_not_linked() -> None:
    run, it, plan = meet(*CIRCLE)
    it.troubles = [refused(422)]

    assert statuses(run.apply(plan)) == {"a": FAILED, "b": FAILED}
    assert paths(it) == ["/cases", "/cases"]
    assert (run.recorded("a"), run.recorded("b")) == (None, {"name": "B"})


# ------------------------------------------------------------------------------------ links that one end makes


def between(*ends: str, **names: str) -> tuple[Run, Shop, Plan]:
    """Plan recorded cases that are all linked to `a`, whose requests make the links for the others as well."""
    ids = {name: str(n) for n, name in enumerate(("a", *ends), start=1)}
    shop = Shop({id: {"name": "N", "related": []} for id in ids.values()})
    known = [record(name, id, {"name": "N", "related": frozenset()}) for name, id in ids.items()]
    wanted = {"a": frozenset(ids[name] for name in ends), **dict.fromkeys(ends, frozenset({"1"}))}
    cases = [case(name, {"name": names.get(name, "N"), "related": wanted[name]}) for name in ids]
    run, shop, plan = meet(*cases, *known, shop=shop)
    changes = [one_ended(change, [address(name) for name in ends]) for change in plan.changes]
    return run, shop, replace(plan, changes=tuple(changes))


def one_ended(change: Change, ends: list[Address]) -> Change:
    """Let `a` send its links for all of them, and these nothing about them."""
    others = dict.fromkeys(ends, (("related",),))
    if change.address.name != "a":
        kept = (each for each in change.operations if each.fields != (("related",),))
        return replace(change, operations=tuple(kept))
    return replace(
        change,
        operations=tuple(
            replace(each, others=others) if each.fields == (("related",),) else each for each in change.operations
        ),
    )


@pytest.mark.parametrize("parallelism", [1, 4])
def test_a_link_that_one_end_makes_is_recorded_at_both(parallelism: int) -> None:
    run, it, plan = between("b", "c", b="B")
    run.parallelism = parallelism

    assert statuses(run.apply(plan)) == {"a": DONE, "b": DONE, "c": DONE}
    assert sorted(paths(it)) == ["/cases/1/related", "/cases/2"]
    assert run.recorded("b") == {"name": "B", "related": frozenset({"1"})}
    assert run.recorded("c") == {"name": "N", "related": frozenset({"1"})}


def test_a_link_that_was_not_made_is_recorded_at_neither() -> None:
    run, it, plan = between("b", "c", b="B")
    it.troubles = [refused(422)]

    result = run.apply(plan)

    assert statuses(result) == {"a": FAILED, "b": FAILED, "c": FAILED}
    assert [outcome.message for outcome in result.outcomes[1:]] == ["not linked: a did not end well"] * 2
    assert run.recorded("b") == {"name": "B", "related": frozenset()}
    assert run.recorded("c") == {"name": "N", "related": frozenset()}


def test_a_link_that_was_made_before_its_case_failed_is_recorded() -> None:
    run, it, plan = between("b", a="A")
    a, b = plan.changes
    link = next(each for each in a.operations if each.others)
    it.troubles = [None, refused(422)]

    first_the_link = (link, *(each for each in a.operations if each is not link))
    result = run.apply(replace(plan, changes=(replace(a, operations=first_the_link), b)))

    assert statuses(result) == {"a": FAILED, "b": DONE}
    assert run.recorded("b") == {"name": "N", "related": frozenset({"1"})}


def test_a_link_that_is_there_already_is_recorded_at_both() -> None:
    run, it, plan = between("b")
    it.cases["1"]["related"] = ["2"]

    assert run.apply(plan).is_complete
    assert paths(it) == []
    assert run.recorded("b") == {"name": "N", "related": frozenset({"1"})}


@pytest.mark.parametrize(("later", "earlier"), [("a", "b"), ("b", "a")])
def test_either_end_may_depend_on_the_other(later: str, earlier: str) -> None:
    run, _, plan = between("b")
    changes = [
        replace(each, depends_on=(address(earlier),)) if each.address.name == later else each
        for each in plan.changes
    ]

    assert run.apply(replace(plan, changes=tuple(changes))).is_complete
    assert run.recorded("b") == {"name": "N", "related": frozenset({"1"})}


def test_a_wish_to_stop_leaves_the_other_end_for_the_next_run() -> None:
    run, it, plan = between("b", a="A")
    it.troubles = [first(run.stop.request)]

    assert statuses(run.apply(plan)) == {"a": SKIPPED, "b": SKIPPED}
    assert run.recorded("b") == {"name": "N", "related": frozenset()}
