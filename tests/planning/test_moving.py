from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.errors import ConfigError, Location
from reconciler.model.address import Address
from reconciler.model.move import Move, System
from reconciler.model.record import Record, State
from reconciler.planning.moving import moved, pending

A, B, C = (Address("soc", name) for name in "abc")
SYSTEMS = {"soc": System("toy", "https://toy"), "other": System("toy", "https://other")}
PLACE = Location("cases/a.yaml", 3, 5)


def record(address: Address, id: str, *after: Address) -> Record:
    return Record(address, "toy", id, f"https://toy/{id}", {"name": id}, depends_on=after)


def state(*records: Record) -> State:
    return State("lineage", 7, {each.address: each for each in records})


def test_a_record_is_the_same_under_another_address_and_so_is_the_serial() -> None:
    before = state(record(A, "1"), record(B, "2", A))

    assert moved(before, [Move(A, C)]) == state(record(C, "1"), record(B, "2", C))
    assert moved(before, []) is before


def test_two_cases_may_follow_each_other() -> None:
    before = state(record(A, "1"), record(B, "2"))

    assert moved(before, [Move(A, B), Move(B, C)]) == state(record(B, "1"), record(C, "2"))


def test_what_is_not_recorded_under_the_old_address_is_no_move() -> None:
    assert pending([Move(A, B, PLACE)], state(record(B, "1")), SYSTEMS) == ()
    assert pending([Move(A, B, PLACE)], state(), SYSTEMS) == ()


def test_a_case_that_is_recorded_under_both_addresses_is_there() -> None:
    """An older state was put back, and the journal of an interrupted apply knows the case by its new address."""
    both = state(record(A, "1"), replace(record(B, "1"), recorded={"name": "newer"}))

    (move,) = pending([Move(A, B, PLACE)], both, SYSTEMS)

    assert moved(both, [move]) == state(replace(record(B, "1"), recorded={"name": "newer"}))


@pytest.mark.parametrize(
    ("moves", "records", "said"),
    [
        (
            [Move(A, B, PLACE)],
            [record(A, "1"), record(B, "2")],
            "soc.a cannot become soc.b: soc.b is recorded already",
        ),
        (
            [Move(A, C, PLACE), Move(B, C, PLACE)],
            [record(A, "1"), record(B, "2")],
            "soc.b cannot become soc.c: soc.a becomes that too",
        ),
        (
            [Move(A, Address("other", "a"), PLACE)],
            [record(A, "1")],
            "soc.a cannot become other.a: other is another system, at https://other",
        ),
        (
            [Move(A, B, PLACE)],
            [replace(record(A, "1"), type="desk")],
            "soc.a cannot become soc.b: it is a case of desk, and soc is toy",
        ),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_written(
    moves: list[Move], records: list[Record], said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        pending(moves, state(*records), SYSTEMS)

    (problem,) = caught.value.problems
    assert problem.location == PLACE
    assert problem.message.startswith(said)
