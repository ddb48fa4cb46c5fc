"""
CEL, the Common Expression Language: the only module that imports it.

text ── compiled, names and overloads checked ──► Program ── values ──► what it stands for
                                                          └─ given ──► whether it holds

The language has no loops without end, no input and no output. The library bounds what is left: 32 levels of
nesting, 10,000 iterations of an evaluation, regular expressions in linear time. We bound the text of an expression
and of what is handed in, since iterations times text is memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cel_expr_python import cel
from cel_expr_python.ext import ext_strings

from reconciler.model.values import Value

MAX_EXPRESSION: Final = 4096
"""Characters of one expression."""
MAX_INPUT: Final = 256 * 1024
"""Characters of all texts that one evaluation is handed."""

_PLACE: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): ([^\n]*)")
_STATUS: Final = re.compile(r"\A[A-Z_]+: (.*)\Z", re.DOTALL)
_TRAIL: Final = re.compile(r"\s*(?:\(in container ''\)|\[[A-Z_]+\])\s*\Z")
_BUDGET: Final = "Iteration budget exceeded"


class Wrong(Exception):
    """An expression that cannot be compiled, or that has no value."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        """Of the expression, from 1."""
        self.column = column
        """From 1."""


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression."""

    source: str
    _compiled: Any

    @property
    def type(self) -> str:
        """What is known of the value before it is: `bool`, `string`, … or `dyn`."""
        return _named(self._compiled.return_type())

    def value(self, values: Mapping[str, Value]) -> Value:
        """Return what it stands for: null, a truth value, a number, a text, a list or a map; raise Wrong."""
        if _size(values) > MAX_INPUT:
            raise Wrong(f"the values that the expression looks at are longer than {MAX_INPUT:,} characters")
        try:
            found = self._compiled.eval(data=dict(values))
        except RuntimeError as error:
            raise _wrong(error) from None
        return _ours(_right(found).plain_value())

    def holds(self, given: Given) -> bool:
        """Tell whether a condition is true of values that its language was given; raise Wrong."""
        try:
            found = self._compiled.eval(activation=given.values)
        except RuntimeError as error:
            raise _wrong(error) from None
        value = found.value()
        if not isinstance(value, bool):
            raise Wrong(f"the expression is of the type {_named(_right(found).type())}, not true or false")
        return value


@dataclass(frozen=True, slots=True)
class Given:
    """Values that many expressions of one language look at; handing them over takes longer than an evaluation."""

    values: Any


class Language:
    """CEL with the variables that expressions of one kind may name, whose types are known when they are used."""

    def __init__(self, names: Iterable[str]) -> None:
        variables = dict.fromkeys(names, cel.Type.DYN)
        self._known = cel.NewEnv(variables=variables, extensions=[ext_strings.ExtStrings()])

    def program(self, source: str) -> Program:
        """Return a compiled expression; raise Wrong with its place in the text."""
        if len(source) > MAX_EXPRESSION:
            raise Wrong(f"the expression is longer than {MAX_EXPRESSION:,} characters")
        try:
            return Program(source, self._known.compile(source))
        except RuntimeError as error:
            raise _wrong(error) from None

    def condition(self, source: str) -> Program:
        """Return a compiled expression that is true or false, as far as is known; raise Wrong with its place."""
        program = self.program(source)
        type_ = program.type
        if type_ not in {"bool", "dyn"}:
            raise Wrong(f"the expression is of the type {type_}, not true or false")
        return program

    def given(self, values: Mapping[str, Value]) -> Given:
        """Return values for `Program.holds`; not bounded here, and looked at when a program needs them."""
        return Given(self._known.Activation(data=dict(values)))


def _right(found: Any) -> Any:
    """Return a value of the library that is no error; raise Wrong."""
    if found.type() == cel.Type.ERROR:
        raise Wrong(_plain(str(found.value())))
    return found


def _named(type_: Any) -> str:
    """Return the name of a type as CEL writes it."""
    return str(type_).lower()


def _wrong(error: RuntimeError) -> Wrong:
    text = str(error)
    found = _PLACE.search(text)
    if _BUDGET in text:
        return Wrong("the expression takes more than 10,000 iterations")
    if found is None or int(found[1]) < 1:
        return Wrong(_plain(found[3] if found else text))
    return Wrong(_plain(found[3]), int(found[1]), int(found[2]))


def _plain(text: str) -> str:
    """Return the library's words without its own status codes and containers."""
    text = _TRAIL.sub("", _TRAIL.sub("", text.split("\n", 1)[0]))
    found = _STATUS.match(text)
    return found[1] if found else text


def _size(value: object) -> int:
    """Return how many characters of text a value holds."""
    match value:
        case str():
            return len(value)
        case Mapping():
            return sum(_size(key) + _size(item) for key, item in value.items())
        case list() | tuple():
            return sum(map(_size, value))
        case _:
            return 0


def _ours(value: Any) -> Value:
    """Return a value of the library as one of YAML; raise Wrong for what YAML has no word for."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list():
            return [_ours(item) for item in value]
        case dict() if all(isinstance(key, str) for key in value):
            return {key: _ours(item) for key, item in value.items()}
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case timedelta():
            raise Wrong("the expression is a duration: write what it is meant for, as a text or a number")
        case dict():
            raise Wrong("the keys of a map must be texts")
        case _:
            raise Wrong(f"the expression is of the type {type(value).__name__}, which a file cannot hold")
