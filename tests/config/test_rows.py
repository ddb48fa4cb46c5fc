"""The cases of one file as JSON, and back: the very same values or none at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config import rows
from reconciler.config.declared import Linked
from reconciler.config.nodes import COLUMN_BITS, Plain
from reconciler.config.shared import Shared
from reconciler.config.whereabouts import CaseFile, Whereabouts
from reconciler.errors import Location
from reconciler.model.address import Address
from reconciler.model.case import Case, Lifecycle, OnRemove
from reconciler.model.fields import Ownership
from reconciler.model.values import Digest, Entry, Marker, Ref, Secret, Template, Value
from tests.config.kept import exact

FILE = CaseFile("cases/a.yaml", "digest", lambda path: b"")
TYPES = {"soc": "toy", "other": "toy"}


def linked(attributes: dict[str, Value], name: str = "one", **more: Any) -> Linked:
    source = Whereabouts(FILE, name, 3 << COLUMN_BITS | 2)
    return Linked(Case(Address("soc", name), "toy", attributes, source, **more), ())


def there_and_back(*cases: Linked) -> list[Linked] | None:
    made = rows.encoded(cases, TYPES)
    return None if made is None else rows.decoded(made, FILE, TYPES, Shared())


simple = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=6)
)
references = st.builds(Ref, st.text(max_size=3), st.text(max_size=3))
hashable = st.recursive(
    simple | references,
    lambda inner: st.frozensets(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=4,
)
values = st.recursive(
    hashable,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(simple, inner, max_size=3)
        | st.builds(Entry, st.text(max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=2))
    ),
    max_leaves=6,
)
entries = st.frozensets(st.builds(Entry, st.text(max_size=3), st.just({"type": "x"})), max_size=2)


@given(st.lists(st.dictionaries(st.text(max_size=4), values | entries, max_size=4), max_size=4))
def test_values_come_back_as_they_are(attributes: list[dict[str, Value]]) -> None:
    cases = [linked(each, f"c{number}") for number, each in enumerate(attributes)]

    made = there_and_back(*cases)

    assert made is not None
    assert [exact(dict(each.case.attributes)) for each in made] == [exact(each) for each in attributes]


@pytest.mark.parametrize(
    "more",
    [
        {"lifecycle": Lifecycle(OnRemove.CLOSE, prevent_delete=True, ignore_changes=("tags",))},
        {"ownership": {"tags": Ownership.SHARED}},
        {"adopt": "42", "take_over": True},
    ],
)
def test_meta_arguments_come_back(more: dict[str, Any]) -> None:
    cases = linked({"name": "a"}), linked({"name": "b"}, **more)

    made = there_and_back(*cases)

    assert made == list(cases)
    assert made is not None
    assert type(made[1].case.lifecycle.on_remove) is OnRemove
    assert all(type(owner) is Ownership for owner in made[1].case.ownership.values())


def test_names_of_others_come_back_with_their_places() -> None:
    case = linked({}).case
    first = Linked(case, [("b", Location(FILE.path, 7, 3))], [("c", Location(FILE.path, 1, 1))])

    assert there_and_back(first) == [first]


@pytest.mark.parametrize(
    "value",
    [
        Secret("canary"),
        Digest("sha256:0"),
        Template(("a", Ref("b", "id"))),
        Marker("l", "a.b", 1),
        Plain("42"),
        "\ud800",
        float("nan"),
        10**5000,
        b"bytes",
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_cannot_say_is_not_kept(value: Value) -> None:
    for where in (value, frozenset({value}), {"k": value}, {"k": {"l": [value]}}):
        assert rows.encoded([linked({"name": where})], TYPES) is None


def test_a_case_of_a_foreign_instance_is_not_kept() -> None:
    assert rows.encoded([linked({})], {"other": "toy"}) is None


def test_a_case_that_is_to_be_found_is_not_kept() -> None:
    assert rows.encoded([linked({}, find={"name": "a"})], TYPES) is None


GOOD = rows.encoded([linked({"name": "a", "tags": frozenset({"x"}), "people": frozenset({1})})], TYPES)


@pytest.mark.parametrize(
    "change",
    [
        {"rows": [["one"]]},
        {"rows": None},
        {"rows": [["one", 1, 0, 0, None, "a", 7, ["set", [1]]]]},
        {"rows": [["one", 1, 0, 0, None, "a", 0, ["Secret", "x"]]]},
        {"rows": [["one", 1, 0, 0, None, "a"]]},
        {"rows": [["one", 1, 0, 0, [1], "a", 0, ["set", [1]]]]},
        {"rows": [["one", 1, 9, 0, None, "a", 0, ["set", [1]]]]},
        {"manners": [["unheard-of", ["release", False, []], {}]]},
        {"manners": [["soc", ["explode", False, []], {}]]},
        {"manners": [["soc", ["release", False, []], {"tags": "nobody"}]]},
        {"shapes": []},
        {"sets": []},
    ],
)
def test_what_was_not_written_so_is_not_read(change: dict[str, Any]) -> None:
    assert GOOD is not None
    assert rows.decoded(GOOD, FILE, TYPES, Shared()) is not None
    altered = json.dumps({**json.loads(GOOD), **change}).encode()

    assert rows.decoded(altered, FILE, TYPES, Shared()) is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"rows": 1}'])
def test_what_is_no_json_of_ours_is_not_read(data: bytes) -> None:
    assert rows.decoded(data, FILE, TYPES, Shared()) is None


def test_equal_texts_and_sets_are_one_object() -> None:
    cases = [json.loads('{"tags": ["phishing", "q4"], "status": "open"}') for _ in range(2)]
    shared = Shared()

    first, second = (shared.all_of({**each, "tags": frozenset(each["tags"])}) for each in cases)

    assert first["tags"] is second["tags"]
    assert first["status"] is second["status"]


def test_what_is_equal_to_python_only_stays_apart() -> None:
    shared = Shared()
    sets = [frozenset({1}), frozenset({True}), frozenset({1.0}), frozenset({Plain("a")}), frozenset({"a"})]

    assert [exact(shared.value(each)) for each in sets] == [exact(each) for each in sets]
