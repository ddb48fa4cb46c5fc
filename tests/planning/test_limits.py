from __future__ import annotations

import pytest

from reconciler.errors import LimitExceeded
from reconciler.model.change import Action, Change
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.planning.limits import Limits
from tests.planning.worlds import address

CREATE, UPDATE, DELETE, RELEASE, IMPORT = (
    Action.CREATE,
    Action.UPDATE,
    Action.DELETE,
    Action.RELEASE,
    Action.IMPORT,
)
CLOSE = (Operation("PUT", "/cases/1", {"status": "closed"}, "close"),)


def plan(recorded: int, *actions: Action, operations: tuple[Operation, ...] = ()) -> Plan:
    changes = tuple(
        Change(address(f"c{number}"), "toy", action, operations=operations)
        for number, action in enumerate(actions)
    )
    return Plan("acme", "L", 1, "", changes, recorded=recorded)


@pytest.mark.parametrize(
    ("limits", "made", "sentences"),
    [
        (Limits(), plan(100, *[DELETE] * 100), ()),
        (Limits(max_deletes=1), plan(3, DELETE), ()),
        (Limits(max_deletes=1), plan(3, DELETE, DELETE), ("2 to delete, but limits.max_deletes is 1",)),
        (Limits(max_deletes=0), plan(3, RELEASE, UPDATE, CREATE), ()),
        (Limits(max_deletes=0), plan(3, DELETE), ("1 to delete, but limits.max_deletes is 0",)),
        (Limits(max_changed_percent=50), plan(9, *[UPDATE] * 9), ()),
        (Limits(max_changed_percent=50), plan(10, *[UPDATE] * 5), ()),
        (
            Limits(max_changed_percent=50),
            plan(10, *[UPDATE] * 3, *[DELETE] * 3),
            ("6 of 10 recorded cases (60 %) would change, but limits.max_changed_percent is 50",),
        ),
        (Limits(max_changed_percent=0), plan(10, *[CREATE, IMPORT, RELEASE] * 9), ()),
        (
            Limits(max_changed_percent=50),
            plan(10, *[RELEASE] * 6, operations=CLOSE),
            ("6 of 10 recorded cases (60 %) would change, but limits.max_changed_percent is 50",),
        ),
        (
            Limits(max_deletes=5, max_changed_percent=50),
            plan(10, *[DELETE] * 10),
            (
                "10 to delete, but limits.max_deletes is 5",
                "10 of 10 recorded cases (100 %) would change, but limits.max_changed_percent is 50",
            ),
        ),
    ],
)
def test_a_plan_beyond_a_limit_is_told_and_refused(limits: Limits, made: Plan, sentences: tuple[str, ...]) -> None:
    assert limits.exceeded(made) == sentences
    if not sentences:
        limits.enforce(made)
        return
    with pytest.raises(LimitExceeded, match="beyond the limits") as caught:
        limits.enforce(made)
    assert all(sentence in str(caught.value) for sentence in sentences)
    assert "nothing was sent" in str(caught.value.hint)
