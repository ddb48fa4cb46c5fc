from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import __version__
from reconciler.errors import StateError
from reconciler.model.address import Address
from reconciler.model.record import Record, State
from reconciler.state import decode, encode, state_schema

from .support import ADVERSARY, FULL, SCHEMAS, SECRET, record, state

WAY_BACK = "cp a.json.backup a.json"


def test_a_state_is_written_as_the_contract_shows_it() -> None:
    text = encode(state(record("b"), record("a", 2))).decode()

    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert json.loads(text) == {
        "version": 1,
        "lineage": "lineage-1",
        "serial": 7,
        "reconciler_version": __version__,
        "cases": {
            f"soc.{name}": {
                "provider": "soc",
                "type": "tines",
                "id": str(number),
                "url": f"https://acme.tines.com/cases/{number}",
                "recorded": {"priority": "high", "tags": ["phishing", "q4"]},
                "handles": {},
                "depends_on": [],
                "lifecycle": {"on_remove": "release", "prevent_delete": False},
                "updated_at": "",
            }
            for name, number in (("a", 2), ("b", 1))
        },
    }


def test_what_is_written_is_read_back() -> None:
    written = state(FULL, record("a"))

    assert decode(encode(written), SCHEMAS, source="a.json") == written


def test_a_member_that_is_given_whole_is_written_as_its_object_and_read_back_with_all_it_says() -> None:
    content = encode(state(FULL))
    groups = decode(content, SCHEMAS, source="a.json").records[FULL.address].recorded["groups"]

    assert json.loads(content)["cases"]["soc.full"]["recorded"]["groups"] == [
        {
            "associated_artifacts": [4],
            "name": "Extreme Bad Guy",
            "type": "Adversary",
            "xid": {"secret": "sha256:" + "a" * 64},
        },
        "12",
    ]
    assert [dict(member.fields) for member in groups if member == ADVERSARY] == [ADVERSARY.fields]


KEYS = st.text(max_size=5) | st.sampled_from(["unknown", "secret", "literal"])
TEXT = st.text(max_size=5) | st.sampled_from(["cases.other.id", SECRET.text]) | st.just(SECRET)
ITEMS = st.dictionaries(
    KEYS,
    st.fixed_dictionaries(
        {},
        optional={"text": TEXT, "secret": TEXT, "unknown": TEXT, "extra": st.dictionaries(KEYS, TEXT, max_size=2)},
    ),
    max_size=3,
)


@given(ITEMS)
def test_any_items_are_the_same_after_they_were_saved_and_read(items: dict[str, Any]) -> None:
    written = state(record("a", notes=items))

    assert decode(encode(written), SCHEMAS, source="a.json") == written


def test_items_are_written_by_key_and_read_in_their_normal_form() -> None:
    content = encode(state(record("a", notes={"first": {"due": "2026-01-01T00:00:00Z", "secret": "x"}})))
    data = json.loads(content)
    first = data["cases"]["soc.a"]["recorded"]["notes"]["first"]
    first |= {"due": "2026-01-01T01:00:00+01:00", "secret": None, "gone from the schema": "x"}

    read = decode(json.dumps(data).encode(), SCHEMAS, source="a.json")

    assert read.records[Address("soc", "a")].recorded["notes"] == {
        "first": {"due": "2026-01-01T00:00:00Z", "secret": ""}
    }


def test_text_stands_as_people_read_it() -> None:
    assert "Größe" in encode(state(FULL)).decode()


def test_attributes_of_an_unknown_type_are_kept_as_they_are() -> None:
    other = Record(Address("x", "a"), "other", "1", "", {"tags": ["b", "a"], "n": None})

    assert decode(encode(state(other)), SCHEMAS, source="a.json").records[other.address] == other


def test_recorded_values_are_read_in_their_normal_form() -> None:
    text = encode(state(record("a"))).decode().replace('"high"', '"HIGH"')

    assert decode(text.encode(), SCHEMAS, source="a.json") == state(record("a"))


def test_a_newer_state_is_refused() -> None:
    with pytest.raises(StateError, match=r"written by a newer reconciler \(version 2") as caught:
        decode(b'{"version": 2, "shape": "unheard of"}', SCHEMAS, source="a.json")

    assert caught.value.hint is not None
    assert "Upgrade" in caught.value.hint


