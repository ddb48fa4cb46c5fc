from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.values import (
    ABSENT,
    Digest,
    Entry,
    Marker,
    Ref,
    Secret,
    Template,
    Value,
    as_member,
    from_json,
    known_as,
    leaves,
    member_text,
    parse_template,
    to_json,
    transform,
)

OTHER = Ref("other", "id")
KEY = "2f6c1a1e-0000-4000-8000-000000000001"
DIGEST = Secret("hunter2").digest(KEY)
ENTRY = Entry("Adversary: X", {"type": "Adversary", "name": "X"})

# letters that matter to the syntax come often
TEXTS = st.text(st.sampled_from("${}a. \n\\") | st.characters()) | st.sampled_from(
    ["$", "$$", "${", "$${", "$$${", "${cases.a.id}", "$${cases.a.id}", "${$}", "}", "{"]
)
NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)
REFS = st.builds(Ref, NAMES, st.from_regex(r"[a-z_]{1,6}", fullmatch=True))


# ------------------------------------------------------------------------------------ templates


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        ("plain", "plain"),
        ("$5 and ${x", "$5 and ${x"),
        ("${cases.other.id}", OTHER),
        ("${cases.other.url}", Ref("other", "url")),
        ("see ${cases.other.id}", Template(("see ", OTHER))),
        ("${cases.other.id}${cases.other.id}", Template((OTHER, OTHER))),
        ("$${cases.other.id}", "${cases.other.id}"),
        ("a $${b} ${cases.other.id} c", Template(("a ${b} ", OTHER, " c"))),
        ("${env.HOME}", "${env.HOME}"),
        ("${cases.other.ID}", "${cases.other.ID}"),
        ("${cases.other}", "${cases.other}"),
    ],
)
def test_references_are_found_in_text(text: str, value: Value) -> None:
    assert parse_template(text) == value


@given(st.lists(TEXTS | REFS, max_size=6))
def test_a_template_is_read_back_as_it_was_written(parts: list[str | Ref]) -> None:
    made = Template.joined(parts)
    written = made.text if isinstance(made, Template) else Template((made,)).text

    assert parse_template(written) == made


@given(TEXTS)
def test_any_text_can_be_written_as_a_template(text: str) -> None:
    assert parse_template(Template((text,)).text) == text


def test_joining_leaves_one_spelling_of_each_template() -> None:
    assert Template.joined(["a", "", "b", OTHER, "", "c"]) == Template(("ab", OTHER, "c"))
    assert Template.joined(["a", "b"]) == "ab"
    assert Template.joined(["", OTHER]) == OTHER
    assert Template.joined([]) == ""


# ------------------------------------------------------------------------------------ JSON


PLAIN = st.none() | st.booleans() | st.integers() | st.text()
TEMPLATES = st.lists(TEXTS | REFS, min_size=1).map(Template.joined).filter(lambda made: isinstance(made, Template))
LEAVES = PLAIN | REFS | TEMPLATES | st.text().map(lambda text: Secret(text).digest(KEY))
KEYS = st.text() | st.sampled_from(["unknown", "secret", "literal", "__proto__", ""])
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


@given(VALUES.filter(lambda value: not _misleads(value)))
def test_a_value_survives_json(value: Value) -> None:
    assert from_json(json.loads(json.dumps(to_json(value)))) == value


def _misleads(value: Value) -> bool:
    """Tell whether a map of the user's own is, to the letter, a reference or a digest in its written form."""
    match value:
        case dict():
            looks = set(value) in ({"unknown"}, {"secret"}) and not isinstance(from_json(to_json(value)), dict)
            return looks or any(_misleads(item) for item in value.values())
        case list():
            return any(_misleads(item) for item in value)
        case _:
            return False


@pytest.mark.parametrize(
    "data",
    [
        {"unknown": "yes"},
        {"unknown": ""},
        {"unknown": "cases.a"},
        {"unknown": "$${cases.a.id}"},
        {"unknown": "cases.a.id", "and": "more"},
        {"unknown": ["cases.a.id"]},
        {"unknown": None},
        {"secret": "squirrel"},
        {"secret": "sha256:"},
        {"secret": "sha256:" + "A" * 64},
        {"secret": "sha256:" + "a" * 64 + "\n"},
        {"secret": "sha256:" + "a" * 64, "unknown": "cases.a.id"},
        {"secret": {"secret": "x"}},
        {"marker": "soc.a"},
    ],
)
def test_a_map_with_our_words_stays_a_map(data: dict[str, Any]) -> None:
    assert from_json(data) == data
    assert to_json(data) == data


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (OTHER, {"unknown": "cases.other.id"}),
        (Template(("see ", OTHER)), {"unknown": "see ${cases.other.id}"}),
        (DIGEST, {"secret": DIGEST.text}),
        (Marker("L", "soc.a", 3), "L/soc.a/3"),
        (ABSENT, None),
        (frozenset({"b", "a"}), ["a", "b"]),
        (frozenset({2, "a", OTHER}), [{"unknown": "cases.other.id"}, 2, "a"]),
        (("b", "a"), ["b", "a"]),
        ({"k": frozenset()}, {"k": []}),
        (ENTRY, {"type": "Adversary", "name": "X"}),
        (frozenset({ENTRY, "12"}), [{"type": "Adversary", "name": "X"}, "12"]),
    ],
)
def test_values_have_one_written_form(value: Value, data: Any) -> None:
    assert to_json(value) == data


