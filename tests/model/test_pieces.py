from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.pieces import UnusualError, members
from reconciler.model.strict import strict_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.text(st.characters(exclude_characters='"\\', exclude_categories=["Cc", "Cs"]), max_size=4)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


def _apart(text: str, size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    taken: dict[str, Any] = {}

    def take(key: str, value: Any) -> None:
        assert key not in taken
        taken[key] = value

    pieces = (text[start : start + size] for start in range(0, len(text), size))
    return members(pieces, "cases", take), taken


@given(OBJECTS, OBJECTS, st.integers(1, 40), st.sampled_from([None, 2]))
def test_however_an_object_is_cut_its_members_are_read_as_they_are(
    around: dict[str, Any], cases: dict[str, Any], size: int, indent: int | None
) -> None:
    text = json.dumps({**around, "cases": cases}, indent=indent, ensure_ascii=False)

    made, taken = _apart(f" \n{text}\r\n", size)

    assert made == {**around, "cases": {}}
    assert taken == cases


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        "{} {}",
        '{"a": 1,}',
        '{"a" 1}',
        '{"a": 1 "b": 2}',
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 2}}',
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\x01"}',
        '{"a": ' + "[" * 100_000 + "}",
        '{"a\\u0062": 1}',  # nothing is wrong with it, but for that nobody writes it
        '{"cases": []}',
        '{"cases": {"a": 1',
        '{"cases": {"a": 1}, "cases": {}}',
        "\ufeff{}",
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_not_strict_or_not_usual_is_told_apart(text: str, size: int) -> None:
    with pytest.raises(UnusualError):
        _apart(text, size)


@given(st.text(alphabet='{}[]",:ab1e \n\\', max_size=25), st.integers(1, 9))
def test_nothing_is_read_that_is_not_strict_json(inside: str, size: int) -> None:
    text = f'{{"cases": {{"a": {inside}}}}}'
    try:
        made, taken = _apart(text, size)
    except (UnusualError, AssertionError):
        return

    assert strict_json(text, unique=True) == {**made, "cases": taken}


def test_one_member_at_a_time_is_held() -> None:
    asked = 0

    def pieces() -> Iterator[str]:
        nonlocal asked
        yield '{"cases": {'
        for number in range(1000):
            asked += 1
            yield f'{"," if number else ""}"{number}": {{"of": {number}}}'
        yield "}}"

    ahead: list[int] = []
    members(pieces(), "cases", lambda key, _: ahead.append(asked - int(key)))

    assert len(ahead) == 1000
    assert max(ahead) <= 3
