"""Which cases were changed lately, asked of the list by the time of update."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.errors import Refused
from reconciler.providers.emulation import Fault, FaultKind, Match
from reconciler.providers.tines.emulator import SWITCH_SETTINGS, TinesEmulator, TinesSwitches
from reconciler.testing.mixing import mixed
from tests.providers.tines.tenant import ORIGIN, Tenant

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
IGNORED = frozenset({"updated_at_start_date"})
SETTINGS = {
    **{name: switches for name, (switches, _) in mixed(SWITCH_SETTINGS).items()},
    "filter ignored": TinesSwitches(filters_ignored=IGNORED),
    "filter ignored, little shown": TinesSwitches(filters_ignored=IGNORED, list_items_lean=("updated_at",)),
}


class Clocked(Tenant):
    """A tenant whose clock stands where it is put."""

    def __init__(self, switches: TinesSwitches | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.now = NOON
        self.emulator = TinesEmulator(switches=switches or TinesSwitches(), origin=ORIGIN, clock=lambda: self.now)

    def changed(self, ids: list[int], moment: datetime) -> set[int] | None:
        told = self.provider.changed_since(self.api, frozenset(map(str, ids)), moment)
        return None if told is None else set(map(int, told))


@pytest.fixture(params=list(SETTINGS.values()), ids=list(SETTINGS))
def tenant(request: Any) -> Clocked:
    return Clocked(request.param)


def test_what_was_edited_is_told_under_every_setting(tenant: Clocked) -> None:
    ids = tenant.seed(12)
    tenant.now += timedelta(hours=1)
    for id, edit in zip(ids, EDITS, strict=False):
        tenant.emulator.edit(id, **edit)

    told = tenant.changed(ids, tenant.now)

    assert told is not None
    assert told >= set(ids[: len(EDITS)])
    if "updated_at" not in tenant.emulator.switches.list_items_lean:
        assert told == set(ids[: len(EDITS)])


EDITS: list[dict[str, Any]] = [
    {"name": "Another"},
    {"description": "Another"},
    {"priority": "CRITICAL"},
    {"tags": ["new"]},
    {"assignees": ["jane@acme.example"]},
    {"status": "CLOSED"},
    {"opened_at": "2020-01-01T00:00:00Z"},
]


def test_the_moment_itself_is_in_it_to_the_second() -> None:
    tenant = Clocked()
    ids = tenant.seed(2)

    assert tenant.changed(ids, NOON + timedelta(milliseconds=900)) == set(ids)
    assert tenant.changed(ids, NOON + timedelta(seconds=1)) == set()
    assert tenant.changed(ids, NOON.astimezone(tz=None)) == set(ids)


def test_a_case_that_was_moved_to_another_team_has_changed() -> None:
    tenant = Clocked()
    ids = tenant.seed(2)
    tenant.now += timedelta(hours=1)
    tenant.emulator.edit(ids[0], team_id=3)

    assert tenant.changed(ids, tenant.now) == {ids[0]}


def test_ten_thousand_cases_of_which_none_has_changed_take_one_request() -> None:
    tenant = Clocked()
    ids = tenant.seed(10_000)

    assert tenant.changed(ids, NOON + timedelta(hours=1)) == set()
    assert len(tenant.asked) == 1


def test_every_page_is_followed_and_others_are_left_out() -> None:
    tenant = Clocked(TinesSwitches(per_page_max=5))
    ids = tenant.seed(23)

    assert tenant.changed(ids[1:], NOON) == set(ids[1:])
    assert len(tenant.asked) == 5


def test_a_list_that_is_longer_than_what_reads_all_of_ours_is_not_gone_through() -> None:
    tenant = Clocked(TinesSwitches(per_page_max=5))
    ids = tenant.seed(23)

    assert tenant.changed(ids[:7], NOON + timedelta(hours=1)) == set()
    tenant.asked.clear()

    assert tenant.changed(ids[:7], NOON) == set(ids[:7])
    assert len(tenant.asked) == 1


def test_a_list_that_cannot_be_asked_so_cannot_tell() -> None:
    tenant = Clocked()
    tenant.emulator.faults.add(Fault(FaultKind.SERVER_ERROR, Match(), times=None, status=422))

    assert tenant.changed([1, 2], NOON) is None


def test_another_refusal_is_an_error() -> None:
    tenant = Clocked()
    tenant.emulator.faults.add(Fault(FaultKind.SERVER_ERROR, Match(), times=None, status=403))

    with pytest.raises(Refused, match="403"):
        tenant.changed([1, 2], NOON)


def test_v1_cannot_tell() -> None:
    assert Clocked(api_version="v1").changed([1], NOON) is None