# ------------------------------------------------------------------------------------ secrets


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret("hunter2")
    seen = [repr(secret), str(secret), f"{secret}", repr({"token": (secret,)}), repr(secret.digest(KEY))]

    assert not [text for text in seen if "hunter2" in text]


@pytest.mark.parametrize("value", [Secret("hunter2"), {"k": Secret("hunter2")}, frozenset({Secret("hunter2")})])
def test_a_secret_is_never_written(value: Value) -> None:
    with pytest.raises(TypeError, match="seal it first") as caught:
        to_json(value)

    assert "hunter2" not in str(caught.value)


def test_equal_secrets_have_equal_digests_within_one_workspace_only() -> None:
    assert Secret("a").digest(KEY) == Secret("a").digest(KEY)
    assert Secret("a").digest(KEY) != Secret("b").digest(KEY)
    assert Secret("a").digest(KEY) != Secret("a").digest("another")


def test_text_that_utf8_cannot_hold_has_a_digest_too() -> None:
    assert Secret("\ud800").digest(KEY) != Secret("\ud801").digest(KEY)


# ------------------------------------------------------------------------------------ walking


def test_transform_keeps_the_shape_and_reaches_every_leaf() -> None:
    value = {"a": [1, (2, frozenset({3}))], "b": {"c": OTHER}}

    assert transform(value, lambda leaf: leaf) == value
    assert sorted(leaves(value), key=str) == [1, 2, 3, OTHER]


# ------------------------------------------------------------------------------------ members of sets


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"type": "Adversary", "name": "X"}, "Adversary: X"),
        ({"name": "X", "type": "Adversary", "description": "more"}, "Adversary: X"),
        ({"type": "Host", "summary": "a.example"}, "Host: a.example"),
        ({"type": "Host", "summary": None}, "Host"),
        ({"name": "X"}, "X"),
        ({"name": OTHER, "type": "Adversary"}, "Adversary: cases.other.id"),
        ({"name": DIGEST, "type": "Adversary"}, f"Adversary: {DIGEST.text}"),
        ({}, ""),
    ],
)
def test_an_object_is_known_by_its_type_and_name(fields: dict[str, Any], key: str) -> None:
    member = as_member(fields)

    assert member == Entry(key, {})
    assert member.fields == fields
    assert member_text(member) == key
    assert as_member(member) is member


def test_what_an_entry_says_beside_its_name_makes_no_other_member_of_it() -> None:
    assert len({ENTRY, Entry(ENTRY.key, {"more": 1})}) == 1


def test_an_entry_is_renamed_with_what_it_says() -> None:
    filled = transform(Entry.of({"name": OTHER, "rank": 1}), lambda leaf: "42" if leaf == OTHER else leaf)

    assert (filled.key, filled.fields) == ("42", {"name": "42", "rank": 1})


@pytest.mark.parametrize("member", [OTHER, DIGEST, Secret("hunter2"), Template(("a", OTHER))])
def test_a_member_that_is_secret_or_unknown_has_no_name(member: Value) -> None:
    assert as_member(member) is member
    assert member_text(member) is None


@pytest.mark.parametrize(
    ("member", "text"),
    [
        ("Open", "Open"),
        ("", ""),
        ("17", "17"),
        (17, "#17"),
        (0, "#0"),
        (True, None),
        (None, None),
        (Entry("Adversary: X", {}), "Adversary: X"),
        (frozenset({"a"}), None),
    ],
)
def test_a_number_is_an_id_and_no_name(member: Value, text: str | None) -> None:
    assert member_text(member) == text
    assert known_as(member) == text


def test_a_secret_is_known_by_its_digest_and_only_once_it_is_sealed() -> None:
    assert known_as(DIGEST) == DIGEST.text
    assert known_as(Secret("hunter2")) is None
    assert known_as(OTHER) is None


def test_nothing_is_not_null() -> None:
    assert ABSENT is not None
    assert not ABSENT
    assert repr(ABSENT) == "ABSENT"
    assert isinstance(DIGEST, Digest)
