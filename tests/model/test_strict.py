from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model.strict import STRICT, strict_json

KEYS = st.sampled_from(['"a"', '"b"', r'"a\":"', r'"\u0061"', r'"a\\"', '"c" :'])
SPACE = st.sampled_from(["", "", " ", "\n\t"])
TEXTS = st.sampled_from(['"x"', r'"\":"', '" :"', '":"', '"say \\"a\\": b"', "1", "-1.5e3", "null"])


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(KEYS, SPACE, SPACE, values).map(lambda each: f"{each[0]}{each[1]}:{each[2]}{each[3]}")
    return st.lists(pairs, max_size=3).map(lambda each: "{" + ",".join(each) + "}")


JSON = st.recursive(
    TEXTS, lambda inner: objects(inner) | st.lists(inner, max_size=3).map(lambda o: f"[{','.join(o)}]")
)


def is_unique(text: str) -> bool:
    twice = []
    json.loads(text, object_pairs_hook=lambda pairs: twice.append(len(dict(pairs)) < len(pairs)))
    return not any(twice)


@given(JSON)
@example('{"a" :1,"a":2}')
@example('{"a": 1, "a"\t: "\\":"}')
@example(r'{"a": "\":", "b": {"c": 1, "c": 2}}')
def test_a_key_that_stands_twice_is_found_wherever_it_is_and_nothing_else_is_taken_for_one(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(json.JSONDecodeError):
            strict_json(text, unique=True)
        return

    if is_unique(text):
        assert strict_json(text, unique=True) == expected
        assert STRICT.raw_decode(f"  {text} x", 2) == (expected, len(text) + 2)
    else:
        with pytest.raises(ValueError, match="stands there twice"):
            strict_json(text, unique=True)
        with pytest.raises(ValueError, match="stands there twice"):
            STRICT.raw_decode(text, 0)
        assert strict_json(text) == expected


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "1e999", "[" * 100_000])
@pytest.mark.parametrize("unique", [True, False])
def test_what_the_standard_has_not_is_refused(text: str, *, unique: bool) -> None:
    with pytest.raises((ValueError, RecursionError)):
        strict_json(text, unique=unique)
