from __future__ import annotations

import pytest

from reconciler.errors import LimitExceeded
from reconciler.model.change import Action, Change
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.planning.limits import Allowed, Limits
from tests.planning.worlds import address

CREATE, UPDATE, DELETE, RELEASE, IMPORT = (
    Action.CREATE,
    Action.UPDATE,
    Action.DELETE,
    Action.RELEASE,
    Action.IMPORT,
)
CLOSE = (Operation("PUT", "/cases/1", {"status": "closed"}, "close"),)

FIFTY = "but max_changed_percent is 50"


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
        (
            Limits(max_deletes=1),
            plan(3, DELETE, DELETE),
            ("2 to delete, but max_deletes is 1 (--max-deletes 2 allows it)",),
        ),
        (Limits(max_deletes=0), plan(3, RELEASE, UPDATE, CREATE), ()),
        (
            Limits(max_deletes=0),
            plan(3, DELETE),
            ("1 to delete, but max_deletes is 0 (--max-deletes 1 allows it)",),
        ),
        (Limits(max_changed_percent=50), plan(9, *[UPDATE] * 9), ()),
        (Limits(max_changed_percent=50), plan(10, *[UPDATE] * 5), ()),
        (
            Limits(max_changed_percent=50),
            plan(10, *[UPDATE] * 3, *[DELETE] * 3),
            (f"6 of 10 recorded cases (60 %) would change, {FIFTY} (--max-changed-percent 60 allows it)",),
        ),
        (Limits(max_changed_percent=0), plan(10, *[CREATE, IMPORT, RELEASE] * 9), ()),
        (
            Limits(max_changed_percent=50),
            plan(10, *[RELEASE] * 6, operations=CLOSE),
            (f"6 of 10 recorded cases (60 %) would change, {FIFTY} (--max-changed-percent 60 allows it)",),
        ),
        (
            Limits(max_deletes=5, max_changed_percent=50),
            plan(10, *[DELETE] * 10),
            (
                "10 to delete, but max_deletes is 5 (--max-deletes 10 allows it)",
                f"10 of 10 recorded cases (100 %) would change, {FIFTY} (--max-changed-percent 100 allows it)",
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
    assert all(sentence.partition(" (--")[0] in str(caught.value) for sentence in sentences)
    assert "nothing was sent" in str(caught.value.hint)


def test_a_refusal_names_the_numbers_that_would_allow_the_plan() -> None:
    made = plan(30, *[DELETE] * 11)

    with pytest.raises(LimitExceeded) as caught:
        Limits(max_deletes=0, max_changed_percent=36).enforce(made)

    assert caught.value.message == (
        "the plan goes beyond the limits of this workspace: 11 to delete, but max_deletes is 0; "
        "11 of 30 recorded cases (37 %) would change, but max_changed_percent is 36"
    )
    assert caught.value.hint == (
        "nothing was sent; if this is meant, allow it once with --max-deletes 11 --max-changed-percent 37, "
        "or for good with `limits: {max_deletes: 11, max_changed_percent: 37}` in reconciler.yaml"
    )
    Limits(max_deletes=11, max_changed_percent=37).enforce(made)


@pytest.mark.parametrize(
    ("allowed", "limits"),
    [
        (Allowed(), Limits(3, 50)),
        (Allowed(max_deletes=0), Limits(0, 50)),
        (Allowed(max_deletes=12, max_changed_percent=100), Limits(12, 100)),
        (Allowed(empty=True), Limits(3, 50)),
    ],
)
def test_what_is_allowed_for_one_run_stands_over_the_limits(allowed: Allowed, limits: Limits) -> None:
    assert allowed.over(Limits(3, 50)) == limits
