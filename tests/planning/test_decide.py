from __future__ import annotations

from itertools import product

import pytest

from reconciler.model.case import Case, Lifecycle, Live, OnRemove
from reconciler.model.change import Action
from reconciler.model.record import Record
from reconciler.planning.decide import decide
from tests.planning.worlds import case, live, record

DESIRED = {"-": None, "yes": case("a", {}), "yes + import": case("a", {}, adopt="42")}
RECORDED = {
    "-": None,
    **{kind.value: record("a", "42", {}, lifecycle=Lifecycle(kind, prevent_delete=True)) for kind in OnRemove},
}
LIVE = {"-": None, "yes": live("42", {})}

CREATE, UPDATE, DELETE = Action.CREATE, Action.UPDATE, Action.DELETE
RELEASE, IMPORT, NO_OP = Action.RELEASE, Action.IMPORT, Action.NO_OP

TABLE = {
    # desired, recorded, live: action if it is equal, action if it differs
    ("yes", "-", "-"): (CREATE, CREATE),
    ("yes", "-", "yes"): (IMPORT, IMPORT),
    ("yes", "any", "-"): (CREATE, CREATE),
    ("yes", "any", "yes"): (NO_OP, UPDATE),
    ("-", "release", "yes"): (RELEASE, RELEASE),
    ("-", "close", "yes"): (RELEASE, RELEASE),
    ("-", "delete", "yes"): (DELETE, DELETE),
    ("-", "any", "-"): (RELEASE, RELEASE),
}


def expected(desired: str, recorded: str, live: str) -> tuple[Action, Action]:
    wanted = "yes" if desired.startswith("yes") else "-"
    exact = TABLE.get((wanted, recorded, live))
    return exact or TABLE[(wanted, "any", live)]


@pytest.mark.parametrize(
    ("desired", "recorded", "live"),
    [combination for combination in product(DESIRED, RECORDED, LIVE) if combination[:2] != ("-", "-")],
)
def test_every_combination_has_its_action(desired: str, recorded: str, live: str) -> None:
    sides: tuple[Case | None, Record | None, Live | None] = (DESIRED[desired], RECORDED[recorded], LIVE[live])

    decided = tuple(decide(*sides, differs=differs) for differs in (False, True))

    assert decided == expected(desired, recorded, live)
