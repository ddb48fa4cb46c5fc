"""Queries: what is quoted reads back as it was, and a list is cut without a loss."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.providers.threatconnect import tql

TRICKY = st.text(alphabet=st.sampled_from("\\\"'`a ()%,\n\r\t\x00é🐟${}"))
TEXTS = st.one_of(TRICKY, st.text())


def read_string(query: str, at: int = 0) -> tuple[str, int]:
    """Read a string as TQL's grammar has it: quoted by ", a backslash takes the next character as it is."""
    assert query[at] == '"'
    found, at = "", at + 1
    while query[at] != '"':
        at += query[at] == "\\"
        found, at = found + query[at], at + 1
    return found, at + 1


def read_list(query: str, parameter: str) -> list[str]:
    """Read `parameter in ("…","…")`."""
    head = f"{parameter} in ("
    assert query.startswith(head)
    found, at = [], len(head)
    while True:
        text, at = read_string(query, at)
        found.append(text)
        if query[at] == ")":
            assert at == len(query) - 1
            return found
        assert query[at] == ","
        at += 1


# ------------------------------------------------------------------------------------ values


@given(TEXTS)
def test_a_quoted_value_reads_back_as_it_was(value: str) -> None:
    quoted = tql.text(value)

    assert read_string(quoted) == (value, len(quoted))


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("tfcm-case-0001", '"tfcm-case-0001"'),
        ('x" or id > 0 or name = "', r'"x\" or id > 0 or name = \""'),
        ("ends with \\", '"ends with \\\\"'),
        (r"\"", r'"\\\""'),
        ("it's", '"it\'s"'),
        ("", '""'),
    ],
)
def test_what_would_end_a_value_is_escaped(value: str, quoted: str) -> None:
    assert tql.text(value) == quoted


def test_what_no_address_can_carry_is_replaced() -> None:
    assert tql.text("a\ud800b") == '"a?b"'


# ------------------------------------------------------------------------------------ lists


@given(st.lists(TEXTS, max_size=60), st.integers(1, 20))
def test_nothing_is_lost_and_nothing_comes_twice_when_a_list_is_cut(values: list[str], most: int) -> None:
    queries = list(tql.one_of("xid", map(tql.text, values), most=most))

    chunks = [read_list(query, "xid") for query in queries]
    assert [value for chunk in chunks for value in chunk] == values
    assert all(0 < len(chunk) <= most for chunk in chunks)
    for query, chunk in zip(queries, chunks, strict=True):
        inside = query.removeprefix("xid in (").removesuffix(")")
        assert len(chunk) == 1 or len(quote(inside, safe="")) <= tql.BUDGET


@given(st.lists(st.integers(1, 10**18), min_size=1, max_size=500))
def test_a_list_is_cut_only_where_it_must_be(ids: list[int]) -> None:
    queries = list(tql.one_of("id", map(str, ids), most=200))

    for query, following in pairwise(queries):
        inside, first = query.removeprefix("id in (").removesuffix(")"), following[len("id in (") :].split(",")[0]
        more = f"{inside},{first.removesuffix(')')}"
        assert len(inside.split(",")) == 200 or len(quote(f"{more},", safe="")) > tql.BUDGET


def test_no_query_is_made_for_nothing_since_an_empty_list_is_no_tql() -> None:
    assert list(tql.one_of("id", [], most=10)) == []


def test_a_single_value_that_is_too_long_goes_by_itself() -> None:
    long = tql.text("x" * 2 * tql.BUDGET)

    assert list(tql.one_of("xid", ['"a"', long, '"b"'], most=10)) == [
        'xid in ("a")',
        f"xid in ({long})",
        'xid in ("b")',
    ]
