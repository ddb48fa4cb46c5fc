"""YAML text → documents: what is text, what is refused and where, and what hostile input costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config import documents
from reconciler.config.documents import parse
from reconciler.config.nodes import Block, Listing, Plain, find, location

LOADERS = [documents._LOADER, yaml.SafeLoader]


def only(text: str | bytes, loader: type[Any] = documents._LOADER) -> Any:
    """Parse one document that has no problems."""
    parsed = parse("f", text if isinstance(text, bytes) else text.encode(), loader=loader)
    assert [str(problem) for problem in parsed.problems] == []
    (document,) = parsed.documents
    return document.node


def problems(text: str | bytes) -> list[str]:
    parsed = parse("f", text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return [str(problem) for problem in parsed.problems]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    "scalar",
    [
        *("no", "yes", "on", "off", "y", "n", "1e3", "0777", "0o17", "0x1F", "1_000", "12:30:45", ".inf", ".nan"),
        *("-.5", "1.", "+1", "2024-01-01", "2024-01-01T10:00:00Z", "true", "False", "NaN", "=", "<<x", "nullx"),
        *("Null1", "1.2.3", "0b1", "1e", "+"),
    ],
)
def test_a_plain_scalar_is_its_own_text(scalar: str, loader: type[Any]) -> None:
    assert only(f"a: {scalar}", loader)["a"] == scalar


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("scalar", ["", "~", "null", "Null", "NULL"])
def test_nothing_is_none_and_quoted_it_is_text(scalar: str, loader: type[Any]) -> None:
    assert only(f"a: {scalar}", loader)["a"] is None
    assert only(f"a: '{scalar}'", loader)["a"] == scalar


@pytest.mark.parametrize(
    "scalar", ["1", "-1", "1e3", ".5", "true", "FALSE", "0x1F", "0o17", ".inf", "-.INF", ".NaN", "0777"]
)
def test_what_yaml_1_2_reads_as_a_number_is_marked(scalar: str) -> None:
    assert type(only(f"a: {scalar}")["a"]) is Plain
    assert type(only(f"a: '{scalar}'")["a"]) is str


@pytest.mark.parametrize("scalar", ["no", "12:30:45", "2024-01-01", "1_000", "tRue", "0x", "e3", "-"])
def test_what_yaml_1_1_only_reads_as_more_than_text_is_text(scalar: str) -> None:
    assert type(only(f"a: [{scalar}]")["a"][0]) is str if scalar != "-" else True


def test_documents_are_read_one_by_one_and_empty_ones_are_ignored() -> None:
    parsed = parse("f", b"---\na: 1\n---\n---\n# nothing\n---\nb: 2\n...\n")

    assert [document.node for document in parsed.documents] == [{"a": "1"}, {"b": "2"}]
    assert [document.place >> 24 for document in parsed.documents] == [1, 6]
    assert parsed.problems == ()


def test_a_byte_order_mark_and_crlf_are_accepted() -> None:
    assert only(b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\n") == {"a": "1", "b": "x\ny\n"}


def test_every_key_and_value_knows_its_place() -> None:
    node = only("a: 1\n\nb:\n  - x\n  - é: {deep: y}\n")

    def at(*path: str | int, key: bool = False) -> str:
        return str(location("f", find(node, path, 0, key=key)))

    assert at("a") == "f:1:4"
    assert at("b", key=True) == "f:3:1"
    assert at("b", 0) == "f:4:5"
    assert at("b", 1, "é", "deep") == "f:5:15"
    assert at("b", 1, "é", "deep", key=True) == "f:5:9"
    assert at("b", 7, "nowhere") == "f:4:3"
    assert at("nowhere") == "f:1:1"


def test_merge_keys_add_what_is_not_there() -> None:
    node = only("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\none:\n  <<: [*b, *m]\n  x: 9\n")

    assert node["one"] == {"x": "9", "y": "2", "z": "4"}
    assert str(location("f", node["one"].place("z"))) == "f:2:20"


def test_aliases_stand_for_what_they_name() -> None:
    assert only("a: &x [1, 2]\nb: *x\nc: &y t\nd: *y\n&k e: *k\n") == {
        "a": ["1", "2"],
        "b": ["1", "2"],
        "c": "t",
        "d": "t",
        "e": "e",
    }


PROBLEMS = {
    "duplicate key": (
        "a: 1\nb: 2\na: 3",
        "f:3:1: duplicate key `a`: it stands at line 1 already; remove one of them",
    ),
    "duplicate key quoted": (
        'a: 1\n"a": 3',
        "f:2:1: duplicate key `a`: it stands at line 1 already; remove one of them",
    ),
    "duplicate key in NFD": (
        "caf\u00e9: 1\ncafe\u0301: 2",
        (
            "f:2:1: duplicate key `cafe\u0301`: line 1 has the same in another Unicode form (NFC, NFD); "
            "remove one of them"
        ),
    ),
    "number as key": ("a:\n  42: x", 'f:2:3: the key 42 is a number or a truth value, not text; quote it: "42"'),
    "float as key": ("1e3: x", 'f:1:1: the key 1e3 is a number or a truth value, not text; quote it: "1e3"'),
    "truth as key": ("true: x", 'f:1:1: the key true is a number or a truth value, not text; quote it: "true"'),
    "null as key": ("null: x", 'f:1:1: the key null is nothing, not text; quote it: "null"'),
    "no key": ("?\n: x", 'f:1:2: the key (empty) is nothing, not text; quote it: ""'),
    "list as key": ("? [a]\n: x", "f:1:3: a key must be plain text, not a list, a mapping or an alias"),
    "mapping as key": ("{a: b}: x", "f:1:1: a key must be plain text, not a list, a mapping or an alias"),
    "alias as key": ("a: &x b\n*x : c", "f:2:1: a key must be plain text, not a list, a mapping or an alias"),
    "tag": ("a: !secret x", "f:1:4: the tag !secret is not allowed; no tags are: remove it"),
    "python tag": (
        "a: !!python/object/apply:os.system [ls]",
        "f:1:4: the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed; no tags are: remove it",
    ),
    "binary": (
        "a: !!binary aGk=",
        "f:1:4: the tag tag:yaml.org,2002:binary is not allowed; no tags are: remove it",
    ),
    "tag on a key": ("!x a: b", "f:1:1: the tag !x is not allowed; no tags are: remove it"),
    "bare tag": ("a: ! b", "f:1:4: the tag ! is not allowed; no tags are: remove it"),
    "recursive alias": ("a: &x\n  b: *x", "f:2:6: the alias *x stands inside what it refers to"),
    "unknown alias": ("a: *x", "f:1:4: the alias *x has no anchor &x before it"),
    "merge of text": ("<<: x", "f:1:1: `<<` takes a mapping or a list of mappings"),
    "merge of texts": ("<<: [x]", "f:1:1: `<<` takes a mapping or a list of mappings"),
    "two merges": ("a: &a {}\nb:\n  <<: *a\n  <<: *a", "f:4:3: duplicate key `<<`; write a list: `<<: [*a, *b]`"),
    "tab": ("a:\n\tb: c", "f:2:1: a tab in the indentation; indent with spaces"),
    "tab after text": (
        "a: b\n\tc: d",
        "f:2:1: a tab in the indentation (scanning a plain scalar that began at line 1); indent with spaces",
    ),
    "tab in a block": (
        "a: |\n\tb",
        "f:2:1: a tab in the indentation (scanning a block scalar that began at line 1); indent with spaces",
    ),
    "NUL": ("a: x\x00y", "f:1:5: the character U+0000 is not allowed; remove it"),
    "escape": ("a: 1\nb: \x1b[31m", "f:2:4: the character U+001B is not allowed; remove it"),
    "DEL": ("a: \x7f", "f:1:4: the character U+007F is not allowed; remove it"),
    "BOM within": ("a: 1\n\ufeffb: 2", "f:2:1: the character U+FEFF is not allowed; remove it"),
    "line separator": (
        "a: x\u2028c: 3",
        (
            "f:1:5: U+2028 (LS) ends a line in YAML although editors do not show it as one; "
            'remove it, or write "\\u2028" in double quotes'
        ),
    ),
    "next line": (
        "a: 'x\x85c'",
        (
            "f:1:6: U+0085 (NEL) ends a line in YAML although editors do not show it as one; "
            'remove it, or write "\\u0085" in double quotes'
        ),
    ),
    "escaped NUL": (
        'a: "\\0"',
        "f:1:4: this text holds a character that no system stores (U+0000, U+FFFE or U+FFFF)",
    ),
    "escaped surrogate": ('a: "\\uD800"', "f:1:7: no such character"),
    "raw surrogate": ("a: \ud800", "f:1:4: the byte 0xed is not UTF-8; save the file as UTF-8"),
    "latin-1": (b"a: 1\nb: caf\xe9", "f:2:7: the byte 0xe9 is not UTF-8; save the file as UTF-8"),
    "UTF-16": ("\ufeffa: 1".encode("utf-16-le"), "f:1:1: the file is UTF-16; save it as UTF-8"),
    "UTF-16 big": ("\ufeffa: 1".encode("utf-16-be"), "f:1:1: the file is UTF-16; save it as UTF-8"),
    "UTF-32": ("\ufeffa: 1".encode("utf-32-le"), "f:1:1: the file is UTF-32; save it as UTF-8"),
    "colon in text": ("a: b: c", "f:1:5: a `: ` cannot stand here; quote the text, or check the indentation"),
    "at sign": ("a: @jane", "f:1:4: a value cannot begin with `@`; quote it"),
    "percent": ("a: %x", "f:1:4: a value cannot begin with `%`; quote it"),
    "closing bracket": ("a: ]", "f:1:4: a value cannot begin with `]`; quote it"),
    "open quote": (
        'a: "x\nb: c',
        "f:2:5: the quote is not closed (scanning a quoted scalar that began at line 1)",
    ),
    "open list": (
        "a: [1,\n2",
        (
            "f:3:1: the list `[` is not closed here (parsing a flow sequence that began at line 1); "
            "separate items by commas and end with `]`"
        ),
    ),
    "open mapping": (
        "a: {b: c",
        (
            "f:2:1: the mapping `{` is not closed here (parsing a flow mapping that began at line 1); "
            "separate items by commas and end with `}`"
        ),
    ),
    "unknown escape": ('a: "\\q"', "f:1:5: unknown escape in double quotes; write \\\\ for a backslash"),
    "wrong indentation": (
        "a:\n  - b\n c: d",
        (
            "f:3:2: this does not fit what stands above (parsing a block mapping that began at line 1); "
            "check the indentation and the quotes"
        ),
    ),
    "list item missing": (
        "- a\nb: c",
        (
            "f:2:1: this does not fit the list (parsing a block collection that began at line 1); "
            "check the indentation"
        ),
    ),
    "list on the line": ("a: - b", "f:1:4: a list cannot begin here; begin it on the next line"),
    "after the end": ("a: b\n...\nc", "f:3:1: text after the end of a document; begin a new one with `---`"),
    "new YAML": ("%YAML 2.0\n---\na: b", "f:1:1: only YAML 1.1 and 1.2 are known; remove the %YAML line"),
    "directive": ("%FOO x\n---\na: b", "f:1:5: unknown % directive; remove it"),
}


@pytest.mark.parametrize(("text", "problem"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_a_problem_says_what_and_where(text: str | bytes, problem: str) -> None:
    assert problems(text) == [problem]


def test_what_does_not_end_the_file_is_collected() -> None:
    assert [problem.split(": ")[0] for problem in problems("a: 1\na: 2\n42: !x y\nb: [c\n")] == [
        "f:2:1",
        "f:3:1",
        "f:3:5",
        "f:5:1",
    ]


def test_a_file_full_of_problems_is_given_up() -> None:
    found = problems("a: 1\n" * 100_000)

    assert len(found) == documents.MAX_PROBLEMS + 1
    assert found[-1].endswith("more than 100 problems in this file; the rest is not looked at")


def billion_laughs() -> str:
    levels = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]" for level in range(1, 13)]
    return "\n".join(["l0: &l0 [x, x, x, x, x, x, x, x, x]", *levels])


def merge_chain() -> str:
    keys = ", ".join(f"k{number}: v" for number in range(2000))
    lines = [f"m{level}: &m{level} {{<<: *m{level - 1}}}" for level in range(1, 3000)]
    return "\n".join([f"m0: &m0 {{{keys}}}", *lines])


HOSTILE: dict[str, tuple[Callable[[], str], str]] = {
    "nine to the twelfth": (
        billion_laughs,
        "the aliases stand for more than 10 times the size of the file; repeat less",
    ),
    "chain of merges": (merge_chain, "more than 1,000,000 values in one file, aliases expanded; split it"),
    "anchors": (
        lambda: "\n".join(f"- [&a{number} x, &b{number} x]" for number in range(25_000)),
        "more than 10,000 anchors and aliases in one file",
    ),
    "brackets": (lambda: "a: " + "[" * 100_000, "nested deeper than 64 levels"),
    "braces": (lambda: "{a: " * 100_000, "nested deeper than 64 levels"),
    "dashes": (lambda: "- " * 100_000, "nested deeper than 64 levels"),
    "indents": (lambda: "".join(" " * level + "a:\n" for level in range(400)), "nested deeper than 64 levels"),
    "long text": (lambda: "a: " + "x" * 10_000_000, "this value is longer than 1,048,576 characters; use a file"),
    "long key": (lambda: "? " + "x" * 200_000 + "\n: y", "this key is longer than 256 characters"),
    "long comment": (lambda: "#" * 20_000_000, "the file is larger than 16 MiB; split it"),
}


@pytest.mark.parametrize(("make", "problem"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input_is_refused_within_a_second(make: Callable[[], str], problem: str) -> None:
    data = make()
    begin = time.process_time()

    (found,) = problems(data)

    assert found.endswith(problem)
    assert time.process_time() - begin < 1


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_NODES", 100)

    assert problems("[" + "x," * 98 + "x]") == []
    assert problems("[" + "x," * 100 + "x]") == [
        "f:1:200: more than 100 values in one file, aliases expanded; split it"
    ]


PRINTABLE = st.text(
    st.characters(
        exclude_categories=["Cs"], exclude_characters="\x00\ufffe\uffff\ufeff\u2028\u2029\x7f\x85"
    ).filter(lambda character: character >= " " and not "\x7f" <= character <= "\x9f")
)


@settings(max_examples=60)
@given(PRINTABLE)
def test_any_text_in_single_quotes_comes_back(text: str) -> None:
    quoted = text.replace("'", "''")

    assert only(f"a: '{quoted}'")["a"] == text


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufffe\uffff")))
def test_any_text_in_escaped_double_quotes_comes_back(text: str) -> None:
    escaped = "".join(f"\\U{ord(character):08x}" for character in text)

    assert only(f'"a": "{escaped}"')["a"] == text


NAMES = st.text("abcdef", min_size=1, max_size=5)
TREES = st.recursive(
    NAMES,
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(NAMES, inner, min_size=1, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60)
@given(st.dictionaries(NAMES, TREES, min_size=1), st.booleans())
def test_the_place_of_every_value_points_to_it(tree: dict[str, Any], flow: bool) -> None:  # noqa: FBT001 (hypothesis passes it)
    text = yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True)
    lines = text.splitlines()

    def check(node: Any) -> None:
        values = node.items() if isinstance(node, Block) else enumerate(node)
        for step, value in values:
            if isinstance(value, str):
                where = location("f", find(node, (step,), -1))
                assert lines[where.line - 1][where.column - 1 :].startswith(value)
            else:
                check(value)
            if isinstance(node, Block):
                where = location("f", find(node, (step,), -1, key=True))
                assert lines[where.line - 1][where.column - 1 :].startswith(str(step))

    node = only(text)
    assert node == tree
    assert isinstance(node, Block)
    assert all(isinstance(value, str | Block | Listing) for value in node.values())
    check(node)


@settings(max_examples=60)
@given(st.text(st.sampled_from("ab:-[]{},#&*!|>'\"%@` \n\t?<~0$\u2028é"), max_size=60) | st.binary(max_size=60))
def test_no_input_whatever_escapes_as_an_exception(data: str | bytes) -> None:
    parsed = parse("f", data if isinstance(data, bytes) else data.encode())

    assert all(problem.location.line >= 1 and problem.location.column >= 1 for problem in parsed.problems)
