"""CEL within bounds: what an expression stands for, and where and why it stands for nothing."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.config.cel import MAX_EXPRESSION, MAX_INPUT, Language, Wrong

CHANGE = {"action": "delete", "fields": [{"path": ["priority"], "after": "high"}], "numbers": list(range(200))}


def value(source: str, **values: Any) -> Any:
    return Language(["change", "text"]).program(source).value({"change": CHANGE, "text": "", **values})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('change.action == "delete" && change.fields.exists(f, f.path[0] == "priority")', True),
        ('change.action == "update" ? 1 : 2', 2),
        ("[1, 2.5, null, true, {'a': 'ü😀'}]", [1, 2.5, None, True, {"a": "ü😀"}]),
        ('has(change.nope) ? "x" : "y"', "y"),
        ('"ABC".lowerAscii() + ["a", "b"].join("-")', "abca-b"),
        ('timestamp("2026-01-01T01:00:00+01:00")', "2026-01-01T00:00:00Z"),
    ],
)
def test_an_expression_stands_for_a_value_that_a_file_can_hold(source: str, expected: object) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("1 +", 1, 4, "Syntax error"),
        ("nope == 1", 1, 1, "undeclared reference to 'nope'"),
        ('true &&\n  "a" + 1 == 2', 2, 7, "found no matching overload"),
        ("change.nope", 1, 1, 'Key not found in map : "nope"'),
        ("1 / 0", 1, 1, "divide by zero"),
        ("9223372036854775807 + 1", 1, 1, "integer overflow"),
        ('duration("1s")', 1, 1, "duration"),
        ('b"a"', 1, 1, "which a file cannot hold"),
        ("{1: 2}", 1, 1, "keys of a map"),
        ('text.matches("(")', 1, 1, "missing )"),
    ],
)
def test_what_has_no_value_is_refused_with_its_place(source: str, line: int, column: int, words: str) -> None:
    with pytest.raises(Wrong) as refused:
        value(source)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert words in refused.value.message
    assert "INVALID" not in refused.value.message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("change.numbers.all(x, change.numbers.all(y, x * y >= 0))", "more than 10,000 iterations"),
        ("(" * 1000 + "1" + ")" * 1000, "recursion limit"),
        ("1" + " + 1" * 1000, "recursion depth"),
        ("1" * (MAX_EXPRESSION + 1), "longer than 4,096 characters"),
    ],
)
def test_an_expression_is_bounded(source: str, words: str) -> None:
    with pytest.raises(Wrong, match=words):
        value(source)


def test_what_an_expression_looks_at_is_bounded() -> None:
    assert value("text.size()", text="x" * (MAX_INPUT // 2)) == MAX_INPUT // 2
    with pytest.raises(Wrong, match="longer than 262,144 characters"):
        value("1", text="x" * (MAX_INPUT + 1))


def test_a_regular_expression_takes_linear_time() -> None:
    assert value('text.matches("^(a|a)*b$")', text="a" * 100_000) is False


LISTED = {"few": ["a", "b"], "many": [f"m{at}" for at in range(3000)], "long": "x" * 100_000}


@pytest.mark.parametrize(
    "source",
    [
        '["a"]' + ".map(x, x + x)" * 20,
        "[[1]]" + ".map(x, x + x)" * 15 + "[0].map(y, y).size()",
        "text.many.map(x, text.long + x).size()",
        "text.many.filter(x, text.many.exists(y, x + y == text.long))",
        'text.many.filter(x, x != "m1").size()',
        'text.many.map(x, text.long.matches("(a.*){20}$"))',
    ],
)
def test_what_could_take_memory_or_time_is_refused_before_it_is_tried(source: str) -> None:
    with pytest.raises(Wrong, match="could make too much"):
        value(source, text=LISTED)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('"a"' + '.replace("a", "aaaaaaaaaa")' * 7, "makes too much text"),
        ('text.long.replace("", text.long)', "makes too much text"),
        ("text.long.split('').join(text.long)", "more than 200 parts"),
        (f"[{', '.join(['text.many'] * 20)}]", "more than 50,000 values"),
        (f"[{', '.join(['text.long'] * 12)}]", "more than 1,048,576 characters"),
    ],
)
def test_what_an_expression_makes_is_bounded(source: str, words: str) -> None:
    with pytest.raises(Wrong, match=words):
        value(source, text=LISTED)


def test_a_condition_is_bounded_too() -> None:
    language = Language(["text"])
    given = language.given({"text": LISTED})

    assert language.condition("text.few.exists(x, x + x == 'aa')").holds(language.given({"text": {"few": ["a"]}}))
    with pytest.raises(Wrong, match="could make too much"):
        language.condition("text.many.exists(x, text.long + x == '')").holds(given)
    with pytest.raises(Wrong, match="makes too much text"):
        language.condition("text.long.replace('', text.long) == ''").holds(given)


def test_an_expression_looks_at_so_many_values_and_no_more() -> None:
    with pytest.raises(Wrong, match="looks at more than 50,000 values"):
        value("1", text=[1] * 50_001)


def test_what_all_expressions_take_together_is_bounded() -> None:
    program = Language(["text"], budget=1000).program("text.size()")
    for _ in range(9):
        program.value({"text": "a"})
    with pytest.raises(Wrong, match="too many steps together"):
        program.value({"text": "a"})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('text.replace("a", "-")', "-b-B c"),
        ('text.replace("a", "-", 1)', "-baB c"),
        ('text.replace("", ".", 2)', ".a.baB c"),
        ('["a", "b"].join() + ["a"].join("-")', "aba"),
        ('text.split("a")', ["", "b", "B c"]),
        ('text.split("a", 2)', ["", "baB c"]),
        ('text.split("a", 0)', []),
        ('text.split("a", 1)', ["abaB c"]),
        ('"ab".split("")', ["a", "b"]),
        ('"abc".split("", 2)', ["a", "bc"]),
        ("text.lowerAscii() + text.upperAscii()", "abab cABAB C"),
        ('"É".lowerAscii()', "É"),
        ("text.charAt(1) + text.charAt(6)", "b"),
        ("text.substring(4) + text.substring(0, 2)", " cab"),
        ('[text.indexOf("a"), text.indexOf("a", 1), text.indexOf("z"), text.lastIndexOf("a")]', [0, 2, -1, 2]),
        ('" a ".trim()', "a"),
    ],
)
def test_texts_are_looked_at_and_changed(source: str, expected: object) -> None:
    assert value(source, text="abaB c") == expected


@pytest.mark.parametrize(
    ("source", "words"),
    [("text.substring(7)", "nothing from 7 to 6"), ('[dyn("a"), dyn(1)].join("")', "a list of texts")],
)
def test_what_functions_of_texts_cannot_do_is_said(source: str, words: str) -> None:
    with pytest.raises(Wrong, match=words):
        value(source, text="abaB c")
