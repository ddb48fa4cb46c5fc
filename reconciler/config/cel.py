"""
CEL, the Common Expression Language: the only module that imports it.

text ── compiled, names and overloads checked ──► Program ── values ──► what it stands for
                                                          └─ given ──► whether it holds

The language has no loops without end, no input and no output. The library bounds some of what is left: 32 levels
of nesting, 10,000 iterations of an evaluation, regular expressions in linear time. It bounds no memory, and its
loops copy their lists (0.1.3, 2026-11): `["a"].map(x, x + x)` thirty times over is a gigabyte, a filter of 10,000
members takes seconds. So we bound what is handed in, what could become of it before it is tried (`_Shape`), and
what is handed out. Functions of text are the ones of CEL's strings extension that do not format, metered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cel_expr_python import cel

from reconciler.config.texts import Meter, OverSpent, functions
from reconciler.model.values import Value

MAX_EXPRESSION: Final = 4096
"""Characters of one expression."""
MAX_INPUT: Final = 256 * 1024
"""Characters of all texts that one evaluation is handed."""
MAX_VALUES: Final = 50_000
"""Values that one evaluation is handed, or hands out."""
MAX_OUTPUT: Final = 1024 * 1024
"""Characters that it hands out."""
MAX_MADE: Final = 32 * 1024 * 1024
"""Characters that it could make on its way."""
MAX_WORK: Final = 4_000_000
"""Steps that it could take: half a second, and 64 MiB, since loops copy their lists."""

_MAX_ITERATIONS: Final = 10_000
_PARTS: Final = 200
"""Members that splitting a text makes at most."""
_LOOPS: Final = re.compile(r"\b(?:all|exists|exists_one|existsOne|filter|map)\b")
_WITH_TEXT: Final = re.compile(r"""["'] *\+|\+ *(?=["'])""")
"""Additions that are of texts, not of lists."""
_TOO_MUCH: Final = "the expression could make too much of what it looks at; let it do less in its loops"
_LEAST: Final = 100
"""Steps of an expression that does hardly anything."""
_TYPES: Final = {"string": cel.Type.STRING, "int": cel.Type.INT, "list": cel.Type.List(cel.Type.STRING)}

_PLACE: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): ([^\n]*)")
_STATUS: Final = re.compile(r"\A[A-Z_]+: (.*)\Z", re.DOTALL)
_TRAIL: Final = re.compile(r"\s*(?:\(in container ''\)|\[[A-Z_]+\])\s*\Z")
_RESERVED: Final = re.compile(
    r"""[rR](?:"[^"\n]*"|'[^'\n]*')|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?<![\w.])(var)(?!\w)"""
)
"""A name that CEL reserves, outside of texts."""
_INSTEAD: Final = "v_r"
"""What stands for it: as long, so that places stay."""
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
class _Size:
    """How large what an expression looks at is."""

    text: int = 0
    """Characters of all texts."""
    longest: int = 0
    """Characters of the longest."""
    values: int = 0
    widest: int = 0
    """Members of the largest list or map."""

    @classmethod
    def of(cls, value: Value) -> _Size:
        """Measure a value."""
        match value:
            case str():
                return cls(len(value), len(value), 1)
            case Mapping():
                return cls._joined([*value.keys(), *value.values()], len(value))
            case list() | tuple():
                return cls._joined(value, len(value))
            case _:
                return cls(values=1)

    @classmethod
    def _joined(cls, parts: Sequence[Value], width: int) -> _Size:
        text, longest, values = 0, 0, 1
        for part in parts:
            if isinstance(part, str):  # most are
                text, longest, values = text + len(part), max(longest, len(part)), values + 1
            else:
                size = cls.of(part)
                text, longest, values = text + size.text, max(longest, size.longest), values + size.values
                width = max(width, size.widest)
        return cls(text, longest, values, width)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What an expression can do to texts and lists, told from how it is written: more than it does, never less."""

    length: int
    additions: int
    of_lists: int
    """Those that may be of lists."""
    loops: int
    members: int
    """Of the lists that it writes or splits."""

    @classmethod
    def of(cls, source: str) -> _Shape:
        """Look at an expression; what stands in its texts counts too, which does no harm."""
        splits = "split" in source
        members = max(source.count(",") + 1, _PARTS if splits else 0)
        additions = source.count("+")
        of_lists = additions if splits else additions - len(_WITH_TEXT.findall(source))
        return cls(len(source), additions, of_lists, len(_LOOPS.findall(source)), members)

    @property
    def multiplies(self) -> bool:
        """Whether it can make much of little."""
        return self.loops > 0 and self.additions > 0

    def bounds(self, size: _Size) -> tuple[float, float]:
        """Return the characters that a text on the way may have, and the steps that this could take."""
        width = (size.widest + self.members) * self._growth(self.of_lists)
        iterations = min(float(_MAX_ITERATIONS), width**self.loops)
        longest = MAX_MADE / (self._growth(self.additions) * iterations * max(1, self.additions))
        return min(longest, MAX_OUTPUT), iterations * max(width, size.longest / 16)

    def _growth(self, additions: int) -> float:
        """Return how many times larger they make what they add; only what a loop names can be used twice."""
        levels = self.loops + 1
        return float(((additions + levels) / levels) ** levels)


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression."""

    source: str
    _compiled: Any
    _shape: _Shape
    _meter: Meter

    @property
    def type(self) -> str:
        """What is known of the value before it is: `bool`, `string`, … or `dyn`."""
        return _named(self._compiled.return_type())

    def value(self, values: Mapping[str, Value]) -> Value:
        """Return what it stands for: null, a truth value, a number, a text, a list or a map; raise Wrong."""
        size = _Size.of(values)
        if size.text > MAX_INPUT:
            raise Wrong(f"the values that the expression looks at are longer than {MAX_INPUT:,} characters")
        if size.values > MAX_VALUES:
            raise Wrong(f"the expression looks at more than {MAX_VALUES:,} values")
        longest, work = self._shape.bounds(size)
        if size.longest + self._shape.length > longest or work > MAX_WORK:
            raise Wrong(_TOO_MUCH)
        try:
            self._meter.begin(int(longest), _LEAST + size.values + int(work))
        except OverSpent as error:
            raise Wrong(str(error)) from None
        return self._evaluated(values)

    def _evaluated(self, values: Mapping[str, Value]) -> Value:
        try:
            named = {_INSTEAD if name == "var" else name: value for name, value in values.items()}
            found = self._compiled.eval(data=named)
        except RuntimeError as error:
            raise _wrong(error) from None
        return _Output().taken(_right(found))

    def holds(self, given: Given) -> bool:
        """Tell whether a condition is true of values that its language was given; raise Wrong."""
        longest = float(MAX_OUTPUT)
        if self._shape.multiplies:
            size = _Size.of(given.looked_at)
            longest, _ = self._shape.bounds(size)
            if size.longest + self._shape.length > longest:
                raise Wrong(_TOO_MUCH)
        self._meter.begin(int(longest), 0)
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
    looked_at: Mapping[str, Value]


