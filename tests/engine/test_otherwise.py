"""Requests with an otherwise, and items that are found by reading the case back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.case import Case
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.model.result import Status
from tests.engine.fakes import Run, System, refused
from tests.engine.shop import Shop, handles, is_settled, meet
from tests.planning.worlds import case, plan, record, world

BEFORE, AFTER = {"name": "A", "priority": "low"}, {"name": "B", "priority": "high"}


def put(name: str, value: str, **more: Any) -> Operation:
    return Operation("PUT", "/cases/1", {name: value}, f"set {name}", fields=((name,),), **more)


NAME, PRIORITY = put("name", "B"), put("priority", "high")
BOTH = Operation("PUT", "/cases/1", AFTER, "set both", fields=(("name",), ("priority",)))


def run_of(*operations: Operation, troubles: list[Any]) -> tuple[Run, Plan]:
    """Return a run of a plan with these operations for one case."""
    made = world(case("a", AFTER), record("a", "1", BEFORE), lives={"1": BEFORE})
    planned = plan(made)
    changes = tuple(replace(change, operations=operations) for change in planned.changes)
    return Run(System({"1": dict(BEFORE)}, troubles), made.state), replace(planned, changes=changes)


def sent(run: Run) -> list[Any]:
    return [body for _, _, body in run.system.writes]


def test_what_is_not_refused_has_no_otherwise() -> None:
    run, planned = run_of(replace(BOTH, otherwise=(NAME, PRIORITY)), troubles=[])

    assert run.apply(planned).is_complete
    assert sent(run) == [AFTER]


@pytest.mark.parametrize("status", [400, 422])
def test_what_cannot_be_done_at_once_is_done_in_steps(status: int) -> None:
    run, planned = run_of(replace(BOTH, otherwise=(NAME, PRIORITY)), troubles=[refused(status)])

    (outcome,) = run.apply(planned).outcomes

    assert (outcome.status, outcome.requests) == (Status.DONE, 2)
    assert sent(run) == [AFTER, NAME.body, PRIORITY.body]
    assert run.recorded("a") == AFTER
    assert run.notes.kinds == ["intent", "failed", "intent", "done", "intent", "done"]


def test_a_last_step_waits_for_everything_else_of_the_case() -> None:
    later = Operation("PUT", "/cases/1", {"status": "open"}, "else")
    first = replace(BOTH, otherwise=(replace(NAME, last=True), PRIORITY))
    run, planned = run_of(first, later, troubles=[refused(422)])

    assert run.apply(planned).is_complete
    assert sent(run) == [AFTER, PRIORITY.body, later.body, NAME.body]


@pytest.mark.parametrize("status", [403, 409])
def test_any_other_refusal_is_final(status: int) -> None:
    run, planned = run_of(replace(BOTH, otherwise=(NAME, PRIORITY)), troubles=[refused(status)])

    (outcome,) = run.apply(planned).outcomes

    assert (outcome.status, outcome.message, sent(run)) == (Status.FAILED, "the system says no", [AFTER])


def test_a_step_that_is_refused_leaves_the_record_true() -> None:
    run, planned = run_of(replace(BOTH, otherwise=(NAME, PRIORITY)), troubles=[refused(422), None, refused(422)])

    (outcome,) = run.apply(planned).outcomes

    assert (outcome.status, outcome.requests) == (Status.FAILED, 1)
    assert run.recorded("a") == {"name": "B", "priority": "low"}


# ------------------------------------------------------------------------------------ items

TOLD = frozenset({"id", "url"})
"""What an answer tells of a case."""
NOTES = {"first": {"text": "one"}, "second": {"text": "two"}}


def noted(**notes: Any) -> Case:
    return case("a", {"name": "A", "notes": notes, "groups": frozenset({"vip"})})


def silent(planned: Plan) -> Plan:
    """Return a plan whose requests are read back, and whose answers tell of no item."""
    changes = []
    for change in planned.changes:
        kept = (
            replace(each, captures={name: way for name, way in each.captures.items() if name in TOLD})
            for each in change.operations
        )
        changes.append(replace(change, operations=tuple(replace(each, reads_back=True) for each in kept)))
    return replace(planned, changes=tuple(changes))


def test_items_of_a_new_case_are_found_by_reading_it_back() -> None:
    declared = noted(**NOTES)
    run, it, planned = meet(declared, shop=Shop(tells=False))

    assert run.apply(silent(planned)).is_complete
    assert handles(run).keys() == {"notes.first", "notes.second"}
    assert is_settled(run, it, declared)


def test_items_that_come_later_are_found_beside_those_that_say_the_same() -> None:
    twin = {"text": "one"}
    before = record("a", "1", {"name": "A", "notes": {}, "groups": frozenset({"vip"})})
    it = Shop({"1": {"name": "A", "notes": {"7": twin}, "groups": ["vip"]}}, tells=False)
    declared = noted(first=twin)
    run, it, planned = meet(declared, before, shop=it)

    assert run.apply(silent(planned)).is_complete
    assert handles(run) == {"notes.first": "501"}
    assert is_settled(run, it, declared)


def test_an_item_that_is_not_there_afterwards_fails_and_is_not_recorded() -> None:
    def loses(it: Any, write: Any) -> Any:
        answer = it.execute(write)
        it.cases["100"]["notes"].clear()
        return answer

    run, _, planned = meet(noted(first=NOTES["first"]), shop=Shop(tells=False, troubles=[loses]))

    (outcome,) = run.apply(silent(planned)).outcomes

    assert (outcome.status, handles(run)) == (Status.FAILED, {})
    assert str(outcome.message).startswith("it was done, but not as asked: notes.first is still gone")
    assert run.recorded("a") == {"name": "A", "groups": frozenset({"vip"})}
