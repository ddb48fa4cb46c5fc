"""What need not be read again, and what is remembered for the next look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, cast

import httpx
import pytest

from reconciler.engine.clocks import ahead
from reconciler.engine.incremental import LAG, SKEW, Look
from reconciler.engine.tenant import Tenant
from reconciler.model.address import Address
from reconciler.model.change import Reading
from reconciler.model.fields import Field, Kind, Schema
from reconciler.model.move import System
from reconciler.model.record import Record
from reconciler.model.values import Digest
from reconciler.state.seen import Memory

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
A, B, C, D = (Address("soc", name) for name in "abcd")


@dataclass
class Told:
    """A system that tells what has changed."""

    changed: frozenset[str] | None = frozenset()
    ahead: timedelta | None = timedelta()
    asked: list[tuple[frozenset[str], datetime]] = field(default_factory=list)
    schema: ClassVar[Schema] = Schema({"links": Field("links", kind=Kind.SET, links=True)})
    unseen: ClassVar[frozenset[str]] = frozenset({"notes"})

    def changed_since(self, _: object, ids: frozenset[str], moment: datetime) -> frozenset[str] | None:
        self.asked.append((ids, moment))
        return self.changed


def record(address: Address, **recorded: Any) -> Record:
    return Record(address, "toy", f"id-{address.name}", "", recorded, updated_at="2026-01-01")


RECORDS = {
    A: record(A, name="A"),
    B: record(B, tags=frozenset({"x", "y"})),
    C: record(C),
    D: record(D),
}


def look(
    told: Told,
    memory: Memory | None = None,
    *,
    records: Mapping[Address, Record] | None = None,
    began: datetime = NOON,
) -> Look:
    tenant = cast(Tenant, _Tenant(told, told))
    systems = {"soc": System("toy", "https://toy.example")}
    return Look(RECORDS if records is None else records, {}, systems, {"soc": tenant}, memory or {}, began)


@dataclass
class _Tenant:
    provider: Told
    channel: Told


def unread(looking: Look, within: timedelta | None = DAY) -> set[str]:
    return {address.name for address in looking.unread(within, lambda _: None)}


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def memory(told: Told) -> Memory:
    return look(told, began=NOON - timedelta(hours=1)).remembered(frozenset(), {D})


def test_the_clean_are_asked_about_in_one_go_and_the_drifted_are_read(told: Told, memory: Memory) -> None:
    told.changed = frozenset({"id-b", "id-of-others"})

    assert unread(look(told, memory)) == {"a", "c"}
    assert told.asked == [(frozenset({"id-a", "id-b", "id-c"}), NOON - timedelta(hours=1) - LAG)]


@pytest.mark.parametrize(("ahead", "since"), [(timedelta(hours=-2), -2), (timedelta(hours=3), 3), (None, -1)])
def test_the_moment_is_by_the_clock_of_the_system(told: Told, ahead: timedelta | None, since: int) -> None:
    told.ahead = ahead

    assert look(told).remembered(frozenset(), set())["soc"].since == NOON - LAG + timedelta(hours=since)
    assert (timedelta(minutes=5), timedelta(hours=1)) == (LAG, SKEW)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "7"},
        {"type": "tiles"},
        {"recorded": {"tags": frozenset({"x"})}},
        {"recorded": {"tags": frozenset({"x", "y"}), "name": Digest("sha256:1")}},
        {"handles": {"notes.a": "1"}},
        {"updated_at": "2026-01-02"},
    ],
)
def test_a_case_that_is_recorded_otherwise_is_read(told: Told, memory: Memory, changed: Any) -> None:
    records = {**RECORDS, B: replace(RECORDS[B], **changed)}

    assert unread(look(told, memory, records=records)) == {"a", "c"}


def test_nothing_is_asked_where_all_is_read_anyway(told: Told, memory: Memory) -> None:
    assert unread(look(told, memory), None) == set()
    assert unread(look(told)) == set()
    assert unread(look(told, memory), timedelta(minutes=59)) == set()
    assert unread(look(told, memory, records={D: RECORDS[D]})) == set()
    assert told.asked == []


def test_a_chain_of_links_is_read_whole(told: Told) -> None:
    records = {
        A: record(A, links=frozenset({"id-b"})),
        B: record(B),
        C: record(C, links=frozenset({"id-b", "id-of-others"})),
        D: record(D, links=frozenset({"id-of-nobody"})),
    }
    memory = look(told, records=records).remembered(frozenset(), set())

    told.changed = frozenset({"id-a"})

    assert unread(look(told, memory, records=records)) == {"d"}


def test_what_is_remembered_rolls_on_and_the_last_complete_read_stays(told: Told, memory: Memory) -> None:
    looking = look(told, memory)

    following = looking.remembered({A, C}, {B})["soc"]

    assert following.complete == memory["soc"].complete
    assert following.since == NOON - LAG
    assert following.clean.keys() == {"soc.a", "soc.c", "soc.d"}
    assert looking.remembered(frozenset(), set())["soc"].complete == NOON


def test_the_reading_names_what_may_have_changed_unseen(told: Told) -> None:
    records = {A: record(A, name="A", notes={}), B: record(B, notes={})}
    memory = look(told, records=records, began=NOON - DAY / 2).remembered(frozenset(), set())
    looking = look(told, memory, records=records)

    assert looking.reading({A}) == Reading(NOON - DAY / 2, 1, ("notes",))
    assert looking.reading(frozenset()) == Reading(NOON)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Sun, 01 Mar 2026 12:00:05 GMT", timedelta(seconds=5)),
        ("Sun, 01 Mar 2026 11:00:00 -0000", timedelta(hours=-1)),
        ("soon", None),
        ("", None),
    ],
)
def test_an_answer_tells_the_time(date: str, expected: timedelta | None) -> None:
    assert ahead(httpx.Response(200, headers={"date": date}), NOON) == expected
    assert ahead(httpx.Response(200), NOON) is None
