from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.errors import Location, StateError
from reconciler.model import window
from reconciler.model.address import Address
from reconciler.model.case import Case
from reconciler.model.record import Record, State
from reconciler.model.values import Secret
from reconciler.state import codec, encode, reading

from .support import ADVERSARY, FULL, SCHEMAS, record, state


class Nowhere:
    def at(self, path: tuple[str, ...] = ()) -> Location:
        raise AssertionError(path)


def declared(name: str, attributes: Mapping[str, Any]) -> Case:
    return Case(Address("soc", name), "tines", attributes, Nowhere())


def read(content: bytes, *cases: Case) -> State:
    beside = {case.address: case for case in cases}
    return reading.read(io.BytesIO(content), SCHEMAS, source="a.json", hint=str, beside=beside)


def whole(content: bytes) -> State:
    return codec.decode_whole(content, SCHEMAS, source="a.json", hint=None)


def outcome(attempt: Callable[[], State]) -> State | str:
    try:
        return attempt()
    except StateError as error:
        return error.message


PLAIN = replace(record("plain"), updated_at="2026-01-01T00:00:00Z")
CALLED = replace(PLAIN, address=Address("soc", "called"), handles={"notes.first": "17", "assignee.ana": "#4"})
OTHERS = (FULL, replace(FULL, address=Address("soc", "b"), url="é"), record("c", priority=None, metadata={"a": 1}))
CONTENT = encode(state(PLAIN, CALLED, *OTHERS))

NORMAL: dict[str, Any] = {
    "name": "a",
    "priority": "high",
    "tags": frozenset({"x", "y"}),
    "metadata": {"region": "emea"},
    "assignee": {"user": "jane"},
    "groups": frozenset({ADVERSARY}),
}
LIKE: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["a", "b", None]) | st.just(Secret("a")),
    "priority": st.sampled_from(["high", "low"]),
    "tags": st.frozensets(st.sampled_from(["x", "y"])),
    "metadata": st.dictionaries(st.sampled_from(["region", "key"]), st.sampled_from(["emea", 1, True, 1.0])),
    "assignee": st.sampled_from(["a", {"user": "jane"}]),
    "opened_at": st.just("2026-01-01T00:00:00Z"),
}


@given(st.integers(0, len(CONTENT) - 1), st.binary(max_size=3), st.integers(0, 3))
@example(0, b"\xff", 0)
def test_case_by_case_is_read_what_the_whole_says_or_refused_alike(at: int, instead: bytes, cut: int) -> None:
    content = CONTENT[:at] + instead + CONTENT[at + cut :]

    assert outcome(lambda: read(content, declared("plain", PLAIN.recorded))) == outcome(lambda: whole(content))


@pytest.mark.parametrize("size", [1, 30, 10_000])
def test_a_state_is_read_however_it_is_cut(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "SIZE", size)

    assert read(CONTENT) == state(PLAIN, CALLED, *OTHERS)


@given(st.fixed_dictionaries({}, optional=LIKE), st.fixed_dictionaries({}, optional=LIKE))
def test_what_is_declared_changes_nothing_of_what_is_recorded(
    mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    recorded = {name: value for name, value in mine.items() if not isinstance(value, Secret)}
    content = encode(state(Record(Address("soc", "a"), "tines", "1", "", recorded)))

    found = read(content, declared("a", theirs))

    assert encode(found) == content  # to the type: `true` and 1 are equal
    assert found == whole(content)


def test_what_is_recorded_as_declared_is_in_memory_once() -> None:
    case = declared("a", NORMAL | {"groups": frozenset({"12"})})
    tags = frozenset({"x", "y"})
    other = declared("b", {"tags": tags, "name": "declared"})
    same = Record(case.address, "tines", "1", "", {**case.attributes})
    partly = Record(other.address, "tines", "2", "", {"tags": frozenset({"y", "x"}), "name": "recorded"})
    plain = Record(Address("soc", "c"), "tines", "3", "", {"name": "c", "metadata": {"region": "emea"}})
    alike = declared("c", {"name": "c", "metadata": {"region": "emea"}})

    records = read(encode(state(same, partly, plain)), case, other, alike).records

    assert records == {each.address: each for each in (same, partly, plain)}
    assert records[other.address].recorded["tags"] is tags
    assert records[alike.address].recorded is alike.attributes
    assert records[alike.address].address is alike.address


def test_what_is_declared_for_another_system_is_no_normal_form_of_this_one() -> None:
    content = encode(state(record("a", priority="HIGH")))
    other = Case(Address("soc", "a"), "other", {"priority": "HIGH"}, Nowhere())

    assert read(content, other).records[other.address].recorded == {"priority": "high"}


def test_a_case_that_stands_twice_is_refused() -> None:
    data = json.dumps(json.loads(encode(state(PLAIN)))["cases"]["soc.plain"])
    content = CONTENT.replace(b'"cases": {', b'"cases": {"soc.plain": ' + data.encode() + b",", 1)

    with pytest.raises(StateError, match=r"the key 'soc\.plain' stands there twice"):
        read(content)
