from __future__ import annotations

import pytest

from reconciler.model.change import Action, Change
from reconciler.planning.order import predecessors
from tests.planning.worlds import address

A, B, C = "abc"


def change(name: str, action: Action, *needs: str) -> Change:
    return Change(address(name), "toy", action, depends_on=tuple(address(other) for other in needs))


def order(*changes: Change) -> dict[str, set[str]]:
    return {each.name: {other.name for other in others} for each, others in predecessors(changes).items()}


@pytest.mark.parametrize("needed", [Action.CREATE, Action.UPDATE, Action.IMPORT, Action.RELEASE])
@pytest.mark.parametrize("needing", [Action.CREATE, Action.UPDATE, Action.IMPORT, Action.RELEASE])
def test_a_change_comes_after_what_it_depends_on(needing: Action, needed: Action) -> None:
    assert order(change(A, needing, B), change(B, needed)) == {A: {B}, B: set()}


def test_a_delete_comes_before_what_it_depended_on() -> None:
    assert order(change(A, Action.DELETE, B), change(B, Action.DELETE, C), change(C, Action.UPDATE)) == {
        A: set(),
        B: {A},
        C: {B},
    }


def test_nothing_waits_for_the_delete_of_what_it_leaves_behind() -> None:
    assert order(change(A, Action.RELEASE, B), change(B, Action.DELETE)) == {A: set(), B: set()}


def test_what_does_not_change_is_not_waited_for() -> None:
    assert order(change(A, Action.CREATE, B, C), change(C, Action.CREATE)) == {A: {C}, C: set()}


def test_independent_changes_wait_for_nothing() -> None:
    assert order(change(A, Action.CREATE), change(B, Action.DELETE)) == {A: set(), B: set()}
    assert order() == {}
