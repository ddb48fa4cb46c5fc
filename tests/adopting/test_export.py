"""From a live tenant to a workspace that plans to no changes: what is exported is imported, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.adopting.conftest import Desk
from tests.adopting.tenants import Tenant


@pytest.mark.parametrize("everything", [False, True], ids=["as lists show it", "whole"])
def test_a_tenant_is_exported_imported_and_then_there_is_nothing_to_do(
    desk: Desk, make: Callable[[int], Tenant], *, everything: bool
) -> None:
    count = 500
    desk.serve(it=make(count))
    costly = ",".join(sorted(desk_costly(desk))) if everything else ""

    desk.done("export", "it", "--out", "cases/it.yaml", *(["--with", costly] if everything else []))
    assert "cases/" not in desk.run("fmt", "--check").out
    planned = desk.run("plan", "--detailed-exitcode")
    applied = desk.done("apply", "--auto-approve")

    assert planned.code == 2
    assert (
        f"Plan: 0 to create, 0 to update, 0 to delete, 0 to release, {count} to import. 0 requests." in planned.out
    )
    assert f"{count} imported. 0 requests." in applied
    assert desk.writes == []
    assert f"No changes. {count} cases match." in desk.done("plan")


def desk_costly(desk: Desk) -> frozenset[str]:
    """Return the attributes that are not exported unless they are asked for."""
    from reconciler.providers.registry import provider_types

    (tenant,) = desk.tenants.values()
    return provider_types()[tenant.settings["type"]].costly
