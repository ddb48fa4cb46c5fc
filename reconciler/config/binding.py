"""
Expressions in CEL, put in before anything else looks at what stands in a file: nodes → nodes.

    ${var.regions}                     the whole text: its value as it is, a list or a number too
    wave ${each.key}, ${var.quarter}   within a text: texts, numbers and truth values
    ${cases["wave-" + each.key].id}    a reference to the case of that name
    ${env.X} and ${var.a_secret}       stay: `expressions` puts them in, and keeps them secret

node ── drafted once: where its expressions are ── filled for each case: only what holds one is made anew
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from reconciler.config.cel import Language, Program, Wrong
from reconciler.config.expressions import EXPRESSION, MAX_TEXT, MAX_TEXTS, stays
from reconciler.config.nodes import Block, Bound, Elsewhere, Listing, Node, Plain, location
from reconciler.config.problems import TooMany
from reconciler.config.sentences import nearest, quoted
from reconciler.config.variables import UNKNOWN, Variables
from reconciler.errors import Location, Problem
from reconciler.model.address import NAME
from reconciler.model.values import Secret, Value

Scope: TypeAlias = Mapping[str, Value]
"""What the names stand for: `each`, `case`."""

BUDGET: Final = 20_000_000
"""Steps that all expressions of a workspace may take together: a second or two."""
HOLE: Final = 8
"""Values that one expression counts as: to put it in takes as long."""

_ROOTS: Final = ("var", "each", "case")
_IS_CEL: Final = re.compile(rf"(?<![\w.])(?:{'|'.join(_ROOTS)})(?!\w)")
_ROOT: Final = re.compile(rf"(?<![\w.])({'|'.join(_ROOTS)})(?!\w)(?:\s*\.\s*([A-Za-z_]\w*))?")
_PATH: Final = re.compile(rf"(?:{'|'.join(_ROOTS)})(?:\.[A-Za-z_]\w*)+")
_NAMED: Final = re.compile(r"cases\[(.+)\]\.([A-Za-z_]+)", re.DOTALL)
_WORDS: Final = frozenset({"in", "true", "false", "null"})
"""What CEL takes for no name of a part."""
_WHERE: Final = {
    "var": "`var` cannot stand here",
    "each": "`each` is known in a case with `for_each` only",
    "case": "`case` is known in cases only",
}


class _NoValue(Exception):
    """The expression has no value; the message says why, None if that has been said."""

    def __init__(self, message: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(slots=True)
class _Hole:
    """An expression, and what it looks at."""

    source: str
    path: Sequence[str] | None
    """Where it is but a name: the steps to it."""
    program: Program | None
    roots: frozenset[str]
    variables: Mapping[str, Value]
    attribute: str | None = None
    """It names a case, whose attribute is meant."""

    def value(self, scope: Scope) -> Value:
        """Return what it stands for; raise Wrong."""
        named = {"var": self.variables, **scope}
        if self.path is not None and (found := _looked_up(named, self.path)) is not _MISSING:
            return found
        assert self.program is not None
        return self.program.value({name: named[name] for name in self.roots})


_MISSING: Final = object()


def _looked_up(named: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = named
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return _MISSING
        value = value[step]
    return value


@dataclass(slots=True)
class _Text:
    """A text with expressions."""

    written: str
    where: Location
    place: int
    pieces: Sequence[Any]
    """Texts, holes, and what stays: matches, Secret, None."""


@dataclass(slots=True)
class _Parts:
    """A mapping or a list, some of whose values hold expressions."""

    node: Block | Listing
    holes: Sequence[tuple[Any, Draft]]


Draft: TypeAlias = _Text | _Parts


@dataclass(slots=True)
class Binder:
    """Puts expressions in; what is wrong goes to `problems`."""

    problems: list[Problem]
    variables: Variables = UNKNOWN
    values: int = 0
    """That expressions have brought in so far."""
    left: int = 0
    """Texts met so far in which something stays that is put in later."""
    _language: Language | None = None
    _programs: dict[str, Program | _NoValue] = field(default_factory=dict)
    _put_in: int = 0

    def bound(self, node: Node, file: str, place: int, names: Sequence[str], scope: Scope | None = None) -> Node:
        """Return a node with the expressions put in that look at nothing but `names`."""
        draft = self.draft(node, file, place, names)
        return node if draft is None else self.filled(draft, scope or {})

    # once

    def draft(self, node: Node, file: str, place: int, names: Sequence[str]) -> Draft | None:
        """Return where the expressions of a node are; None if it has none."""
        if type(place) is Elsewhere:
            file = place.file
        items: list[tuple[Any, Node, int]]
        match node:
            case str() if "${" in node and not isinstance(node, Bound):
                made = self._text(node, file, place, names)
                self.left += made is None
                return made
            case Block():
                items = [(key, value, at) for key, value, _, at in node.located()]
            case Listing():
                items = list(zip(range(len(node)), node, node.places, strict=True))
            case _:
                return None
        holes = [
            (key, made) for key, value, at in items if (made := self.draft(value, file, at, names)) is not None
        ]
        return _Parts(node, holes) if holes else None

    def _text(self, text: str, file: str, place: int, names: Sequence[str]) -> Draft | None:
        if not _IS_CEL.search(text):
            return None
        where = location(file, place)
        pieces = list(self._pieces(text, where, names))
        if all(isinstance(piece, str | re.Match) for piece in pieces):
            return None
        return _Text(text, where, place, pieces)

    def _pieces(self, text: str, where: Location, names: Sequence[str]) -> Iterator[Any]:
        end = 0
        for match in EXPRESSION.finditer(text):
            if match.start() > end:
                yield text[end : match.start()]
            end = match.end()
            yield "${" if match[1] is None else self._piece(match, where, names)
        if end < len(text):
            yield text[end:]

    def _piece(self, match: re.Match[str], where: Location, names: Sequence[str]) -> Any:
        inner = match[1].strip()
        named = _NAMED.fullmatch(inner)
        if match[2] is None or not _IS_CEL.search(inner) or (stays(inner) and not named):
            return match
        try:
            return self._hole(named[1], names, named[2]) if named else self._hole(inner, names)
        except _NoValue as error:
            self._report(where, match[0], error)
            return None

    def _hole(self, source: str, names: Sequence[str], attribute: str | None = None) -> _Hole | Secret:
        roots: frozenset[str] = frozenset()
        variables: dict[str, Value] = {}
        for root, part in _ROOT.findall(source):
            if root not in names:
                raise _NoValue(_WHERE[root])
            if root == "case" and part not in {"", "name"}:
                raise _NoValue(
                    "of a case itself only `case.name` is known", "of another one it is ${cases.NAME.id}"
                )
            roots |= {root}
            if part in self.variables.secrets and source == f"var.{part}" and attribute is None:
                return Secret(self.variables.secrets[part])
            if root == "var":
                variables |= self._variables(part)
        is_path = _PATH.fullmatch(source) is not None
        path = source.split(".") if is_path and _WORDS.isdisjoint(source.split(".")) else None
        return _Hole(source, path, self._program(source), roots, variables, attribute)

    def _variables(self, name: str) -> Mapping[str, Value]:
        """Return the variables that `var.NAME` looks at, all for a mere `var`; raise _NoValue."""
        known = self.variables
        if name in known.values:
            return {name: known.values[name]}
        if not known.are_known or name in known.unset or (not name and known.unset):
            raise _NoValue
        if not name:
            return known.values
        if name in known.secrets:
            raise _NoValue(
                f"the variable {quoted(name)} is a secret", f"it can stand by itself only: ${{var.{name}}}"
            )
        hint = nearest(name, known.names) or "declare it under `variables:` in reconciler.yaml"
        raise _NoValue(f"there is no variable {quoted(name)}", hint)

    def _program(self, source: str) -> Program:
        known = self._programs.get(source)
        if known is None:
            self._language = self._language or Language(_ROOTS, budget=BUDGET)
            try:
                known = self._language.program(source)
            except Wrong as error:
                known = _NoValue(error.message)
            self._programs[source] = known
        if isinstance(known, _NoValue):
            raise known
        return known

    def _report(self, where: Location, written: str, error: _NoValue) -> None:
        if error.message is not None:
            self.problems.append(Problem(where, f"{quoted(written)}: {error.message}", error.hint))

    # for each case

    def filled(self, draft: Draft, scope: Scope) -> Node:
        """Return a node with its expressions put in."""
        if isinstance(draft, _Text):
            return self._filled_text(draft, scope)
        made: Any = draft.node.like()
        for key, hole in draft.holes:
            made[key] = self.filled(hole, scope)
        return made

    def _filled_text(self, draft: _Text, scope: Scope) -> Node:
        if len(draft.pieces) == 1 and isinstance(draft.pieces[0], _Hole) and draft.pieces[0].attribute is None:
            return self._whole(draft, draft.pieces[0], scope)
        parts = [
            self._filled_piece(draft, piece, scope) if isinstance(piece, _Hole) else piece
            for piece in draft.pieces
        ]
        self.values += HOLE * len(parts)
        try:
            texts = [part for part in parts if isinstance(part, str)]
            self._count(sum(map(len, texts)))
        except _NoValue as error:
            self.problems.append(Problem(draft.where, error.message or ""))
            if self._put_in > MAX_TEXTS:
                raise TooMany from None
            return self._bound(draft.written, None)
        if len(texts) == len(parts):
            return self._text_node("".join(texts))
        return self._bound(draft.written, *parts)

    def _bound(self, written: str, *parts: Any) -> Bound:
        self.left += 1
        return Bound(written, parts)

    def _text_node(self, text: str) -> str:
        return self._bound(text, text) if "${" in text else text

    def _whole(self, draft: _Text, hole: _Hole, scope: Scope) -> Node:
        self.values += HOLE
        try:
            return self._node(self._value(hole, scope), draft.place)
        except _NoValue as error:
            self._report(draft.where, draft.written.strip(), error)
            return self._bound(draft.written, None)

    def _filled_piece(self, draft: _Text, hole: _Hole, scope: Scope) -> Any:
        written = f"${{{hole.source}}}"
        try:
            value = self._value(hole, scope)
            if hole.attribute is not None:
                return _reference(value, hole.attribute)
            return _within_text(value)
        except _NoValue as error:
            self._report(draft.where, written, error)
            return None

    @staticmethod
    def _value(hole: _Hole, scope: Scope) -> Value:
        try:
            return hole.value(scope)
        except Wrong as error:
            raise _NoValue(error.message) from None

    def _count(self, length: int) -> None:
        """Count a text; raise _NoValue where it is too long, or all of them are."""
        self._put_in += length
        if length > MAX_TEXT:
            raise _NoValue(f"expressions put more than {MAX_TEXT:,} characters into one text")
        if self._put_in > MAX_TEXTS:
            message = f"expressions put more than {MAX_TEXTS:,} characters into the texts of this workspace"
            raise _NoValue(message)

    def _counted(self, text: str) -> str:
        self._count(len(text))
        return text

    def _node(self, value: Value, place: int) -> Node:
        """Return a value as if it were written at a place."""
        self.values += 1
        match value:
            case str():
                return self._text_node(self._counted(value))
            case bool():
                return Plain("true" if value else "false")
            case int():
                return Plain(value)
            case float():
                return Plain(_number(value))
            case list():
                listing = Listing()
                listing.extend(self._node(item, place) for item in value)
                listing.places = [place] * len(listing)
                return listing
            case Mapping():
                block = Block()
                for key, item in value.items():
                    block.put(self._counted(key), self._node(item, place), place, place)
                return block
            case _:
                return None


def literal(text: str) -> str | None:
    """Return a text in which no expression is left; None if one is."""
    if isinstance(text, Bound):
        return "".join(text.parts) if all(isinstance(part, str) for part in text.parts) else None
    if any(found[1] is not None for found in EXPRESSION.finditer(text)):
        return None
    return text.replace("$${", "${")


def _number(value: float) -> str:
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - what is not itself is no number
        raise _NoValue("it stands for no number that a file can hold")
    return repr(value)


def _within_text(value: Value) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _number(value)
        case _:
            what = "nothing" if value is None else "a mapping" if isinstance(value, Mapping) else "a list"
            raise _NoValue(f"it stands for {what}, which cannot be a part of a text")


def _reference(value: Value, attribute: str) -> re.Match[str]:
    """Return the expression that refers to a case."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise _NoValue(f"it stands for {quoted(str(value))}, which names no case")
    match = EXPRESSION.match(f"${{cases.{value}.{attribute}}}")
    assert match is not None
    return match
