"""Where a character of an expression stands in the file, however YAML writes it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from reconciler.config.documents import parse
from reconciler.config.nodes import COLUMN_BITS, Block
from reconciler.config.spots import spot

LITERAL = """\
    deny: |  # a comment
      change.a &&

        nope
    """
FOLDED = """\
    deny: >-
       change.a &&
       nope
    """


@pytest.mark.parametrize(
    ("file", "line", "column", "expected"),
    [
        ("deny: a && nope\n", 1, 6, (0, 11)),
        ("deny: a && nope\n", 1, 1, (0, 6)),
        ("deny: a && nope\n", 1, 11, (0, 15)),  # just behind it: something is missing there
        ("deny: a &&\n  nope\n", 1, 6, (1, 2)),
        ("deny: 'a == ''x'' + nope'\n", 1, 12, (0, 20)),
        ('deny: "a == \\"x\\" + nope"\n', 1, 12, (0, 20)),
        ('deny: "a &&\\n \\\n  nope"\n', 2, 2, (1, 2)),
        ('deny: "\\x61 && nope"\n', 1, 6, (0, 6)),  # an escape by number: the text as a whole
        ("'ü😀': 1\ndeny: \"'ü😀' + nope\"\n", 1, 8, (1, 14)),
        (dedent(LITERAL), 3, 3, (3, 4)),
        (dedent(LITERAL), 1, 8, (1, 9)),
        (dedent(FOLDED), 1, 13, (2, 3)),
        ("x: &x a && nope\ndeny: *x\n", 1, 6, (1, 6)),  # an alias: where it stands
    ],
)
def test_a_character_is_found_where_it_is_written(
    file: str, line: int, column: int, expected: tuple[int, int]
) -> None:
    parsed = parse("f", file.encode())
    assert parsed.problems == ()
    (document,) = parsed.documents
    assert isinstance(document.node, Block)

    place = spot(file, document.node.place("deny"), document.node["deny"], line, column)

    assert (place >> COLUMN_BITS, place & ((1 << COLUMN_BITS) - 1)) == expected
