"""
TQL, the query language of lists: a query is compiled once into a test of one stored thing.

    query      = both {"or" both}
    both       = condition {"and" condition}
    condition  = "(" query ")" | nested "(" query ")" | parameter operation
    operation  = comparison value | ["not"] word value | ["not"] "in" "(" value {"," value} ")"
               | "is" ["not"] "null"

Parameters and operators are read in any letter case. What has no value fits nothing but `is null`; of what
has many, one must fit, and none if the operator denies.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from reconciler.providers.threatconnect.emulator.tql_words import Token, TokenKind, misread, tokens

__all__ = ["Parameter", "Predicate", "Type", "compile_query"]

Predicate = Callable[[Any], bool]
_Reader = Callable[[Token], Any]
_MAX_DEPTH = 50


class Type(StrEnum):
    """The type of a parameter, as OPTIONS names it; StringLower ignores letter case."""

    INTEGER = "Integer"
    STRING = "String"
    LOWER = "StringLower"
    DATE = "Date"
    BOOLEAN = "Boolean"
    NESTED = "Nested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """
    What may be asked about a thing.

    `get` takes the value out of the thing, None for none; with `many` it gives any number of them. `read` makes
    a value of a token and raises `Refused` for a wrong one. A NESTED parameter gives many things, about which
    a query with the parameters `within` is asked. Values of a LOWER parameter are casefolded.
    """

    keyword: str
    type: Type
    get: Callable[[Any], Any]
    read: _Reader = lambda token: token.text
    many: bool = False
    within: Callable[[], Mapping[str, Parameter]] | None = None

    @property
    def sortable(self) -> bool:
        """Tell whether a list can be sorted by it."""
        return not self.many


class _Operator(StrEnum):
    EQUAL = "="
    GREATER = ">"
    LESS = "<"
    AT_LEAST = ">="
    AT_MOST = "<="
    IN = "in"
    LIKE = "like"
    CONTAINS = "contains"
    STARTS = "startswith"
    ENDS = "endswith"


_NOT_EQUAL = {"!=", "ne"}
_COMPARISONS: Mapping[str, _Operator] = {
    "=": _Operator.EQUAL,
    "==": _Operator.EQUAL,
    "eq": _Operator.EQUAL,
    "equals": _Operator.EQUAL,
    ">": _Operator.GREATER,
    "gt": _Operator.GREATER,
    "<": _Operator.LESS,
    "lt": _Operator.LESS,
    ">=": _Operator.AT_LEAST,
    "geq": _Operator.AT_LEAST,
    "<=": _Operator.AT_MOST,
    "leq": _Operator.AT_MOST,
}
_WORDS: Mapping[str, _Operator] = {
    "in": _Operator.IN,
    "like": _Operator.LIKE,
    "contains": _Operator.CONTAINS,
    "startswith": _Operator.STARTS,
    "endswith": _Operator.ENDS,
}

_ANY_TYPE = frozenset({_Operator.EQUAL, _Operator.IN})
_ORDERED = _ANY_TYPE | {_Operator.GREATER, _Operator.LESS, _Operator.AT_LEAST, _Operator.AT_MOST}
_TEXTUAL = _ANY_TYPE | {_Operator.LIKE, _Operator.CONTAINS, _Operator.STARTS, _Operator.ENDS}
_OPERATORS_OF: Mapping[Type, frozenset[_Operator]] = {
    Type.INTEGER: _ORDERED,
    Type.DATE: _ORDERED,
    Type.STRING: _TEXTUAL,
    Type.LOWER: _TEXTUAL,
    Type.BOOLEAN: frozenset({_Operator.EQUAL}),
}


def compile_query(text: str, parameters: Mapping[str, Parameter]) -> Predicate:
    """
    Compile a query over parameters, which are named in lower case.

    Raises `Refused` (400, errCode 0x2001) for bad syntax, an unknown parameter, a value or an operator that
    does not suit its parameter.
    """
    return _Compiler(list(tokens(text)), parameters).compile()


class _Compiler:
    """One pass over the tokens of a query."""

    def __init__(self, found: Sequence[Token], parameters: Mapping[str, Parameter]) -> None:
        self._tokens = found
        self._position = 0
        self._parameters = parameters
        self._depth = 0

    def compile(self) -> Predicate:
        test = self._query()
        if self._token.kind is not TokenKind.END:
            raise misread(f"unexpected {self._token.text!r}")
        return test

    # tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._token
        if token.kind is TokenKind.END:
            raise misread("unexpected end")
        self._position += 1
        return token

    def _took(self, word: str) -> bool:
        if self._token.folded != word:
            return False
        self._position += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._took(word):
            raise misread(f"expected {word!r} instead of {self._token.text!r}")

    # structure

    def _query(self) -> Predicate:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise misread("too many parentheses")
        tests = [self._both()]
        while self._took("or"):
            tests.append(self._both())
        self._depth -= 1
        return tests[0] if len(tests) == 1 else lambda thing: any(test(thing) for test in tests)

    def _both(self) -> Predicate:
        test = self._condition()
        while self._took("and"):
            test = _and(test, self._condition())
        return test

    def _condition(self) -> Predicate:
        if self._took("("):
            test = self._query()
            self._expect(")")
            return test
        parameter = self._parameter()
        return self._operation(parameter) if parameter.within is None else self._nested(parameter)

    def _parameter(self) -> Parameter:
        token = self._take()
        found = self._parameters.get(token.folded) if token.kind is TokenKind.WORD else None
        if found is None:
            raise misread(f"unknown parameter {token.text!r}")
        return found

    def _nested(self, parameter: Parameter) -> Predicate:
        assert parameter.within is not None
        outer, self._parameters = self._parameters, parameter.within()
        self._expect("(")
        inner = self._query()
        self._expect(")")
        self._parameters, get = outer, parameter.get
        return lambda thing: any(inner(found) for found in get(thing))

    # one condition

    def _operation(self, parameter: Parameter) -> Predicate:
        if self._took("is"):
            return self._null(parameter)
        denied = self._took("not")
        word = self._take().folded
        if denied:
            return _lifted(parameter, self._worded(parameter, word), denied=True)
        if word in _NOT_EQUAL:
            return _lifted(parameter, self._compared(parameter, _Operator.EQUAL), denied=True)
        if word in _COMPARISONS:
            return _lifted(parameter, self._compared(parameter, _COMPARISONS[word]), denied=False)
        return _lifted(parameter, self._worded(parameter, word), denied=False)

    def _null(self, parameter: Parameter) -> Predicate:
        denied, get = self._took("not"), parameter.get
        self._expect("null")
        if parameter.many:
            return lambda thing: any(True for _ in get(thing)) is denied
        return lambda thing: (get(thing) is not None) is denied

    def _worded(self, parameter: Parameter, word: str) -> Predicate:
        if word not in _WORDS:
            raise misread(f"unknown operator {word!r}")
        if _WORDS[word] is not _Operator.IN:
            return self._compared(parameter, _WORDS[word])
        self._expect("(")
        values = [parameter.read(self._take())]
        while self._took(","):
            values.append(parameter.read(self._take()))
        self._expect(")")
        return _suited(parameter, _Operator.IN, frozenset(values))

    def _compared(self, parameter: Parameter, by: _Operator) -> Predicate:
        return _suited(parameter, by, parameter.read(self._take()))


def _suited(parameter: Parameter, by: _Operator, operand: Any) -> Predicate:
    if by not in _OPERATORS_OF[parameter.type]:
        raise misread(f"{parameter.keyword} is a {parameter.type} and has no {by}")
    return _TESTS[by](operand)


def _and(one: Predicate, other: Predicate) -> Predicate:
    return lambda thing: one(thing) and other(thing)


def _lifted(parameter: Parameter, test: Predicate, *, denied: bool) -> Predicate:
    """Make a test of a value one of the thing that has it."""
    get = parameter.get
    if parameter.many:
        return lambda thing: any(test(value) for value in get(thing)) is not denied
    if denied:
        return lambda thing: (value := get(thing)) is not None and not test(value)
    return lambda thing: (value := get(thing)) is not None and test(value)


def _like(pattern: str) -> Predicate:
    fits = re.compile(".*".join(re.escape(part) for part in pattern.split("%")), re.DOTALL).fullmatch
    return lambda value: fits(value) is not None


def _flipped(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Predicate]:
    return lambda operand: lambda value: compare(value, operand)


_TESTS: Mapping[_Operator, Callable[[Any], Predicate]] = {
    _Operator.EQUAL: lambda operand: partial(operator.eq, operand),
    _Operator.IN: lambda operand: partial(operator.contains, operand),
    _Operator.GREATER: lambda operand: partial(operator.lt, operand),
    _Operator.LESS: lambda operand: partial(operator.gt, operand),
    _Operator.AT_LEAST: lambda operand: partial(operator.le, operand),
    _Operator.AT_MOST: lambda operand: partial(operator.ge, operand),
    _Operator.LIKE: _like,
    _Operator.CONTAINS: _flipped(operator.contains),
    _Operator.STARTS: _flipped(str.startswith),
    _Operator.ENDS: _flipped(str.endswith),
}
