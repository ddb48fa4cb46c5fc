"""A large object is decoded as `strict_json` would do it, however its text comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.strict import strict_json
from reconciler.model.window import SIZE, NoJson, Source, members

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)
OBJECTS = st.dictionaries(st.text(max_size=6), VALUES, max_size=5)


class Drops:
    """Text that comes a few characters at a time, whatever is asked for."""

    def __init__(self, text: str, size: int) -> None:
        self._file = StringIO(text)
        self._size = size

    def read(self, size: int, /) -> str:
        return self._file.read(min(self._size, size))


def read(source: Source) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, Iterator) else value for name, value in members(source)}


@given(OBJECTS, st.sampled_from([None, 0, 2]), st.integers(1, 40))
def test_any_object_is_read_in_any_layout_and_in_any_pieces(
    data: dict[str, Any], indent: int | None, size: int
) -> None:
    text = json.dumps(data, indent=indent)

    again = read(Drops(f" {text}\n", size))

    assert again == data
    assert list(again) == list(data)
    assert repr(again) == repr(strict_json(text))  # 1 is not 1.0


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{\n  "a"',
        '{"a" 1}',
        '{"a": [1,\n 2',
        '{"a": [1 2]}',
        '{"a": 1e}',
        '{"a": "\n"}',
        '{"a":\n "b}',
        '{"a": {"b": tru}}',
        '{"a": 1}\n x',
        '{"a": 1,\n',
        '{"a": NaN}',
        '{"a": [-Infinity]}',
        '{"a": 1e999}',
    ],
)
def test_other_text_is_refused_in_the_words_of_the_standard_library(text: str, size: int) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Extra|Invalid|Unterminated|JSON|too large") as expected:
        strict_json(text)

    with pytest.raises(NoJson) as found:
        read(Drops(text, size))

    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting an object: line 1 column 1"),
        ("\n []", r"Expecting an object: line 2 column 2 \(char 2\)"),
        ("\ufeff{}", "Expecting an object"),
        ('{"a": 1,}', "Expecting property name"),
        ('{"a": 1, "b": [], "a": 2}', "the key 'a' stands there twice"),
        ('{"a": [], "a": []}', "the key 'a' stands there twice"),
        ('{"a": ' + "[" * 100_000, "recursion"),
        ('{"a": ' + "9" * 5000 + "}", "digits"),
    ],
)
def test_what_is_no_object_or_names_a_key_twice_is_refused(text: str, message: str) -> None:
    with pytest.raises(NoJson, match=message):
        read(StringIO(text))


def test_a_list_of_which_nobody_asks_for_the_rest_is_passed_over() -> None:
    found = [
        (name, next(value) if isinstance(value, Iterator) else value)
        for name, value in members(StringIO('{"a": [1, 2, 3], "b": 4}'))
    ]

    assert found == [("a", 1), ("b", 4)]


def test_no_more_is_read_than_the_item_that_is_asked_for_needs() -> None:
    file = StringIO(json.dumps({"items": ["x" * 100] * 5_000}))

    _, items = next(members(file))
    assert next(items) == "x" * 100

    assert file.tell() == SIZE
