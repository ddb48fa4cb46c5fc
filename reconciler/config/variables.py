"""
`variables:` of `reconciler.yaml`, and their values.

    variables:
      region: emea                                       a text, with this default
      quarter:                                           a text that must be given
      regions: {type: list, default: [emea, apac]}
      token: {type: string, secret: true}                shown to nobody

default  <  RECONCILER_VAR_region  <  --var-file FILE …  <  --var region=apac …       later ones win
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from reconciler.config.characters import MAX_BYTES
from reconciler.config.documents import parse
from reconciler.config.expressions import checked, expressions_in
from reconciler.config.files import Unreadable, read
from reconciler.config.nodes import Block, Listing, Node, Placed, Plain, core_value, core_values, is_core
from reconciler.config.problems import Stop
from reconciler.config.sentences import Complaints, nearest, one_of, quoted, shown
from reconciler.errors import Location, Problem
from reconciler.model.values import Value

PREFIX: Final = "RECONCILER_VAR_"
"""Of the environment variable that gives a variable its value."""
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
"""What may name a variable: what expressions can say behind `var.`."""
MAX_VARIABLES: Final = 1000

_OPTION: Final = "FILE"
"""RECONCILER_VAR_FILE is the option --var-file."""
_TAKEN: Final = (_OPTION, "in", "true", "false", "null")
"""What can name no variable: the last are words of CEL, which cannot stand behind `var.`."""
_INT_64: Final = 1 << 63


class Kind(StrEnum):
    """What a variable holds."""

    STRING = "string"
    NUMBER = "number"
    BOOL = "bool"
    LIST = "list"
    MAP = "map"


_WANTED: Final = {
    Kind.STRING: "text",
    Kind.NUMBER: "a number",
    Kind.BOOL: "true or false",
    Kind.LIST: "a list, such as [a, b]",
    Kind.MAP: "a mapping, such as {key: text}",
}


class VariableEntry(BaseModel):
    """One variable of a workspace."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    type: Kind | None = Field(
        default=None, description="What it holds; default: what its default is, or a string."
    )
    default: Any = Field(default=None, description="Its value if none is given; without one it must be given.")
    description: str | None = Field(default=None, description="What it is for.")
    secret: bool = Field(default=False, description="It is shown nowhere; a string only.")

    @field_validator("type", mode="before")
    @classmethod
    def _lower(cls, text: Any) -> Any:
        return text.lower() if isinstance(text, str) else text


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says about variables."""

    files: Sequence[str] = ()
    values: Sequence[str] = ()
    """`name=value` each."""


NOTHING_GIVEN: Final = Given()


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of a workspace."""

    values: Mapping[str, Value] = field(default_factory=dict)
    """Of those that expressions see."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    unset: frozenset[str] = frozenset()
    """Those without a value, which was said."""
    are_known: bool = True
    """Otherwise the file that declares them could not be read."""

    @property
    def names(self) -> list[str]:
        """Every declared one."""
        return sorted({*self.values, *self.secrets, *self.unset})


UNKNOWN: Final = Variables(are_known=False)


@dataclass(frozen=True, slots=True)
class _Said:
    """A value of a variable, and who says so."""

    node: Node
    place: Location
    is_raw: bool = False
    """A text of the command line or the environment, which is read as its type wants it."""


class _Unfit(Exception):
    """A value that a variable cannot have; the message completes "`name` …"."""


class VariablesReader:
    """Reads `variables:` and what is given for them."""

    def __init__(
        self,
        env: Mapping[str, str],
        given: Given,
        problems: list[Problem],
        warnings: list[str],
        *,
        offline: bool,
    ) -> None:
        self._env = env
        self._given = given
        self._problems = problems
        self._warnings = warnings
        self._offline = offline

    def read(self, placed: Placed) -> Variables:
        """Return the variables that the settings declare, with their values."""
        declared = placed.node.get("variables")
        if declared is not None and not isinstance(declared, Block):
            return UNKNOWN  # which the model of the settings says
        entries = dict(self._entries(placed, declared)) if declared else {}
        given = self._all_given(set(declared or ()))
        values: dict[str, Value] = {}
        secrets: dict[str, str] = {}
        for name, entry in entries.items():
            found = self._value(placed, name, entry, given.get(name))
            if found is not None:
                values[name] = found
        for name in [name for name, entry in entries.items() if entry.secret and name in values]:
            secrets[name] = values.pop(name)
        return Variables(values, secrets, frozenset(declared or ()) - values.keys() - secrets.keys())

    # what is declared

    def _entries(self, placed: Placed, declared: Block) -> Iterator[tuple[str, VariableEntry]]:
        if len(declared) > MAX_VARIABLES:
            where = placed.key(("variables",))
            self._problems.append(
                Problem(where, f"{len(declared):,} variables: there are {MAX_VARIABLES:,} at most")
            )
            return
        for name, node in declared.items():
            entry = self._entry(placed, name, node)
            if entry is not None:
                yield name, entry

    def _entry(self, placed: Placed, name: str, node: Node) -> VariableEntry | None:
        path = ("variables", name)
        before = len(self._problems)
        if not NAME.fullmatch(name) or name in _TAKEN:
            taken = one_of(_TAKEN)
            message = f"{quoted(name)} cannot name a variable: letters, digits and `_` only, and not {taken}"
            self._problems.append(Problem(placed.key(path), message))
        place = placed.node["variables"].place(name)
        for where in expressions_in(node, placed.file, place):
            self._problems.append(
                Problem(where, "`${…}` cannot stand in `variables`", f"give it: export {PREFIX}{name}=…")
            )
        if not isinstance(node, Block):
            return VariableEntry(default=node) if len(self._problems) == before else None
        try:
            entry = VariableEntry.model_validate(node)
        except ValidationError as error:
            self._problems.extend(Complaints(VariableEntry, placed, path).about(error))
            return None
        if entry.secret and entry.type not in {None, Kind.STRING}:
            self._problems.append(Problem(placed.at((*path, "type")), "a secret variable is a string"))
        if entry.secret and entry.default is not None:
            where = placed.at((*path, "default"))
            self._warnings.append(
                f"{where}: a secret stands in the file in the clear; give it: export {PREFIX}{name}=…"
            )
        return entry if len(self._problems) == before else None

    # what is given

    def _all_given(self, declared: set[str]) -> Mapping[str, _Said]:
        """Return the value of each variable that is given, the one that counts."""
        given: dict[str, _Said] = {}
        for key in sorted(self._env):
            if key.startswith(PREFIX) and (name := key.removeprefix(PREFIX)) not in {"", _OPTION}:
                if name in declared:
                    given[name] = _Said(self._env[key], Location(key), is_raw=True)
                else:
                    hint = nearest(name, declared)
                    self._warnings.append(
                        f"{key}: there is no variable {quoted(name)}{f'; {hint}' if hint else ''}"
                    )
        for name, said in (*self._from_files(), *self._from_options()):
            given[name] = said
            if name not in declared:
                hint = nearest(name, declared) or "declare it under `variables:` in reconciler.yaml"
                self._problems.append(Problem(said.place, f"there is no variable {quoted(name)}", hint))
        return given

    def _from_options(self) -> Iterator[tuple[str, _Said]]:
        for text in self._given.values:
            name, sign, value = text.partition("=")
            where = Location(f"--var {name}" if sign else "--var")
            if sign:
                yield name.strip(), _Said(value, where, is_raw=True)
            else:
                self._problems.append(Problem(where, f"{quoted(text)} gives no value", "write --var NAME=VALUE"))

    def _from_files(self) -> Iterator[tuple[str, _Said]]:
        for file in self._given.files:
            try:
                parsed = parse(file, read(Path(file), MAX_BYTES))
            except (Unreadable, ValueError) as error:
                self._problems.append(Problem(Location(file), f"the file {error}"))
                continue
            self._problems.extend(parsed.problems)
            for document in parsed.documents:
                placed = Placed(file, document.node, document.place)
                if isinstance(document.node, Block):
                    yield from ((name, _Said(node, placed.at((name,)))) for name, node in document.node.items())
                else:
                    self._problems.append(
                        Problem(placed.at(), "this must be a mapping: names of variables and values")
                    )

    # values

    def _value(self, placed: Placed, name: str, entry: VariableEntry, said: _Said | None) -> Value:
        """Return the value of a variable; None if it has none, which is said."""
        default = placed.node["variables"][name]
        path = ("variables", name, "default") if isinstance(default, Block) else ("variables", name)
        if said is None and entry.default is not None:
            said = _Said(entry.default, placed.at(path))
        if said is None:
            self._miss(placed.key(("variables", name)), name)
            return None
        try:
            value = _read(said, _kind(entry))
        except _Unfit as error:
            self._problems.append(Problem(said.place, f"the variable {quoted(name)} {error}"))
            return None
        except Stop as stop:
            self._problems.append(stop.problem)
            return None
        return _secret(value, said, self._problems) if entry.secret else value

    def _miss(self, where: Location, name: str) -> None:
        message = f"the variable {quoted(name)} has no value"
        if self._offline:
            self._warnings.append(f"{where}: {message}")
        else:
            self._problems.append(Problem(where, message, f"set it: --var {name}=… or export {PREFIX}{name}=…"))


def _kind(entry: VariableEntry) -> Kind:
    """Return the type of a variable: as it is said, or as its default is."""
    if entry.type is not None:
        return entry.type
    match entry.default:
        case Block():
            return Kind.MAP
        case Listing():
            return Kind.LIST
        case Plain():
            return Kind.BOOL if isinstance(core_value(entry.default), bool) else Kind.NUMBER
        case _:
            return Kind.STRING


def _read(said: _Said, kind: Kind) -> Value:
    """Return a value as expressions see it; raise _Unfit or Stop."""
    node = said.node
    if said.is_raw:
        node = _checked(node)
        if kind in {Kind.LIST, Kind.MAP}:
            node = _parsed(node, said.place)
    if not _fits(node, kind):
        raise _Unfit(f"must be {_WANTED[kind]}, not {'this' if said.is_raw else shown(node)}")
    if kind is Kind.STRING:
        return str(node)
    try:
        value = core_values(node) if kind in {Kind.LIST, Kind.MAP} else core_value(Plain(node))
    except ValueError as error:
        raise _Unfit(f"cannot be this: {error}") from error
    if _is_too_large(value):
        raise _Unfit("cannot be this: the number has more than 64 bits")
    return value


def _fits(node: Node, kind: Kind) -> bool:
    match kind:
        case Kind.LIST:
            return isinstance(node, Listing)
        case Kind.MAP:
            return isinstance(node, Block)
        case Kind.STRING:
            return isinstance(node, str)
        case _:
            is_truth = isinstance(node, str) and node.lower() in {"true", "false"}
            return isinstance(node, str) and is_core(node) and is_truth == (kind is Kind.BOOL)


def _parsed(text: str, where: Location) -> Node:
    """Return the value of a text of YAML."""
    parsed = parse(where.file, text.encode())
    if parsed.problems:
        raise Stop(parsed.problems[0].location, parsed.problems[0].message, parsed.problems[0].hint)
    return parsed.documents[0].node if parsed.documents else None


def _checked(text: str) -> str:
    try:
        return checked(text)
    except ValueError:
        raise _Unfit("must be text: it holds what no file may") from None


def _is_too_large(value: Value) -> bool:
    match value:
        case dict():
            return any(map(_is_too_large, value.values()))
        case list():
            return any(map(_is_too_large, value))
        case bool():
            return False
        case int():
            return not -_INT_64 <= value < _INT_64
        case _:
            return False


def _secret(value: str, said: _Said, problems: list[Problem]) -> str | None:
    text = value.rstrip("\r\n")
    if not text:
        problems.append(Problem(said.place, "a secret must not be empty"))
    return text or None
