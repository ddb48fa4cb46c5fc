from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.fields import (
    CaseInsensitive,
    Clearable,
    Field,
    Items,
    Kind,
    Known,
    Map,
    Numbered,
    Once,
    Schema,
    Set,
    Spelled,
    Timestamp,
)
from reconciler.model.values import Digest, Entry, Ref, Secret

SCHEMA = Schema(
    {
        "name": Field("name"),
        "priority": Field.of("priority", [CaseInsensitive()]),
        "opened_at": Field.of("opened_at", [Timestamp()]),
        "description": Field.of("description", ["a hint for the reader", Clearable("")]),
        "assignees": Field.of("assignees", [Set(fold=str.lower, filled=True)]),
        "tags": Field.of("tags", [Set()]),
        "metadata": Field.of("metadata", [Map()]),
        "owner": Field.of("owner", [Once(), CaseInsensitive()]),
        "groups": Field.of("groups", [Set(key=str.casefold)]),
        "related": Field.of("related", [Set(links=True)]),
        "notes": Field.of("notes", [Items({"text": Field("text"), "at": Field.of("at", [Timestamp()])})]),
    }
)
GROUP = {"type": "Adversary", "name": "X"}


@pytest.mark.parametrize(
    ("name", "value", "normal"),
    [
        ("name", "As It Is", "As It Is"),
        ("name", None, None),
        ("priority", "HIGH", "high"),
        ("priority", "High", "high"),
        ("priority", None, None),
        ("priority", Ref("a", "id"), Ref("a", "id")),
        ("opened_at", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
        ("opened_at", "2026-03-01T10:00:00+00:00", "2026-03-01T10:00:00Z"),
        ("opened_at", "2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00Z"),
        ("opened_at", "2026-03-01T04:30:00-05:30", "2026-03-01T10:00:00Z"),
        ("opened_at", "2026-03-01T10:00:00.999Z", "2026-03-01T10:00:00Z"),
        ("opened_at", "2026-03-01T10:00", "2026-03-01T10:00:00Z"),
        ("opened_at", "2026-03-01", "2026-03-01T00:00:00Z"),
        ("opened_at", "0999-03-01T10:00:00Z", "0999-03-01T10:00:00Z"),
        ("opened_at", "0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00+01:00"),
        ("opened_at", "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59-01:00"),
        ("opened_at", "yesterday", "yesterday"),
        ("opened_at", 1772359200, 1772359200),
        ("opened_at", None, None),
        ("description", None, ""),
        ("description", "", ""),
        ("description", "a\r\nb ", "a\r\nb "),
        ("assignees", ["Jane@ACME.example", "jane@acme.example"], frozenset({"jane@acme.example"})),
        ("assignees", [Secret("J@a")], frozenset({Secret("J@a")})),
        ("assignees", None, frozenset()),
        ("tags", ["b", "a", "b", "A"], frozenset({"a", "b", "A"})),
        ("tags", [Digest("sha256:0")], frozenset({Digest("sha256:0")})),
        ("metadata", {"K": "V"}, {"K": "V"}),
        ("metadata", None, {}),
        ("owner", "SOC", "soc"),
        ("groups", None, frozenset()),
        ("groups", ["VIP", "b"], frozenset({"VIP", "b"})),
        ("groups", ["vip", "VIP", "Vip"], frozenset({"VIP"})),
        ("groups", ["straße", "STRASSE"], frozenset({"STRASSE"})),
        (
            "groups",
            [Digest("sha256:1"), Digest("sha256:2"), Ref("a", "id")],
            frozenset({Digest("sha256:1"), Digest("sha256:2"), Ref("a", "id")}),
        ),
        ("groups", [GROUP, "adversary: x"], frozenset({Entry("Adversary: X", GROUP)})),
        ("groups", [Entry.of(GROUP), dict(GROUP)], frozenset({Entry("Adversary: X", GROUP)})),
        ("related", [Ref("a", "id"), "12"], frozenset({Ref("a", "id"), "12"})),
        ("notes", None, {}),
        ("notes", {"k": {}}, {"k": {}}),
        (
            "notes",
            {"k": {"text": "A", "at": "2026-03-01", "new": 1}},
            {"k": {"text": "A", "at": "2026-03-01T00:00:00Z"}},
        ),
        ("notes", {"": {"text": None}}, {"": {"text": None}}),
    ],
)
def test_each_value_has_one_normal_form(name: str, value: Any, normal: Any) -> None:
    assert SCHEMA.normalize({name: value}) == {name: normal}


def test_the_normal_form_is_its_own_normal_form() -> None:
    once = SCHEMA.normalize({"priority": "HIGH", "opened_at": "2026-03-01T12:00+02:00", "assignees": ["A@B"]})

    assert SCHEMA.normalize(once) == once


@pytest.mark.parametrize("order", [["vip", "VIP", "Vip"], ["Vip", "vip", "VIP"], ["VIP", "Vip", "vip"]])
def test_the_spelling_that_is_kept_does_not_depend_on_the_order(order: list[str]) -> None:
    assert SCHEMA.normalize({"groups": order}) == SCHEMA.normalize({"groups": sorted(order)})


def test_what_the_schema_does_not_know_is_left_out() -> None:
    assert SCHEMA.normalize({"sla": {}, "name": "x"}) == {"name": "x"}


def test_markings_say_how_an_attribute_is_owned() -> None:
    kinds = {name: SCHEMA.kind(name) for name in ("name", "description", "tags", "metadata")}

    assert kinds == {"name": Kind.SCALAR, "description": Kind.SCALAR, "tags": Kind.SET, "metadata": Kind.MAP}
    assert SCHEMA.fields["assignees"].filled
    assert SCHEMA.fields["description"].clearable
    assert not SCHEMA.fields["name"].clearable


def test_markings_go_together() -> None:
    fields = SCHEMA.fields

    assert {name for name, field in fields.items() if field.once} == {"owner"}
    assert {name for name, field in fields.items() if field.links} == {"related"}
    assert {name for name, field in fields.items() if field.key} == {"groups"}
    assert (SCHEMA.kind("notes"), set(fields["notes"].items)) == (Kind.ITEMS, {"text", "at"})


@pytest.mark.parametrize(
    ("marking", "renames"),
    [
        (Items({}), True),
        (Set(key=str), True),
        (Set(), False),
        (Set(fold=str.lower), False),
        (Set(links=True), False),
        (Map(), False),
        (Once(), False),
        (Spelled(str.casefold), True),
        (Numbered(), False),
    ],
)
def test_a_system_has_names_of_its_own_for_items_and_for_what_has_a_key(marking: Any, *, renames: bool) -> None:
    assert Schema({"x": Field.of("x", [marking])}).renames is renames


@pytest.mark.parametrize("digested", [False, True])
def test_a_scalar_may_have_a_key_and_is_kept_as_it_is_written(digested: bool) -> None:  # noqa: FBT001 (a table)
    made = Field.of("status", [Spelled(str.casefold, digested=digested)])

    assert (made.kind, made.key, made.digested) == (Kind.SCALAR, str.casefold, digested)
    assert [made.normal(value) for value in ("In Progress", 2, None)] == ["In Progress", 2, None]


@pytest.mark.parametrize(
    ("markings", "flags"),
    [
        ([], set()),
        ([Once()], {"once"}),
        ([Known()], {"known"}),
        ([Numbered()], {"numbered"}),
        ([Spelled(str.casefold), Numbered(), Once(), Clearable()], {"once", "numbered", "clearable"}),
        ([Clearable(), Once(), Numbered(), Spelled(str.casefold)], {"once", "numbered", "clearable"}),
        ([Set(key=str.casefold), Numbered()], {"numbered", "clearable"}),
    ],
)
def test_flags_are_set_beside_other_markings_in_any_order(markings: list[Any], flags: set[str]) -> None:
    made = Field.of("x", markings)

    assert {name for name in ("once", "known", "numbered", "clearable") if getattr(made, name)} == flags
    assert (made.key is not None) is any(isinstance(each, Spelled | Set) for each in markings)


def test_a_set_keeps_an_id_apart_from_a_name_of_the_same_digits() -> None:
    made = Field.of("watchers", [Set(key=str.casefold), Numbered()])

    assert made.normal(["Ana", "ana", 17, 17, "17"]) == frozenset({"Ana", 17, "17"})


def test_a_map_may_hold_sets_where_the_system_writes_them_as_text() -> None:
    plain, made = (Field.of("fields", [Map(separator)]) for separator in (None, ","))
    value = {"hosts": ["b", "a", "a"], "more": frozenset({"x"}), "os": "Linux", "gone": None}

    assert (plain.separator, made.separator, made.kind) == (None, ",", Kind.MAP)
    assert plain.normal(value) == value
    assert made.normal(value) == {**value, "hosts": frozenset({"a", "b"})}
    assert [Schema({"fields": each}).renames for each in (plain, made)] == [False, True]


@pytest.mark.parametrize("shared", [False, True])
def test_a_set_may_be_others_as_well_by_nature(shared: bool) -> None:  # noqa: FBT001 (a table)
    assert Field.of("people", [Set(shared=shared)]).shared is shared
