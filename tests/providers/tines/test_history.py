"""Who changed a drifted field: the latest entry of its kind in the timeline of the case."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.errors import ProtocolError
from reconciler.model.address import Address
from reconciler.model.change import Drift, DriftedField, Edit
from tests.providers.tines.tenant import Tenant

A = Address("soc", "a")
JANE, LIN = "jane@acme.example", "lin@acme.example"


def drift(id: int | None, *paths: tuple[str, ...], address: Address = A) -> Drift:
    fields = tuple(DriftedField(path, "x", "y") for path in paths)
    return Drift(address, fields, id=None if id is None else str(id))


def by(tenant: Tenant, *drifts: Drift) -> dict[str, dict[str, str | None]]:
    found = tenant.provider.history(tenant.api, drifts)
    return {
        str(address): {".".join(path): edit.by for path, edit in edits.items()} for address, edits in found.items()
    }


def test_the_latest_of_its_kind_is_told() -> None:
    tenant = Tenant()
    (id,) = tenant.seed(1)
    tenant.emulator.edit(id, by=LIN, priority="HIGH")
    tenant.emulator.edit(id, by=JANE, priority="MEDIUM")
    tenant.emulator.edit(id, by=LIN, description="Other", name="Other", metadata={"a": "b"})

    found = by(tenant, drift(id, ("priority",), ("description",), ("name",), ("metadata", "a")))

    assert found == {"soc.a": {"priority": JANE, "description": LIN, "metadata.a": LIN}}
    assert len([path for path in tenant.asked if "/activities?" in path]) == 1
    (edit,) = tenant.provider.history(tenant.api, [drift(id, ("priority",))])[A].values()
    assert edit.at is not None
    assert edit.at.endswith("Z")


def test_both_ends_of_a_long_timeline_are_read_and_no_more() -> None:
    tenant = Tenant(sub_lists_per_page_max=2)
    (id,) = tenant.seed(1)
    for number in range(11):
        tenant.emulator.edit(id, by=LIN, description=f"Text {number}")
    tenant.emulator.edit(id, by=JANE, description="Last")

    assert by(tenant, drift(id, ("description",))) == {"soc.a": {"description": JANE}}
    assert len(tenant.asked) == 2


def test_nothing_is_asked_where_no_log_would_tell() -> None:
    old = Tenant(api_version="v1")
    tenant = Tenant()
    (id,) = tenant.seed(1)

    assert by(tenant, drift(id, ("name",), ("notes", "a", "title"), ("tasks", "a", "description"))) == {}
    assert by(tenant, drift(None, ("priority",))) == {}
    assert by(old, drift(id, ("priority",))) == {}
    assert tenant.asked == old.asked == []


def test_a_task_is_ticked_by_somebody() -> None:
    tenant = Tenant()
    (id,) = tenant.seed(1)
    task = tenant.emulator.add_task(id, "Call")
    tenant.emulator.edit_task(task, by=JANE, completed=True)

    assert by(tenant, drift(id, ("tasks", "t", "completed"))) == {"soc.a": {"tasks.t.completed": JANE}}


def test_a_case_that_is_gone_by_now_is_left_out() -> None:
    tenant = Tenant()
    (id,) = tenant.seed(1)
    tenant.emulator.edit(id, by=JANE, priority="HIGH")

    gone = drift(999_999, ("priority",), address=Address("soc", "gone"))

    assert by(tenant, gone, drift(id, ("priority",))) == {"soc.a": {"priority": JANE}}


@pytest.mark.parametrize(
    ("entry", "edit"),
    [
        ({"user": None, "created_at": None}, Edit(None, None)),
        ({"user": {"email": "", "first_name": "Ada", "last_name": "L"}, "created_at": 5}, Edit("Ada L", None)),
        ({"user": "ada"}, Edit(None, None)),
        ({"id": "x", "user": {"email": JANE}, "created_at": "2026"}, Edit(JANE, "2026")),
    ],
)
def test_what_the_log_does_not_say_is_not_known(entry: dict[str, Any], edit: Edit) -> None:
    shown = {"activity_type": "SEVERITY_UPDATED", **entry}
    tenant = Tenant(twist=lambda _, answer: {**answer, "activities": ["odd", shown]})
    (id,) = tenant.seed(1)

    assert tenant.provider.history(tenant.api, [drift(id, ("priority",))]) == {A: {("priority",): edit}}


def test_a_log_of_another_shape_is_an_error() -> None:
    tenant = Tenant(twist=lambda *_: {"activities": "none"})
    (id,) = tenant.seed(1)

    with pytest.raises(ProtocolError):
        by(tenant, drift(id, ("priority",)))
