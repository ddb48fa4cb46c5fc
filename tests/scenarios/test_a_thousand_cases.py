"""Reading is minimal: a thousand cases take hardly more requests than they have pages, whoever else is there."""

from __future__ import annotations

from math import ceil
from pathlib import Path

import pytest

from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator, TinesSwitches
from reconciler.testing.harness import Harness

CASES = 1000
PARALLEL = 8


@pytest.mark.parametrize("foreign", [0, 3000], ids=["alone", "among 3000 others"])
@pytest.mark.parametrize("per_page", [50, 500])
def test_a_plan_of_a_thousand_cases_takes_about_a_request_a_page(
    tmp_path: Path, per_page: int, foreign: int
) -> None:
    tenant = TinesEmulator(switches=TinesSwitches(per_page_max=per_page))
    harness = workspace(tmp_path, tenant)
    ids = seed(tenant, foreign)
    harness.declare(
        **{
            f"case-{id}": {"import": str(id), "name": f"Case {id}", "priority": "low", "tags": ["ours"]}
            for id in ids
        }
    )
    harness.apply()
    assert harness.writes == []
    assert len(harness.state.records) == CASES
    harness.forget_requests()

    plan = harness.plan()

    assert plan.is_empty
    assert plan.unchanged == CASES
    assert len(harness.emulator.requests) <= ceil(CASES / per_page) + 5


def test_one_edit_among_a_thousand_is_seen_and_costs_one_write(tmp_path: Path) -> None:
    tenant = TinesEmulator()
    harness = workspace(tmp_path, tenant)
    ids = seed(tenant, 0)
    cases = {f"case-{id}": {"import": str(id), "name": f"Case {id}"} for id in ids}
    harness.declare(**cases)
    harness.apply()
    tenant.edit(ids[700], name="Theirs")
    harness.forget_requests()

    assert [drift.id for drift in harness.drift().drift] == [str(ids[700])]
    harness.apply()

    assert harness.writes == [("PUT", f"/api/v2/cases/{ids[700]}", {"name": f"Case {ids[700]}"})]
    assert harness.plan().is_empty


def workspace(folder: Path, tenant: TinesEmulator) -> Harness:
    settings = {"type": "tines", "url": "https://acme.tines.com", "token": "${env.TOKEN}", "team_id": 2}
    return Harness(folder, tenant, settings=settings, env={"TOKEN": DEFAULT_TOKEN}, parallelism=PARALLEL)


def seed(tenant: TinesEmulator, foreign: int) -> list[int]:
    """Put a thousand cases there, with others among them, and give their ids."""
    ids = []
    for _ in range(CASES):
        number = tenant.seed_case(tags=["ours"])
        tenant.edit(number, name=f"Case {number}")
        ids.append(number)
        for _ in range(foreign // CASES):
            tenant.seed_case(name="Theirs")
    return ids
