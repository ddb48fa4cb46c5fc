"""A large object is decoded as `strict_json` would do it, however its text comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from hypothesis import example, given
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


def read(source: Source, opened: str | None = None) -> dict[str, Any]:
    """Return the whole, of which all parts were asked for."""
    return {
        name: value if not isinstance(value, Iterator) else dict(value) if name == opened else list(value)
        for name, value in members(source, opened)
    }


@given(OBJECTS, OBJECTS, st.sampled_from([(None, True), (0, False), (2, True)]), st.integers(1, 40))
def test_any_object_is_read_in_any_layout_and_in_any_pieces(
    around: dict[str, Any], cases: dict[str, Any], layout: tuple[int | None, bool], size: int
) -> None:
    data = {**around, "cases": cases}
    text = json.dumps(data, indent=layout[0], ensure_ascii=layout[1])

    again = read(Drops(f" {text}\r\n", size), "cases")

    assert again == data
    assert list(again) == list(data)
    assert list(again["cases"]) == list(cases)
    assert repr(again) == repr(strict_json(text))  # 1 is not 1.0


@given(st.text(alphabet='{}[]",:ab1e \n\\', max_size=25), st.sampled_from([None, "cases"]), st.integers(1, 9))
@example('"b": 1, "b": 2', None, 9)
@example('"b": {"a": 1, "a": 2}', "cases", 9)
def test_whatever_stands_there_is_read_as_strict_json_or_refused_as_it_is(
    inside: str, opened: str | None, size: int
) -> None:
    text = f'{{"cases": {{{inside}}}}}'
    try:
        expected = strict_json(text, unique=True)
    except ValueError:
        with pytest.raises(NoJson):
            read(Drops(text, size), opened)
    else:
        assert read(Drops(text, size), opened) == expected


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
        ('{"a": {"b": 1, "c": {"b": 2, "b": 3}}}', "the key 'b' stands there twice"),
        ('{"cases": {"b": 1, "b": 2}}', "the key 'b' stands there twice"),
        ('{"cases": {"b": 1}, "cases": {}}', "the key 'cases' stands there twice"),
        ('{"cases": []}', r"Expecting an object: line 1 column 11 \(char 10\)"),
        ('{"cases": {"b": 1\n', r"Expecting ',' delimiter: line 2 column 1 \(char 18\)"),
        ('{"a": ' + "[" * 100_000, "recursion"),
        ('{"a": ' + "9" * 5000 + "}", "digits"),
    ],
)
def test_what_is_no_object_or_names_a_key_twice_is_refused(text: str, message: str) -> None:
    with pytest.raises(NoJson, match=message):
        read(StringIO(text), "cases")


def test_a_list_or_an_object_of_which_nobody_asks_for_the_rest_is_passed_over() -> None:
    found = [
        (name, next(value) if isinstance(value, Iterator) else value)
        for name, value in members(StringIO('{"a": [1, 2, 3], "b": {"c": 4, "d": 5}, "e": 6}'), "b")
    ]

    assert found == [("a", 1), ("b", ("c", 4)), ("e", 6)]


@pytest.mark.parametrize("data", [["x" * 100] * 5_000, {str(number): "x" * 100 for number in range(5_000)}])
def test_no_more_is_read_than_the_part_that_is_asked_for_needs(data: Any) -> None:
    file = StringIO(json.dumps({"parts": data}))

    _, parts = next(members(file, "parts" if isinstance(data, dict) else None))
    assert next(parts) in ("x" * 100, ("0", "x" * 100))

    assert file.tell() == SIZE