def _with(cases: object = None, **other: object) -> str:
    whole = {"version": 1, "lineage": "l", "serial": 1, "reconciler_version": "0", "cases": cases or {}}
    return json.dumps({**whole, **other})


def _case(address: str = "soc.a", **other: object) -> str:
    return _with({address: {"provider": "soc", "type": "tines", "id": "1", "recorded": {}, **other}})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "a.json:1:1 is not valid JSON"),
        ("{\n  nonsense", "a.json:2:3 is not valid JSON"),
        ('{"version": 1', "a.json:1:14 is not valid JSON"),
        ("\ufeff{}", "a.json:1:1 is not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"serial": NaN}', "NaN is no JSON value"),
        ('{"serial": 1e999}', "the number 1e999 is too large"),
        ('{"serial": ' + "1" * 5000 + "}", "not valid JSON"),
        ('{"a": 1, "b": 1, "a": 2}', "the key 'a' stands there twice"),
        ("<<<<<<< ours\n{}", "a.json:1:1 is not valid JSON"),
        ("[]", "the whole: "),
        ("null", "the whole: "),
        ("{}", "version: Field required"),
        ('{"version": "1"}', "version: "),
        ('{"version": 0}', "version: "),
        ('{"version": true}', "version: "),
        (_with(["soc.a"]), "cases: "),
        (_with(lineage=""), "lineage: "),
        (_with(serial=-1), "serial: "),
        (_with(extra=1), "extra: Extra inputs"),
        (_with({"soc.a": {}}), "cases.soc.a.provider: Field required"),
        (_case(id2=1), "cases.soc.a.id2: Extra inputs"),
        (_case("soc"), "'soc' is not an address"),
        (_case("x.a"), "cases.x.a: provider is 'soc'"),
        (_case(recorded={"tags": "ab"}), "tags must be a set"),
        (_case(recorded={"tags": [[]]}), "unhashable"),
        (_case(recorded={"metadata": []}), "metadata must be a map"),
        (_case(recorded={"groups": [[]]}), "unhashable"),
        (_case(recorded={"notes": ["first"]}), "notes must be items by key"),
        (_case(recorded={"notes": {"first": None}}), "notes.first must be an item"),
        (_case(recorded={"notes": {"first": "text"}}), "notes.first must be an item"),
        (_case(recorded={"notes": {"first": {"labels": "a"}}}), "notes.first.labels must be a set"),
        (_case(depends_on=["b"]), "'b' is not an address"),
        (_case(lifecycle={"on_remove": "burn"}), "lifecycle.on_remove: "),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_a_broken_state_is_refused_with_its_place_and_the_way_back(content: str, said: str) -> None:
    with pytest.raises(StateError) as caught:
        decode(content.encode(), SCHEMAS, source="a.json", hint=WAY_BACK)

    assert said in caught.value.message
    assert caught.value.message.startswith("a.json")
    assert caught.value.hint == WAY_BACK


def test_a_state_that_is_no_utf8_is_refused_with_its_place() -> None:
    with pytest.raises(StateError, match=r"a\.json:2:4 is not valid UTF-8"):
        decode(b'{\n  "\xff"', SCHEMAS, source="a.json")


@pytest.mark.parametrize("flipped", range(0, 3000, 7))
def test_a_flipped_bit_is_read_or_refused_and_never_a_traceback(flipped: int) -> None:
    content = bytearray(encode(state(FULL, record("a"))))
    content[flipped % len(content)] ^= 1 << (flipped % 8)

    read = _decoded_or_none(bytes(content))
    assert read is None or decode(encode(read), SCHEMAS, source="a.json") == read


def _decoded_or_none(content: bytes) -> State | None:
    with suppress(StateError):
        return decode(content, SCHEMAS, source="a.json")
    return None


def test_the_schema_describes_what_is_written() -> None:
    schema = state_schema()

    assert set(schema["required"]) == set(json.loads(encode(state())))
    assert schema["additionalProperties"] is False
    json.dumps(schema)