class Language:
    """
    CEL with the variables that expressions of one kind may name, whose types are known when they are used.

    `budget` bounds what all its evaluations take together. Not for several threads at once.
    """

    def __init__(self, names: Iterable[str], *, budget: int | None = None) -> None:
        self._meter = Meter(budget)
        variables = dict.fromkeys((_INSTEAD if name == "var" else name for name in names), cel.Type.DYN)
        self._known = cel.NewEnv(variables=variables, functions=_declarations(self._meter))

    def program(self, source: str) -> Program:
        """Return a compiled expression; raise Wrong with its place in the text."""
        if len(source) > MAX_EXPRESSION:
            raise Wrong(f"the expression is longer than {MAX_EXPRESSION:,} characters")
        written = _RESERVED.sub(lambda match: _INSTEAD if match[1] else match[0], source)
        try:
            return Program(source, self._known.compile(written), _Shape.of(source), self._meter)
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
        """Return values for `Program.holds`; how many they are is not bounded here."""
        return Given(self._known.Activation(data=dict(values)), values)


def _right(found: Any) -> Any:
    """Return a value of the library that is no error; raise Wrong."""
    if found.type() == cel.Type.ERROR:
        raise Wrong(_plain(str(found.value())))
    return found


def _named(type_: Any) -> str:
    """Return the name of a type as CEL writes it."""
    return str(type_).lower()


def _declarations(meter: Meter) -> list[Any]:
    overloads: dict[str, list[Any]] = {}
    for function in functions(meter, _PARTS):
        parameters = [_TYPES[name] for name in function.parameters]
        overloads.setdefault(function.name, []).append(
            cel.Overload(
                f"{'_'.join(function.parameters)}_{function.name}",
                _TYPES[function.result],
                parameters,
                is_member=True,
                impl=function.call,
            )
        )
    return [cel.FunctionDecl(name, made) for name, made in overloads.items()]


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


class _Output:
    """Takes a value of the library over as one of YAML; a small one may share its parts a million times."""

    def __init__(self) -> None:
        self._values = 0
        self._text = 0

    def taken(self, found: Any) -> Value:
        """Return a value; raise Wrong for what YAML has no word for."""
        value = found.value()
        self._values += 1
        match value:
            case str():
                return self._counted(value)
            case None | bool() | int() | float():
                return value
            case list():
                self._check(len(value))
                return [self.taken(item) for item in value]
            case dict() if all(isinstance(key, str) for key in value):
                self._check(len(value))
                return {self._counted(key): self.taken(item) for key, item in value.items()}
            case datetime():
                return value.strftime("%Y-%m-%dT%H:%M:%SZ")
            case timedelta():
                raise Wrong("the expression is a duration: write what it is meant for, as a text or a number")
            case dict():
                raise Wrong("the keys of a map must be texts")
            case _:
                raise Wrong(f"the expression is of the type {type(value).__name__}, which a file cannot hold")

    def _counted(self, text: str) -> str:
        self._text += len(text)
        if self._text > MAX_OUTPUT:
            raise Wrong(f"the expression stands for more than {MAX_OUTPUT:,} characters")
        return text

    def _check(self, more: int) -> None:
        if self._values + more > MAX_VALUES:
            raise Wrong(f"the expression stands for more than {MAX_VALUES:,} values")
